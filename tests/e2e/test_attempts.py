"""Files of running attempts are removed under a real daemon: one effect, one right end."""

import os
import shutil
import signal

from daemon_home import wait_for


def start_task(home, extra=""):
    """A run whose task has begun and goes on until the file `go` is there; it is bounded by itself."""
    home.dag("one.yaml", f"id: one\ntasks: [{{id: a, {extra}command: 'echo $$ >> {home.work}/effect; i=0; "
             f"while [ ! -e {home.work}/go ] && [ $i -lt 3000 ]; do sleep 0.01; i=$((i+1)); done'}}]\n")
    home.start()
    run = home.trigger("one")
    wait_for(lambda: (home.work / "effect").exists() and (home.work / "effect").read_text().endswith("\n"))
    return run


def effects(home):
    return (home.work / "effect").read_text().split()


def remove_claims(home):
    claims = list(home.path.glob("logs/*/*.claim"))
    assert claims
    for claim in claims:
        claim.unlink()


def finish(home, run):
    (home.work / "go").touch()
    assert home.wait_run(run)["state"] == "success"
    assert len(effects(home)) == 1
    home.assert_nothing_left()


def test_a_removed_claim_does_not_hold_its_run(home):
    run = start_task(home)
    remove_claims(home)
    finish(home, run)


def test_a_removed_claim_does_not_double_its_task_after_a_restart(home):
    run = start_task(home)
    remove_claims(home)
    home.kill()
    home.start()
    wait_for(lambda: "claim file was removed" in home.log_text())
    finish(home, run)


def test_a_task_whose_claim_was_removed_is_cancelled_once_it_is_gone(home):
    run = start_task(home)
    [pid] = effects(home)
    remove_claims(home)
    home.cli("cancel", run)
    assert home.wait_run(run)["state"] == "cancelled"
    assert not os.path.exists(f"/proc/{pid}")
    home.assert_nothing_left()


def test_a_removed_spool_does_not_hold_its_runs(home):
    run = start_task(home)
    (home.path / "spool").rename(home.path / "elsewhere")
    finish(home, run)
    shutil.rmtree(home.path / "spool" / "exit")
    again = home.trigger("one")
    assert home.wait_run(again)["state"] == "success"


def test_a_stopped_launcher_is_told_and_replaced(home):
    run = start_task(home)
    [former] = home.launcher()
    os.kill(former, signal.SIGSTOP)
    wait_for(lambda: "the launcher does not answer" in home.log_text(), 60)
    finish(home, run)
    assert not os.path.exists(f"/proc/{former}")
