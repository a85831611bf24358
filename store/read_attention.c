/* read_attention.c - what needs somebody, as far as it is on disk; see read_page.h. */
#include "store/read_page.h"

#include "store/reader.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Newest first. A run is one of the last when no success of its dag has a larger number. */
static const char sql_failed[] =
    "SELECT r.dag_id, r.run_id, r.reason, r.ended_at_ms, r.run_no >"
    "  coalesce((SELECT max(run_no) FROM run WHERE dag_id = r.dag_id AND state = 'success'), 0),"
    " EXISTS (SELECT 1 FROM dag WHERE dag_id = r.dag_id), r.run_no"
    " FROM run r WHERE r.state = 'failed' AND r.run_no >= ?1 AND r.created_at_ms >= ?2"
    " ORDER BY r.run_no DESC LIMIT ?3";

static const char sql_first_task[] =
    "SELECT n.task_id, t.reason FROM task_instance t JOIN run r ON r.run_no = t.run_no"
    " JOIN dag_version_task n ON n.version_no = r.version_no AND n.task = t.task"
    " WHERE t.run_no = ?1 AND t.state = ?2 ORDER BY t.task LIMIT 1";

/* The runs of a dag that is held; of all dags, those that none of their own pause holds. */
static const char sql_held[] =
    "SELECT dag_id, at_ms, actor, reason, queued FROM ("
    " SELECT p.dag_id, p.at_ms, p.actor, p.reason, iif(p.dag_id = '',"
    "  (SELECT count(*) FROM run WHERE state = 'queued'"
    "   AND dag_id NOT IN (SELECT dag_id FROM pause)),"
    "  (SELECT count(*) FROM run WHERE dag_id = p.dag_id AND state = 'queued')) AS queued"
    " FROM pause p) WHERE queued > 0 ORDER BY dag_id";

static const char sql_letters[] =
    "SELECT letter_no, at_ms, kind, subject, reason FROM dead_letter ORDER BY letter_no DESC"
    " LIMIT ?1";

static const char sql_error_mark[] = "SELECT count(*), coalesce(sum(since_ms), 0) FROM dag_error";

static const char sql_place[] =
    "SELECT r.dag_id, r.run_id, n.task_id, a.number, a.released_at_ms"
    " FROM attempt a JOIN run r ON r.run_no = a.run_no"
    " JOIN dag_version_task n ON n.version_no = r.version_no AND n.task = a.task"
    " WHERE a.attempt_id = ?1";

/* The failed runs of one dag. */
struct failure {
	const char *dag_id;
	uint32_t order; /* of the dags, by their newest failed run */
	struct failure_view view;
};

struct failures {
	struct arena arena;
	struct failure *list; /* sorted by dag while it is gathered: READ_FAILURES_MAX at most */
	uint32_t count;
	uint32_t seen;
};

/* Where the dag stands in the list, or would. */
static uint32_t find_dag(const struct failures *failures, const char *dag_id, bool *found)
{
	uint32_t low = 0;
	uint32_t high = failures->count;

	*found = false;
	while (low < high && !*found) {
		uint32_t middle = low + (high - low) / 2;
		int order = strcmp(failures->list[middle].dag_id, dag_id);

		*found = order == 0;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return high;
}

static void take_failed(struct failures *failures, sqlite3_stmt *row)
{
	const char *dag_id = db_text(row, 0);
	struct arena *arena = &failures->arena;
	struct failure *failure;
	bool found;
	uint32_t at = find_dag(failures, dag_id, &found);

	failure = &failures->list[at];
	if (found) {
		failure->view.count++;
		return;
	}
	memmove(failure + 1, failure, (failures->count - at) * sizeof *failure);
	dag_id = arena_strdup(arena, dag_id);
	*failure = (struct failure){
	    .dag_id = dag_id,
	    .order = failures->count++,
	    .view = {.run_no = sqlite3_column_int64(row, 6),
		     .dag_id = dag_id,
		     .run_id = arena_strdup(arena, db_text(row, 1)),
		     .reason = arena_strdup(arena, db_text(row, 2)),
		     .ended_at_ms = sqlite3_column_int64(row, 3),
		     .count = 1,
		     .is_last = sqlite3_column_int(row, 4) != 0,
		     .is_in_force = sqlite3_column_int(row, 5) != 0},
	};
}

static int gather(struct store_reader *reader, int64_t since_ms, struct failures *failures,
		  struct err *err)
{
	sqlite3_stmt *row = NULL;
	int64_t first;
	int rc = reader_first_since(reader, since_ms, &first, err);

	if (rc == 0)
		rc = reader_query(reader, sql_failed, &row, err, "iii", first, since_ms,
				  (int64_t)READ_FAILURES_MAX + 1);
	while (rc == 0 && (rc = reader_step(reader, row, err)) == 1) {
		if (failures->seen++ < READ_FAILURES_MAX)
			take_failed(failures, row);
		rc = 0;
	}
	db_reset(row);
	return rc;
}

static int compare_order(const void *a, const void *b)
{
	const struct failure *left = a;
	const struct failure *right = b;

	return (left->order > right->order) - (left->order < right->order);
}

int read_failures(struct store_reader *reader, int64_t since_ms, failure_view_fn each,
		  void *context, bool *more, struct err *err)
{
	struct failures failures = {0};
	bool goes_on = true;
	int rc;

	arena_init(&failures.arena);
	failures.list =
	    arena_alloc(&failures.arena, (READ_FAILURES_MAX + 1) * sizeof *failures.list);
	rc = gather(reader, since_ms, &failures, err);
	qsort(failures.list, failures.count, sizeof *failures.list, compare_order);
	for (uint32_t i = 0; rc == 0 && goes_on && i < failures.count; i++)
		goes_on = each(context, &failures.list[i].view);
	*more = failures.seen > READ_FAILURES_MAX;
	arena_close(&failures.arena);
	return rc;
}

int read_first_task(struct store_reader *reader, int64_t run_no, enum task_state state,
		    struct task_brief *task, struct err *err)
{
	sqlite3_stmt *row;
	const char *reason;
	int rc =
	    reader_query(reader, sql_first_task, &row, err, "it", run_no, task_state_name(state));

	if (rc == 0)
		rc = reader_step(reader, row, err);
	if (rc == 1) {
		reason = db_text(row, 1);
		snprintf(task->task_id, sizeof task->task_id, "%s", db_text(row, 0));
		snprintf(task->reason, sizeof task->reason, "%s", reason == NULL ? "" : reason);
	} else if (rc == 0) {
		rc = err_set(err, ERR_NOT_FOUND, "no task is %s", task_state_name(state));
	}
	db_reset(row);
	return rc == 1 ? 0 : rc;
}

int read_held(struct store_reader *reader, held_view_fn each, void *context, struct err *err)
{
	sqlite3_stmt *row;
	bool more = true;
	int rc = reader_query(reader, sql_held, &row, err, "");

	while (rc == 0 && more && (rc = reader_step(reader, row, err)) == 1) {
		struct held_view view = {.pause = {db_text(row, 0), sqlite3_column_int64(row, 1),
						   db_text(row, 2), db_text(row, 3)},
					 .queued = (uint32_t)sqlite3_column_int64(row, 4)};

		more = each(context, &view);
		rc = 0;
	}
	db_reset(row);
	return rc;
}

int read_dag_error_mark(struct store_reader *reader, struct dag_error_mark *mark, struct err *err)
{
	sqlite3_stmt *row;
	int rc = reader_query(reader, sql_error_mark, &row, err, "");

	*mark = (struct dag_error_mark){.count = 0};
	if (rc == 0)
		rc = reader_step(reader, row, err);
	if (rc == 1) {
		mark->count = sqlite3_column_int64(row, 0);
		mark->since_sum_ms = sqlite3_column_int64(row, 1);
	}
	db_reset(row);
	return rc < 0 ? rc : 0;
}

int read_letters(struct store_reader *reader, uint32_t limit, letter_view_fn each, void *context,
		 struct err *err)
{
	sqlite3_stmt *row;
	bool more = true;
	int rc = reader_query(reader, sql_letters, &row, err, "i", (int64_t)limit);

	while (rc == 0 && more && (rc = reader_step(reader, row, err)) == 1) {
		struct letter_view view = {.letter_no = sqlite3_column_int64(row, 0),
					   .at_ms = sqlite3_column_int64(row, 1),
					   .kind = db_text(row, 2),
					   .subject = db_text(row, 3),
					   .reason = db_text(row, 4)};

		more = each(context, &view);
		rc = 0;
	}
	db_reset(row);
	return rc;
}

int read_attempt_place(struct store_reader *reader, int64_t attempt_id, struct attempt_place *place,
		       struct err *err)
{
	sqlite3_stmt *row;
	int rc = reader_query(reader, sql_place, &row, err, "i", attempt_id);

	if (rc == 0)
		rc = reader_step(reader, row, err);
	if (rc == 1) {
		snprintf(place->dag_id, sizeof place->dag_id, "%s", db_text(row, 0));
		snprintf(place->run_id, sizeof place->run_id, "%s", db_text(row, 1));
		snprintf(place->task_id, sizeof place->task_id, "%s", db_text(row, 2));
		place->number = (uint32_t)sqlite3_column_int64(row, 3);
		place->released_at_ms = sqlite3_column_int64(row, 4);
	} else if (rc == 0) {
		rc = err_set(err, ERR_NOT_FOUND, "no attempt %lld", (long long)attempt_id);
	}
	db_reset(row);
	return rc == 1 ? 0 : rc;
}
