/* nearest.c - names that are close to one; see nearest.h. */
#include "web/page/nearest.h"

#include "base/str.h"

#include <stdio.h>
#include <string.h>

#define LOOKED_AT_MAX 20000u
#define EDITS_MAX 4u
#define DIGITS_MIN 3u

struct search {
	const char *wanted;
	char (*names)[LIMIT_ID_BYTES + 1];
	size_t far[NEAREST_MAX];
	size_t count;
};

/* A name that holds the other is as near as two edits. */
static size_t distance(const char *wanted, const char *name)
{
	size_t edits = str_distance(wanted, name, EDITS_MAX);

	if (edits > 2 && (strstr(name, wanted) != NULL || strstr(wanted, name) != NULL))
		return 2;
	return edits;
}

static void consider(struct search *search, const char *name)
{
	size_t far = distance(search->wanted, name);
	size_t at = search->count;

	if (far > EDITS_MAX)
		return;
	while (at > 0 && search->far[at - 1] > far)
		at--;
	if (at == NEAREST_MAX)
		return;
	search->count += search->count < NEAREST_MAX;
	for (size_t i = search->count - 1; i > at; i--) {
		search->far[i] = search->far[i - 1];
		memcpy(search->names[i], search->names[i - 1], sizeof search->names[i]);
	}
	search->far[at] = far;
	snprintf(search->names[at], sizeof search->names[at], "%s", name);
}

static bool take_dag(void *context, const struct dag_view *view)
{
	consider(context, view->dag_id);
	return true;
}

static bool take_task(void *context, const struct task_view *view)
{
	consider(context, view->task_id);
	return true;
}

size_t nearest_dags(struct store_reader *reader, const char *dag_id,
		    char nearest[NEAREST_MAX][LIMIT_ID_BYTES + 1])
{
	struct search search = {.wanted = dag_id, .names = nearest};

	if (read_dags(reader, NULL, LOOKED_AT_MAX, take_dag, &search, NULL) != 0)
		return 0;
	return search.count;
}

size_t nearest_tasks(struct store_reader *reader, int64_t run_no, const char *task_id,
		     char nearest[NEAREST_MAX][LIMIT_ID_BYTES + 1])
{
	struct search search = {.wanted = task_id, .names = nearest};

	if (read_tasks(reader, run_no, NULL, take_task, &search, NULL) != 0)
		return 0;
	return search.count;
}

struct runs {
	struct near_run *nearest;
	size_t count;
};

static bool take_run(void *context, const char *run_id, const char *dag_id)
{
	struct runs *runs = context;
	struct near_run *run = &runs->nearest[runs->count++];

	snprintf(run->run_id, sizeof run->run_id, "%s", run_id);
	snprintf(run->dag_id, sizeof run->dag_id, "%s", dag_id);
	return runs->count < NEAREST_MAX;
}

size_t nearest_runs(struct store_reader *reader, const char *run,
		    struct near_run nearest[NEAREST_MAX])
{
	struct runs runs = {.nearest = nearest};
	char beginning[17];
	size_t size = strspn(run, "0123456789abcdef");
	int rc = 0;

	if (size >= sizeof beginning)
		size = sizeof beginning - 1;
	for (; rc == 0 && runs.count == 0 && size >= DIGITS_MIN; size--) {
		memcpy(beginning, run, size);
		beginning[size] = '\0';
		rc = read_run_ids(reader, beginning, NEAREST_MAX, take_run, &runs, NULL);
	}
	return runs.count;
}
