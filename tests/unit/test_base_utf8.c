/* What counts as a character, and what as text. */
#include "unit.h"

#include "base/utf8.h"

#include <string.h>

static void a_character_has_one_form(void **state)
{
	static const struct {
		const char *bytes;
		size_t length;
	} rows[] = {
	    {"a", 1},
	    {"\xc3\xa9", 2},
	    {"\xe2\x82\xac", 3},
	    {"\xf0\x9f\x98\x80", 4},
	    {"\xf4\x8f\xbf\xbf", 4}, /* U+10FFFF, the last one */
	    {"\xc0\xaf", 0},         /* an overlong '/' */
	    {"\xe0\x80\xaf", 0},
	    {"\xf0\x80\x80\xaf", 0},
	    {"\xed\xa0\x80", 0}, /* half of a surrogate pair */
	    {"\xf4\x90\x80\x80", 0},
	    {"\xff", 0},
	    {"\x80", 0},
	    {"\xe2\x82", 0}, /* cut off */
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		assert_int_equal(utf8_length(rows[i].bytes), rows[i].length);
}

static void text_is_characters_to_the_last_byte(void **state)
{
	static const char euros[] = {'\xe2', '\x82', '\xac', '\xe2', '\x82', '\xac'}; /* no NUL */

	(void)state;
	assert_true(utf8_is_text("", 0));
	assert_true(utf8_is_text("rows: 41", 8));
	assert_true(utf8_is_text(euros, sizeof euros));
	assert_false(utf8_is_text(euros, sizeof euros - 1));
	assert_false(utf8_is_text(euros + 1, sizeof euros - 1));
	assert_int_equal(utf8_length_within(euros + 3, 3), 3);
	assert_int_equal(utf8_length_within(euros, 2), 0);
	assert_false(utf8_is_text("a\0b", 3));
	assert_false(utf8_is_text("caf\xe9", 4)); /* Latin-1 */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_character_has_one_form),
	    cmocka_unit_test(text_is_characters_to_the_last_byte),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
