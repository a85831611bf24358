/* test_web_repeat.c - commands with an Idempotency-Key that come again. */
#include "web/repeat.h"

#include "base/mem.h"

#include "tests/unit/unit.h"

#include <stdio.h>

static int start(void **state)
{
	*state = mem_alloc(sizeof(struct repeats));
	return 0;
}

static int stop(void **state)
{
	repeat_close(*state);
	assert_int_equal(((struct repeats *)*state)->bytes, 0);
	mem_free(*state);
	return 0;
}

static enum repeat_result find(struct repeats *repeats, const char *key, const char *text,
			       struct repeat **found)
{
	struct str body = STR_INIT;
	enum repeat_result result;

	str_append(&body, text);
	result = repeat_find(repeats, "user:a", "cancel 1", key, &body, found);
	str_close(&body);
	return result;
}

static void keep(struct repeats *repeats, struct repeat *repeat, size_t size)
{
	struct str answer = STR_INIT;

	for (size_t i = 0; i < size; i++)
		str_append_char(&answer, 'x');
	repeat_keep(repeats, repeat, 202, &answer, "/there");
	str_close(&answer);
}

static void the_same_command_finds_its_answer(void **state)
{
	struct repeat *first;
	struct repeat *found;

	assert_int_equal(find(*state, "k", "{}", &first), REPEAT_NEW);
	assert_int_equal(find(*state, "k", "{}", &found), REPEAT_SAME);
	assert_ptr_equal(found, first);
	assert_int_equal(found->status, 0);
	keep(*state, first, 3);
	assert_int_equal(find(*state, "k", "{}", &found), REPEAT_SAME);
	assert_int_equal(found->status, 202);
	assert_string_equal(str_text(&found->answer), "xxx");
	assert_string_equal(found->location, "/there");
	assert_int_equal(find(*state, "k", "{\"reason\":\"x\"}", &found), REPEAT_OTHER);
	assert_int_equal(find(*state, "l", "{}", &found), REPEAT_NEW);
}

static void what_was_not_done_may_be_asked_again(void **state)
{
	struct repeat *found;

	assert_int_equal(find(*state, "k", "{}", &found), REPEAT_NEW);
	repeat_forget(*state, found);
	assert_int_equal(find(*state, "k", "{}", &found), REPEAT_NEW);
}

static void the_oldest_answers_are_forgotten(void **state)
{
	struct repeat *pending;
	struct repeat *found;
	char key[16];

	assert_int_equal(find(*state, "pending", "", &pending), REPEAT_NEW);
	for (int i = 0; i < 2 * REPEAT_MAX; i++) {
		snprintf(key, sizeof key, "k%d", i);
		assert_int_equal(find(*state, key, "", &found), REPEAT_NEW);
		keep(*state, found, 100000);
		assert_true(((struct repeats *)*state)->bytes <= REPEAT_BYTES_MAX);
	}
	assert_int_equal(find(*state, "k1023", "", &found), REPEAT_SAME);
	assert_int_equal(find(*state, "k0", "", &found), REPEAT_NEW);
	assert_int_equal(find(*state, "pending", "", &found), REPEAT_SAME);
	assert_ptr_equal(found, pending);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(the_same_command_finds_its_answer, start, stop),
	    cmocka_unit_test_setup_teardown(what_was_not_done_may_be_asked_again, start, stop),
	    cmocka_unit_test_setup_teardown(the_oldest_answers_are_forgotten, start, stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
