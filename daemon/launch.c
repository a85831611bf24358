/* launch.c - what a task finds around it: folder, environment, scratch; see
 * DIALECT.md. */
#include "daemon/launch.h"

#include "base/mem.h"
#include "base/str.h"
#include "base/vec.h"
#include "model/limits.h"
#include "model/lineage.h"
#include "model/outputs.h"
#include "model/param.h"

#include <stdlib.h>
#include <string.h>

/* What a task inherits of the daemon's environment, with what it gets where the
 * daemon has none. Who the user is and where he lives is then what the system
 * says of the daemon's own. */
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

/* The rows of the last statement are printed as JSON; nothing of the user's own
 * start-up file. */
static const char *const duckdb[] = {"duckdb", "-init", "/dev/null", "-bail", "-json"};
#define DUCKDB_COUNT (sizeof duckdb / sizeof duckdb[0])

/* One attempt as it is put together. */
struct build {
	const struct home *home;
	const struct identity *identity;
	const struct effect *attempt;
	const struct launch_run *run;
	const struct task *task;
	struct arena *arena;
	struct process_launch *launch;
	struct run_values values;
	struct tz *tz;
	json_t *params;
	VEC(struct env_var) env;
	size_t bytes;        /* of arguments and environment */
	const char *harmful; /* param whose value must not stand in a command; NULL = none */
};

/* --- templates
 * --------------------------------------------------------------------------------
 */

/* The text with its templates filled in; *out lives in the arena. */
static int render(struct build *build, const char *what, const char *text, size_t max_bytes,
		  const char **out, struct err *err)
{
	struct template_values values = run_values_for(&build->values);
	struct template *template;
	struct template_error error;
	struct str rendered = STR_INIT;
	int rc = 0;

	*out = text;
	if (!template_is_one(text))
		return 0;
	if (template_parse(build->arena, text, &template, &error) != 0)
		rc = err_set(err, ERR_INVALID, "%s", error.message);
	if (rc == 0)
		rc = template_render(template, &values, max_bytes, &rendered, err);
	if (rc == 0)
		*out = arena_strndup(build->arena, str_text(&rendered), rendered.size);
	else
		err_wrap(err, "%s", what);
	str_close(&rendered);
	return rc;
}

/* What a pattern let through may be anything; only what means nothing to a
 * shell or to SQL is put into a command. */
static void check_path(void *context, const struct template_path *path)
{
	struct build *build = context;
	const struct param *param = path->count >= 2 && strcmp(path->parts[0], "params") == 0
					? param_find(build->attempt->dag, path->parts[1])
					: NULL;
	const char *text = param == NULL || param->pattern == NULL
			       ? NULL
			       : json_string_value(json_object_get(build->params, param->name));

	if (text != NULL && !param_text_is_harmless(text))
		build->harmful = param->name;
}

/* As render, for text that is code: shell, arguments, SQL. */
static int render_code(struct build *build, const char *what, const char *text, size_t max_bytes,
		       const char **out, struct err *err)
{
	struct template *template;
	struct template_error error;

	if (template_is_one(text) && template_parse(build->arena, text, &template, &error) == 0)
		template_each_path(template, check_path, build);
	if (build->harmful != NULL)
		return err_set(
		    err, ERR_INVALID,
		    "%s: the value of param '%s' holds characters that mean something to "
		    "a shell: give it a narrower pattern, or read it from the environment",
		    what, build->harmful);
	return render(build, what, text, max_bytes, out, err);
}

/* --- environment
 * ------------------------------------------------------------------------------
 */

static void add(struct build *build, const char *name, const char *value)
{
	struct env_var var = {name, value};

	build->bytes += strlen(name) + strlen(value) + 2;
	vec_push(&build->env, var);
}

/* A task's own variable wins over what it would inherit. */
static void set(struct build *build, const char *name, const char *value)
{
	for (size_t i = 0; i < build->env.count; i++)
		if (strcmp(build->env.items[i].name, name) == 0) {
			build->env.items[i].value = value;
			build->bytes += strlen(value);
			return;
		}
	add(build, name, value);
}

static void add_inherited(struct build *build)
{
	for (size_t i = 0; i < INHERITED_COUNT; i++) {
		const char *value = getenv(inherited[i].name);

		if (value == NULL)
			value = inherited[i].otherwise;
		if (value == NULL)
			value = strcmp(inherited[i].name, "HOME") == 0 ? build->home->user_home
								       : build->home->user;
		add(build, inherited[i].name, value);
	}
	add(build, "TZ", "UTC");
}

static const char *instant(struct build *build, int64_t at_ms)
{
	char text[40];

	tz_format_rfc3339(build->run->tz, at_ms, text);
	return arena_strdup(build->arena, text);
}

/* Where the attempt leaves its outputs, its progress and its artifacts: beside
 * its log. */
static void add_files(struct build *build)
{
	const char *incarnation = build->run->incarnation;
	char path[PATH_MAX];

	add(build, "HEDDLE_OUTPUT",
	    arena_strdup(build->arena, process_output_path(build->home->path, incarnation,
							   build->launch->ref, path)));
	add(build, "HEDDLE_PROGRESS",
	    arena_strdup(build->arena, process_progress_path(build->home->path, incarnation,
							     build->launch->ref, path)));
	add(build, "HEDDLE_ARTIFACTS",
	    arena_strdup(build->arena, process_artifacts_path(build->home->path, incarnation,
							      build->launch->ref, path)));
	build->launch->want_artifacts = true;
}

/* Who it is, to this daemon and to those who gather lineage. */
static void add_identity(struct build *build)
{
	const struct effect *attempt = build->attempt;
	char token[IDENTITY_TOKEN_SIZE];
	char uuid[LINEAGE_UUID_SIZE];
	struct str parent = STR_INIT;

	identity_token(build->identity, attempt->attempt_id, token);
	add(build, "HEDDLE_URL", build->identity->url);
	add(build, "HEDDLE_TOKEN", arena_strdup(build->arena, token));
	lineage_run_id(build->run->incarnation, attempt->attempt_id, attempt->released_at_ms, uuid);
	lineage_parent_id(&parent, attempt->dag->domain, attempt->dag->id, build->task->id, uuid);
	add(build, "OPENLINEAGE_PARENT_ID", arena_strdup(build->arena, str_text(&parent)));
	str_close(&parent);
}

static void add_own(struct build *build)
{
	const struct effect *attempt = build->attempt;

	add(build, "HEDDLE_DAG", attempt->dag->id);
	add(build, "HEDDLE_RUN_ID", arena_strdup(build->arena, attempt->run_id));
	add(build, "HEDDLE_TASK", build->task->id);
	add(build, "HEDDLE_ATTEMPT", arena_printf(build->arena, "%u", attempt->number));
	add(build, "HEDDLE_PERIOD", arena_strdup(build->arena, build->run->period.id));
	add(build, "HEDDLE_PERIOD_START", instant(build, build->run->period.start_ms));
	add(build, "HEDDLE_PERIOD_END", instant(build, build->run->period.end_ms));
	add(build, "HEDDLE_RUN_DIR", build->launch->run_dir);
	add_files(build);
	add_identity(build);
}

/* A value as the environment shows it; NULL = it cannot be there: it is null,
 * or longer than the kernel takes as one text. */
static const char *env_value(struct build *build, const char *name, const json_t *value)
{
	struct str text = STR_INIT;
	const char *kept = NULL;

	param_value_text(value, &text);
	if (!json_is_null(value) && strlen(name) + text.size + 1 <= LIMIT_ARGUMENT_BYTES &&
	    strlen(str_text(&text)) == text.size)
		kept = arena_strndup(build->arena, str_text(&text), text.size);
	str_close(&text);
	return kept;
}

static void add_value(struct build *build, struct str *name, const json_t *value)
{
	const char *kept = env_value(build, str_text(name), value);

	if (kept != NULL)
		add(build, arena_strdup(build->arena, str_text(name)), kept);
	str_close(name);
}

static void add_params(struct build *build)
{
	const char *name;
	json_t *value;

	json_object_foreach(build->params, name, value)
	{
		struct str env = STR_INIT;

		param_env_name(name, &env);
		add_value(build, &env, value);
	}
}

/* The outputs of the tasks that it waits for. */
static void add_outputs(struct build *build)
{
	for (uint32_t i = 0; i < build->task->upstream_count; i++) {
		uint32_t upstream = build->task->upstream[i];
		json_t *outputs = build->run->outputs(build->run->context, upstream);
		const char *key;
		json_t *value;

		json_object_foreach(outputs, key, value)
		{
			struct str env = STR_INIT;

			outputs_env_name(build->attempt->dag->tasks[upstream].id, key, &env);
			add_value(build, &env, value);
		}
		json_decref(outputs);
	}
}

/* Names that begin with HEDDLE_ are refused by the parser. */
static int add_tasks_own(struct build *build, struct err *err)
{
	const struct task *task = build->task;
	int rc = 0;

	for (uint32_t i = 0; rc == 0 && i < task->env_count; i++) {
		const char *value;

		rc = render(build, task->env[i].name, task->env[i].value, LIMIT_ARGUMENT_BYTES,
			    &value, err);
		if (rc == 0)
			set(build, task->env[i].name, value);
	}
	if (rc != 0)
		err_wrap(err, "env");
	return rc;
}

static int build_env(struct build *build, struct err *err)
{
	int rc;

	add_inherited(build);
	add_own(build);
	add_params(build);
	add_outputs(build);
	rc = add_tasks_own(build, err);
	build->launch->env_count = (uint32_t)build->env.count;
	build->launch->env =
	    memcpy(arena_alloc(build->arena, build->env.count * sizeof *build->env.items),
		   build->env.items, build->env.count * sizeof *build->env.items);
	return rc;
}

/* --- folder and action
 * ------------------------------------------------------------------------ */

/* The folder of the dag's file, and from there to the task's cwd. */
static int build_cwd(struct build *build, struct err *err)
{
	const struct dag *dag = build->attempt->dag;
	const char *slash = strrchr(dag->source, '/');
	const char *folder = build->home->dags;
	const char *cwd = build->task->cwd;
	int rc = 0;

	if (slash != NULL)
		folder = arena_printf(build->arena, "%s/%.*s", build->home->dags,
				      (int)(slash - dag->source), dag->source);
	if (cwd != NULL)
		rc = render(build, "cwd", cwd, PATH_MAX, &cwd, err);
	if (rc != 0 || cwd == NULL)
		build->launch->cwd = folder;
	else
		build->launch->cwd =
		    cwd[0] == '/' ? cwd : arena_printf(build->arena, "%s/%s", folder, cwd);
	return rc;
}

static size_t count_words(const char *const *words)
{
	size_t count = 0;

	while (words[count] != NULL)
		count++;
	return count;
}

static int build_argv(struct build *build, struct err *err)
{
	size_t count = count_words(build->task->argv);
	const char **argv = arena_alloc(build->arena, (count + 1) * sizeof *argv);
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < count; i++) {
		rc = render_code(build, "command", build->task->argv[i], LIMIT_ARGUMENT_BYTES,
				 &argv[i], err);
		build->bytes += rc == 0 ? strlen(argv[i]) + 1 : 0;
	}
	build->launch->argv = argv;
	return rc;
}

/* Another shell reads the text from its stdin, unless its last word asks for it
 * as an argument. */
static void use_shell(struct build *build, const char *text)
{
	size_t count = count_words(build->task->shell);
	const char **argv = arena_alloc(build->arena, (count + 2) * sizeof *argv);

	memcpy(argv, build->task->shell, count * sizeof *argv);
	if (strcmp(argv[count - 1], "-c") == 0)
		argv[count] = text;
	else
		build->launch->stdin_text = text;
	build->launch->argv = argv;
}

static int build_command(struct build *build, struct err *err)
{
	const char *text = build->task->command;
	int rc;

	if (build->task->argv != NULL)
		return build_argv(build, err);
	rc = render_code(build, "command", build->task->command, LIMIT_ARGUMENT_BYTES, &text, err);
	if (rc != 0)
		return rc;
	build->bytes += strlen(text) + 1;
	if (build->task->shell != NULL)
		use_shell(build, text);
	else
		build->launch->command = text;
	return 0;
}

static int build_sql(struct build *build, struct err *err)
{
	const struct task_sql *sql = build->task->sql;
	const char **argv = arena_alloc(build->arena, (DUCKDB_COUNT + 2) * sizeof *argv);
	int rc = render_code(build, "sql query", sql->query, LIMIT_QUERY_BYTES,
			     &build->launch->stdin_text, err);

	memcpy(argv, duckdb, sizeof duckdb);
	if (rc == 0 && sql->database != NULL)
		rc = render(build, "sql database", sql->database, PATH_MAX, &argv[DUCKDB_COUNT],
			    err);
	build->launch->argv = argv;
	build->launch->keep_stdout = true;
	return rc;
}

static void build_limits(struct build *build)
{
	const struct task_policy *policy = build->task->policy;

	build->launch->timeout_ms = build->task->timeout_ms;
	build->launch->grace_ms = DEFAULT_GRACE_MS;
	build->launch->log_limit_bytes =
	    policy->log_bytes != 0 ? policy->log_bytes : LIMIT_LOG_BYTES;
	build->launch->memory_bytes = policy->memory_bytes;
	build->launch->cpus_milli = policy->cpus_milli;
	build->launch->pids = policy->pids;
	build->launch->keep_stdout = build->task->output_count > 0;
}

/* --- the whole
 * --------------------------------------------------------------------------------
 */

static int begin(struct build *build, struct err *err)
{
	const struct effect *attempt = build->attempt;
	int rc = tz_load(attempt->dag->timezone, &build->tz, err);

	build->params = build->run->params == NULL
			    ? json_object()
			    : json_loads(build->run->params, JSON_DECODE_ANY, NULL);
	build->values = (struct run_values){.dag = attempt->dag,
					    .tz = build->run->tz,
					    .run_id = attempt->run_id,
					    .kind = build->run->kind,
					    .period = build->run->period,
					    .params = build->params,
					    .task = attempt->task,
					    .attempt = attempt->number,
					    .outputs = build->run->outputs,
					    .state = build->run->state,
					    .context = build->run->context};
	return rc;
}

static int check_size(const struct build *build, struct err *err)
{
	if (build->bytes <= LIMIT_LAUNCH_BYTES)
		return 0;
	return err_set(err, ERR_LIMIT,
		       "arguments and environment take %zu bytes: at most %u; give less through "
		       "params, env and the outputs of upstream tasks",
		       build->bytes, LIMIT_LAUNCH_BYTES);
}

int launch_build(const struct home *home, const struct identity *identity,
		 const struct effect *attempt, const struct launch_run *run, struct arena *arena,
		 struct process_launch *launch, struct err *err)
{
	struct build build = {.home = home,
			      .identity = identity,
			      .attempt = attempt,
			      .run = run,
			      .task = &attempt->dag->tasks[attempt->task],
			      .arena = arena,
			      .launch = launch};
	int rc;

	memset(launch, 0, sizeof *launch);
	launch->ref.attempt_id = attempt->attempt_id;
	launch->ref.released_at_ms = attempt->released_at_ms;
	launch->run_dir = arena_printf(arena, "%s/runs/%s", home->path, attempt->run_id);
	build_limits(&build);
	rc = begin(&build, err);
	if (rc == 0)
		rc = build_cwd(&build, err);
	if (rc == 0)
		rc = build_env(&build, err);
	if (rc == 0)
		rc = build.task->action == ACTION_SQL ? build_sql(&build, err)
						      : build_command(&build, err);
	if (rc == 0)
		rc = check_size(&build, err);
	vec_close(&build.env);
	json_decref(build.params);
	tz_destroy(build.tz);
	return rc;
}
