/* story.h - the scheduler on a virtual clock with a fake executor and a disk that never fails: what
 * happened is told as text, one line a change.
 *
 *	struct story *story = story_start(&(struct story_config){0});
 *	story_plan(story, "extract", "fail success:10s");
 *	story_trigger(story, dag, "monday");
 *	story_go_on(story);
 *	assert_string_equal(story_told(story), "00:00 extract try 1 running\n" ...);
 *	story_end(story);
 *
 * Times are minutes and seconds since the start, by the boot clock. A second and later run says its
 * number before the task: "00:10 2/extract try 1 running". queued is only told on demand. */
#ifndef HEDDLE_TESTS_SIM_STORY_H
#define HEDDLE_TESTS_SIM_STORY_H

#include "model/dag.h"
#include "scheduler/sched.h"

struct story;

struct story_config {
	uint32_t slots;   /* of the common pool; 0 = 8 */
	int64_t grace_ms; /* 0 = 10 s */
	bool tell_queued;
};

struct story *story_start(const struct story_config *config);
/* Also checks that a scheduler made from the rows is equal to the one that wrote them. */
void story_end(struct story *story);

/* How the tries of tasks with this id end, in their order; the last word holds for all that follow.
 * Words: success fail skip signal oom timeout lost nostart badout, cancelled (behind our back);
 * each with
 * ":SECONDSs" for how long it takes (0s without). "deaf" before a word: it ignores
 * TERM; "undead": also two KILLs. */
void story_plan(struct story *story, const char *task_id, const char *words);

/* What every successful try of the task gives as outputs, a JSON object. */
void story_outputs(struct story *story, const char *task_id, const char *json);
/* Every failed try of the task has what retry_on or fail_on look for in its log. */
void story_match(struct story *story, const char *task_id, bool retry, bool fail);

int64_t story_trigger(struct story *story, struct dag *dag, const char *key);
/* To start at an instant of the wall clock, so long from now (0 = at once), perhaps past the limits
 * of its dag. */
int64_t story_trigger_at(struct story *story, struct dag *dag, const char *key, int64_t delay_ms,
			 bool is_forced);
/* Of some tasks alone; names: ids with blanks between. */
int64_t story_trigger_some(struct story *story, struct dag *dag, const char *key,
			   enum rerun_mode mode, const char *names);
/* With params, a JSON object. */
int64_t story_trigger_with(struct story *story, struct dag *dag, const char *key,
			   const char *params);
/* names: task ids with blanks between, or NULL. dag: the version to go on with, or NULL. */
void story_rerun(struct story *story, int64_t run_no, enum rerun_mode mode, const char *names,
		 struct dag *dag);
/* With other params, a JSON object. */
void story_rerun_with(struct story *story, int64_t run_no, enum rerun_mode mode, const char *names,
		      struct dag *dag, const char *params);
void story_mark(struct story *story, int64_t run_no, const char *task_id, enum task_state to);
/* dag_id NULL = all. */
void story_pause(struct story *story, const char *dag_id);
void story_resume(struct story *story, const char *dag_id);
/* A version comes into force. */
void story_put_dag(struct story *story, struct dag *dag);
/* Likewise, with the next step. */
void story_tell_dag(struct story *story, struct dag *dag);
/* The sizes of all shared pools that somebody tells, to the end that has no name; they stay the
 * caller's until the story ends. */
void story_put_pools(struct story *story, const struct pool_size *pools);
/* What was answered last: "" for "done", else "refused: ...", "unchanged: ...", "not found: ...".
 */
const char *story_answer(const struct story *story);
void story_cancel(struct story *story, int64_t run_no, const char *reason);
/* An attempt that runs ends like this at once; of one that does not run it is told all the same. */
void story_tell_end(struct story *story, const struct attempt_end *end);
/* Lets time pass, with all that happens in it. */
void story_wait(struct story *story, int64_t duration_ms);
/* Until nothing runs and nothing is due. */
void story_go_on(struct story *story);
/* The wall clock is set, and the daemon is told. */
void story_jump(struct story *story, int64_t wall_ms);
/* Time passes, and nobody looks. */
void story_jump_both(struct story *story, int64_t duration_ms);
/* The daemon is killed and starts again from the rows; attempts go on. */
void story_restart(struct story *story);
/* The same, and the wall clock is set while it is down. */
void story_restart_set(struct story *story, int64_t wall_ms);

/* All told so far. */
const char *story_told(const struct story *story);
/* Forgets what was told. */
void story_hush(struct story *story);
struct sched *story_sched(struct story *story);
struct moment story_now(const struct story *story);
size_t story_change_count(const struct story *story);
/* So many deeds of a kind were ordered. */
size_t story_effect_count(const struct story *story, enum effect_kind kind);

#endif
