/* nearest.c - names that are close to one; see nearest.h. */
#include "web/page/nearest.h"

#include "base/str.h"

#include <stdio.h>
#include <string.h>

#define LOOKED_AT_MAX 20000u
#define EDITS_MAX 4u

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

static bool take_dag(void *context, const struct dag_view *view)
{
	struct search *search = context;
	size_t far = distance(search->wanted, view->dag_id);
	size_t at = search->count;

	if (far > EDITS_MAX)
		return true;
	while (at > 0 && search->far[at - 1] > far)
		at--;
	if (at == NEAREST_MAX)
		return true;
	search->count += search->count < NEAREST_MAX;
	for (size_t i = search->count - 1; i > at; i--) {
		search->far[i] = search->far[i - 1];
		memcpy(search->names[i], search->names[i - 1], sizeof search->names[i]);
	}
	search->far[at] = far;
	snprintf(search->names[at], sizeof search->names[at], "%s", view->dag_id);
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
