/* state.c - the tables of states; see state.h for the drawing. */
#include "model/state.h"

#include <stddef.h>
#include <string.h>

#define TO(s) (1u << TASK_##s)

static const struct {
	const char *name;
	unsigned next; /* the states this one may become */
	bool done;
} task_states[TASK_STATE_COUNT] = {
    [TASK_NONE] = {"none", TO(QUEUED) | TO(SKIPPED) | TO(UPSTREAM_FAILED) | TO(CANCELLED), false},
    [TASK_QUEUED] = {"queued", TO(RUNNING) | TO(CANCELLED), false},
    [TASK_RUNNING] = {"running",
		      TO(SUCCESS) | TO(SKIPPED) | TO(FAILED) | TO(UP_FOR_RETRY) | TO(CANCELLING),
		      false},
    [TASK_UP_FOR_RETRY] = {"up_for_retry", TO(QUEUED) | TO(CANCELLED), false},
    /* The end may overtake the wish to cancel: what happened is what is recorded. */
    [TASK_CANCELLING] = {"cancelling", TO(CANCELLED) | TO(SUCCESS) | TO(FAILED) | TO(SKIPPED),
			 false},
    [TASK_SUCCESS] = {"success", 0, true},
    [TASK_FAILED] = {"failed", 0, true},
    [TASK_SKIPPED] = {"skipped", 0, true},
    [TASK_UPSTREAM_FAILED] = {"upstream_failed", 0, true},
    [TASK_CANCELLED] = {"cancelled", 0, true},
};

static const struct {
	const char *name;
	bool done;
} run_states[RUN_STATE_COUNT] = {
    [RUN_RUNNING] = {"running", false},    [RUN_CANCELLING] = {"cancelling", false},
    [RUN_SUCCESS] = {"success", true},     [RUN_FAILED] = {"failed", true},
    [RUN_CANCELLED] = {"cancelled", true},
};

const char *task_state_name(enum task_state state)
{
	return task_states[state].name;
}

bool task_state_from_name(const char *name, enum task_state *out)
{
	for (size_t i = 0; i < TASK_STATE_COUNT; i++) {
		if (strcmp(task_states[i].name, name) == 0) {
			*out = (enum task_state)i;
			return true;
		}
	}
	return false;
}

bool task_state_is_done(enum task_state state)
{
	return task_states[state].done;
}

bool task_state_may_become(enum task_state from, enum task_state to)
{
	return (task_states[from].next & (1u << to)) != 0;
}

bool task_state_holds_slot(enum task_state state)
{
	return state == TASK_RUNNING || state == TASK_CANCELLING;
}

const char *run_state_name(enum run_state state)
{
	return run_states[state].name;
}

bool run_state_from_name(const char *name, enum run_state *out)
{
	for (size_t i = 0; i < RUN_STATE_COUNT; i++) {
		if (strcmp(run_states[i].name, name) == 0) {
			*out = (enum run_state)i;
			return true;
		}
	}
	return false;
}

bool run_state_is_done(enum run_state state)
{
	return run_states[state].done;
}
