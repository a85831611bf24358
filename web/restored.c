/* restored.c - see restored.h. */
#include "web/restored.h"

#include "store/read_hold.h"

struct writing {
	struct compose *compose;
	bool is_held;
	size_t count;
	bool has_more;
};

static void write_hold(void *context, const struct hold_view *view)
{
	struct writing *writing = context;
	struct compose *compose = writing->compose;

	writing->is_held = true;
	compose_open(compose, '{');
	compose_member_time(compose, "at", view->at_ms);
	compose_member_text(compose, "actor", view->actor);
	compose_member_text(compose, "reason", view->reason);
	compose_member_time(compose, "known_until", view->known_until_ms);
	compose_member_int(compose, "runs_under_way", view->active_runs);
	compose_member_open(compose, "uncertain", '[');
}

static bool write_uncertain(void *context, const struct uncertain_view *view)
{
	struct writing *writing = context;
	struct compose *compose = writing->compose;

	if (writing->count++ == RESTORED_UNCERTAIN_MAX) {
		writing->has_more = true;
		return false;
	}
	compose_open(compose, '{');
	compose_member_text(compose, "run", view->run_id);
	compose_member_text(compose, "dag", view->dag_id);
	compose_member_text(compose, "task", view->task_id);
	compose_member_int(compose, "attempt", view->number);
	compose_member_time(compose, "released_at", view->released_at_ms);
	compose_key(compose, "lost");
	compose_bool(compose, view->is_lost);
	compose_close(compose, '}');
	return true;
}

int restored_write(struct compose *compose, struct store_reader *reader, struct err *err)
{
	struct writing writing = {.compose = compose};
	int rc;

	compose_open(compose, '{');
	compose_key(compose, "restored");
	rc = read_hold(reader, write_hold, &writing, err);
	if (rc == 0 && !writing.is_held)
		compose_text(compose, NULL);
	if (rc == 0 && writing.is_held) {
		rc = read_uncertain(reader, RESTORED_UNCERTAIN_MAX + 1, write_uncertain, &writing,
				    err);
		compose_close(compose, ']');
		compose_key(compose, "more");
		compose_bool(compose, writing.has_more);
		compose_close(compose, '}');
	}
	compose_close(compose, '}');
	return rc;
}
