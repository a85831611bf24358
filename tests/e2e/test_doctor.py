"""heddle doctor: what is wrong with a home, where, and what helps; with and without its daemon."""

import json
import os
import shutil
import signal
import sqlite3

import pytest

from daemon_home import wait_for

DAG = "id: quick\ntasks:\n  - {id: a, command: 'true'}\n  - {id: slow, command: 'sleep 300; true'}\n"


def examine(home):
    """(exit code, {check: [findings]})."""
    done = home.cli("doctor", "--json", "--dags", home.dags)
    report = json.loads(done.stdout)
    found = {}
    for one in report["checks"]:
        assert set(one) == {"check", "state", "place", "message", "remedy"}
        assert one["state"] == "ok" or one["remedy"], one
        found.setdefault(one["check"], []).append(one)
    assert report["ok"] is (done.returncode == 0)
    return done.returncode, found


def states(found):
    return {one["check"] for all in found.values() for one in all if one["state"] == "wrong"}


def test_a_home_at_work_and_at_rest_is_well(home):
    home.dag("quick.yaml", DAG)
    home.start()
    home.trigger("quick")
    code, found = examine(home)
    assert code == 0, found
    assert {"home", "database", "content", "daemon", "launcher", "spool", "attempts", "ready", "version", "dags",
            "clocks", "space", "token", "log"} <= set(found)
    home.stop()
    code, found = examine(home)
    assert code == 0, found
    assert "no daemon" in found["daemon"][0]["message"] and "ready" not in found


def test_what_is_for_people(home):
    home.dag("quick.yaml", DAG)
    home.start()
    home.stop()
    os.chmod(home.path, 0o755)
    done = home.cli("doctor", "--dags", home.dags)
    assert done.returncode == 1
    line = next(line for line in done.stdout.splitlines() if line.startswith("wrong"))
    assert "home" in line and "others may look into it" in line
    assert "-> chmod 700" in done.stdout
    assert "1 is wrong" in done.stderr


def break_home(home):
    os.chmod(home.path, 0o750)


def break_logs(home):
    shutil.rmtree(home.path / "logs")
    (home.path / "logs").touch()


def break_owner(home):
    if os.geteuid() != 0:
        pytest.skip("only root can give a folder away")
    os.chown(home.path / "logs", 65534, 65534)


def break_token(home):
    os.chmod(home.path / "token", 0o644)


def break_short_token(home):
    (home.path / "token").write_text("short\n")


def break_header(home):
    with open(home.path / "heddle.db", "r+b") as file:
        file.write(b"not SQLite at all")


def break_pages(home):
    """The page that holds the notes of runs, which no start reads."""
    path = home.path / "heddle.db"
    root = sqlite3.connect(path).execute("select rootpage from sqlite_schema where name = 'note'").fetchone()[0]
    with open(path, "r+b") as file:
        file.seek((root - 1) * 4096)
        file.write(b"\xff" * 4096)


def break_rows(home):
    run(home, "delete from run")


def break_facts(home):
    run(home, "drop trigger fact_is_not_changed; update fact set at_ms = 1 where fact_no = 2")


def break_mode(home):
    run(home, "pragma journal_mode = delete")


def break_newer(home):
    run(home, "pragma user_version = 999")


def break_clock(home):
    run(home, "insert into fact (fact_no, at_ms, kind, to_state, actor)"
              " select max(fact_no) + 1, 99999999999999, 'x', 'x', 'x' from fact")


def break_loss(home):
    (home.path / "heddle.db").unlink()


def break_memory(home):
    """As if an older copy had been put in the place of the database."""
    run(home, "delete from attempt; update home set last_attempt_id = 0")


def break_permissions(home):
    os.chmod(home.path / "heddle.db", 0o644)


def break_dags(home):
    for file in home.dags.iterdir():
        file.unlink()
    home.dags.rmdir()


def break_restore(home):
    (home.path / "heddle.db.restoring").touch()
    (home.path / "heddle.db").unlink()


def run(home, sql):
    db = sqlite3.connect(home.path / "heddle.db")
    db.executescript(sql)
    db.close()


@pytest.mark.parametrize("spoil, check, words", [
    (break_home, "home", "others may look"),
    (break_logs, "home", "it is no folder"),
    (break_owner, "home", "it belongs to user 65534"),
    (break_token, "token", "others can read it"),
    (break_short_token, "token", "too short"),
    (break_header, "database", "header"),
    (break_pages, "content", "pages:"),
    (break_rows, "content", "tasks of no run"),
    (break_facts, "content", "fact 2"),
    (break_mode, "log", "not in WAL mode"),
    (break_newer, "database", "newer Heddle"),
    (break_clock, "clocks", "the last fact is of"),
    (break_loss, "database", "is missing"),
    (break_memory, "database", "is there: it is an older copy"),
    (break_permissions, "database", "others can read it"),
    (break_dags, "dags", "o such file"),
    (break_restore, "database", "interrupted"),
], ids=lambda value: value.__name__ if callable(value) else None)
def test_each_thing_that_is_wrong_is_found(home, spoil, check, words):
    home.dag("quick.yaml", "id: quick\ntasks:\n  - {id: a, command: 'true'}\n")
    home.start()
    home.trigger("quick", "--wait")
    home.stop()
    spoil(home)
    code, found = examine(home)
    assert code == 1 and check in states(found), found
    assert any(words in one["message"] for one in found[check] if one["state"] == "wrong"), found[check]


def test_what_only_warns_exits_0(home):
    home.dag("bad.yaml", "id: bad\ntasks: 3\n")
    home.start()
    home.stop()
    (home.path / "spool" / "torn" / "x-1").touch()
    code, found = examine(home)
    assert code == 0
    assert found["dags"][0]["state"] == found["spool"][0]["state"] == found["backup"][0]["state"] == "warning"


def test_attempts_without_a_shim_and_shims_without_an_attempt(home):
    home.dag("quick.yaml", DAG)
    home.start()
    home.trigger("quick")
    wait_for(lambda: len(home.shims()) == 1, 20, "one left")
    shim = home.shims()[0]
    home.kill()
    assert examine(home)[1]["attempts"][0]["state"] == "ok"
    os.kill(shim, signal.SIGKILL)
    wait_for(lambda: not home.shims(), 20, "gone")
    code, found = examine(home)
    assert code == 0 and "processes of it still live" in found["attempts"][0]["message"]
    for pid in home.processes():
        os.kill(pid, signal.SIGKILL)
    wait_for(lambda: not home.processes(), 20, "gone")
    code, found = examine(home)
    assert code == 0 and "it is lost" in found["attempts"][0]["message"]


def test_a_dag_folder_that_was_not_named_is_asked_for(home):
    home.start()
    home.stop()
    done = home.cli("doctor")
    assert done.returncode == 0 and "--dags" in done.stdout


def test_without_a_home(home):
    code, found = examine(home)
    assert code == 1 and found["home"][0]["state"] == "wrong" and "database" not in found
    assert home.cli("doctor", "--url", "http://127.0.0.1:1").returncode == 2


def test_a_daemon_that_hangs_is_a_finding(home):
    home.dag("quick.yaml", DAG)
    home.start()
    home.process.send_signal(signal.SIGSTOP)
    try:
        code, found = examine(home)
    finally:
        home.process.send_signal(signal.SIGCONT)
    assert code == 1 and "does not answer" in found["ready"][0]["message"]
