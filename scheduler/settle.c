/* settle.c - the second half of every step; see settle.h.
 *
 * The order matters. Runs end only when nobody is left to be told, because the list of who is to be
 * told points into them; slots are given last, because a run that ends may change the limits. */
#include "scheduler/settle.h"

#include "scheduler/instance.h"
#include "scheduler/run.h"

void settle(struct step *step)
{
	struct instance *instance;

	instance_tell_downstream(step);
	run_end_all_over(step);
	while (step->sched->hold_why == NULL &&
	       (instance = queue_next(&step->sched->queue)) != NULL)
		instance_start(step, instance);
}
