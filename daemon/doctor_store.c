/* doctor_store.c - checks of the database and of its backups. */
#include "daemon/doctor_core.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"
#include "daemon/home.h"
#include "store/check.h"
#include "store/read_hold.h"
#include "store/schema.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOG_LARGE_BYTES (64ll << 20)
#define BACKUP_OLD_MS (26ll * 3600 * 1000) /* a nightly one may be two hours late */

static const char restore_it[] = "restore a backup: heddle restore FILE --force";

/* --- file and schema ----------------------------------------------------------------------------
 */

/* As much of the home as a start looks at before it opens the database. */
static int check_as_start(const struct doctor *doctor,
			  int (*check)(const struct home *home, struct err *err), struct err *err)
{
	struct home home = {.db_path = ""};

	snprintf(home.path, sizeof home.path, "%s", doctor->home);
	snprintf(home.db_path, sizeof home.db_path, "%s", doctor->db_path);
	return check(&home, err);
}

static void judge_missing(struct doctor *doctor)
{
	struct err err;

	if (check_as_start(doctor, home_check_store, &err) != 0)
		doctor_tell(doctor, DOCTOR_WRONG, doctor->db_path, "heddle restore FILE", "%s",
			    err.message);
	else
		doctor_tell(doctor, DOCTOR_OK, doctor->db_path, NULL, "the first start makes it");
}

static bool has_header(const char *path)
{
	static const char magic[16] = "SQLite format 3"; /* sqlite.org/fileformat2, section 1.3 */
	char bytes[sizeof magic] = "";
	FILE *file = fopen(path, "rbe");
	bool is_ours = file != NULL && fread(bytes, 1, sizeof bytes, file) == sizeof bytes &&
		       memcmp(bytes, magic, sizeof magic) == 0;

	if (file != NULL)
		fclose(file);
	return is_ours;
}

static int read_head(struct doctor *doctor, struct db *db, size_t *number, struct err *err)
{
	static const char sql_home[] =
	    "SELECT incarnation, (SELECT at_ms FROM fact ORDER BY fact_no DESC LIMIT 1) FROM home";
	sqlite3_stmt *row;
	int rc = db_open(db, doctor->db_path, SQLITE_OPEN_READONLY, err);

	if (rc == 0) {
		sqlite3_busy_timeout(db->handle, 1000);
		rc = schema_check(db, doctor->db_path, &schema_present, number, err);
	}
	if (rc == 0 && *number == 0)
		rc = err_set(err, ERR_CORRUPT, "it is empty");
	if (rc != 0)
		return rc;
	rc = db_query(db, sql_home, &row, err, "");
	if (rc == 0)
		rc = db_step(db, row, err);
	if (rc == 1) {
		snprintf(doctor->incarnation, sizeof doctor->incarnation, "%s", db_text(row, 0));
		doctor->last_fact_ms = sqlite3_column_int64(row, 1);
	}
	db_reset(row);
	return rc == 0   ? err_set(err, ERR_CORRUPT, "it has lost the row of its home")
	       : rc == 1 ? 0
			 : rc;
}

static void judge_head(struct doctor *doctor)
{
	struct db db = {.handle = NULL};
	struct err err = {0};
	size_t number = 0;
	int rc = read_head(doctor, &db, &number, &err);

	db_close(&db);
	if (rc == ERR_INVALID)
		doctor_tell(doctor, DOCTOR_WRONG, doctor->db_path,
			    "use the newer program, or restore a backup of before", "%s",
			    err.message);
	else if (rc != 0)
		doctor_tell(doctor, DOCTOR_WRONG, doctor->db_path, restore_it, "%s", err.message);
	else if (check_as_start(doctor, home_check_attempts, &err) != 0)
		doctor_tell(doctor, DOCTOR_WRONG, doctor->db_path,
			    "put the newer one back, or take it for the backup that it is: heddle "
			    "restore FILE --force",
			    "%s", err.message);
	else if (check_as_start(doctor, home_check_copy, &err) != 0)
		doctor_tell(doctor, DOCTOR_WRONG, doctor->db_path,
			    "move the other one away, or: heddle restore FILE --force", "%s",
			    err.message);
	else if (number < schema_present.count)
		doctor_tell(doctor, DOCTOR_WARNING, doctor->db_path,
			    "the next start leads it on, after a backup beside it",
			    "its tables are of an older release (schema %zu, present is %zu)",
			    number, schema_present.count);
	else
		doctor_tell(doctor, DOCTOR_OK, doctor->db_path, NULL, "schema %zu, incarnation %s",
			    number, doctor->incarnation);
	doctor->has_database = rc == 0 && number == schema_present.count;
}

void doctor_database(struct doctor *doctor)
{
	struct stat status;
	char restoring[PATH_MAX];

	if (access(doctor_path(doctor, HOME_RESTORING, restoring), F_OK) == 0)
		doctor_tell(doctor, DOCTOR_WRONG, restoring, "run 'heddle restore' again",
			    "a restore was interrupted, and no daemon starts until it is done");
	else if (stat(doctor->db_path, &status) != 0 || status.st_size == 0)
		judge_missing(doctor);
	else if (!S_ISREG(status.st_mode) || !has_header(doctor->db_path))
		doctor_tell(doctor, DOCTOR_WRONG, doctor->db_path, restore_it,
			    "its header is not that of a database");
	else if ((status.st_mode & 077) != 0)
		doctor_tell(doctor, DOCTOR_WRONG, doctor->db_path, "chmod 600 it",
			    "others can read it (mode %04o)", (unsigned)(status.st_mode & 07777));
	else
		judge_head(doctor);
}

void doctor_log(struct doctor *doctor)
{
	static const char sql_mode[] = "PRAGMA journal_mode";
	struct db db = {.handle = NULL};
	struct stat status = {.st_size = 0};
	sqlite3_stmt *row = NULL;
	char mode[16] = "";
	char path[PATH_MAX];
	struct err err = {0};
	int rc = db_open(&db, doctor->db_path, SQLITE_OPEN_READONLY, &err);

	if (rc == 0)
		rc = db_query(&db, sql_mode, &row, &err, "");
	if (rc == 0 && db_step(&db, row, &err) == 1)
		snprintf(mode, sizeof mode, "%s", db_text(row, 0));
	db_reset(row);
	db_close(&db);
	(void)stat(doctor_path(doctor, "heddle.db-wal", path), &status);
	if (strcmp(mode, "wal") != 0)
		doctor_tell(doctor, DOCTOR_WRONG, doctor->db_path,
			    "start the daemon on a local disk: it switches it back",
			    "it is not in WAL mode ('%s')", mode);
	else if (status.st_size > LOG_LARGE_BYTES)
		doctor_tell(doctor, DOCTOR_WARNING, path,
			    "end readers that hold it back: open sqlite3 shells, stuck exports",
			    "the log has %.0f MB and is not carried over",
			    (double)status.st_size / 1e6);
	else
		doctor_tell(doctor, DOCTOR_OK, path, NULL, "WAL mode, %.1f MB of log",
			    (double)status.st_size / 1e6);
}

/* --- content ------------------------------------------------------------------------------------
 */

static void tell_damage(void *context, const char *check, const char *finding)
{
	struct doctor *doctor = context;

	doctor_tell(doctor, DOCTOR_WRONG, doctor->db_path, restore_it, "%s: %s", check, finding);
}

/* Under one snapshot, so that what is committed meanwhile is no contradiction. */
static int check_content(struct doctor *doctor, struct check_result *result, struct err *err)
{
	struct db db = {.handle = NULL};
	int rc = db_open(&db, doctor->db_path, SQLITE_OPEN_READONLY, err);

	if (rc == 0)
		rc = db_script(&db, "BEGIN", err);
	if (rc == 0)
		rc = check_database(&db, tell_damage, doctor, result, err);
	db_close(&db);
	return rc;
}

void doctor_content(struct doctor *doctor)
{
	struct check_result result = {0};
	struct err err;

	if (check_content(doctor, &result, &err) != 0)
		doctor_tell(doctor, DOCTOR_WRONG, doctor->db_path, "see that the disk is well",
			    "it cannot be checked: %s", err.message);
	else if (result.finding_count == 0)
		doctor_tell(doctor, DOCTOR_OK, doctor->db_path, NULL,
			    "pages, rows and the chain of %lld facts are sound",
			    (long long)result.facts);
}

/* --- a restored home ----------------------------------------------------------------------------
 */

struct hold_text {
	struct doctor *doctor;
	size_t uncertain;
	bool is_held;
};

static void tell_hold(void *context, const struct hold_view *view)
{
	struct hold_text *hold = context;
	char until[CLOCK_TEXT_SIZE];

	hold->is_held = true;
	doctor_tell(
	    hold->doctor, DOCTOR_WARNING, hold->doctor->home,
	    "look at what is uncertain, then: heddle resume --all",
	    "%s by %s, held since: it knows nothing of what happened after %s; %lld runs are "
	    "under way",
	    view->reason, view->actor,
	    view->known_until_ms == 0 ? "its making"
				      : clock_format_utc(view->known_until_ms, until),
	    (long long)view->active_runs);
}

static bool tell_uncertain(void *context, const struct uncertain_view *view)
{
	struct hold_text *hold = context;
	char since[CLOCK_TEXT_SIZE];
	char place[256];

	hold->uncertain++;
	snprintf(place, sizeof place, "%s/%s", view->run_id,
		 view->task_id == NULL ? "?" : view->task_id);
	doctor_tell(hold->doctor, DOCTOR_WARNING, place,
		    "find out how it ended; 'heddle mark' or 'heddle cancel' it if need be",
		    "attempt %u of dag '%s' was under way since %s: how it ended is not known",
		    view->number, view->dag_id, clock_format_utc(view->released_at_ms, since));
	return true;
}

void doctor_hold(struct doctor *doctor)
{
	struct hold_text hold = {.doctor = doctor};
	struct store_reader *reader = NULL;
	struct err err;
	int rc = store_reader_open(doctor->db_path, &reader, &err);

	if (rc == 0)
		rc = read_hold(reader, tell_hold, &hold, &err);
	if (rc == 0)
		rc = read_uncertain(reader, 1000, tell_uncertain, &hold, &err);
	store_reader_close(reader);
	if (rc != 0)
		doctor_tell(doctor, DOCTOR_WRONG, doctor->db_path,
			    "see what is said of the database", "%s", err.message);
	else if (!hold.is_held)
		doctor_tell(doctor, DOCTOR_OK, doctor->home, NULL, "not held after a restore");
}

/* --- backups ------------------------------------------------------------------------------------
 */

void doctor_note_backup(const char *home, const struct backup_info *info, const char *problem)
{
	char path[PATH_MAX];
	struct str before = STR_INIT;
	struct err ignored;
	json_t *note = NULL;
	char *text;

	if (snprintf(path, sizeof path, "%s/" DOCTOR_BACKUP_FILE, home) >= PATH_MAX)
		return;
	if (file_read(path, 65536, &before, NULL) == 0)
		note = json_loads(str_text(&before), 0, NULL);
	if (!json_is_object(note)) {
		json_decref(note);
		note = json_object();
	}
	json_object_set_new(note, "problem", problem == NULL ? json_null() : json_string(problem));
	json_object_set_new(note, "tried_at_ms", json_integer(clock_now().wall_ms));
	if (problem == NULL) {
		json_object_set_new(note, "path", json_string(info->path));
		json_object_set_new(note, "made_at_ms", json_integer(info->made_at_ms));
	}
	text = json_dumps(note, JSON_INDENT(1));
	if (text != NULL)
		(void)file_write_durable(path, text, 0600, &ignored);
	free(text); /* jansson's own */
	json_decref(note);
	str_close(&before);
}

static void judge_backup(struct doctor *doctor, const json_t *note)
{
	const char *problem = json_string_value(json_object_get(note, "problem"));
	const char *path = json_string_value(json_object_get(note, "path"));
	int64_t made_at_ms = json_integer_value(json_object_get(note, "made_at_ms"));
	char at[CLOCK_TEXT_SIZE];

	if (problem != NULL)
		doctor_tell(doctor, DOCTOR_WRONG, path == NULL ? doctor->home : path,
			    "see why, and try again: heddle backup --to DIR",
			    "the newest backup failed: %s", problem);
	else if (path == NULL || made_at_ms == 0)
		doctor_tell(doctor, DOCTOR_WARNING, doctor->home,
			    "heddle backup --every 15m --to DIR, on another disk",
			    "no backup of it was ever made");
	else if (clock_now().wall_ms - made_at_ms > BACKUP_OLD_MS)
		doctor_tell(doctor, DOCTOR_WARNING, path, "heddle backup --every 15m --to DIR",
			    "the newest backup is of %s", clock_format_utc(made_at_ms, at));
	else if (access(path, R_OK) != 0)
		doctor_tell(doctor, DOCTOR_WARNING, path, "heddle backup --to DIR",
			    "the newest backup is not there any more: %s", strerror(errno));
	else
		doctor_tell(doctor, DOCTOR_OK, path, NULL, "the newest backup is of %s",
			    clock_format_utc(made_at_ms, at));
}

void doctor_backup(struct doctor *doctor)
{
	struct str text = STR_INIT;
	char path[PATH_MAX];
	json_t *note = NULL;

	if (access(doctor->db_path, F_OK) != 0)
		return; /* nothing to lose yet */
	if (file_read(doctor_path(doctor, DOCTOR_BACKUP_FILE, path), 65536, &text, NULL) == 0)
		note = json_loads(str_text(&text), 0, NULL);
	judge_backup(doctor, note);
	json_decref(note);
	str_close(&text);
}
