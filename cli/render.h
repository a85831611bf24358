/* render.h - the API's JSON as text for people. Pure, but for the local time zone. */
#ifndef HEDDLE_CLI_RENDER_H
#define HEDDLE_CLI_RENDER_H

#include "base/str.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

enum render_kind {
	RENDER_DAGS,
	RENDER_RUNS,
	RENDER_TASKS,
	RENDER_POOLS,
	RENDER_ERRORS,
};

/* A list of the API's items; now_ms gives what is under way a duration. */
void render_list(enum render_kind kind, const json_t *items, int64_t now_ms, bool colour,
		 struct str *out);
/* A run with its tasks; a pruned one has none. */
void render_run(const json_t *run, const json_t *tasks, int64_t now_ms, bool colour,
		struct str *out);
/* One line about a fact, "2026-11-20T06:00:00.123+00:00 extract running (try 1)"; nothing for a
 * fact that the one beside it tells as well. */
void render_fact(const json_t *fact, bool colour, struct str *out);

/* What /why answers: the plain sentence, then the links of its chain, each behind the word, then
 * who holds the slots. */
void render_why(const json_t *why, const char *word, struct str *out);

#endif
