/* held.c - see held.h. */
#include "daemon/held.h"

#include "base/log.h"
#include "store/read_hold.h"

#include <stdio.h>

#define WHY_SIZE 256

static void take_hold(void *context, const struct hold_view *view)
{
	struct dispatch *dispatch = context;
	char until[CLOCK_TEXT_SIZE];
	char why[WHY_SIZE];

	snprintf(why, sizeof why,
		 "the home was restored from a backup that knows nothing after %s; 'heddle doctor' "
		 "lists what is uncertain, 'heddle resume --all' lets it go on",
		 view->known_until_ms == 0 ? "its making"
					   : clock_format_utc(view->known_until_ms, until));
	(void)dispatch_hold(dispatch, HOLD_RESTORED, why);
	log_warn("home is held: restored from a backup", "known_until=%s runs_under_way=%lld",
		 view->known_until_ms == 0 ? "never" : until, (long long)view->active_runs);
}

int held_take_up(struct dispatch *dispatch, struct err *err)
{
	return read_hold(dispatch->reader, take_hold, dispatch, err);
}
