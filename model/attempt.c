/* attempt.c - the table of causes; see attempt.h. */
#include "model/attempt.h"

#include <stddef.h>
#include <string.h>

static const struct {
	const char *name; /* as stored, served and shown */
	bool failure;
	bool retried;
} causes[CAUSE_COUNT] = {
    [CAUSE_SUCCESS] = {"success", false, false},
    [CAUSE_SKIPPED] = {"skipped", false, false},
    [CAUSE_EXIT_CODE] = {"exit_code", true, true},
    [CAUSE_SIGNAL] = {"signal", true, true},
    [CAUSE_OUT_OF_MEMORY] = {"out_of_memory", true, true},
    [CAUSE_TIMEOUT] = {"timeout", true, true},
    [CAUSE_CANCELLED] = {"cancelled", false, false},
    [CAUSE_LOST] = {"lost", true, true},
    [CAUSE_COULD_NOT_START] = {"could_not_start", true, false},
    [CAUSE_BAD_OUTPUT] = {"bad_output", true, true},
};

const char *attempt_cause_name(enum attempt_cause cause)
{
	return causes[cause].name;
}

bool attempt_cause_from_name(const char *name, enum attempt_cause *out)
{
	for (size_t i = 0; i < CAUSE_COUNT; i++) {
		if (strcmp(causes[i].name, name) == 0) {
			*out = (enum attempt_cause)i;
			return true;
		}
	}
	return false;
}

bool attempt_cause_is_retried(enum attempt_cause cause)
{
	return causes[cause].retried;
}

bool attempt_cause_is_failure(enum attempt_cause cause)
{
	return causes[cause].failure;
}
