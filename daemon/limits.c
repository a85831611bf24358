/* limits.c - see limits.h. */
#include "daemon/limits.h"

#include "base/log.h"
#include "base/mem.h"
#include "base/vec.h"
#include "daemon/dispatch_core.h"

#include <string.h>

/* Ids of dags whose limits are not those in force. */
struct outdated {
	struct dispatch *dispatch;
	VEC(char *) ids;
};

static void note_outdated(void *context, const char *dag_id, const char *hash)
{
	struct outdated *outdated = context;
	const struct folder_dag *found = force_find(outdated->dispatch->force, dag_id);

	/* Of a dag that is gone from the folder the last limits hold on. */
	if (found != NULL && strcmp(found->hash, hash) != 0)
		vec_push(&outdated->ids, mem_strdup(dag_id));
}

static void find_outdated(struct outdated *outdated)
{
	sched_each_dag(outdated->dispatch->sched, note_outdated, outdated);
}

static void close_outdated(struct outdated *outdated)
{
	for (size_t i = 0; i < outdated->ids.count; i++)
		mem_free(outdated->ids.items[i]);
	vec_close(&outdated->ids);
}

/* What the store has settled for the folder in force. True when something may start by it. */
static bool put_pools(struct dispatch *dispatch)
{
	struct pool_sizes sizes = {{0}};
	struct arena arena;
	struct err err;
	bool any = false;

	arena_init(&arena);
	if (read_pool_sizes(dispatch->reader, &arena, &sizes, &err) != 0)
		log_warn("sizes of pools not read", "err=\"%s\"", err.message);
	else
		any = sched_put_pools(dispatch->sched, sizes.list.items, sizes.list.count);
	vec_close(&sizes.list);
	arena_close(&arena);
	return any;
}

void limits_restore(struct dispatch *dispatch)
{
	struct outdated outdated = {.dispatch = dispatch};
	struct err err;

	(void)put_pools(dispatch);
	find_outdated(&outdated);
	for (size_t i = 0; i < outdated.ids.count; i++) {
		const char *id = outdated.ids.items[i];
		struct dag *dag =
		    force_load(dispatch->force, force_find(dispatch->force, id), &err);

		if (dag == NULL)
			log_warn("limits in force not known", "dag=%s err=\"%s\"", id, err.message);
		else
			sched_put_dag(dispatch->sched, dag);
		dag_unref(dag);
	}
	close_outdated(&outdated);
}

/* --- while it runs -------------------------------------------------------------------------------
 */

struct follower {
	struct dispatch *dispatch;
	char *dag_id;
};

static void let_start(struct dispatch *dispatch)
{
	struct input input = {.kind = INPUT_TIME, .actor = "scheduler"};

	if (!dispatch->stopping && !dispatch->failing)
		dispatch_step(dispatch, &input);
}

/* By now the folder may have changed again: then the newer version is fetched, too. */
static void fetched(void *context, const struct err *err)
{
	struct follower *follower = context;
	struct dispatch *dispatch = follower->dispatch;
	const struct folder_dag *found = NULL;
	struct dag *dag = NULL;

	if (!dispatch->stopping)
		found = force_find(dispatch->force, follower->dag_id);
	if (found != NULL)
		dag = force_dag(dispatch->force, found);
	if (dag != NULL) {
		sched_put_dag(dispatch->sched, dag);
		let_start(dispatch);
	} else if (err->code != 0 && !dispatch->stopping) {
		log_warn("limits in force not known", "dag=%s err=\"%s\"", follower->dag_id,
			 err->message);
	}
	mem_free(follower->dag_id);
	mem_free(follower);
}

static void fetch(struct dispatch *dispatch, const struct folder_dag *found)
{
	struct follower *follower = mem_alloc(sizeof *follower);

	follower->dispatch = dispatch;
	follower->dag_id = mem_strdup(found->id);
	force_fetch(dispatch->force, found, fetched, follower);
}

static bool follow_limits(struct dispatch *dispatch)
{
	struct outdated outdated = {.dispatch = dispatch};
	bool any = false;

	find_outdated(&outdated);
	for (size_t i = 0; i < outdated.ids.count; i++) {
		const struct folder_dag *found = force_find(dispatch->force, outdated.ids.items[i]);
		struct dag *dag = force_dag(dispatch->force, found);

		if (dag == NULL) {
			fetch(dispatch, found);
			continue;
		}
		sched_put_dag(dispatch->sched, dag);
		any = true;
	}
	close_outdated(&outdated);
	return any;
}

struct newcomers {
	struct dispatch *dispatch;
	const struct folder *former;
};

/* A dag that has just come may have been written down as paused with it. */
static bool take_pause(void *context, const struct pause_view *view)
{
	const struct newcomers *newcomers = context;
	struct dispatch *dispatch = newcomers->dispatch;

	if (view->dag_id[0] != '\0' && folder_find(newcomers->former, view->dag_id) == NULL &&
	    force_find(dispatch->force, view->dag_id) != NULL &&
	    !sched_is_paused_alone(dispatch->sched, view->dag_id))
		sched_restore_pause(dispatch->sched, view->dag_id, view->actor, view->reason,
				    view->at_ms);
	return true;
}

void limits_follow(struct dispatch *dispatch, const struct folder *former)
{
	struct newcomers newcomers = {dispatch, former};
	struct err err;
	bool any;

	if (dispatch->stopping)
		return;
	if (read_pauses(dispatch->reader, take_pause, &newcomers, &err) != 0)
		log_warn("pauses not read", "err=\"%s\"", err.message);
	any = put_pools(dispatch);
	any |= follow_limits(dispatch);
	if (any)
		let_start(dispatch);
}
