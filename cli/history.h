/* history.h - what stood at an instant of the past, from the facts of a run. Pure.
 *
 * Facts say what became of a run and of its tasks, when and why. What nobody wrote down (who held
 * the slots that a task waited for) is said not to be known. */
#ifndef HEDDLE_CLI_HISTORY_H
#define HEDDLE_CLI_HISTORY_H

#include <jansson.h>
#include <stdint.h>

struct history {
	int64_t at_ms; /* the instant */
	json_t *run;   /* the fact that made the run what it was then; NULL = it was not there */
	json_t *tasks; /* likewise by task id */
	json_t *tries; /* attempts begun by then, by task id */
	json_t *born;  /* the first fact of all, whenever it was; NULL = none was taken */
};

void history_init(struct history *history, int64_t at_ms);
void history_close(struct history *history);
/* Takes the facts of a run, in their order. */
void history_take(struct history *history, const json_t *fact);
/* The answer as the API gives it to "why", of the run or of a task (id, NULL = of the run); the
 * caller's. */
json_t *history_explain(const struct history *history, const char *task);

#endif
