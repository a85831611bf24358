"""What stands in a DAG file is carried out: templates, outputs, conditions, rules, retries, ends."""
import os
import re

import pytest

from daemon_home import ROOT, wait_for
from page_client import Browser

DUCKDB = ROOT / "var" / "tools" / "duckdb"
TIME = r"^\S+ "


def lines(home, run, task):
    return [re.sub(TIME, "", line) for line in home.log_of(run, task).splitlines()]


def post(home, path, body):
    status, answer, _ = home.http("POST", path, body)
    return status, answer


def start_run(home, dag, **body):
    status, answer = post(home, f"/api/v1/dags/{dag}/runs", body)
    assert status == 201, answer
    return home.wait_run(answer["id"])


def test_a_command_gets_dates_and_params_and_free_text_only_quoted(home):
    home.dag("D1/heddle.yaml", "domain: D1\ntimezone: America/New_York\nvars: {bucket: 's3://lake'}\nenv: {WHO: folder, SHARED: yes}\n")
    home.dag("D1/t.yaml", """
id: t
params:
  region: {type: string, enum: [us, eu], default: us}
  name: bob
env: {WHO: dag}
tasks:
  - id: show
    env: {DAY: "{{ ds_nodash }}", NAMED: "for {{ params.name }}"}
    command: |
      echo {{ ds }} {{ period.start | date('%H:%M') }} {{ params.region }} {{ vars.bucket }} {{ ds | add('1d') }}
      echo {{ params.name | sh }} "$HEDDLE_PARAM_name"
      echo "$WHO $SHARED $DAY $NAMED"
      echo {{ task.id }}/{{ task.attempt }} {{ dag.id }} "$HEDDLE_PERIOD"
  - {id: other_shell, shell: [python3, -], command: "import os; print('py', os.environ['HEDDLE_PARAM_region'])"}
""")
    home.start()
    harm = "$(touch /tmp/x); 'q\" \\ `id`"
    run = start_run(home, "t", params={"name": harm, "region": "eu"}, period="2026-03-08")
    assert run["state"] == "success"
    assert lines(home, run["id"], "show") == [
        "2026-03-08 00:00 eu s3://lake 2026-03-09",
        f"{harm} {harm}",
        f"dag yes 20260308 for {harm}",
        "show/1 t 2026-03-08"]
    assert lines(home, run["id"], "other_shell") == ["py eu"]
    assert run["params"] == {"region": "eu", "name": harm} and run["period"] == "2026-03-08"
    for body, says in (({"params": {"region": "asia"}}, "must be one of"), ({"params": {"nme": 1}}, "did you mean 'name'?"),
                       ({"period": "yesterday"}, "neither a date")):
        status, answer = post(home, "/api/v1/dags/t/runs", body)
        assert status == 422 and says in answer["detail"]


def test_outputs_reach_those_who_wait_and_judge(home):
    home.dag("o.yaml", """
id: o
tasks:
  - {id: give, command: 'echo "rows=3" >> $HEDDLE_OUTPUT; echo "{\\"list\\": [1, 2], \\"n\\": 7}" >> $HEDDLE_OUTPUT'}
  - {id: talk, command: 'echo talk; echo "{\\"count\\": 5}"', outputs: {last: stdout.last_line}}
  - {id: json, command: 'echo "{\\"a\\": {\\"b\\": 5}}"; echo no >&2', outputs: {b: stdout.json.a.b}}
  - {id: take, depends_on: [give, talk, json], command: 'echo $HEDDLE_OUT_give__rows $HEDDLE_OUT_give__n $HEDDLE_OUT_talk__last $HEDDLE_OUT_json__b'}
  - {id: yes, depends_on: [give], when: "tasks.give.output.n > 5 and 2 in tasks.give.output.list", command: "true"}
  - {id: no, depends_on: [give], when: "tasks.give.output.n > 50", command: "true"}
  - {id: after_no, depends_on: [no], command: "true"}
  - {id: anyway, depends_on: [no], trigger_rule: none_failed, command: "echo {{ tasks.no.state }}"}
""")
    home.dag("bad.yaml", "id: bad\ntasks: [{id: a, command: 'echo what >> $HEDDLE_OUTPUT'}]\n")
    home.start()
    run = start_run(home, "o")
    assert run["state"] == "success"
    assert run["tasks"] == {"give": "success", "talk": "success", "json": "success", "take": "success", "yes": "success",
                            "no": "skipped", "after_no": "skipped", "anyway": "success"}
    assert lines(home, run["id"], "take") == ['3 7 {"count": 5} 5']
    assert lines(home, run["id"], "anyway") == ["skipped"]
    run = start_run(home, "bad")
    attempt = home.http("GET", f"/api/v1/runs/{run['id']}/tasks/a")[1]["attempts"][0]
    assert run["state"] == "failed" and attempt["cause"] == "bad_output"
    assert "$HEDDLE_OUTPUT line 1: neither key=value nor a JSON object: what" in attempt["reason"]


@pytest.mark.skipif(not DUCKDB.exists(), reason="DuckDB is not fetched: scripts/test does it")
def test_sql_gives_its_rows_and_keeps_the_file_it_ran(home):
    home.dag("sql/count.sql", "select count(*) as n, '{{ ds }}' as day from 'numbers.csv';\n")
    home.dag("numbers.csv", "x\n1\n2\n")
    home.dag("q.yaml", """
id: q
tasks:
  - {id: count, sql: {engine: duckdb, file: sql/count.sql}}
  - {id: use, depends_on: [count], command: 'echo "$HEDDLE_OUT_count__rows"'}
  - {id: wrong, sql: {engine: duckdb, query: "select nothing from nowhere"}, allow_failure: true}
""")
    home.start(env={"PATH": f"{DUCKDB.parent}:{os.environ['PATH']}"})
    run = start_run(home, "q", period="2026-11-20")
    assert run["state"] == "success" and run["tasks"]["wrong"] == "failed"
    assert lines(home, run["id"], "use") == ['[{"n":2,"day":"2026-11-20"}]']
    assert "nowhere" in home.log_of(run["id"], "wrong")


def test_retries_go_by_exit_codes_and_words(home):
    home.dag("r.yaml", """
id: r
defaults: {retries: 3, retry_delay: 250ms, retry_jitter: 0, allow_failure: true}
tasks:
  - {id: listed, retry_on: {exit_codes: [75]}, command: 'test "$HEDDLE_ATTEMPT" -ge 3 || exit 75'}
  - {id: unlisted, retry_on: {exit_codes: [75]}, command: exit 3}
  - {id: matched, retry_on: {match: 'connection (reset|refused)'}, command: 'echo "E: connection reset"; exit 3'}
  - {id: final, fail_on: {match: 'permission denied'}, command: 'echo "permission denied" >&2; exit 1'}
  - {id: grows, retry_backoff: 2, command: 'test "$HEDDLE_ATTEMPT" -ge 3'}
""")
    home.start()
    run = start_run(home, "r")
    assert run["state"] == "success", "failures are allowed"

    def tries(task):
        return home.http("GET", f"/api/v1/runs/{run['id']}/tasks/{task}")[1]["attempts"]
    assert {task: len(tries(task)) for task in run["tasks"]} == {
        "listed": 3, "unlisted": 1, "matched": 4, "final": 1, "grows": 3}


def test_the_end_of_a_run_has_tasks_of_its_own(home):
    home.dag("e.yaml", """
id: e
params: {code: 0}
tasks:
  - {id: work, command: 'exit $HEDDLE_PARAM_code'}
  - {id: joint, depends_on: [work], empty: }
on_success: [{id: cheer, command: echo done}]
on_failure: [{command: "echo {{ tasks.work.state }}"}]
on_exit: [{id: always, command: "true"}]
""")
    home.start()
    good, bad = start_run(home, "e"), start_run(home, "e", params={"code": 3})
    assert good["state"] == "success" and good["tasks"] == {
        "work": "success", "joint": "success", "cheer": "success", "on_failure_1": "skipped", "always": "success"}
    assert bad["state"] == "failed" and bad["tasks"] == {
        "work": "failed", "joint": "upstream_failed", "cheer": "skipped", "on_failure_1": "success", "always": "success"}
    assert lines(home, bad["id"], "on_failure_1") == ["failed"]


def test_a_run_keeps_params_outputs_and_waits_over_a_kill(home):
    home.dag("k.yaml", f"""
id: k
params: {{n: 1}}
tasks:
  - {{id: give, command: 'echo "{{\\"v\\": 9}}" >> $HEDDLE_OUTPUT'}}
  - {{id: hold, depends_on: [give], command: 'while [ ! -e {home.work}/go ]; do sleep 0.01; done'}}
  - {{id: judge, depends_on: [hold, give], when: "tasks.give.output.v == 9 and params.n == 5", command: 'echo $HEDDLE_OUT_give__v'}}
""")
    home.start()
    run = post(home, "/api/v1/dags/k/runs", {"params": {"n": 5}})[1]["id"]
    queued = post(home, "/api/v1/dags/k/runs", {"params": {"n": 6}})[1]
    assert queued["state"] == "queued"
    wait_for(lambda: home.run(run)["tasks"]["hold"] == "running")
    home.http("PATCH", "/api/v1/dags/k", {"paused": True})
    home.kill()
    home.start()
    (home.work / "go").touch()
    wait_for(lambda: home.run(run)["tasks"]["hold"] == "success")
    assert home.run(run)["tasks"]["judge"] in ("none", "queued"), "paused still"
    home.http("PATCH", "/api/v1/dags/k", {"paused": False})
    assert home.wait_run(run)["tasks"]["judge"] == "success"
    assert lines(home, run, "judge") == ["9"]
    assert home.wait_run(queued["id"])["tasks"]["judge"] == "skipped"


def test_the_command_line_knows_a_dag_that_needs_its_folder(home):
    """Types of params and what a rerun resets are told of a DAG that names files, vars and pools of its folder."""
    home.dag("D1/heddle.yaml", "vars: {bucket: lake}\npools: {narrow: 1}\nenv: {WHO: folder}\n")
    (home.dags / "D1" / "all.sql").write_text("select 1 as a\n")
    home.dag("D1/t.yaml", """
id: needy
params: {code: {type: string, default: x}, limit: 5}
tasks:
  - {id: a, pool: narrow, command: 'echo {{ vars.bucket }} {{ env.WHO }} $HEDDLE_PARAM_code $HEDDLE_PARAM_limit'}
  - {id: b, depends_on: a, command: 'exit 3'}
  - {id: c, depends_on: b, trigger_rule: all_success, sql: {engine: duckdb, file: all.sql}}
""")
    home.start()
    done = home.cli("trigger", "needy", "--param", "code=0815", "--param", "limit=7", "--wait")
    run = done.stdout.strip()
    assert done.returncode == 1 and run, done.stderr
    assert lines(home, run, "a") == ["lake folder 0815 7"]
    done = home.cli("rerun", run, "--failed", "--wait")
    assert done.returncode == 1, done.stderr
    assert done.stdout.splitlines()[0] == "resets: b, c (2 tasks); keeps: a"
    assert home.cli("trigger", "needy", "--param", "limit=many").returncode == 2


def test_progress_is_shown_while_a_task_runs(home):
    home.dag("p.yaml", """
id: p
tasks:
  - id: t
    command: |
      echo "10 begun" >> "$HEDDLE_PROGRESS"
      echo "no line of progress" >> "$HEDDLE_PROGRESS"
      echo "42 half way" >> "$HEDDLE_PROGRESS"
      touch said
      while [ ! -e go ]; do sleep 0.05; done
""")
    home.start()
    run = home.trigger("p")
    wait_for(lambda: (home.dags / "said").exists(), 20, "the task")
    said = {"percent": 42, "text": "half way"}
    assert home.http("GET", f"/api/v1/runs/{run}/tasks")[1]["items"][0]["progress"] == said
    task = home.http("GET", f"/api/v1/runs/{run}/tasks/t")[1]
    assert task["progress"] == said and task["attempts"][0]["progress"] == said
    page = Browser(home).get(f"/runs/{run}?task=t").text()
    assert "42 % half way" in page
    assert "42 %: half way" in home.cli("ls", "tasks", "--run", run).stdout
    (home.dags / "go").touch()
    assert home.wait_run(run)["state"] == "success"
    assert home.http("GET", f"/api/v1/runs/{run}/tasks")[1]["items"][0]["progress"] is None
