/* schema.c - the tables of a home; see schema.h.
 *
 * People read these tables too (`heddle sql`), so states, kinds and causes stand as their names.
 * Instants are Unix milliseconds UTC, NULL where there is none yet. Tasks are numbered by their
 * position in the version that their run keeps; dag_version_task gives the names. */
#include "store/schema.h"

#include <stdint.h>
#include <stdio.h>

static const char step_1[] =
    /* One row: the home itself. */
    "CREATE TABLE home ("
    "  one INTEGER PRIMARY KEY CHECK (one = 1),"
    "  incarnation TEXT NOT NULL,"        /* new after a restore: attempts of before are foreign */
    "  boot_id TEXT NOT NULL DEFAULT ''," /* of the machine when a daemon last started */
    "  created_at_ms INTEGER NOT NULL"
    ") STRICT;"

    /* Every text that was ever in force or run, by the hash of its content. */
    "CREATE TABLE dag_version ("
    "  version_no INTEGER PRIMARY KEY,"
    "  hash TEXT NOT NULL UNIQUE,"
    "  dag_id TEXT NOT NULL,"
    "  file TEXT NOT NULL," /* where it was last found */
    "  description TEXT,"
    "  task_count INTEGER NOT NULL,"
    "  text TEXT NOT NULL"
    ") STRICT;"
    "CREATE TABLE dag_version_task ("
    "  version_no INTEGER NOT NULL,"
    "  task INTEGER NOT NULL,"
    "  task_id TEXT NOT NULL,"
    "  PRIMARY KEY (version_no, task)"
    ") STRICT, WITHOUT ROWID;"

    /* The dags in force, the errors of their folder, and the pools. */
    "CREATE TABLE dag ("
    "  dag_id TEXT PRIMARY KEY,"
    "  version_no INTEGER NOT NULL,"
    "  file TEXT NOT NULL,"
    "  since_ms INTEGER NOT NULL" /* when this version came into force */
    ") STRICT, WITHOUT ROWID;"
    "CREATE TABLE dag_error ("
    "  file TEXT NOT NULL,"
    "  line INTEGER NOT NULL,"
    "  column_no INTEGER NOT NULL,"
    "  message TEXT NOT NULL,"
    "  since_ms INTEGER NOT NULL,"
    "  round INTEGER NOT NULL," /* of the reading that found it last; older ones are gone */
    "  PRIMARY KEY (file, line, column_no, message)"
    ") STRICT, WITHOUT ROWID;"
    "CREATE TABLE pool ("
    "  dag_id TEXT NOT NULL," /* '' = common to all dags */
    "  name TEXT NOT NULL,"
    "  slots INTEGER NOT NULL,"
    "  PRIMARY KEY (dag_id, name)"
    ") STRICT, WITHOUT ROWID;"

    "CREATE TABLE run ("
    "  run_no INTEGER PRIMARY KEY,"
    "  run_id TEXT NOT NULL UNIQUE,"
    "  dag_id TEXT NOT NULL,"
    "  version_no INTEGER NOT NULL,"
    "  source TEXT NOT NULL,"
    "  key TEXT NOT NULL,"
    "  state TEXT NOT NULL,"
    "  reason TEXT,"
    "  created_at_ms INTEGER NOT NULL,"
    "  ended_at_ms INTEGER,"
    "  task_count INTEGER NOT NULL,"
    "  UNIQUE (dag_id, source, key)" /* the same key never makes a second run */
    ") STRICT;"
    /* An index on a rowid table ends with the rowid: each of these also gives the newest first. */
    "CREATE INDEX run_by_dag ON run (dag_id);"
    "CREATE INDEX run_by_dag_state ON run (dag_id, state);"
    "CREATE INDEX run_by_state ON run (state);"
    "CREATE INDEX run_by_time ON run (created_at_ms);"
    "CREATE INDEX run_active ON run (run_no) WHERE ended_at_ms IS NULL;"

    "CREATE TABLE task_instance ("
    "  run_no INTEGER NOT NULL,"
    "  task INTEGER NOT NULL,"
    "  state TEXT NOT NULL,"
    "  reason TEXT,"
    "  due_wall_ms INTEGER," /* up_for_retry: when; cancelling: after which it is killed */
    "  due_boot_ms INTEGER,"
    "  queued_order INTEGER," /* number of the fact that queued it: first come, first served */
    "  ended_at_ms INTEGER,"
    "  PRIMARY KEY (run_no, task)"
    ") STRICT, WITHOUT ROWID;"
    "CREATE INDEX task_instance_active ON task_instance (state)"
    "  WHERE state IN ('queued', 'running', 'cancelling');"

    "CREATE TABLE attempt ("
    "  attempt_id INTEGER PRIMARY KEY,"
    "  run_no INTEGER NOT NULL,"
    "  task INTEGER NOT NULL,"
    "  number INTEGER NOT NULL," /* 1 = first try of the task in its run */
    "  state TEXT NOT NULL,"     /* running, or the cause of its end */
    "  incarnation TEXT NOT NULL,"
    "  boot_id TEXT NOT NULL,"
    "  released_at_ms INTEGER NOT NULL,"
    "  started_at_ms INTEGER,"
    "  ended_at_ms INTEGER,"
    "  duration_ms INTEGER,"
    "  exit_code INTEGER,"
    "  signal INTEGER,"
    "  max_rss_bytes INTEGER,"
    "  cpu_user_us INTEGER,"
    "  cpu_system_us INTEGER,"
    "  log_bytes INTEGER,"
    "  log_dropped_bytes INTEGER,"
    "  log_dropped_lines INTEGER,"
    "  reason TEXT,"
    "  UNIQUE (run_no, task, number)"
    ") STRICT;"

    /* What changed, from what to what, when, by whom and why. Numbered without gaps. */
    "CREATE TABLE fact ("
    "  fact_no INTEGER PRIMARY KEY,"
    "  at_ms INTEGER NOT NULL,"
    "  kind TEXT NOT NULL,"
    "  run_no INTEGER,"
    "  task INTEGER,"
    "  attempt_id INTEGER,"
    "  attempt INTEGER," /* its number in the task */
    "  dag_id TEXT,"     /* of facts about a dag; those about a run have it from the run */
    "  from_state TEXT,"
    "  to_state TEXT NOT NULL,"
    "  actor TEXT NOT NULL,"
    "  why TEXT"
    ") STRICT;"
    "CREATE INDEX fact_by_run ON fact (run_no) WHERE run_no IS NOT NULL;"
    "CREATE INDEX fact_late ON fact (attempt_id) WHERE kind = 'attempt.late';"
    "CREATE TRIGGER fact_is_not_changed BEFORE UPDATE ON fact"
    "  BEGIN SELECT RAISE(ABORT, 'facts are never changed'); END;"
    "CREATE TRIGGER fact_is_not_removed BEFORE DELETE ON fact"
    "  BEGIN SELECT RAISE(ABORT, 'facts are never removed'); END;"

    "CREATE TABLE dead_letter ("
    "  letter_no INTEGER PRIMARY KEY,"
    "  at_ms INTEGER NOT NULL,"
    "  kind TEXT NOT NULL,"
    "  subject TEXT NOT NULL,"
    "  body TEXT NOT NULL,"
    "  reason TEXT NOT NULL"
    ") STRICT;";

static const char step_2[] =
    /* What lists show without a parse, and where the text was when it came into force. */
    "ALTER TABLE dag_version ADD COLUMN domain TEXT;"
    "ALTER TABLE dag_version ADD COLUMN owner TEXT;"
    "ALTER TABLE dag_version ADD COLUMN tags TEXT;"         /* a JSON list; NULL = none */
    "ALTER TABLE dag_version ADD COLUMN git_commit TEXT;"   /* NULL = in no work tree */
    "ALTER TABLE dag_version ADD COLUMN git_dirty INTEGER;" /* NULL = not known */

    /* What else belongs to a version: the heddle.yaml above it and the files it names, each
     * content once. */
    "CREATE TABLE content ("
    "  hash TEXT PRIMARY KEY,"
    "  text TEXT NOT NULL"
    ") STRICT;"
    "CREATE TABLE dag_version_file ("
    "  version_no INTEGER NOT NULL,"
    "  position INTEGER NOT NULL,"
    "  kind TEXT NOT NULL," /* defaults: a heddle.yaml; named: by a task */
    "  name TEXT NOT NULL,"
    "  hash TEXT NOT NULL,"
    "  PRIMARY KEY (version_no, position)"
    ") STRICT, WITHOUT ROWID;"

    /* The pools that a version's tasks may name, and which task names which. */
    "CREATE TABLE dag_version_pool ("
    "  version_no INTEGER NOT NULL,"
    "  position INTEGER NOT NULL,"
    "  domain TEXT NOT NULL," /* '' = the dag's own; else as in pool */
    "  name TEXT NOT NULL,"
    "  slots INTEGER NOT NULL,"
    "  PRIMARY KEY (version_no, position)"
    ") STRICT, WITHOUT ROWID;"
    "ALTER TABLE dag_version_task ADD COLUMN pool INTEGER;" /* its position; NULL = common */
    "ALTER TABLE dag_version_task ADD COLUMN slots INTEGER NOT NULL DEFAULT 1;"
    "INSERT INTO dag_version_pool"
    " SELECT d.version_no, row_number() OVER (PARTITION BY d.dag_id ORDER BY p.name) - 1, '',"
    "  p.name, p.slots FROM dag d JOIN pool p USING (dag_id);"
    "UPDATE dag_version_task SET pool = (SELECT position FROM dag_version_pool p"
    " WHERE p.version_no = dag_version_task.version_no AND p.name = 'default');"

    /* A pool is common to all dags (both ''), one dag's own, or shared by the dags of a domain
     * ('-' = by those without one). */
    "CREATE TABLE pool_2 ("
    "  domain TEXT NOT NULL DEFAULT '',"
    "  dag_id TEXT NOT NULL DEFAULT '',"
    "  name TEXT NOT NULL,"
    "  slots INTEGER NOT NULL,"
    "  PRIMARY KEY (dag_id, domain, name)"
    ") STRICT, WITHOUT ROWID;"
    "INSERT INTO pool_2 (dag_id, name, slots) SELECT dag_id, name, slots FROM pool;"
    "DROP TABLE pool;"
    "ALTER TABLE pool_2 RENAME TO pool;"

    /* The files of the dag folder that check, as they were when they were read: one that is still
     * the same is not read again. */
    "CREATE TABLE dag_file ("
    "  file TEXT PRIMARY KEY,"
    "  device INTEGER NOT NULL,"
    "  inode INTEGER NOT NULL,"
    "  size INTEGER NOT NULL,"
    "  mtime_ns INTEGER NOT NULL,"
    "  ctime_ns INTEGER NOT NULL,"
    "  around TEXT NOT NULL" /* the reader's version, and the heddle.yaml above it likewise */
    ") STRICT, WITHOUT ROWID;"
    "CREATE TABLE dag_file_dag ("
    "  file TEXT NOT NULL,"
    "  position INTEGER NOT NULL,"
    "  dag_id TEXT NOT NULL,"
    "  hash TEXT NOT NULL," /* of its version */
    "  line INTEGER NOT NULL,"
    "  PRIMARY KEY (file, position)"
    ") STRICT, WITHOUT ROWID;"
    "CREATE TABLE dag_file_need (" /* a file that its dags name */
    "  file TEXT NOT NULL,"
    "  position INTEGER NOT NULL,"
    "  path TEXT NOT NULL,"
    "  device INTEGER NOT NULL,"
    "  inode INTEGER NOT NULL,"
    "  size INTEGER NOT NULL,"
    "  mtime_ns INTEGER NOT NULL,"
    "  ctime_ns INTEGER NOT NULL,"
    "  PRIMARY KEY (file, position)"
    ") STRICT, WITHOUT ROWID;";

static const char step_3[] =
    /* What a run was started with, what it stands for, and when its time is over. */
    "ALTER TABLE run ADD COLUMN params TEXT;" /* all of them, a JSON object; NULL = none */
    "ALTER TABLE run ADD COLUMN period_id TEXT;"
    "ALTER TABLE run ADD COLUMN period_start_ms INTEGER;"
    "ALTER TABLE run ADD COLUMN period_end_ms INTEGER;"
    "ALTER TABLE run ADD COLUMN outcome TEXT;" /* of ending and cancelling: what it will end in */
    "ALTER TABLE run ADD COLUMN deadline_wall_ms INTEGER;"
    "ALTER TABLE run ADD COLUMN deadline_boot_ms INTEGER;"
    "UPDATE run SET period_id = strftime('%Y-%m-%dT%H:%M:%S+00:00', created_at_ms / 1000,"
    " 'unixepoch'), period_start_ms = created_at_ms, period_end_ms = created_at_ms;"

    "ALTER TABLE task_instance ADD COLUMN aim TEXT;" /* of cancelling: what it becomes then */
    /* Attempts made before the newest reset, which no longer count for its retries. */
    "ALTER TABLE task_instance ADD COLUMN attempts_before INTEGER NOT NULL DEFAULT 0;"

    "CREATE TABLE output ("
    "  run_no INTEGER NOT NULL,"
    "  task INTEGER NOT NULL,"
    "  attempt_id INTEGER NOT NULL,"
    "  json TEXT NOT NULL," /* an object */
    "  UNIQUE (run_no, task)"
    ") STRICT;"

    /* A run that was rerun with another version: facts below until_fact speak of this one. */
    "CREATE TABLE run_version ("
    "  run_no INTEGER NOT NULL,"
    "  until_fact INTEGER NOT NULL,"
    "  version_no INTEGER NOT NULL,"
    "  PRIMARY KEY (run_no, until_fact)"
    ") STRICT, WITHOUT ROWID;"

    "CREATE TABLE pause ("
    "  dag_id TEXT PRIMARY KEY," /* '' = all */
    "  at_ms INTEGER NOT NULL,"
    "  actor TEXT NOT NULL,"
    "  reason TEXT"
    ") STRICT, WITHOUT ROWID;"

    "CREATE TABLE note ("
    "  note_no INTEGER PRIMARY KEY,"
    "  at_ms INTEGER NOT NULL,"
    "  run_no INTEGER NOT NULL,"
    "  task_id TEXT," /* NULL = of the run */
    "  actor TEXT NOT NULL,"
    "  text TEXT NOT NULL"
    ") STRICT;"
    "CREATE INDEX note_by_run ON note (run_no);"
    "CREATE INDEX dag_version_by_dag ON dag_version (dag_id);"
    "CREATE INDEX fact_by_dag ON fact (dag_id) WHERE dag_id IS NOT NULL;";

static const char step_4[] =
    /* When it last began to run: NULL while it has not, or waits to run again. */
    "ALTER TABLE run ADD COLUMN started_at_ms INTEGER;"
    /* The latest created_at_ms of this run and all before it. It never falls from one run to the
     * next, whatever the clock did, so an index finds the first run since an instant at once. */
    "ALTER TABLE run ADD COLUMN newest_at_ms INTEGER NOT NULL DEFAULT 0;"
    "UPDATE run SET newest_at_ms = w.newest,"
    " started_at_ms = iif(run.state = 'queued', NULL, run.created_at_ms)"
    " FROM (SELECT run_no, max(created_at_ms) OVER (ORDER BY run_no) AS newest FROM run) w"
    " WHERE w.run_no = run.run_no;"
    "DROP INDEX run_by_time;"
    "CREATE INDEX run_by_newest ON run (newest_at_ms);"
    /* All that a bar of a run shows, so that the last runs of many dags are read from it alone. */
    "DROP INDEX run_by_dag;"
    "CREATE INDEX run_by_dag ON run (dag_id, run_no, run_id, state, created_at_ms, started_at_ms,"
    " ended_at_ms, version_no);";

static const char step_5[] =
    "ALTER TABLE fact ADD COLUMN hash BLOB;" /* chain.h; NULL in facts of before this step */

    /* Why nothing is started until somebody says so: 'restored', the home came out of a backup. */
    "CREATE TABLE hold ("
    "  kind TEXT PRIMARY KEY,"
    "  at_ms INTEGER NOT NULL,"
    "  actor TEXT NOT NULL,"
    "  reason TEXT NOT NULL,"
    "  fact_no INTEGER NOT NULL," /* its fact: what follows happened in the restored home */
    "  known_until_ms INTEGER"    /* the last fact of the backup */
    ") STRICT, WITHOUT ROWID;";

static const char step_6[] =
    /* How long a dag's runs keep their detail; both NULL = as long as runs do by default. */
    "ALTER TABLE dag_version ADD COLUMN retention_ms INTEGER;"
    "ALTER TABLE dag_version ADD COLUMN retention_runs INTEGER;"
    /* Facts of pruned runs name its tasks: the row and its tasks stay when the text goes ('' then).
     */
    "ALTER TABLE dag_version ADD COLUMN keeps_names INTEGER NOT NULL DEFAULT 0;"
    /* Versions that were found to be of no use any more, and since when. */
    "CREATE TABLE version_unused ("
    "  version_no INTEGER PRIMARY KEY,"
    "  since_ms INTEGER NOT NULL"
    ") STRICT;"
    "CREATE INDEX run_version_by_version ON run_version (version_no);"

    /* The files of its ended attempts stand in one file of pack_bytes (NULL = none was needed). */
    "ALTER TABLE run ADD COLUMN packed_at_ms INTEGER;"
    "ALTER TABLE run ADD COLUMN pack_bytes INTEGER;"
    "ALTER TABLE run ADD COLUMN artifact_files INTEGER;" /* what its tasks left, as of then */
    "ALTER TABLE run ADD COLUMN artifact_bytes INTEGER;"
    /* Its detail is gone, or going while is_clearing is 1: files first, then rows, then this. */
    "ALTER TABLE run ADD COLUMN pruned_at_ms INTEGER;"
    "ALTER TABLE run ADD COLUMN is_clearing INTEGER;"
    "CREATE INDEX run_unpacked ON run (ended_at_ms)"
    "  WHERE ended_at_ms IS NOT NULL AND packed_at_ms IS NULL AND pruned_at_ms IS NULL;"
    "CREATE INDEX run_detailed ON run (dag_id, ended_at_ms)"
    "  WHERE ended_at_ms IS NOT NULL AND pruned_at_ms IS NULL;"
    "CREATE INDEX run_clearing ON run (run_no) WHERE is_clearing = 1;"
    "CREATE INDEX run_by_version ON run (version_no) WHERE pruned_at_ms IS NULL;"
    /* Numbers of attempts stay taken when their rows go. */
    "ALTER TABLE home ADD COLUMN last_attempt_id INTEGER NOT NULL DEFAULT 0;";

static const char step_7[] =
    /* One row: by how much the wall clock stands before the boot clock, and what follows from a
     * clock that was set. NULL and 0 = nothing is known, or held. */
    "CREATE TABLE clock ("
    "  one INTEGER PRIMARY KEY CHECK (one = 1),"
    "  ahead_ms INTEGER," /* on this boot */
    "  jump_by_ms INTEGER NOT NULL DEFAULT 0,"
    "  jump_until_boot_ms INTEGER NOT NULL DEFAULT 0,"
    "  behind_until_ms INTEGER NOT NULL DEFAULT 0"
    ") STRICT;"
    "INSERT INTO clock (one) VALUES (1);"

    "ALTER TABLE run ADD COLUMN start_at_ms INTEGER;" /* NULL = at once */
    "ALTER TABLE run ADD COLUMN is_forced INTEGER NOT NULL DEFAULT 0;";

static const char step_8[] =
    /* What the scripts that it started were: a JSON list of path, file and hash; NULL = none is
     * known. */
    "ALTER TABLE attempt ADD COLUMN scripts TEXT;";

static const char step_9[] =
    /* Which heddle.yaml of the dag folder in force sizes which pools, and since when. */
    "CREATE TABLE folder_pool ("
    "  folder TEXT NOT NULL," /* that it stands in, relative; '' = the dag folder itself */
    "  name TEXT NOT NULL,"
    "  slots INTEGER NOT NULL,"
    "  since_ms INTEGER NOT NULL,"
    "  PRIMARY KEY (folder, name)"
    ") STRICT, WITHOUT ROWID;"
    /* Each is read once more, for what it says of them. */
    "DELETE FROM dag_file WHERE file IN ('heddle.yaml', 'heddle.yml')"
    "  OR file LIKE '%/heddle.yaml' OR file LIKE '%/heddle.yml';";

static const char step_10[] =
    /* Lists are ordered by it: no look at the runs of each dag for that. 0 = it never ran. */
    "ALTER TABLE dag ADD COLUMN last_run_no INTEGER NOT NULL DEFAULT 0;"
    "UPDATE dag SET last_run_no ="
    "  coalesce((SELECT max(run_no) FROM run WHERE dag_id = dag.dag_id), 0);"
    "CREATE INDEX dag_by_last_run ON dag (last_run_no);"
    "CREATE TRIGGER run_is_newest AFTER INSERT ON run"
    "  BEGIN UPDATE dag SET last_run_no = new.run_no WHERE dag_id = new.dag_id; END;";

static const char step_11[] =
    /* The home when a daemon last started in it, so that a copy is told from what was moved. */
    "ALTER TABLE home ADD COLUMN folder TEXT NOT NULL DEFAULT '';";

static const char *const steps[] = {step_1, step_2, step_3, step_4,  step_5, step_6,
				    step_7, step_8, step_9, step_10, step_11};

const struct schema schema_present = {steps, sizeof steps / sizeof steps[0], schema_tables};

static const char sql_number[] = "PRAGMA user_version";
static const char sql_application[] = "PRAGMA application_id";
static const char sql_object_count[] = "SELECT count(*) FROM sqlite_schema";

static int read_head(struct db *db, int64_t *application, int64_t *number, int64_t *objects,
		     struct err *err)
{
	int rc = db_get(db, sql_application, application, err, "");

	if (rc == 0)
		rc = db_get(db, sql_number, number, err, "");
	if (rc == 0)
		rc = db_get(db, sql_object_count, objects, err, "");
	return rc;
}

int schema_check(struct db *db, const char *path, const struct schema *schema, size_t *number,
		 struct err *err)
{
	int64_t application = 0;
	int64_t stored = 0;
	int64_t objects = 0;
	int rc = read_head(db, &application, &stored, &objects, err);

	*number = 0;
	if (rc != 0)
		return rc;
	if (application == 0 && stored == 0 && objects == 0)
		return 0;
	if (application != SCHEMA_APPLICATION_ID || stored <= 0)
		return err_set(err, ERR_CORRUPT, "'%s' is a database of another program", path);
	if ((uint64_t)stored > schema->count)
		return err_set(err, ERR_INVALID,
			       "'%s' was written by a newer Heddle (schema %lld, this one knows "
			       "%zu): use that one, or restore a backup of before",
			       path, (long long)stored, schema->count);
	*number = (size_t)stored;
	return 0;
}
