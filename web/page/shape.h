/* shape.h - the small parts that all pages are made of: icons, states, times, bars. */
#ifndef HEDDLE_WEB_PAGE_SHAPE_H
#define HEDDLE_WEB_PAGE_SHAPE_H

#include "web/page/html.h"

#include <stdbool.h>
#include <stdint.h>

/* How an instant is written; the script writes it so in the zone that was chosen. */
enum shape_time {
	TIME_CLOCK,  /* 09:42:18 */
	TIME_MINUTE, /* 09:42 */
	TIME_DAY,    /* 19 Nov */
	TIME_FULL,   /* 19 Nov 2026 09:42:18 */
	TIME_AGO,    /* 4 min ago */
};

/* The class of a state of a run or a task: states that look alike share one. */
const char *shape_class(const char *state);
/* The state in words: "upstream failed". Lives for ever. */
const char *shape_words(const char *state);

void shape_icon(struct html *html, const char *name);
/* The shape of a state; a label when nothing beside it says it. */
void shape_state(struct html *html, const char *state, bool labelled);
/* The shape of a task's state, which the script changes as the task does. task_id NULL: of a run.
 */
void shape_cell(struct html *html, const char *state, const char *run_id, const char *task_id);
/* text NULL = the state's own. */
void shape_pill(struct html *html, const char *state, const char *text);
/* now_ms for TIME_AGO alone. 0 = nothing. */
void shape_time(struct html *html, int64_t at_ms, enum shape_time form, int64_t now_ms);
/* "340 ms", "12 s", "5 m 48", "3 h 40 m", "2 d 4 h" */
#define SHAPE_DURATION_SIZE 32
const char *shape_duration(int64_t duration_ms, char text[SHAPE_DURATION_SIZE]);
/* "12", "8,112" */
#define SHAPE_COUNT_SIZE 32
const char *shape_count(int64_t count, char text[SHAPE_COUNT_SIZE]);
/* "1 task", "12 tasks" */
void shape_number(struct html *html, int64_t count, const char *one, const char *many);

#endif
