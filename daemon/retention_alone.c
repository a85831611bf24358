/* retention_alone.c - see retention_alone.h. */
#include "daemon/retention_alone.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/sys.h"
#include "daemon/home.h"
#include "daemon/retention_report.h"

#include <stdio.h>

/* Nothing is under way that the database does not know of: what has ended there may go. */
static int prune_due(struct store *store, struct retention_round *round, struct err *err)
{
	struct store_batch *batch = store_batch_create(NULL);
	enum store_failure failure;
	int rc;

	for (size_t i = 0; i < round->due_count; i++) {
		struct change *change = change_list_add(&batch->changes, CHANGE_RUN_PRUNE);

		change->run_no = round->due[i].run_no;
		change->at_ms = round->now_ms;
		change->why =
		    arena_printf(&batch->changes.arena, "retention %s", round->walk.retention);
		change->run_prune.ended_at_ms = round->due[i].ended_at_ms;
	}
	round->due_count = 0;
	rc = store_apply(store, batch, &failure, err);
	store_batch_destroy(batch);
	return rc;
}

static int make_round(struct retention_round *round, struct err *err)
{
	int rc = 0;

	while (rc == 0 && !round_is_over(round)) {
		rc = round_step(round, err);
		if (rc == 0 && round->due_count > 0)
			rc = prune_due(round->store, round, err);
	}
	return rc;
}

int retention_alone(const struct home *home, struct round_wish wish, char **json, struct err *err)
{
	struct retention_round *round;
	struct round_told told = {.is_dry = wish.is_dry};
	struct store *store;
	int rc;

	sys_fault_role("gc");
	*json = NULL;
	rc = store_open(home->db_path, &store, err);
	if (rc != 0)
		return rc;
	round = mem_alloc(sizeof *round);
	round_init(round, home, store, wish);
	told.began_at_ms = round->now_ms;
	if (make_round(round, err) != 0)
		snprintf(told.error, sizeof told.error, "%s", err->message);
	told.ended_at_ms = clock_now().wall_ms;
	told.report = round->report;
	round_close(round);
	mem_free(round);
	store_close(store);
	*json = round_report_json(&told, NULL);
	return 0;
}
