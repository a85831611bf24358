/* retry.c - whether a task that failed is tried again; see retry.h.
 *
 * What is left to chance follows from the home's seed, the run, the task and the try: the same
 * inputs yield the same delays, so that a run can be replayed, and tasks that failed together come
 * back apart. */
#include "scheduler/retry.h"

#include "scheduler/emit.h"

/* splitmix64's finish (Steele, Lea and Flood 2014): each bit of the input moves about half of those
 * of the output. */
static uint64_t mix(uint64_t z)
{
	z += 0x9e3779b97f4a7c15u;
	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

/* -1 to 1. */
static double chance_of(const struct sched *sched, const struct instance *instance)
{
	uint64_t drawn = mix(sched->config.seed);

	drawn = mix(drawn ^ (uint64_t)instance->run->run_no);
	drawn = mix(drawn ^ instance_position(instance));
	drawn = mix(drawn ^ instance->attempts);
	return (double)(drawn >> 11) / 0x1p52 - 1;
}

int64_t retry_delay_ms(const struct task *task, uint32_t try, double chance)
{
	const struct task_policy *policy = task->policy;
	double most_ms = (double)policy->retry_max_delay_ms;
	double delay_ms = (double)task->retry_delay_ms;

	while (--try > 0 && policy->retry_backoff > 1 && delay_ms > 0 && delay_ms < most_ms)
		delay_ms *= policy->retry_backoff;
	if (delay_ms > most_ms)
		delay_ms = most_ms;
	delay_ms *= 1 + policy->retry_jitter * chance;
	return (int64_t)(delay_ms > most_ms ? most_ms : delay_ms);
}

static bool lists(const struct end_filter *filter, const struct attempt_end *end)
{
	for (uint32_t i = 0; end->cause == CAUSE_EXIT_CODE && i < filter->exit_code_count; i++)
		if (filter->exit_codes[i] == end->exit_code)
			return true;
	return false;
}

/* Why the task is not tried again whatever it has left; NULL = it may be. */
static const char *why_not(const struct task_policy *policy, const struct attempt_end *end,
			   const struct end_findings *findings)
{
	if (policy->fail_on.is_given && (findings->fail_match || lists(&policy->fail_on, end)))
		return "not tried again (fail_on)";
	if (!attempt_cause_is_retried(end->cause))
		return "not tried again";
	if (policy->retry_on.is_given && end->cause == CAUSE_EXIT_CODE && !findings->retry_match &&
	    !lists(&policy->retry_on, end))
		return "not tried again (not in retry_on)";
	return NULL;
}

/* For people: chance makes odd numbers, of which they want to know the seconds at most. */
static int64_t rounded(int64_t delay_ms)
{
	return delay_ms < 10000 ? delay_ms : (delay_ms + 500) / 1000 * 1000;
}

static void try_again(struct step *step, const struct instance *instance, struct move *move)
{
	const struct task *task = instance_task(instance);

	move->to = TASK_UP_FOR_RETRY;
	move->delay_ms =
	    retry_delay_ms(task, instance_tries(instance), chance_of(step->sched, instance));
	move->why = emit_text(step, "%s; next try in %s", move->why,
			      emit_duration(step, rounded(move->delay_ms)));
}

void retry_judge(struct step *step, const struct instance *instance, const struct attempt_end *end,
		 const struct end_findings *findings, struct move *move)
{
	const struct task *task = instance_task(instance);
	const char *not = why_not(task->policy, end, findings);
	uint32_t tries = instance_tries(instance);

	if (task->retries > 0)
		move->why =
		    emit_text(step, "%s, try %u of %u", move->why, tries, task->retries + 1);
	if (tries > task->retries)
		return;
	if (not == NULL)
		try_again(step, instance, move);
	else
		move->why = emit_text(step, "%s; %s", move->why, not );
}
