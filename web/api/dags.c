/* dags.c - the dags in force, the files that do not check, the pools; see api.h. */
#include "web/api/api.h"

#include "base/arena.h"
#include "base/str.h"
#include "base/vec.h"
#include "web/compose.h"
#include "web/hold.h"
#include "web/tag.h"

#include <microhttpd.h>
#include <stdio.h>

#define NAMES_MAX 10000 /* of dags, looked at for the nearest one */

static void begin(struct call *call, struct compose *compose)
{
	call->answer.status = MHD_HTTP_OK;
	compose_init(compose, &call->answer.body);
}

static void write_pause(struct compose *compose, const struct dag_view *view)
{
	compose_key(compose, "paused");
	compose_bool(compose, view->pause_actor != NULL);
	compose_key(compose, "paused_by");
	if (view->pause_actor == NULL) {
		compose_text(compose, NULL);
		return;
	}
	compose_open(compose, '{');
	compose_member_text(compose, "actor", view->pause_actor);
	compose_member_text(compose, "reason", view->pause_reason);
	compose_member_time(compose, "at", view->pause_at_ms);
	compose_key(compose, "all");
	compose_bool(compose, view->pause_of_all);
	compose_close(compose, '}');
}

static void write_dag_members(struct compose *compose, const struct dag_view *view)
{
	compose_member_text(compose, "id", view->dag_id);
	compose_member_text(compose, "description", view->description);
	compose_member_text(compose, "domain", view->domain);
	compose_member_text(compose, "owner", view->owner);
	compose_key(compose, "tags");
	compose_json(compose, view->tags == NULL ? "[]" : view->tags);
	compose_member_text(compose, "file", view->file);
	compose_member_text(compose, "hash", view->hash);
	compose_member_text(compose, "git_commit", view->git_commit);
	compose_key(compose, "git_dirty");
	if (view->git_dirty < 0)
		compose_text(compose, NULL);
	else
		compose_bool(compose, view->git_dirty != 0);
	compose_member_time(compose, "since", view->since_ms);
	compose_member_int(compose, "tasks", view->task_count);
	write_pause(compose, view);
	compose_key(compose, "last_run");
	if (view->last_run_id == NULL) {
		compose_text(compose, NULL);
	} else {
		compose_open(compose, '{');
		compose_member_text(compose, "id", view->last_run_id);
		compose_member_text(compose, "state", view->last_run_state);
		compose_member_time(compose, "created_at", view->last_run_at_ms);
		compose_close(compose, '}');
	}
}

/* One more than the page holds is asked for: whether it comes tells if there is a next page. */
struct dag_page {
	struct compose compose;
	uint32_t left;
	char last[LIMIT_ID_BYTES + 1];
	bool more;
};

static void write_hold(struct compose *compose, const struct dag_row_view *view)
{
	struct str line = STR_INIT;

	compose_member_text(compose, "hold", hold_line(view, &line) ? str_text(&line) : NULL);
	str_close(&line);
}

static void write_row_members(struct compose *compose, const struct dag_row_view *view)
{
	compose_member_open(compose, "bars", '[');
	for (uint32_t i = 0; i < view->bar_count; i++) {
		compose_open(compose, '{');
		api_write_bar(compose, &view->bars[i]);
		compose_close(compose, '}');
	}
	compose_close(compose, ']');
	compose_key(compose, "usual_ms");
	if (view->usual_ms == 0)
		compose_text(compose, NULL);
	else
		compose_int(compose, view->usual_ms);
	compose_member_int(compose, "running", view->running);
	compose_member_int(compose, "queued", view->queued);
	write_hold(compose, view);
}

static bool write_page_dag(void *context, const struct dag_row_view *view)
{
	struct dag_page *page = context;

	if (page->left == 0) {
		page->more = true;
		return false;
	}
	compose_open(&page->compose, '{');
	write_dag_members(&page->compose, &view->dag);
	write_row_members(&page->compose, view);
	compose_close(&page->compose, '}');
	snprintf(page->last, sizeof page->last, "%s", view->dag.dag_id);
	page->left--;
	return true;
}

/* A first page that is the last one has been counted already. */
static int count_dags(struct store_reader *reader, const struct dag_filter *filter,
		      const struct dag_page *page, int64_t *total, struct err *err)
{
	if (filter->after != NULL || page->more)
		return read_dag_count(reader, filter, total, err);
	*total = (int64_t)filter->limit - 1 - page->left;
	return 0;
}

enum call_outcome api_dags(struct call *call, struct store_reader *reader)
{
	const struct query *query = &call->query;
	struct dag_page page = {.left = query->limit};
	struct dag_filter filter = {.after = query->cursor,
				    .limit = query->limit + 1,
				    .text = query->text,
				    .domain = call->task.attempt_id != 0 ? call->task.domain
									 : query->domain,
				    .owner = query->owner,
				    .tag = query->tag,
				    .state = query->state,
				    .bars = query->bars};
	int64_t total;
	struct err err;

	begin(call, &page.compose);
	compose_open(&page.compose, '{');
	compose_member_open(&page.compose, "items", '[');
	if (read_dag_rows(reader, &filter, write_page_dag, &page, &err) != 0 ||
	    count_dags(reader, &filter, &page, &total, &err) != 0)
		return api_fail(call, &err);
	compose_close(&page.compose, ']');
	api_write_total(&page.compose, total);
	compose_member_text(&page.compose, "next", page.more ? page.last : NULL);
	compose_close(&page.compose, '}');
	return CALL_ANSWERED;
}

static bool write_one_dag(void *context, const struct dag_view *view)
{
	write_dag_members(context, view);
	return true;
}

/* Names of all dags, while the one that is asked for is not among them. */
struct dag_names {
	struct arena arena;
	VEC(const char *) names;
};

static bool take_name(void *context, const struct dag_view *view)
{
	struct dag_names *list = context;

	vec_push(&list->names, arena_strdup(&list->arena, view->dag_id));
	return true;
}

void api_suggest_dag(struct store_reader *reader, const char *dag_id, struct err *err)
{
	struct dag_names list = {0};
	const char *nearest = NULL;
	struct err unread = {0};

	arena_init(&list.arena);
	if (read_dags(reader, NULL, NAMES_MAX, take_name, &list, &unread) == 0) {
		vec_push(&list.names, NULL);
		nearest = str_nearest(dag_id, list.names.items);
	}
	if (nearest != NULL)
		err_set(err, ERR_NOT_FOUND, "there is no dag '%.128s' (did you mean '%s'?)", dag_id,
			nearest);
	vec_close(&list.names);
	arena_close(&list.arena);
}

enum call_outcome api_dag(struct call *call, struct store_reader *reader)
{
	struct compose compose;
	struct err err;
	int rc;

	begin(call, &compose);
	compose_open(&compose, '{');
	rc = read_dag(reader, call->names.dag, write_one_dag, &compose, &err);
	if (rc == ERR_NOT_FOUND)
		api_suggest_dag(reader, call->names.dag, &err);
	if (rc == 0)
		rc = api_write_dag_parts(&compose, reader, call->names.dag, call->query.version,
					 &err);
	compose_close(&compose, '}');
	return rc == 0 ? CALL_ANSWERED : api_fail(call, &err);
}

enum call_outcome api_dag_matches(struct call *call, struct store_reader *reader)
{
	struct answer *answer = &call->answer;
	char tag[TAG_SIZE];

	(void)api_dag(call, reader);
	if (answer->status != MHD_HTTP_OK)
		return CALL_ANSWERED;
	tag_of(&answer->body, tag);
	str_clear(&answer->body);
	answer->status = 0;
	if (!tag_matches(call->if_match, tag))
		answer_problem(answer, MHD_HTTP_PRECONDITION_FAILED,
			       "dag '%.128s' is not what 'If-Match' names any more: look at "
			       "/api/v1/dags/%.128s again, whose ETag is %s by now",
			       call->names.dag, call->names.dag, tag);
	return CALL_ANSWERED;
}

/* Rows that are few and have no number of their own: a cursor says how many came before. */
struct row_page {
	struct compose compose;
	int64_t skip;
	uint32_t left;
	int64_t at; /* rows seen */
	bool more;
};

/* Whether the next row is to be written; *goes_on whether rows after it are wanted. */
static bool takes_row(struct row_page *page, bool *goes_on)
{
	bool wanted = page->at >= page->skip && page->left > 0;

	page->more = page->at >= page->skip && !wanted;
	*goes_on = !page->more;
	page->at += !page->more;
	page->left -= wanted;
	return wanted;
}

static bool write_error(void *context, const struct dag_error_view *view)
{
	struct row_page *page = context;
	struct compose *compose = &page->compose;
	bool goes_on;

	if (!takes_row(page, &goes_on))
		return goes_on;
	compose_open(compose, '{');
	compose_member_text(compose, "file", view->file);
	compose_member_int(compose, "line", view->line);
	compose_member_int(compose, "column", view->column);
	compose_member_text(compose, "message", view->message);
	compose_member_time(compose, "since", view->since_ms);
	compose_close(compose, '}');
	return goes_on;
}

static bool write_pool(void *context, const struct pool_view *view)
{
	struct row_page *page = context;
	struct compose *compose = &page->compose;
	bool goes_on;

	if (!takes_row(page, &goes_on))
		return goes_on;
	compose_open(compose, '{');
	compose_member_text(compose, "dag", view->dag_id);
	compose_member_text(compose, "name", view->name);
	compose_member_int(compose, "slots", view->slots);
	compose_member_int(compose, "used", view->used);
	compose_member_int(compose, "queued", view->queued);
	compose_member_text(compose, "domain", view->domain);
	compose_close(compose, '}');
	return goes_on;
}

static void begin_rows(struct call *call, struct row_page *page)
{
	*page = (struct row_page){.skip = api_cursor_number(call), .left = api_limit_or_all(call)};
	begin(call, &page->compose);
	compose_open(&page->compose, '{');
	compose_member_open(&page->compose, "items", '[');
}

static enum call_outcome end_rows(struct call *call, struct row_page *page, int rc,
				  const struct err *err)
{
	if (rc != 0)
		return api_fail(call, err);
	api_write_next(&page->compose, page->more, page->at);
	return CALL_ANSWERED;
}

enum call_outcome api_errors(struct call *call, struct store_reader *reader)
{
	struct row_page page;
	struct err err;
	int rc;

	begin_rows(call, &page);
	rc = read_dag_errors(reader, write_error, &page, &err);
	return end_rows(call, &page, rc, &err);
}

enum call_outcome api_pools(struct call *call, struct store_reader *reader)
{
	struct row_page page;
	struct err err;
	int rc;

	begin_rows(call, &page);
	rc = read_pools(reader, write_pool, &page, &err);
	return end_rows(call, &page, rc, &err);
}
