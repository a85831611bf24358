/* home.c - making and locking a home; see home.h. */
#include "daemon/home.h"

#include "base/file.h"
#include "base/log.h"
#include "base/str.h"
#include "base/sys.h"
#include "executor/process/newest.h"
#include "store/reach.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define TOKEN_DIGITS 64
#define DAY_MS (24ll * 3600 * 1000)

static int path_below(char out[PATH_MAX], const char *folder, const char *name, struct err *err)
{
	if ((size_t)snprintf(out, PATH_MAX, "%s/%s", folder, name) >= PATH_MAX)
		return err_set(err, ERR_LIMIT, "path '%s/%s' is too long", folder, name);
	return 0;
}

static int make_folders(const struct home *home, struct err *err)
{
	static const char *const folders[] = {"logs", "runs", "spool", "spool/exit"};

	for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) {
		char path[PATH_MAX];
		int rc = path_below(path, home->path, folders[i], err);

		if (rc == 0)
			rc = file_mkdirs(path, err);
		if (rc != 0)
			return rc;
	}
	return 0;
}

static int say_who_holds(const struct home *home, const char *lock_path, struct err *err)
{
	struct str text = STR_INIT;
	long holder = 0;

	if (file_read(lock_path, 64, &text, NULL) == 0)
		holder = strtol(str_text(&text), NULL, 10);
	str_close(&text);
	return err_set(
	    err, ERR_REFUSED,
	    "home '%s' is in use by another daemon (process %ld); stop it first, or name "
	    "another home with --home",
	    home->path, holder);
}

static int take_lock(struct home *home, struct err *err)
{
	char path[PATH_MAX];
	char text[32];
	int rc = path_below(path, home->path, "heddle.lock", err);

	if (rc != 0)
		return rc;
	home->lock_fd = sys_open(path, O_RDWR | O_CREAT, 0600);
	if (home->lock_fd < 0)
		return err_errno(err, errno, "open '%s'", path);
	if (flock(home->lock_fd, LOCK_EX | LOCK_NB) != 0)
		return errno == EWOULDBLOCK ? say_who_holds(home, path, err)
					    : err_errno(err, errno, "lock '%s'", path);
	snprintf(text, sizeof text, "%ld\n", (long)getpid());
	if (ftruncate(home->lock_fd, 0) != 0)
		return err_errno(err, errno, "empty '%s'", path);
	/* Only for the message of a second daemon: a disk too full for it must not stop the first.
	 */
	(void)sys_pwrite(home->lock_fd, text, strlen(text), 0);
	return 0;
}

/* The token is made once and kept: scripts that hold it go on working over restarts. It needs no
 * sync: a power cut that takes a new one leaves an empty file, or none, and another is made. */
static int read_token(struct home *home, struct err *err)
{
	struct str text = STR_INIT;
	struct stat status;
	char path[PATH_MAX];
	int rc = path_below(path, home->path, "token", err);

	if (rc != 0)
		return rc;
	rc = file_read(path, 4096, &text, err);
	if (rc == ERR_NOT_FOUND || (rc == 0 && text.size == 0)) {
		char fresh[TOKEN_DIGITS + 2];

		random_hex(fresh, TOKEN_DIGITS);
		memcpy(home->token, fresh, TOKEN_DIGITS + 1);
		memcpy(fresh + TOKEN_DIGITS, "\n", 2);
		rc = file_write_aside(path, fresh, 0600, err);
		explicit_bzero(fresh, sizeof fresh);
	} else if (rc == 0) {
		size_t length = strcspn(str_text(&text), " \r\n");

		if (length < 16 || length > TOKEN_DIGITS)
			rc = err_set(
			    err, ERR_INVALID,
			    "'%s' holds no token of 16 to %d characters; remove the file to "
			    "have a new one made",
			    path, TOKEN_DIGITS);
		else if (stat(path, &status) == 0 && (status.st_mode & 077) != 0)
			rc = err_set(
			    err, ERR_REFUSED,
			    "'%s' can be read by others; make it private with: chmod 600 %s", path,
			    path);
		else
			snprintf(home->token, sizeof home->token, "%.*s", (int)length,
				 str_text(&text));
	}
	if (text.data != NULL)
		explicit_bzero(text.data, text.size);
	str_close(&text);
	return rc;
}

static int read_boot_id(struct home *home, struct err *err)
{
	struct str text = STR_INIT;
	int rc = file_read("/proc/sys/kernel/random/boot_id", 64, &text, err);
	const char *override = NULL;

#ifdef HEDDLE_FAULTS
	override = getenv("HEDDLE_BOOT_ID"); /* a reboot, as far as the daemon can tell */
#endif
	if (rc == 0)
		snprintf(home->boot_id, sizeof home->boot_id, "%.36s",
			 override == NULL ? str_text(&text) : override);
	str_close(&text);
	return rc;
}

/* Looked up once, before the loop runs: a name service may take its time. */
static void note_user(struct home *home)
{
	struct passwd entry;
	struct passwd *found = NULL;
	char buffer[4096];

	if (getpwuid_r(getuid(), &entry, buffer, sizeof buffer, &found) != 0)
		found = NULL;
	if (found == NULL)
		snprintf(home->user, sizeof home->user, "%u", (unsigned)getuid());
	else
		snprintf(home->user, sizeof home->user, "%s", found->pw_name);
	snprintf(home->user_home, sizeof home->user_home, "%s",
		 found == NULL ? "/" : found->pw_dir);
}

/* Takes the name of a file off the path of its folder. */
static int split_file(struct home *home, struct err *err)
{
	char *slash = strrchr(home->dags, '/');

	if (strlen(slash + 1) >= sizeof home->dag_file)
		return err_set(err, ERR_LIMIT, "dag file '%s': its name is too long", slash + 1);
	snprintf(home->dag_file, sizeof home->dag_file, "%s", slash + 1);
	slash[slash == home->dags ? 1 : 0] = '\0';
	return 0;
}

/* dags, as it was named, is a folder or a file that can be read. */
static int look_at_dags(struct home *home, const char *dags, struct err *err)
{
	struct stat status;

	if (stat(home->dags, &status) != 0)
		return err_errno(err, errno, "dag folder '%s'", dags);
	if (!S_ISDIR(status.st_mode) && !S_ISREG(status.st_mode))
		return err_set(err, ERR_NOT_FOUND, "dag folder '%s' is not a folder", dags);
	if (access(home->dags, S_ISDIR(status.st_mode) ? R_OK | X_OK : R_OK) != 0)
		return err_errno(err, errno, "dag folder '%s'", dags);
	return S_ISDIR(status.st_mode) ? 0 : split_file(home, err);
}

static int resolve_dags(struct home *home, const char *dags, struct err *err)
{
	char here[PATH_MAX];
	int rc;

	if (dags == NULL) {
		rc = path_below(home->dags, home->path, "dags", err);
		return rc != 0 ? rc : file_mkdirs(home->dags, err);
	}
	/* Its links are kept: a swapped one is a change of the folder. */
	if (dags[0] == '/')
		rc = snprintf(home->dags, sizeof home->dags, "%s", dags);
	else if (getcwd(here, sizeof here) == NULL)
		return err_errno(err, errno, "find the present folder");
	else
		rc = snprintf(home->dags, sizeof home->dags, "%s/%s", here, dags);
	if (rc < 0 || (size_t)rc >= sizeof home->dags)
		return err_set(err, ERR_LIMIT, "dag folder '%s': its path is too long", dags);
	return look_at_dags(home, dags, err);
}

/* A home holds a token, logs and the state: whoever made the folder, nobody else is to look in. */
static int close_to_others(const struct home *home, struct err *err)
{
	struct stat status;

	if (stat(home->path, &status) != 0)
		return err_errno(err, errno, "home '%s'", home->path);
	if ((status.st_mode & 077) == 0 || status.st_uid != geteuid())
		return 0;
	if (chmod(home->path, 0700) != 0)
		return err_errno(err, errno, "close '%s' to others", home->path);
	log_warn("home was open to others: closed to all but its owner", "home=%s before=%04o",
		 home->path, (unsigned)(status.st_mode & 07777));
	return 0;
}

static int resolve_home(const char *path, struct home *home, struct err *err)
{
	const size_t socket_path_max = sizeof((struct sockaddr_un *)0)->sun_path;
	int rc = file_mkdirs(path, err);

	if (rc != 0)
		return rc;
	if (realpath(path, home->path) == NULL)
		return err_errno(err, errno, "home '%s'", path);
	rc = close_to_others(home, err);
	if (rc == 0)
		rc = path_below(home->db_path, home->path, "heddle.db", err);
	if (rc == 0)
		rc = path_below(home->socket_path, home->path, "heddle.sock", err);
	if (rc == 0 && strlen(home->socket_path) >= socket_path_max)
		rc = err_set(
		    err, ERR_LIMIT,
		    "'%s' is too long for a socket (%zu bytes at most); choose a shorter home",
		    home->socket_path, socket_path_max - 1);
	return rc;
}

int home_check_owner(const char *path, struct err *err)
{
	const struct passwd *owner;
	struct stat status;
	char db_path[PATH_MAX];
	char name[64];

	if (geteuid() != 0 || path_below(db_path, path, "heddle.db", NULL) != 0 ||
	    stat(db_path, &status) != 0 || status.st_uid == 0)
		return 0;
	owner = getpwuid(status.st_uid);
	if (owner == NULL)
		snprintf(name, sizeof name, "#%u", (unsigned)status.st_uid);
	else
		snprintf(name, sizeof name, "%.63s", owner->pw_name);
	return err_set(err, ERR_REFUSED,
		       "home '%s' is user '%s''s: become that user (sudo -u '%s' ...), or make it "
		       "root's with: chown -R root '%s'",
		       path, name, name, path);
}

int home_open(const char *path, const char *dags, struct home *home, struct err *err)
{
	int rc;

	memset(home, 0, sizeof *home);
	home->lock_fd = -1;
	rc = resolve_home(path, home, err);
	if (rc == 0)
		rc = home_check_owner(home->path, err);
	if (rc == 0)
		rc = take_lock(home, err);
	if (rc == 0)
		rc = make_folders(home, err);
	if (rc == 0)
		rc = resolve_dags(home, dags, err);
	if (rc == 0)
		rc = read_token(home, err);
	if (rc == 0)
		rc = read_boot_id(home, err);
	note_user(home);
	if (rc != 0)
		home_close(home);
	return rc;
}

static bool holds_entry(const char *path, const char *suffix)
{
	DIR *folder = opendir(path);
	const struct dirent *entry;
	bool found = false;

	while (folder != NULL && !found && (entry = readdir(folder)) != NULL)
		found = entry->d_name[0] != '.' && str_ends_with(entry->d_name, suffix);
	if (folder != NULL)
		closedir(folder);
	return found;
}

/* Claims stay as long as the logs of their attempts, by themselves or packed: no run leaves none
 * before it is pruned. */
static bool holds_claims(const struct home *home)
{
	char path[PATH_MAX];
	DIR *folder;
	const struct dirent *day;
	bool found = false;

	if (path_below(path, home->path, "logs", NULL) != 0)
		return false;
	folder = opendir(path);
	while (folder != NULL && !found && (day = readdir(folder)) != NULL) {
		if (day->d_name[0] == '.')
			continue;
		snprintf(path, sizeof path, "%.*s/logs/%s", PATH_MAX - 300, home->path,
			 day->d_name);
		found = holds_entry(path, ".claim") || holds_entry(path, ".pack");
	}
	if (folder != NULL)
		closedir(folder);
	return found;
}

/* Between moving the old database away and putting the new one in its place, the home has neither.
 */
static int check_restore(const struct home *home, struct err *err)
{
	char path[PATH_MAX];
	int rc = path_below(path, home->path, HOME_RESTORING, err);

	if (rc == 0 && access(path, F_OK) == 0)
		rc = err_set(err, ERR_REFUSED,
			     "a restore into '%s' was interrupted: run 'heddle restore' again",
			     home->path);
	return rc;
}

int home_check_store(const struct home *home, struct err *err)
{
	struct stat status;
	char log[PATH_MAX];
	char spool[PATH_MAX];
	const char *trace = NULL;
	int rc = path_below(log, home->path, "heddle.db-wal", err);

	if (rc == 0)
		rc = path_below(spool, home->path, "spool/exit", err);
	if (rc == 0)
		rc = check_restore(home, err);
	if (rc != 0 || (stat(home->db_path, &status) == 0 && status.st_size > 0))
		return rc;
	if (stat(log, &status) == 0 && status.st_size > 0)
		trace = "its log heddle.db-wal is there";
	else if (holds_entry(spool, ""))
		trace = "spool/exit holds ends of attempts";
	else if (holds_claims(home))
		trace = "logs/ holds claims of attempts";
	if (trace == NULL)
		return 0;
	return err_set(err, ERR_REFUSED,
		       "'%s' is missing, but %s: put the database back or restore a backup; to "
		       "begin anew, see that no task runs and move heddle.db-wal, logs/ and spool/ "
		       "away",
		       home->db_path, trace);
}

/* The database as it is by now: a daemon may be at work in the home (doctor). */
static int refuse_newer(const struct home *home, int64_t newest, const char *claim, struct err *err)
{
	struct store_reach reach;
	int rc = store_reach(home->db_path, &reach, err);

	if (rc != 0 || !reach.is_known || newest <= reach.attempt_id)
		return rc;
	return err_set(err, ERR_REFUSED,
		       "'%s' knows of attempts up to %" PRId64
		       ", but '%s' is there: it is an older "
		       "copy, or its log heddle.db-wal was lost; put the newer one back, or go on "
		       "from what it knows with: heddle restore %s --home %s --force",
		       home->db_path, reach.attempt_id, claim, home->db_path, home->path);
}

int home_check_attempts(const struct home *home, struct err *err)
{
	struct store_reach reach;
	struct stat status;
	char claim[PATH_MAX];
	int64_t newest;

	if (stat(home->db_path, &status) != 0 || status.st_size == 0)
		return 0;
	if (store_reach(home->db_path, &reach, err) != 0 || !reach.is_known)
		return 0;
	/* A clock that was set back may have released later attempts a little earlier. */
	newest = newest_claim(home->path, reach.incarnation, reach.last_fact_ms - DAY_MS, claim);
	return newest <= reach.attempt_id ? 0 : refuse_newer(home, newest, claim, err);
}

/* The same file under another name (a bind mount, say) is no copy. */
static bool is_another_file(const char *path, const char *other)
{
	struct stat ours;
	struct stat theirs;

	return stat(path, &ours) == 0 && stat(other, &theirs) == 0 &&
	       (ours.st_dev != theirs.st_dev || ours.st_ino != theirs.st_ino);
}

int home_check_copy(const struct home *home, struct err *err)
{
	struct store_reach ours;
	struct store_reach theirs;
	char other[PATH_MAX];

	if (access(home->db_path, F_OK) != 0 || store_reach(home->db_path, &ours, NULL) != 0 ||
	    ours.folder[0] == '\0' || strcmp(ours.folder, home->path) == 0)
		return 0;
	if (path_below(other, ours.folder, "heddle.db", NULL) != 0 ||
	    !is_another_file(home->db_path, other) || store_reach(other, &theirs, NULL) != 0 ||
	    strcmp(ours.incarnation, theirs.incarnation) != 0)
		return 0;
	return err_set(err, ERR_REFUSED,
		       "'%s' is a copy of the home '%s', which is still there: what waits in both "
		       "would run twice; move that one away to go on here, or make the copy a home "
		       "of its own: heddle restore %s --home %s --force",
		       home->path, ours.folder, home->db_path, home->path);
}

uint16_t home_former_port(const struct home *home)
{
	struct str text = STR_INIT;
	char path[PATH_MAX];
	long port = 0;

	if (path_below(path, home->path, "port", NULL) == 0 &&
	    file_read(path, 64, &text, NULL) == 0)
		port = strtol(str_text(&text), NULL, 10);
	str_close(&text);
	return port > 0 && port <= UINT16_MAX ? (uint16_t)port : 0;
}

void home_note_port(const struct home *home, uint16_t port)
{
	char path[PATH_MAX];
	char text[16];
	struct err err = {0};
	int rc = path_below(path, home->path, "port", &err);

	if (rc == 0 && home_former_port(home) == port)
		return;
	snprintf(text, sizeof text, "%u\n", port);
	if (rc == 0)
		rc = file_write_aside(path, text, 0600, &err);
	if (rc != 0)
		log_warn("port not noted: the next daemon takes another one", "err=\"%s\"",
			 err.message);
}

void home_close(struct home *home)
{
	fd_close(&home->lock_fd);
	explicit_bzero(home->token, sizeof home->token);
}
