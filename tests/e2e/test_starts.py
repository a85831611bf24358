"""When a run starts: at an instant, past its limits, by limits that have changed, or not before somebody
resumes its DAG."""

import datetime
import json
import time

from daemon_home import wait_for

ONE = """id: d
max_active_runs: 1
tasks:
  - {id: a, command: 'true'}
"""

GATED = """id: gated
max_active_runs: %d
pools: {p: %d}
tasks:
  - {id: a, pool: p, command: 'while [ ! -e %s/go ]; do sleep 0.02; done'}
  - {id: b, pool: p, command: 'true'}
"""


def in_seconds(seconds):
    at = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=seconds)
    return at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")[:-4] + "Z"


def force_of(home, dag):
    return {item["id"]: item for item in home.http("GET", "/api/v1/dags")[1]["items"]}.get(dag)


def test_a_run_starts_at_its_instant_also_after_a_crash(home):
    home.dag("d.yaml", ONE)
    home.start()
    at = in_seconds(3)
    run = home.trigger("d", "--at", at)
    shown = home.run(run)
    assert shown["state"] == "waiting" and shown["started_at"] is None
    assert shown["start_at"][:19] == at[:19]
    assert shown["period"] == at
    why = json.loads(home.cli("why", run, "--json").stdout)
    assert why["chain"][0]["kind"] == "start" and "the run starts at" in why["answer"]
    listed = json.loads(home.cli("ls", "runs", "--state", "waiting", "--json").stdout)
    assert [item["id"] for item in listed] == [run]
    assert "waiting" in home.cli("ls", "runs").stdout
    home.kill()
    home.start()
    ended = home.wait_run(run)
    assert ended["state"] == "success"
    assert ended["started_at"] >= shown["start_at"]


def test_a_waiting_run_is_cancelled_without_a_trace(home):
    home.dag("d.yaml", ONE)
    home.start()
    run = home.trigger("d", "--at", in_seconds(3600))
    assert home.cli("cancel", run, "--reason", "not today").returncode == 0
    assert home.wait_run(run)["state"] == "cancelled"
    assert home.task(run, "a")["attempts"] == []


def test_an_instant_that_is_none_or_has_passed_is_refused(home):
    home.dag("d.yaml", ONE)
    home.start()
    for at, told in (("tomorrow", "neither a date"), ("2020-01-01", "has passed")):
        done = home.cli("trigger", "d", "--at", at)
        assert done.returncode == 2 and told in done.stderr, done.stderr
    assert json.loads(home.cli("ls", "runs", "--json").stdout) == []


def test_lists_know_all_states_domains_and_dags(home):
    home.dag("d.yaml", "domain: fin\n" + ONE)
    home.dag("e.yaml", ONE.replace("id: d", "id: e"))
    home.start()
    listed = json.loads(home.cli("ls", "dags", "--domain", "fin", "--json").stdout)
    assert [item["id"] for item in listed] == ["d"]
    assert "one of waiting, queued, running" in home.cli("ls", "runs", "--state", "x").stderr
    assert home.cli("ls", "runs", "--dag", "d").returncode == 0
    done = home.cli("ls", "runs", "--dag", "dd")
    assert done.returncode == 4 and "did you mean 'd'?" in done.stderr, done.stderr


def test_a_forced_run_starts_although_its_dag_is_paused(home):
    home.dag("d.yaml", ONE)
    home.start()
    assert home.cli("pause", "d").returncode == 0
    waits = home.trigger("d")
    run = home.trigger("d", "--force", "--reason", "the report is due")
    assert home.wait_run(run)["state"] == "success"
    assert home.run(run)["forced"] and not home.run(waits)["forced"]
    assert home.run(waits)["state"] == "queued"
    _, page, _ = home.http("GET", f"/api/v1/facts?run={run}")
    assert "forced" in page["items"][0]["why"]


def test_changed_limits_reach_runs_under_way_and_outlive_a_restart(home):
    home.dag("gated.yaml", GATED % (1, 1, home.work))
    home.start()
    first = home.trigger("gated")
    wait_for(lambda: home.run(first)["tasks"]["a"] == "running", 20, "a runs")
    second = home.trigger("gated")
    assert home.run(first)["tasks"]["b"] == "queued"
    assert home.run(second)["state"] == "queued"
    home.dag("gated.yaml", GATED % (2, 2, home.work))
    wait_for(lambda: home.run(first)["tasks"]["b"] == "success", 20, "b ran")
    wait_for(lambda: home.run(second)["state"] == "running", 20, "the second run began")
    third = home.trigger("gated")
    home.dag("gated.yaml", GATED % (3, 2, home.work))
    wait_for(lambda: home.run(third)["state"] == "running", 20, "the third run began")
    home.kill()
    home.start()
    # Its own version says 1; that in force has room for two more slots than are taken.
    fourth = home.trigger("gated")
    assert home.run(fourth)["state"] == "queued"
    (home.work / "go").touch()
    for run in (first, second, third, fourth):
        assert home.wait_run(run)["state"] == "success"


def test_limits_changed_while_no_daemon_ran_hold_from_the_start(home):
    home.dag("gated.yaml", GATED % (1, 1, home.work))
    home.start()
    first = home.trigger("gated")
    wait_for(lambda: home.run(first)["tasks"]["a"] == "running", 20, "a runs")
    second = home.trigger("gated")
    home.stop()
    home.dag("gated.yaml", GATED % (2, 2, home.work))
    home.start()
    wait_for(lambda: home.run(second)["state"] == "running", 20, "the second run began")
    wait_for(lambda: home.run(first)["tasks"]["b"] == "success", 20, "b ran")
    (home.work / "go").touch()
    assert home.wait_run(second)["state"] == "success"


def test_new_dags_of_a_folder_may_begin_paused(home):
    home.dag("team/heddle.yaml", "start_paused: true\n")
    home.dag("team/old.yaml", "id: old\n" + ONE.split("\n", 1)[1])
    home.start()
    old = force_of(home, "old")
    assert old["paused"] and old["paused_by"]["actor"] == "folder"
    assert old["paused_by"]["reason"] == "start_paused"
    run = home.trigger("old")
    assert home.run(run)["state"] == "queued"
    path = home.dag("team/new.yaml", "id: new\n" + ONE.split("\n", 1)[1])
    assert wait_for(lambda: force_of(home, "new"), 20, "new in force")["paused"]
    assert home.run(home.trigger("new"))["state"] == "queued"
    assert home.cli("resume", "old", "new").returncode == 0
    assert home.wait_run(run)["state"] == "success"
    # Whoever resumed it has the last word: also when its file goes and comes back.
    text = path.read_text()
    path.unlink()
    wait_for(lambda: force_of(home, "new") is None, 20, "gone")
    path.write_text(text)
    assert not wait_for(lambda: force_of(home, "new"), 20, "back")["paused"]
    home.stop()
    home.start()
    assert not force_of(home, "old")["paused"]
