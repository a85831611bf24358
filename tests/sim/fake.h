/* fake.h - an executor on a virtual clock, which keeps the truth about attempts.
 *
 * It behaves as executor/process does: launching twice starts once, a cancel before the launch
 * makes the launch impossible, attempts go on while no daemon lives, and a record stays until it is
 * forgotten. Ids of attempts are small numbers that count up. */
#ifndef HEDDLE_TESTS_SIM_FAKE_H
#define HEDDLE_TESTS_SIM_FAKE_H

#include "base/vec.h"
#include "scheduler/sched.h"

/* What an attempt does once it runs. */
struct fake_plan {
	enum attempt_cause cause;
	int32_t exit_code;
	int64_t duration_ms;
	int64_t term_ms;     /* it ends so long after TERM; -1 = it ignores TERM */
	bool hangs;          /* after a TERM that it ignores it never ends by itself */
	uint32_t deaf_kills; /* so many KILLs do nothing */
};

struct fake_attempt {
	bool claimed; /* it was launched, or made impossible */
	bool lives;
	bool asked;  /* to end */
	bool record; /* its end is in the spool */
	bool told;   /* the daemon that lives now was told of its end */
	int64_t run_no;
	uint32_t task;
	uint32_t number;
	struct dag *dag;         /* a reference; NULL = it never lived */
	int64_t ends_at_boot_ms; /* INT64_MAX = never */
	unsigned boot;           /* the machine had restarted so often */
	struct fake_plan plan;
	struct attempt_end end;
};

struct fake {
	/* Decides about an attempt that starts now. */
	struct fake_plan (*plan)(void *context, const struct effect *launch);
	void *context;
	VEC(struct fake_attempt) attempts; /* by id - 1 */
	VEC(int64_t) living;               /* ids */
	unsigned boot;                     /* the machine has restarted so often */
};

void fake_close(struct fake *fake);
struct fake_attempt *fake_attempt(struct fake *fake, int64_t attempt_id);

/* Returns true when this call started it. */
bool fake_launch(struct fake *fake, const struct effect *launch, struct moment now);
void fake_cancel(struct fake *fake, int64_t attempt_id, struct moment now);
void fake_kill(struct fake *fake, int64_t attempt_id, struct moment now);
void fake_forget(struct fake *fake, int64_t attempt_id);

/* Lets attempts end whose time has come. */
void fake_run(struct fake *fake, struct moment now);
int64_t fake_next_end_boot_ms(const struct fake *fake); /* INT64_MAX = nothing runs */
/* The end of an attempt of which the daemon was not told; marks it as told. NULL = none. */
const struct attempt_end *fake_take_record(struct fake *fake);
/* A new daemon reads the spool. */
void fake_tell_again(struct fake *fake);
/* The machine restarts: what ran is gone without a record. */
void fake_reboot(struct fake *fake);
/* An attempt that lives ends now, like this; its end counts as told. */
void fake_end(struct fake *fake, const struct attempt_end *end);
/* Nobody will ever write the record of an attempt: it is taken for lost. */
void fake_lose(struct fake *fake, int64_t attempt_id, struct moment now);

#endif
