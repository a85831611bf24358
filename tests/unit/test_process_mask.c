/* test_process_mask.c - a secret is taken out of a stream, however that is cut. */
#include "executor/process/mask.h"

#include "base/str.h"
#include "tests/unit/unit.h"

#include <string.h>

#define SECRET "hdt1.7.0a1b2c3d"
#define SHOWN "hdt1.***"

static void take(void *context, const char *bytes, size_t count)
{
	str_append_bytes(context, bytes, count);
}

/* Cuts the text at every two places there are. */
static void expect(const char *secret, const char *text, const char *wanted)
{
	size_t length = strlen(text);

	for (size_t a = 0; a <= length; a++)
		for (size_t b = a; b <= length; b++) {
			struct str out = STR_INIT;
			struct mask mask;

			mask_init(&mask, secret);
			mask_pass(&mask, text, a, take, &out);
			mask_pass(&mask, text + a, b - a, take, &out);
			mask_pass(&mask, text + b, length - b, take, &out);
			mask_end(&mask, take, &out);
			str_append(&out, "");
			assert_string_equal(str_text(&out), wanted);
			str_close(&out);
		}
}

static void what_is_not_the_secret_is_as_it_was(void **state)
{
	(void)state;
	expect(SECRET, "", "");
	expect(SECRET, "hh hdt1. hdt1.7.0a1b2c3 hdt", "hh hdt1. hdt1.7.0a1b2c3 hdt");
	expect(SECRET, "hdt1.7.0a1b2c3e\n", "hdt1.7.0a1b2c3e\n");
	expect(NULL, "x " SECRET " y", "x " SECRET " y");
}

static void the_secret_is_masked_wherever_it_is_cut(void **state)
{
	(void)state;
	expect(SECRET, SECRET, SHOWN);
	expect(SECRET, "x=" SECRET "\n", "x=" SHOWN "\n");
	expect(SECRET, SECRET SECRET, SHOWN SHOWN);
	expect(SECRET, "hdt1.7.0" SECRET "hdt1.7", "hdt1.7.0" SHOWN "hdt1.7");
}

/* Somebody may wait for the text that ends there. */
static void little_is_held_back_and_not_for_long(void **state)
{
	struct str out = STR_INIT;
	struct mask mask;

	(void)state;
	mask_init(&mask, SECRET);
	mask_pass(&mask, "see hdt1.", 9, take, &out);
	assert_int_equal(out.size, 9);
	mask_pass(&mask, "7.0", 3, take, &out);
	assert_int_equal(out.size, 9);
	mask_pass(&mask, "!", 1, take, &out);
	assert_int_equal(out.size, 13);
	str_close(&out);
}

static void one_without_a_kind_is_none(void **state)
{
	(void)state;
	expect("hdt1.", "hdt1.", "hdt1.");
	expect("", "x", "x");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_is_not_the_secret_is_as_it_was),
	    cmocka_unit_test(the_secret_is_masked_wherever_it_is_cut),
	    cmocka_unit_test(little_is_held_back_and_not_for_long),
	    cmocka_unit_test(one_without_a_kind_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
