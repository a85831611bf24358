/* launch.c - what a task finds around it: folder, environment, scratch; see DIALECT.md. */
#include "daemon/launch.h"

#include "model/limits.h"

#include <stdlib.h>
#include <string.h>

/* What a task inherits of the daemon's environment, with what it gets where the daemon has none.
 * Who the user is and where he lives is then what the system says of the daemon's own. */
static const struct {
	const char *name;
	const char *otherwise;
} inherited[] = {
    {"PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"},
    {"HOME", NULL},
    {"USER", NULL},
    {"LANG", "C.UTF-8"},
    {"TMPDIR", "/tmp"},
};
#define INHERITED_COUNT (sizeof inherited / sizeof inherited[0])
#define OWN_COUNT 6 /* TZ and five of HEDDLE_ */

static void add(struct env_var *env, uint32_t *count, const char *name, const char *value)
{
	env[*count].name = name;
	env[*count].value = value;
	(*count)++;
}

static void set(struct env_var *env, uint32_t *count, const char *name, const char *value)
{
	for (uint32_t i = 0; i < *count; i++) {
		if (strcmp(env[i].name, name) == 0) {
			env[i].value = value;
			return;
		}
	}
	add(env, count, name, value);
}

static void build_env(const struct home *home, const struct effect *attempt,
		      const struct task *task, struct arena *arena, struct process_launch *launch)
{
	struct env_var *env =
	    arena_alloc(arena, (INHERITED_COUNT + OWN_COUNT + task->env_count) * sizeof *env);
	uint32_t count = 0;

	for (size_t i = 0; i < INHERITED_COUNT; i++) {
		const char *value = getenv(inherited[i].name);

		if (value == NULL)
			value = inherited[i].otherwise;
		if (value == NULL)
			value =
			    strcmp(inherited[i].name, "HOME") == 0 ? home->user_home : home->user;
		add(env, &count, inherited[i].name, value);
	}
	add(env, &count, "TZ", "UTC");
	add(env, &count, "HEDDLE_DAG", attempt->dag->id);
	add(env, &count, "HEDDLE_RUN_ID", arena_strdup(arena, attempt->run_id));
	add(env, &count, "HEDDLE_TASK", task->id);
	add(env, &count, "HEDDLE_ATTEMPT", arena_printf(arena, "%u", attempt->number));
	add(env, &count, "HEDDLE_RUN_DIR", launch->run_dir);
	/* A task's own env wins over what it would inherit; HEDDLE_ names are refused by the
	 * parser. */
	for (uint32_t i = 0; i < task->env_count; i++)
		set(env, &count, task->env[i].name, task->env[i].value);
	launch->env = env;
	launch->env_count = count;
}

/* The folder of the dag's file, and from there to the task's cwd. */
static const char *build_cwd(const struct home *home, const struct dag *dag,
			     const struct task *task, struct arena *arena)
{
	const char *slash = strrchr(dag->source, '/');
	const char *folder = home->dags;

	if (task->cwd != NULL && task->cwd[0] == '/')
		return task->cwd;
	if (slash != NULL)
		folder = arena_printf(arena, "%s/%.*s", home->dags, (int)(slash - dag->source),
				      dag->source);
	return task->cwd == NULL ? folder : arena_printf(arena, "%s/%s", folder, task->cwd);
}

void launch_build(const struct home *home, const struct effect *attempt, struct arena *arena,
		  struct process_launch *launch)
{
	const struct task *task = &attempt->dag->tasks[attempt->task];

	memset(launch, 0, sizeof *launch);
	launch->ref.attempt_id = attempt->attempt_id;
	launch->ref.released_at_ms = attempt->released_at_ms;
	launch->command = task->command;
	launch->argv = task->argv;
	launch->cwd = build_cwd(home, attempt->dag, task, arena);
	launch->run_dir = arena_printf(arena, "%s/runs/%s", home->path, attempt->run_id);
	launch->timeout_ms = task->timeout_ms;
	launch->grace_ms = DEFAULT_GRACE_MS;
	launch->log_limit_bytes = LIMIT_LOG_BYTES;
	build_env(home, attempt, task, arena, launch);
}
