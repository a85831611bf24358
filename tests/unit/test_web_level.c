/* test_web_level.c - how grave a line of a log says it is. */
#include "web/api/level.h"

#include "unit.h"

#include <string.h>

static enum log_level of(const char *line)
{
	return level_of(line, strlen(line));
}

static void capitals_tell_wherever_they_stand(void **state)
{
	(void)state;
	assert_int_equal(of("2026-11-21T09:42:10.920Z ERROR no rate"), LEVEL_ERROR);
	assert_int_equal(of("2026-11-21 09:42:10,920 - root - CRITICAL - out"), LEVEL_ERROR);
	assert_int_equal(of("26/11/21 09:42:10 WARN TaskSetManager: lost"), LEVEL_WARN);
	assert_int_equal(of("\033[32mINFO\033[0m read part 1"), LEVEL_INFO);
	assert_int_equal(of("\033[1mERROR\033[0m: cannot"), LEVEL_ERROR);
	assert_int_equal(of("[DEBUG] x=1"), LEVEL_DEBUG);
}

static void small_letters_tell_where_they_are_a_mark(void **state)
{
	(void)state;
	assert_int_equal(of("error: cannot open"), LEVEL_ERROR);
	assert_int_equal(of("[warning] slow"), LEVEL_WARN);
	assert_int_equal(of("2026-11-21T09:42:10.920Z [stderr] error: x"), LEVEL_ERROR);
	assert_int_equal(of("ts=1 level=error msg=x"), LEVEL_ERROR);
	assert_int_equal(of("{\"level\":\"warning\",\"msg\":\"json\"}"), LEVEL_WARN);
	assert_int_equal(of("{\"severity\": \"ERROR\"}"), LEVEL_ERROR);
}

static void what_was_thrown_is_an_error(void **state)
{
	(void)state;
	assert_int_equal(of("Traceback (most recent call last):"), LEVEL_ERROR);
	assert_int_equal(of("ValueError: nope"), LEVEL_ERROR);
	assert_int_equal(of("Caused by: java.io.IOException: gone"), LEVEL_ERROR);
}

static void a_sentence_tells_nothing(void **state)
{
	(void)state;
	assert_int_equal(of("no error was found, info follows"), LEVEL_NONE);
	assert_int_equal(of("ERROR_COUNT=0"), LEVEL_NONE);
	assert_int_equal(of("TERRORS"), LEVEL_NONE);
	assert_int_equal(of(""), LEVEL_NONE);
	assert_int_equal(of("2026-11-21T09:42:10.920Z "), LEVEL_NONE);
	assert_int_equal(of("\033["), LEVEL_NONE);
	assert_int_equal(of("\033"), LEVEL_NONE);
}

static void an_indented_line_goes_on(void **state)
{
	const char *stamped = "2026-11-21T09:42:10.920Z   File \"x\", line 1";

	(void)state;
	assert_true(level_goes_on("\tat x.Y", 7));
	assert_true(level_goes_on(stamped, strlen(stamped)));
	assert_false(level_goes_on("2026-11-21T09:42:10.920Z x", 26));
	assert_false(level_goes_on("", 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(capitals_tell_wherever_they_stand),
	    cmocka_unit_test(small_letters_tell_where_they_are_a_mark),
	    cmocka_unit_test(what_was_thrown_is_an_error),
	    cmocka_unit_test(a_sentence_tells_nothing),
	    cmocka_unit_test(an_indented_line_goes_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
