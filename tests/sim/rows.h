/* rows.h - what is on disk, as a simulation sees it: runs, task instances and attempts as rows,
 * changed by nothing but the changes of committed steps.
 *
 * Every change is held against the rows it meets: it must start from the state that is stored, go
 * along an arrow of model/state.c, and keep the promises of DESIGN.md sections 1 and 2. Aborts
 * through sim_check where one does not. */
#ifndef HEDDLE_TESTS_SIM_ROWS_H
#define HEDDLE_TESTS_SIM_ROWS_H

#include "base/vec.h"
#include "model/change.h"
#include "scheduler/sched.h"

struct task_row {
	enum task_state state;
	uint32_t attempts;
	int64_t attempt_id;
	int64_t released_at_ms;
	int64_t due_wall_ms;
	int64_t due_boot_ms;
	int64_t queued_order; /* number of the change that queued it */
	enum cancel_aim aim;
	uint32_t attempts_before;
	char *outputs; /* NULL = none */
};

struct run_row {
	int64_t run_no;
	char run_id[RUN_ID_SIZE];
	char *key;
	char *source;
	enum run_state state;
	struct dag *dag; /* a reference */
	struct task_row *tasks;
	enum run_state outcome;
	int64_t deadline_wall_ms;
	int64_t deadline_boot_ms;
	char *params; /* NULL = none */
	struct run_period period;
	int64_t start_at_ms; /* 0 = at once */
	bool is_forced;
	bool was_cancelled;     /* somebody asked for it */
	bool end_was_cancelled; /* the tasks of its end were */
	bool timed_out;
	bool by_hand;        /* somebody made a task of it run again, or marked it */
	bool is_pruned;      /* its detail is gone: nothing may happen to it any more */
	int64_t ended_at_ms; /* 0 = not yet */
	bool has_moved;      /* it went on with another version */
	uint32_t revivals;   /* it has ended and gone on so often */
};

struct pause_row {
	char *dag_id; /* NULL = all */
	char *actor;
	char *reason;
	int64_t at_ms;
};

struct attempt_row {
	int64_t run_no;
	uint32_t task;
	uint32_t number;
	int64_t released_at_ms;
	unsigned boot; /* the machine had restarted so often */
	bool ended;
	enum attempt_cause cause;
};

struct rows {
	VEC(struct run_row *) runs;       /* run_no - 1 is the index */
	VEC(struct attempt_row) attempts; /* attempt_id - 1 is the index */
	VEC(struct pause_row) pauses;
	struct sched_clock clock;
	int64_t last_fact_ms;
	int64_t last_late_ms; /* likewise of a late end, which makes a fact only once */
	int64_t change_count;
	uint64_t late_count;
	unsigned boot; /* the machine has restarted so often */
};

void rows_init(struct rows *rows);
void rows_close(struct rows *rows);
void rows_apply(struct rows *rows, const struct change_list *changes);

struct run_row *rows_run(const struct rows *rows, int64_t run_no); /* NULL = no such row */
struct attempt_row *rows_attempt(const struct rows *rows, int64_t attempt_id); /* likewise */
/* The run of a dag with this key, ended ones too, or NULL. */
struct run_row *rows_find_key(const struct rows *rows, const char *dag_id, const char *key);
/* By the states on disk: whether the trigger rule of a task allows it to run. */
bool rows_rule_is_met(const struct run_row *run, uint32_t task);
bool rows_upstreams_are_done(const struct run_row *run, uint32_t task);
size_t rows_active_count(const struct rows *rows);

/* A scheduler that was fed these rows, and awaits sched_restore_end; slots and grace_ms as in
 * struct sched_config. */
struct sched *rows_restore(const struct rows *rows, uint32_t slots, int64_t grace_ms,
			   struct moment now);
/* Feeds a scheduler one run that has ended, for a rerun or a mark. */
void rows_feed(const struct rows *rows, struct sched *sched, int64_t run_no, struct moment now);
/* The machine restarts at a moment: what is due is due by the wall clock from now on, until it is
 * set anew. */
void rows_reboot(struct rows *rows, struct moment now);
/* The home is new: what a first start notes. */
void rows_begin(struct rows *rows, struct moment now);
/* False while something is due that was set before a reboot: each restart then sets its own instant
 * on the boot clock. */
bool rows_dues_are_exact(const struct rows *rows);
int64_t rows_due_boot_ms(int64_t due_wall_ms, int64_t due_boot_ms, struct moment now);

#endif
