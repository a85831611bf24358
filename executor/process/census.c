/* census.c - who lives of which attempt; see census.h. */
#include "executor/process/census.h"

#include "base/str.h"
#include "executor/process/place.h"
#include "executor/process/procfs.h"
#include "executor/process/shim.h"

#include <string.h>
#include <unistd.h>

#define TITLE_SIZE (sizeof SHIM_TITLE + PLACE_NAME_SIZE)

/* The name of the attempt that the process belongs to; false when it is none's. */
static bool name_of(pid_t pid, char name[TITLE_SIZE], bool *is_shim)
{
	char title[TITLE_SIZE];

	*is_shim = procfs_title(pid, title, sizeof title) && str_starts_with(title, SHIM_TITLE);
	if (!*is_shim)
		return procfs_env(pid, "HEDDLE_ATTEMPT_ID", name, TITLE_SIZE);
	memcpy(name, title + strlen(SHIM_TITLE), strlen(title + strlen(SHIM_TITLE)) + 1);
	return true;
}

static void look_at(struct census *census, const char *incarnation, pid_t pid)
{
	struct census_entry entry = {.pid = pid};
	struct procfs_stat stat;
	char name[TITLE_SIZE];

	if (!procfs_read_stat(pid, &stat) || stat.state == 'Z' || stat.state == 'X' ||
	    !name_of(pid, name, &entry.is_shim) ||
	    !place_attempt(name, incarnation, &entry.attempt_id))
		return;
	entry.start = stat.start;
	vec_push(&census->entries, entry);
}

void census_take(struct census *census, const char *incarnation)
{
	struct pids all = {0};

	vec_clear(&census->entries);
	procfs_all(&all);
	for (size_t i = 0; i < all.count; i++)
		if (all.items[i] != getpid())
			look_at(census, incarnation, all.items[i]);
	vec_close(&all);
}

struct census_found census_find(const struct census *census, int64_t attempt_id)
{
	struct census_found found = {0};

	for (size_t i = 0; i < census->entries.count; i++) {
		const struct census_entry *entry = &census->entries.items[i];

		if (entry->attempt_id != attempt_id)
			continue;
		found.count++;
		if (!entry->is_shim)
			continue;
		found.shim_pid = entry->pid;
		found.shim_start = entry->start;
	}
	return found;
}

void census_close(struct census *census)
{
	vec_close(&census->entries);
}
