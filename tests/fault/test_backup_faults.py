"""Every call of a backup, a restore and a migration fails once, or is the last before a kill: a backup is
whole or not there, a home is the old one or the restored one, and trying again helps."""

import os
import pathlib
import re
import shutil
import sqlite3
import subprocess

import pytest

from daemon_home import ROOT, Home, wait_for

CALLS = ["open", "write", "fsync", "rename", "unlink", "mkdir", "fallocate"]
DAG = "id: quick\ntasks:\n  - {id: a, command: 'true'}\n"


def verb(home, role, fault, *words):
    """Runs a verb with one fault. (its end, whether the fault struck)."""
    struck = home.work / "struck"
    struck.unlink(missing_ok=True)
    env = {"HEDDLE_FAULT": f"{role}:{fault}", "HEDDLE_FAULT_ONCE": str(struck)}
    return home.cli(*words, env=env), struck.exists()


def used(home, runs=2):
    """A home that has lived; its runs."""
    home.dag("quick.yaml", DAG)
    home.start()
    return [home.trigger("quick", "--wait") for _ in range(runs)]


def is_sound(path):
    db = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        return db.execute("pragma integrity_check").fetchone() == ("ok",)
    finally:
        db.close()


@pytest.mark.parametrize("what", ["ENOSPC", "EIO", "kill"])
@pytest.mark.parametrize("call", CALLS)
def test_a_backup_is_whole_or_not_there(faulty, tmp_path, call, what):
    used(faulty)
    folder = tmp_path / "backups"
    assert faulty.cli("backup", "--to", folder).returncode == 0
    n = 1
    while True:
        before = set(folder.glob("*.db"))
        done, struck = verb(faulty, "backup", f"{call}:{n}:{what}", "backup", "--to", folder)
        new = set(folder.glob("*.db")) - before
        assert all(is_sound(path) for path in new)
        if what == "kill":
            assert not struck or done.returncode != 0
        elif struck and done.returncode == 0:
            # What failed was the note of the home, or the removal of what no longer matters.
            assert len(new) == 1
        elif struck:
            assert done.returncode in (1, 5) and "heddle: " in done.stderr, done
            assert not list(folder.glob("*.part")) or call == "unlink"
        assert before <= set(folder.glob("*.db"))
        n += 1
        if not struck:
            break
        assert n < 400
    assert faulty.cli("backup", "--to", folder).returncode == 0
    assert not list(folder.glob("*.part")), "what was left is removed"
    assert faulty.run(faulty.trigger("quick", "--wait"))["state"] == "success"


@pytest.mark.parametrize("what", ["ENOSPC", "EIO", "kill"])
@pytest.mark.parametrize("call", CALLS)
def test_a_home_is_the_old_one_or_the_restored_one(faulty, tmp_path, call, what):
    first = used(faulty, 1)[0]
    backup = tmp_path / "one.db"
    assert faulty.cli("backup", "--to", tmp_path / "b").returncode == 0
    next((tmp_path / "b").glob("*.db")).rename(backup)
    second = faulty.trigger("quick", "--wait")
    faulty.kill()  # the end of the second run is in its log alone
    kept = tmp_path / "kept"
    shutil.copytree(faulty.path, kept, symlinks=True, ignore=shutil.ignore_patterns("heddle.sock"))
    n = 1
    while True:
        done, struck = verb(faulty, "restore", f"{call}:{n}:{what}", "restore", backup, "--force")
        if done.returncode != 0:
            look_at(faulty, first, second)
            assert faulty.cli("restore", backup, "--force").returncode == 0
        look_at_restored(faulty, first, second)
        n += 7 if call == "write" else 1  # there are many writes
        if not struck:
            break
        assert n < 400
        shutil.rmtree(faulty.path)
        shutil.copytree(kept, faulty.path, symlinks=True)


def rows(path, run):
    db = sqlite3.connect(path)
    try:
        assert db.execute("pragma integrity_check").fetchone() == ("ok",)
        return [db.execute("select state from run where run_id = ?", (run,)).fetchone(),
                db.execute("select count(*) from hold").fetchone()[0]]
    finally:
        db.close()


def look_at(home, first, second):
    """After a restore that failed: no daemon starts on anything but the one home or the other."""
    path = home.path / "heddle.db"
    if (home.path / "heddle.db.restoring").exists():
        home.spawn()
        assert home.process.wait(20) == 5 and "restore into" in home.log_text()
        assert "was interrupted" in home.cli("doctor").stdout
    elif rows(path, second)[0] is not None:
        assert rows(path, second) == [("success",), 0] and rows(path, first) == [("success",), 0]
    else:
        look_at_restored(home, first, second)


def look_at_restored(home, first, second):
    path = home.path / "heddle.db"
    assert not (home.path / "heddle.db.restoring").exists()
    assert rows(path, first) == [("success",), 1] and rows(path, second) == [None, 1]
    # Whatever was replaced is somewhere, whole: with the run that the backup does not know.
    aside = list(home.path.glob("replaced-*/heddle.db"))
    assert any(rows_old(one, second) for one in aside), aside


def rows_old(path, run):
    db = sqlite3.connect(path)
    try:
        return db.execute("select state from run where run_id = ?", (run,)).fetchone() == ("success",)
    finally:
        db.close()


# --- migration


def schema_steps():
    """The SQL of each step, as store/schema.c has it."""
    text = (ROOT / "store" / "schema.c").read_text()
    steps = []
    for body in re.findall(r"static const char step_\d+\[\] =(.*?);\n\n", text, re.S):
        body = re.sub(r"/\*.*?\*/", "", body, flags=re.S)
        steps.append("".join(re.findall(r'"((?:[^"\\]|\\.)*)"', body)))
    return steps


def older_home(home, number):
    """A home of an older release, with a run in it."""
    home.path.mkdir(mode=0o700)
    db = sqlite3.connect(home.path / "heddle.db")
    for step in schema_steps()[:number]:
        db.executescript(step)
    db.executescript(f"""
        pragma application_id = {0x4844444c}; pragma user_version = {number}; pragma journal_mode = wal;
        insert into home (one, incarnation, created_at_ms) values (1, '0123abcd', 1);
        insert into dag_version (version_no, hash, dag_id, file, task_count, text)
          values (1, '{'0' * 32}', 'old', 'old.yaml', 1, 'id: old');
        insert into dag_version_task (version_no, task, task_id) values (1, 0, 'a');
        insert into run (run_no, run_id, dag_id, version_no, source, key, state, created_at_ms, ended_at_ms, task_count)
          values (1, '00000000000000aa', 'old', 1, 'manual', 'k', 'success', 10, 20, 1);
        insert into task_instance (run_no, task, state) values (1, 0, 'success');
        insert into fact (fact_no, at_ms, kind, run_no, to_state, actor) values (1, 10, 'run.new', 1, 'running', 'x'),
          (2, 20, 'run.state', 1, 'success', 'x');""")
    db.close()
    os.chmod(home.path / "heddle.db", 0o600)


def version_of(path):
    db = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        return db.execute("pragma user_version").fetchone()[0]
    finally:
        db.close()


@pytest.mark.parametrize("number", range(1, len(schema_steps())))
def test_every_older_home_is_taken_over_with_a_backup_beside(faulty, number):
    older_home(faulty, number)
    faulty.start()
    assert faulty.run("00000000000000aa")["state"] == "success"
    assert faulty.cli("doctor", "--dags", faulty.dags).returncode == 0, faulty.cli("doctor").stdout
    beside = faulty.path / f"heddle.db.schema-{number}"
    assert is_sound(beside) and version_of(beside) == number
    assert os.stat(beside).st_mode & 0o777 == 0o600
    # What it was led on to is chained to the facts of before.
    assert faulty.cli("backup").returncode == 0
    # And the backup beside is one that a home can come back from.
    faulty.stop()
    assert faulty.cli("restore", beside, "--force").returncode == 0
    assert rows(faulty.path / "heddle.db", "00000000000000aa") == [("success",), 1]


def test_a_fresh_home_writes_no_backup_beside(faulty):
    faulty.start()
    assert not list(faulty.path.glob("heddle.db.schema-*"))


@pytest.mark.parametrize("what", ["ENOSPC", "EIO", "kill"])
@pytest.mark.parametrize("call", ["open", "write", "fsync", "rename"])
def test_a_migration_takes_place_as_a_whole_or_not_at_all(faulty, call, what):
    n = 1
    present = len(schema_steps())
    step = {"open": 4, "write": 29, "fsync": 2, "rename": 1}[call]  # there are many of some
    while True:
        shutil.rmtree(faulty.path, ignore_errors=True)
        older_home(faulty, 3)
        struck = faulty.work / "struck"
        struck.unlink(missing_ok=True)
        faulty.spawn(env={"HEDDLE_FAULT": f"daemon:{call}:{n}:{what}", "HEDDLE_FAULT_ONCE": str(struck)})
        wait_for(lambda: faulty.process.poll() is not None or faulty.ready(), 30, "ready or ended")
        if faulty.process.poll() is not None:
            assert struck.exists(), faulty.log_text()[-1000:]
            number = version_of(faulty.path / "heddle.db")
            assert 3 <= number <= present
            beside = faulty.path / "heddle.db.schema-3"
            assert not beside.exists() or (is_sound(beside) and version_of(beside) == 3)
            assert number == 3 or beside.exists(), "led on without a backup"
            faulty.start()
        elif not struck.exists():
            break  # all of the start went by without it
        assert faulty.run("00000000000000aa")["state"] == "success"
        assert version_of(faulty.path / "heddle.db") == present
        assert is_sound(faulty.path / "heddle.db.schema-3")
        faulty.stop()
        n += step
        assert n < 400
