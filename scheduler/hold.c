/* hold.c - what keeps something from being started; see hold.h. */
#include "scheduler/hold.h"

#include "scheduler/due.h"
#include "scheduler/emit.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

#define HOLD_OPEN_END INT64_MAX /* it stands until somebody ends it */

static const struct {
	const char *name;
	bool holds_all; /* else only what starts at an instant of the wall clock */
	const char *over;
} kinds[HOLD_KIND_COUNT] = {
    [HOLD_DRAIN] = {"drain", true, NULL},
    [HOLD_SPACE] = {"space", true, NULL},
    [HOLD_CLOCK_BEHIND] = {"clock_behind", true, "the clock has passed the last fact"},
    [HOLD_RESTORED] = {"restored", true, NULL},
    [HOLD_CLOCK_JUMP] = {"clock_jump", false, NULL},
};

const char *hold_kind_name(enum hold_kind kind)
{
	return kinds[kind].name;
}

void hold_close(struct sched *sched)
{
	for (size_t i = 0; i < HOLD_KIND_COUNT; i++)
		mem_free(sched->hold_whys[i]);
}

/* --- whether one stands --------------------------------------------------------------------------
 */

static bool stands(const struct sched *sched, enum hold_kind kind)
{
	if (kind == HOLD_CLOCK_BEHIND)
		return sched->clock.behind_until_ms != 0;
	if (kind == HOLD_CLOCK_JUMP)
		return sched->clock.jump_until_boot_ms != 0;
	return sched->hold_whys[kind] != NULL;
}

enum hold_kind hold_first(const struct sched *sched, bool timed)
{
	for (enum hold_kind kind = 0; kind < HOLD_KIND_COUNT; kind++)
		if (stands(sched, kind) && (timed || kinds[kind].holds_all))
			return kind;
	return HOLD_KIND_COUNT;
}

static const char *jump_text(const struct sched *sched, struct arena *arena)
{
	int64_t by_ms = sched->clock.jump_by_ms;
	char until[CLOCK_TEXT_SIZE];
	uint64_t seconds = (uint64_t)(by_ms < 0 ? -by_ms : by_ms) / 1000;

	clock_format_utc(sched->clock.jump_until_boot_ms + sched->wall_ahead_ms, until);
	return arena_printf(arena,
			    "the wall clock was set %s by %" PRIu64 "h %02" PRIu64 "m %02" PRIu64
			    "s: what starts at an instant waits until %.8s UTC",
			    by_ms < 0 ? "back" : "forward", seconds / 3600, seconds / 60 % 60,
			    seconds % 60, until + 11);
}

static const char *behind_text(const struct sched *sched, struct arena *arena)
{
	char until[CLOCK_TEXT_SIZE];

	clock_format_utc(sched->clock.behind_until_ms, until);
	return arena_printf(
	    arena,
	    "the clock stands before the last fact of this home (%.19sZ): nothing is "
	    "started until it has passed it; set the clock, or take it as right with "
	    "'heddle resume --all'",
	    until);
}

const char *hold_text(const struct sched *sched, enum hold_kind kind, struct arena *arena)
{
	if (!stands(sched, kind))
		return NULL;
	if (kind == HOLD_CLOCK_JUMP)
		return jump_text(sched, arena);
	if (kind == HOLD_CLOCK_BEHIND)
		return behind_text(sched, arena);
	return arena_strdup(arena, sched->hold_whys[kind]);
}

size_t sched_holds(const struct sched *sched, struct arena *arena,
		   struct hold holds[HOLD_KIND_COUNT])
{
	size_t count = 0;

	for (enum hold_kind kind = 0; kind < HOLD_KIND_COUNT; kind++)
		if (stands(sched, kind))
			holds[count++] = (struct hold){.kind = kind,
						       .holds_all = kinds[kind].holds_all,
						       .why = hold_text(sched, kind, arena)};
	return count;
}

bool sched_is_held(const struct sched *sched, enum hold_kind kind)
{
	return stands(sched, kind);
}

bool sched_hold(struct sched *sched, enum hold_kind kind, const char *why)
{
	char *old = sched->hold_whys[kind];
	bool is_same = old == NULL || why == NULL ? old == why : strcmp(old, why) == 0;

	assert(kind == HOLD_DRAIN || kind == HOLD_SPACE || kind == HOLD_RESTORED);
	sched->hold_whys[kind] = mem_strdup(why);
	mem_free(old);
	return !is_same;
}

/* --- the clocks ----------------------------------------------------------------------------------
 */

static void emit_clock(struct step *step, enum hold_kind kind, bool is_on, const char *actor,
		       const char *why)
{
	struct change *change = emit_change(step, CHANGE_CLOCK, NULL, actor, why);

	change->clock.hold = kinds[kind].name;
	change->clock.is_on = is_on;
	change->clock.row = step->sched->clock;
}

static bool has_jumped(const struct sched *sched, struct moment now)
{
	int64_t by_ms;

	if (!sched->clock.is_known)
		return false;
	by_ms = now.wall_ms - now.boot_ms - sched->clock.ahead_ms;
	return by_ms > HOLD_JUMP_MS || by_ms < -HOLD_JUMP_MS;
}

bool sched_clock_has_jumped(const struct sched *sched, struct moment now)
{
	return has_jumped(sched, now);
}

static void note_jump(struct step *step)
{
	struct sched_clock *clock = &step->sched->clock;
	int64_t ahead_ms = step->now.wall_ms - step->now.boot_ms;

	clock->jump_by_ms = ahead_ms - clock->ahead_ms;
	clock->ahead_ms = ahead_ms;
	clock->jump_until_boot_ms = step->now.boot_ms + HOLD_JUMP_WAIT_MS;
	emit_clock(step, HOLD_CLOCK_JUMP, true, NULL,
		   jump_text(step->sched, &step->output->changes.arena));
}

static void end_behind(struct step *step, const char *actor, const char *why)
{
	step->sched->clock.behind_until_ms = 0;
	emit_clock(step, HOLD_CLOCK_BEHIND, false, actor, why);
}

/* The minute of a jump ends by the boot clock alone: nothing has to be written then. */
static void end_what_is_over(struct step *step)
{
	struct sched_clock *clock = &step->sched->clock;

	if (clock->jump_until_boot_ms != 0 && clock->jump_until_boot_ms <= step->now.boot_ms)
		clock->jump_until_boot_ms = clock->jump_by_ms = 0;
	if (clock->behind_until_ms != 0 && clock->behind_until_ms <= step->now.wall_ms)
		end_behind(step, NULL, kinds[HOLD_CLOCK_BEHIND].over);
}

void hold_look(struct step *step)
{
	struct sched *sched = step->sched;
	bool is_held;

	sched->wall_ahead_ms = step->now.wall_ms - step->now.boot_ms;
	if (has_jumped(sched, step->now))
		note_jump(step);
	if (!sched->clock.is_known) {
		sched->clock.is_known = true;
		sched->clock.ahead_ms = sched->wall_ahead_ms;
	}
	end_what_is_over(step);
	is_held = hold_first(sched, false) != HOLD_KIND_COUNT;
	if (sched->was_held && !is_held)
		due_start_anew(step, NULL);
	sched->was_held = is_held;
}

void hold_begin(struct step *step)
{
	struct sched_clock *clock = &step->sched->clock;

	hold_look(step);
	if (clock->behind_until_ms != 0 || step->now.wall_ms >= step->sched->last_fact_ms)
		return;
	clock->behind_until_ms = step->sched->last_fact_ms;
	emit_clock(step, HOLD_CLOCK_BEHIND, true, NULL,
		   behind_text(step->sched, &step->output->changes.arena));
}

void sched_restore_clock(struct sched *sched, const struct sched_clock *row, int64_t last_fact_ms)
{
	sched->clock = *row;
	sched->last_fact_ms = last_fact_ms;
}

/* --- by hand -------------------------------------------------------------------------------------
 */

bool hold_release(struct step *step, const char *actor, const char *reason)
{
	struct sched *sched = step->sched;
	bool any = false;

	if (stands(sched, HOLD_CLOCK_BEHIND)) {
		end_behind(step, actor, reason);
		any = true;
	}
	if (stands(sched, HOLD_RESTORED)) {
		struct change *change = emit_change(step, CHANGE_HOLD, NULL, actor, reason);

		change->hold.name = kinds[HOLD_RESTORED].name;
		sched_hold(sched, HOLD_RESTORED, NULL);
		any = true;
	}
	return any;
}

int64_t hold_next_boot_ms(const struct sched *sched)
{
	int64_t jump_ms =
	    sched->clock.jump_until_boot_ms == 0 ? HOLD_OPEN_END : sched->clock.jump_until_boot_ms;
	int64_t behind_ms = sched->clock.behind_until_ms == 0
				? HOLD_OPEN_END
				: sched->clock.behind_until_ms - sched->wall_ahead_ms;

	return jump_ms < behind_ms ? jump_ms : behind_ms;
}
