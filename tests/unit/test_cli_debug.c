/* `heddle debug trigger-rule`: what the rule says of states that are named on the command line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cli/cli.h"
#include "cli_capture.h"

#include <stdlib.h>
#include <string.h>

struct place {
	char folder[32];
	struct capture capture;
};

static void run(struct place *place, char *const words[])
{
	memset(place, 0, sizeof *place);
	snprintf(place->folder, sizeof place->folder, "/tmp/heddle-dbg-XXXXXX");
	assert_non_null(mkdtemp(place->folder));
	capture_run(&place->capture, place->folder, words);
	assert_int_equal(remove(place->folder), 0);
}

static void the_verdict_is_printed(void **state)
{
	const struct {
		char *const *words;
		const char *out;
	} cases[] = {
	    {WORDS("debug", "trigger-rule", "all_success", "success", "success"), "run\n"},
	    {WORDS("debug", "trigger-rule", "all_success", "success", "unfinished"), "wait\n"},
	    {WORDS("debug", "trigger-rule", "all_success", "success", "skipped"), "skipped\n"},
	    {WORDS("debug", "trigger-rule", "all_success", "failed"), "upstream_failed\n"},
	    {WORDS("debug", "trigger-rule", "all_success", "upstream_failed", "success"),
	     "upstream_failed\n"},
	    {WORDS("debug", "trigger-rule", "none_failed", "success", "skipped"), "run\n"},
	    {WORDS("debug", "trigger-rule", "one_failed", "unfinished", "failed"), "run\n"},
	    {WORDS("debug", "trigger-rule", "always"), "run\n"},
	    {WORDS("debug", "trigger-rule", "all_success", "unfinished", "--json"),
	     "{\"verdict\":\"wait\"}\n"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct place place;

		run(&place, cases[i].words);
		capture_expect(&place.capture, CODE_OK, cases[i].out);
		capture_close(&place.capture);
	}
}

static void names_that_are_not_known_are_told_with_the_nearest(void **state)
{
	const struct {
		char *const *words;
		const char *text;
	} cases[] = {
	    {WORDS("debug", "trigger-rule", "all_sucess"), "did you mean 'all_success'?"},
	    {WORDS("debug", "trigger-rule", "always", "succes"), "did you mean 'success'?"},
	    {WORDS("debug", "trigger-rule", "nonsense"), "unknown trigger rule 'nonsense'; "},
	    {WORDS("debug", "trigger-rule", "always", "x"), "unknown state 'x'; "},
	    {WORDS("debug", "trigger-rule"), "needs more"},
	    {WORDS("debug", "rules", "always"), "unknown word 'rules'"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct place place;

		run(&place, cases[i].words);
		capture_expect(&place.capture, CODE_USAGE, "");
		if (strstr(str_text(&place.capture.err), cases[i].text) == NULL)
			fail_msg("told: %s", str_text(&place.capture.err));
		capture_close(&place.capture);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_verdict_is_printed),
	    cmocka_unit_test(names_that_are_not_known_are_told_with_the_nearest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
