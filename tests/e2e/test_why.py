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
    assert answer["answer"].startswith(f"task 'more' waits for 1 slot of pool 'db' (1 of 1 taken by 'load' in run {first} since ")
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
    assert answer["chain"][1]["text"] == "try 1 of 'a' failed: exit code 3"
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


def test_only_what_caused_the_end_is_told_as_its_cause(home):
    """A cancel is no consequence of what failed before it, and words of people lead nowhere."""
    home.dag("mixed.yaml", """
id: mixed
tasks:
  - {id: bad, command: exit 3}
  - {id: nap, command: sleep 300}
""")
    home.dag("late.yaml", """
id: late
timeout: 1s
tasks:
  - {id: bad, command: exit 3}
  - {id: nap, command: sleep 300}
""")
    home.start()
    run = home.trigger("mixed")
    wait_for(lambda: home.run(run)["tasks"] == {"bad": "failed", "nap": "running"})
    home.cli("mark", run, "bad", "failed", "--reason", "upstream 'bad' is bad, and upstream 'nap' naps")
    assert kinds(why(home, run, "bad")) == ["failed"]
    home.cli("cancel", run, "--reason", "wrong input", "--wait")
    assert kinds(why(home, run)) == ["cancelled"]
    answer = why(home, run, "nap")
    assert kinds(answer) == ["cancelled", "cancelled"]
    assert answer["chain"][1]["text"].endswith(": wrong input") and " cancelled by user:" in answer["chain"][1]["text"]
    assert kinds(why(home, home.trigger("late", "--wait"))) == ["failed"]


def test_what_failed_after_the_outcome_did_not_cause_it(home):
    home.dag("after.yaml", """
id: after
tasks: [{id: bad, command: exit 3}]
on_failure: [{id: tell, command: exit 4}]
""")
    home.start()
    run = home.trigger("after", "--wait")
    assert home.run(run)["tasks"] == {"bad": "failed", "tell": "failed"}
    assert [link["task"] for link in why(home, run)["chain"]] == [None, "bad"]
    assert "exit code 4" in why(home, run, "tell")["answer"]
    # Its try came to nothing of the kind.
    assert home.cli("mark", run, "bad", "success", "--reason", "mended").returncode == 0
    answer = why(home, run, "bad")["answer"]
    assert answer.startswith("task 'bad' was marked success by user:") and answer.endswith(": mended")
    assert "try" not in answer


def test_a_rule_names_what_decided_it(home):
    home.dag("rules.yaml", """
id: rules
tasks:
  - {id: good, command: "true"}
  - {id: bad, command: exit 3}
  - {id: may, command: exit 4, allow_failure: true}
  - {id: one, depends_on: [bad], trigger_rule: one_success, command: "true"}
  - {id: all, depends_on: [bad, good], trigger_rule: all_failed, command: "true"}
  - {id: alarm, depends_on: [may], trigger_rule: one_failed, command: "true"}
""")
    home.start()
    run = home.trigger("rules", "--wait")
    told = {task: [link["text"] for link in why(home, run, task)["chain"]] for task in ("one", "all", "alarm")}
    assert told["one"] == [
        "task 'one' could not run: rule one_success: of 1 upstream task 0 succeeded, 1 failed, 0 skipped; "
        "upstream 'bad' failed", "task 'bad' failed on try 1: exit code 3"]
    assert told["all"] == ["task 'all' was skipped: upstream 'good' succeeded (rule all_failed)",
                           "task 'good' succeeded on try 1"]
    assert told["alarm"] == ["task 'alarm' was skipped: rule one_failed: of 1 upstream task 1 succeeded, 0 failed, "
                             "0 skipped (the failure of 'may' is allowed and counts as success)"]


def test_a_try_of_before_is_not_what_came_after_it(home):
    home.dag("again.yaml", """
id: again
params: {go: true}
tasks:
  - {id: a, command: "true"}
  - {id: b, depends_on: [a], when: params.go, command: "true"}
  - {id: c, depends_on: [b], command: "true"}
  - {id: d, depends_on: [c], trigger_rule: none_skipped, command: "true"}
""")
    home.start()
    run = home.trigger("again", "--wait")
    assert home.cli("rerun", run, "--from", "b", "--param", "go=false").returncode == 0
    assert home.wait_run(run)["tasks"] == {"a": "success", "b": "skipped", "c": "skipped", "d": "skipped"}
    assert why(home, run, "b")["answer"] == "task 'b' was skipped: when: params.go is false"
    assert why(home, run, "c")["answer"] == "task 'c' was skipped: upstream 'b' was skipped"
    assert home.cli("mark", run, "a", "failed", "--reason", "bad").returncode == 0
    assert home.cli("rerun", run, "--from", "c").returncode == 0
    assert home.wait_run(run)["state"] == "failed"
    assert why(home, run, "a")["answer"].startswith("task 'a' was marked failed by user:")


def test_a_queued_run_leads_to_what_the_oldest_waits_for(home):
    home.dag("one.yaml", "id: one\ntimeout: 1h\ntasks: [{id: a, command: sleep 300}]\n")
    home.start()
    runs = [home.trigger("one") for _ in range(3)]
    wait_for(lambda: home.run(runs[0])["tasks"]["a"] == "running")
    done = home.cli("why", runs[2])
    assert done.stdout.startswith(
        "the run waits for others of dag 'one': 1 of 1 under way (max_active_runs), the oldest is run "
        f"{runs[0]}; 1 waits before it\n  because task 'a' runs, try 1 since "), done.stdout
    assert "\n  and the run times out at " in home.cli("why", runs[0]).stdout
    for run in reversed(runs):
        home.cli("cancel", run)


def test_a_paused_dag_says_so_though_its_newest_run_has_ended(home):
    home.dag("idle.yaml", "id: idle\ntasks: [{id: a, command: 'true'}]\n")
    home.start()
    run = home.trigger("idle", "--wait")
    home.cli("pause", "idle", "--reason", "holidays")
    done = home.cli("why", "idle")
    first, second = done.stdout.splitlines()
    assert first == f"run {run} of dag 'idle' is success"
    assert second.startswith("  and the dag is paused by ") and second.endswith(": holidays")
    assert kinds(json.loads(home.cli("why", "idle", "--json").stdout)) == ["success", "pause"]
    assert len(home.cli("why", run).stdout.splitlines()) == 1
    done = home.cli("why", f"{run}/a/b")
    assert done.returncode == 2 and "a task has no parts" in done.stderr
    # Of one that runs, too; who asks for a day, or for a task, asks for no more.
    home.cli("resume", "idle")
    home.dag("idle.yaml", "id: idle\ntasks: [{id: a, command: 'sleep 300'}]\n")
    wait_for(lambda: len(home.http("GET", "/api/v1/dags/idle/versions")[1]["items"]) == 2)
    nap = home.trigger("idle")
    wait_for(lambda: home.run(nap)["tasks"]["a"] == "running")
    home.cli("pause", "idle", "--reason", "tests")
    done = home.cli("why", "idle")
    first, second = done.stdout.splitlines()
    assert first.startswith("task 'a' runs, try 1") and second.endswith(": tests")
    assert second.startswith("  and the dag is paused by ") and f"the newest run of dag 'idle' is {nap}" in done.stderr
    assert kinds(json.loads(home.cli("why", "idle", "--json").stdout)) == ["running", "pause"]
    day = home.run(nap)["period"][:10]
    for words in ((nap,), (f"idle@{day}",), ("idle", "a")):
        assert len(home.cli("why", *words).stdout.splitlines()) == 1
    status, answer, headers = home.http("GET", "/api/v1/why?target=idle/a")
    assert status == 200 and headers["Content-Location"] == f"/api/v1/runs/{nap}/tasks/a/why"
    assert answer == home.http("GET", headers["Content-Location"])[1]
    assert "Content-Location" not in home.http("GET", f"/api/v1/why?target={nap}")[2]


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
    for words, told in ((("fials",), "did you mean 'fails'?"), (("0000",), "'0000'"), ((run, "c"), "no task 'c'"),
                        ((run, "no id"), "no task 'no id'"), (("no id",), "there is no dag 'no id'"),
                        (("a" * 30,), "'" + "a" * 30 + "'"), (("1" * 30,), "'" + "1" * 30 + "'")):
        done = home.cli("why", *words)
        assert done.returncode == 4 and told in done.stderr, done.stderr
    today = home.trigger("idle", "--wait")
    day = home.run(today)["period"][:10]
    assert f"for {day} is {today}" in home.cli("why", f"idle@{day}").stderr
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
