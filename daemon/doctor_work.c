/* doctor_work.c - checks of what works in a home: daemon, launcher, spool, attempts under way. */
#include "daemon/doctor_core.h"

#include "base/file.h"
#include "base/str.h"
#include "base/sys.h"
#include "executor/process/claim.h"
#include "executor/process/place.h"
#include "executor/process/process.h"
#include "executor/process/survivors.h"
#include "store/read_hold.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define TOLD_MAX 20 /* attempts of one kind */

/* Whether somebody holds the lock of a file; a file that is not there has none. */
static bool is_locked(const char *path)
{
	int fd = sys_open(path, O_RDONLY, 0);
	bool locked = fd >= 0 && flock(fd, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;

	fd_close(&fd);
	return locked;
}

static pid_t read_pid(const char *path)
{
	struct str text = STR_INIT;
	pid_t pid = 0;

	if (file_read(path, 4096, &text, NULL) == 0)
		pid = (pid_t)strtol(str_text(&text), NULL, 10);
	str_close(&text);
	return pid;
}

void doctor_daemon(struct doctor *doctor)
{
	char lock[PATH_MAX];
	char socket[PATH_MAX];
	struct stat status;

	doctor->has_daemon = is_locked(doctor_path(doctor, "heddle.lock", lock));
	if (!doctor->has_daemon) {
		doctor_tell(doctor, DOCTOR_OK, lock, NULL, "no daemon runs in this home");
		return;
	}
	doctor->daemon_pid = read_pid(lock);
	if (stat(doctor_path(doctor, "heddle.sock", socket), &status) != 0)
		doctor_tell(
		    doctor, DOCTOR_WRONG, socket, "restart the daemon: tasks go on meanwhile",
		    "process %ld has the home, and its socket is gone", (long)doctor->daemon_pid);
	else
		doctor_tell(doctor, DOCTOR_OK, lock, NULL, "process %ld runs as its daemon",
			    (long)doctor->daemon_pid);
}

void doctor_launcher(struct doctor *doctor)
{
	char path[PATH_MAX];
	bool locked = is_locked(doctor_path(doctor, PLACE_LOCK, path));

	if (doctor->has_daemon && !locked)
		doctor_tell(doctor, DOCTOR_WRONG, path, "look into the daemon's log",
			    "the daemon has no launcher: no task can start");
	else if (!doctor->has_daemon && locked)
		doctor_tell(doctor, DOCTOR_WARNING, path,
			    "it ends by itself, or with the next start of a daemon",
			    "a launcher or a shim of a daemon that is gone still holds the lock");
	else
		doctor_tell(doctor, DOCTOR_OK, path, NULL, "%s",
			    locked ? "the launcher has its lock"
				   : "no launcher, as there should be");
}

void doctor_spool(struct doctor *doctor)
{
	size_t torn = doctor_count(doctor, PLACE_TORN);
	size_t dead = doctor_count(doctor, "spool/dead");
	size_t waiting = doctor_count(doctor, PLACE_EXIT);
	char path[PATH_MAX];

	doctor_path(doctor, PLACE_SPOOL, path);
	if (access(path, F_OK) != 0) {
		doctor_tell(doctor, DOCTOR_OK, path, NULL, "the next start makes it");
		return;
	}
	if (access(path, R_OK | W_OK | X_OK) != 0)
		doctor_tell(doctor, DOCTOR_WRONG, path, "make it writable for its owner",
			    "shims cannot tell their ends: %s", strerror(errno));
	if (torn > 0)
		doctor_tell(doctor, DOCTOR_WARNING, path,
			    "look at spool/torn, then remove what is in it",
			    "%zu records of ends did not check and count as none", torn);
	if (dead > 0)
		doctor_tell(
		    doctor, DOCTOR_WARNING, path,
		    "heddle sql 'select * from dead_letter', then remove them from spool/dead",
		    "%zu ends were refused by the database", dead);
	if (doctor->told_count == 0 || (torn == 0 && dead == 0))
		doctor_tell(doctor, DOCTOR_OK, path, NULL, "%zu ends wait to be taken in", waiting);
}

/* --- attempts -----------------------------------------------------------------------------------
 */

struct looking {
	struct doctor *doctor;
	struct survivors living;
	size_t running; /* with a living shim */
	size_t told;
};

static const struct survivor *find_living(const struct looking *looking, const char *name)
{
	for (size_t i = 0; i < looking->living.list.count; i++)
		if (strcmp(looking->living.list.items[i].name, name) == 0)
			return &looking->living.list.items[i];
	return NULL;
}

static void tell_bounded(struct looking *looking, enum doctor_state state, const char *name,
			 const char *remedy, const char *text)
{
	if (looking->told++ < TOLD_MAX)
		doctor_tell(looking->doctor, state, name, remedy, "%s", text);
}

/* What is left of an attempt that the database has under way, while no daemon judges it. */
static void judge_dead(struct looking *looking, const struct active_view *view, const char *name)
{
	struct process_ref ref = {view->attempt_id, view->released_at_ms};
	struct claim_file file;
	char path[PATH_MAX];
	bool is_claimed;

	process_claim_path(looking->doctor->home, view->incarnation, ref, path);
	is_claimed = claim_file_read(path, &file, NULL) == 0;
	if (is_claimed && file.is_record)
		return; /* its end is there, and will be taken in */
	if (looking->doctor->has_daemon)
		return; /* it is about to begin, or its end is on its way */
	if (is_claimed)
		tell_bounded(looking, DOCTOR_WARNING, name,
			     "the next start of a daemon says so; its retries decide",
			     "its shim died without telling its end: it is lost");
	else
		tell_bounded(looking, DOCTOR_WARNING, name, "start the daemon",
			     "it was released and has not begun: a daemon launches it, or calls it "
			     "lost after a reboot");
}

static bool judge_active(void *context, const struct active_view *view)
{
	struct looking *looking = context;
	const struct survivor *living;
	char name[PLACE_NAME_SIZE];

	place_name(view->incarnation, view->attempt_id, name);
	living = find_living(looking, name);
	if (living == NULL)
		judge_dead(looking, view, name);
	else if (living->is_shim)
		looking->running++;
	else
		tell_bounded(looking, DOCTOR_WARNING, name,
			     "a daemon ends what is left of it; its retries decide",
			     "its shim is dead, and processes of it still live");
	return true;
}

static bool note_known(void *context, const struct active_view *view)
{
	struct looking *looking = context;
	char name[PLACE_NAME_SIZE];

	place_name(view->incarnation, view->attempt_id, name);
	for (size_t i = 0; i < looking->living.list.count; i++)
		if (strcmp(looking->living.list.items[i].name, name) == 0)
			looking->living.list.items[i].name[0] = '\0';
	return true;
}

/* What lives and is under way nowhere. With a daemon at work an end may just be on its way. */
static void tell_unknown(struct looking *looking)
{
	for (size_t i = 0; i < looking->living.list.count; i++) {
		const struct survivor *one = &looking->living.list.items[i];
		char text[128];

		if (one->name[0] == '\0')
			continue;
		snprintf(text, sizeof text,
			 "process %ld belongs to an attempt that is not under way", (long)one->pid);
		tell_bounded(looking, DOCTOR_WARNING, one->name,
			     "when it is still there in a minute, look at it, and end it", text);
	}
}

void doctor_attempts(struct doctor *doctor)
{
	struct looking looking = {.doctor = doctor};
	struct store_reader *reader = NULL;
	struct err err;
	int rc = store_reader_open(doctor->db_path, &reader, &err);

	survivors_find(&looking.living, doctor->home);
	if (rc == 0)
		rc = read_active_attempts(reader, judge_active, &looking, &err);
	if (rc == 0)
		rc = read_active_attempts(reader, note_known, &looking, &err);
	store_reader_close(reader);
	if (rc != 0)
		doctor_tell(doctor, DOCTOR_WRONG, doctor->db_path,
			    "see what is said of the database", "%s", err.message);
	else
		tell_unknown(&looking);
	if (rc == 0 && looking.told == 0)
		doctor_tell(doctor, DOCTOR_OK, doctor->home, NULL,
			    "%zu under way, each with its shim", looking.running);
	survivors_close(&looking.living);
}
