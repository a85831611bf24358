/* why.c - why a run or a task came to what it is; see api.h.
 *
 * The reasons were written down when things happened. A task that could not run names the upstream
 * that was in its way: the chain follows these names to the task where it began. */
#include "web/api/api.h"

#include "web/compose.h"
#include "web/scripts.h"

#include <microhttpd.h>
#include <stdio.h>
#include <string.h>

#define CHAIN_MAX 50
#define ROOTS_MAX 20

/* One task as it is told. */
struct told {
	char id[LIMIT_ID_BYTES + 1];
	char state[24];
	char reason[LIMIT_REASON_BYTES + 1];
	uint32_t attempts;
	int64_t ended_at_ms;
	bool found;
};

struct whole_run {
	char dag_id[LIMIT_ID_BYTES + 1];
	char state[24];
	char reason[LIMIT_REASON_BYTES + 1];
	int64_t run_no;
	int64_t ended_at_ms;
	int64_t ending_at_ms; /* from when on tasks of its end ran */
	int64_t pruned_at_ms;
};

struct writer {
	struct compose compose;
	const struct call *call;
	struct whole_run run;
	struct told told; /* the task that is looked for, or the one at hand */
	size_t links;
	struct str answer;
	struct str chain;
};

static bool take_run(void *context, const struct run_view *view)
{
	struct whole_run *run = context;

	run->run_no = view->run_no;
	run->ended_at_ms = view->ended_at_ms;
	run->pruned_at_ms = view->pruned_at_ms;
	snprintf(run->dag_id, sizeof run->dag_id, "%s", view->dag_id);
	snprintf(run->state, sizeof run->state, "%s", view->state);
	snprintf(run->reason, sizeof run->reason, "%s", view->reason == NULL ? "" : view->reason);
	return true;
}

static void copy_task(struct told *told, const struct task_view *view)
{
	snprintf(told->id, sizeof told->id, "%s", view->task_id);
	snprintf(told->state, sizeof told->state, "%s", view->state);
	snprintf(told->reason, sizeof told->reason, "%s", view->reason == NULL ? "" : view->reason);
	told->attempts = view->attempts;
	told->ended_at_ms = view->ended_at_ms;
	told->found = true;
}

static bool find_task(void *context, const struct task_view *view)
{
	struct told *told = context;

	if (strcmp(view->task_id, told->id) != 0)
		return true;
	copy_task(told, view);
	return false;
}

/* "was marked success by user:alice: loaded by hand", whatever its newest try came to. */
static bool write_mark(const struct told *told, struct str *out)
{
	static const char allowed[] = "allowed to fail: ";
	static const char marked[] = "marked by ";
	const char *reason = told->reason;

	if (str_starts_with(reason, allowed))
		reason += strlen(allowed);
	if (!str_starts_with(reason, marked))
		return false;
	str_printf(out, "was marked %s %s", told->state, reason + strlen("marked "));
	return true;
}

/* Whether its newest try made it what it is; one that was reset since may never have begun. */
static bool is_of_try(const struct told *told)
{
	static const char *const others[] = {
	    "upstream '", "rule ", "when: ", "the run came to ", "timeout: not started ",
	    "left out: "};

	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		if (str_starts_with(told->reason, others[i]))
			return false;
	return strcmp(told->state, "removed") != 0 && strcmp(told->state, "none") != 0 &&
	       strcmp(told->state, "upstream_failed") != 0;
}

/* "task 'load' failed on try 2: exit code 3" */
static void write_sentence(const struct told *told, struct str *out)
{
	str_printf(out, "task '%s' ", told->id);
	if (write_mark(told, out))
		return;
	if (strcmp(told->state, "none") == 0)
		str_append(out, "has not run");
	else if (strcmp(told->state, "upstream_failed") == 0)
		str_append(out, "could not run");
	else if (strcmp(told->state, "success") == 0)
		str_append(out, "succeeded");
	else if (strcmp(told->state, "failed") == 0)
		str_append(out, "failed");
	else if (strcmp(told->state, "skipped") == 0 || strcmp(told->state, "cancelled") == 0 ||
		 strcmp(told->state, "removed") == 0)
		str_printf(out, "was %s", told->state);
	else
		str_printf(out, "is %s", told->state);
	if (told->attempts > 0 && is_of_try(told))
		str_printf(out, " on try %u", told->attempts);
	if (told->reason[0] != '\0')
		str_printf(out, ": %s", told->reason);
}

/* run_id NULL = of the dag as such. */
static void write_link_of(struct writer *writer, const char *kind, const char *text,
			  const char *run_id, const char *task_id, int64_t at_ms)
{
	struct compose *compose = &writer->compose;

	compose_open(compose, '{');
	compose_member_text(compose, "kind", kind);
	compose_member_text(compose, "text", text);
	compose_member_text(compose, "dag", writer->run.dag_id);
	compose_member_text(compose, "run", run_id);
	compose_member_text(compose, "task", task_id);
	compose_member_text(compose, "pool", NULL);
	compose_member_text(compose, "count", NULL);
	compose_member_text(compose, "limit", NULL);
	compose_member_time(compose, "at", at_ms);
	compose_close(compose, '}');
	if (writer->links++ == 0)
		str_append(&writer->answer, text);
}

static void write_link(struct writer *writer, const char *kind, const char *text,
		       const char *task_id, int64_t at_ms)
{
	write_link_of(writer, kind, text, writer->call->run_id, task_id, at_ms);
}

static void write_task_link(struct writer *writer, const struct told *told)
{
	struct str text = STR_INIT;

	write_sentence(told, &text);
	write_link(writer, told->state, str_text(&text), told->id, told->ended_at_ms);
	str_close(&text);
}

/* Whether a rule made it what it is, and not a person, whose words mean nothing here. */
static bool is_by_rule(const struct told *told)
{
	return (strcmp(told->state, "upstream_failed") == 0 ||
		strcmp(told->state, "skipped") == 0) &&
	       (strncmp(told->reason, "upstream '", 10) == 0 ||
		strncmp(told->reason, "rule ", 5) == 0);
}

/* The id in "upstream 'load' failed"; false = the reason names none. */
static bool named_upstream(const struct told *told, char id[LIMIT_ID_BYTES + 1])
{
	static const char words[] = "upstream '";
	const char *start = is_by_rule(told) ? strstr(told->reason, words) : NULL;
	const char *end = start == NULL ? NULL : strchr(start + strlen(words), '\'');

	if (end == NULL || (size_t)(end - start) - strlen(words) > LIMIT_ID_BYTES)
		return false;
	snprintf(id, LIMIT_ID_BYTES + 1, "%.*s", (int)((size_t)(end - start) - strlen(words)),
		 start + strlen(words));
	return true;
}

static void write_run_link(struct writer *writer)
{
	const struct whole_run *run = &writer->run;
	struct str text = STR_INIT;

	str_printf(&text, "run %s of dag '%s' is %s", writer->call->run_id, run->dag_id,
		   run->state);
	if (run->reason[0] != '\0')
		str_printf(&text, ": %s", run->reason);
	write_link(writer, run->state, str_text(&text), NULL, run->ended_at_ms);
	str_close(&text);
}

/* An attempt that ended on request does not know who asked: its run does. */
static bool asks_run(const struct writer *writer)
{
	return strcmp(writer->told.state, "cancelled") == 0 && writer->run.reason[0] != '\0' &&
	       strstr(writer->told.reason, writer->run.reason) == NULL;
}

struct script_writer {
	struct writer *writer;
	uint32_t attempt;
};

static bool write_script(void *context, const struct script_state *state)
{
	struct script_writer *of = context;
	struct str text = STR_INIT;

	str_printf(&text, "script '%s' has changed since try %u: a rerun runs the new one",
		   state->path, of->attempt);
	if (state->differs)
		write_link(of->writer, "script", str_text(&text), of->writer->told.id, 0);
	str_close(&text);
	return true;
}

static bool write_scripts(void *context, const struct attempt_view *view)
{
	struct script_writer of = {context, view->number};
	struct script_looks looks = {.known = {0}};

	scripts_each(&looks, view->scripts, write_script, &of);
	scripts_close(&looks);
	return true;
}

/* Where it began somebody may have mended a script already. */
static int explain_scripts(struct writer *writer, struct store_reader *reader, struct err *err)
{
	const struct told *told = &writer->told;

	if (!told->found || told->attempts == 0)
		return 0;
	return read_attempts(reader, writer->run.run_no, told->id, told->attempts, write_scripts,
			     writer, err);
}

static int explain_task(struct writer *writer, struct store_reader *reader, struct err *err)
{
	int rc = 0;

	for (unsigned i = 0; rc == 0 && i < CHAIN_MAX; i++) {
		char next[LIMIT_ID_BYTES + 1];

		writer->told.found = false;
		rc = read_tasks(reader, writer->run.run_no, NULL, find_task, &writer->told, err);
		if (rc != 0 || !writer->told.found)
			break;
		write_task_link(writer, &writer->told);
		if (asks_run(writer))
			write_run_link(writer);
		if (!named_upstream(&writer->told, next))
			break;
		snprintf(writer->told.id, sizeof writer->told.id, "%s", next);
	}
	if (rc == 0 && writer->links == 0)
		return err_set(err, ERR_NOT_FOUND,
			       "run '%s' has no task '%s': its tasks are listed under "
			       "/api/v1/runs/%s/tasks",
			       writer->call->run_id, writer->told.id, writer->call->run_id);
	return rc == 0 ? explain_scripts(writer, reader, err) : rc;
}

/* What was allowed to fail is not what the run failed of, nor is what came after its outcome. */
static bool write_root(void *context, const struct task_view *view)
{
	struct writer *writer = context;

	if ((view->reason != NULL && strncmp(view->reason, "allowed to fail", 15) == 0) ||
	    view->ended_at_ms > writer->run.ending_at_ms)
		return true;
	copy_task(&writer->told, view);
	write_task_link(writer, &writer->told);
	return writer->links < ROOTS_MAX;
}

/* The run itself, then the tasks where its failure began; of a cancel or a timeout they are not the
 * cause. */
static int explain_run(struct writer *writer, struct store_reader *reader, struct err *err)
{
	struct whole_run *run = &writer->run;
	int rc;

	write_run_link(writer);
	if (strcmp(run->state, "failed") != 0 || strncmp(run->reason, "timeout", 7) == 0)
		return 0;
	rc = read_ending(reader, run->run_no, &run->ending_at_ms, err);
	if (rc != 0)
		return rc;
	return read_tasks(reader, run->run_no, "failed", write_root, writer, err);
}

static bool write_pause(void *context, const struct dag_view *view)
{
	char text[PAUSE_TEXT_SIZE];

	api_pause_text(view, text);
	if (text[0] != '\0')
		write_link_of(context, "pause", text, NULL, NULL, view->pause_at_ms);
	return true;
}

static int explain_dag(struct writer *writer, struct store_reader *reader, struct err *err)
{
	int rc = read_dag(reader, writer->call->names.dag, write_pause, writer, err);

	return rc == ERR_NOT_FOUND ? 0 : rc;
}

static int explain(struct writer *writer, struct store_reader *reader, struct err *err)
{
	int rc = read_run(reader, writer->call->run_id, take_run, &writer->run, err);

	if (rc == 0)
		rc = api_check_detail(writer->call->run_id, writer->run.pruned_at_ms, err);
	compose_init(&writer->compose, &writer->chain);
	compose_open(&writer->compose, '[');
	if (rc == 0 && writer->call->names.task != NULL)
		rc = explain_task(writer, reader, err);
	else if (rc == 0)
		rc = explain_run(writer, reader, err);
	if (rc == 0 && writer->call->names.dag != NULL)
		rc = explain_dag(writer, reader, err);
	compose_close(&writer->compose, ']');
	return rc;
}

static void write_answer(struct call *call, struct writer *writer)
{
	struct compose compose;

	str_clear(&call->answer.body);
	compose_init(&compose, &call->answer.body);
	compose_open(&compose, '{');
	compose_member_text(&compose, "answer", str_text(&writer->answer));
	compose_key(&compose, "chain");
	compose_json(&compose, str_text(&writer->chain));
	compose_member_open(&compose, "holders", '[');
	compose_close(&compose, ']');
	compose_member_int(&compose, "holders_total", 0);
	compose_close(&compose, '}');
	call->answer.status = MHD_HTTP_OK;
}

enum call_outcome api_why(struct call *call, struct store_reader *reader)
{
	struct writer writer = {.call = call};
	enum call_outcome outcome = CALL_ANSWERED;
	struct err err;

	if (call->names.task != NULL)
		snprintf(writer.told.id, sizeof writer.told.id, "%s", call->names.task);
	if (explain(&writer, reader, &err) == 0)
		write_answer(call, &writer);
	else
		outcome = api_fail(call, &err);
	str_close(&writer.answer);
	str_close(&writer.chain);
	return outcome;
}
