/* trigger_rule.c - see trigger_rule.h. */
#include "model/trigger_rule.h"

#include <string.h>

const char *const trigger_rule_names[RULE_COUNT + 1] = {
    [RULE_ALL_SUCCESS] = "all_success",
    [RULE_ALL_FAILED] = "all_failed",
    [RULE_ALL_DONE] = "all_done",
    [RULE_ALL_DONE_MIN_ONE_SUCCESS] = "all_done_min_one_success",
    [RULE_ONE_SUCCESS] = "one_success",
    [RULE_ONE_FAILED] = "one_failed",
    [RULE_ONE_DONE] = "one_done",
    [RULE_NONE_FAILED] = "none_failed",
    [RULE_NONE_FAILED_MIN_ONE_SUCCESS] = "none_failed_min_one_success",
    [RULE_NONE_SKIPPED] = "none_skipped",
    [RULE_ALL_SKIPPED] = "all_skipped",
    [RULE_ALWAYS] = "always",
    [RULE_COUNT] = NULL,
};

const char *trigger_rule_name(enum trigger_rule rule)
{
	return trigger_rule_names[rule];
}

bool trigger_rule_from_name(const char *name, enum trigger_rule *out)
{
	for (unsigned i = 0; i < RULE_COUNT; i++)
		if (strcmp(trigger_rule_names[i], name) == 0) {
			*out = (enum trigger_rule)i;
			return true;
		}
	return false;
}

/* --- the rules -----------------------------------------------------------------------------------
 *
 * Each is told in the order of Airflow's code: first what ends the waiting early, then what still
 * lacks. */

static uint32_t bad_of(const struct upstream_counts *counts)
{
	return counts->failed + counts->upstream_failed;
}

static uint32_t done_of(const struct upstream_counts *counts)
{
	return counts->success + bad_of(counts) + counts->skipped + counts->removed;
}

static bool all_done(const struct upstream_counts *counts)
{
	return done_of(counts) >= counts->total;
}

static enum rule_verdict run_when(bool is_met)
{
	return is_met ? VERDICT_RUN : VERDICT_WAIT;
}

static enum rule_verdict judge_all_success(const struct upstream_counts *counts)
{
	if (bad_of(counts) > 0)
		return VERDICT_UPSTREAM_FAILED;
	if (counts->skipped > 0)
		return VERDICT_SKIP;
	return run_when(counts->success + counts->removed >= counts->total);
}

static enum rule_verdict judge_all_failed(const struct upstream_counts *counts)
{
	if (counts->success > 0 || counts->skipped > 0)
		return VERDICT_SKIP;
	return run_when(bad_of(counts) + counts->removed >= counts->total);
}

static enum rule_verdict judge_all_done(const struct upstream_counts *counts)
{
	return run_when(all_done(counts));
}

/* A skipped upstream counts as none that is done. */
static enum rule_verdict judge_all_done_min_one_success(const struct upstream_counts *counts)
{
	if (counts->skipped > 0)
		return VERDICT_SKIP;
	if (all_done(counts) && counts->success == 0)
		return VERDICT_UPSTREAM_FAILED;
	return run_when(all_done(counts));
}

static enum rule_verdict judge_one_success(const struct upstream_counts *counts)
{
	if (counts->success > 0)
		return VERDICT_RUN;
	if (!all_done(counts))
		return VERDICT_WAIT;
	return counts->skipped == done_of(counts) ? VERDICT_SKIP : VERDICT_UPSTREAM_FAILED;
}

static enum rule_verdict judge_one_failed(const struct upstream_counts *counts)
{
	return run_when(bad_of(counts) > 0);
}

/* One that could not run is not done in the sense of this rule. */
static enum rule_verdict judge_one_done(const struct upstream_counts *counts)
{
	return run_when(counts->success + counts->failed > 0);
}

static enum rule_verdict judge_none_failed(const struct upstream_counts *counts)
{
	if (bad_of(counts) > 0)
		return VERDICT_UPSTREAM_FAILED;
	return run_when(all_done(counts));
}

static enum rule_verdict judge_none_failed_min_one_success(const struct upstream_counts *counts)
{
	if (bad_of(counts) > 0)
		return VERDICT_UPSTREAM_FAILED;
	if (counts->skipped == counts->total)
		return VERDICT_SKIP;
	if (all_done(counts) && counts->success == 0)
		return VERDICT_UPSTREAM_FAILED;
	return run_when(all_done(counts));
}

static enum rule_verdict judge_none_skipped(const struct upstream_counts *counts)
{
	if (counts->skipped > 0)
		return VERDICT_SKIP;
	return run_when(all_done(counts));
}

static enum rule_verdict judge_all_skipped(const struct upstream_counts *counts)
{
	if (counts->success > 0 || bad_of(counts) > 0)
		return VERDICT_SKIP;
	return run_when(counts->skipped >= counts->total);
}

static enum rule_verdict judge_always(const struct upstream_counts *counts)
{
	(void)counts;
	return VERDICT_RUN;
}

static enum rule_verdict (*const rules[RULE_COUNT])(const struct upstream_counts *counts) = {
    [RULE_ALL_SUCCESS] = judge_all_success,
    [RULE_ALL_FAILED] = judge_all_failed,
    [RULE_ALL_DONE] = judge_all_done,
    [RULE_ALL_DONE_MIN_ONE_SUCCESS] = judge_all_done_min_one_success,
    [RULE_ONE_SUCCESS] = judge_one_success,
    [RULE_ONE_FAILED] = judge_one_failed,
    [RULE_ONE_DONE] = judge_one_done,
    [RULE_NONE_FAILED] = judge_none_failed,
    [RULE_NONE_FAILED_MIN_ONE_SUCCESS] = judge_none_failed_min_one_success,
    [RULE_NONE_SKIPPED] = judge_none_skipped,
    [RULE_ALL_SKIPPED] = judge_all_skipped,
    [RULE_ALWAYS] = judge_always,
};

enum rule_verdict trigger_rule_judge(enum trigger_rule rule, const struct upstream_counts *counts)
{
	enum rule_verdict verdict;

	if (counts->total == 0)
		return VERDICT_RUN;
	verdict = rules[rule](counts);
	/* What is not met when nobody is left to be waited for never will be. */
	return verdict == VERDICT_WAIT && all_done(counts) ? VERDICT_SKIP : verdict;
}

const char *rule_verdict_name(enum rule_verdict verdict)
{
	static const char *const names[] = {
	    [VERDICT_WAIT] = "wait",
	    [VERDICT_RUN] = "run",
	    [VERDICT_SKIP] = "skipped",
	    [VERDICT_UPSTREAM_FAILED] = "upstream_failed",
	};

	return names[verdict];
}
