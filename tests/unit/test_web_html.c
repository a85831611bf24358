/* test_web_html.c - markup and what fills its holes: nothing that somebody else wrote becomes
 * markup, wherever it stands. */
#include "web/page/html.h"

#include "tests/unit/unit.h"

#include <inttypes.h>
#include <string.h>

struct sheet {
	struct str text;
	struct html html;
};

static void begin(struct sheet *sheet)
{
	memset(sheet, 0, sizeof *sheet);
	html_init(&sheet->html, &sheet->text);
}

static void expect(struct sheet *sheet, const char *wanted)
{
	assert_string_equal(str_text(&sheet->text), wanted);
	str_close(&sheet->text);
}

static void text_is_never_markup(void **state)
{
	struct sheet sheet;

	(void)state;
	begin(&sheet);
	html_put(&sheet.html, "<p>%s</p>", "<script>alert('1')</script> & \"more\"");
	expect(&sheet,
	       "<p>&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt; &amp; &quot;more&quot;</p>");
}

static void an_attribute_does_not_end_early(void **state)
{
	struct sheet sheet;

	(void)state;
	begin(&sheet);
	html_put(&sheet.html, "<i title=\"%s\" data-x=\"%s\">%s</i>", "\" onmouseover=\"alert(1)",
		 "' <b>", "\">");
	expect(&sheet, "<i title=\"&quot; onmouseover=&quot;alert(1)\" data-x=\"&#39; &lt;b&gt;\">"
		       "&quot;&gt;</i>");
}

/* What stands in an address is one part of it, and cannot lead elsewhere. */
static void an_address_leads_where_its_literal_says(void **state)
{
	struct sheet sheet;

	(void)state;
	begin(&sheet);
	html_put(&sheet.html, "<a href=\"/dags/%s?q=%s#%s\">x</a><form action=\"/runs/%s\">",
		 "../../evil?a=b", "a&b=c d+e\xc3\xa9", "\"><script>", "javascript:alert(1)");
	expect(
	    &sheet,
	    "<a "
	    "href=\"/dags/..%2F..%2Fevil%3Fa%3Db?q=a%26b%3Dc%20d%2Be%C3%A9#%22%3E%3Cscript%3E\">x"
	    "</a><form action=\"/runs/javascript%3Aalert%281%29\">");
}

static void numbers_and_beginnings_of_texts(void **state)
{
	const char *volatile nothing = NULL;
	struct sheet sheet;

	(void)state;
	begin(&sheet);
	html_put(&sheet.html, "<b data-n=\"%d\">%u %zu %" PRId64 " 100%% %.3s %s</b>", -3, 4u,
		 (size_t)5, INT64_MIN, "a<b>c", nothing);
	expect(&sheet, "<b data-n=\"-3\">4 5 -9223372036854775808 100% a&lt;b </b>");
}

/* A name that turns the direction of what is read, or holds no characters at all. */
static void what_steers_a_reader_is_replaced(void **state)
{
	struct sheet sheet;

	(void)state;
	begin(&sheet);
	html_put(&sheet.html, "<p>%s</p>",
		 "a\xe2\x80\xae"
		 "b\x01"
		 "c\x1b[31md\xff"
		 "e\xc3(f\n\tg");
	html_bytes(&sheet.html, "h\0i\xe2\x80", 5);
	expect(&sheet, "<p>a\xef\xbf\xbd"
		       "b\xef\xbf\xbd"
		       "c\xef\xbf\xbd[31md\xef\xbf\xbd"
		       "e\xef\xbf\xbd(f\n\tg</p>h\xef\xbf\xbd"
		       "i\xef\xbf\xbd\xef\xbf\xbd");
}

/* All one-byte and many two-byte texts, in each place: no byte of them begins or ends anything. */
static void no_byte_leaves_its_place(void **state)
{
	(void)state;
	for (unsigned first = 0; first < 256; first++)
		for (unsigned second = 0; second < 256; second += 5) {
			char hostile[3] = {(char)first, (char)second, '\0'};
			struct sheet sheet;
			const char *text;

			begin(&sheet);
			html_put(&sheet.html, "[%s]<i title=\"%s\" href=\"/%s\">", hostile, hostile,
				 hostile);
			text = str_text(&sheet.text);
			assert_ptr_equal(strrchr(text, '<'), strchr(text, '<'));
			assert_int_equal(sheet.html.element_count, 1);
			assert_int_equal(sheet.html.place, HTML_TEXT);
			str_close(&sheet.text);
		}
}

static void elements_are_counted(void **state)
{
	struct sheet sheet;

	(void)state;
	begin(&sheet);
	html_put(&sheet.html, "<!doctype html><ul><li>%s</li><li></li></ul><br>", "<b><i>");
	assert_int_equal(sheet.html.element_count, 4);
	str_close(&sheet.text);
}

static void a_local_address_stays_here(void **state)
{
	static const char *const others[] = {
	    "",      "dags", "//evil.example/", "/\\evil.example",  "https://e.example",
	    "/a\nb", "/a b", "javascript:1",    "/\t/evil.example", "/a\\b",
	    NULL};

	(void)state;
	assert_true(html_is_local("/"));
	assert_true(html_is_local("/dags?state=failed&q=%22"));
	assert_false(html_is_local(NULL));
	for (size_t i = 0; others[i] != NULL; i++)
		assert_false(html_is_local(others[i]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(text_is_never_markup),
	    cmocka_unit_test(an_attribute_does_not_end_early),
	    cmocka_unit_test(an_address_leads_where_its_literal_says),
	    cmocka_unit_test(numbers_and_beginnings_of_texts),
	    cmocka_unit_test(what_steers_a_reader_is_replaced),
	    cmocka_unit_test(no_byte_leaves_its_place),
	    cmocka_unit_test(elements_are_counted),
	    cmocka_unit_test(a_local_address_stays_here),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
