/* state.c - the tables of states; see state.h for the drawing. */
#include "model/state.h"

#include <stddef.h>
#include <string.h>

#define TO(s) (1u << TASK_##s)
#define MARKED (TO(SUCCESS) | TO(FAILED) | TO(SKIPPED))
/* What a rerun or a mark make of a task that does not run, and another version of one that has
 * ended. */
#define BY_HAND (TO(NONE) | MARKED)
#define ENDED_BY_HAND (BY_HAND | TO(REMOVED))

static const struct {
	const char *name;
	unsigned next; /* the states this one may become */
	bool done;
	char letter;
} task_states[TASK_STATE_COUNT] = {
    [TASK_NONE] = {"none", TO(QUEUED) | TO(UPSTREAM_FAILED) | TO(CANCELLED) | MARKED, false, '.'},
    [TASK_QUEUED] = {"queued", TO(RUNNING) | TO(CANCELLED) | BY_HAND, false, 'q'},
    [TASK_RUNNING] = {"running",
		      TO(SUCCESS) | TO(SKIPPED) | TO(FAILED) | TO(UP_FOR_RETRY) | TO(CANCELLING),
		      false, 'r'},
    [TASK_UP_FOR_RETRY] = {"up_for_retry", TO(QUEUED) | TO(CANCELLED) | BY_HAND, false, 'y'},
    /* The end may overtake the wish to cancel: what happened is what is recorded. To itself: with
     * another aim. */
    [TASK_CANCELLING] = {"cancelling", TO(CANCELLED) | TO(NONE) | MARKED | TO(CANCELLING), false,
			 'x'},
    [TASK_SUCCESS] = {"success", ENDED_BY_HAND & ~TO(SUCCESS), true, 's'},
    [TASK_FAILED] = {"failed", ENDED_BY_HAND & ~TO(FAILED), true, 'f'},
    [TASK_SKIPPED] = {"skipped", ENDED_BY_HAND & ~TO(SKIPPED), true, 'k'},
    [TASK_UPSTREAM_FAILED] = {"upstream_failed", ENDED_BY_HAND, true, 'u'},
    [TASK_CANCELLED] = {"cancelled", ENDED_BY_HAND, true, 'c'},
    [TASK_REMOVED] = {"removed", TO(NONE), true, 'm'},
};

static const char *const aims[AIM_COUNT] = {
    [AIM_CANCELLED] = "cancelled", [AIM_RERUN] = "rerun",     [AIM_SUCCESS] = "success",
    [AIM_FAILED] = "failed",       [AIM_SKIPPED] = "skipped",
};

#define RUN_TO(s) (1u << RUN_##s)
#define RUN_ENDED (RUN_TO(SUCCESS) | RUN_TO(FAILED) | RUN_TO(CANCELLED))
#define RUN_REVIVED (RUN_TO(QUEUED) | RUN_TO(RUNNING))

static const struct {
	const char *name;
	unsigned next;
	bool done;
} run_states[RUN_STATE_COUNT] = {
    [RUN_RUNNING] = {"running", RUN_TO(CANCELLING) | RUN_TO(ENDING) | RUN_ENDED, false},
    [RUN_CANCELLING] = {"cancelling", RUN_TO(ENDING) | RUN_ENDED, false},
    [RUN_SUCCESS] = {"success", RUN_REVIVED | (RUN_ENDED & ~RUN_TO(SUCCESS)), true},
    [RUN_FAILED] = {"failed", RUN_REVIVED | (RUN_ENDED & ~RUN_TO(FAILED)), true},
    [RUN_CANCELLED] = {"cancelled", RUN_REVIVED | (RUN_ENDED & ~RUN_TO(CANCELLED)), true},
    [RUN_QUEUED] = {"queued", RUN_TO(RUNNING) | RUN_TO(CANCELLED), false},
    [RUN_ENDING] = {"ending", RUN_TO(RUNNING) | RUN_ENDED, false},
    [RUN_WAITING] = {"waiting", RUN_REVIVED | RUN_TO(CANCELLED), false},
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

char task_state_letter(enum task_state state)
{
	return task_states[state].letter;
}

bool task_state_may_become(enum task_state from, enum task_state to)
{
	return (task_states[from].next & (1u << to)) != 0;
}

bool task_state_holds_slot(enum task_state state)
{
	return state == TASK_RUNNING || state == TASK_CANCELLING;
}

const char *cancel_aim_name(enum cancel_aim aim)
{
	return aims[aim];
}

bool cancel_aim_from_name(const char *name, enum cancel_aim *out)
{
	for (size_t i = 0; i < AIM_COUNT; i++) {
		if (strcmp(aims[i], name) == 0) {
			*out = (enum cancel_aim)i;
			return true;
		}
	}
	return false;
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

bool run_state_has_begun(enum run_state state)
{
	return state != RUN_QUEUED && state != RUN_WAITING;
}

bool run_state_may_become(enum run_state from, enum run_state to)
{
	return (run_states[from].next & (1u << to)) != 0;
}
