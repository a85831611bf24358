/* holds.c - see holds.h. */
#include "daemon/holds.h"

#include <stdio.h>
#include <string.h>

bool holds_put(struct holds *holds, enum hold_kind kind, const char *why)
{
	char *at = holds->why[kind];
	char text[HOLD_WHY_SIZE];

	snprintf(text, sizeof text, "%s", why == NULL ? "" : why);
	if (strcmp(at, text) == 0)
		return false;
	memcpy(at, text, sizeof text);
	return true;
}

const char *holds_find(const struct holds *holds, enum hold_kind kind)
{
	return holds->why[kind][0] == '\0' ? NULL : holds->why[kind];
}

const char *holds_why(const struct holds *holds)
{
	for (int kind = 0; kind < HOLD_KIND_COUNT; kind++)
		if (holds->why[kind][0] != '\0')
			return holds->why[kind];
	return NULL;
}
