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
