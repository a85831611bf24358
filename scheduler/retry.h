/* retry.h - whether a task that failed is tried again, and when. */
#ifndef HEDDLE_SCHEDULER_RETRY_H
#define HEDDLE_SCHEDULER_RETRY_H

#include "scheduler/instance.h"

/* move says "failed", with its cause as why. Turns it into "up_for_retry" when the task has tries
 * left and its retry_on, its fail_on and the cause allow it, and adds to why which try it was and
 * what follows. */
void retry_judge(struct step *step, const struct instance *instance, const struct attempt_end *end,
		 const struct end_findings *findings, struct move *move);

/* How long after the try-th try (from 1) the next one comes: retry_delay, times retry_backoff for
 * each try before, at most retry_max_delay; chance, from -1 to 1, shifts it by retry_jitter. */
int64_t retry_delay_ms(const struct task *task, uint32_t try, double chance);

#endif
