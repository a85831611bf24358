/* outcome.c - see outcome.h. All files are small and were just written; each read is bounded. */
#include "daemon/outcome.h"

#include "base/log.h"
#include "base/mem.h"
#include "model/outputs.h"
#include "model/pattern.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define TAIL_BYTES 65536u /* of the log, that `match` is looked for in */

/* One ended attempt. */
struct look {
	const char *home;
	const char *incarnation;
	const struct task *task;
	struct process_ref ref;
};

static int add_lines(const struct look *look, json_t *outputs, struct err *err)
{
	struct str text = STR_INIT;
	char path[PATH_MAX];
	int rc;

	process_output_path(look->home, look->incarnation, look->ref, path);
	rc = process_read_output(path, &text, err);
	if (rc != 0)
		err_wrap(err, "$HEDDLE_OUTPUT");
	else
		rc = outputs_add_lines(outputs, str_text(&text), text.size, err);
	str_close(&text);
	return rc;
}

static int add_stdout(const struct look *look, json_t *outputs, struct err *err)
{
	struct str text = STR_INIT;
	char path[PATH_MAX];
	bool is_whole = true;
	bool kept = true;
	int rc;

	process_stdout_path(look->home, look->incarnation, look->ref, path);
	rc = process_read_stdout(path, &text, &is_whole, err);
	if (rc == 0 && look->task->action == ACTION_SQL)
		rc = outputs_add_rows(outputs, str_text(&text), text.size, is_whole, &kept, err);
	else if (rc == 0)
		rc = outputs_add_stdout(outputs, look->task, str_text(&text), text.size, is_whole,
					err);
	if (!kept)
		log_info("rows are no output: too long", "attempt=%" PRId64 " max_bytes=%u",
			 look->ref.attempt_id, LIMIT_OUTPUT_BYTES);
	str_close(&text);
	return rc;
}

static void read_outputs(const struct look *look, struct outcome *outcome, struct attempt_end *end)
{
	json_t *outputs = json_object();
	struct err err = {0};
	int rc = add_lines(look, outputs, &err);

	if (rc == 0 && (look->task->action == ACTION_SQL || look->task->output_count > 0))
		rc = add_stdout(look, outputs, &err);
	if (rc == 0)
		rc = outputs_text(outputs, &outcome->outputs, &err);
	json_decref(outputs);
	outcome->findings.outputs = outcome->outputs;
	if (rc == 0)
		return;
	end->cause = CAUSE_BAD_OUTPUT;
	snprintf(end->reason, sizeof end->reason, "%.*s", (int)sizeof end->reason - 1, err.message);
}

static bool is_found(const struct end_filter *filter, const struct str *tail, int64_t attempt_id)
{
	struct err err = {0};
	bool found = false;

	if (filter->match != NULL &&
	    pattern_is_found(filter->match, str_text(tail), tail->size, &found, &err) != 0)
		log_warn("match not applied", "attempt=%" PRId64 " err=\"%s\"", attempt_id,
			 err.message);
	return found;
}

static void look_for_words(const struct look *look, struct end_findings *findings)
{
	const struct task_policy *policy = look->task->policy;
	struct str tail = STR_INIT;
	char path[PATH_MAX];
	struct err err = {0};

	if (policy->retry_on.match == NULL && policy->fail_on.match == NULL)
		return;
	process_log_path(look->home, look->incarnation, look->ref, path);
	if (process_log_tail(path, TAIL_BYTES, &tail, &err) != 0)
		log_warn("log not read", "attempt=%" PRId64 " err=\"%s\"", look->ref.attempt_id,
			 err.message);
	findings->retry_match = is_found(&policy->retry_on, &tail, look->ref.attempt_id);
	findings->fail_match = is_found(&policy->fail_on, &tail, look->ref.attempt_id);
	str_close(&tail);
}

/* Who writes SQL need not know that a program runs it. */
static void name_remedy(struct attempt_end *end)
{
	size_t length = strlen(end->reason);

	if (strstr(end->reason, "'duckdb'") != NULL)
		snprintf(end->reason + length, sizeof end->reason - length,
			 ": install the DuckDB command line (pip install duckdb-cli) where the "
			 "daemon's PATH finds it");
}

void outcome_read(struct outcome *outcome, const char *home, const char *incarnation,
		  const struct effect *attempt, struct attempt_end *end)
{
	struct look look = {.home = home,
			    .incarnation = incarnation,
			    .task = &attempt->dag->tasks[attempt->task],
			    .ref = {attempt->attempt_id, attempt->released_at_ms}};

	memset(outcome, 0, sizeof *outcome);
	if (end->cause == CAUSE_COULD_NOT_START && look.task->action == ACTION_SQL)
		name_remedy(end);
	if (end->cause == CAUSE_SUCCESS)
		read_outputs(&look, outcome, end);
	if (attempt_cause_is_failure(end->cause))
		look_for_words(&look, &outcome->findings);
}

void outcome_close(struct outcome *outcome)
{
	mem_free(outcome->outputs);
}
