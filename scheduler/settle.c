/* settle.c - the second half of every step; see settle.h.
 *
 * The order matters. Runs end only when nobody is left to be told, because the list of who is to be
 * told points into them; a run that ends lets the next one of its dag start; slots are given last,
 * because a run that ends may change the limits. */
#include "scheduler/settle.h"

#include "scheduler/hold.h"
#include "scheduler/instance.h"
#include "scheduler/run.h"
#include "scheduler/run_end.h"
#include "scheduler/tell.h"

static bool start_next_run(struct step *step)
{
	struct run *run = queue_next_run(&step->sched->queue);

	if (run != NULL)
		run_start(step, run);
	return run != NULL;
}

void settle_runs(struct step *step)
{
	do
		tell_all(step);
	while (run_end_next(step) || start_next_run(step));
}

void settle(struct step *step)
{
	struct instance *instance;

	settle_runs(step);
	if (hold_first(step->sched, false) != HOLD_KIND_COUNT)
		return;
	while ((instance = queue_next(&step->sched->queue)) != NULL)
		instance_start(step, instance);
}
