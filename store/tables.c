/* tables.c - the tables of a home as they are now, for a new home; see schema.h.
 *
 * What the steps of schema.c lead to, in one text: a new home need not go the whole way, on which
 * SQLite reads all tables again for each column that is added. A test compares the two. */
#include "store/schema.h"

const char schema_tables[] =
    /* One row: the home itself. */
    "CREATE TABLE home ("
    "  one INTEGER PRIMARY KEY CHECK (one = 1),"
    "  incarnation TEXT NOT NULL,"        /* new after a restore: attempts of before are foreign */
    "  boot_id TEXT NOT NULL DEFAULT ''," /* of the machine when a daemon last started */
    "  created_at_ms INTEGER NOT NULL,"
    /* Numbers of attempts stay taken when their rows go. */
    "  last_attempt_id INTEGER NOT NULL DEFAULT 0,"
    /* The home when a daemon last started in it, so that a copy is told from what was moved. */
    "  folder TEXT NOT NULL DEFAULT ''"
    ") STRICT;"

    /* Every text that was ever in force or run, by the hash of its content. */
    "CREATE TABLE dag_version ("
    "  version_no INTEGER PRIMARY KEY,"
    "  hash TEXT NOT NULL UNIQUE,"
    "  dag_id TEXT NOT NULL,"
    "  file TEXT NOT NULL," /* where it was last found */
    "  description TEXT,"
    "  task_count INTEGER NOT NULL,"
    "  text TEXT NOT NULL,"
    /* What lists show without a parse, and where the text was when it came into force. */
    "  domain TEXT,"
    "  owner TEXT,"
    "  tags TEXT,"         /* a JSON list; NULL = none */
    "  git_commit TEXT,"   /* NULL = in no work tree */
    "  git_dirty INTEGER," /* NULL = not known */
    /* How long a dag's runs keep their detail; both NULL = as long as runs do by default. */
    "  retention_ms INTEGER,"
    "  retention_runs INTEGER,"
    /* Facts of pruned runs name its tasks: the row and its tasks stay when the text goes. */
    "  keeps_names INTEGER NOT NULL DEFAULT 0"
    ") STRICT;"
    "CREATE INDEX dag_version_by_dag ON dag_version (dag_id);"

    "CREATE TABLE dag_version_task ("
    "  version_no INTEGER NOT NULL,"
    "  task INTEGER NOT NULL,"
    "  task_id TEXT NOT NULL,"
    "  pool INTEGER," /* its position; NULL = common */
    "  slots INTEGER NOT NULL DEFAULT 1,"
    "  PRIMARY KEY (version_no, task)"
    ") STRICT, WITHOUT ROWID;"

    /* The dags in force, the errors of their folder, and the pools. */
    "CREATE TABLE dag ("
    "  dag_id TEXT PRIMARY KEY,"
    "  version_no INTEGER NOT NULL,"
    "  file TEXT NOT NULL,"
    "  since_ms INTEGER NOT NULL,"             /* when this version came into force */
    "  last_run_no INTEGER NOT NULL DEFAULT 0" /* its newest run; 0 = it never ran */
    ") STRICT, WITHOUT ROWID;"
    "CREATE INDEX dag_by_last_run ON dag (last_run_no);"

    "CREATE TABLE dag_error ("
    "  file TEXT NOT NULL,"
    "  line INTEGER NOT NULL,"
    "  column_no INTEGER NOT NULL,"
    "  message TEXT NOT NULL,"
    "  since_ms INTEGER NOT NULL,"
    "  round INTEGER NOT NULL," /* of the reading that found it last; older ones are gone */
    "  PRIMARY KEY (file, line, column_no, message)"
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
    /* What a run was started with, what it stands for, and when its time is over. */
    "  params TEXT," /* all of them, a JSON object; NULL = none */
    "  period_id TEXT,"
    "  period_start_ms INTEGER,"
    "  period_end_ms INTEGER,"
    "  outcome TEXT," /* of ending and cancelling: what it will end in */
    "  deadline_wall_ms INTEGER,"
    "  deadline_boot_ms INTEGER,"
    /* When it last began to run: NULL while it has not, or waits to run again. */
    "  started_at_ms INTEGER,"
    /* The latest created_at_ms of this run and all before it. It never falls from one run to the
     * next, whatever the clock did, so an index finds the first run since an instant at once. */
    "  newest_at_ms INTEGER NOT NULL DEFAULT 0,"
    /* The files of its ended attempts stand in one file of pack_bytes (NULL = none was needed). */
    "  packed_at_ms INTEGER,"
    "  pack_bytes INTEGER,"
    "  artifact_files INTEGER," /* what its tasks left, as of then */
    "  artifact_bytes INTEGER,"
    /* Its detail is gone, or going while is_clearing is 1: files first, then rows, then this. */
    "  pruned_at_ms INTEGER,"
    "  is_clearing INTEGER,"
    "  start_at_ms INTEGER," /* NULL = at once */
    "  is_forced INTEGER NOT NULL DEFAULT 0,"
    "  UNIQUE (dag_id, source, key)" /* the same key never makes a second run */
    ") STRICT;"
    "CREATE INDEX run_by_dag_state ON run (dag_id, state);"
    "CREATE INDEX run_by_state ON run (state);"
    "CREATE INDEX run_active ON run (run_no) WHERE ended_at_ms IS NULL;"
    "CREATE INDEX run_by_newest ON run (newest_at_ms);"
    /* An index on a rowid table ends with the rowid: each of these also gives the newest first. */
    "CREATE INDEX run_by_dag ON run (dag_id, run_no, run_id, state, created_at_ms, started_at_ms, "
    "ended_at_ms, version_no);"
    "CREATE INDEX run_unpacked ON run (ended_at_ms)"
    "  WHERE ended_at_ms IS NOT NULL AND packed_at_ms IS NULL AND pruned_at_ms IS NULL;"
    "CREATE INDEX run_detailed ON run (dag_id, ended_at_ms)"
    "  WHERE ended_at_ms IS NOT NULL AND pruned_at_ms IS NULL;"
    "CREATE INDEX run_clearing ON run (run_no) WHERE is_clearing = 1;"
    "CREATE INDEX run_by_version ON run (version_no) WHERE pruned_at_ms IS NULL;"
    "CREATE TRIGGER run_is_newest AFTER INSERT ON run"
    "  BEGIN UPDATE dag SET last_run_no = new.run_no WHERE dag_id = new.dag_id; END;"

    "CREATE TABLE task_instance ("
    "  run_no INTEGER NOT NULL,"
    "  task INTEGER NOT NULL,"
    "  state TEXT NOT NULL,"
    "  reason TEXT,"
    "  due_wall_ms INTEGER," /* up_for_retry: when; cancelling: after which it is killed */
    "  due_boot_ms INTEGER,"
    "  queued_order INTEGER," /* number of the fact that queued it: first come, first served */
    "  ended_at_ms INTEGER,"
    "  aim TEXT," /* of cancelling: what it becomes then */
    /* Attempts made before the newest reset, which no longer count for its retries. */
    "  attempts_before INTEGER NOT NULL DEFAULT 0,"
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
    /* What the scripts that it started were: a JSON list of path, file and hash; NULL = none is
     * known. */
    "  scripts TEXT,"
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
    "  why TEXT,"
    "  hash BLOB" /* chain.h; NULL in facts of homes of before it */
    ") STRICT;"
    "CREATE INDEX fact_by_run ON fact (run_no) WHERE run_no IS NOT NULL;"
    "CREATE INDEX fact_late ON fact (attempt_id) WHERE kind = 'attempt.late';"
    "CREATE TRIGGER fact_is_not_changed BEFORE UPDATE ON fact"
    "  BEGIN SELECT RAISE(ABORT, 'facts are never changed'); END;"
    "CREATE TRIGGER fact_is_not_removed BEFORE DELETE ON fact"
    "  BEGIN SELECT RAISE(ABORT, 'facts are never removed'); END;"
    "CREATE INDEX fact_by_dag ON fact (dag_id) WHERE dag_id IS NOT NULL;"

    "CREATE TABLE dead_letter ("
    "  letter_no INTEGER PRIMARY KEY,"
    "  at_ms INTEGER NOT NULL,"
    "  kind TEXT NOT NULL,"
    "  subject TEXT NOT NULL,"
    "  body TEXT NOT NULL,"
    "  reason TEXT NOT NULL"
    ") STRICT;"

    /* What else belongs to a version: the heddle.yaml above it and the files it names, each content
     * once. */
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

    /* A pool is common to all dags (both ''), one dag's own, or shared by the dags of a domain ('-'
     * = by those without one). */
    "CREATE TABLE pool ("
    "  domain TEXT NOT NULL DEFAULT '',"
    "  dag_id TEXT NOT NULL DEFAULT ''," /* '' = common to all dags */
    "  name TEXT NOT NULL,"
    "  slots INTEGER NOT NULL,"
    "  PRIMARY KEY (dag_id, domain, name)"
    ") STRICT, WITHOUT ROWID;"

    /* Which heddle.yaml of the dag folder in force sizes which pools, and since when. */
    "CREATE TABLE folder_pool ("
    "  folder TEXT NOT NULL," /* that it stands in, relative; '' = the dag folder itself */
    "  name TEXT NOT NULL,"
    "  slots INTEGER NOT NULL,"
    "  since_ms INTEGER NOT NULL,"
    "  PRIMARY KEY (folder, name)"
    ") STRICT, WITHOUT ROWID;"

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

    "CREATE TABLE dag_file_need ("
    "  file TEXT NOT NULL,"
    "  position INTEGER NOT NULL,"
    "  path TEXT NOT NULL,"
    "  device INTEGER NOT NULL,"
    "  inode INTEGER NOT NULL,"
    "  size INTEGER NOT NULL,"
    "  mtime_ns INTEGER NOT NULL,"
    "  ctime_ns INTEGER NOT NULL,"
    "  PRIMARY KEY (file, position)"
    ") STRICT, WITHOUT ROWID;"

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
    "CREATE INDEX run_version_by_version ON run_version (version_no);"

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

    /* Why nothing is started until somebody says so: 'restored', the home came out of a backup. */
    "CREATE TABLE hold ("
    "  kind TEXT PRIMARY KEY,"
    "  at_ms INTEGER NOT NULL,"
    "  actor TEXT NOT NULL,"
    "  reason TEXT NOT NULL,"
    "  fact_no INTEGER NOT NULL," /* its fact: what follows happened in the restored home */
    "  known_until_ms INTEGER"    /* the last fact of the backup */
    ") STRICT, WITHOUT ROWID;"

    /* Versions that were found to be of no use any more, and since when. */
    "CREATE TABLE version_unused ("
    "  version_no INTEGER PRIMARY KEY,"
    "  since_ms INTEGER NOT NULL"
    ") STRICT;"

    /* One row: by how much the wall clock stands before the boot clock, and what follows from a
     * clock that was set. NULL and 0 = nothing is known, or held. */
    "CREATE TABLE clock ("
    "  one INTEGER PRIMARY KEY CHECK (one = 1),"
    "  ahead_ms INTEGER," /* on this boot */
    "  jump_by_ms INTEGER NOT NULL DEFAULT 0,"
    "  jump_until_boot_ms INTEGER NOT NULL DEFAULT 0,"
    "  behind_until_ms INTEGER NOT NULL DEFAULT 0"
    ") STRICT;"

    "INSERT INTO clock (one) VALUES (1);";
