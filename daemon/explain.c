/* explain.c - why a run or a task under way has not gone further, as the scheduler knows it; the
 * question of operate.h. */
#include "base/mem.h"
#include "daemon/dispatch_core.h"
#include "daemon/operate.h"
#include "scheduler/why.h"
#include "store/read.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

static void set_text(json_t *object, const char *key, const char *text)
{
	json_object_set_new(object, key, text == NULL ? json_null() : json_string(text));
}

static void set_number(json_t *object, const char *key, int64_t number)
{
	json_object_set_new(object, key, number == 0 ? json_null() : json_integer(number));
}

static void set_instant(json_t *object, const char *key, int64_t at_ms)
{
	char text[CLOCK_TEXT_SIZE];

	set_text(object, key, at_ms == 0 ? NULL : clock_format_utc(at_ms, text));
}

static json_t *link_json(const struct why_link *link)
{
	json_t *object = json_object();

	set_text(object, "kind", why_kind_name(link->kind));
	set_text(object, "text", link->text);
	set_text(object, "dag", link->dag_id);
	set_text(object, "run", link->run_id);
	set_text(object, "task", link->task_id);
	set_text(object, "pool", link->pool);
	set_number(object, "count", link->count);
	set_number(object, "limit", link->limit);
	set_instant(object, "at", link->at_ms);
	return object;
}

static json_t *holder_json(const struct why_holder *holder)
{
	json_t *object = json_object();

	set_text(object, "dag", holder->dag_id);
	set_text(object, "run", holder->run_id);
	set_text(object, "task", holder->task_id);
	json_object_set_new(object, "slots", json_integer(holder->slots));
	set_instant(object, "since", holder->since_ms);
	return object;
}

/* How the try ended that is to be made again: the scheduler forgets it, the store does not. The
 * row may be a commit behind, and without a reason then. */
static void append_cause(struct dispatch *dispatch, const struct why_link *retry, json_t *chain)
{
	char reason[LIMIT_REASON_BYTES + 1];
	char text[LIMIT_REASON_BYTES + LIMIT_ID_BYTES + 40];
	struct why_link cause = *retry;
	int64_t run_no = sched_find_run(dispatch->sched, retry->run_id);
	char *end;

	if (read_task_reason(dispatch->reader, run_no, retry->task_id, reason, sizeof reason,
			     NULL) != 0 ||
	    reason[0] == '\0')
		return;
	end = strstr(reason, ", try ");
	if (end != NULL)
		*end = '\0';
	snprintf(text, sizeof text, "try %u of '%s' failed: %s", retry->count - 1, retry->task_id,
		 reason);
	cause.kind = WHY_CAUSE;
	cause.text = text;
	cause.at_ms = 0;
	cause.count = retry->count - 1;
	json_array_append_new(chain, link_json(&cause));
}

/* The whole answer as text, the caller's (mem_free). */
static char *why_json(struct dispatch *dispatch, const struct why *why)
{
	json_t *root = json_object();
	json_t *chain = json_array();
	json_t *holders = json_array();
	char *text;

	set_text(root, "answer", why->links[0].text);
	for (size_t i = 0; i < why->link_count; i++) {
		json_array_append_new(chain, link_json(&why->links[i]));
		if (why->links[i].kind == WHY_RETRY)
			append_cause(dispatch, &why->links[i], chain);
	}
	for (size_t i = 0; i < why->holder_count; i++)
		json_array_append_new(holders, holder_json(&why->holders[i]));
	json_object_set_new(root, "chain", chain);
	json_object_set_new(root, "holders", holders);
	json_object_set_new(root, "holders_total", json_integer((json_int_t)why->holders_total));
	text = json_dumps(root, JSON_COMPACT);
	json_decref(root);
	return text;
}

/* False = the scheduler has nothing to say of it (any more). */
static bool ask(struct dispatch *dispatch, const struct web_command *command, struct why *why)
{
	int64_t run_no = sched_find_run(dispatch->sched, command->run_id);
	bool known;

	if (run_no == 0)
		return false;
	known = command->task == NULL
		    ? why_run(dispatch->sched, run_no, clock_now(), why)
		    : why_task(dispatch->sched, run_no, command->task, clock_now(), why);
	if (!known || why->link_count == 0 || why->links[0].kind == WHY_DONE)
		return false;
	if (command->dag_id != NULL)
		why_add_pause(dispatch->sched, run_no, clock_now(), why);
	return true;
}

void operate_why(struct dispatch *dispatch, const struct web_command *command, uint64_t token)
{
	struct why why;
	char *text = NULL;

	why_init(&why);
	if (ask(dispatch, command, &why))
		text = why_json(dispatch, &why);
	dispatch_answer(dispatch, token, text == NULL ? WEB_UNCHANGED : WEB_DONE, NULL, text);
	mem_free(text);
	why_close(&why);
}
