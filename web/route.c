/* route.c - the table of routes and how a path finds its row; see route.h. */
#include "web/route.h"

#include "base/str.h"
#include "model/dag.h"
#include "web/api/api.h"
#include "web/query.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define V1 "/api/v1"
#define PAGE (QUERY_LIMIT | QUERY_CURSOR)
#define ATTEMPT V1 "/runs/{run}/tasks/{task}/attempts/{attempt}"

/* clang-format off */
static const struct route routes[] = {
	{"GET",  "/healthz",                ROUTE_NOW,     true,  0, NULL, api_healthz, 0},
	{"GET",  "/readyz",                 ROUTE_NOW,     true,  0, NULL, api_readyz, 0},
	{"GET",  "/version",                ROUTE_NOW,     true,  0, NULL, api_version, 0},
	{"GET",  V1 "/dags",                ROUTE_READ,    false, PAGE, api_dags, NULL, 0},
	{"GET",  V1 "/dags/{dag}",          ROUTE_READ,    false, 0, api_dag, NULL, 0},
	{"GET",  V1 "/dags/{dag}/runs",     ROUTE_READ,    false,
	 PAGE | QUERY_RUN_STATE | QUERY_SINCE_TIME, api_runs, NULL, 0},
	{"POST", V1 "/dags/{dag}/runs",     ROUTE_COMMAND, false, QUERY_WAIT, NULL, NULL, WEB_TRIGGER},
	{"GET",  V1 "/errors",              ROUTE_READ,    false, 0, api_errors, NULL, 0},
	{"GET",  V1 "/pools",               ROUTE_READ,    false, 0, api_pools, NULL, 0},
	{"GET",  V1 "/runs",                ROUTE_READ,    false,
	 PAGE | QUERY_DAG | QUERY_RUN_STATE | QUERY_SINCE_TIME, api_runs, NULL, 0},
	{"GET",  V1 "/runs/{run}",          ROUTE_READ,    false,
	 QUERY_WAIT | QUERY_SINCE_FACT, api_run, NULL, 0},
	{"GET",  V1 "/runs/{run}:wait",     ROUTE_READ,    false, QUERY_WAIT, api_run_ended, NULL, 0},
	{"PATCH", V1 "/dags/{dag}", ROUTE_COMMAND, false, 0, NULL, NULL, WEB_PAUSE},
	{"POST", V1 "/dags:pause",          ROUTE_COMMAND, false, 0, NULL, NULL, WEB_PAUSE},
	{"POST", V1 "/dags:resume",         ROUTE_COMMAND, false, 0, NULL, NULL, WEB_RESUME},
	{"POST", V1 "/runs/{run}:cancel",   ROUTE_COMMAND, false, QUERY_WAIT, api_find_run, NULL,
	 WEB_CANCEL},
	{"POST", V1 "/runs/{run}:rerun",    ROUTE_COMMAND, false, QUERY_WAIT, api_find_run, NULL,
	 WEB_RERUN},
	{"POST", V1 "/runs/{run}:note",     ROUTE_COMMAND, false, 0, api_find_run, NULL, WEB_NOTE},
	{"POST", V1 "/runs/{run}/tasks/{task}:mark", ROUTE_COMMAND, false, 0, api_find_run, NULL,
	 WEB_MARK},
	{"GET",  V1 "/runs/{run}/tasks",    ROUTE_READ,    false, QUERY_TASK_STATE, api_tasks, NULL, 0},
	{"GET",  V1 "/runs/{run}/tasks/{task}", ROUTE_READ, false, 0, api_task, NULL, 0},
	{"GET",  ATTEMPT,                   ROUTE_READ,    false, 0, api_attempt, NULL, 0},
	{"GET",  ATTEMPT "/log",            ROUTE_READ,    false, QUERY_FOLLOW, api_log, NULL, 0},
	{"GET",  V1 "/facts",               ROUTE_READ,    false,
	 QUERY_RUN | QUERY_SINCE_FACT | QUERY_LIMIT | QUERY_WAIT, api_facts, NULL, 0},
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

static const struct {
	const char *name;
	bool (*take)(const char *text, struct route_names *names);
} kinds[] = {
    {"{dag}", take_dag},
    {"{run}", take_run},
    {"{task}", take_task},
    {"{attempt}", take_attempt},
};

/* pattern: one segment, length bytes. The verb, when the pattern has one, must end the text. */
static bool match_name(const char *pattern, size_t length, const char *text,
		       struct route_names *names)
{
	const char *brace = memchr(pattern, '}', length);
	size_t name_length = (size_t)(brace - pattern) + 1;
	size_t verb_length = length - name_length;
	size_t text_length = strlen(text);

	if (text_length < verb_length || text_length - verb_length >= sizeof names->cut ||
	    memcmp(text + text_length - verb_length, pattern + name_length, verb_length) != 0)
		return false;
	memcpy(names->cut, text, text_length - verb_length);
	names->cut[text_length - verb_length] = '\0';
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (strncmp(kinds[i].name, pattern, name_length) == 0)
			return kinds[i].take(verb_length == 0 ? text : names->cut, names);
	return false;
}

static bool match(const char *pattern, const struct target *target, struct route_names *names)
{
	memset(names, 0, sizeof *names);
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
	return *pattern == '\0' && target->segment_count > 0;
}

/* One path has at most one row a method. */
static void add_allowed(const char *method, char allow[ROUTE_ALLOW_SIZE])
{
	size_t length = strlen(allow);

	snprintf(allow + length, ROUTE_ALLOW_SIZE - length, "%s%s", length == 0 ? "" : ", ",
		 strcmp(method, "GET") == 0 ? "GET, HEAD" : method);
}

const struct route *route_find(const char *method, const struct target *target,
			       struct route_names *names, char allow[ROUTE_ALLOW_SIZE])
{
	const char *wanted = strcmp(method, "HEAD") == 0 ? "GET" : method;

	allow[0] = '\0';
	for (size_t i = 0; i < ROUTE_COUNT; i++) {
		if (!match(routes[i].pattern, target, names))
			continue;
		if (strcmp(routes[i].method, wanted) == 0)
			return &routes[i];
		add_allowed(routes[i].method, allow);
	}
	memset(names, 0, sizeof *names);
	return NULL;
}

const struct route *route_table(size_t *count)
{
	*count = ROUTE_COUNT;
	return routes;
}
