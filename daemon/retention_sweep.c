/* retention_sweep.c - what stands in the home and belongs to nobody: the last phase of a round
 * (retention_round.h).
 *
 *	HOME, spool/   a file being written (*.tmp) that its writer left; copies of the database
 *that a migration made are counted, and go only when that was asked for runs/          scratch
 *folders of runs that were pruned, or that the database never knew logs/DAY/      half a file of
 *packed logs, a claim that was not linked; files of attempts and runs that the database does not
 *know (a backup was put back), once they are older than any run is kept by default; the folder
 *itself, when it is empty */
#include "base/clock.h"
#include "base/str.h"
#include "daemon/home.h"
#include "daemon/retention_round.h"
#include "model/limits.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DAY_MS (24 * 3600 * 1000LL)

enum verdict {
	VERDICT_KEEP,
	VERDICT_ORPHAN,
	VERDICT_BACKUP,
};

/* An entry of a folder that is judged. */
struct found {
	struct retention_round *round;
	const char *name;
	int64_t age_ms; /* since it was last written */
};

static enum verdict judge_home(const struct found *found)
{
	if (strncmp(found->name, "heddle.db.schema-", 17) == 0)
		return VERDICT_BACKUP;
	return str_ends_with(found->name, ".tmp") && found->age_ms > ROUND_STALE_MS ? VERDICT_ORPHAN
										    : VERDICT_KEEP;
}

static enum verdict judge_spool(const struct found *found)
{
	return str_ends_with(found->name, ".tmp") && found->age_ms > ROUND_STALE_MS ? VERDICT_ORPHAN
										    : VERDICT_KEEP;
}

/* Of a run: unknown ones are let go of after so long. When the database cannot tell, all stays. */
static enum verdict judge_run(const struct found *found, const char *run_id, int64_t unknown_ms)
{
	bool is_known;
	bool is_cleared;
	struct err err;

	if (prune_find_run(found->round->reader, run_id, &is_known, &is_cleared, &err) != 0)
		return VERDICT_KEEP;
	if (!is_known)
		return found->age_ms > unknown_ms ? VERDICT_ORPHAN : VERDICT_KEEP;
	return is_cleared ? VERDICT_ORPHAN : VERDICT_KEEP;
}

static bool is_run_id(const char *text, size_t length)
{
	return length == RUN_ID_SIZE - 1 && strspn(text, "0123456789abcdef") >= length;
}

static enum verdict judge_scratch(const struct found *found)
{
	return is_run_id(found->name, strlen(found->name))
		   ? judge_run(found, found->name, ROUND_STALE_MS)
		   : VERDICT_KEEP;
}

static enum verdict judge_pack(const struct found *found, size_t length)
{
	char run_id[RUN_ID_SIZE];

	if (!is_run_id(found->name, length))
		return VERDICT_KEEP;
	snprintf(run_id, sizeof run_id, "%s", found->name);
	return judge_run(found, run_id, DEFAULT_RETENTION_MS);
}

/* INCARNATION-ATTEMPT_ID, up to length. */
static enum verdict judge_attempt(const struct found *found, size_t length)
{
	char name[PLACE_NAME_SIZE];
	char *dash;
	char *end;
	bool is_known;
	int64_t id;

	if (found->age_ms <= DEFAULT_RETENTION_MS || length >= sizeof name)
		return VERDICT_KEEP;
	snprintf(name, sizeof name, "%.*s", (int)length, found->name);
	dash = strrchr(name, '-');
	if (dash == NULL)
		return VERDICT_KEEP;
	*dash = '\0';
	errno = 0;
	id = strtoll(dash + 1, &end, 10);
	if (errno != 0 || *end != '\0' || end == dash + 1 ||
	    prune_find_attempt(found->round->reader, id, name, &is_known, NULL) != 0)
		return VERDICT_KEEP;
	return is_known ? VERDICT_KEEP : VERDICT_ORPHAN;
}

static enum verdict judge_log(const struct found *found)
{
	static const char *const endings[] = {"log",    "claim",    "stdout",
					      "output", "progress", "artifacts"};
	const char *dot = strchr(found->name, '.');

	if (dot == NULL)
		return VERDICT_KEEP;
	if (strcmp(dot, ".pack") == 0)
		return judge_pack(found, (size_t)(dot - found->name));
	if (strcmp(dot, ".pack.new") == 0 || strncmp(dot, ".claim.", 7) == 0)
		return found->age_ms > ROUND_STALE_MS ? VERDICT_ORPHAN : VERDICT_KEEP;
	for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++)
		if (strcmp(dot + 1, endings[i]) == 0)
			return judge_attempt(found, (size_t)(dot - found->name));
	return VERDICT_KEEP;
}

static const struct place {
	const char *folder; /* below the home; "" = itself */
	enum verdict (*judge)(const struct found *found);
	bool has_days; /* the entries stand in folders of it */
} places[] = {
    {"", judge_home, false},
    {"spool", judge_spool, false},
    {"runs", judge_scratch, false},
    {"logs", judge_log, true},
};

/* --- going through ------------------------------------------------------------------------------
 */

static void folder_path(const struct retention_round *round, char path[PATH_MAX])
{
	const struct place *place = &places[round->sweep.place];

	snprintf(path, PATH_MAX, "%.3900s/%s%s%s", round->home->path, place->folder,
		 place->has_days ? "/" : "", place->has_days ? round->sweep.day : "");
}

static void take(struct retention_round *round, enum verdict verdict, const char *name)
{
	bool spared = verdict == VERDICT_BACKUP && (round->wish.parts & ROUND_BACKUPS) == 0;
	struct file_counts *counts =
	    verdict == VERDICT_BACKUP ? &round->report.backups : &round->report.orphans;
	struct file_walk walk = {.is_dry = round->wish.is_dry || spared, .left = 100000};
	struct err err = {0};
	char path[PATH_MAX];
	size_t length;
	bool gone;

	folder_path(round, path);
	length = strlen(path);
	snprintf(path + length, sizeof path - length, "/%s", name);
	if (files_remove(path, &walk, &gone, &err) != 0)
		round_fault(round, &err);
	counts->files += walk.counts.files;
	counts->bytes += walk.counts.bytes;
}

static void judge(struct retention_round *round, const char *name)
{
	struct found found = {.round = round, .name = name};
	enum verdict verdict;
	struct stat status;

	if (name[0] == '.' ||
	    fstatat(dirfd(round->sweep.folder), name, &status, AT_SYMLINK_NOFOLLOW) != 0)
		return;
	found.age_ms = round->now_ms - (int64_t)status.st_mtim.tv_sec * 1000;
	verdict = places[round->sweep.place].judge(&found);
	if (verdict != VERDICT_KEEP)
		take(round, verdict, name);
	else
		round->sweep.has_kept = true;
}

/* No attempt that is still to be launched can have been released on that day. */
static bool is_past(const struct retention_round *round)
{
	char day[CLOCK_TEXT_SIZE];
	int64_t limit_ms = round->now_ms - 2 * DAY_MS;

	if (round->sweep.oldest_ms < limit_ms)
		limit_ms = round->sweep.oldest_ms - DAY_MS;
	return strcmp(round->sweep.day, clock_format_day(limit_ms, day)) < 0;
}

static void end_folder(struct retention_round *round)
{
	char path[PATH_MAX];

	closedir(round->sweep.folder);
	round->sweep.folder = NULL;
	if (!places[round->sweep.place].has_days || round->sweep.has_kept || round->wish.is_dry ||
	    !is_past(round))
		return;
	folder_path(round, path);
	(void)rmdir(path); /* one that holds something after all stays */
}

static bool is_day(const char *name)
{
	return strlen(name) == 10 && strspn(name, "0123456789-") == 10;
}

/* Opens the next folder of the place; false when it has no more. */
static bool open_day(struct retention_round *round)
{
	struct round_sweep *sweep = &round->sweep;
	const struct dirent *entry;
	char path[PATH_MAX];

	if (sweep->days == NULL) {
		snprintf(path, sizeof path, "%.4000s/logs", round->home->path);
		sweep->days = opendir(path);
	}
	while (sweep->days != NULL && (entry = readdir(sweep->days)) != NULL) {
		if (!is_day(entry->d_name))
			continue;
		snprintf(sweep->day, sizeof sweep->day, "%.10s", entry->d_name);
		folder_path(round, path);
		sweep->folder = opendir(path);
		if (sweep->folder != NULL)
			return true;
	}
	return false;
}

/* False when the place holds no more folders. */
static bool open_next(struct retention_round *round)
{
	struct round_sweep *sweep = &round->sweep;
	char path[PATH_MAX];

	sweep->has_kept = false;
	if (places[sweep->place].has_days)
		return open_day(round);
	folder_path(round, path);
	sweep->folder = opendir(path);
	return sweep->folder != NULL;
}

int sweep_step(struct retention_round *round, bool *done, struct err *err)
{
	struct round_sweep *sweep = &round->sweep;
	const struct dirent *entry = NULL;
	size_t left = ROUND_ENTRIES;
	int rc = 0;

	*done = sweep->place == sizeof places / sizeof places[0];
	if (*done)
		return 0;
	if (sweep->folder == NULL) {
		rc = prune_read_oldest(round->reader, &sweep->oldest_ms, err);
		if (rc != 0 || open_next(round))
			return rc;
		sweep->place++;
		return 0;
	}
	while (left-- > 0 && (entry = readdir(sweep->folder)) != NULL)
		judge(round, entry->d_name);
	if (entry != NULL)
		return 0;
	end_folder(round);
	if (!places[sweep->place].has_days)
		sweep->place++;
	return 0;
}

void sweep_close(struct round_sweep *sweep)
{
	if (sweep->folder != NULL)
		closedir(sweep->folder);
	if (sweep->days != NULL)
		closedir(sweep->days);
	sweep->folder = sweep->days = NULL;
}
