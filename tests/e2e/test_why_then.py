"""`heddle why TARGET --at T`: what stood then, from the facts alone."""

import datetime
import json

from daemon_home import wait_for

DAG = """id: d
max_active_runs: 1
tasks:
  - {id: a, command: 'sleep 0.3; test -e %s/mended', retries: 1, retry_delay: 1s, retry_jitter: 0}
  - {id: b, depends_on: [a], command: 'true'}
"""


def instants(home, run):
    _, page, _ = home.http("GET", f"/api/v1/facts?run={run}&limit=1000")
    return {(fact["task"], fact["to"]): fact["at"] for fact in page["items"]
            if fact["kind"] in ("task.state", "run.new", "run.state")}


def plus(at, ms):
    moment = datetime.datetime.fromisoformat(at.replace("Z", "+00:00"))
    return (moment + datetime.timedelta(milliseconds=ms)).isoformat(timespec="milliseconds")


def ask(home, *words):
    done = home.cli("why", *words, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_the_past_stays_what_it_was(home):
    home.dag("d.yaml", DAG % home.work)
    home.start()
    run = home.trigger("d")
    later = home.trigger("d")
    wait_for(lambda: home.run(run)["tasks"]["a"] == "up_for_retry", 20, "the retry waits")
    (home.work / "mended").touch()
    assert home.wait_run(run)["state"] == "success"
    assert home.wait_run(later)["state"] == "success"
    at = instants(home, run)

    waits = ask(home, run, "a", "--at", plus(at[("a", "up_for_retry")], 200))
    assert waits["chain"][0]["kind"] == "up_for_retry"
    assert "task 'a' was up_for_retry (try 1) since" in waits["answer"]
    assert "exit code 1" in waits["answer"]
    assert waits["chain"][1]["text"].startswith("the run was running since")

    held_up = ask(home, f"{run}/b", "--at", plus(at[("a", "up_for_retry")], 200))
    assert held_up["answer"] == "task 'b' had not begun"
    assert [link["task"] for link in held_up["chain"]] == ["b", None, "a"]

    queued = ask(home, later, "--at", plus(at[("a", "up_for_retry")], 200))
    assert queued["chain"][0]["kind"] == "queued" and "max_active_runs 1" in queued["answer"]

    done = ask(home, run, "--at", plus(at[(None, "success")], 1000))
    assert done["answer"].startswith("the run was success since")
    before = ask(home, run, "--at", "2020-01-01")
    assert before["chain"][0]["kind"] == "never"
    assert before["answer"].startswith("the run was not there yet: it was triggered at")


def test_a_dag_is_asked_through_its_run_of_then(home):
    home.dag("d.yaml", DAG % home.work)
    (home.work / "mended").touch()
    home.start()
    first = home.trigger("d", "--wait")
    ended = home.run(first)["ended_at"]
    home.trigger("d", "--wait")
    done = home.cli("why", "d", "--at", plus(ended, 1))
    assert f"run of dag 'd' is {first}" in done.stderr, done.stderr
    assert done.stdout.startswith("the run was success since")
    done = home.cli("why", "d", "--at", "2020-01-01")
    assert done.stdout == "dag 'd' has no run of that time\n"


def test_what_nobody_wrote_down_is_not_known(home):
    home.dag("full.yaml", """id: full
pools: {p: 1}
tasks:
  - {id: a, pool: p, command: sleep 0.6}
  - {id: b, pool: p, command: 'true'}
""")
    home.start()
    run = home.trigger("full", "--wait")
    at = instants(home, run)
    answer = ask(home, run, "b", "--at", plus(at[("b", "queued")], 100))
    assert answer["chain"][0]["kind"] == "queued"
    assert answer["chain"][1] | {"at": None, "dag": None, "run": None} == {
        "kind": "not_known", "text": "who held the slots that it waited for then is not known",
        "dag": None, "run": None, "task": "b", "pool": None, "count": None, "limit": None,
        "at": None}


def test_what_may_fail_is_not_why_a_run_failed(home):
    home.dag("may.yaml", """id: may
tasks:
  - {id: soft, command: exit 3, allow_failure: true}
  - {id: hard, command: exit 4}
""")
    home.start()
    run = home.trigger("may", "--wait")
    assert home.task(run, "soft")["reason"] == "allowed to fail: exit code 3"
    answer = json.loads(home.cli("why", run, "--json").stdout)
    assert [link["task"] for link in answer["chain"]] == [None, "hard"]


def test_a_mark_of_what_runs_keeps_its_reason(home):
    home.dag("slow.yaml", "id: slow\ntasks: [{id: a, command: sleep 60}]\n")
    home.start()
    run = home.trigger("slow")
    wait_for(lambda: home.run(run)["tasks"]["a"] == "running", 20, "a runs")
    assert home.cli("mark", run, "a", "success", "--reason", "loaded by hand").returncode == 0
    assert home.wait_run(run)["state"] == "success"
    reason = home.task(run, "a")["reason"]
    assert reason.startswith("marked by user:") and reason.endswith(": loaded by hand")


def test_a_note_at_a_task_that_is_none_is_refused(home):
    home.dag("may.yaml", "id: may\ntasks: [{id: a, command: 'true'}]\n")
    home.start()
    run = home.trigger("may", "--wait")
    done = home.cli("note", run, "b", "who reads this?")
    assert done.returncode == 4 and "no such task" in done.stderr
    assert home.cli("note", run, "a", "looked at").returncode == 0
    assert [note["task"] for note in home.run(run)["notes"]] == ["a"]


def test_an_instant_that_is_none_and_a_task_that_is_none_are_told(home):
    home.dag("d.yaml", DAG % home.work)
    home.start()
    run = home.trigger("d")
    assert home.cli("why", run, "--at", "yesterday").returncode == 2
    done = home.cli("why", run, "c", "--at", "2020-01-01")
    assert done.returncode == 4 and "no task 'c'" in done.stderr
