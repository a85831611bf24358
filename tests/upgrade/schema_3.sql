-- A home of schema 3, as its release left it. Made by tests/upgrade/make.py.
BEGIN TRANSACTION;
CREATE TABLE attempt (  attempt_id INTEGER PRIMARY KEY,  run_no INTEGER NOT NULL,  task INTEGER NOT NULL,  number INTEGER NOT NULL,  state TEXT NOT NULL,  incarnation TEXT NOT NULL,  boot_id TEXT NOT NULL,  released_at_ms INTEGER NOT NULL,  started_at_ms INTEGER,  ended_at_ms INTEGER,  duration_ms INTEGER,  exit_code INTEGER,  signal INTEGER,  max_rss_bytes INTEGER,  cpu_user_us INTEGER,  cpu_system_us INTEGER,  log_bytes INTEGER,  log_dropped_bytes INTEGER,  log_dropped_lines INTEGER,  reason TEXT,  UNIQUE (run_no, task, number)) STRICT;
INSERT INTO "attempt" VALUES(1,1,0,1,'success','f2715499','0c645a82-9981-4a13-a910-484dfd17def3',1795285308251,1795285308273,1795285308296,23,0,0,1363968,1111,0,30,0,0,NULL);
INSERT INTO "attempt" VALUES(2,2,0,1,'exit_code','f2715499','0c645a82-9981-4a13-a910-484dfd17def3',1795285308288,1795285308313,1795285308340,28,7,0,1609728,0,1138,0,0,0,NULL);
INSERT INTO "attempt" VALUES(3,1,1,1,'success','f2715499','0c645a82-9981-4a13-a910-484dfd17def3',1795285308300,1795285308318,1795285308359,41,0,0,1490944,1334,0,31,0,0,NULL);
INSERT INTO "attempt" VALUES(4,3,0,1,'exit_code','f2715499','0c645a82-9981-4a13-a910-484dfd17def3',1795285308313,1795285308351,1795285308362,11,1,0,1720320,1137,0,0,0,0,NULL);
INSERT INTO "attempt" VALUES(5,4,0,1,'running','f2715499','0c645a82-9981-4a13-a910-484dfd17def3',1795285308384,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "attempt" VALUES(6,4,1,1,'running','f2715499','0c645a82-9981-4a13-a910-484dfd17def3',1795285308384,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "attempt" VALUES(7,4,2,1,'running','f2715499','0c645a82-9981-4a13-a910-484dfd17def3',1795285308384,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "attempt" VALUES(8,4,3,1,'running','f2715499','0c645a82-9981-4a13-a910-484dfd17def3',1795285308384,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
CREATE TABLE content (  hash TEXT PRIMARY KEY,  text TEXT NOT NULL) STRICT;
CREATE TABLE dag (  dag_id TEXT PRIMARY KEY,  version_no INTEGER NOT NULL,  file TEXT NOT NULL,  since_ms INTEGER NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO "dag" VALUES('broken',1,'broken.yaml',1795285308075);
INSERT INTO "dag" VALUES('done',2,'done.yaml',1795285308075);
INSERT INTO "dag" VALUES('later',3,'later.yaml',1795285308075);
INSERT INTO "dag" VALUES('live',4,'live.yaml',1795285308075);
CREATE TABLE dag_error (  file TEXT NOT NULL,  line INTEGER NOT NULL,  column_no INTEGER NOT NULL,  message TEXT NOT NULL,  since_ms INTEGER NOT NULL,  round INTEGER NOT NULL,  PRIMARY KEY (file, line, column_no, message)) STRICT, WITHOUT ROWID;
CREATE TABLE dag_file (  file TEXT PRIMARY KEY,  device INTEGER NOT NULL,  inode INTEGER NOT NULL,  size INTEGER NOT NULL,  mtime_ns INTEGER NOT NULL,  ctime_ns INTEGER NOT NULL,  around TEXT NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO "dag_file" VALUES('broken.yaml',65024,10174479,101,1795285307845252257,1795285307845252257,'0.1.0');
INSERT INTO "dag_file" VALUES('done.yaml',65024,10174478,108,1795285307845156468,1795285307845156468,'0.1.0');
INSERT INTO "dag_file" VALUES('later.yaml',65024,10174483,77,1795285307845356903,1795285307845356903,'0.1.0');
INSERT INTO "dag_file" VALUES('live.yaml',65024,10174484,655,1795285307845439918,1795285307845439918,'0.1.0');
CREATE TABLE dag_file_dag (  file TEXT NOT NULL,  position INTEGER NOT NULL,  dag_id TEXT NOT NULL,  hash TEXT NOT NULL,  line INTEGER NOT NULL,  PRIMARY KEY (file, position)) STRICT, WITHOUT ROWID;
INSERT INTO "dag_file_dag" VALUES('broken.yaml',0,'broken','c0c372a9a22d6a14dca24de968c08567',1);
INSERT INTO "dag_file_dag" VALUES('done.yaml',0,'done','5abf4f689f6bacf11bc71967b4458577',1);
INSERT INTO "dag_file_dag" VALUES('later.yaml',0,'later','5eb8da66112dd92314931e87f602cfa1',1);
INSERT INTO "dag_file_dag" VALUES('live.yaml',0,'live','43d67146c64f2f9046b1399760b03f0c',1);
CREATE TABLE dag_file_need (  file TEXT NOT NULL,  position INTEGER NOT NULL,  path TEXT NOT NULL,  device INTEGER NOT NULL,  inode INTEGER NOT NULL,  size INTEGER NOT NULL,  mtime_ns INTEGER NOT NULL,  ctime_ns INTEGER NOT NULL,  PRIMARY KEY (file, position)) STRICT, WITHOUT ROWID;
CREATE TABLE dag_version (  version_no INTEGER PRIMARY KEY,  hash TEXT NOT NULL UNIQUE,  dag_id TEXT NOT NULL,  file TEXT NOT NULL,  description TEXT,  task_count INTEGER NOT NULL,  text TEXT NOT NULL, domain TEXT, owner TEXT, tags TEXT, git_commit TEXT, git_dirty INTEGER) STRICT;
INSERT INTO "dag_version" VALUES(1,'c0c372a9a22d6a14dca24de968c08567','broken','broken.yaml',NULL,2,'id: broken
tasks:
  - {id: bad, command: exit 7}
  - {id: never, depends_on: [bad], command: ''true''}
',NULL,NULL,NULL,NULL,NULL);
INSERT INTO "dag_version" VALUES(2,'5abf4f689f6bacf11bc71967b4458577','done','done.yaml',NULL,2,'id: done
tasks:
  - {id: good, command: echo good}
  - {id: after, depends_on: [good], command: echo after}
',NULL,NULL,NULL,NULL,NULL);
INSERT INTO "dag_version" VALUES(3,'5eb8da66112dd92314931e87f602cfa1','later','later.yaml',NULL,1,'id: later
tasks: [{id: again, retries: 1, retry_delay: 1h, command: exit 1}]
',NULL,NULL,NULL,NULL,NULL);
INSERT INTO "dag_version" VALUES(4,'43d67146c64f2f9046b1399760b03f0c','live','live.yaml',NULL,5,'id: live
max_active_tasks: 8
tasks:
  - {id: ended, retries: 1, retry_delay: 10ms, command: ''test -e $HEDDLE_RUN_DIR/../../go || exec sleep 1000; echo ended again''}
  - {id: living, retries: 1, retry_delay: 10ms, command: ''test -e $HEDDLE_RUN_DIR/../../go || exec sleep 1000; echo living again''}
  - {id: unclaimed, retries: 1, retry_delay: 10ms, command: ''test -e $HEDDLE_RUN_DIR/../../go || exec sleep 1000; echo unclaimed again''}
  - {id: orphaned, retries: 1, retry_delay: 10ms, command: ''test -e $HEDDLE_RUN_DIR/../../go || exec sleep 1000; echo orphaned again''}
  - {id: join, depends_on: [ended, living, unclaimed, orphaned], command: echo joined}
',NULL,NULL,NULL,NULL,NULL);
CREATE TABLE dag_version_file (  version_no INTEGER NOT NULL,  position INTEGER NOT NULL,  kind TEXT NOT NULL,  name TEXT NOT NULL,  hash TEXT NOT NULL,  PRIMARY KEY (version_no, position)) STRICT, WITHOUT ROWID;
CREATE TABLE dag_version_pool (  version_no INTEGER NOT NULL,  position INTEGER NOT NULL,  domain TEXT NOT NULL,  name TEXT NOT NULL,  slots INTEGER NOT NULL,  PRIMARY KEY (version_no, position)) STRICT, WITHOUT ROWID;
CREATE TABLE dag_version_task (  version_no INTEGER NOT NULL,  task INTEGER NOT NULL,  task_id TEXT NOT NULL, pool INTEGER, slots INTEGER NOT NULL DEFAULT 1,  PRIMARY KEY (version_no, task)) STRICT, WITHOUT ROWID;
INSERT INTO "dag_version_task" VALUES(1,0,'bad',NULL,1);
INSERT INTO "dag_version_task" VALUES(1,1,'never',NULL,1);
INSERT INTO "dag_version_task" VALUES(2,0,'good',NULL,1);
INSERT INTO "dag_version_task" VALUES(2,1,'after',NULL,1);
INSERT INTO "dag_version_task" VALUES(3,0,'again',NULL,1);
INSERT INTO "dag_version_task" VALUES(4,0,'ended',NULL,1);
INSERT INTO "dag_version_task" VALUES(4,1,'living',NULL,1);
INSERT INTO "dag_version_task" VALUES(4,2,'unclaimed',NULL,1);
INSERT INTO "dag_version_task" VALUES(4,3,'orphaned',NULL,1);
INSERT INTO "dag_version_task" VALUES(4,4,'join',NULL,1);
CREATE TABLE dead_letter (  letter_no INTEGER PRIMARY KEY,  at_ms INTEGER NOT NULL,  kind TEXT NOT NULL,  subject TEXT NOT NULL,  body TEXT NOT NULL,  reason TEXT NOT NULL) STRICT;
CREATE TABLE fact (  fact_no INTEGER PRIMARY KEY,  at_ms INTEGER NOT NULL,  kind TEXT NOT NULL,  run_no INTEGER,  task INTEGER,  attempt_id INTEGER,  attempt INTEGER,  dag_id TEXT,  from_state TEXT,  to_state TEXT NOT NULL,  actor TEXT NOT NULL,  why TEXT) STRICT;
INSERT INTO "fact" VALUES(1,1795285308075,'dag.new',NULL,NULL,NULL,NULL,'broken',NULL,'c0c372a9a22d6a14dca24de968c08567','folder',NULL);
INSERT INTO "fact" VALUES(2,1795285308075,'dag.new',NULL,NULL,NULL,NULL,'done',NULL,'5abf4f689f6bacf11bc71967b4458577','folder',NULL);
INSERT INTO "fact" VALUES(3,1795285308075,'dag.new',NULL,NULL,NULL,NULL,'later',NULL,'5eb8da66112dd92314931e87f602cfa1','folder',NULL);
INSERT INTO "fact" VALUES(4,1795285308075,'dag.new',NULL,NULL,NULL,NULL,'live',NULL,'43d67146c64f2f9046b1399760b03f0c','folder',NULL);
INSERT INTO "fact" VALUES(5,1795285308251,'run.new',1,NULL,NULL,NULL,NULL,NULL,'running','user:root',NULL);
INSERT INTO "fact" VALUES(6,1795285308251,'task.state',1,0,NULL,NULL,NULL,'none','queued','scheduler',NULL);
INSERT INTO "fact" VALUES(7,1795285308251,'task.state',1,0,NULL,NULL,NULL,'queued','running','scheduler',NULL);
INSERT INTO "fact" VALUES(8,1795285308251,'attempt.new',1,0,1,1,NULL,NULL,'running','scheduler',NULL);
INSERT INTO "fact" VALUES(9,1795285308288,'run.new',2,NULL,NULL,NULL,NULL,NULL,'running','user:root',NULL);
INSERT INTO "fact" VALUES(10,1795285308288,'task.state',2,0,NULL,NULL,NULL,'none','queued','scheduler',NULL);
INSERT INTO "fact" VALUES(11,1795285308288,'task.state',2,0,NULL,NULL,NULL,'queued','running','scheduler',NULL);
INSERT INTO "fact" VALUES(12,1795285308288,'attempt.new',2,0,2,1,NULL,NULL,'running','scheduler',NULL);
INSERT INTO "fact" VALUES(13,1795285308300,'attempt.end',1,0,1,1,NULL,'running','success','executor',NULL);
INSERT INTO "fact" VALUES(14,1795285308300,'task.state',1,0,NULL,NULL,NULL,'running','success','scheduler',NULL);
INSERT INTO "fact" VALUES(15,1795285308300,'task.state',1,1,NULL,NULL,NULL,'none','queued','scheduler',NULL);
INSERT INTO "fact" VALUES(16,1795285308300,'task.state',1,1,NULL,NULL,NULL,'queued','running','scheduler',NULL);
INSERT INTO "fact" VALUES(17,1795285308300,'attempt.new',1,1,3,1,NULL,NULL,'running','scheduler',NULL);
INSERT INTO "fact" VALUES(18,1795285308313,'run.new',3,NULL,NULL,NULL,NULL,NULL,'running','user:root',NULL);
INSERT INTO "fact" VALUES(19,1795285308313,'task.state',3,0,NULL,NULL,NULL,'none','queued','scheduler',NULL);
INSERT INTO "fact" VALUES(20,1795285308313,'task.state',3,0,NULL,NULL,NULL,'queued','running','scheduler',NULL);
INSERT INTO "fact" VALUES(21,1795285308313,'attempt.new',3,0,4,1,NULL,NULL,'running','scheduler',NULL);
INSERT INTO "fact" VALUES(22,1795285308342,'attempt.end',2,0,2,1,NULL,'running','exit_code','executor',NULL);
INSERT INTO "fact" VALUES(23,1795285308342,'task.state',2,0,NULL,NULL,NULL,'running','failed','scheduler','exit code 7');
INSERT INTO "fact" VALUES(24,1795285308342,'task.state',2,1,NULL,NULL,NULL,'none','upstream_failed','scheduler','upstream ''bad'' failed');
INSERT INTO "fact" VALUES(25,1795285308342,'run.state',2,NULL,NULL,NULL,NULL,'running','failed','scheduler','task ''bad'' failed');
INSERT INTO "fact" VALUES(26,1795285308384,'attempt.end',1,1,3,1,NULL,'running','success','executor',NULL);
INSERT INTO "fact" VALUES(27,1795285308384,'task.state',1,1,NULL,NULL,NULL,'running','success','scheduler',NULL);
INSERT INTO "fact" VALUES(28,1795285308384,'run.state',1,NULL,NULL,NULL,NULL,'running','success','scheduler',NULL);
INSERT INTO "fact" VALUES(29,1795285308384,'attempt.end',3,0,4,1,NULL,'running','exit_code','executor',NULL);
INSERT INTO "fact" VALUES(30,1795285308384,'task.state',3,0,NULL,NULL,NULL,'running','up_for_retry','scheduler','exit code 1, try 1 of 2; next try in 1h');
INSERT INTO "fact" VALUES(31,1795285308384,'run.new',4,NULL,NULL,NULL,NULL,NULL,'running','user:root',NULL);
INSERT INTO "fact" VALUES(32,1795285308384,'task.state',4,0,NULL,NULL,NULL,'none','queued','scheduler',NULL);
INSERT INTO "fact" VALUES(33,1795285308384,'task.state',4,1,NULL,NULL,NULL,'none','queued','scheduler',NULL);
INSERT INTO "fact" VALUES(34,1795285308384,'task.state',4,2,NULL,NULL,NULL,'none','queued','scheduler',NULL);
INSERT INTO "fact" VALUES(35,1795285308384,'task.state',4,3,NULL,NULL,NULL,'none','queued','scheduler',NULL);
INSERT INTO "fact" VALUES(36,1795285308384,'task.state',4,0,NULL,NULL,NULL,'queued','running','scheduler',NULL);
INSERT INTO "fact" VALUES(37,1795285308384,'attempt.new',4,0,5,1,NULL,NULL,'running','scheduler',NULL);
INSERT INTO "fact" VALUES(38,1795285308384,'task.state',4,1,NULL,NULL,NULL,'queued','running','scheduler',NULL);
INSERT INTO "fact" VALUES(39,1795285308384,'attempt.new',4,1,6,1,NULL,NULL,'running','scheduler',NULL);
INSERT INTO "fact" VALUES(40,1795285308384,'task.state',4,2,NULL,NULL,NULL,'queued','running','scheduler',NULL);
INSERT INTO "fact" VALUES(41,1795285308384,'attempt.new',4,2,7,1,NULL,NULL,'running','scheduler',NULL);
INSERT INTO "fact" VALUES(42,1795285308384,'task.state',4,3,NULL,NULL,NULL,'queued','running','scheduler',NULL);
INSERT INTO "fact" VALUES(43,1795285308384,'attempt.new',4,3,8,1,NULL,NULL,'running','scheduler',NULL);
CREATE TABLE home (  one INTEGER PRIMARY KEY CHECK (one = 1),  incarnation TEXT NOT NULL,  boot_id TEXT NOT NULL DEFAULT '',  created_at_ms INTEGER NOT NULL) STRICT;
INSERT INTO "home" VALUES(1,'f2715499','0c645a82-9981-4a13-a910-484dfd17def3',1795285308053);
CREATE TABLE note (  note_no INTEGER PRIMARY KEY,  at_ms INTEGER NOT NULL,  run_no INTEGER NOT NULL,  task_id TEXT,  actor TEXT NOT NULL,  text TEXT NOT NULL) STRICT;
CREATE TABLE output (  run_no INTEGER NOT NULL,  task INTEGER NOT NULL,  attempt_id INTEGER NOT NULL,  json TEXT NOT NULL,  UNIQUE (run_no, task)) STRICT;
CREATE TABLE pause (  dag_id TEXT PRIMARY KEY,  at_ms INTEGER NOT NULL,  actor TEXT NOT NULL,  reason TEXT) STRICT, WITHOUT ROWID;
CREATE TABLE "pool" (  domain TEXT NOT NULL DEFAULT '',  dag_id TEXT NOT NULL DEFAULT '',  name TEXT NOT NULL,  slots INTEGER NOT NULL,  PRIMARY KEY (dag_id, domain, name)) STRICT, WITHOUT ROWID;
INSERT INTO "pool" VALUES('','','default',8);
CREATE TABLE run (  run_no INTEGER PRIMARY KEY,  run_id TEXT NOT NULL UNIQUE,  dag_id TEXT NOT NULL,  version_no INTEGER NOT NULL,  source TEXT NOT NULL,  key TEXT NOT NULL,  state TEXT NOT NULL,  reason TEXT,  created_at_ms INTEGER NOT NULL,  ended_at_ms INTEGER,  task_count INTEGER NOT NULL, params TEXT, period_id TEXT, period_start_ms INTEGER, period_end_ms INTEGER, outcome TEXT, deadline_wall_ms INTEGER, deadline_boot_ms INTEGER,  UNIQUE (dag_id, source, key)) STRICT;
INSERT INTO "run" VALUES(1,'ec0681b942967b9f','done',2,'manual','of-before','success',NULL,1795285308251,1795285308384,2,NULL,'2026-11-21T18:21:48.251+00:00',1795285308251,1795285308251,NULL,NULL,NULL);
INSERT INTO "run" VALUES(2,'f4c327f216a4bab0','broken',1,'manual','of-before','failed','task ''bad'' failed',1795285308288,1795285308342,2,NULL,'2026-11-21T18:21:48.288+00:00',1795285308288,1795285308288,NULL,NULL,NULL);
INSERT INTO "run" VALUES(3,'b83dd3982b40baf2','later',3,'manual','of-before','running',NULL,1795285308313,NULL,1,NULL,'2026-11-21T18:21:48.313+00:00',1795285308313,1795285308313,NULL,NULL,NULL);
INSERT INTO "run" VALUES(4,'65a0e067bd50bb76','live',4,'manual','of-before','running',NULL,1795285308384,NULL,5,NULL,'2026-11-21T18:21:48.384+00:00',1795285308384,1795285308384,NULL,NULL,NULL);
CREATE TABLE run_version (  run_no INTEGER NOT NULL,  until_fact INTEGER NOT NULL,  version_no INTEGER NOT NULL,  PRIMARY KEY (run_no, until_fact)) STRICT, WITHOUT ROWID;
CREATE TABLE task_instance (  run_no INTEGER NOT NULL,  task INTEGER NOT NULL,  state TEXT NOT NULL,  reason TEXT,  due_wall_ms INTEGER,  due_boot_ms INTEGER,  queued_order INTEGER,  ended_at_ms INTEGER, aim TEXT, attempts_before INTEGER NOT NULL DEFAULT 0,  PRIMARY KEY (run_no, task)) STRICT, WITHOUT ROWID;
INSERT INTO "task_instance" VALUES(1,0,'success',NULL,NULL,NULL,NULL,1795285308300,NULL,0);
INSERT INTO "task_instance" VALUES(1,1,'success',NULL,NULL,NULL,NULL,1795285308384,NULL,0);
INSERT INTO "task_instance" VALUES(2,0,'failed','exit code 7',NULL,NULL,NULL,1795285308342,NULL,0);
INSERT INTO "task_instance" VALUES(2,1,'upstream_failed','upstream ''bad'' failed',NULL,NULL,NULL,1795285308342,NULL,0);
INSERT INTO "task_instance" VALUES(3,0,'up_for_retry','exit code 1, try 1 of 2; next try in 1h',1795288908384,31240248,NULL,NULL,NULL,0);
INSERT INTO "task_instance" VALUES(4,0,'running',NULL,NULL,NULL,NULL,NULL,NULL,0);
INSERT INTO "task_instance" VALUES(4,1,'running',NULL,NULL,NULL,NULL,NULL,NULL,0);
INSERT INTO "task_instance" VALUES(4,2,'running',NULL,NULL,NULL,NULL,NULL,NULL,0);
INSERT INTO "task_instance" VALUES(4,3,'running',NULL,NULL,NULL,NULL,NULL,NULL,0);
INSERT INTO "task_instance" VALUES(4,4,'none',NULL,NULL,NULL,NULL,NULL,NULL,0);
CREATE INDEX run_by_dag ON run (dag_id);
CREATE INDEX run_by_dag_state ON run (dag_id, state);
CREATE INDEX run_by_state ON run (state);
CREATE INDEX run_by_time ON run (created_at_ms);
CREATE INDEX run_active ON run (run_no) WHERE ended_at_ms IS NULL;
CREATE INDEX task_instance_active ON task_instance (state)  WHERE state IN ('queued', 'running', 'cancelling');
CREATE INDEX fact_by_run ON fact (run_no) WHERE run_no IS NOT NULL;
CREATE INDEX fact_late ON fact (attempt_id) WHERE kind = 'attempt.late';
CREATE TRIGGER fact_is_not_changed BEFORE UPDATE ON fact  BEGIN SELECT RAISE(ABORT, 'facts are never changed'); END;
CREATE TRIGGER fact_is_not_removed BEFORE DELETE ON fact  BEGIN SELECT RAISE(ABORT, 'facts are never removed'); END;
CREATE INDEX note_by_run ON note (run_no);
CREATE INDEX dag_version_by_dag ON dag_version (dag_id);
CREATE INDEX fact_by_dag ON fact (dag_id) WHERE dag_id IS NOT NULL;
COMMIT;
PRAGMA user_version = 3;
PRAGMA application_id = 1212433484;
