"""A newer Heddle takes over the home of an older one, and what runs of it.

tests/upgrade/schema_N.sql are homes as older releases left them (make.py there makes them). What lies beside the
database is made here, by the formats that claim.h and record.h write out: so they are read from every release."""

import os
import pathlib
import re
import shutil
import signal
import sqlite3
import struct
import subprocess
import sys
import time

import pytest

from daemon_home import ROOT, binaries, wait_for

sys.path.insert(0, str(ROOT / "tests" / "upgrade"))
import make  # noqa: E402

HOMES = sorted((ROOT / "tests" / "upgrade").glob("schema_*.sql"))
# Folders with programs of older releases, for who has them built: the live upgrade is tried from each.
OLDER = [folder for folder in os.environ.get("HEDDLE_OLDER", "").split(":") if folder]

# --- claims and records of version 1


def crc32c(data):
    crc = 0xffffffff
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82f63b78 if crc & 1 else 0)
    return crc ^ 0xffffffff


def sealed(magic, rest, version=1):
    return magic + struct.pack("<III", version, 16 + len(rest), crc32c(rest)) + rest


def claim(boot, name, pid, start, claimed_at_ms):
    texts = [boot.encode(), name.encode(), b""]
    return sealed(b"HdCl", struct.pack("<qiiqq3H", claimed_at_ms, pid, 0, start, 0, *map(len, texts)) + b"".join(texts))


def record(attempt_id, at_ms):
    return sealed(b"HdEx", struct.pack("<qiiiI9q", attempt_id, 1, 0, 0, 0, at_ms, at_ms + 5, 5, 4096, 1, 1, 0, 0, 0))


def claim_file(claimed, ended=b""):
    return claimed.ljust(2048, b"\0") + ended.ljust(2048, b"\0")


def start_of(pid):
    return int(pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[19])


# A shim of an older release, as far as a daemon can see it: it holds its claim, and tells the end of its task when it
# is there. argv: claim's path, record's path, file to wait for, and the two parts of the claim's file as hex.
OLD_SHIM = """
import fcntl, os, sys, time
path, record, go, whole = sys.argv[1:5]
file = open(path, "r+b")
fcntl.flock(file, fcntl.LOCK_EX)
open(path + ".held", "w").close()
while not os.path.exists(go):
    time.sleep(0.01)
file.seek(2048)
file.write(bytes.fromhex(whole))
file.flush()
os.link(path, record)
"""

# --- the older home


class Older:
    """The home in home.path as an older release left it, its four attempts under way in four ways."""

    def __init__(self, home, dump):
        self.home = home
        self.boot = pathlib.Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        self.number = int(re.search(r"schema_(\d+)", dump.name).group(1))
        for name, text in make.DAGS.items():
            home.dag(name, text)
        home.path.mkdir(mode=0o700)
        (home.path / "spool" / "exit").mkdir(parents=True)
        (home.path / "go").touch()  # what is launched anew does not wait
        self.load(dump)

    def load(self, dump):
        """As if it had been left ten minutes ago, on this machine."""
        text = dump.read_text()
        created = int(re.search(r'INSERT INTO "?home"? VALUES\(1,\'\w+\',\'([-\w]+)\',(\d{13})', text).group(2))
        later = int(time.time() * 1000) - 600_000 - created
        text = re.sub(r"\b1[67]\d{11}\b", lambda match: str(int(match.group(0)) + later), text)
        text = re.sub(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}", self.boot, text)
        database = sqlite3.connect(self.home.path / "heddle.db")
        database.executescript(text)
        hour = time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000 + 3_600_000
        database.execute("update task_instance set due_boot_ms = ? where due_boot_ms is not null", (hour,))
        database.commit()
        self.incarnation = database.execute("select incarnation from home").fetchone()[0]
        self.attempts = dict(database.execute(
            "select n.task_id, a.attempt_id from attempt a join run r using (run_no) join dag_version_task n on"
            " n.version_no = r.version_no and n.task = a.task where r.dag_id = 'live'"))
        self.released = database.execute("select released_at_ms from attempt where state = 'running'").fetchone()[0]
        self.facts = database.execute("select count(*) from fact").fetchone()[0]
        database.close()

    def paths(self, task):
        name = f"{self.incarnation}-{self.attempts[task]}"
        day = self.home.path / "logs" / time.strftime("%Y-%m-%d", time.gmtime(self.released / 1000))
        day.mkdir(parents=True, exist_ok=True)
        return name, day / f"{name}.claim", self.home.path / "spool" / "exit" / name

    def put_claim(self, task, pid, start, ended=b""):
        name, path, _ = self.paths(task)
        path.write_bytes(claim_file(claim(self.boot, name, pid, start, self.released + 1), ended))
        return path

    def ended(self):
        """It ended while no daemon was there."""
        path = self.put_claim("ended", 1 << 22, 1, record(self.attempts["ended"], self.released + 2))
        os.link(path, self.paths("ended")[2])

    def living(self, go):
        """Its shim lives, and is of the older release."""
        path = self.put_claim("living", 0, 0)
        shim = subprocess.Popen([sys.executable, "-c", OLD_SHIM, path, self.paths("living")[2], go,
                                 record(self.attempts["living"], self.released + 3).hex()])
        wait_for(path.with_name(path.name + ".held").exists)
        with open(path, "r+b") as file:
            file.write(claim(self.boot, self.paths("living")[0], shim.pid, start_of(shim.pid), self.released + 1))
        return shim

    def orphaned(self):
        """Its shim died with nothing told."""
        dead = subprocess.Popen(["true"])
        start = start_of(dead.pid)
        dead.wait()
        self.put_claim("orphaned", dead.pid, start)


@pytest.fixture(params=HOMES, ids=[path.stem for path in HOMES])
def older(request, home):
    return Older(home, request.param)


def test_a_running_home_is_taken_over(older):
    home = older.home
    older.ended()
    older.orphaned()
    shim = older.living(home.work / "go")
    home.start()
    runs = {run["dag"]: run for run in home.http("GET", "/api/v1/runs")[1]["items"]}
    assert {dag: run["state"] for dag, run in runs.items()} == {
        "done": "success", "broken": "failed", "later": "running", "live": "running"}
    live = runs["live"]["id"]
    wait_for(lambda: list(home.run(live)["tasks"].values()).count("success") == 3)
    assert home.run(live)["tasks"]["living"] == "running", "its shim is attached to"
    (home.work / "go").touch()
    assert home.wait_run(live)["state"] == "success"
    assert shim.wait(30) == 0
    tries = {task: [try_["cause"] or try_["state"] for try_ in home.task(live, task)["attempts"]]
             for task in ("ended", "living", "unclaimed", "orphaned", "join")}
    assert tries == {"ended": ["success"], "living": ["success"], "unclaimed": ["success"],
                     "orphaned": ["lost", "success"], "join": ["success"]}
    assert "unclaimed again" in home.log_of(live, "unclaimed"), "it was released and not begun: launched now"
    home.assert_nothing_left()


def test_history_and_plans_are_kept(older):
    home = older.home
    home.start()
    database = sqlite3.connect(home.path / "heddle.db")
    assert database.execute("pragma user_version").fetchone()[0] > older.number
    kept = sqlite3.connect(home.path / f"heddle.db.schema-{older.number}")
    assert kept.execute("pragma user_version").fetchone()[0] == older.number
    assert kept.execute("pragma integrity_check").fetchone() == ("ok",)
    assert kept.execute("select count(*) from fact").fetchone()[0] == older.facts
    runs = {run["dag"]: run for run in home.http("GET", "/api/v1/runs")[1]["items"]}
    facts = home.http("GET", f"/api/v1/facts?run={runs['broken']['id']}&limit=1000")[1]["items"]
    assert ("task.state", "bad", "failed") in {(fact["kind"], fact["task"], fact["to"]) for fact in facts}
    assert "exit code 7" in home.cli("why", runs["broken"]["id"]).stdout
    assert home.run(runs["later"]["id"])["tasks"] == {"again": "up_for_retry"}
    again = home.cli("trigger", "done", "--id", "of-before")  # the key of the older release
    assert again.stdout.strip() == runs["done"]["id"]
    home.dag("broken.yaml", make.DAGS["broken.yaml"].replace("exit 7", "echo mended"))
    wait_for(lambda: len(home.http("GET", "/api/v1/dags/broken/versions")[1]["items"]) == 2)
    assert home.cli("rerun", runs["broken"]["id"], "--latest", "--wait").returncode == 0
    home.stop()
    home.start()
    assert home.run(runs["broken"]["id"])["state"] == "success"
    assert len(list(home.path.glob("heddle.db.schema-*"))) == 1
    home.cli("cancel", runs["live"]["id"])
    home.wait_run(runs["live"]["id"])


def test_on_another_boot_what_ran_is_lost(older):
    home = older.home
    older.put_claim("ended", 1 << 22, 1)
    older.boot = "0" * 8 + "-0000-4000-8000-" + "0" * 12
    database = sqlite3.connect(home.path / "heddle.db")
    database.execute("update home set boot_id = ?", (older.boot,))
    database.execute("update attempt set boot_id = ?", (older.boot,))
    database.commit()
    database.close()
    older.put_claim("ended", 1 << 22, 1)
    home.start()
    [live] = [run["id"] for run in home.http("GET", "/api/v1/runs?dag=live")[1]["items"]]
    assert home.wait_run(live)["state"] == "success"
    for task in ("ended", "living", "unclaimed", "orphaned"):
        assert [try_["cause"] or try_["state"] for try_ in home.task(live, task)["attempts"]] == ["lost", "success"]


def test_a_newer_home_is_refused(home):
    home.start()
    home.stop()
    database = sqlite3.connect(home.path / "heddle.db")
    database.execute("pragma user_version = 99")
    database.commit()
    database.close()
    home.spawn()
    assert home.process.wait(30) == 3
    assert "was written by a newer Heddle (schema 99" in home.log_text()


def test_what_a_newer_shim_wrote_is_left_alone(older):
    """As after somebody went back to an older release."""
    home = older.home
    older.ended()
    name, path, spooled = older.paths("ended")
    whole = path.read_bytes()
    with open(path, "r+b") as file:
        file.seek(2048 + 4)
        file.write(b"\2")
    home.start()
    [live] = [run["id"] for run in home.http("GET", "/api/v1/runs?dag=live")[1]["items"]]
    wait_for(lambda: "newer Heddle" in home.cli("why", f"{live}/ended").stdout +
             str(home.task(live, "ended")), what=f"why: {home.cli('why', live).stdout}")
    assert home.run(live)["tasks"]["ended"] == "running" and spooled.exists()
    home.stop()
    with open(path, "r+b") as file:
        file.write(whole)
    home.start()
    assert home.wait_run(live)["tasks"]["ended"] == "success"


# --- with the programs themselves


def replace_programs(folder, by):
    """As a package does: written aside and renamed, so that what runs keeps the file that it has."""
    for name in ("heddle", "heddle-shim"):
        shutil.copy2(by / name, folder / f"{name}.new")
        os.rename(folder / f"{name}.new", folder / name)


def lines_of(home):
    path = home.work / "effects"
    return sorted(path.read_text().split()) if path.exists() else []


@pytest.mark.parametrize("former", [None, *OLDER], ids=lambda folder: folder or "same")
@pytest.mark.parametrize("how", ("term", "kill", "launcher first"))
def test_programs_are_replaced_under_running_tasks(home, tmp_path, former, how):
    newer = binaries("release")
    home.bin = tmp_path / "bin"
    home.bin.mkdir()
    replace_programs(home.bin, pathlib.Path(former) if former else newer)
    tasks = ("max_active_tasks: 8\ntasks:\n" + "".join(
        f"  - {{id: t{i}, command: 'echo begin{i} >> {home.work}/effects; "
        f"while [ ! -e {home.work}/go ]; do sleep 0.02; done; echo end{i} >> {home.work}/effects'}}\n"
        for i in range(4)) + "  - {id: join, depends_on: [t0, t1, t2, t3], command: echo joined}\n")
    for dag in ("many", "more"):
        home.dag(f"{dag}.yaml", f"id: {dag}\n{tasks}")
    home.start()
    run = home.http("POST", "/api/v1/dags/many/runs", {"id": "k"})[1]["id"]
    wait_for(lambda: len(lines_of(home)) == 4)
    before = os.stat(home.bin / "heddle").st_ino
    replace_programs(home.bin, newer)
    assert os.stat(home.bin / "heddle").st_ino != before
    if how == "launcher first":  # the older daemon starts the newer one
        [launcher] = home.launcher()
        os.kill(launcher, signal.SIGKILL)
        wait_for(lambda: home.launcher() not in ([], [launcher]))
        second = home.http("POST", "/api/v1/dags/more/runs", {"id": "k"})[1]["id"]
        wait_for(lambda: len(lines_of(home)) == 8)
    home.kill() if how == "kill" else home.stop()
    home.start()
    [launcher] = wait_for(home.launcher)
    assert os.stat(f"/proc/{launcher}/exe").st_ino == os.stat(home.bin / "heddle-shim").st_ino
    (home.work / "go").touch()
    runs = [run] + ([second] if how == "launcher first" else [])
    for each in runs:
        assert home.wait_run(each)["state"] == "success"
        assert [len(home.task(each, f"t{i}")["attempts"]) for i in range(4)] == [1] * 4
    assert lines_of(home) == sorted(word + str(i) for word in ("begin", "end") for i in range(4) for _ in runs)
    home.assert_nothing_left()
