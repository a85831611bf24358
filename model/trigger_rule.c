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
