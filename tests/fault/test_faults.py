"""Every write, fsync, rename, link, open and fork fails once, everywhere; every commit is followed by a
death. The right end each time: the run ends, each effect stands at most once per attempt, nothing is
left behind."""

import os
import sqlite3
import subprocess
import time

import pytest

from daemon_home import wait_for

DAG = """
id: small
tasks:
  - {{id: a, retries: 3, retry_delay: 5ms, command: 'echo "a $HEDDLE_ATTEMPT" >> {work}/effects'}}
  - {{id: b, retries: 3, retry_delay: 5ms, depends_on: [a], command: ['/bin/sh', '-c', 'echo "b $HEDDLE_ATTEMPT" >> {work}/effects; echo noise']}}
  - {{id: c, retries: 3, retry_delay: 5ms, depends_on: [a], command: 'echo "c $HEDDLE_ATTEMPT" >> {work}/effects; [ $HEDDLE_ATTEMPT != 1 ]'}}
"""


def make_dag(home):
    home.dag("small.yaml", DAG.format(work=home.work))


def fresh(home):
    """Forget the last round's run: a new key each round keeps the home, which is part of the test."""
    effects = home.work / "effects"
    if effects.exists():
        effects.unlink()
    return home.work / "struck"


def trigger_stubbornly(home, key, seconds=30):
    """As a careful client would: the same key until there is an answer, over restarts of the daemon."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if home.process.poll() is not None:
            home.start(env=home.fault_env)
        try:
            status, answer, _ = home.http("POST", "/api/v1/dags/small/runs", {"id": key}, timeout=5)
            if status in (200, 201):
                return answer["id"]
            if status == 404:  # its file could not be read, and says so; the folder is read at start
                assert home.http("GET", "/api/v1/errors")[1]["items"], "gone without an error"
                home.stop()
        except OSError:
            pass
        time.sleep(0.02)
    raise AssertionError(f"no run made: {home.log_text()[-3000:]}")


def wait_stubbornly(home, run, seconds=60):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if home.process.poll() is not None:
            home.start(env=home.fault_env)
        try:
            status, answer, _ = home.http("GET", f"/api/v1/runs/{run}:wait?wait=1s", timeout=5)
            if status == 200 and answer["ended_at"]:
                return answer
        except OSError:
            pass
        time.sleep(0.01)
    raise AssertionError(f"run {run} not ended: {home.log_text()[-3000:]}")


def check_effects(home):
    effects = home.work / "effects"
    lines = effects.read_text().splitlines() if effects.exists() else []
    assert len(lines) == len(set(lines)), f"an attempt took effect twice: {lines}"
    return lines


def one_round(home, fault, key, may_fail=False):
    """One daemon life with one fault; returns whether it struck."""
    struck = fresh(home)
    struck.unlink(missing_ok=True)
    home.fault_env = {"HEDDLE_FAULT": fault, "HEDDLE_FAULT_ONCE": str(struck)}
    home.spawn(env=home.fault_env)
    wait_for(lambda: home.ready() or home.process.poll() is not None, 30, "ready or ended")
    if home.process.poll() is not None:
        assert struck.exists(), home.log_text()[-2000:]
        home.start(env=home.fault_env)
    run = trigger_stubbornly(home, key)
    ended = wait_stubbornly(home, run)
    lines = check_effects(home)
    if may_fail and ended["state"] == "failed":
        causes = [a["cause"] for t in ("a", "b", "c") for a in home.task(run, t)["attempts"]]
        assert "could_not_start" in causes or "lost" in causes, causes
    else:
        assert ended["state"] == "success", ended
        assert {line.split()[0] for line in lines} == {"a", "b", "c"}
    home.assert_nothing_left()
    home.stop()
    return struck.exists()


def test_death_after_every_commit_before_its_effects(faulty):
    make_dag(faulty)
    n = 1
    while one_round(faulty, f"daemon:release:{n}:kill", f"k{n}"):
        n += 1
        assert n < 100
    assert n > 4, "the run has more commits than that"


@pytest.mark.parametrize("call", ["write", "fsync", "rename", "link", "open", "fork", "unlink", "mkdir", "fallocate"])
@pytest.mark.parametrize("role", ["daemon", "launcher", "shim"])
@pytest.mark.parametrize("what", ["ENOSPC", "EIO", "kill"])
def test_the_nth_call_fails(faulty, role, call, what):
    if call == "fork" and what == "ENOSPC":
        what = "EAGAIN"
    if call == "open" and what == "ENOSPC":
        what = "EMFILE"
    make_dag(faulty)
    n = 1
    while one_round(faulty, f"{role}:{call}:{n}:{what}", f"k{n}", may_fail=True):
        n += 1
        assert n < 200


def mount_small(path, megabytes, inodes=0):
    path.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,nr_inodes={inodes}",
                           "heddle-test", path],
                          capture_output=True, text=True)
    if done.returncode != 0:
        pytest.skip(f"cannot mount a small file system: {done.stderr.strip()}")


@pytest.fixture
def small_disk(home):
    mount_small(home.path, 12)
    yield home
    home.stop()
    subprocess.run(["umount", "-l", home.path], check=False)


def fill(home):
    """Takes all space of the home's file system but nothing else."""
    with open(home.path / "ballast", "wb", buffering=0) as ballast:
        for size in (65536, 4096, 512):
            try:
                while True:
                    ballast.write(b"x" * size)
            except OSError:
                pass


def read_on(home):
    """Somebody reads for long: what they see stands in the database's log, which so cannot be given back."""
    reader = sqlite3.connect(home.path / "heddle.db", isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM run").fetchone()
    return reader


def test_a_full_disk_stops_nothing_but_new_work(small_disk):
    home = small_disk
    home.dag("full.yaml", f"""
id: full
tasks:
  - {{id: a, command: 'while [ ! -e {home.work}/go ]; do sleep 0.01; done; echo loud; echo a >> {home.work}/effects'}}
  - {{id: b, depends_on: [a], command: 'echo b >> {home.work}/effects'}}
""")
    home.start()
    run = home.trigger("full")
    wait_for(home.shims)
    reader = read_on(home)
    fill(home)
    (home.work / "go").touch()
    wait_for(lambda: (home.work / "effects").exists(), what="the task goes on")
    wait_for(lambda: not home.ready(), what="/readyz says no")
    status, why, _ = home.http("GET", "/readyz")
    assert status == 503 and "commits fail" in why and "room" in why
    status, answer, headers = home.http("POST", "/api/v1/dags/full/runs", {"id": "later"})
    assert status == 503 and "Retry-After" in headers, answer
    assert home.run(run)["tasks"]["b"] == "none", "reads still come from the database"
    (home.path / "ballast").unlink()
    wait_for(home.ready, what="ready again")
    reader.close()
    assert home.wait_run(run)["state"] == "success"
    assert (home.work / "effects").read_text() == "a\nb\n"
    home.assert_nothing_left()


def test_a_full_disk_is_given_room_by_the_log_of_the_database(small_disk):
    """Nobody makes room, and the run goes on: what the log holds stands in the database file, too."""
    home = small_disk
    home.dag("full.yaml", f"""
id: full
tasks:
  - {{id: a, command: 'while [ ! -e {home.work}/go ]; do sleep 0.01; done; echo a >> {home.work}/effects'}}
  - {{id: b, depends_on: [a], command: 'echo b >> {home.work}/effects'}}
""")
    home.start()
    run = home.trigger("full")
    wait_for(home.shims)
    fill(home)
    (home.work / "go").touch()
    assert home.wait_run(run)["state"] == "success"
    assert (home.work / "effects").read_text() == "a\nb\n"


def test_a_full_disk_over_a_restart(small_disk):
    home = small_disk
    home.dag("full.yaml", f"""
id: full
tasks: [{{id: a, command: 'while [ ! -e {home.work}/go ]; do sleep 0.01; done; echo loud; echo a >> {home.work}/effects'}}]
""")
    home.start()
    run = home.trigger("full")
    wait_for(home.shims)
    home.kill()
    fill(home)
    (home.work / "go").touch()
    wait_for(lambda: os.listdir(home.path / "spool" / "exit"), what="the record has its room")
    (home.path / "ballast").unlink()
    home.start()
    assert home.wait_run(run)["state"] == "success"
    assert (home.work / "effects").read_text() == "a\n"


def test_no_room_for_a_record_means_could_not_start(small_disk):
    """The disk is full for shims but not for the store: commits go into the log file reserved before."""
    home = small_disk
    home.dag("full.yaml", f"id: full\ntasks: [{{id: a, command: 'echo a >> {home.work}/effects'}}]\n")
    home.start()
    fill(home)
    status, answer, _ = home.http("POST", "/api/v1/dags/full/runs", {"id": "k"}, timeout=20)
    assert status in (201, 503), answer
    (home.path / "ballast").unlink()
    wait_for(home.ready)
    run = home.trigger("full", "--id", "k")
    ended = home.wait_run(run)
    causes = [a["cause"] for a in home.task(run, "a")["attempts"]]
    if ended["state"] == "failed":
        assert causes == ["could_not_start"]
        assert not (home.work / "effects").exists()
    else:
        assert (home.work / "effects").read_text() == "a\n"


@pytest.fixture
def few_inodes(home):
    mount_small(home.path, 50, inodes=400)
    yield home
    home.stop()
    subprocess.run(["umount", "-l", home.path], check=False)


def leave_inodes(home, count):
    """Makes empty files until so many inodes are left."""
    made = []
    while os.statvfs(home.path).f_favail > count:
        made.append(home.path / f"ballast-{count}-{len(made)}")
        made[-1].touch()
    return made


def test_almost_no_room_starts_nothing_new(few_inodes):
    home = few_inodes
    home.dag("room.yaml", f"""
id: room
max_active_runs: 2
tasks:
  - {{id: a, command: 'while [ ! -e {home.work}/go ]; do sleep 0.01; done'}}
  - {{id: b, depends_on: [a], command: 'echo b >> {home.work}/effects'}}
""")
    home.start()
    running = home.trigger("room", "--id", "k1")
    wait_for(home.shims)
    low = leave_inodes(home, 15)
    wait_for(lambda: home.ready() and "less than 5 %" in home.log_text(), what="the warning")
    low += leave_inodes(home, 2)
    wait_for(lambda: not home.ready(), what="/readyz says that nothing starts")
    status, why, _ = home.http("GET", "/readyz")
    assert status == 503 and "less than 1 %" in why and "make room" in why
    waiting = home.trigger("room", "--id", "k2")
    (home.work / "go").touch()
    wait_for(lambda: home.run(running)["tasks"] == {"a": "success", "b": "queued"})
    assert home.run(waiting)["tasks"] == {"a": "queued", "b": "none"}
    assert "less than 1 % of the home's disk is free" in home.cli("runs", "show", waiting).stdout
    home.kill()
    home.spawn()  # a start starts nothing either
    wait_for(lambda: (home.path / "heddle.sock").exists())
    wait_for(lambda: b"less than 1 %" in home_says(home))
    assert home.run(running)["tasks"]["b"] == "queued" and not home.shims()
    for path in low:
        path.unlink()
    wait_for(home.ready, what="ready again")
    assert home.wait_run(running)["state"] == home.wait_run(waiting)["state"] == "success"
    assert (home.work / "effects").read_text() == "b\nb\n"
    assert home.log_text().count("less than 5 %") == 1
    home.assert_nothing_left()


def home_says(home):
    try:
        return home.http("GET", "/readyz")[1].encode()
    except OSError:
        return b""


def test_a_file_size_limit_is_met_like_a_full_disk(home):
    """RLIMIT_FSIZE of the daemon: commits fail with EFBIG or SIGXFSZ; it says so and does not die."""
    import resource
    home.dag("x.yaml", "id: x\ntasks:\n" + "".join(
        f"  - {{id: t{i}, command: 'head -c 20000 /dev/zero | tr \"\\\\0\" x'}}\n" for i in range(50)))

    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, resource.RLIM_INFINITY))
    home.process = subprocess.Popen(
        [home.bin / "heddle", "daemon", "--home", home.path, "--dags", home.dags, "--listen", "127.0.0.1:0"],
        stdout=open(home.log, "ab"), stderr=subprocess.STDOUT, preexec_fn=limit)
    wait_for(home.ready)
    keys = 0
    while home.ready() and keys < 200:
        try:
            home.http("POST", "/api/v1/dags/x/runs", {"id": f"k{keys}"}, timeout=5)
        except OSError:
            pass
        keys += 1
    assert home.process.poll() is None, home.log_text()[-2000:]
    assert home.http("GET", "/readyz")[0] == 503
    pid = home.process.pid
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    wait_for(home.ready, 30, "ready once the limit is gone")
    for run in home.http("GET", "/api/v1/runs?limit=200")[1]["items"]:
        assert home.wait_run(run["id"], 120)["ended_at"]


def test_an_end_the_store_refuses_twice_is_set_aside(home):
    """A bug in the store, played by a trigger in the database: the daemon starts anew, tries the record
    alone, sets it aside, and everything else goes on."""
    home.dag("odd.yaml", f"""
id: odd
tasks:
  - {{id: a, command: exit 42}}
  - {{id: b, command: 'sleep 0.2; echo b >> {home.work}/effects'}}
""")
    home.start()
    home.stop()
    database = sqlite3.connect(home.path / "heddle.db")
    database.execute("create trigger refuse before update on attempt when new.exit_code = 42"
                     " begin select raise(abort, 'no such luck'); end")
    database.commit()
    database.close()
    home.start()
    run = home.http("POST", "/api/v1/dags/odd/runs", {"id": "k"})[1]["id"]
    ended = home.wait_run(run)
    assert ended["state"] == "failed"
    assert ended["tasks"] == {"a": "failed", "b": "success"}, (home.task(run, "b"), home.log_text())
    assert home.task(run, "a")["attempts"][0]["cause"] == "lost"
    assert (home.work / "effects").read_text() == "b\n"
    assert len(os.listdir(home.path / "spool" / "dead")) == 1
    database = sqlite3.connect(home.path / "heddle.db")
    assert database.execute("select count(*) from dead_letter").fetchone()[0] == 1
    database.close()
    assert home.process.poll() is None
