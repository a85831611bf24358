"""Why something waits, failed or did not run: one sentence first, then the chain."""
import json

from daemon_home import wait_for


def why(home, run, task=None):
    path = f"/api/v1/runs/{run}/why" if task is None else f"/api/v1/runs/{run}/tasks/{task}/why"
    status, answer, _ = home.http("GET", path)
    assert status == 200, answer
    return answer


def kinds(answer):
    return [link["kind"] for link in answer["chain"]]


def test_a_task_that_waits_for_a_slot_names_who_holds_it(home):
    home.dag("pool.yaml", """
id: pool
pools: {db: 1}
max_active_runs: 2
tasks:
  - {id: load, pool: db, command: sleep 300}
  - {id: more, pool: db, command: sleep 300}
  - {id: after, depends_on: [more], command: "true"}
""")
    home.start()
    first, second = home.trigger("pool"), home.trigger("pool")
    wait_for(lambda: home.run(first)["tasks"]["load"] == "running")
    answer = why(home, first, "more")
    assert answer["answer"].startswith(f"waits for 1 slot of pool 'db' (1 of 1 taken by 'load' in run {first} since ")
    assert kinds(answer) == ["pool"]
    assert [(holder["run"], holder["task"]) for holder in answer["holders"]] == [(first, "load")]
    assert kinds(why(home, first, "after")) == ["rule", "pool"]
    assert kinds(why(home, second, "load"))[0] == "pool"
    assert kinds(why(home, first)) == ["running"]
    for run in (first, second):
        home.http("POST", f"/api/v1/runs/{run}:cancel", {})


def test_a_run_that_waits_says_for_whom(home):
    home.dag("one.yaml", "id: one\ntasks: [{id: a, command: sleep 300}]\n")
    home.start()
    first, second = home.trigger("one"), home.trigger("one")
    assert home.run(second)["state"] == "queued"
    assert kinds(why(home, second))[0] == "run_queue"
    home.http("PATCH", "/api/v1/dags/one", {"paused": True, "reason": "holidays"})
    home.http("POST", f"/api/v1/runs/{first}:cancel", {})
    home.wait_run(first)
    answer = why(home, second)
    assert kinds(answer)[0] == "pause" and "holidays" in answer["answer"]
    home.http("PATCH", "/api/v1/dags/one", {"paused": False})
    wait_for(lambda: home.run(second)["tasks"]["a"] == "running")
    home.http("POST", f"/api/v1/runs/{second}:cancel", {})


def test_a_retry_says_when(home):
    home.dag("again.yaml", "id: again\ntasks: [{id: a, command: exit 3, retries: 3, retry_delay: 1h}]\n")
    home.start()
    run = home.trigger("again")
    wait_for(lambda: home.run(run)["tasks"]["a"] == "up_for_retry")
    answer = why(home, run, "a")
    assert kinds(answer)[0] == "retry" and answer["chain"][0]["at"] is not None
    home.http("POST", f"/api/v1/runs/{run}:cancel", {})


def test_what_could_not_run_leads_to_where_it_began(home):
    home.dag("fails.yaml", """
id: fails
tasks:
  - {id: a, command: exit 3}
  - {id: b, depends_on: [a], command: "true"}
  - {id: c, depends_on: [b], command: "true"}
  - {id: skipped, when: "run.kind == 'backfill'", command: "true"}
""")
    home.start()
    run = home.trigger("fails")
    assert home.wait_run(run)["state"] == "failed"
    chain = why(home, run, "c")["chain"]
    assert [link["text"] for link in chain] == [
        "task 'c' could not run: upstream 'b' could not run",
        "task 'b' could not run: upstream 'a' failed",
        "task 'a' failed on try 1: exit code 3"]
    assert [link["task"] for link in why(home, run)["chain"]] == [None, "a"]
    assert "when: run.kind == 'backfill' is false" in why(home, run, "skipped")["answer"]
    assert home.http("GET", f"/api/v1/runs/{run}/tasks/nope/why")[0] == 404
    assert home.http("GET", "/api/v1/runs/ffffffffffffffff/why")[0] == 404


def test_the_command_line_asks_by_run_task_dag_and_period(home):
    home.dag("fails.yaml", """
id: fails
tasks:
  - {id: a, command: exit 3}
  - {id: b, depends_on: [a], command: "true"}
""")
    home.dag("idle.yaml", "id: idle\ntasks: [{id: a, command: 'true'}]\n")
    home.start()
    run = home.trigger("fails", "--period", "2026-11-20", "--wait")
    home.trigger("fails", "--period", "2026-11-21", "--wait")
    chain = "task 'b' could not run: upstream 'a' failed\n  because task 'a' failed on try 1: exit code 3\n"
    for words in ((run, "b"), (f"{run}/b",), ("fails/b",), ("fails@2026-11-20", "b")):
        done = home.cli("why", *words)
        assert (done.returncode, done.stdout) == (0, chain), (words, done.stderr)
    done = home.cli("why", "fails@2026-11-20")
    assert f"the run of dag 'fails' for 2026-11-20 is {run}" in done.stderr
    assert done.stdout.startswith(f"run {run} of dag 'fails' is failed")
    assert json.loads(home.cli("why", run, "--json").stdout) == why(home, run)
    for words, told in ((("fials",), "did you mean 'fails'?"), (("0000",), "'0000'"), ((run, "c"), "no task 'c'")):
        done = home.cli("why", *words)
        assert done.returncode == 4 and told in done.stderr, done.stderr
    done = home.cli("why", "fails@2026-11-22")
    assert done.stdout == "dag 'fails' has no run for '2026-11-22': nobody triggered it\n"
    home.stop()
    assert home.cli("why", run).returncode == 6


def test_a_dag_that_never_ran_says_so(home):
    home.dag("idle.yaml", "id: idle\ntasks: [{id: a, command: 'true'}]\n")
    home.start()
    assert home.cli("why", "idle").stdout == "dag 'idle' has never run: nobody triggered it\n"
    home.dag("idle.yaml", "id: idle\ntasks: [{id: a, comand: 'true'}]\n")
    wait_for(lambda: home.http("GET", "/api/v1/errors")[1]["items"], what="the broken file is noticed")
    lines = home.cli("why", "idle").stdout.splitlines()
    assert "its file does not check" in lines[1] and "idle.yaml:2:" in lines[1]
