/* fake.c - an executor on a virtual clock; see fake.h. */
#include "tests/sim/fake.h"

#include "tests/sim/fail.h"

#include <inttypes.h>

void fake_close(struct fake *fake)
{
	for (size_t i = 0; i < fake->attempts.count; i++)
		dag_unref(fake->attempts.items[i].dag);
	vec_close(&fake->attempts);
	vec_close(&fake->living);
}

struct fake_attempt *fake_attempt(struct fake *fake, int64_t attempt_id)
{
	sim_check(attempt_id >= 1, "attempt %" PRId64, attempt_id);
	while (fake->attempts.count < (size_t)attempt_id)
		vec_push(&fake->attempts, (struct fake_attempt){0});
	return &fake->attempts.items[attempt_id - 1];
}

static void finish(struct fake_attempt *attempt, int64_t attempt_id, enum attempt_cause cause,
		   struct moment now)
{
	attempt->claimed = true;
	attempt->lives = false;
	attempt->record = true;
	attempt->ends_at_boot_ms = now.boot_ms;
	attempt->end.attempt_id = attempt_id;
	attempt->end.cause = cause;
	attempt->end.ended_at_ms = now.wall_ms;
	if (cause == CAUSE_EXIT_CODE)
		attempt->end.exit_code = attempt->plan.exit_code;
	if (cause == CAUSE_SKIPPED)
		attempt->end.exit_code = 99;
	if (cause == CAUSE_SIGNAL)
		attempt->end.signal = 9;
}

bool fake_launch(struct fake *fake, const struct effect *launch, struct moment now)
{
	struct fake_attempt *attempt = fake_attempt(fake, launch->attempt_id);

	if (attempt->claimed)
		return false;
	attempt->plan = fake->plan(fake->context, launch);
	attempt->claimed = true;
	attempt->lives = true;
	attempt->run_no = launch->run_no;
	attempt->task = launch->task;
	attempt->number = launch->number;
	attempt->dag = dag_ref(launch->dag);
	attempt->end.started_at_ms = now.wall_ms;
	attempt->ends_at_boot_ms = now.boot_ms + attempt->plan.duration_ms;
	attempt->boot = fake->boot;
	vec_push(&fake->living, launch->attempt_id);
	return true;
}

static void forget_living(struct fake *fake, int64_t attempt_id)
{
	size_t i = 0;

	while (fake->living.items[i] != attempt_id)
		i++;
	fake->living.items[i] = fake->living.items[--fake->living.count];
}

void fake_cancel(struct fake *fake, int64_t attempt_id, struct moment now)
{
	struct fake_attempt *attempt = fake_attempt(fake, attempt_id);

	attempt->asked = true;
	if (!attempt->claimed) {
		finish(attempt, attempt_id, CAUSE_CANCELLED, now);
	} else if (attempt->lives && attempt->plan.term_ms >= 0 &&
		   attempt->ends_at_boot_ms > now.boot_ms + attempt->plan.term_ms) {
		attempt->plan.cause = CAUSE_CANCELLED;
		attempt->ends_at_boot_ms = now.boot_ms + attempt->plan.term_ms;
	} else if (attempt->lives && attempt->plan.term_ms < 0 && attempt->plan.hangs) {
		attempt->ends_at_boot_ms = INT64_MAX;
	}
}

void fake_kill(struct fake *fake, int64_t attempt_id, struct moment now)
{
	struct fake_attempt *attempt = fake_attempt(fake, attempt_id);

	if (!attempt->lives)
		return;
	if (attempt->plan.deaf_kills > 0) {
		attempt->plan.deaf_kills--;
		return;
	}
	attempt->plan.cause = CAUSE_CANCELLED;
	attempt->ends_at_boot_ms = now.boot_ms;
}

void fake_forget(struct fake *fake, int64_t attempt_id)
{
	struct fake_attempt *attempt = fake_attempt(fake, attempt_id);

	sim_check(!attempt->lives, "attempt %" PRId64 " is forgotten alive", attempt_id);
	attempt->record = false;
}

void fake_run(struct fake *fake, struct moment now)
{
	for (size_t i = 0; i < fake->living.count;) {
		int64_t attempt_id = fake->living.items[i];
		struct fake_attempt *attempt = fake_attempt(fake, attempt_id);

		if (attempt->ends_at_boot_ms > now.boot_ms) {
			i++;
			continue;
		}
		forget_living(fake, attempt_id);
		finish(attempt, attempt_id, attempt->plan.cause, now);
	}
}

int64_t fake_next_end_boot_ms(const struct fake *fake)
{
	int64_t next = INT64_MAX;

	for (size_t i = 0; i < fake->living.count; i++) {
		int64_t end = fake->attempts.items[fake->living.items[i] - 1].ends_at_boot_ms;

		next = end < next ? end : next;
	}
	return next;
}

const struct attempt_end *fake_take_record(struct fake *fake)
{
	for (size_t i = 0; i < fake->attempts.count; i++) {
		struct fake_attempt *attempt = &fake->attempts.items[i];

		if (attempt->record && !attempt->told) {
			attempt->told = true;
			return &attempt->end;
		}
	}
	return NULL;
}

void fake_tell_again(struct fake *fake)
{
	for (size_t i = 0; i < fake->attempts.count; i++)
		fake->attempts.items[i].told = false;
}

void fake_end(struct fake *fake, const struct attempt_end *end)
{
	struct fake_attempt *attempt = fake_attempt(fake, end->attempt_id);

	if (!attempt->lives)
		return;
	forget_living(fake, end->attempt_id);
	attempt->lives = false;
	attempt->record = true;
	attempt->told = true;
	attempt->end = *end;
}

void fake_lose(struct fake *fake, int64_t attempt_id, struct moment now)
{
	struct fake_attempt *attempt = fake_attempt(fake, attempt_id);

	if (attempt->lives)
		forget_living(fake, attempt_id);
	finish(attempt, attempt_id, CAUSE_LOST, now);
}

void fake_reboot(struct fake *fake)
{
	for (size_t i = 0; i < fake->living.count; i++)
		fake_attempt(fake, fake->living.items[i])->lives = false;
	vec_clear(&fake->living);
	fake->boot++;
}
