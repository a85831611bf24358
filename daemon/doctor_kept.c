/* doctor_kept.c - checks of what ended runs have left: packed logs, artifacts. */
#include "daemon/doctor_core.h"

#include "base/str.h"
#include "executor/process/pack.h"
#include "store/prune.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>

#define WHOLE_BYTES_MAX \
	(1LL << 30) /* of packed logs that are read whole; of the others the heads */
#define TOLD_MAX 5

struct packs {
	struct doctor *doctor;
	int64_t count;
	int64_t whole; /* were read to the end */
	int64_t bytes;
	int64_t damaged;
};

static int look_at_head(const char *path, struct err *err)
{
	struct pack pack;
	int rc = pack_open(path, &pack, err);

	if (rc == 0)
		pack_close(&pack);
	return rc;
}

/* One that is pruned this moment is no damage. */
static void look_at_pack(struct packs *packs, const char *path)
{
	bool is_whole = packs->bytes < WHOLE_BYTES_MAX;
	struct err err = {0};
	struct stat status;
	int rc;

	if (stat(path, &status) != 0)
		return;
	rc = is_whole ? pack_check(path, &err) : look_at_head(path, &err);
	packs->count++;
	packs->whole += is_whole;
	packs->bytes += status.st_size;
	if (rc == 0 || rc == ERR_NOT_FOUND || packs->damaged++ >= TOLD_MAX)
		return;
	doctor_tell(packs->doctor, DOCTOR_WRONG, path,
		    "put the file back from a copy of the home, or remove it: the logs in it are "
		    "gone then",
		    "%s", err.message);
}

static void look_at_day(struct packs *packs, const char *path)
{
	DIR *folder = opendir(path);
	const struct dirent *entry;
	char file[PATH_MAX];

	while (folder != NULL && (entry = readdir(folder)) != NULL)
		if (str_ends_with(entry->d_name, ".pack") &&
		    snprintf(file, sizeof file, "%s/%s", path, entry->d_name) < PATH_MAX)
			look_at_pack(packs, file);
	if (folder != NULL)
		closedir(folder);
}

void doctor_packs(struct doctor *doctor)
{
	struct packs packs = {.doctor = doctor};
	char logs[PATH_MAX];
	char day[PATH_MAX];
	DIR *folder = opendir(doctor_path(doctor, "logs", logs));
	const struct dirent *entry;

	while (folder != NULL && (entry = readdir(folder)) != NULL)
		if (entry->d_name[0] != '.' &&
		    snprintf(day, sizeof day, "%s/%s", logs, entry->d_name) < PATH_MAX)
			look_at_day(&packs, day);
	if (folder != NULL)
		closedir(folder);
	if (packs.damaged == 0)
		doctor_tell(doctor, DOCTOR_OK, logs, NULL,
			    "the packed logs of %" PRId64 " runs are sound, %" PRId64
			    " of them to the last byte",
			    packs.count, packs.whole);
	else if (packs.damaged > TOLD_MAX)
		doctor_tell(doctor, DOCTOR_WRONG, logs, NULL, "%" PRId64 " more are damaged",
			    packs.damaged - TOLD_MAX);
}

void doctor_artifacts(struct doctor *doctor)
{
	struct store_reader *reader;
	struct err err = {0};
	char logs[PATH_MAX];
	int64_t files = 0;
	int64_t bytes = 0;
	int rc = store_reader_open(doctor->db_path, &reader, &err);

	doctor_path(doctor, "logs", logs);
	if (rc == 0)
		rc = prune_read_artifacts(reader, &files, &bytes, &err);
	store_reader_close(reader);
	if (rc == 0)
		doctor_tell(doctor, DOCTOR_OK, logs, NULL,
			    "ended runs keep %" PRId64 " files of artifacts, %.1f MB, as long as "
			    "the retention of their dags says",
			    files, (double)bytes / 1e6);
	else
		doctor_tell(doctor, DOCTOR_WRONG, logs, NULL, "%s", err.message);
}
