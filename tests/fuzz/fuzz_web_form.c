/* fuzz_web_form.c - what forms send and what addresses of pages ask for, and both as markup.
 *
 * The first byte chooses. Held to: what is refused has a text and leaves nothing behind; what is
 * taken is sound; whatever it holds, as markup it is one element and nothing else. */
#include "base/mem.h"
#include "base/str.h"
#include "model/dag.h"
#include "web/page/ask.h"
#include "web/page/form.h"
#include "web/page/html.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* Between its quotes and its tags nothing ends early. */
static void expect_no_markup(const char *text, size_t size)
{
	struct str out = STR_INIT;
	struct html html;

	html_init(&html, &out);
	html_put(&html, "<a href=\"/?q=");
	html_bytes(&html, text, size);
	html_put(&html, "\" title=\"");
	html_bytes(&html, text, size);
	html_put(&html, "\">");
	html_bytes(&html, text, size);
	assert(html.element_count == 1 && html.place == HTML_TEXT);
	assert(strlen(str_text(&out)) == out.size);
	assert(strchr(str_text(&out) + 1, '<') == NULL);
	assert(strchr(strchr(str_text(&out), '>') + 1, '>') == NULL);
	str_close(&out);
}

static void read_form(const char *bytes, size_t size)
{
	struct form form;
	struct err err = {0};
	const char *name;
	const json_t *value;

	if (form_parse(bytes, size, &form, &err) != 0) {
		assert(err.message[0] != '\0' && form.fields == NULL && form.csrf == NULL);
		return;
	}
	assert(form.back == NULL || html_is_local(form.back));
	json_object_foreach(form.fields, name, value)
	{
		assert(strcmp(name, "csrf") != 0 && strcmp(name, "back") != 0);
		if (json_is_string(value))
			expect_no_markup(json_string_value(value), json_string_length(value));
	}
	form_close(&form);
}

static void read_address(const char *text)
{
	struct page_ask asked;
	struct target target;
	struct err err = {0};

	if (target_parse(text, &target, &err) == 0) {
		if (ask_parse(&target, ~0u, &asked, &err) != 0) {
			assert(err.code == ERR_INVALID && err.message[0] != '\0');
		} else {
			assert(asked.runs >= 1 && asked.runs <= ASK_RUNS_MAX);
			assert(asked.at_task == NULL || id_is_valid(asked.at_task, false));
			assert(asked.text[ASK_TASK] == NULL ||
			       id_is_valid(asked.text[ASK_TASK], false));
			assert(strspn(asked.at_run, "0123456789abcdef") == strlen(asked.at_run));
		}
	}
	target_close(&target);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	char *text;

	if (size == 0)
		return 0;
	text = mem_strndup((const char *)bytes + 1, size - 1);
	expect_no_markup((const char *)bytes, size);
	if (bytes[0] % 2 == 0)
		read_form((const char *)bytes + 1, size - 1);
	else
		read_address(text);
	mem_free(text);
	return 0;
}
