/* outputs.h - what a task gave as outputs: from the text of $HEDDLE_OUTPUT and from its stdout.
 *
 * $HEDDLE_OUTPUT holds lines, each "key=value" (the value is text) or one JSON object, whose
 * members are outputs; of a key that comes twice the last one counts. Names of outputs are ids. All
 * of one task take at most LIMIT_OUTPUT_BYTES as JSON. */
#ifndef HEDDLE_MODEL_OUTPUTS_H
#define HEDDLE_MODEL_OUTPUTS_H

#include "base/err.h"
#include "model/dag.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* Adds what the text says to outputs, a JSON object. Fails with ERR_SYNTAX: "$HEDDLE_OUTPUT line 3:
 * ..." */
int outputs_add_lines(json_t *outputs, const char *text, size_t size, struct err *err);

/* Adds what the task's `outputs` take from its stdout. is_whole is false when only the end of it
 * was kept, which is enough for the last line alone. Fails with ERR_INVALID (it is not JSON, has no
 * such part, or no line), ERR_LIMIT (it was too long to be kept whole). */
int outputs_add_stdout(json_t *outputs, const struct task *task, const char *text, size_t size,
		       bool is_whole, struct err *err);

/* Adds `rows`, the rows of the last statement, from what an engine printed: JSON lists one after
 * another (DuckDB's -json). Rows that are too long to be kept are no error: there is no output
 * then, and *kept is false. Fails with ERR_INVALID when it is no such text. */
int outputs_add_rows(json_t *outputs, const char *text, size_t size, bool is_whole, bool *kept,
		     struct err *err);

/* The object as text for the store, the caller's (mem_free); *out NULL when it is empty. Fails with
 * ERR_LIMIT beyond LIMIT_OUTPUT_BYTES. */
int outputs_text(const json_t *outputs, char **out, struct err *err);

/* "HEDDLE_OUT_task__k", with '_' for each '-'. */
void outputs_env_name(const char *task_id, const char *key, struct str *out);

#endif
