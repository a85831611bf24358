"""What a command would do is shown before it is done; and then it does that, or nothing."""

import pytest

from daemon_home import Home, wait_for

FLOW = """id: flow
params:
  day: {default: today}
tasks:
  - {id: first, command: 'true'}
  - {id: second, command: 'test -e WORK/good', depends_on: [first]}
  - {id: third, command: 'true', depends_on: [second]}
  - {id: slow, command: 'test -e WORK/good || sleep 60'}
"""


@pytest.fixture
def home(tmp_path):
    home = Home(tmp_path)
    (home.dags / "flow.yaml").write_text(FLOW.replace("WORK", str(home.work)))
    home.start()
    yield home
    home.stop()


def post(home, path, body=None, status=200, method="POST"):
    answer = home.http(method, "/api/v1" + path, body or {})
    assert answer[0] == status, answer
    return answer[1]


def facts(home):
    return home.http("GET", "/api/v1/facts?limit=1000")[1]["items"]


def states(home, run):
    return home.run(run)["tasks"]


def failed_run(home):
    """second has failed, third could not run, slow still runs."""
    run = post(home, "/dags/flow/runs", {"id": "one"}, 201)["id"]
    wait_for(lambda: states(home, run)["third"] == "upstream_failed" and states(home, run)["slow"] == "running",
             what="the failure")
    return run


def moves(shown):
    return {change["task"]: (change["from"], change["to"]) for change in shown["changes"] if change["kind"] == "task"}


def test_a_rerun_is_shown_and_then_done_exactly(home):
    run = failed_run(home)
    before = len(facts(home))
    shown = post(home, f"/runs/{run}:rerun?dry_run=1", {"mode": "from", "tasks": ["second", "slow"]})
    assert moves(shown) == {"second": ("failed", "none"), "third": ("upstream_failed", "none"),
                            "slow": ("running", "cancelling")}
    what = {change["task"]: change["what"] for change in shown["changes"]}
    assert what["second"] == "runs again" and what["slow"] == "is ended, then runs again"
    assert shown["total"] == 3
    assert len(facts(home)) == before and states(home, run)["second"] == "failed"  # nothing was done
    (home.work / "good").touch()
    done = post(home, f"/runs/{run}:rerun?token={shown['token']}",
                {"mode": "from", "tasks": ["second", "slow"], "reason": "the file is there"}, 202)
    assert done["id"] == run
    assert home.wait_run(run)["state"] == "success"


def test_what_has_changed_since_is_told_and_nothing_is_done(home):
    run = failed_run(home)
    shown = post(home, f"/runs/{run}:rerun?dry_run=1")
    post(home, f"/runs/{run}/tasks/second:mark", {"state": "success"}, 202)
    wait_for(lambda: states(home, run)["third"] == "success", what="third")
    problem = post(home, f"/runs/{run}:rerun?token={shown['token']}", status=409)
    assert "then 'task second from failed to none', now 'nothing'" in problem["detail"], problem
    problem = post(home, f"/runs/{run}:rerun?token={'0' * 32}", status=409)
    assert "ask again with dry_run=1" in problem["detail"]
    assert states(home, run)["second"] == "success"


def test_a_token_is_of_one_command_alone(home):
    run = failed_run(home)
    shown = post(home, f"/runs/{run}:rerun?dry_run=1", {"mode": "failed"})
    assert post(home, f"/runs/{run}:rerun?token={shown['token']}", {"mode": "only", "tasks": ["second"]}, 409)
    assert post(home, f"/runs/{run}:cancel?token={shown['token']}", status=409)
    assert states(home, run)["second"] == "failed"


def test_an_ended_run_is_rehearsed_from_what_is_stored(home):
    run = failed_run(home)
    post(home, f"/runs/{run}:cancel", status=202)
    home.wait_run(run)
    shown = post(home, f"/runs/{run}:rerun?dry_run=1", {"params": {"day": "yesterday"}})
    assert moves(shown) == {"second": ("failed", "none"), "third": ("upstream_failed", "none"),
                            "slow": ("cancelled", "none")}
    kinds = [change["kind"] for change in shown["changes"]]
    assert kinds.count("run") == 1 and "params" in kinds
    shown = post(home, f"/runs/{run}:rerun?dry_run=1", {"mode": "all"})
    (home.work / "good").touch()
    post(home, f"/runs/{run}:rerun?token={shown['token']}", {"mode": "all"}, 202)
    assert home.wait_run(run)["state"] == "success"
    shown = post(home, f"/runs/{run}:cancel?dry_run=1")
    assert shown["changes"] == [] and shown["message"] == "the run has ended"
    assert post(home, f"/runs/{run}/tasks/none:mark?dry_run=1", {"state": "failed"}, 404)


def test_another_version_shows_what_it_leaves_behind(home):
    run = failed_run(home)
    post(home, f"/runs/{run}:cancel", status=202)
    home.wait_run(run)
    old = home.run(run)["dag_hash"]
    text = FLOW.replace("WORK", str(home.work)).replace("id: slow", "id: quick")
    (home.dags / "flow.yaml").write_text(text)
    wait_for(lambda: home.http("GET", "/api/v1/dags/flow")[1]["hash"] != old, what="the change")
    shown = post(home, f"/runs/{run}:rerun?dry_run=1", {"mode": "all", "version": "latest"})
    assert moves(shown)["slow"] == ("cancelled", "removed")
    version = next(change for change in shown["changes"] if change["kind"] == "version")
    assert version["from"] == old != version["to"]


def test_cancel_and_mark_say_what_they_end(home):
    run = failed_run(home)
    shown = post(home, f"/runs/{run}:cancel?dry_run=1", {"reason": "why not"})
    assert moves(shown) == {"slow": ("running", "cancelling")}
    assert next(change for change in shown["changes"] if change["kind"] == "run")["to"] == "cancelling"
    shown = post(home, f"/runs/{run}/tasks/second:mark?dry_run=1", {"state": "success"})
    assert moves(shown) == {"second": ("failed", "success"), "third": ("upstream_failed", "none")}
    post(home, f"/runs/{run}/tasks/second:mark?token={shown['token']}", {"state": "success"}, 202)
    shown = post(home, f"/runs/{run}:cancel?dry_run=1")
    post(home, f"/runs/{run}:cancel?token={shown['token']}", {"reason": "enough"}, 202)
    assert home.wait_run(run)["state"] == "cancelled"


def test_a_trigger_says_what_would_begin(home):
    shown = post(home, "/dags/flow/runs?dry_run=1", {"params": {"day": "x"}})
    assert [change["kind"] for change in shown["changes"]] == ["run", "version", "params"]
    assert shown["changes"][0]["what"] == "begins with 4 tasks"
    assert home.http("GET", "/api/v1/runs")[1]["items"] == []
    assert post(home, "/dags/flow/runs?dry_run=1", {"params": {"dya": "x"}}, 422)
    run = post(home, f"/dags/flow/runs?token={shown['token']}", {"id": "k", "params": {"day": "x"}}, 201)
    shown = post(home, "/dags/flow/runs?dry_run=1", {"id": "k"})
    assert shown["changes"] == [] and run["id"] in shown["message"]
    # The version in force has changed in between.
    shown = post(home, "/dags/flow/runs?dry_run=1")
    old = home.http("GET", "/api/v1/dags/flow")[1]["hash"]
    (home.dags / "flow.yaml").write_text(FLOW.replace("WORK", str(home.work)) + "description: new\n")
    wait_for(lambda: home.http("GET", "/api/v1/dags/flow")[1]["hash"] != old, what="the change")
    problem = post(home, f"/dags/flow/runs?token={shown['token']}", status=409)
    assert f"version - from - to {old}" in problem["detail"], problem


def test_pauses_and_notes_are_rehearsed_too(home):
    shown = post(home, "/dags/flow?dry_run=1", {"paused": True}, method="PATCH")
    assert [(change["kind"], change["to"]) for change in shown["changes"]] == [("dag", "paused")]
    assert home.http("GET", "/api/v1/dags/flow")[1]["paused"] is False
    post(home, f"/dags/flow?token={shown['token']}", {"paused": True, "reason": "x"}, method="PATCH")
    problem = post(home, f"/dags/flow?token={shown['token']}", {"paused": True}, 409, method="PATCH")
    assert "now 'nothing'" in problem["detail"]
    assert post(home, "/dags:resume?dry_run=1")["changes"] == []
    run = post(home, "/dags/flow/runs", {"id": "one"}, 201)["id"]
    shown = post(home, f"/runs/{run}:note?dry_run=1", {"text": "seen"})
    assert home.run(run)["notes"] == []
    post(home, f"/runs/{run}:note?token={shown['token']}", {"text": "seen"}, 202)
    assert [note["text"] for note in home.run(run)["notes"]] == ["seen"]


def test_a_key_of_a_dry_run_is_still_free(home):
    header = {"Idempotency-Key": "one"}
    run = failed_run(home)
    shown = home.http("POST", f"/api/v1/runs/{run}:cancel?dry_run=1", {}, header)[1]
    status, body, _ = home.http("POST", f"/api/v1/runs/{run}:cancel?token={shown['token']}", {}, header)
    assert status == 202 and body["id"] == run
