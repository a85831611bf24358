"""The same without root: no cgroup can be made, so that processes are found by session and environment."""

import os
import signal

from daemon_home import wait_for

NOBODY = 65534


def strays(home):
    """Shell text: two processes that leave the task's session, one of them its environment, too."""
    return "".join(f'({clean}setsid sh -c "echo \\$\\$ > {home.work}/pid{i}; exec sleep 300" &); '
                   for i, clean in enumerate(("", "env -i ")))


def pids(home):
    files = [home.work / f"pid{i}" for i in range(2)]
    return [int(f.read_text()) for f in files] if all(f.exists() and f.read_text() for f in files) else []


def test_tasks_run_as_the_daemons_user_without_a_cgroup(nobody):
    nobody.dag("who.yaml", "id: who\ntasks: [{id: a, command: 'id -u; cat /proc/self/cgroup'}]\n")
    nobody.start()
    assert nobody.cli("trigger", "who", "--wait").returncode == 0
    run = nobody.http("GET", "/api/v1/runs")[1]["items"][0]["id"]
    log = nobody.log_of(run, "a")
    assert f"Z {NOBODY}\n" in log and "heddle-" not in log
    nobody.assert_nothing_left()


def test_a_dead_shims_processes_are_found_and_ended(nobody):
    nobody.dag("lost.yaml", f"""
id: lost
tasks: [{{id: a, command: '{strays(nobody)}sleep 300'}}]
""")
    nobody.start()
    run = nobody.trigger("lost")
    wait_for(lambda: pids(nobody))
    [shim] = wait_for(nobody.shims)
    os.kill(shim, signal.SIGKILL)
    assert nobody.wait_run(run)["state"] == "failed"
    assert nobody.task(run, "a")["attempts"][0]["cause"] == "lost"
    assert not any(os.path.exists(f"/proc/{pid}/exe") for pid in pids(nobody)), "gone before the end was told"
    nobody.assert_nothing_left()


def test_a_timeout_ends_what_left_its_session(nobody):
    nobody.dag("slow.yaml", f"""
id: slow
tasks: [{{id: a, timeout: 1s, command: '{strays(nobody)}sleep 302'}}]
""")
    nobody.start()
    assert nobody.cli("trigger", "slow", "--wait").returncode == 1
    assert len(pids(nobody)) == 2
    assert not any(os.path.exists(f"/proc/{pid}/exe") for pid in pids(nobody))
    nobody.assert_nothing_left()


def test_a_living_task_is_taken_up_again(nobody):
    nobody.dag("live.yaml", f"""
id: live
tasks: [{{id: a, command: 'echo one; while [ ! -e {nobody.work}/go ]; do sleep 0.01; done; echo two'}}]
""")
    nobody.start()
    run = nobody.trigger("live")
    wait_for(lambda: "one" in nobody.log_of(run, "a"))
    nobody.kill()
    nobody.start()
    (nobody.work / "go").touch()
    assert nobody.wait_run(run)["state"] == "success"
    assert nobody.log_of(run, "a").count("one") == 1
    nobody.assert_nothing_left()


def owned_by_others(home):
    return [str(path) for path in [home.path, *home.path.rglob("*")] if path.lstat().st_uid != NOBODY]


def test_what_root_does_in_the_home_is_done_as_its_owner(nobody):
    """Else the daemon could not read the logs that gc packs, nor open what restore puts there."""
    nobody.dag("who.yaml", "id: who\ntasks: [{id: a, command: 'id -u'}]\n")
    nobody.start()
    run = nobody.trigger("who", "--wait")
    for _ in range(2):  # beside the daemon, then without it
        done = nobody.cli("backup")
        assert done.returncode == 0, done.stderr
        done = nobody.cli("gc")
        assert done.returncode == 0, done.stderr
        assert owned_by_others(nobody) == []
        nobody.stop()
    backup = sorted((nobody.path / "backups").glob("*.db"))[-1]
    done = nobody.cli("restore", backup, "--force")
    assert done.returncode == 0 and "by user:root" in done.stdout, done.stderr
    assert owned_by_others(nobody) == []
    nobody.spawn()
    wait_for((nobody.path / "heddle.sock").exists)
    wait_for(lambda: nobody.cli("resume", "--all").returncode == 0)
    assert f"Z {NOBODY}\n" in nobody.log_of(run, "a")
    assert nobody.wait_run(nobody.trigger("who"))["state"] == "success"


def test_a_backup_that_only_root_can_read_is_told(nobody):
    nobody.start()
    nobody.stop()
    done = nobody.cli("backup", "--to", nobody.work / "roots")
    assert done.returncode == 0, done.stderr
    assert owned_by_others(nobody) == []
    [backup] = (nobody.work / "roots").glob("*.db")
    assert backup.stat().st_uid == 0
    done = nobody.cli("restore", backup, "--force")
    assert done.returncode == 5 and "copy it to where that user can" in done.stderr


def test_root_starts_no_daemon_in_the_home_of_another_user(nobody):
    nobody.dag("who.yaml", "id: who\ntasks: [{id: a, command: 'id -u'}]\n")
    nobody.start()
    nobody.stop()
    nobody.user = None
    nobody.spawn()
    assert nobody.process.wait(20) == 5
    assert "become that user" in nobody.log_text()
    done = nobody.cli("run", nobody.dags / "who.yaml")
    assert done.returncode == 5 and "become that user" in done.stderr
    assert owned_by_others(nobody) == []
