-- A home of schema 1, as its release left it. Made by tests/upgrade/make.py.
BEGIN TRANSACTION;
CREATE TABLE attempt (  attempt_id INTEGER PRIMARY KEY,  run_no INTEGER NOT NULL,  task INTEGER NOT NULL,  number INTEGER NOT NULL,  state TEXT NOT NULL,  incarnation TEXT NOT NULL,  boot_id TEXT NOT NULL,  released_at_ms INTEGER NOT NULL,  started_at_ms INTEGER,  ended_at_ms INTEGER,  duration_ms INTEGER,  exit_code INTEGER,  signal INTEGER,  max_rss_bytes INTEGER,  cpu_user_us INTEGER,  cpu_system_us INTEGER,  log_bytes INTEGER,  log_dropped_bytes INTEGER,  log_dropped_lines INTEGER,  reason TEXT,  UNIQUE (run_no, task, number)) STRICT;
INSERT INTO "attempt" VALUES(1,1,0,1,'success','a9da399f','0c645a82-9981-4a13-a910-484dfd17def3',1795285053508,1795285053516,1795285053521,5,0,0,1519616,1243,0,30,0,0,NULL);
INSERT INTO "attempt" VALUES(2,1,1,1,'success','a9da399f','0c645a82-9981-4a13-a910-484dfd17def3',1795285053528,1795285053532,1795285053549,17,0,0,1544192,1344,0,31,0,0,NULL);
INSERT INTO "attempt" VALUES(3,2,0,1,'exit_code','a9da399f','0c645a82-9981-4a13-a910-484dfd17def3',1795285053604,1795285053631,1795285053664,33,7,0,1609728,1298,0,0,0,0,NULL);
INSERT INTO "attempt" VALUES(4,3,0,1,'exit_code','a9da399f','0c645a82-9981-4a13-a910-484dfd17def3',1795285053636,1795285053644,1795285053646,2,1,0,1617920,1286,0,0,0,0,NULL);
INSERT INTO "attempt" VALUES(5,4,0,1,'running','a9da399f','0c645a82-9981-4a13-a910-484dfd17def3',1795285053795,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "attempt" VALUES(6,4,1,1,'running','a9da399f','0c645a82-9981-4a13-a910-484dfd17def3',1795285053795,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "attempt" VALUES(7,4,2,1,'running','a9da399f','0c645a82-9981-4a13-a910-484dfd17def3',1795285053795,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "attempt" VALUES(8,4,3,1,'running','a9da399f','0c645a82-9981-4a13-a910-484dfd17def3',1795285053795,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
CREATE TABLE dag (  dag_id TEXT PRIMARY KEY,  version_no INTEGER NOT NULL,  file TEXT NOT NULL,  since_ms INTEGER NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO "dag" VALUES('broken',1,'broken.yaml',1795285053326);
INSERT INTO "dag" VALUES('done',2,'done.yaml',1795285053326);
INSERT INTO "dag" VALUES('later',3,'later.yaml',1795285053326);
INSERT INTO "dag" VALUES('live',4,'live.yaml',1795285053326);
CREATE TABLE dag_error (  file TEXT NOT NULL,  line INTEGER NOT NULL,  column_no INTEGER NOT NULL,  message TEXT NOT NULL,  since_ms INTEGER NOT NULL,  round INTEGER NOT NULL,  PRIMARY KEY (file, line, column_no, message)) STRICT, WITHOUT ROWID;
CREATE TABLE dag_version (  version_no INTEGER PRIMARY KEY,  hash TEXT NOT NULL UNIQUE,  dag_id TEXT NOT NULL,  file TEXT NOT NULL,  description TEXT,  task_count INTEGER NOT NULL,  text TEXT NOT NULL) STRICT;
INSERT INTO "dag_version" VALUES(1,'c0c372a9a22d6a14dca24de968c08567','broken','broken.yaml',NULL,2,'id: broken
tasks:
  - {id: bad, command: exit 7}
  - {id: never, depends_on: [bad], command: ''true''}
');
INSERT INTO "dag_version" VALUES(2,'5abf4f689f6bacf11bc71967b4458577','done','done.yaml',NULL,2,'id: done
tasks:
  - {id: good, command: echo good}
  - {id: after, depends_on: [good], command: echo after}
');
INSERT INTO "dag_version" VALUES(3,'5eb8da66112dd92314931e87f602cfa1','later','later.yaml',NULL,1,'id: later
tasks: [{id: again, retries: 1, retry_delay: 1h, command: exit 1}]
');
INSERT INTO "dag_version" VALUES(4,'43d67146c64f2f9046b1399760b03f0c','live','live.yaml',NULL,5,'id: live
max_active_tasks: 8
tasks:
  - {id: ended, retries: 1, retry_delay: 10ms, command: ''test -e $HEDDLE_RUN_DIR/../../go || exec sleep 1000; echo ended again''}
  - {id: living, retries: 1, retry_delay: 10ms, command: ''test -e $HEDDLE_RUN_DIR/../../go || exec sleep 1000; echo living again''}
  - {id: unclaimed, retries: 1, retry_delay: 10ms, command: ''test -e $HEDDLE_RUN_DIR/../../go || exec sleep 1000; echo unclaimed again''}
  - {id: orphaned, retries: 1, retry_delay: 10ms, command: ''test -e $HEDDLE_RUN_DIR/../../go || exec sleep 1000; echo orphaned again''}
  - {id: join, depends_on: [ended, living, unclaimed, orphaned], command: echo joined}
');
CREATE TABLE dag_version_task (  version_no INTEGER NOT NULL,  task INTEGER NOT NULL,  task_id TEXT NOT NULL,  PRIMARY KEY (version_no, task)) STRICT, WITHOUT ROWID;
INSERT INTO "dag_version_task" VALUES(1,0,'bad');
INSERT INTO "dag_version_task" VALUES(1,1,'never');
INSERT INTO "dag_version_task" VALUES(2,0,'good');
INSERT INTO "dag_version_task" VALUES(2,1,'after');
INSERT INTO "dag_version_task" VALUES(3,0,'again');
INSERT INTO "dag_version_task" VALUES(4,0,'ended');
INSERT INTO "dag_version_task" VALUES(4,1,'living');
INSERT INTO "dag_version_task" VALUES(4,2,'unclaimed');
INSERT INTO "dag_version_task" VALUES(4,3,'orphaned');
INSERT INTO "dag_version_task" VALUES(4,4,'join');
CREATE TABLE dead_letter (  letter_no INTEGER PRIMARY KEY,  at_ms INTEGER NOT NULL,  kind TEXT NOT NULL,  subject TEXT NOT NULL,  body TEXT NOT NULL,  reason TEXT NOT NULL) STRICT;
CREATE TABLE fact (  fact_no INTEGER PRIMARY KEY,  at_ms INTEGER NOT NULL,  kind TEXT NOT NULL,  run_no INTEGER,  task INTEGER,  attempt_id INTEGER,  attempt INTEGER,  dag_id TEXT,  from_state TEXT,  to_state TEXT NOT NULL,  actor TEXT NOT NULL,  why TEXT) STRICT;
INSERT INTO "fact" VALUES(1,1795285053326,'dag.new',NULL,NULL,NULL,NULL,'broken',NULL,'c0c372a9a22d6a14dca24de968c08567','folder',NULL);
INSERT INTO "fact" VALUES(2,1795285053326,'dag.new',NULL,NULL,NULL,NULL,'done',NULL,'5abf4f689f6bacf11bc71967b4458577','folder',NULL);
INSERT INTO "fact" VALUES(3,1795285053326,'dag.new',NULL,NULL,NULL,NULL,'later',NULL,'5eb8da66112dd92314931e87f602cfa1','folder',NULL);
INSERT INTO "fact" VALUES(4,1795285053326,'dag.new',NULL,NULL,NULL,NULL,'live',NULL,'43d67146c64f2f9046b1399760b03f0c','folder',NULL);
INSERT INTO "fact" VALUES(5,1795285053508,'run.new',1,NULL,NULL,NULL,NULL,NULL,'running','user:root',NULL);
INSERT INTO "fact" VALUES(6,1795285053508,'task.state',1,0,NULL,NULL,NULL,'none','queued','scheduler',NULL);
INSERT INTO "fact" VALUES(7,1795285053508,'task.state',1,0,NULL,NULL,NULL,'queued','running','scheduler',NULL);
INSERT INTO "fact" VALUES(8,1795285053508,'attempt.new',1,0,1,1,NULL,NULL,'running','scheduler',NULL);
INSERT INTO "fact" VALUES(9,1795285053528,'attempt.end',1,0,1,1,NULL,'running','success','executor',NULL);
INSERT INTO "fact" VALUES(10,1795285053528,'task.state',1,0,NULL,NULL,NULL,'running','success','scheduler',NULL);
INSERT INTO "fact" VALUES(11,1795285053528,'task.state',1,1,NULL,NULL,NULL,'none','queued','scheduler',NULL);
INSERT INTO "fact" VALUES(12,1795285053528,'task.state',1,1,NULL,NULL,NULL,'queued','running','scheduler',NULL);
INSERT INTO "fact" VALUES(13,1795285053528,'attempt.new',1,1,2,1,NULL,NULL,'running','scheduler',NULL);
INSERT INTO "fact" VALUES(14,1795285053568,'attempt.end',1,1,2,1,NULL,'running','success','executor',NULL);
INSERT INTO "fact" VALUES(15,1795285053568,'task.state',1,1,NULL,NULL,NULL,'running','success','scheduler',NULL);
INSERT INTO "fact" VALUES(16,1795285053568,'run.state',1,NULL,NULL,NULL,NULL,'running','success','scheduler',NULL);
INSERT INTO "fact" VALUES(17,1795285053604,'run.new',2,NULL,NULL,NULL,NULL,NULL,'running','user:root',NULL);
INSERT INTO "fact" VALUES(18,1795285053604,'task.state',2,0,NULL,NULL,NULL,'none','queued','scheduler',NULL);
INSERT INTO "fact" VALUES(19,1795285053604,'task.state',2,0,NULL,NULL,NULL,'queued','running','scheduler',NULL);
INSERT INTO "fact" VALUES(20,1795285053604,'attempt.new',2,0,3,1,NULL,NULL,'running','scheduler',NULL);
INSERT INTO "fact" VALUES(21,1795285053636,'run.new',3,NULL,NULL,NULL,NULL,NULL,'running','user:root',NULL);
INSERT INTO "fact" VALUES(22,1795285053636,'task.state',3,0,NULL,NULL,NULL,'none','queued','scheduler',NULL);
INSERT INTO "fact" VALUES(23,1795285053636,'task.state',3,0,NULL,NULL,NULL,'queued','running','scheduler',NULL);
INSERT INTO "fact" VALUES(24,1795285053636,'attempt.new',3,0,4,1,NULL,NULL,'running','scheduler',NULL);
INSERT INTO "fact" VALUES(25,1795285053652,'attempt.end',3,0,4,1,NULL,'running','exit_code','executor',NULL);
INSERT INTO "fact" VALUES(26,1795285053652,'task.state',3,0,NULL,NULL,NULL,'running','up_for_retry','scheduler','exit code 1, try 1 of 2; next try in 1h');
INSERT INTO "fact" VALUES(27,1795285053666,'attempt.end',2,0,3,1,NULL,'running','exit_code','executor',NULL);
INSERT INTO "fact" VALUES(28,1795285053666,'task.state',2,0,NULL,NULL,NULL,'running','failed','scheduler','exit code 7');
INSERT INTO "fact" VALUES(29,1795285053666,'task.state',2,1,NULL,NULL,NULL,'none','upstream_failed','scheduler','upstream ''bad'' failed');
INSERT INTO "fact" VALUES(30,1795285053666,'run.state',2,NULL,NULL,NULL,NULL,'running','failed','scheduler','task ''bad'' failed');
INSERT INTO "fact" VALUES(31,1795285053795,'run.new',4,NULL,NULL,NULL,NULL,NULL,'running','user:root',NULL);
INSERT INTO "fact" VALUES(32,1795285053795,'task.state',4,0,NULL,NULL,NULL,'none','queued','scheduler',NULL);
INSERT INTO "fact" VALUES(33,1795285053795,'task.state',4,1,NULL,NULL,NULL,'none','queued','scheduler',NULL);
INSERT INTO "fact" VALUES(34,1795285053795,'task.state',4,2,NULL,NULL,NULL,'none','queued','scheduler',NULL);
INSERT INTO "fact" VALUES(35,1795285053795,'task.state',4,3,NULL,NULL,NULL,'none','queued','scheduler',NULL);
INSERT INTO "fact" VALUES(36,1795285053795,'task.state',4,0,NULL,NULL,NULL,'queued','running','scheduler',NULL);
INSERT INTO "fact" VALUES(37,1795285053795,'attempt.new',4,0,5,1,NULL,NULL,'running','scheduler',NULL);
INSERT INTO "fact" VALUES(38,1795285053795,'task.state',4,1,NULL,NULL,NULL,'queued','running','scheduler',NULL);
INSERT INTO "fact" VALUES(39,1795285053795,'attempt.new',4,1,6,1,NULL,NULL,'running','scheduler',NULL);
INSERT INTO "fact" VALUES(40,1795285053795,'task.state',4,2,NULL,NULL,NULL,'queued','running','scheduler',NULL);
INSERT INTO "fact" VALUES(41,1795285053795,'attempt.new',4,2,7,1,NULL,NULL,'running','scheduler',NULL);
INSERT INTO "fact" VALUES(42,1795285053795,'task.state',4,3,NULL,NULL,NULL,'queued','running','scheduler',NULL);
INSERT INTO "fact" VALUES(43,1795285053795,'attempt.new',4,3,8,1,NULL,NULL,'running','scheduler',NULL);
CREATE TABLE home (  one INTEGER PRIMARY KEY CHECK (one = 1),  incarnation TEXT NOT NULL,  boot_id TEXT NOT NULL DEFAULT '',  created_at_ms INTEGER NOT NULL) STRICT;
INSERT INTO "home" VALUES(1,'a9da399f','0c645a82-9981-4a13-a910-484dfd17def3',1795285053321);
CREATE TABLE pool (  dag_id TEXT NOT NULL,  name TEXT NOT NULL,  slots INTEGER NOT NULL,  PRIMARY KEY (dag_id, name)) STRICT, WITHOUT ROWID;
INSERT INTO "pool" VALUES('','default',8);
CREATE TABLE run (  run_no INTEGER PRIMARY KEY,  run_id TEXT NOT NULL UNIQUE,  dag_id TEXT NOT NULL,  version_no INTEGER NOT NULL,  source TEXT NOT NULL,  key TEXT NOT NULL,  state TEXT NOT NULL,  reason TEXT,  created_at_ms INTEGER NOT NULL,  ended_at_ms INTEGER,  task_count INTEGER NOT NULL,  UNIQUE (dag_id, source, key)) STRICT;
INSERT INTO "run" VALUES(1,'eb44b45bac91e129','done',2,'manual','of-before','success',NULL,1795285053508,1795285053568,2);
INSERT INTO "run" VALUES(2,'8afac487a099d604','broken',1,'manual','of-before','failed','task ''bad'' failed',1795285053604,1795285053666,2);
INSERT INTO "run" VALUES(3,'ce323f95601954a2','later',3,'manual','of-before','running',NULL,1795285053636,NULL,1);
INSERT INTO "run" VALUES(4,'f76853ecc1045260','live',4,'manual','of-before','running',NULL,1795285053795,NULL,5);
CREATE TABLE task_instance (  run_no INTEGER NOT NULL,  task INTEGER NOT NULL,  state TEXT NOT NULL,  reason TEXT,  due_wall_ms INTEGER,  due_boot_ms INTEGER,  queued_order INTEGER,  ended_at_ms INTEGER,  PRIMARY KEY (run_no, task)) STRICT, WITHOUT ROWID;
INSERT INTO "task_instance" VALUES(1,0,'success',NULL,NULL,NULL,NULL,1795285053528);
INSERT INTO "task_instance" VALUES(1,1,'success',NULL,NULL,NULL,NULL,1795285053568);
INSERT INTO "task_instance" VALUES(2,0,'failed','exit code 7',NULL,NULL,NULL,1795285053666);
INSERT INTO "task_instance" VALUES(2,1,'upstream_failed','upstream ''bad'' failed',NULL,NULL,NULL,1795285053666);
INSERT INTO "task_instance" VALUES(3,0,'up_for_retry','exit code 1, try 1 of 2; next try in 1h',1795288653652,30985516,NULL,NULL);
INSERT INTO "task_instance" VALUES(4,0,'running',NULL,NULL,NULL,NULL,NULL);
INSERT INTO "task_instance" VALUES(4,1,'running',NULL,NULL,NULL,NULL,NULL);
INSERT INTO "task_instance" VALUES(4,2,'running',NULL,NULL,NULL,NULL,NULL);
INSERT INTO "task_instance" VALUES(4,3,'running',NULL,NULL,NULL,NULL,NULL);
INSERT INTO "task_instance" VALUES(4,4,'none',NULL,NULL,NULL,NULL,NULL);
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
COMMIT;
PRAGMA user_version = 1;
PRAGMA application_id = 1212433484;
