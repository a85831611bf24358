"""Daemon, launcher and shims die; what was begun ends once, and nothing is left behind."""

import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import time

import pytest

from daemon_home import Home, UnixConnection, wait_for


def append_dag(home, name, count, body="", retries=0, extra=""):
    """A dag whose tasks each append their name and pid to a file, and count what runs at once."""
    tasks = "".join(
        f"  - {{id: t{i}, retries: {retries}, retry_delay: 10ms, "
        f"command: 'echo \"$HEDDLE_TASK $HEDDLE_ATTEMPT\" >> {home.work}/{name}; {body}'}}\n"
        for i in range(count))
    home.dag(f"{name}.yaml", f"id: {name}\nmax_active_tasks: 8\n{extra}tasks:\n{tasks}"
             f"  - {{id: join, depends_on: [{', '.join(f't{i}' for i in range(count))}], command: 'true'}}\n")


def lines_of(home, name):
    return (home.work / name).read_text().splitlines()


def test_a_file_that_does_not_check_leaves_its_last_good_version(home):
    home.dag("kept.yaml", "id: kept\ntasks: [{id: a, command: echo the good one}]\n")
    home.dag("moved.yaml", "id: moved\ntasks: [{id: a, command: 'true'}]\n")
    home.dag("gone.yaml", "id: gone\ntasks: [{id: a, command: 'true'}]\n")
    home.start()
    home.stop()
    home.dag("kept.yaml", "id: kept\ntasks: [{id: a, comand: echo the bad one}]\n")
    (home.dags / "moved.yaml").rename(home.dags / "elsewhere.yaml")
    home.dag("another.yaml", "id: kept\ntasks: [{id: a, command: echo a second one}]\n")
    (home.dags / "gone.yaml").unlink()
    for _ in range(2):  # the second start finds what the first one wrote
        home.start()
        dags = {dag["id"]: dag["file"] for dag in home.http("GET", "/api/v1/dags")[1]["items"]}
        assert dags == {"kept": "kept.yaml", "moved": "elsewhere.yaml"}
        shown = home.cli("ls", "errors").stdout
        assert "kept.yaml:2" in shown and "comand" in shown
        assert "another.yaml:1" in shown and "in force from kept.yaml" in shown
        run = home.trigger("kept")
        assert home.wait_run(run)["state"] == "success"
        assert "the good one" in home.log_of(run, "a")
        home.stop()
    home.dag("kept.yaml", "id: other\ntasks: [{id: a, command: 'true'}]\n")
    home.start()
    assert {dag["id"]: dag["file"] for dag in home.http("GET", "/api/v1/dags")[1]["items"]} == {
        "kept": "another.yaml", "moved": "elsewhere.yaml", "other": "kept.yaml"}


def test_a_file_that_cannot_be_read_takes_no_dag_out(faulty):
    home = faulty
    for name in "abc":
        home.dag(f"{name}.yaml", f"id: {name}\ntasks: [{{id: t, command: 'true'}}]\n")
    home.start()
    home.stop()
    struck, n, newest = 0, 0, None
    # There are three files; on a machine that is busy one may have been read again before it is asked.
    while struck < 3 and n < (200 if newest is None else newest + 20):
        n += 1
        for name in "abc":  # what did not change is not read again
            (home.dags / f"{name}.yaml").touch()
        home.spawn(env={"HEDDLE_FAULT": f"daemon:open:{n}:EIO"})
        wait_for(lambda: home.ready() or home.process.poll() is not None)
        if home.process.poll() is None:
            status, answer, _ = home.http("GET", "/api/v1/dags")
            if status == 200:  # else the fault struck this very question
                assert [dag["id"] for dag in answer["items"]] == ["a", "b", "c"]
                if "cannot be read" in json.dumps(home.http("GET", "/api/v1/errors")[1]):
                    struck, newest = struck + 1, n
            home.stop()
    assert struck > 0


def database_files(home):
    return [path for path in home.path.iterdir() if path.name.startswith("heddle.db")]


def test_a_database_that_was_moved_away_is_missed_and_taken_back(home):
    home.dag("far.yaml", f"""
id: far
tasks:
  - {{id: a, command: 'while [ ! -e {home.work}/go ]; do sleep 0.01; done'}}
  - {{id: b, depends_on: [a], command: 'true'}}
""")
    home.start()
    run = home.trigger("far")
    wait_for(home.shims)
    for names in (("heddle.db",), ("heddle.db-wal",), ("heddle.db", "heddle.db-wal", "heddle.db-shm")):
        for name in names:
            (home.path / name).rename(home.work / name)
        status, answer, headers = home.http("POST", "/api/v1/dags/far/runs", {"id": names[0] + str(len(names))})
        assert status == 503 and "Retry-After" in headers, answer
        status, why, _ = home.http("GET", "/readyz")
        assert status == 503 and "heddle.db" in why and "moved or removed: move it back" in why
        for name in names:
            (home.work / name).rename(home.path / name)
        wait_for(home.ready, what="ready once it is back")
    (home.path / "heddle.db").rename(home.work / "heddle.db")
    (home.work / "go").touch()  # an end comes while it is away
    wait_for(lambda: "commit fails" in home.log_text())
    (home.work / "heddle.db").rename(home.path / "heddle.db")
    assert home.wait_run(run)["state"] == "success"
    for other in home.http("GET", "/api/v1/runs?limit=100")[1]["items"]:
        home.wait_run(other["id"])
    home.assert_nothing_left()
    home.stop()
    database = sqlite3.connect(home.path / "heddle.db")
    assert database.execute("pragma integrity_check").fetchone() == ("ok",)
    assert database.execute("select state from run where run_id = ?", (run,)).fetchone() == ("success",)


@pytest.mark.parametrize("alive", [True, False], ids=["while it runs", "once it has ended"])
def test_an_older_database_does_not_take_ends_of_others_for_its_own(home, alive):
    """The log of the database is lost. Numbers of attempts would be given again, and the claims are there."""
    home.dag("old.yaml", f"id: old\ntasks: [{{id: t, command: 'until test -e {home.work}/go; do sleep 0.05; done'}}]\n")
    home.dag("new.yaml", f"id: new\ntasks: [{{id: t, command: 'echo new > {home.work}/effect'}}]\n")
    home.start()
    home.stop()
    home.start()
    home.trigger("old")
    wait_for(home.shims)
    home.kill()
    (home.path / "heddle.db-wal").rename(home.work / "wal")
    if not alive:
        (home.work / "go").touch()
        wait_for(lambda: not home.shims())
    home.spawn()
    assert home.process.wait(20) == 5
    assert "it is an older copy, or its log heddle.db-wal was lost" in home.log_text()
    done = home.cli("restore", home.path / "heddle.db", "--force")
    assert done.returncode == 0, done.stderr
    assert not home.shims()
    home.spawn()
    wait_for((home.path / "heddle.sock").exists)
    wait_for(lambda: home.cli("resume", "--all").returncode == 0)
    assert home.wait_run(home.trigger("new"))["state"] == "success"
    assert (home.work / "effect").read_text() == "new\n"
    home.assert_nothing_left()


def test_a_log_of_the_database_that_was_moved_away_may_come_back(home):
    home.dag("one.yaml", "id: one\ntasks: [{id: a, command: 'true'}]\n")
    home.start()
    run = home.trigger("one")
    home.wait_run(run)
    home.kill()
    (home.path / "heddle.db-wal").rename(home.work / "wal")
    home.spawn()
    assert home.process.wait(20) == 5
    (home.work / "wal").replace(home.path / "heddle.db-wal")
    home.start()
    assert home.run(run)["state"] == "success"


def test_a_copy_of_a_home_leaves_the_original_alone(home, tmp_path):
    """As one makes to try an upgrade: it would take what runs there for the rest of its own attempts, and end it."""
    home.dag("far.yaml", f"id: far\ntasks: [{{id: t, command: 'until test -e {home.work}/go; do sleep 0.05; done'}}]\n")
    home.start()
    run = home.trigger("far")
    wait_for(home.shims)
    copy = Home(tmp_path / "copy")
    shutil.copytree(home.path, copy.path, ignore=shutil.ignore_patterns("*.sock"))
    copy.dag("far.yaml", (home.dags / "far.yaml").read_text())
    copy.spawn()
    assert copy.process.wait(20) == 5
    assert f"is a copy of the home '{home.path}', which is still there" in copy.log_text()
    assert copy.cli("doctor").returncode == 1
    done = copy.cli("restore", copy.path / "heddle.db", "--force")
    assert done.returncode == 0, done.stderr
    copy.spawn()
    wait_for((copy.path / "heddle.sock").exists)
    wait_for(lambda: copy.cli("resume", "--all").returncode == 0)
    assert copy.wait_run(run)["state"] == "failed"
    copy.stop()
    assert home.shims() and home.run(run)["state"] == "running"
    (home.work / "go").touch()
    assert home.wait_run(run)["state"] == "success"


def test_a_home_that_was_moved_goes_on(home):
    home.dag("one.yaml", "id: one\ntasks: [{id: a, command: 'true'}]\n")
    home.start()
    run = home.trigger("one")
    home.wait_run(run)
    home.kill()
    shutil.copytree(home.path, home.path.with_name("moved"), ignore=shutil.ignore_patterns("*.sock"))
    shutil.rmtree(home.path)
    home.path = home.path.with_name("moved")
    for _ in range(2):
        home.start()
        assert home.run(run)["state"] == "success"
        home.stop()


def test_a_home_without_its_database_is_not_begun_anew(home):
    home.dag("one.yaml", "id: one\ntasks: [{id: a, command: 'true'}]\n")
    home.start()
    home.wait_run(home.trigger("one"))
    home.stop()
    for path in database_files(home):
        path.rename(home.work / path.name)
    home.spawn()
    assert home.process.wait(20) == 5
    assert "is missing, but logs/ holds claims" in home.log_text()
    assert "put the database back" in home.log_text()
    assert not database_files(home)
    for path in home.work.iterdir():
        path.rename(home.path / path.name)
    home.start()
    assert home.http("GET", "/api/v1/runs")[1]["items"][0]["state"] == "success"


def test_scratch_folders_that_a_dead_daemon_left_are_removed(home):
    home.dag("two.yaml", f"""
id: two
tasks:
  - {{id: a, command: 'while [ ! -e {home.work}/go ]; do sleep 0.01; done'}}
""")
    home.start()
    run = home.trigger("two")
    wait_for(home.shims)
    home.kill()
    left = [f"{n:016x}" for n in range(600)]  # more than one step's worth
    for name in left:
        (home.path / "runs" / name).mkdir()
    (home.path / "runs" / left[7] / "kept").touch()
    (home.path / "runs" / "somebody's").mkdir()
    home.start()
    wait_for(lambda: len(os.listdir(home.path / "runs")) == 3)
    assert sorted(os.listdir(home.path / "runs")) == sorted([run, left[7], "somebody's"])
    (home.work / "go").touch()
    assert home.wait_run(run)["state"] == "success"
    (home.path / "runs" / "somebody's").rmdir()
    home.assert_nothing_left()


def test_a_home_open_to_others_is_closed(home):
    home.path.mkdir(mode=0o755)
    home.path.chmod(0o755)
    home.start()
    assert home.path.stat().st_mode & 0o7777 == 0o700
    assert "home was open to others" in home.log_text() and "before=0755" in home.log_text()
    assert not (home.path / "spool" / "tmp").exists()
    home.stop()
    home.start()
    assert home.log_text().count("home was open to others") == 1


def test_tasks_go_on_while_the_daemon_is_dead(home):
    home.dag("two.yaml", f"""
id: two
tasks:
  - {{id: a, command: 'echo begin; while [ ! -e {home.work}/go ]; do sleep 0.01; done; echo a >> {home.work}/done; echo end'}}
  - {{id: b, depends_on: [a], command: 'echo b >> {home.work}/done'}}
""")
    home.start()
    run = home.trigger("two")
    wait_for(lambda: "begin" in home.log_of(run, "a"))
    home.kill()
    (home.work / "go").touch()
    wait_for(lambda: (home.work / "done").exists(), what="task ends without a daemon")
    wait_for(lambda: os.listdir(home.path / "spool" / "exit"), what="record in the spool")
    home.start()
    assert home.wait_run(run)["state"] == "success"
    assert lines_of(home, "done") == ["a", "b"]
    assert "begin" in home.log_of(run, "a") and "end" in home.log_of(run, "a")
    home.assert_nothing_left()


def test_a_living_task_is_taken_up_again(home):
    home.dag("live.yaml", f"""
id: live
tasks:
  - {{id: a, command: 'echo one; while [ ! -e {home.work}/go ]; do sleep 0.01; done; echo two'}}
""")
    home.start()
    run = home.trigger("live")
    wait_for(lambda: "one" in home.log_of(run, "a"))
    for _ in range(3):
        home.kill()
        home.start()
        assert home.run(run)["tasks"]["a"] == "running"
    follower = subprocess.Popen([home.bin / "heddle", "logs", run, "a", "-f", "--home", home.path],
                                stdout=subprocess.PIPE, text=True)
    first = follower.stdout.readline()  # it follows
    home.kill()
    home.start()
    (home.work / "go").touch()
    assert home.wait_run(run)["state"] == "success"
    text = first + follower.communicate(timeout=60)[0]
    assert text.count("one") == 1 and text.count("two") == 1
    assert len(home.task(run, "a")["attempts"]) == 1
    home.assert_nothing_left()


def test_a_killed_shim_takes_its_task_along_and_is_retried(home):
    home.dag("lost.yaml", f"""
id: lost
tasks:
  - id: a
    retries: 1
    retry_delay: 10ms
    command: 'echo $HEDDLE_ATTEMPT >> {home.work}/tries; [ $HEDDLE_ATTEMPT = 2 ] || sleep 300'
""")
    home.start()
    run = home.trigger("lost")
    wait_for(lambda: (home.work / "tries").exists())
    [shim] = wait_for(home.shims)
    os.kill(shim, signal.SIGKILL)
    assert home.wait_run(run)["state"] == "success"
    attempts = home.task(run, "a")["attempts"]
    assert [a["cause"] for a in attempts] == ["lost", None]
    assert lines_of(home, "tries") == ["1", "2"]
    home.assert_nothing_left()


def test_a_shim_killed_with_its_daemon_is_found_lost(home):
    home.dag("lost.yaml", f"""
id: lost
tasks: [{{id: a, command: 'echo x >> {home.work}/x; (setsid sleep 300 &); sleep 300'}}]
""")
    home.start()
    run = home.trigger("lost")
    wait_for(lambda: (home.work / "x").exists())
    [shim] = wait_for(home.shims)
    home.kill()
    os.kill(shim, signal.SIGKILL)
    home.start()
    assert home.wait_run(run)["state"] == "failed"
    assert home.task(run, "a")["attempts"][0]["cause"] == "lost"
    home.assert_nothing_left()


def test_a_killed_launcher_is_replaced(home):
    append_dag(home, "many", 200, "sleep 0.02")
    home.start()
    run = home.trigger("many")
    for _ in range(5):
        time.sleep(0.1)
        for pid in home.launcher():
            os.kill(pid, signal.SIGKILL)
    assert home.wait_run(run)["state"] == "success"
    assert sorted(lines_of(home, "many")) == sorted(f"t{i} 1" for i in range(200))
    home.assert_nothing_left()


def test_kill_9_of_anything_at_random_moments(home):
    """2,000 tasks that append to a file, while daemon, launcher and shims are killed, alone and together.
    Each effect stands once; a task whose own shim was killed may stand once per attempt."""
    seed = int(os.environ.get("HEDDLE_KILL_SEED", time.time()))
    print("seed", seed)
    dice = random.Random(seed)
    append_dag(home, "storm", 2000, "sleep 0.01", retries=20)
    home.start()
    run = home.trigger("storm")
    shim_kills = 0
    end = time.monotonic() + 240
    while time.monotonic() < end:
        time.sleep(dice.uniform(0.02, 0.4))
        victims = dice.choice(("daemon", "daemon", "launcher", "shim", "shim", "all"))
        if victims in ("launcher", "all"):
            for pid in home.launcher():
                kill_quietly(pid)
        if victims in ("shim", "all"):
            shims = home.shims()
            for pid in dice.sample(shims, min(len(shims), dice.randint(1, 3))):
                shim_kills += kill_quietly(pid)
        if victims in ("daemon", "all"):
            home.kill()
            home.start()
        if home.run(run)["ended_at"]:
            break
    ended = home.wait_run(run)
    assert ended["state"] == "success", ended
    lines = lines_of(home, "storm")
    assert len(set(lines)) == len(lines), "an attempt's effect stands twice"
    assert {line.split()[0] for line in lines} == {f"t{i}" for i in range(2000)}
    check_attempts(home, run, lines, shim_kills)
    home.assert_nothing_left()


def kill_quietly(pid):
    try:
        os.kill(pid, signal.SIGKILL)
        return 1
    except ProcessLookupError:
        return 0


def check_attempts(home, run, lines, shim_kills):
    """Only lost attempts were tried again, and never beside their predecessor."""
    home.stop()
    database = sqlite3.connect(home.path / "heddle.db")
    rows = database.execute(
        "select t.task_id, a.number, a.state, a.started_at_ms, a.ended_at_ms from attempt a"
        " join run r on r.run_no = a.run_no"
        " join dag_version_task t on t.version_no = r.version_no and t.task = a.task"
        " order by t.task_id, a.number").fetchall()
    database.close()
    lost = [row for row in rows if row[2] == "lost"]
    assert len(lost) <= shim_kills
    assert {row[2] for row in rows} <= {"success", "lost"}
    last = {}
    for task, number, cause, started, ended in rows:
        assert number == (last[task][0] + 1 if task in last else 1)
        if task in last:
            assert last[task][1] == "lost"
            assert not started or started >= last[task][2]
        last[task] = (number, cause, ended)
    assert all(cause == "success" for _, cause, _ in last.values())
    home.start()


def test_a_reboot_makes_released_attempts_lost(faulty):
    home = faulty
    home.dag("boot.yaml", f"""
id: boot
tasks:
  - id: a
    retries: 1
    retry_delay: 10ms
    command: 'echo $HEDDLE_ATTEMPT >> {home.work}/tries; [ $HEDDLE_ATTEMPT = 2 ] || sleep 300'
""")
    home.start()
    run = home.trigger("boot")
    wait_for(lambda: (home.work / "tries").exists())
    home.kill()
    for pid in list(home.processes()):  # a reboot leaves no process
        kill_quietly(pid)
    home.start(env={"HEDDLE_BOOT_ID": "00000000-0000-4000-8000-000000000001"})
    assert home.wait_run(run)["state"] == "success"
    assert [a["cause"] for a in home.task(run, "a")["attempts"]] == ["lost", None]


def test_a_reboot_before_the_launch_does_not_launch(faulty):
    """Released, committed, never claimed: on another boot it is lost, not launched."""
    home = faulty
    home.dag("never.yaml", f"id: never\ntasks: [{{id: a, command: 'touch {home.work}/x'}}]\n")
    home.start(env={"HEDDLE_FAULT": "daemon:release:2:kill"})
    try:
        home.http("POST", "/api/v1/dags/never/runs", {}, timeout=10)
    except OSError:
        pass
    home.process.wait(10)
    assert not (home.work / "x").exists()
    home.start(env={"HEDDLE_BOOT_ID": "00000000-0000-4000-8000-000000000002"})
    run = home.http("GET", "/api/v1/runs")[1]["items"][0]["id"]
    assert home.wait_run(run)["state"] == "failed"
    assert home.task(run, "a")["attempts"][0]["cause"] == "lost"
    assert not (home.work / "x").exists()


def test_a_restored_home_does_not_launch_again(home):
    """A copy of the database taken while a task ran, put back later with a new incarnation."""
    home.dag("old.yaml", f"id: old\ntasks: [{{id: a, command: 'echo x >> {home.work}/x; while [ ! -e {home.work}/go ]; do sleep 0.01; done'}}]\n")
    home.start()
    run = home.trigger("old")
    wait_for(lambda: (home.work / "x").exists())
    source = sqlite3.connect(home.path / "heddle.db")
    copy = sqlite3.connect(home.work / "copy.db")
    source.backup(copy)
    source.close()
    copy.close()
    (home.work / "go").touch()
    assert home.wait_run(run)["state"] == "success"
    home.stop()
    for name in ("heddle.db", "heddle.db-wal", "heddle.db-shm"):
        if (home.path / name).exists():
            (home.path / name).unlink()
    (home.work / "copy.db").rename(home.path / "heddle.db")
    database = sqlite3.connect(home.path / "heddle.db")
    database.execute("update home set incarnation = '0badcafe'")
    database.commit()
    database.close()
    home.start()
    assert home.wait_run(run)["state"] == "failed"
    assert home.task(run, "a")["attempts"][0]["cause"] == "lost"
    assert lines_of(home, "x") == ["x"]


def test_two_daemons_on_one_home(home):
    home.start()
    first = home.process
    second = subprocess.run([home.bin / "heddle", "daemon", "--home", home.path, "--dags", home.dags,
                             "--listen", "127.0.0.1:0"], capture_output=True, text=True, timeout=20)
    assert second.returncode == 5
    assert "in use by another daemon" in second.stderr and str(first.pid) in second.stderr
    assert first.poll() is None and home.ready()


def test_a_task_that_ignores_term_is_killed_after_its_grace(home):
    home.dag("deaf.yaml", """
id: deaf
tasks: [{id: a, command: "trap '' TERM; echo deaf; while :; do sleep 0.1; done"}]
""")
    home.start()
    run = home.trigger("deaf")
    wait_for(lambda: "deaf" in home.log_of(run, "a"))
    assert home.cli("cancel", run).returncode == 0
    assert home.wait_run(run, 40)["state"] == "cancelled"
    home.assert_nothing_left()


def test_a_cancel_goes_on_over_a_restart(home):
    home.dag("deaf.yaml", """
id: deaf
tasks: [{id: a, command: "trap '' TERM; echo deaf; while :; do sleep 0.1; done"}]
""")
    home.start()
    run = home.trigger("deaf")
    wait_for(lambda: "deaf" in home.log_of(run, "a"))
    assert home.cli("cancel", run).returncode == 0
    home.kill()
    home.start()
    assert home.run(run)["state"] == "cancelling"
    assert home.wait_run(run, 40)["state"] == "cancelled"
    home.assert_nothing_left()


def test_a_daemonized_child_ends_with_its_task(home):
    home.dag("child.yaml", f"""
id: child
tasks:
  - {{id: a, command: '(setsid sh -c "echo \\$\\$ > {home.work}/pid; exec sleep 300" > /dev/null 2>&1 < /dev/null &); while [ ! -s {home.work}/pid ]; do sleep 0.01; done'}}
""")
    home.start()
    assert home.cli("trigger", "child", "--wait").returncode == 0
    pid = int((home.work / "pid").read_text())
    wait_for(lambda: not os.path.exists(f"/proc/{pid}"), what="daemonized child is gone")
    home.assert_nothing_left()


def test_one_that_forks_without_end_is_ended(home):
    home.dag("bomb.yaml", """
id: bomb
tasks:
  - id: a
    timeout: 2s
    command: [python3, -c, "import os, time\\nend = time.time() + 60\\nwhile time.time() < end:\\n  try: os.fork()\\n  except OSError: time.sleep(0.01)\\n  if len(os.listdir('/proc')) > 600: time.sleep(0.05)"]
""")
    home.start()
    assert home.cli("trigger", "bomb", "--wait").returncode == 1
    run = home.http("GET", "/api/v1/runs?dag=bomb")[1]["items"][0]["id"]
    assert home.task(run, "a")["attempts"][0]["cause"] == "timeout"
    home.assert_nothing_left()


def test_a_gigabyte_of_log_with_memory_flat(home):
    home.dag("loud.yaml", """
id: loud
tasks:
  - {id: a, command: "yes 'all work and no play makes jack a dull boy, says the log line' | head -c 1000000000; echo THE END"}
""")
    home.start()
    run = home.trigger("loud")
    peak = 0
    while not home.run(run)["ended_at"]:
        for pid in home.shims() + home.launcher() + [home.process.pid]:
            try:
                for line in open(f"/proc/{pid}/status"):
                    if line.startswith("VmHWM"):
                        peak = max(peak, int(line.split()[1]))
            except OSError:
                pass
        time.sleep(0.05)
    assert home.run(run)["state"] == "success"
    attempt = home.task(run, "a")["attempts"][0]
    assert attempt["log_dropped_bytes"] > 0 and attempt["log_bytes"] <= 300 * 1024 * 1024
    tail = home.http("GET", f"/api/v1/runs/{run}/tasks/a/attempts/1/log",
                     headers={"Range": "bytes=-200"})[1]
    assert tail.rstrip().endswith("THE END")
    assert 0 < peak < 60_000, f"{peak} kB"


def test_a_torn_record_counts_as_none(home):
    home.dag("torn.yaml", f"id: torn\ntasks: [{{id: a, command: 'while [ ! -e {home.work}/go ]; do sleep 0.01; done'}}]\n")
    home.start()
    run = home.trigger("torn")
    [shim] = wait_for(home.shims)
    home.kill()
    (home.work / "go").touch()
    [name] = wait_for(lambda: os.listdir(home.path / "spool" / "exit"))
    wait_for(lambda: not os.path.exists(f"/proc/{shim}"))
    record = home.path / "spool" / "exit" / name
    whole = record.read_bytes()
    record.write_bytes(whole[:len(whole) // 2])
    (home.path / "spool" / "exit" / "garbage").write_bytes(b"\0" * 100)
    (home.path / "spool" / "exit" / "folder").mkdir()
    home.start()
    assert home.wait_run(run)["state"] == "failed"
    assert home.task(run, "a")["attempts"][0]["cause"] == "lost"
    (home.path / "spool" / "exit" / "folder").rmdir()
    (home.path / "spool" / "exit" / "garbage").unlink(missing_ok=True)


def test_a_clean_stop_leaves_tasks_running(home):
    home.dag("on.yaml", f"id: on\ntasks: [{{id: a, command: 'while [ ! -e {home.work}/go ]; do sleep 0.01; done'}}]\n")
    home.start()
    run = home.trigger("on")
    wait_for(home.shims)
    assert home.stop() == 0
    assert home.shims() and not home.launcher()
    home.start()
    (home.work / "go").touch()
    assert home.wait_run(run)["state"] == "success"
    home.assert_nothing_left()


def test_delays_count_the_time_of_a_suspended_machine(home):
    """The loop waits for the next instant on CLOCK_BOOTTIME, at that instant, and not at all when there is none."""
    home.dag("late.yaml", "id: late\ntasks: [{id: a, retries: 1, retry_delay: 1h, command: exit 1}]\n")
    home.start()

    def armed():
        """The seconds left on each timer of the boot clock."""
        left = []
        for fd in os.listdir(f"/proc/{home.process.pid}/fdinfo"):
            try:
                info = open(f"/proc/{home.process.pid}/fdinfo/{fd}").read()
            except FileNotFoundError:
                continue  # a connection that was just closed
            if "clockid: 7\n" in info:
                left.append(int(info.split("it_value: (")[1].split(",")[0]))
        return left
    assert armed() == [0]
    run = home.trigger("late")
    wait_for(lambda: home.run(run)["tasks"]["a"] == "up_for_retry")
    [left] = armed()
    assert 3000 < left <= 3600
    home.cli("cancel", run)
    assert home.wait_run(run)["state"] == "cancelled"
    wait_for(lambda: armed() == [0])


def test_what_a_burst_of_runs_took_is_given_back(home):
    for number in range(21):
        home.dag(f"many{number}.yaml", f"id: many{number}\ntasks: [{{id: a, command: sleep 300}}]\n")
    home.start()

    def anonymous_kb():
        [line] = [line for line in open(f"/proc/{home.process.pid}/status") if line.startswith("RssAnon")]
        return int(line.split()[1])

    def ask(connection, path):
        connection.request("POST", path, b"{}", {"Content-Type": "application/json"})
        answer = connection.getresponse()
        body = json.loads(answer.read())
        assert answer.status in (200, 201, 202), body
        return body.get("id")
    before = anonymous_kb()
    runs = []
    for number in range(21):
        connection = UnixConnection(home.path / "heddle.sock")
        runs += [ask(connection, f"/api/v1/dags/many{number}/runs") for _ in range(100)]
        connection.close()
    peak = anonymous_kb()
    for first in range(0, len(runs), 100):
        connection = UnixConnection(home.path / "heddle.sock")
        for run in reversed(runs[first:first + 100]):
            ask(connection, f"/api/v1/runs/{run}:cancel")
        connection.close()
    for run in runs:
        home.wait_run(run)
    wait_for(lambda: anonymous_kb() - before < (peak - before) * 0.7, what=f"given back of {peak - before} kB")
    home.assert_nothing_left()


def test_runs_of_a_dag_queue_up_and_a_full_queue_refuses_one_more(home):
    home.dag("one.yaml", "id: one\ntasks: [{id: a, command: sleep 300}]\n")
    home.start()
    connection = UnixConnection(home.path / "heddle.sock")

    def trigger():
        connection.request("POST", "/api/v1/dags/one/runs", b"{}", {"Content-Type": "application/json"})
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    runs = [trigger() for _ in range(101)]
    assert {status for status, _ in runs} == {201}
    status, refusal = trigger()
    assert status == 409
    assert "100 runs waiting already (queue_max 100)" in refusal["detail"]
    connection.close()
    home.kill()
    home.start()
    assert home.run(runs[0][1]["id"])["state"] == "running"
    assert home.run(runs[1][1]["id"])["state"] == "queued"
    home.cli("cancel", runs[0][1]["id"])
    wait_for(lambda: home.run(runs[1][1]["id"])["state"] == "running")
    for _, run in reversed(runs):
        home.cli("cancel", run["id"])
        home.wait_run(run["id"])
    home.assert_nothing_left()


def test_an_idle_daemon_sleeps(home):
    home.start()
    time.sleep(1)

    def switches():
        total = 0
        for pid in home.processes():
            for task in os.listdir(f"/proc/{pid}/task"):
                for line in open(f"/proc/{pid}/task/{task}/status"):
                    if line.startswith("voluntary_ctxt_switches"):
                        total += int(line.split()[1])
        return total
    before = switches()
    time.sleep(5)
    assert switches() - before <= 1
