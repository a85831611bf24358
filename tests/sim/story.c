/* story.c - the scheduler on a virtual clock, told as text; see story.h. */
#include "tests/sim/story.h"

#include "base/str.h"
#include "tests/sim/fail.h"
#include "tests/sim/fake.h"
#include "tests/sim/rows.h"

#include <inttypes.h>
#include <string.h>

#define START_WALL_MS 1767225600000 /* 2026-01-01T00:00:00Z */
#define START_BOOT_MS 1000000

struct planned {
	const char *task_id;
	const char *words;
	const char *outputs; /* instead of words */
	bool retry_match;
	bool fail_match;
};

struct story {
	struct story_config config;
	struct sched *sched;
	struct rows rows;
	struct fake fake;
	struct moment now;
	VEC(struct planned) plans;
	VEC(struct dag *) in_force;    /* that were put */
	const struct pool_size *pools; /* that were put last; NULL = none */
	struct str told;
	struct str answer;
	size_t effects[EFFECT_RUN_ENDED + 1];
};

static const struct {
	const char *name;
	enum attempt_cause cause;
} words[] = {
    {"success", CAUSE_SUCCESS},     {"fail", CAUSE_EXIT_CODE},
    {"skip", CAUSE_SKIPPED},        {"signal", CAUSE_SIGNAL},
    {"oom", CAUSE_OUT_OF_MEMORY},   {"timeout", CAUSE_TIMEOUT},
    {"lost", CAUSE_LOST},           {"nostart", CAUSE_COULD_NOT_START},
    {"cancelled", CAUSE_CANCELLED}, {"badout", CAUSE_BAD_OUTPUT},
};

static void read_word(const char *word, size_t length, struct fake_plan *plan)
{
	size_t name = strcspn(word, ": ");
	size_t i = 0;

	while (strlen(words[i].name) != name || strncmp(words[i].name, word, name) != 0)
		sim_check(++i < sizeof words / sizeof words[0], "no such end: %s", word);
	plan->cause = words[i].cause;
	plan->duration_ms = name < length ? 1000 * strtoll(word + name + 1, NULL, 10) : 0;
}

/* Takes "deaf" or "undead" off a list that begins with it. */
static const char *read_stubbornness(const char *at, struct fake_plan *plan)
{
	bool undead = str_starts_with(at, "undead ");
	bool deaf = str_starts_with(at, "deaf ");

	plan->term_ms = deaf || undead ? -1 : 1000;
	plan->deaf_kills = undead ? 2 : 0;
	return deaf || undead ? strchr(at, ' ') + 1 : at;
}

/* The number-th word of a list, or the last. */
static void read_words(const char *list, uint32_t number, struct fake_plan *plan)
{
	for (const char *at = list; *at != '\0'; at += strspn(at, " ")) {
		size_t length;

		at = read_stubbornness(at, plan);
		length = strcspn(at, " ");
		read_word(at, length, plan);
		if (--number == 0)
			break;
		at += length;
	}
}

static struct fake_plan make_plan(void *context, const struct effect *launch)
{
	const struct story *story = context;
	struct fake_plan plan = {.cause = CAUSE_SUCCESS, .exit_code = 3, .term_ms = 1000};

	for (size_t i = 0; i < story->plans.count; i++)
		if (story->plans.items[i].words != NULL &&
		    strcmp(story->plans.items[i].task_id, launch->dag->tasks[launch->task].id) == 0)
			read_words(story->plans.items[i].words, launch->number, &plan);
	return plan;
}

struct story *story_start(const struct story_config *config)
{
	struct story *story = mem_alloc(sizeof *story);
	struct sched_config sched = {.next_run_no = 1, .next_attempt_id = 1};

	story->config = *config;
	if (config->slots == 0)
		story->config.slots = 8;
	if (config->grace_ms == 0)
		story->config.grace_ms = 10000;
	sched.default_pool_slots = story->config.slots;
	sched.grace_ms = story->config.grace_ms;
	story->sched = sched_create(&sched);
	story->fake.plan = make_plan;
	story->fake.context = story;
	story->now = (struct moment){.wall_ms = START_WALL_MS, .boot_ms = START_BOOT_MS};
	rows_init(&story->rows);
	rows_begin(&story->rows, story->now);
	sched_restore_clock(story->sched, &story->rows.clock, 0);
	return story;
}

void story_plan(struct story *story, const char *task_id, const char *list)
{
	vec_push(&story->plans, ((struct planned){.task_id = task_id, .words = list}));
}

void story_outputs(struct story *story, const char *task_id, const char *json)
{
	vec_push(&story->plans, ((struct planned){.task_id = task_id, .outputs = json}));
}

void story_match(struct story *story, const char *task_id, bool retry, bool fail)
{
	vec_push(&story->plans,
		 ((struct planned){.task_id = task_id, .retry_match = retry, .fail_match = fail}));
}

static void tell_time(struct story *story)
{
	int64_t seconds = (story->now.boot_ms - START_BOOT_MS) / 1000;

	str_printf(&story->told, "%02" PRId64 ":%02" PRId64 " ", seconds / 60, seconds % 60);
}

static void tell_why(struct story *story, const struct change *change)
{
	if (change->why != NULL)
		str_printf(&story->told, ": %s", change->why);
	str_append(&story->told, "\n");
}

static void tell_run(struct story *story, const struct change *change)
{
	enum run_state to =
	    change->kind == CHANGE_RUN_NEW ? change->run_new.state : change->run_state.to;

	/* A new run is expected to run. */
	if (change->kind == CHANGE_RUN_NEW && to == RUN_RUNNING)
		return;
	tell_time(story);
	str_append(&story->told, "run ");
	if (change->run_no > 1)
		str_printf(&story->told, "%" PRId64 " ", change->run_no);
	str_append(&story->told, run_state_name(to));
	if (to == RUN_ENDING ||
	    (to == RUN_CANCELLING && change->run_state.outcome != RUN_CANCELLED))
		str_printf(&story->told, " as %s", run_state_name(change->run_state.outcome));
	tell_why(story, change);
}

static void tell_pause(struct story *story, const struct change *change)
{
	const char *dag_id = change->dag_pause.dag_id;

	tell_time(story);
	str_printf(&story->told, "%s %s", dag_id == NULL ? "all" : dag_id,
		   change->dag_pause.is_paused ? "paused" : "resumed");
	tell_why(story, change);
}

static void tell_clock(struct story *story, const struct change *change)
{
	tell_time(story);
	str_printf(&story->told, "%s%s", change->clock.hold, change->clock.is_on ? "" : " over");
	tell_why(story, change);
}

static void tell_hold(struct story *story, const struct change *change)
{
	tell_time(story);
	str_printf(&story->told, "hold %s over", change->hold.name);
	tell_why(story, change);
}

static void tell_version(struct story *story, const struct change *change)
{
	tell_time(story);
	str_printf(&story->told, "run goes on with %u tasks, it had %u",
		   change->run_version.dag->task_count, change->run_version.old_task_count);
	tell_why(story, change);
}

static void tell_task(struct story *story, const struct change *change)
{
	const struct run_row *run = rows_run(&story->rows, change->run_no);
	const struct task_row *task = &run->tasks[change->task];
	enum task_state to = change->task_state.to;
	int64_t due_s = (change->task_state.due.boot_ms - START_BOOT_MS) / 1000;

	if (to == TASK_QUEUED && !story->config.tell_queued)
		return;
	tell_time(story);
	if (change->run_no > 1)
		str_printf(&story->told, "%" PRId64 "/", change->run_no);
	str_append(&story->told, run->dag->tasks[change->task].id);
	/* The row does not know yet of the attempt that begins with "running". */
	if (task->attempts > 0 || to == TASK_RUNNING)
		str_printf(&story->told, " try %u", task->attempts + (to == TASK_RUNNING));
	str_printf(&story->told, " %s", task_state_name(to));
	if (to == TASK_CANCELLING && change->task_state.aim != AIM_CANCELLED)
		str_printf(&story->told, " for %s", cancel_aim_name(change->task_state.aim));
	if (change->task_state.due.boot_ms != 0)
		str_printf(&story->told, " until %02" PRId64 ":%02" PRId64, due_s / 60, due_s % 60);
	tell_why(story, change);
}

/* Commits change by change, so that each is told against the rows as they were at its turn. */
static void commit(struct story *story, const struct change_list *changes)
{
	for (struct change *change = changes->first; change != NULL; change = change->next) {
		struct change alone = *change;
		struct change_list one = {.first = &alone, .last = &alone, .count = 1};

		alone.next = NULL;
		if (change->kind == CHANGE_TASK_STATE)
			tell_task(story, change);
		if (change->kind == CHANGE_RUN_STATE || change->kind == CHANGE_RUN_NEW)
			tell_run(story, change);
		if (change->kind == CHANGE_DAG_PAUSE)
			tell_pause(story, change);
		if (change->kind == CHANGE_HOLD)
			tell_hold(story, change);
		if (change->kind == CHANGE_CLOCK)
			tell_clock(story, change);
		if (change->kind == CHANGE_RUN_VERSION)
			tell_version(story, change);
		rows_apply(&story->rows, &one);
	}
}

static void carry_out(struct story *story, const struct effect *effect)
{
	story->effects[effect->kind]++;
	if (effect->kind == EFFECT_LAUNCH)
		fake_launch(&story->fake, effect, story->now);
	else if (effect->kind == EFFECT_CANCEL)
		fake_cancel(&story->fake, effect->attempt_id, story->now);
	else if (effect->kind == EFFECT_KILL)
		fake_kill(&story->fake, effect->attempt_id, story->now);
	else if (effect->kind == EFFECT_FORGET)
		fake_forget(&story->fake, effect->attempt_id);
}

static void release(struct story *story, struct sched_output *output)
{
	commit(story, &output->changes);
	for (size_t i = 0; i < output->effect_count; i++)
		carry_out(story, &output->effects[i]);
	sched_output_close(output);
}

static void note_answer(struct story *story, const struct sched_output *output)
{
	static const char *const names[] = {
	    [ANSWER_UNCHANGED] = "unchanged",
	    [ANSWER_NOT_FOUND] = "not found",
	    [ANSWER_REFUSED] = "refused",
	};

	str_clear(&story->answer);
	if (output->answer != ANSWER_DONE)
		str_printf(&story->answer, "%s: %s", names[output->answer], output->message);
}

static int64_t step(struct story *story, const struct input *input)
{
	struct sched_output output;
	int64_t run_no;

	sched_output_init(&output);
	run_no = sched_step(story->sched, input, story->now, &output);
	note_answer(story, &output);
	release(story, &output);
	return run_no;
}

int64_t story_trigger(struct story *story, struct dag *dag, const char *key)
{
	return story_trigger_with(story, dag, key, NULL);
}

static int64_t trigger(struct story *story, struct input *input, struct dag *dag, const char *key)
{
	char run_id[RUN_ID_SIZE];

	snprintf(run_id, sizeof run_id, "%016zx", story->rows.runs.count + 0xa0);
	input->kind = INPUT_TRIGGER;
	input->actor = "user:alice";
	input->trigger.dag = dag;
	input->trigger.run_id = run_id;
	input->trigger.key = key;
	input->trigger.source = "manual";
	return step(story, input);
}

int64_t story_trigger_with(struct story *story, struct dag *dag, const char *key,
			   const char *params)
{
	struct input input = {.trigger.params = params};

	return trigger(story, &input, dag, key);
}

int64_t story_trigger_some(struct story *story, struct dag *dag, const char *key,
			   enum rerun_mode mode, const char *names)
{
	struct input input = {.trigger.mode = mode};
	VEC(const char *) ids = {0};
	char *list = mem_strdup(names);
	char *rest = list;
	int64_t run_no;

	while (rest != NULL)
		vec_push(&ids, strsep(&rest, " "));
	input.trigger.tasks = ids.items;
	input.trigger.task_count = ids.count;
	run_no = trigger(story, &input, dag, key);
	vec_close(&ids);
	mem_free(list);
	return run_no;
}

int64_t story_trigger_at(struct story *story, struct dag *dag, const char *key, int64_t delay_ms,
			 bool is_forced)
{
	struct input input = {.trigger.is_forced = is_forced};

	if (delay_ms > 0)
		input.trigger.start_at_ms = story->now.wall_ms + delay_ms;
	return trigger(story, &input, dag, key);
}

/* What the daemon does first: a run that has ended is fed from its rows. */
static void feed_ended(struct story *story, int64_t run_no)
{
	const struct run_row *run = rows_run(&story->rows, run_no);

	if (run != NULL && run_state_is_done(run->state))
		rows_feed(&story->rows, story->sched, run_no, story->now);
}

void story_rerun(struct story *story, int64_t run_no, enum rerun_mode mode, const char *names,
		 struct dag *dag)
{
	story_rerun_with(story, run_no, mode, names, dag, NULL);
}

void story_rerun_with(struct story *story, int64_t run_no, enum rerun_mode mode, const char *names,
		      struct dag *dag, const char *params)
{
	struct input input = {.kind = INPUT_RERUN, .actor = "user:alice"};
	VEC(const char *) ids = {0};
	char *list = mem_strdup(names);
	char *rest = list;
	char *id;

	while (list != NULL && (id = strsep(&rest, " ")) != NULL)
		vec_push(&ids, id);
	input.rerun.run_no = run_no;
	input.rerun.mode = mode;
	input.rerun.tasks = ids.items;
	input.rerun.task_count = ids.count;
	input.rerun.dag = dag;
	input.rerun.params = params;
	feed_ended(story, run_no);
	step(story, &input);
	vec_close(&ids);
	mem_free(list);
}

void story_mark(struct story *story, int64_t run_no, const char *task_id, enum task_state to)
{
	struct input input = {.kind = INPUT_MARK, .actor = "user:alice"};

	input.mark.run_no = run_no;
	input.mark.task = task_id;
	input.mark.to = to;
	feed_ended(story, run_no);
	step(story, &input);
}

void story_pause(struct story *story, const char *dag_id)
{
	struct input input = {.kind = INPUT_PAUSE, .actor = "user:alice"};

	input.pause.dag_id = dag_id;
	input.pause.reason = "upgrade";
	step(story, &input);
}

void story_resume(struct story *story, const char *dag_id)
{
	struct input input = {.kind = INPUT_RESUME, .actor = "user:alice"};

	input.pause.dag_id = dag_id;
	step(story, &input);
}

void story_tell_dag(struct story *story, struct dag *dag)
{
	vec_push(&story->in_force, dag_ref(dag));
	sched_put_dag(story->sched, dag);
}

void story_put_dag(struct story *story, struct dag *dag)
{
	struct input time = {.kind = INPUT_TIME};

	story_tell_dag(story, dag);
	step(story, &time);
}

static size_t count_pools(const struct pool_size *pools)
{
	size_t count = 0;

	while (pools != NULL && pools[count].name != NULL)
		count++;
	return count;
}

void story_put_pools(struct story *story, const struct pool_size *pools)
{
	struct input time = {.kind = INPUT_TIME};

	story->pools = pools;
	(void)sched_put_pools(story->sched, pools, count_pools(pools));
	step(story, &time);
}

const char *story_answer(const struct story *story)
{
	return str_text(&story->answer);
}

void story_cancel(struct story *story, int64_t run_no, const char *reason)
{
	struct input input = {.kind = INPUT_CANCEL, .actor = "user:alice"};

	input.cancel.run_no = run_no;
	input.cancel.reason = reason;
	step(story, &input);
}

static void find(struct story *story, const struct attempt_end *end, struct end_findings *findings)
{
	const struct fake_attempt *attempt = fake_attempt(&story->fake, end->attempt_id);
	const char *id = attempt->dag == NULL ? "" : attempt->dag->tasks[attempt->task].id;

	for (size_t i = 0; i < story->plans.count; i++) {
		const struct planned *plan = &story->plans.items[i];

		if (strcmp(plan->task_id, id) != 0)
			continue;
		if (plan->outputs != NULL && end->cause == CAUSE_SUCCESS)
			findings->outputs = plan->outputs;
		findings->retry_match = findings->retry_match || plan->retry_match;
		findings->fail_match = findings->fail_match || plan->fail_match;
	}
}

static void tell_end(struct story *story, const struct attempt_end *end)
{
	struct input input = {.kind = INPUT_ATTEMPT_ENDED, .actor = "executor", .ended = *end};

	find(story, end, &input.findings);

	step(story, &input);
}

void story_tell_end(struct story *story, const struct attempt_end *end)
{
	fake_end(&story->fake, end);
	tell_end(story, end);
}

/* Everything that happens at this very moment. */
static void happen(struct story *story)
{
	struct input time = {.kind = INPUT_TIME};
	const struct attempt_end *end;

	for (;;) {
		fake_run(&story->fake, story->now);
		end = fake_take_record(&story->fake);
		if (end != NULL)
			tell_end(story, end);
		else if (sched_next_due_boot_ms(story->sched) <= story->now.boot_ms)
			step(story, &time);
		else
			break;
	}
}

static int64_t next_instant(const struct story *story)
{
	int64_t due = sched_next_due_boot_ms(story->sched);
	int64_t end = fake_next_end_boot_ms(&story->fake);

	return due < end ? due : end;
}

static void move_clock(struct story *story, int64_t to_boot_ms)
{
	story->now.wall_ms += to_boot_ms - story->now.boot_ms;
	story->now.boot_ms = to_boot_ms;
}

void story_wait(struct story *story, int64_t duration_ms)
{
	int64_t until = story->now.boot_ms + duration_ms;

	happen(story);
	while (next_instant(story) <= until) {
		move_clock(story, next_instant(story));
		happen(story);
	}
	move_clock(story, until);
}

void story_go_on(struct story *story)
{
	happen(story);
	while (next_instant(story) != INT64_MAX) {
		move_clock(story, next_instant(story));
		happen(story);
	}
}

void story_jump(struct story *story, int64_t wall_ms)
{
	struct input time = {.kind = INPUT_TIME};

	story->now.wall_ms += wall_ms;
	step(story, &time);
}

void story_jump_both(struct story *story, int64_t duration_ms)
{
	move_clock(story, story->now.boot_ms + duration_ms);
}

/* A scheduler that was fed the rows. */
static struct sched *load(const struct story *story)
{
	struct sched *sched =
	    rows_restore(&story->rows, story->config.slots, story->config.grace_ms, story->now);

	for (size_t i = 0; i < story->in_force.count; i++)
		sched_put_dag(sched, story->in_force.items[i]);
	(void)sched_put_pools(sched, story->pools, count_pools(story->pools));
	return sched;
}

/* A scheduler made from the rows is equal to the one that wrote them, and has nothing to decide. */
static void finish_load(struct story *story, struct sched *sched, struct sched_output *output)
{
	struct str before = STR_INIT;
	struct str after = STR_INIT;

	sched_restore_end(sched, story->now, output);
	sched_dump(story->sched, &before);
	sched_dump(sched, &after);
	sim_check(strcmp(str_text(&before), str_text(&after)) == 0,
		  "rebuilt state differs:\n--- before\n%s--- after\n%s", str_text(&before),
		  str_text(&after));
	sim_check(output->changes.count == 0, "a restart changes %zu rows", output->changes.count);
	str_close(&before);
	str_close(&after);
}

static void adopt(void *context, const struct effect *attempt)
{
	struct story *story = context;

	fake_launch(&story->fake, attempt, story->now);
}

void story_restart(struct story *story)
{
	struct sched *sched = load(story);
	struct sched_output output;

	sched_output_init(&output);
	fake_tell_again(&story->fake);
	sched_each_attempt(sched, adopt, story);
	finish_load(story, sched, &output);
	sched_destroy(story->sched);
	story->sched = sched;
	release(story, &output);
}

void story_restart_set(struct story *story, int64_t wall_ms)
{
	struct sched_output output;

	sched_destroy(story->sched);
	story->now.wall_ms += wall_ms;
	story->sched = load(story);
	sched_output_init(&output);
	fake_tell_again(&story->fake);
	sched_each_attempt(story->sched, adopt, story);
	sched_restore_end(story->sched, story->now, &output);
	release(story, &output);
}

void story_end(struct story *story)
{
	struct sched *sched = load(story);
	struct sched_output output;

	sched_output_init(&output);
	finish_load(story, sched, &output);
	sched_output_close(&output);
	sched_destroy(sched);
	sched_destroy(story->sched);
	rows_close(&story->rows);
	fake_close(&story->fake);
	for (size_t i = 0; i < story->in_force.count; i++)
		dag_unref(story->in_force.items[i]);
	vec_close(&story->in_force);
	vec_close(&story->plans);
	str_close(&story->answer);
	str_close(&story->told);
	mem_free(story);
}

const char *story_told(const struct story *story)
{
	return str_text(&story->told);
}

void story_hush(struct story *story)
{
	str_clear(&story->told);
}

struct sched *story_sched(struct story *story)
{
	return story->sched;
}

struct moment story_now(const struct story *story)
{
	return story->now;
}

size_t story_change_count(const struct story *story)
{
	return (size_t)story->rows.change_count;
}

size_t story_effect_count(const struct story *story, enum effect_kind kind)
{
	return story->effects[kind];
}
