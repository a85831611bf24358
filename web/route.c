/* route.c - the table of routes and how a path finds its row; see route.h. */
#include "web/route.h"

#include "base/str.h"
#include "base/utf8.h"
#include "executor/process/artifacts_read.h"
#include "model/dag.h"
#include "web/api/api.h"
#include "web/query.h"
#include "web/session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define V1 "/api/v1"
#define PAGE (QUERY_LIMIT | QUERY_CURSOR_NUMBER)
#define PAGE_BY_ID (QUERY_LIMIT | QUERY_CURSOR)
#define ATTEMPT V1 "/runs/{run}/tasks/{task}/attempts/{attempt}"

#define JSON "application/json"
#define TEXT "text/plain"
#define EVENTS "text/event-stream"
#define BYTES "application/octet-stream"

#define NOW(path, flags, serve, media, schema, summary)                                        \
	{                                                                                      \
		"GET", path, ROUTE_NOW, flags, 0, NULL, serve, 0, media, schema, summary, NULL \
	}
#define READ(path, flags, params, serve, media, schema, summary)                                \
	{                                                                                       \
		"GET", path, ROUTE_READ, flags, params, serve, NULL, 0, media, schema, summary, \
		    NULL                                                                        \
	}
#define COMMAND(method, path, params, find, command, schema, summary) \
	COMMAND_OF(method, path, 0, params, find, command, schema, summary)
#define COMMAND_OF(method, path, flags, params, find, command, schema, summary)                   \
	{                                                                                         \
		method, path, ROUTE_COMMAND, flags, (params) | QUERY_DRY_RUN | QUERY_TOKEN, find, \
		    NULL, command, JSON, schema, summary, NULL                                    \
	}

#define QUESTION(path, find, command, schema, summary)                                         \
	{                                                                                      \
		"GET", path, ROUTE_QUESTION, 0, 0, find, NULL, command, JSON, schema, summary, \
		    NULL                                                                       \
	}

/* clang-format off */
static const struct route routes[] = {
	NOW("/healthz", ROUTE_PUBLIC, api_healthz, TEXT, NULL, "Whether the process answers"),
	NOW("/readyz", ROUTE_PUBLIC, api_readyz, TEXT, NULL,
	    "Whether new work is taken; if not, the reason"),
	NOW("/version", ROUTE_PUBLIC, api_version, JSON, "Version", "Which program this is"),
	NOW("/metrics", 0, api_metrics, TEXT, NULL, "What the daemon counts, in the text format of Prometheus"),
	NOW("/sign-in/{secret}", ROUTE_PUBLIC, api_sign_in, TEXT, NULL,
	    "Spends a one-time link: sets the page's cookie and leads to the page"),
	NOW(V1 "/openapi.json", ROUTE_TAGGED | ROUTE_TASK, api_openapi, JSON, "Document", "This document"),
	NOW(V1 "/session", ROUTE_TASK, api_session, JSON, "Session", "Who asks, and what commands of a page need"),
	{"POST", V1 "/session:link", ROUTE_NOW, 0, 0, NULL, api_session_link, 0, JSON, "PageLink",
	 "Makes a link that signs a page in, good once and for ten minutes", NULL},
	READ(V1 "/stream", ROUTE_EVENTS | ROUTE_TASK_NAMED, QUERY_RUN | QUERY_SINCE_FACT | QUERY_TOPICS, api_stream, EVENTS, NULL,
	     "What happens, as it happens: facts as server-sent events"),
	READ(V1 "/attention", ROUTE_CONCERNS, PAGE | QUERY_SINCE_TIME, api_attention, JSON, "AttentionPage",
	     "What needs somebody, the most pressing first"),
	READ(V1 "/dags", ROUTE_TAGGED | ROUTE_TASK,
	     PAGE_BY_ID | QUERY_TEXT | QUERY_DOMAIN | QUERY_OWNER | QUERY_TAG | QUERY_DAG_STATE | QUERY_BARS, api_dags,
	     JSON, "DagPage", "The dags in force with their last runs, by id"),
	READ(V1 "/dags/{dag}", ROUTE_TAGGED | ROUTE_TASK, QUERY_VERSION, api_dag, JSON, "DagWhole",
	     "A dag with its last runs, and with the tasks and params of a version"),
	READ(V1 "/dags/{dag}/grid", ROUTE_TAGGED | ROUTE_TASK,
	     QUERY_CURSOR_NUMBER | QUERY_TO | QUERY_RUNS | QUERY_TASKS | QUERY_FROM_TASK, api_grid, JSON,
	     "Grid", "The last runs of a dag by their tasks: a state is a letter"),
	READ(V1 "/dags/{dag}/versions", ROUTE_TAGGED | ROUTE_TASK, PAGE, api_versions, JSON, "VersionPage",
	     "The versions of a dag that were in force or run, newest first"),
	READ(V1 "/dags/{dag}/source", ROUTE_TAGGED | ROUTE_TASK, QUERY_VERSION, api_source, TEXT, NULL,
	     "The text of a version of a dag"),
	READ(V1 "/dags/{dag}/runs", ROUTE_TASK, PAGE | QUERY_RUN_STATE | QUERY_SINCE_TIME, api_runs, JSON,
	     "RunPage", "The runs of a dag, newest first"),
	COMMAND_OF("POST", V1 "/dags/{dag}/runs", ROUTE_TASK, QUERY_WAIT, NULL, WEB_TRIGGER, "RunWhole",
		"Starts a run; the same key never makes a second one"),
	COMMAND("PATCH", V1 "/dags/{dag}", 0, NULL, WEB_PAUSE, "Paused", "Pauses a dag, or lets it go on"),
	COMMAND("POST", V1 "/dags:pause", 0, NULL, WEB_PAUSE, "Paused", "Pauses all dags"),
	COMMAND("POST", V1 "/dags:resume", 0, NULL, WEB_RESUME, "Paused", "Lets all dags go on"),
	READ(V1 "/drain", 0, QUERY_WAIT, api_drain, JSON, "Drain",
	     "What still runs; may wait, while all dags are paused, until nothing does"),
	READ(V1 "/errors", ROUTE_TAGGED, PAGE, api_errors, JSON, "ErrorPage", "What does not check in the folder of dags"),
	READ(V1 "/pools", ROUTE_TAGGED, PAGE, api_pools, JSON, "PoolPage", "Slots: how many, used, waited for"),
	READ(V1 "/restored", 0, 0, api_restored, JSON, "Restored",
	     "Whether the home came out of a backup and is held, and what it cannot know"),
	READ(V1 "/runs", ROUTE_TASK_NAMED, PAGE | QUERY_DAG | QUERY_RUN_STATE | QUERY_SINCE_TIME, api_runs, JSON,
	     "RunPage", "Runs, newest first"),
	READ(V1 "/runs/{run}", ROUTE_TAGGED | ROUTE_TASK, QUERY_WAIT | QUERY_SINCE_FACT, api_run, JSON, "RunWhole",
	     "A run and the states of its tasks; may wait for a change"),
	READ(V1 "/runs/{run}:wait", ROUTE_TASK, QUERY_WAIT, api_run_ended, JSON, "RunWhole",
	     "A run when it has ended, or when the waiting time is over"),
	{"GET", V1 "/why", ROUTE_QUESTION, 0, QUERY_TARGET, api_why_target, NULL, WEB_WHY, JSON, "Why",
	 "Why a run, a task or a dag is where it is, by the name that people give it", NULL},
	QUESTION(V1 "/runs/{run}/why", api_find_run, WEB_WHY, "Why",
		 "Why a run has not ended, or how it came to its end"),
	QUESTION(V1 "/runs/{run}/tasks/{task}/why", api_find_run, WEB_WHY, "Why",
		 "Why a task has not run, or how it came to its end"),
	{"POST", V1 "/validate", ROUTE_READ, ROUTE_TEXT, QUERY_FILE, api_validate, NULL, 0, JSON, "Validation",
	 "Checks a text as a DAG file: all that is wrong with it, each with its place", NULL},
	COMMAND("POST", V1 "/runs/{run}:cancel", QUERY_WAIT, api_find_run, WEB_CANCEL, "RunWhole",
		"Stops a run"),
	COMMAND("POST", V1 "/runs/{run}:rerun", QUERY_WAIT, api_find_run, WEB_RERUN, "RunWhole",
		"Resets tasks of a run, so that they run again"),
	COMMAND_OF("POST", V1 "/runs/{run}:note", ROUTE_TASK_OWN, 0, api_find_run, WEB_NOTE, "RunWhole",
		"Writes a note on a run or a task of it"),
	COMMAND("POST", V1 "/runs/{run}/tasks/{task}:mark", 0, api_find_run, WEB_MARK, "RunWhole",
		"Says what a task came to"),
	READ(V1 "/runs/{run}/tasks", ROUTE_TAGGED | ROUTE_TASK, PAGE | QUERY_TASK_STATE, api_tasks, JSON, "TaskPage",
	     "The tasks of a run, in their order"),
	READ(V1 "/runs/{run}/tasks/{task}", ROUTE_TAGGED | ROUTE_TASK, 0, api_task, JSON, "TaskWhole",
	     "A task of a run with its attempts"),
	READ(V1 "/runs/{run}/scripts", ROUTE_TAGGED | ROUTE_TASK, 0, api_scripts, JSON, "ScriptPage",
	     "The scripts that the newest attempts of a run started, and whether they have changed"),
	READ(ATTEMPT, ROUTE_TAGGED | ROUTE_TASK, 0, api_attempt, JSON, "Attempt", "An attempt and what was measured of it"),
	READ(ATTEMPT "/log", ROUTE_RANGES | ROUTE_TASK,
	     QUERY_FOLLOW | QUERY_FROM | QUERY_TO_LINE | QUERY_LINES | QUERY_TAIL | QUERY_FIND |
		 QUERY_LEVEL | QUERY_OFFSET, api_log,
	     TEXT " " EVENTS " " JSON, "LogPage",
	     "The log of an attempt: its bytes, its lines with their numbers, or as it grows"),
	READ(ATTEMPT "/artifacts", ROUTE_TASK, QUERY_LIMIT | QUERY_CURSOR_NAME, api_artifacts, JSON, "ArtifactPage",
	     "The files that an attempt left in $HEDDLE_ARTIFACTS, by name"),
	READ(ATTEMPT "/artifacts/{artifact}", ROUTE_RANGES | ROUTE_TASK, 0, api_artifact, BYTES, NULL,
	     "One of these files"),
	COMMAND("POST", V1 "/gc", 0, NULL, WEB_GC, "Gc",
		"Packs what ended and prunes what is past retention: begins, and says what comes of it"),
	QUESTION(V1 "/gc", NULL, WEB_GC_STATUS, "Gc", "What the newest round of it came to so far"),
	READ(V1 "/facts", ROUTE_TASK_NAMED, QUERY_RUN | QUERY_SINCE_FACT | PAGE | QUERY_WAIT, api_facts, JSON,
	     "FactPage", "Who changed what, when and why, oldest first; may wait for the next one"),
};
/* clang-format on */

#define ROUTE_COUNT (sizeof routes / sizeof *routes)

static bool take_dag(const char *text, struct route_names *names)
{
	names->dag = text;
	return id_is_valid(text, true);
}

static bool take_run(const char *text, struct route_names *names)
{
	size_t length = strlen(text);

	if (length == 0 || length >= sizeof names->run ||
	    strspn(text, "0123456789abcdef") != length)
		return false;
	memcpy(names->run, text, length + 1);
	return true;
}

static bool take_task(const char *text, struct route_names *names)
{
	names->task = text;
	return id_is_valid(text, false);
}

static bool take_attempt(const char *text, struct route_names *names)
{
	size_t length = strlen(text);

	names->attempt = ROUTE_ATTEMPT_LATEST;
	if (strcmp(text, "latest") == 0)
		return true;
	if (length == 0 || length > 9 || strspn(text, "0123456789") != length)
		return false;
	names->attempt = (uint32_t)strtoul(text, NULL, 10);
	return names->attempt != 0;
}

static bool take_secret(const char *text, struct route_names *names)
{
	names->secret = text;
	return strlen(text) == SESSION_SECRET_SIZE - 1 &&
	       strspn(text, "0123456789abcdef") == SESSION_SECRET_SIZE - 1;
}

/* What embed.cmake embeds is in one folder. */
static bool take_file(const char *text, struct route_names *names)
{
	names->file = text;
	return text[0] != '\0' && text[0] != '.';
}

bool route_artifact_is_good(const char *name)
{
	if (strlen(name) > LIMIT_ARTIFACT_NAME_BYTES || !artifact_name_is_good(name))
		return false;
	while (*name != '\0') {
		size_t length = utf8_length(name);

		if (length == 0 || (unsigned char)*name < 0x20 || *name == 0x7f)
			return false;
		name += length;
	}
	return true;
}

static bool take_artifact(const char *text, struct route_names *names)
{
	names->artifact = text;
	return route_artifact_is_good(text);
}

static const struct route_name_row kinds[] = {
    {"{dag}", take_dag, "The id of a dag",
     "{\"type\":\"string\",\"pattern\":\"^[A-Za-z_][A-Za-z0-9_.-]{0,99}$\"}"},
    {"{run}", take_run, "The id of a run, or a unique beginning of it",
     "{\"type\":\"string\",\"pattern\":\"^[0-9a-f]{1,16}$\"}"},
    {"{task}", take_task, "The id of a task",
     "{\"type\":\"string\",\"pattern\":\"^[A-Za-z_][A-Za-z0-9_-]{0,99}$\"}"},
    {"{attempt}", take_attempt, "The number of an attempt, or latest",
     "{\"type\":\"string\",\"pattern\":\"^(latest|[1-9][0-9]{0,8})$\"}"},
    {"{secret}", take_secret, "What the link of the daemon's start holds",
     "{\"type\":\"string\",\"pattern\":\"^[0-9a-f]{64}$\"}"},
    {"{artifact}", take_artifact, "The name of an artifact, its slashes as %2F",
     "{\"type\":\"string\",\"minLength\":1,\"maxLength\":1000}"},
    {"{file}", take_file, "The name of a file that the pages link", "{\"type\":\"string\"}"},
};

/* pattern: one segment, length bytes. The verb, when the pattern has one, must end the text. */
static bool match_name(const char *pattern, size_t length, const char *text,
		       struct route_names *names)
{
	const char *brace = memchr(pattern, '}', length);
	size_t name_length = (size_t)(brace - pattern) + 1;
	size_t verb_length = length - name_length;
	size_t text_length = strlen(text);

	if (text_length < verb_length ||
	    memcmp(text + text_length - verb_length, pattern + name_length, verb_length) != 0)
		return false;
	if (verb_length > 0) {
		if (text_length - verb_length >= sizeof names->cut)
			return false;
		memcpy(names->cut, text, text_length - verb_length);
		names->cut[text_length - verb_length] = '\0';
	}
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (strncmp(kinds[i].name, pattern, name_length) == 0)
			return kinds[i].take(verb_length == 0 ? text : names->cut, names);
	return false;
}

static bool match(const char *pattern, const struct target *target, struct route_names *names)
{
	memset(names, 0, sizeof *names);
	if (target->segment_count == 0)
		return strcmp(pattern, "/") == 0;
	for (size_t i = 0; i < target->segment_count; i++) {
		const char *text = target->segments[i];
		size_t length;

		if (*pattern++ != '/')
			return false;
		length = strcspn(pattern, "/");
		if (pattern[0] == '{'
			? !match_name(pattern, length, text, names)
			: strlen(text) != length || memcmp(text, pattern, length) != 0)
			return false;
		pattern += length;
	}
	return *pattern == '\0';
}

/* One path has at most one row a method. OPTIONS is answered everywhere, by check.c. */
static void add_allowed(const char *method, char allow[ROUTE_ALLOW_SIZE])
{
	size_t length = strlen(allow);

	snprintf(allow + length, ROUTE_ALLOW_SIZE - length, "%s%s", length == 0 ? "" : ", ",
		 strcmp(method, "GET") == 0 ? "GET, HEAD" : method);
}

static const struct route *find_in(const struct route *rows, size_t count, const char *method,
				   const struct target *target, struct route_names *names,
				   char allow[ROUTE_ALLOW_SIZE])
{
	for (size_t i = 0; i < count; i++) {
		if (!match(rows[i].pattern, target, names))
			continue;
		if (strcmp(rows[i].method, method) == 0)
			return &rows[i];
		add_allowed(rows[i].method, allow);
	}
	return NULL;
}

const struct route *route_find(const char *method, const struct target *target,
			       struct route_names *names, char allow[ROUTE_ALLOW_SIZE])
{
	const char *wanted = strcmp(method, "HEAD") == 0 ? "GET" : method;
	size_t page_count;
	const struct route *pages = page_route_table(&page_count);
	const struct route *found;

	allow[0] = '\0';
	found = find_in(routes, ROUTE_COUNT, wanted, target, names, allow);
	if (found == NULL)
		found = find_in(pages, page_count, wanted, target, names, allow);
	if (found != NULL)
		return found;
	if (allow[0] != '\0')
		add_allowed("OPTIONS", allow);
	memset(names, 0, sizeof *names);
	return NULL;
}

const struct route *route_table(size_t *count)
{
	*count = ROUTE_COUNT;
	return routes;
}

const struct route_name_row *route_name_table(size_t *count)
{
	*count = sizeof kinds / sizeof *kinds;
	return kinds;
}
