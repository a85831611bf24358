/* place.c - the names of an attempt's files; see place.h. */
#include "executor/process/place.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool place_incarnation_is_good(const char *incarnation)
{
	size_t length = strlen(incarnation);

	if (length == 0 || length > PLACE_INCARNATION_MAX || incarnation[0] == '.')
		return false;
	for (size_t i = 0; i < length; i++)
		if (!isalnum((unsigned char)incarnation[i]) &&
		    strchr("._-", incarnation[i]) == NULL)
			return false;
	return true;
}

const char *place_name(const char *incarnation, int64_t attempt_id, char buffer[PLACE_NAME_SIZE])
{
	snprintf(buffer, PLACE_NAME_SIZE, "%.*s-%lld", PLACE_INCARNATION_MAX, incarnation,
		 (long long)attempt_id);
	return buffer;
}

bool place_attempt(const char *name, const char *incarnation, int64_t *attempt_id)
{
	size_t length = strlen(incarnation);
	char again[PLACE_NAME_SIZE];
	long long id;

	if (strncmp(name, incarnation, length) != 0 || name[length] != '-')
		return false;
	errno = 0;
	id = strtoll(name + length + 1, NULL, 10);
	/* Written anew, so that "x-007" or "x-7.bak" are not taken for "x-7". */
	if (errno != 0 || strcmp(place_name(incarnation, id, again), name) != 0)
		return false;
	*attempt_id = id;
	return true;
}

static const char *place_dated(const char *day, const char *name, const char *ending,
			       char buffer[PLACE_PATH_SIZE])
{
	snprintf(buffer, PLACE_PATH_SIZE, PLACE_LOGS "/%s/%s.%s", day, name, ending);
	return buffer;
}

const char *place_log(const char *day, const char *name, char buffer[PLACE_PATH_SIZE])
{
	return place_dated(day, name, "log", buffer);
}

const char *place_claim(const char *day, const char *name, char buffer[PLACE_PATH_SIZE])
{
	return place_dated(day, name, "claim", buffer);
}

const char *place_stdout(const char *day, const char *name, char buffer[PLACE_PATH_SIZE])
{
	return place_dated(day, name, "stdout", buffer);
}

const char *place_output(const char *day, const char *name, char buffer[PLACE_PATH_SIZE])
{
	return place_dated(day, name, "output", buffer);
}

const char *place_progress(const char *day, const char *name, char buffer[PLACE_PATH_SIZE])
{
	return place_dated(day, name, "progress", buffer);
}

const char *place_artifacts(const char *day, const char *name, char buffer[PLACE_PATH_SIZE])
{
	return place_dated(day, name, "artifacts", buffer);
}

const char *place_pack(const char *day, const char *run_id, char buffer[PLACE_PATH_SIZE])
{
	return place_dated(day, run_id, "pack", buffer);
}

const char *place_record(const char *name, char buffer[PLACE_PATH_SIZE])
{
	snprintf(buffer, PLACE_PATH_SIZE, PLACE_EXIT "/%s", name);
	return buffer;
}
