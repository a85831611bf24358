/* attention.c - gathers what needs somebody; see attention.h. */
#include "web/attention.h"

#include <string.h>

#define LETTERS_MAX 20u
#define FILES_MAX 1000u /* that do not check, told of */

static const char *const names[ATTENTION_KIND_COUNT] = {
    [ATTENTION_NOT_READY] = "not_ready", [ATTENTION_WARNING] = "warning",
    [ATTENTION_BLOCKED] = "blocked",     [ATTENTION_FAILED] = "failed",
    [ATTENTION_BROKEN] = "broken",       [ATTENTION_HELD] = "held",
    [ATTENTION_UNCERTAIN] = "uncertain", [ATTENTION_RECOVERED] = "recovered",
};

const char *attention_kind_name(enum attention_kind kind)
{
	return names[kind];
}

/* While it is gathered. */
struct gather {
	const struct attention_source *source;
	struct attention *out;
	enum attention_kind failures; /* which of the two kinds are wanted now */
	uint32_t files;
};

static struct attention_item *add(struct gather *gather, enum attention_kind kind)
{
	vec_push(&gather->out->items, ((struct attention_item){.kind = kind, .count = 1}));
	return &gather->out->items.items[gather->out->items.count - 1];
}

static void add_daemon(struct gather *gather, enum attention_kind kind, const char *cause)
{
	struct attention_item *item;

	if (cause[0] == '\0')
		return;
	item = add(gather, kind);
	item->title = "daemon";
	item->cause = arena_strdup(&gather->out->arena, cause);
	item->action = "Look whether it is ready";
	item->method = "GET";
	item->path = "/readyz";
}

/* --- attempts -----------------------------------------------------------------------------------
 */

static int add_blocked(struct gather *gather, const struct trouble *trouble, struct err *err)
{
	struct arena *arena = &gather->out->arena;
	struct attention_item *item;
	struct attempt_place place;
	int rc = read_attempt_place(gather->source->reader, trouble->attempt_id, &place, err);

	if (rc == ERR_NOT_FOUND)
		return 0;
	if (rc != 0)
		return rc;
	item = add(gather, ATTENTION_BLOCKED);
	item->cause = arena_strdup(arena, trouble->text);
	item->dag_id = arena_strdup(arena, place.dag_id);
	item->title = item->dag_id;
	item->run_id = arena_strdup(arena, place.run_id);
	item->task_id = arena_strdup(arena, place.task_id);
	item->since_ms = place.released_at_ms;
	item->action = "See why";
	item->method = "GET";
	item->path =
	    arena_printf(arena, "/api/v1/runs/%s/tasks/%s/why", place.run_id, place.task_id);
	return 0;
}

static int add_all_blocked(struct gather *gather, struct err *err)
{
	const struct troubles *troubles = gather->source->troubles;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < troubles->list.count; i++)
		rc = add_blocked(gather, &troubles->list.items[i], err);
	return rc;
}

/* --- runs ---------------------------------------------------------------------------------------
 */

/* "task 'load' failed: exit code 3" says more than the run's own reason. */
static const char *cause_of(struct gather *gather, const struct failure_view *view)
{
	struct arena *arena = &gather->out->arena;
	const char *reason = view->reason == NULL ? "it failed" : view->reason;
	size_t at = gather->out->items.count;
	struct task_brief task;

	if (at < gather->source->first || at - gather->source->first >= gather->source->limit)
		return arena_strdup(arena, reason);
	if (read_first_task(gather->source->reader, view->run_no, TASK_FAILED, &task, NULL) != 0 ||
	    task.reason[0] == '\0')
		return arena_strdup(arena, reason);
	return arena_printf(arena, "%s: %s", reason, task.reason);
}

static bool take_failure(void *context, const struct failure_view *view)
{
	struct gather *gather = context;
	struct arena *arena = &gather->out->arena;
	struct attention_item *item;
	const char *cause;

	if ((view->is_last ? ATTENTION_FAILED : ATTENTION_RECOVERED) != gather->failures)
		return true;
	cause = cause_of(gather, view);
	item = add(gather, gather->failures);
	item->dag_id = arena_strdup(arena, view->dag_id);
	item->title = item->dag_id;
	item->run_id = arena_strdup(arena, view->run_id);
	item->cause = cause;
	item->since_ms = view->ended_at_ms;
	item->count = view->count;
	item->action = "Rerun what failed";
	item->method = "POST";
	item->path = arena_printf(arena, "/api/v1/runs/%s:rerun", view->run_id);
	item->body = "{\"mode\":\"failed\"}";
	return true;
}

static int add_failures(struct gather *gather, enum attention_kind kind, struct err *err)
{
	bool more;
	int rc;

	gather->failures = kind;
	rc = read_failures(gather->source->reader, gather->source->since_ms, take_failure, gather,
			   &more, err);
	gather->out->more |= rc == 0 && more;
	return rc;
}

/* --- files --------------------------------------------------------------------------------------
 */

/* The first error of a file stands for all that it has. */
static bool take_error(void *context, const struct dag_error_view *view)
{
	struct gather *gather = context;
	struct arena *arena = &gather->out->arena;
	struct attention_item *item;

	if (gather->files++ == FILES_MAX) {
		gather->out->more = true;
		return false;
	}
	item = add(gather, ATTENTION_BROKEN);
	item->file = arena_strdup(arena, view->file);
	item->count = view->of_file;
	item->title = item->file;
	item->cause = view->line == 0 ? arena_strdup(arena, view->message)
				      : arena_printf(arena, "line %u, column %u: %s", view->line,
						     view->column, view->message);
	item->since_ms = view->since_ms;
	item->action = "See what is wrong";
	item->method = "GET";
	item->path = "/api/v1/errors";
	return true;
}

/* --- what waits, and what was put aside ---------------------------------------------------------
 */

static bool take_held(void *context, const struct held_view *view)
{
	struct gather *gather = context;
	struct arena *arena = &gather->out->arena;
	struct attention_item *item = add(gather, ATTENTION_HELD);
	const struct pause_view *pause = &view->pause;
	bool all = pause->dag_id[0] == '\0';

	item->dag_id = all ? NULL : arena_strdup(arena, pause->dag_id);
	item->title = all ? "all dags" : item->dag_id;
	item->cause = arena_printf(arena, "%u run%s for the end of the pause by %s%s%s",
				   view->queued, view->queued == 1 ? " waits" : "s wait",
				   pause->actor, pause->reason == NULL ? "" : ": ",
				   pause->reason == NULL ? "" : pause->reason);
	item->since_ms = pause->at_ms;
	item->count = view->queued;
	item->action = "Let it go on";
	item->method = all ? "POST" : "PATCH";
	item->path =
	    all ? "/api/v1/dags:resume" : arena_printf(arena, "/api/v1/dags/%s", pause->dag_id);
	item->body = all ? NULL : "{\"paused\":false}";
	return true;
}

static bool take_letter(void *context, const struct letter_view *view)
{
	struct gather *gather = context;
	struct arena *arena = &gather->out->arena;
	struct attention_item *item = add(gather, ATTENTION_UNCERTAIN);

	item->title = arena_printf(arena, "%s %s", view->kind, view->subject);
	item->cause = arena_strdup(arena, view->reason);
	item->since_ms = view->at_ms;
	item->action = "Look into spool/dead of the home";
	return true;
}

int attention_read(const struct attention_source *source, struct attention *out, struct err *err)
{
	struct gather gather = {.source = source, .out = out};
	int rc;

	memset(out, 0, sizeof *out);
	arena_init(&out->arena);
	add_daemon(&gather, ATTENTION_NOT_READY, source->not_ready);
	add_daemon(&gather, ATTENTION_WARNING, source->warning);
	rc = add_all_blocked(&gather, err);
	if (rc == 0)
		rc = add_failures(&gather, ATTENTION_FAILED, err);
	if (rc == 0)
		rc = read_dag_error_heads(source->reader, 1, take_error, &gather, err);
	if (rc == 0)
		rc = read_held(source->reader, take_held, &gather, err);
	if (rc == 0)
		rc = read_letters(source->reader, LETTERS_MAX, take_letter, &gather, err);
	if (rc == 0)
		rc = add_failures(&gather, ATTENTION_RECOVERED, err);
	return rc;
}

void attention_close(struct attention *attention)
{
	vec_close(&attention->items);
	arena_close(&attention->arena);
}
