"""Backups of a home at work, and homes that come out of them."""

import json
import os
import pathlib
import signal
import sqlite3
import subprocess
import threading
import time

import pytest

from daemon_home import Home, wait_for

QUICK = "id: quick\ntasks:\n  - {id: a, command: 'true'}\n  - {id: b, depends_on: [a], command: 'true'}\n"

# Two attempts at once would leave a line "doubled".
SLOW = """
id: slow
tasks:
  - id: load
    retries: 2
    retry_delay: 10ms
    command: |
      mkdir {work}/lock 2> /dev/null || echo "doubled $HEDDLE_ATTEMPT" >> {work}/effects
      trap 'rmdir {work}/lock; exit 1' TERM
      echo "begun $HEDDLE_ATTEMPT" >> {work}/effects
      while [ ! -e {work}/go ]; do sleep 0.05; done
      rmdir {work}/lock
"""


def effects(home):
    path = home.work / "effects"
    return path.read_text().split("\n")[:-1] if path.exists() else []


def back_up(home, *words):
    done = home.cli("backup", "--json", *words)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def restore(home, path, *words):
    return home.cli("restore", path, *words)


def another(home, name):
    """A home beside this one, with the same dags."""
    other = Home(home.path.parent / name)
    for file in home.dags.iterdir():
        (other.dags / file.name).write_text(file.read_text())
    return other


@pytest.fixture
def homes():
    """Homes to be closed in the end."""
    made = []
    yield made
    for one in made:
        one.close()


# --- backup


def test_backups_of_a_home_at_work_are_sound(home, tmp_path):
    home.dag("quick.yaml", QUICK)
    home.start()
    stop = threading.Event()
    runs = []

    def load():
        while not stop.is_set():
            status, answer, _ = home.http("POST", "/api/v1/dags/quick/runs", {})
            assert status in (201, 409), answer
            if status == 201:
                runs.append(answer["id"])
            else:
                time.sleep(0.05)  # enough of them wait

    thread = threading.Thread(target=load)
    thread.start()
    made = []
    try:
        for _ in range(6):
            made.append(back_up(home, "--to", tmp_path / "backups"))
            time.sleep(0.1)
    finally:
        stop.set()
        thread.join()
    assert len(runs) > 20
    for run in runs:
        assert home.wait_run(run)["state"] == "success"
    facts = [one["facts"] for one in made]
    assert facts == sorted(facts) and facts[0] < facts[-1]
    for one in made:
        db = sqlite3.connect(f"file:{one['path']}?mode=ro", uri=True)
        assert db.execute("pragma integrity_check").fetchone() == ("ok",)
        assert db.execute("select max(fact_no) from fact").fetchone() == (one["facts"],)
        assert db.execute("pragma journal_mode").fetchone() == ("delete",)
        db.close()
        assert oct(os.stat(one["path"]).st_mode & 0o777) == "0o600"
    assert sorted(os.listdir(tmp_path / "backups")) == sorted(pathlib.Path(one["path"]).name for one in made)


def test_without_a_daemon_and_after_a_crash(home):
    home.dag("quick.yaml", QUICK)
    home.start()
    run = home.trigger("quick", "--wait")
    home.kill()  # its log is not carried over
    one = back_up(home)
    assert pathlib.Path(one["path"]).parent == home.path / "backups"
    db = sqlite3.connect(f"file:{one['path']}?mode=ro", uri=True)
    assert db.execute("select state from run where run_id = ?", (run,)).fetchone() == ("success",)


def test_a_backup_is_named_by_its_whole_path(home, tmp_path):
    home.start()
    done = subprocess.run([home.bin / "heddle", "backup", "--to", "here", "--home", home.path], cwd=tmp_path,
                          capture_output=True, text=True)
    assert done.returncode == 0 and done.stdout.startswith(f"{tmp_path.resolve()}/here/heddle-"), done
    found = {c["check"]: c for c in json.loads(home.cli("doctor", "--json").stdout)["checks"]}
    assert found["backup"]["state"] == "ok", "asked from another folder"


def test_every_so_often_and_no_more_than_asked_for(home, tmp_path):
    home.dag("quick.yaml", QUICK)
    home.start()
    folder = tmp_path / "backups"
    verb = subprocess.Popen([home.bin / "heddle", "backup", "--every", "1s", "--to", folder, "--keep", "2",
                             "--json", "--home", home.path], stdout=subprocess.PIPE, text=True)
    try:
        lines = [json.loads(verb.stdout.readline()) for _ in range(4)]
    finally:
        verb.send_signal(signal.SIGTERM)
        verb.wait(10)
    assert [one["removed"] for one in lines] == [0, 0, 1, 1]
    assert len(list(folder.glob("heddle-*.db"))) == 2
    wait = json.loads(home.cli("doctor", "--json").stdout)
    assert [c["state"] for c in wait["checks"] if c["check"] == "backup"] == ["ok"]


@pytest.mark.parametrize("words, code, said", [
    (["--to", "s3://bucket/path"], 2, "'s3://' as the target of a backup is not supported yet"),
    (["--every", "15"], 2, "--every"),
    (["--every", "1ms"], 2, "at least 1s"),
    (["--keep", "0"], 2, "--keep"),
    (["--url", "http://127.0.0.1:1"], 2, "works in the home itself"),
    (["more"], 2, "one word too many"),
])
def test_what_makes_no_sense_is_refused(home, words, code, said):
    home.start()
    done = home.cli("backup", *words)
    assert done.returncode == code and said in done.stderr, done.stderr


def test_without_a_home_there_is_nothing_to_back_up(home):
    done = home.cli("backup")
    assert done.returncode == 4 and str(home.path) in done.stderr
    done = home.cli("restore", home.work / "nothing.db")
    assert done.returncode == 4 and not home.path.exists()


def test_a_damaged_database_is_not_kept_and_the_good_ones_stay(home, tmp_path):
    home.dag("quick.yaml", QUICK)
    home.start()
    home.trigger("quick", "--wait")
    home.stop()
    folder = tmp_path / "backups"
    back_up(home, "--to", folder)
    db = sqlite3.connect(home.path / "heddle.db")
    db.executescript("drop trigger fact_is_not_changed; update fact set actor = 'user:mallory' where fact_no = 3")
    db.close()
    done = home.cli("backup", "--to", folder, "--keep", "1")
    assert done.returncode == 1 and "fact 3 is not what was written" in done.stderr
    assert len(os.listdir(folder)) == 1
    report = home.cli("doctor")
    assert report.returncode == 1
    assert "fact 3 is not what was written" in report.stdout and "the newest backup failed" in report.stdout
    home.spawn()
    assert home.process.wait(20) != 0, "a daemon starts on facts that were changed"
    assert "fact 3 is not what was written" in home.log_text()


# --- restore


def test_a_new_home_goes_on_from_a_backup_once_it_is_resumed(home, homes, tmp_path):
    home.dag("quick.yaml", QUICK)
    home.start()
    before = home.trigger("quick", "--wait")
    one = back_up(home, "--to", tmp_path)
    after = home.trigger("quick", "--wait")
    home.stop()
    other = another(home, "other")
    homes.append(other)
    done = restore(other, one["path"], "--json")
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said["replaced"] is None and said["ended"] == 0 and said["facts"] == one["facts"]
    assert said["held"]["restored"]["uncertain"] == []
    other.spawn()
    wait_for(lambda: is_held(other), 20, "held")
    assert other.run(before)["state"] == "success"
    assert other.http("GET", f"/api/v1/runs/{after}")[0] == 404
    run = wait_for(lambda: try_trigger(other, "quick"), 20, "a trigger is taken")
    time.sleep(0.3)
    assert other.run(run)["state"] in ("queued", "running")
    assert other.run(run)["tasks"] == {"a": "queued", "b": "none"} or other.run(run)["state"] == "queued"
    assert "restored" in other.cli("why", run).stdout
    assert "restored" in other.cli("ls", "runs").stderr
    # Held over a restart, too.
    other.stop()
    other.spawn()
    wait_for(lambda: is_held(other), 20, "held")
    resumed = wait_for(lambda: try_resume(other), 20, "resumed")
    assert "restored from" in resumed.stderr and "knows nothing of what happened after" in resumed.stderr
    assert other.wait_run(run)["state"] == "success"
    other.stop()
    other.start()  # not held any more
    kinds = [(f["kind"], f["from"], f["to"]) for f in other.http("GET", "/api/v1/facts?limit=1000")[1]["items"]
             if f["kind"] == "hold"]
    assert kinds == [("hold", None, "restored"), ("hold", "restored", "over")]
    assert other.http("GET", "/api/v1/restored")[1] == {"restored": None}
    assert other.cli("backup").returncode == 0


def is_held(home):
    try:
        status, why, _ = home.http("GET", "/readyz")
        return status == 503 and "restored from a backup" in why
    except OSError:
        return False


def try_trigger(home, dag):
    done = home.cli("trigger", dag, "--json")
    return json.loads(done.stdout)["id"] if done.returncode == 0 else None


def try_resume(home):
    done = home.cli("resume", "--all")
    return done if done.returncode == 0 else None


def test_what_still_runs_is_ended_first_and_never_doubled(home, tmp_path):
    home.dag("slow.yaml", SLOW.format(work=home.work))
    home.start()
    run = home.trigger("slow")
    wait_for(lambda: effects(home) == ["begun 1"], 20, "begun")
    one = back_up(home, "--to", tmp_path)
    home.dag("later.yaml", "id: later\ntasks:\n  - {id: a, command: sleep 300}\n")
    wait_for(lambda: home.cli("trigger", "later", "--id", "k").returncode == 0, 20, "in force")
    after = home.trigger("later", "--id", "k")  # the backup does not know it
    wait_for(lambda: len(home.shims()) == 2, 20, "begun, too")
    refused = restore(home, one["path"], "--force")
    assert refused.returncode == 5 and "in use by another daemon" in refused.stderr
    home.kill()
    shims = home.shims()
    assert len(shims) == 2
    refused = restore(home, one["path"])
    assert refused.returncode == 5 and "2 attempts" in refused.stderr and "--force" in refused.stderr
    assert home.shims() == shims
    done = restore(home, one["path"], "--force", "--json")
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said["ended"] == 2 and home.shims() == []
    assert [(u["run"], u["task"], u["attempt"], u["lost"]) for u in said["held"]["restored"]["uncertain"]] == [
        (run, "load", 1, False)]
    # The old database is aside, whole, and knows both runs.
    old = sqlite3.connect(f"file:{said['replaced']}/heddle.db?mode=ro", uri=True)
    assert {row[0] for row in old.execute("select run_id from run")} == {run, after}
    home.spawn()
    wait_for(lambda: is_held(home), 20, "held")
    attempt = wait_for(lambda: home.task(run, "load")["attempts"][0]["cause"], 20, "judged")
    assert attempt == "lost"
    assert "restored from a backup" in home.task(run, "load")["attempts"][0]["reason"]
    time.sleep(0.5)
    assert effects(home) == ["begun 1"], "started while held"
    assert home.http("GET", "/api/v1/restored")[1]["restored"]["uncertain"][0]["lost"] is True
    assert f"{run}/load" in home.cli("doctor").stdout
    if (home.work / "lock").exists():
        (home.work / "lock").rmdir()  # its trap may not have come to run
    wait_for(lambda: try_resume(home), 20, "resumed")
    wait_for(lambda: effects(home)[1:] == ["begun 2"], 20, "tried again")
    (home.work / "go").touch()
    assert home.wait_run(run)["state"] == "success"
    assert not [line for line in effects(home) if line.startswith("doubled")]
    home.assert_nothing_left()


def test_a_home_that_holds_a_database_is_replaced_only_when_told(home, tmp_path):
    home.dag("quick.yaml", QUICK)
    home.start()
    home.trigger("quick", "--wait")
    one = back_up(home, "--to", tmp_path)
    second = home.trigger("quick", "--wait")
    home.stop()
    before = (home.path / "heddle.db").read_bytes()
    refused = restore(home, one["path"])
    assert refused.returncode == 5 and "holds a database" in refused.stderr
    assert (home.path / "heddle.db").read_bytes() == before
    assert not list(home.path.glob("replaced-*"))
    assert restore(home, one["path"], "--force").returncode == 0
    aside = next(home.path.glob("replaced-*"))
    old = sqlite3.connect(f"file:{aside}/heddle.db?mode=ro", uri=True)
    assert old.execute("select count(*) from run where run_id = ?", (second,)).fetchone() == (1,)


@pytest.mark.parametrize("kind, code", [("garbage", 1), ("truncated", 1), ("meddled", 1), ("newer", 3), ("foreign", 1)])
def test_what_is_no_sound_backup_changes_nothing(home, tmp_path, kind, code):
    home.dag("quick.yaml", QUICK)
    home.start()
    home.trigger("quick", "--wait")
    path = pathlib.Path(back_up(home, "--to", tmp_path)["path"])
    home.stop()
    before = (home.path / "heddle.db").read_bytes()
    spoil(path, kind)
    done = restore(home, path, "--force")
    assert done.returncode == code, done.stderr
    assert str(path) in done.stderr
    assert (home.path / "heddle.db").read_bytes() == before
    assert not [name for name in os.listdir(home.path) if "stag" in name or "restor" in name or "replaced" in name]
    home.start()


def spoil(path, kind):
    if kind == "garbage":
        path.write_text("no database\n" * 1000)
    elif kind == "truncated":
        path.write_bytes(path.read_bytes()[:-8192])
    elif kind == "foreign":
        path.unlink()
        sqlite3.connect(path).executescript("create table recipe (name text)")
    else:
        db = sqlite3.connect(path)
        db.executescript({"meddled": "drop trigger fact_is_not_changed; update fact set why = 'x' where fact_no = 4",
                          "newer": "pragma user_version = 999"}[kind])
        db.close()


def test_a_home_whose_database_is_broken_comes_back(home, tmp_path):
    home.dag("quick.yaml", QUICK)
    home.start()
    run = home.trigger("quick", "--wait")
    one = back_up(home, "--to", tmp_path)
    home.stop()
    with open(home.path / "heddle.db", "r+b") as file:
        file.write(b"\0" * 4096)
    home.spawn()
    assert home.process.wait(20) == 1 and "restore a backup" in home.log_text()
    report = home.cli("doctor")
    assert report.returncode == 1 and "heddle restore" in report.stdout
    assert restore(home, one["path"], "--force").returncode == 0
    home.spawn()
    wait_for(lambda: try_resume(home), 20, "resumed")
    assert home.run(run)["state"] == "success"


def test_a_home_that_is_gone_needs_no_force(home, tmp_path):
    """Only logs and claims are left: the daemon refuses to start, a restore does not."""
    home.dag("quick.yaml", QUICK)
    home.start()
    run = home.trigger("quick", "--wait")
    one = back_up(home, "--to", tmp_path)
    home.stop()
    for name in ("heddle.db", "heddle.db-wal", "heddle.db-shm"):
        (home.path / name).unlink(missing_ok=True)
    report = home.cli("doctor")
    assert report.returncode == 1 and "is missing" in report.stdout
    assert restore(home, one["path"]).returncode == 0
    home.spawn()
    wait_for(lambda: try_resume(home), 20, "resumed")
    assert "" != home.log_of(run, "a") or home.run(run)["state"] == "success"


def test_a_plain_pause_of_all_outlives_a_restore_until_it_is_resumed(home, tmp_path):
    home.dag("quick.yaml", QUICK)
    home.start()
    assert home.cli("pause", "--all", "--reason", "maintenance").returncode == 0
    one = back_up(home, "--to", tmp_path)
    home.stop()
    assert restore(home, one["path"], "--force").returncode == 0
    home.spawn()
    wait_for(lambda: try_resume(home), 20, "resumed")
    run = home.trigger("quick")
    assert home.wait_run(run)["state"] == "success", "one resume ends both"
