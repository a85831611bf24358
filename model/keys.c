/* keys.c - the table of keys, and what is said of words that are not in it; see keys.h. */
#include "model/keys.h"

#include "base/str.h"

#include <string.h>

#define YES true
#define NO false
#define DAG LEVEL_DAG
#define TASK LEVEL_TASK
#define FOLDER LEVEL_FOLDER

/* clang-format off */
const struct key keys[] = {
    /* name, levels, supported, action, type, without it, meaning */

    /* The dag, in the order of the canonical form (format.h). */
    {"id", DAG, YES, NO, "id", "required", "names the dag; unique in the instance, may hold dots"},
    {"use", DAG, NO, NO, "map", "none", "the blueprint that this dag is made of"},
    {"domain", DAG | FOLDER, YES, NO, "id", "folder's", "scopes products, pools, connections, secrets and roles"},
    {"owner", DAG | FOLDER, YES, NO, "text", "folder's", "who answers for it"},
    {"description", DAG, YES, NO, "text", "none", "what the dag is for, for people"},
    {"tags", DAG | FOLDER, YES, NO, "list", "folder's", "words to find it by"},
    {"schedule", DAG, NO, NO, "text, list or map", "none", "when runs start: cron, every, at"},
    {"timezone", DAG | FOLDER, YES, NO, "text", "UTC", "IANA name of the zone that times are read in"},
    {"dst", DAG, NO, NO, "map", "{gap: shift, repeat: first}", "what happens to fixed times when the clock is changed"},
    {"calendar", DAG, NO, NO, "text", "none", "name of the calendar that the schedule follows"},
    {"period", DAG, NO, NO, "text", "of the product, else the fire time", "what one run stands for: hour day week month event"},
    {"lag", DAG, NO, NO, "duration", "0", "how far the period lies before the fire time"},
    {"start", DAG, NO, NO, "instant", "none", "no period before it"},
    {"end", DAG, NO, NO, "instant", "none", "no period after it"},
    {"catchup", DAG, NO, NO, "text", "last", "which missed fires are made up: none last all"},
    {"catchup_window", DAG, NO, NO, "duration", "1d", "how old a missed fire may be"},
    {"overlap", DAG, YES, NO, "text", "queue", "what a new run does while max_active_runs are under way: queue (skip latest cancel allow are not supported yet)"},
    {"max_active_runs", DAG, YES, NO, "integer", "1", "runs of this dag at once"},
    {"queue_max", DAG, YES, NO, "integer", "100", "runs that may wait for another to end"},
    {"max_active_tasks", DAG, YES, NO, "integer", "16", "tasks of this dag that run at once, over all its runs"},
    {"depends_on", DAG, NO, NO, "list", "[]", "data products that a run waits for"},
    {"produces", DAG, NO, NO, "list", "[]", "data products that a run builds"},
    {"webhooks", DAG, NO, NO, "list", "[]", "addresses whose POST starts a run"},
    {"params", DAG, YES, NO, "map", "{}", "values that a trigger may give, with their types"},
    {"env", DAG | FOLDER, YES, NO, "map", "{}", "environment of every task"},
    {"defaults", DAG | FOLDER, YES, NO, "map", "{}", "task keys for every task"},
    {"credentials", DAG | FOLDER | TASK, NO, NO, "list", "none", "roles, connections and secrets that tasks get"},
    {"pools", DAG | FOLDER, YES, NO, "map", "{}", "name: slots; default is the pool of tasks that name none"},
    {"timeout", DAG, YES, NO, "duration", "none", "of the whole run"},
    {"retention", DAG | FOLDER, YES, NO, "duration or map", "90d", "how long logs, outputs and run detail are kept after a run has ended; {runs: n}: those of the newest n"},
    {"audit_retention", DAG | FOLDER, NO, NO, "duration", "for ever", "how long facts and histories are kept"},
    {"alerts", DAG | FOLDER, NO, NO, "list", "[]", "who is told of what"},
    {"tasks", DAG, YES, NO, "list or map", "required", "list of tasks with id, or a map by id; their order means nothing"},
    {"on_success", DAG, YES, NO, "list", "[]", "tasks run after a run that succeeded"},
    {"on_failure", DAG, YES, NO, "list", "[]", "tasks run after a run that failed"},
    {"on_exit", DAG, YES, NO, "list", "[]", "tasks run after every run"},

    /* The task, likewise. */
    {"id", TASK, YES, NO, "id", "required", "names the task; unique in its dag"},
    {"description", TASK, YES, NO, "text", "none", "what the task is for, for people"},
    {"group", TASK, YES, NO, "text", "none", "tasks shown together"},
    {"depends_on", TASK, YES, NO, "list of ids", "[]", "tasks that must succeed first; one id may stand alone"},
    {"trigger_rule", TASK, YES, NO, "text", "all_success", "what the upstream tasks must have come to"},
    {"when", TASK, YES, NO, "condition", "true", "false: the task is skipped"},
    {"map", TASK, NO, NO, "list or map", "none", "one instance of the task for each item"},
    {"map_max", TASK, NO, NO, "integer", "none", "instances of the task at once"},

    /* The actions: a task has exactly one. */
    {"command", TASK, YES, YES, "text or list", "none", "text for /bin/sh -e, or a list that is run without a shell"},
    {"sql", TASK, YES, YES, "map", "none", "a query on an engine or a connection"},
    {"etl", TASK, NO, YES, "map", "none", "sources, transforms and sinks"},
    {"quality", TASK, NO, YES, "map", "none", "a gate of data-quality rules"},
    {"spark", TASK, NO, YES, "map", "none", "a Spark application"},
    {"emr_serverless", TASK, NO, YES, "map", "none", "a job run of EMR Serverless"},
    {"emr", TASK, NO, YES, "map", "none", "a step of an EMR cluster"},
    {"emr_eks", TASK, NO, YES, "map", "none", "a job run of EMR on EKS"},
    {"glue", TASK, NO, YES, "map", "none", "a Glue job"},
    {"glue_crawler", TASK, NO, YES, "map", "none", "a Glue crawler"},
    {"athena", TASK, NO, YES, "map", "none", "an Athena query"},
    {"redshift", TASK, NO, YES, "map", "none", "a Redshift statement"},
    {"lambda", TASK, NO, YES, "map", "none", "a Lambda function"},
    {"step_function", TASK, NO, YES, "map", "none", "an execution of a state machine"},
    {"batch", TASK, NO, YES, "map", "none", "an AWS Batch job"},
    {"aws", TASK, NO, YES, "map", "none", "any call of an AWS service"},
    {"slurm", TASK, NO, YES, "map", "none", "a Slurm job"},
    {"kubernetes", TASK, NO, YES, "map", "none", "a Kubernetes job"},
    {"http", TASK, NO, YES, "map", "none", "an HTTP request"},
    {"wait", TASK, NO, YES, "map", "none", "a sensor that holds no slot"},
    {"approve", TASK, NO, YES, "map", "none", "waits for somebody's yes"},
    {"call", TASK, NO, YES, "map", "none", "another dag as a part of this run"},
    {"branch", TASK, NO, YES, "map", "none", "chooses which tasks run"},
    {"notify", TASK, NO, YES, "map", "none", "sends a message"},
    {"publish", TASK, NO, YES, "map", "none", "a refresh event in the middle of a run"},
    {"notebook", TASK, NO, YES, "map", "none", "a notebook, run in the task's process"},
    {"empty", TASK, YES, YES, "nothing", "none", "nothing: a joint"},

    /* What stands behind its action. */
    {"shell", TASK, YES, NO, "list", "[/bin/sh, -e]", "program that reads the command's text"},
    {"cwd", TASK, YES, NO, "text", "the folder of the dag's file", "folder that the task starts in; relative to the default"},
    {"env", TASK, YES, NO, "map", "{}", "environment of this task, name: value"},
    {"files", TASK, NO, NO, "map", "{}", "files made for the attempt"},
    {"run_as", TASK, NO, NO, "text", "none", "user that the task runs as"},
    {"limits", TASK, YES, NO, "map", "{}", "memory, cpus, processes and log of an attempt"},
    {"isolate", TASK, NO, NO, "map", "none", "network and folders that the task does not see"},
    {"continuous", TASK, NO, NO, "map", "none", "for jobs that do not end"},
    {"inputs", TASK, YES, NO, "list", "[]", "datasets that it reads, for lineage"},
    {"outlets", TASK, YES, NO, "list", "[]", "datasets that it writes, for lineage"},
    {"outputs", TASK, YES, NO, "map", "{}", "values taken from what the task printed"},
    {"timeout", TASK, YES, NO, "duration", "none", "of one attempt"},
    {"start_timeout", TASK, YES, NO, "duration", "none", "how long the task may wait for its start"},
    {"retries", TASK, YES, NO, "integer", "0", "attempts after the first"},
    {"retry_delay", TASK, YES, NO, "duration", "30s", "between the end of an attempt and the next"},
    {"retry_backoff", TASK, YES, NO, "number", "1", "factor by which each delay grows"},
    {"retry_max_delay", TASK, YES, NO, "duration", "1h", "longest delay between attempts"},
    {"retry_jitter", TASK, YES, NO, "number", "0.1", "part of the delay that is left to chance"},
    {"retry_on", TASK, YES, NO, "map", "none", "exit codes and texts that are tried again"},
    {"fail_on", TASK, YES, NO, "map", "none", "exit codes and texts that are not tried again"},
    {"pool", TASK, YES, NO, "text", "default", "whose slots the task takes"},
    {"slots", TASK, YES, NO, "integer", "1", "how many of them"},
    {"priority", TASK, YES, NO, "integer", "0", "higher ones get a free slot first"},
    {"allow_failure", TASK, YES, NO, "boolean", "false", "its failure does not fail the run"},
    {"teardown_for", TASK, NO, NO, "list of ids", "none", "tasks that it clears up after"},

    /* What only the defaults of a folder hold. */
    {"calendars", FOLDER, NO, NO, "map", "{}", "calendars by name"},
    {"connections", FOLDER, NO, NO, "map", "{}", "connections by name"},
    {"products", FOLDER, NO, NO, "list", "[]", "data products that no dag here builds"},
    {"sources", FOLDER, NO, NO, "list", "[]", "where events come from"},
    {"forward", FOLDER, NO, NO, "list", "[]", "where events go to"},
    {"vars", FOLDER, YES, NO, "map", "{}", "values for templates"},
    {"limits", FOLDER, NO, NO, "map", "{}", "runs, tasks and events of a domain"},
    {"start_paused", FOLDER, YES, NO, "boolean", "false", "new dags of the folder start paused"},
    {"require", FOLDER, YES, NO, "list", "[]", "keys that every dag of the folder must have"},
};
/* clang-format on */
const size_t key_count = sizeof keys / sizeof keys[0];

/* Words of other tools. One that stands at both levels means the same at each. */
static const struct {
	const char *name;
	const char *ours;
	const char *origin;
	unsigned levels; /* where ours stands */
} foreign[] = {
    {"bash_command", "command", "Airflow", TASK},
    {"concurrency", "max_active_tasks", "Airflow", DAG},
    {"dag_id", "id", "Airflow", DAG},
    {"dagrun_timeout", "timeout", "Airflow", DAG},
    {"default_args", "defaults", "Airflow", DAG},
    {"dependencies", "depends_on", "Airflow", TASK},
    {"doc_md", "description", "Airflow", DAG | TASK},
    {"end_date", "end", "Airflow", DAG},
    {"execution_timeout", "timeout", "Airflow", TASK},
    {"expand", "map", "Airflow", TASK},
    {"inlets", "inputs", "Airflow", TASK},
    {"is_paused_upon_creation", "start_paused", "Airflow", FOLDER},
    {"max_active_tis_per_dag", "map_max", "Airflow", TASK},
    {"max_retry_delay", "retry_max_delay", "Airflow", TASK},
    {"on_failure_callback", "on_failure", "Airflow", DAG},
    {"on_success_callback", "on_success", "Airflow", DAG},
    {"operator", "command", "Airflow", TASK},
    {"pool_slots", "slots", "Airflow", TASK},
    {"priority_weight", "priority", "Airflow", TASK},
    {"python_callable", "command", "Airflow", TASK},
    {"retry_exponential_backoff", "retry_backoff", "Airflow", TASK},
    {"run_as_user", "run_as", "Airflow", TASK},
    {"schedule_interval", "schedule", "Airflow", DAG},
    {"start_date", "start", "Airflow", DAG},
    {"task_group", "group", "Airflow", TASK},
    {"task_groups", "group", "Airflow", TASK},
    {"task_id", "id", "Airflow", TASK},
    {"timetable", "schedule", "Airflow", DAG},
    {"trigger_rules", "trigger_rule", "Airflow", TASK},
    {"upstream", "depends_on", "Airflow", TASK},
    {"upstream_task_ids", "depends_on", "Airflow", TASK},
    {"continueOn", "allow_failure", "Dagu", TASK},
    {"continue_on", "allow_failure", "Dagu", TASK},
    {"depends", "depends_on", "Dagu", TASK},
    {"dir", "cwd", "Dagu", TASK},
    {"dotenv", "env", "Dagu", DAG},
    {"executor", "command", "Dagu", TASK},
    {"handlerOn", "on_exit", "Dagu", DAG},
    {"handler_on", "on_exit", "Dagu", DAG},
    {"histRetentionDays", "retention", "Dagu", DAG},
    {"hist_retention_days", "retention", "Dagu", DAG},
    {"mailOn", "alerts", "Dagu", DAG},
    {"mail_on", "alerts", "Dagu", DAG},
    {"maxActiveRuns", "max_active_runs", "Dagu", DAG},
    {"maxActiveSteps", "max_active_tasks", "Dagu", DAG},
    {"max_active_steps", "max_active_tasks", "Dagu", DAG},
    {"name", "id", NULL, DAG | TASK},
    {"parallel", "map", "Dagu", TASK},
    {"precondition", "when", "Dagu", TASK},
    {"preconditions", "when", "Dagu", TASK},
    {"repeatPolicy", "continuous", "Dagu", TASK},
    {"repeat_policy", "continuous", "Dagu", TASK},
    {"retryPolicy", "retries", "Dagu", TASK},
    {"retry_policy", "retries", "Dagu", TASK},
    {"script", "command", "Dagu", TASK},
    {"steps", "tasks", "Dagu", DAG},
    {"timeoutSec", "timeout", "Dagu", DAG | TASK},
    {"timeout_sec", "timeout", "Dagu", DAG | TASK},
    {"workingDir", "cwd", "Dagu", TASK},
    {"working_dir", "cwd", "Dagu", TASK},
    {"activeDeadlineSeconds", "timeout", "Argo", DAG | TASK},
    {"arguments", "params", "Argo", DAG},
    {"container", "kubernetes", "Argo", TASK},
    {"dag", "tasks", "Argo", DAG},
    {"image", "kubernetes", "Argo", TASK},
    {"onExit", "on_exit", "Argo", DAG},
    {"parallelism", "max_active_tasks", "Argo", DAG},
    {"retryStrategy", "retries", "Argo", TASK},
    {"schedules", "schedule", "Argo", DAG},
    {"suspend", "approve", "Argo", TASK},
    {"template", "command", "Argo", TASK},
    {"templates", "tasks", "Argo", DAG},
    {"ttlStrategy", "retention", "Argo", DAG},
    {"withItems", "map", "Argo", TASK},
    {"withParam", "map", "Argo", TASK},
    {"withSequence", "map", "Argo", TASK},
    {"continue-on-error", "allow_failure", "GitHub", TASK},
    {"if", "when", "GitHub", TASK},
    {"jobs", "tasks", "GitHub", DAG},
    {"matrix", "map", "GitHub", TASK},
    {"needs", "depends_on", "GitHub", TASK},
    {"on", "schedule", "GitHub", DAG},
    {"run", "command", "GitHub", TASK},
    {"strategy", "map", "GitHub", TASK},
    {"timeout-minutes", "timeout", "GitHub", DAG | TASK},
    {"uses", "call", "GitHub", TASK},
    {"working-directory", "cwd", "GitHub", TASK},
    {"args", "command", NULL, TASK},
    {"after", "depends_on", NULL, TASK},
    {"cmd", "command", NULL, TASK},
    {"cron", "schedule", NULL, DAG},
    {"deps", "depends_on", NULL, TASK},
    {"environment", "env", NULL, DAG | TASK},
    {"exec", "command", NULL, TASK},
    {"parents", "depends_on", NULL, TASK},
    {"requires", "depends_on", NULL, TASK},
    {"retry", "retries", NULL, TASK},
    {"title", "description", NULL, DAG | TASK},
    {"tz", "timezone", NULL, DAG},
    {"workdir", "cwd", NULL, TASK},
};
#define FOREIGN_COUNT (sizeof foreign / sizeof foreign[0])
#define KEY_COUNT (sizeof keys / sizeof keys[0])

bool key_may_be_default(const struct key *key)
{
	return (key->levels & TASK) != 0 && !key->is_action && strcmp(key->name, "id") != 0 &&
	       strcmp(key->name, "depends_on") != 0;
}

const struct key *key_find(const char *name, enum key_level level)
{
	/* Of the few that begin alike: every key of every file comes by here. */
	for (size_t i = 0; i < KEY_COUNT; i++)
		if (keys[i].name[0] == name[0] && (keys[i].levels & level) != 0 &&
		    strcmp(keys[i].name, name) == 0)
			return &keys[i];
	return NULL;
}

/* Levels at which there is a key of that name; 0 = nowhere. */
static unsigned levels_of(const char *name)
{
	unsigned levels = 0;

	for (size_t i = 0; i < KEY_COUNT; i++)
		if (strcmp(keys[i].name, name) == 0)
			levels |= keys[i].levels;
	return levels;
}

/* FOREIGN_COUNT = nobody's word. */
static size_t find_foreign(const char *name)
{
	size_t i = 0;

	while (i < FOREIGN_COUNT && strcmp(foreign[i].name, name) != 0)
		i++;
	return i;
}

static const struct key *find_nearest(struct report *report, const char *name, enum key_level level)
{
	const char *names[KEY_COUNT + 1];
	const char *nearest;
	size_t count = 0;

	for (size_t i = 0; i < KEY_COUNT; i++)
		if ((keys[i].levels & level) != 0)
			names[count++] = keys[i].name;
	names[count] = NULL;
	nearest = report_nearest(report, name, names, count);
	return nearest == NULL ? NULL : key_find(nearest, level);
}

const struct key *key_guess(struct report *report, const char *name, enum key_level level)
{
	size_t i = find_foreign(name);

	if (i < FOREIGN_COUNT)
		return key_find(foreign[i].ours, level);
	return levels_of(name) != 0 ? NULL : find_nearest(report, name, level);
}

static const char *level_name(unsigned levels)
{
	switch (levels) {
	case DAG:
		return "the dag";
	case TASK:
		return "a task";
	case FOLDER:
		return "heddle.yaml";
	case DAG | FOLDER:
		return "the dag or heddle.yaml";
	case TASK | FOLDER:
		return "a task or heddle.yaml";
	default:
		return "the dag or a task";
	}
}

/* Our word for another tool's, with the level it belongs to when that is another one. */
static void report_foreign(struct report *report, struct place place, size_t i,
			   enum key_level level)
{
	bool is_here = (foreign[i].levels & level) != 0;
	unsigned levels = is_here ? level : foreign[i].levels;
	enum key_level ours_level = (levels & DAG) != 0    ? DAG
				    : (levels & TASK) != 0 ? TASK
							   : FOLDER;
	const struct key *ours = key_find(foreign[i].ours, ours_level);

	report_add(report, place, "unknown key '%s' (%s%shere it is '%s'%s%s%s)", foreign[i].name,
		   foreign[i].origin == NULL ? "" : foreign[i].origin,
		   foreign[i].origin == NULL ? "" : "'s word; ", ours->name,
		   is_here ? "" : ", a key of ", is_here ? "" : level_name(levels),
		   ours->is_supported ? "" : ", not supported yet");
}

static void report_stranger(struct report *report, struct place place, const char *name,
			    enum key_level level)
{
	struct str known = STR_INIT;

	for (size_t i = 0; i < KEY_COUNT; i++)
		if ((keys[i].levels & level) != 0 && keys[i].is_supported)
			str_printf(&known, " %s", keys[i].name);
	report_add(report, place, "unknown key %s (the keys of %s:%s)", report_quote(report, name),
		   level_name(level), str_text(&known));
	str_close(&known);
}

void key_report_unknown(struct report *report, struct place place, const char *name,
			enum key_level level)
{
	size_t i = find_foreign(name);
	unsigned elsewhere = levels_of(name);
	const struct key *nearest;

	if (i < FOREIGN_COUNT) {
		report_foreign(report, place, i, level);
		return;
	}
	if (elsewhere != 0) {
		report_add(report, place, "key '%s' does not belong to %s: it is a key of %s", name,
			   level_name(level), level_name(elsewhere));
		return;
	}
	nearest = find_nearest(report, name, level);
	if (nearest == NULL)
		report_stranger(report, place, name, level);
	else
		report_add(report, place, "unknown key %s (did you mean '%s'?%s)",
			   report_quote(report, name), nearest->name,
			   nearest->is_supported ? "" : " it is not supported yet");
}
