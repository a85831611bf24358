/* test_sim_why.c - what is answered to "why does it not go on?". */
#include "base/str.h"
#include "scheduler/why.h"
#include "tests/sim/spec.h"
#include "tests/sim/story.h"
#include "tests/unit/unit.h"

#include <string.h>

static struct story *begin(const struct dag_spec *spec, const char *task, const char *plan)
{
	struct story *story = story_start(&(struct story_config){.slots = 2});
	struct dag *dag = spec_dag(spec);

	story_plan(story, task, plan);
	story_trigger(story, dag, "1");
	dag_unref(dag);
	story_wait(story, 1000);
	return story;
}

/* The chain as text, one link a line: its kind and its sentence. task NULL = of the run. */
static void expect(struct story *story, int64_t run_no, const char *task, const char *expected)
{
	struct str text = STR_INIT;
	struct why why;
	bool found;

	why_init(&why);
	found = task == NULL ? why_run(story_sched(story), run_no, story_now(story), &why)
			     : why_task(story_sched(story), run_no, task, story_now(story), &why);
	assert_true(found);
	for (size_t i = 0; i < why.link_count; i++)
		str_printf(&text, "%s: %s\n", why_kind_name(why.links[i].kind), why.links[i].text);
	assert_string_equal(str_text(&text), expected);
	str_close(&text);
	why_close(&why);
}

static void finish(struct story *story)
{
	story_go_on(story);
	story_end(story);
}

static void a_task_waits_for_its_upstream_which_runs(void **state)
{
	static const struct task_spec tasks[] = {
	    {.id = "a"}, {.id = "b", .after = "a"}, {.id = "c", .after = "b"}, {.id = NULL}};
	struct story *story =
	    begin(&(struct dag_spec){.id = "d", .tasks = tasks, .timeout_ms = 3600000}, "a",
		  "success:60s");

	(void)state;
	expect(story, 1, "c",
	       "rule: task 'c' waits for upstream task 'b' (rule all_success; 0 of 1 done)\n"
	       "rule: task 'b' waits for upstream task 'a' (rule all_success; 0 of 1 done)\n"
	       "running: task 'a' runs, try 1 since 00:00:00 UTC\n"
	       "timeout: the run times out at 01:00:00 UTC\n");
	expect(story, 1, NULL,
	       "running: task 'a' runs, try 1 since 00:00:00 UTC\n"
	       "timeout: the run times out at 01:00:00 UTC\n");
	finish(story);
}

static void all_that_it_waits_for_is_named(void **state)
{
	static const struct task_spec tasks[] = {{.id = "a"},
						 {.id = "b"},
						 {.id = "c"},
						 {.id = "d"},
						 {.id = "e"},
						 {.id = "few", .after = "a b"},
						 {.id = "many", .after = "a b c d e"},
						 {.id = NULL}};
	struct story *story =
	    begin(&(struct dag_spec){.id = "d", .tasks = tasks}, "b", "success:60s");

	(void)state;
	expect(story, 1, "few",
	       "rule: task 'few' waits for upstream task 'b' (rule all_success; 1 of 2 done)\n"
	       "running: task 'b' runs, try 1 since 00:00:00 UTC\n");
	finish(story);
	story = begin(&(struct dag_spec){.id = "d", .tasks = tasks, .max_active_tasks = 1}, "a",
		      "success:60s");
	expect(story, 1, "many",
	       "rule: task 'many' waits for upstream tasks 'a', 'b', 'c' and 2 more (rule "
	       "all_success; 0 of 5 done)\n"
	       "running: task 'a' runs, try 1 since 00:00:00 UTC\n");
	finish(story);
}

static void what_needs_more_than_the_pool_has_says_when_it_starts(void **state)
{
	static const struct task_spec tasks[] = {
	    {.id = "a", .pool = "db"}, {.id = "b", .pool = "db", .slots = 3}, {.id = NULL}};
	static const struct pool_size pools[] = {{.name = "db", .slots = 2}, {.name = NULL}};
	struct story *story = begin(&(struct dag_spec){.id = "d", .tasks = tasks, .pools = pools},
				    "a", "success:60s");

	(void)state;
	expect(story, 1, "b",
	       "pool: task 'b' waits for 3 slots of pool 'db' (1 of 2 taken by 'a' in run "
	       "00000000000000a0 since 00:00:00 UTC); it starts when nobody holds any, as it needs "
	       "more than there are\n");
	finish(story);
}

static void a_task_waits_for_a_slot_and_its_holders_are_named(void **state)
{
	static const struct task_spec tasks[] = {{.id = "a", .pool = "db"},
						 {.id = "b", .pool = "db"},
						 {.id = "c", .pool = "db"},
						 {.id = NULL}};
	static const struct pool_size pools[] = {{.name = "db", .slots = 1}, {.name = NULL}};
	struct story *story = begin(&(struct dag_spec){.id = "d", .tasks = tasks, .pools = pools},
				    "a", "success:60s");
	struct why why;

	(void)state;
	expect(story, 1, "b",
	       "pool: task 'b' waits for 1 slot of pool 'db' (1 of 1 taken by 'a' in run "
	       "00000000000000a0 since 00:00:00 UTC)\n");
	expect(story, 1, "c",
	       "pool: task 'c' waits for 1 slot of pool 'db' (1 of 1 taken by 'a' in run "
	       "00000000000000a0 since 00:00:00 UTC)\n"
	       "turn: task 'b' of run 00000000000000a0 comes before 'c' in pool 'db'\n");
	why_init(&why);
	assert_true(why_task(story_sched(story), 1, "b", story_now(story), &why));
	assert_int_equal(why.holder_count, 1);
	assert_int_equal(why.holders_total, 1);
	assert_string_equal(why.holders[0].task_id, "a");
	assert_string_equal(why.links[0].pool, "db");
	assert_int_equal(why.links[0].count, 1);
	assert_int_equal(why.links[0].limit, 1);
	why_close(&why);
	finish(story);
}

static void a_task_waits_for_the_limit_of_its_dag(void **state)
{
	static const struct task_spec tasks[] = {{.id = "a"}, {.id = "b"}, {.id = NULL}};
	struct story *story =
	    begin(&(struct dag_spec){.id = "d", .tasks = tasks, .max_active_tasks = 1}, "a",
		  "success:60s");

	(void)state;
	expect(story, 1, "b",
	       "limit: task 'b' waits because dag 'd' may run 1 task at once (max_active_tasks; 1 "
	       "runs: 'a' in run 00000000000000a0 since 00:00:00 UTC)\n");
	finish(story);
}

static void what_is_paused_says_by_whom_and_why(void **state)
{
	static const struct task_spec tasks[] = {
	    {.id = "a"}, {.id = "b", .after = "a"}, {.id = NULL}};
	struct dag_spec spec = {.id = "d", .tasks = tasks};
	struct story *story = begin(&spec, "a", "success:10s");
	struct dag *dag = spec_dag(&spec);

	(void)state;
	story_pause(story, "d");
	story_trigger(story, dag, "2");
	story_wait(story, 20000);
	expect(story, 1, "b",
	       "pause: dag 'd' is paused by user:alice since 00:00:01 UTC: upgrade\n");
	expect(story, 2, NULL,
	       "pause: dag 'd' is paused by user:alice since 00:00:01 UTC: upgrade\n");
	story_pause(story, NULL);
	expect(story, 1, "b",
	       "pause: everything is paused by user:alice since 00:00:21 UTC: upgrade\n");
	story_resume(story, NULL);
	story_resume(story, "d");
	dag_unref(dag);
	finish(story);
}

/* Who asks about the dag is told of its pause, whatever its newest run does, and once. */
static void a_dag_that_is_paused_says_so_beside_its_run(void **state)
{
	static const struct task_spec tasks[] = {{.id = "a"}, {.id = "b"}, {.id = NULL}};
	struct story *story =
	    begin(&(struct dag_spec){.id = "d", .tasks = tasks}, "a", "success:10s");
	struct why why;

	(void)state;
	story_pause(story, "d");
	why_init(&why);
	assert_true(why_run(story_sched(story), 1, story_now(story), &why));
	assert_int_equal(why.link_count, 1);
	why_add_pause(story_sched(story), 1, story_now(story), &why);
	why_add_pause(story_sched(story), 1, story_now(story), &why);
	assert_int_equal(why.link_count, 2);
	assert_int_equal(why.links[1].kind, WHY_PAUSE);
	assert_string_equal(why.links[1].text,
			    "the dag is paused by user:alice since 00:00:01 UTC: upgrade");
	assert_string_equal(why.links[1].dag_id, "d");
	assert_null(why.links[1].run_id);
	why_close(&why);
	story_resume(story, "d");
	finish(story);
}

static void a_run_waits_for_others_of_its_dag(void **state)
{
	static const struct task_spec tasks[] = {{.id = "a"}, {.id = NULL}};
	struct dag_spec spec = {.id = "d", .tasks = tasks, .max_active_runs = 1};
	struct story *story = begin(&spec, "a", "success:10s");
	struct dag *dag = spec_dag(&spec);

	(void)state;
	story_trigger(story, dag, "2");
	story_trigger(story, dag, "3");
	dag_unref(dag);
	expect(story, 3, "a",
	       "run_queue: the run waits for others of dag 'd': 1 of 1 under way "
	       "(max_active_runs), the oldest is run 00000000000000a0; 1 waits before it\n"
	       "running: task 'a' runs, try 1 since 00:00:00 UTC\n");
	finish(story);
}

static void a_task_waits_for_its_next_try(void **state)
{
	static const struct task_spec tasks[] = {
	    {.id = "a", .retries = 2, .retry_delay_ms = 86400000}, {.id = NULL}};
	static const struct task_policy policy = {.retry_backoff = 1,
						  .retry_max_delay_ms = 172800000};
	struct task_spec own[] = {tasks[0], tasks[1]};
	struct story *story;

	(void)state;
	own[0].policy = &policy;
	story = begin(&(struct dag_spec){.id = "d", .tasks = own}, "a", "fail success");
	expect(story, 1, "a",
	       "retry: task 'a' failed and is tried again at 2026-01-02 00:00:00 UTC (try 2 of "
	       "3)\n");
	finish(story);
}

static void a_try_beyond_the_timeout_of_the_run_is_none(void **state)
{
	static const struct task_policy policy = {.retry_backoff = 1,
						  .retry_max_delay_ms = 172800000};
	static const struct task_spec tasks[] = {
	    {.id = "a", .retries = 2, .retry_delay_ms = 7200000, .policy = &policy}, {.id = NULL}};
	struct story *story =
	    begin(&(struct dag_spec){.id = "d", .tasks = tasks, .timeout_ms = 3600000}, "a",
		  "fail success");

	(void)state;
	expect(story, 1, "a",
	       "retry: task 'a' failed and would be tried again at 02:00:00 UTC (try 2 of 3), but "
	       "the run times out before that\n"
	       "timeout: the run times out at 01:00:00 UTC\n");
	finish(story);
}

static void what_does_not_die_is_told_before_and_after_its_kill(void **state)
{
	static const struct task_spec tasks[] = {
	    {.id = "a"}, {.id = "b", .hook = HOOK_EXIT}, {.id = NULL}};
	struct story *story =
	    begin(&(struct dag_spec){.id = "d", .tasks = tasks}, "a", "undead success:600s");

	(void)state;
	expect(story, 1, "b",
	       "hook: task 'b' belongs to the end of the run: it runs when the others have "
	       "ended\n"
	       "running: task 'a' runs, try 1 since 00:00:00 UTC\n");
	story_cancel(story, 1, NULL);
	expect(story, 1, NULL,
	       "grace: the run is being cancelled; 1 attempt is not gone yet\n"
	       "grace: task 'a' was asked to end and is killed at 00:00:13 UTC\n");
	story_wait(story, 14000);
	expect(story, 1, "a",
	       "stuck: task 'a' was killed at 00:00:13 UTC, and its processes are still there\n");
	finish(story);
}

static void the_end_of_a_run_is_told(void **state)
{
	static const struct task_spec tasks[] = {
	    {.id = "a"}, {.id = "b", .hook = HOOK_EXIT}, {.id = NULL}};
	struct story *story =
	    begin(&(struct dag_spec){.id = "d", .tasks = tasks}, "b", "success:60s");

	(void)state;
	expect(story, 1, NULL,
	       "ending: the run has come to success; 1 task of its end is left\n"
	       "running: task 'b' runs, try 1 since 00:00:00 UTC\n");
	expect(story, 1, "a", "done: task 'a' is success\n");
	finish(story);
}

static void nobody_asks_in_vain_for_what_is_not_under_way(void **state)
{
	static const struct task_spec tasks[] = {{.id = "a"}, {.id = NULL}};
	struct story *story =
	    begin(&(struct dag_spec){.id = "d", .tasks = tasks}, "a", "success:60s");
	struct why why;

	(void)state;
	why_init(&why);
	assert_false(why_run(story_sched(story), 2, story_now(story), &why));
	assert_false(why_task(story_sched(story), 1, "nope", story_now(story), &why));
	assert_int_equal(why.link_count, 0);
	why_close(&why);
	finish(story);
}

static void a_chain_longer_than_its_room_is_cut(void **state)
{
	static struct task_spec tasks[41];
	static char ids[40][8];
	struct story *story;
	struct why why;

	(void)state;
	for (int i = 0; i < 40; i++) {
		snprintf(ids[i], sizeof ids[i], "t%d", i);
		tasks[i].id = ids[i];
		tasks[i].after = i == 0 ? NULL : ids[i - 1];
	}
	story = begin(&(struct dag_spec){.id = "d", .tasks = tasks}, "t0", "success:60s");
	why_init(&why);
	assert_true(why_task(story_sched(story), 1, "t39", story_now(story), &why));
	assert_true(why.link_count < WHY_LINKS_MAX);
	assert_int_equal(why.links[0].kind, WHY_RULE);
	why_close(&why);
	finish(story);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_task_waits_for_its_upstream_which_runs),
	    cmocka_unit_test(all_that_it_waits_for_is_named),
	    cmocka_unit_test(what_needs_more_than_the_pool_has_says_when_it_starts),
	    cmocka_unit_test(a_task_waits_for_a_slot_and_its_holders_are_named),
	    cmocka_unit_test(a_task_waits_for_the_limit_of_its_dag),
	    cmocka_unit_test(what_is_paused_says_by_whom_and_why),
	    cmocka_unit_test(a_dag_that_is_paused_says_so_beside_its_run),
	    cmocka_unit_test(a_run_waits_for_others_of_its_dag),
	    cmocka_unit_test(a_task_waits_for_its_next_try),
	    cmocka_unit_test(a_try_beyond_the_timeout_of_the_run_is_none),
	    cmocka_unit_test(what_does_not_die_is_told_before_and_after_its_kill),
	    cmocka_unit_test(the_end_of_a_run_is_told),
	    cmocka_unit_test(nobody_asks_in_vain_for_what_is_not_under_way),
	    cmocka_unit_test(a_chain_longer_than_its_room_is_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
