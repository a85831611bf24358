"""Packing and pruning cut short at each step: killed, out of room, or with a disk that fails. The right
end each time: every log of a run that keeps its detail can be read, nothing stands twice, and the next
round ends the work."""

import os
import shutil
import subprocess
import time

import pytest

import packs
from daemon_home import wait_for

TALK = """\
id: talk
retention: {runs: 2}
tasks:
- {id: one, command: 'echo "one of $HEDDLE_RUN_ID"; echo kept > "$HEDDLE_ARTIFACTS/f"'}
- {id: two, command: 'echo two; exit 1', depends_on: [one]}
"""


@pytest.fixture
def talked(faulty, tmp_path):
    """A home that was stopped with four ended runs, one of them packed, rerun, and not packed again."""
    faulty.dag("talk.yaml", TALK)
    faulty.start()
    runs = [faulty.trigger("talk", "--wait") for _ in range(3)]
    assert faulty.cli("gc").returncode == 0
    runs.append(faulty.trigger("talk", "--wait"))
    assert faulty.cli("rerun", runs[2], "--wait").returncode == 1
    faulty.stop()
    faulty.runs = runs
    faulty.pristine = tmp_path / "pristine"
    shutil.copytree(faulty.path, faulty.pristine, symlinks=True)
    return faulty


def again(home):
    shutil.rmtree(home.path)
    shutil.copytree(home.pristine, home.path, symlinks=True)


def gc(home, fault=None):
    env = {**os.environ, "HEDDLE_FAULT": fault} if fault else dict(os.environ)
    return subprocess.run([home.bin / "heddle", "gc", "--json", "--home", home.path], env=env,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=60)


def check_kept(home, kept):
    """Each log that is to stay is there, by itself or packed."""
    now = packs.logs_of(home.path)
    for run, logs in now.items():
        assert logs == kept[run], run
    assert set(now) >= set(home.runs[2:]), "the newest runs keep their detail"


def finish(home, kept):
    done = gc(home)
    assert done.returncode == 0, done.stderr
    check_kept(home, kept)
    assert set(packs.logs_of(home.path)) == set(home.runs[2:])
    assert packs.singles(home.path) == []
    left = sorted(path.name for path in home.path.glob("logs/*/*"))
    assert [name for name in left if name.endswith(".new")] == []
    assert sorted(name for name in left if name.endswith(".pack")) == sorted(f"{run}.pack" for run in home.runs[2:])
    assert len([name for name in left if name.endswith(".artifacts")]) == 2
    for table in ("attempt", "task_instance"):
        assert packs.rows(home.path, f"SELECT count(DISTINCT run_no) FROM {table}") == [(2,)]
    assert packs.rows(home.path, "SELECT count(*) FROM run WHERE is_clearing = 1") == [(0,)]
    assert packs.rows(home.path, "SELECT count(*) FROM fact WHERE kind = 'run.prune'") == [(2,)]
    assert packs.rows(home.path, "PRAGMA integrity_check") == [("ok",)]


def strike_each(home, what, ends, step=1):
    """What happens to the n-th call, for each n until none is left."""
    kept = packs.logs_of(home.path)
    n = 1
    while True:
        again(home)
        done = gc(home, f"gc:any:{n}:{what}")
        ends(done)
        check_kept(home, kept)
        finish(home, kept)
        if what == "kill" and done.returncode == 0:
            return n
        if what != "kill" and n > home.calls:
            return n
        n += step


def test_killed_at_each_call(talked):
    def ends(done):
        assert done.returncode in (0, -9), done.stderr
    calls = strike_each(talked, "kill", ends)
    assert calls > 40, f"only {calls} calls were struck"


@pytest.mark.parametrize("what", ["ENOSPC", "EIO"])
def test_each_call_fails_once(talked, what):
    """It says so and leaves the rest for later; or it is one that does not matter."""
    def ends(done):
        assert done.returncode in (0, 1), (done.returncode, done.stderr)
        if done.returncode == 1:
            assert "heddle: " in done.stderr
    talked.calls = 130
    strike_each(talked, what, ends, step=2)


def test_a_disk_that_stays_full_packs_nothing_and_loses_nothing(talked):
    kept = packs.logs_of(talked.path)
    done = gc(talked, "gc:fallocate:0:ENOSPC")
    assert done.returncode == 1 and "No space left on device" in done.stderr
    check_kept(talked, kept)
    finish(talked, kept)


def test_a_daemon_killed_again_and_again_gets_it_done(talked):
    kept = packs.logs_of(talked.path)
    for i in range(12):
        talked.spawn(env={"HEDDLE_RETENTION_PACE_MS": "10"})
        time.sleep(0.02 + 0.012 * i)
        talked.kill()
        check_kept(talked, kept)
    talked.start()
    for run in talked.runs[2:]:
        assert talked.log_of(run, "one", 1) == kept_log(talked, kept, run, "one")
    done = talked.cli("gc")
    assert done.returncode == 0, done.stderr
    talked.stop()
    finish(talked, kept)


def kept_log(home, kept, run, task):
    row, = packs.rows(home.path, "SELECT a.incarnation || '-' || a.attempt_id FROM attempt a JOIN run r USING (run_no)"
                                 " JOIN dag_version_task n ON n.version_no = r.version_no AND n.task = a.task"
                                 " WHERE r.run_id = ? AND n.task_id = ? AND a.number = 1", run, task)
    return kept[run][row[0]].decode()


def test_a_rerun_meets_pruning_and_one_of_them_wins(faulty):
    """Whatever comes first, no run loses what it goes on with."""
    faulty.dag("talk.yaml", TALK.replace("{runs: 2}", "1ms"))
    faulty.start(env={"HEDDLE_RETENTION_PACE_MS": "5"})
    gone = won = 0
    for _ in range(25):
        run = faulty.trigger("talk", "--wait")
        status, answer, _ = faulty.http("POST", f"/api/v1/runs/{run}:rerun", {"mode": "failed"})
        assert status in (200, 202, 410, 503), answer
        gone += status == 410
        won += status in (200, 202)
        if status == 202:
            done = faulty.wait_run(run)
            assert done["state"] == "failed"
            wait_for(lambda: faulty.run(run)["pruned_at"], what="pruned after its second end")
    assert gone + won > 0
    assert "level=error" not in faulty.log_text()
    faulty.stop()
    assert packs.rows(faulty.path, "SELECT count(*) FROM dead_letter") == [(0,)]
    assert packs.rows(faulty.path, "PRAGMA integrity_check") == [("ok",)]
