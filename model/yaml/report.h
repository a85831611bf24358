/* report.h - the errors of one file, gathered in any order.
 *
 * They are handed over sorted by place, each once: an alias may lead to the same wrong value from
 * many sides. */
#ifndef HEDDLE_MODEL_YAML_REPORT_H
#define HEDDLE_MODEL_YAML_REPORT_H

#include "base/arena.h"
#include "model/dag.h"
#include "model/yaml/source.h"

#include <stdbool.h>
#include <stddef.h>

struct report_item {
	struct place place;
	size_t order; /* of gathering: breaks ties */
	const char *message;
};

struct report {
	const struct source *source; /* outlives the report */
	struct arena arena;          /* texts made for messages */
	struct report_item *items;
	size_t count;
	size_t capacity;
	bool is_syntax;      /* one of the errors is ERR_SYNTAX */
	bool is_unprintable; /* the text is no text: its lines are not shown */
	size_t nearest_budget;
};

void report_init(struct report *report, const struct source *source);
void report_close(struct report *report);

/* True when no further error is taken in: looking for more is a waste of time. */
bool report_is_full(const struct report *report);
void report_add(struct report *report, struct place place, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* As report_add, for what is not YAML or beyond a bound: makes the whole parse ERR_SYNTAX. */
void report_syntax(struct report *report, struct place place, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The text in single quotes for a message, cut to a bearable length, line ends and control
 * characters escaped. Lives as long as the report. "" once the report is full. */
const char *report_quote(struct report *report, const char *text);
/* Reports a template where none is rendered: in the value of the key name, or, with NULL, one that
 * YAML does not read as text, because it has no quotes. text begins with its "{{" and has length
 * bytes, of which only the first ones are looked at. */
void report_template(struct report *report, struct place place, const char *name, const char *text,
		     size_t length);
/* As str_nearest, but gives up (NULL) once a file has had its share of searches: a file with
 * thousands of errors is told of them in the time of one with few. */
const char *report_nearest(struct report *report, const char *word, const char *const *names,
			   size_t count);

/* Adds all errors to *errors in the order of their places. Returns 0 when there are none, else
 * ERR_SYNTAX or ERR_INVALID. */
int report_deliver(struct report *report, struct dag_errors *errors);

#endif
