/* newest.c - see newest.h. */
#include "executor/process/newest.h"

#include "base/clock.h"
#include "base/str.h"
#include "executor/process/place.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>

#define CLAIM_ENDING ".claim"

/* The attempt whose claim has this name; 0 = it is no claim of this incarnation. */
static int64_t claimed_by(const char *name, const char *incarnation)
{
	char stem[PLACE_NAME_SIZE];
	size_t length = strlen(name);
	int64_t attempt_id = 0;

	if (!str_ends_with(name, CLAIM_ENDING))
		return 0;
	length -= strlen(CLAIM_ENDING);
	if (length >= sizeof stem)
		return 0;
	memcpy(stem, name, length);
	stem[length] = '\0';
	return place_attempt(stem, incarnation, &attempt_id) ? attempt_id : 0;
}

static void look_into(const char *folder, const char *incarnation, int64_t *newest,
		      char path[PATH_MAX])
{
	DIR *day = opendir(folder);
	const struct dirent *entry;

	while (day != NULL && (entry = readdir(day)) != NULL) {
		int64_t attempt_id = claimed_by(entry->d_name, incarnation);

		if (attempt_id > *newest &&
		    snprintf(path, PATH_MAX, "%s/%s", folder, entry->d_name) < PATH_MAX)
			*newest = attempt_id;
	}
	if (day != NULL)
		closedir(day);
}

int64_t newest_claim(const char *home, const char *incarnation, int64_t since_ms,
		     char path[PATH_MAX])
{
	char since[PLACE_DAY_SIZE];
	char folder[PATH_MAX];
	int64_t newest = 0;
	const struct dirent *day;
	DIR *logs;

	path[0] = '\0';
	clock_format_day(since_ms, since);
	if (snprintf(folder, sizeof folder, "%s/" PLACE_LOGS, home) >= (int)sizeof folder)
		return 0;
	logs = opendir(folder);
	while (logs != NULL && (day = readdir(logs)) != NULL) {
		if (day->d_name[0] == '.' || strcmp(day->d_name, since) < 0)
			continue;
		if (snprintf(folder, sizeof folder, "%s/" PLACE_LOGS "/%s", home, day->d_name) <
		    (int)sizeof folder)
			look_into(folder, incarnation, &newest, path);
	}
	if (logs != NULL)
		closedir(logs);
	return newest;
}
