/* test_model_trigger_rule.c - the twelve rules over every mix of up to four upstream states.
 *
 * The oracle below is written from the source of Airflow 3.3.2 (airflow/ti_deps/deps/
 * trigger_rule_dep.py, _evaluate_direct_relatives), line by line: first the state that Airflow
 * gives the task at once (new_state), then the condition under which a status fails. It shares no
 * line with trigger_rule.c. Where Airflow waits though nobody is left to be waited for, Heddle
 * skips. */
#include "model/trigger_rule.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>

enum kind {
	SUCCESS,
	FAILED,
	UPSTREAM_FAILED,
	SKIPPED,
	REMOVED,
	UNFINISHED,
	KIND_COUNT
};

static const char *const kind_names[KIND_COUNT] = {
    "success", "failed", "upstream_failed", "skipped", "removed", "unfinished",
};

struct mix {
	int of[KIND_COUNT];
	int upstream;
};

/* What Airflow makes of the task in this round: a new state, or '-' for none. */
static char airflow_new_state(const char *rule, const struct mix *mix)
{
	int success = mix->of[SUCCESS];
	int failed = mix->of[FAILED];
	int upstream_failed = mix->of[UPSTREAM_FAILED];
	int skipped = mix->of[SKIPPED];
	int removed = mix->of[REMOVED];
	int done = success + failed + upstream_failed + skipped + removed;
	bool upstream_done = done >= mix->upstream;

	if (strcmp(rule, "all_success") == 0) {
		if (upstream_failed || failed)
			return 'u';
		return skipped ? 's' : '-';
	}
	if (strcmp(rule, "all_failed") == 0)
		return success || skipped ? 's' : '-';
	if (strcmp(rule, "one_success") == 0) {
		if (upstream_done && done == skipped)
			return 's';
		return upstream_done && success <= 0 ? 'u' : '-';
	}
	if (strcmp(rule, "one_failed") == 0)
		return upstream_done && !(failed || upstream_failed) ? 's' : '-';
	if (strcmp(rule, "one_done") == 0)
		return upstream_done && !(failed || success) ? 's' : '-';
	if (strcmp(rule, "none_failed") == 0)
		return upstream_failed || failed ? 'u' : '-';
	if (strcmp(rule, "none_failed_min_one_success") == 0) {
		if (upstream_failed || failed)
			return 'u';
		if (skipped == mix->upstream)
			return 's';
		return upstream_done && success == 0 ? 'u' : '-';
	}
	if (strcmp(rule, "none_skipped") == 0)
		return skipped ? 's' : '-';
	if (strcmp(rule, "all_skipped") == 0)
		return success || failed || upstream_failed ? 's' : '-';
	if (strcmp(rule, "all_done_min_one_success") == 0) {
		int non_skipped_done = success + failed + upstream_failed + removed;

		if (skipped > 0)
			return 's';
		return non_skipped_done >= mix->upstream - skipped && success == 0 ? 'u' : '-';
	}
	return '-';
}

/* True when no status of the rule fails. */
static bool airflow_passes(const char *rule, const struct mix *mix)
{
	int success = mix->of[SUCCESS];
	int failed = mix->of[FAILED];
	int upstream_failed = mix->of[UPSTREAM_FAILED];
	int skipped = mix->of[SKIPPED];
	int removed = mix->of[REMOVED];
	int upstream = mix->upstream;
	int done = success + failed + upstream_failed + skipped + removed;

	if (strcmp(rule, "one_success") == 0)
		return !(success <= 0);
	if (strcmp(rule, "one_failed") == 0)
		return !(!failed && !upstream_failed);
	if (strcmp(rule, "one_done") == 0)
		return !(success + failed <= 0);
	if (strcmp(rule, "all_success") == 0)
		return !(upstream - success - removed > 0);
	if (strcmp(rule, "all_failed") == 0)
		return !(upstream - failed - upstream_failed - removed > 0);
	if (strcmp(rule, "all_done") == 0)
		return done >= upstream;
	if (strcmp(rule, "none_failed") == 0)
		return !(upstream - success - skipped - removed > 0);
	if (strcmp(rule, "none_failed_min_one_success") == 0)
		return !(upstream - success - skipped - removed > 0) && !(success <= 0);
	if (strcmp(rule, "none_skipped") == 0)
		return !(done < upstream || skipped > 0);
	if (strcmp(rule, "all_skipped") == 0)
		return !(upstream - skipped > 0);
	if (strcmp(rule, "all_done_min_one_success") == 0)
		return !(skipped > 0) &&
		       !(success + failed + upstream_failed < upstream - skipped - removed) &&
		       !(success == 0);
	fail_msg("no such rule: %s", rule);
	return false;
}

static enum rule_verdict airflow_judges(const char *rule, const struct mix *mix)
{
	char state;

	/* _get_dep_statuses: no upstream tasks, or always. */
	if (mix->upstream == 0 || strcmp(rule, "always") == 0)
		return VERDICT_RUN;
	state = airflow_new_state(rule, mix);
	if (state == 'u')
		return VERDICT_UPSTREAM_FAILED;
	if (state == 's')
		return VERDICT_SKIP;
	if (airflow_passes(rule, mix))
		return VERDICT_RUN;
	return mix->of[UNFINISHED] > 0 ? VERDICT_WAIT : VERDICT_SKIP;
}

static void describe(const char *rule, const struct mix *mix, char *out, size_t size)
{
	int at = snprintf(out, size, "%s of", rule);

	for (int kind = 0; kind < KIND_COUNT; kind++)
		for (int i = 0; i < mix->of[kind]; i++)
			at += snprintf(out + at, size - (size_t)at, " %s", kind_names[kind]);
}

static void check(enum trigger_rule rule, const struct mix *mix)
{
	const char *name = trigger_rule_name(rule);
	struct upstream_counts counts = {.total = (uint32_t)mix->upstream,
					 .success = (uint32_t)mix->of[SUCCESS],
					 .failed = (uint32_t)mix->of[FAILED],
					 .upstream_failed = (uint32_t)mix->of[UPSTREAM_FAILED],
					 .skipped = (uint32_t)mix->of[SKIPPED],
					 .removed = (uint32_t)mix->of[REMOVED]};
	enum rule_verdict expected = airflow_judges(name, mix);
	enum rule_verdict found = trigger_rule_judge(rule, &counts);
	char what[256];

	describe(name, mix, what, sizeof what);
	if (found != expected)
		fail_msg("%s: %s, not %s", what, rule_verdict_name(found),
			 rule_verdict_name(expected));
	if (mix->of[UNFINISHED] == 0 && found == VERDICT_WAIT)
		fail_msg("%s waits for ever", what);
}

/* Calls check for all mixes of the rest. Returns how many there were. */
static unsigned for_all(enum trigger_rule rule, struct mix *mix, int kind, int left)
{
	unsigned count = 0;

	if (kind == KIND_COUNT) {
		check(rule, mix);
		return 1;
	}
	for (int n = 0; n <= left; n++) {
		mix->of[kind] = n;
		mix->upstream += n;
		count += for_all(rule, mix, kind + 1, left - n);
		mix->upstream -= n;
	}
	mix->of[kind] = 0;
	return count;
}

static void every_rule_decides_every_mix_as_airflow_does(void **state)
{
	(void)state;
	for (int rule = 0; rule < RULE_COUNT; rule++) {
		struct mix mix = {0};

		/* Mixes of at most 4 out of 6 kinds: 10 over 4. */
		assert_int_equal(for_all((enum trigger_rule)rule, &mix, 0, 4), 210);
	}
}

/* A task that was given up early would not have been allowed to run by any later end. */
static void what_is_given_up_early_could_never_run(void **state)
{
	(void)state;
	for (int rule = 0; rule < RULE_COUNT; rule++)
		for (int first = 0; first < UNFINISHED; first++)
			for (int second = 0; second < UNFINISHED; second++) {
				struct mix mix = {.upstream = 2};
				enum rule_verdict early;
				const char *name = trigger_rule_name((enum trigger_rule)rule);

				mix.of[first]++;
				mix.of[UNFINISHED]++;
				early = airflow_judges(name, &mix);
				mix.of[UNFINISHED]--;
				mix.of[second]++;
				check((enum trigger_rule)rule, &mix);
				if (early == VERDICT_UPSTREAM_FAILED || early == VERDICT_SKIP)
					assert_int_not_equal(airflow_judges(name, &mix),
							     VERDICT_RUN);
			}
}

static void names_lead_to_rules_and_back(void **state)
{
	enum trigger_rule found;

	(void)state;
	for (int rule = 0; rule < RULE_COUNT; rule++) {
		assert_true(trigger_rule_from_name(trigger_rule_names[rule], &found));
		assert_int_equal(found, rule);
	}
	assert_null(trigger_rule_names[RULE_COUNT]);
	assert_false(trigger_rule_from_name("all", &found));
	assert_string_equal(rule_verdict_name(VERDICT_RUN), "run");
	assert_string_equal(rule_verdict_name(VERDICT_UPSTREAM_FAILED), "upstream_failed");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_rule_decides_every_mix_as_airflow_does),
	    cmocka_unit_test(what_is_given_up_early_could_never_run),
	    cmocka_unit_test(names_lead_to_rules_and_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
