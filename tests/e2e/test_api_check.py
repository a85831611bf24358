"""What is asked over HTTP before and beside runs: whether a text is a DAG file, why something has not run, what the
daemon counts."""

import http.client
import json
import re

import pytest

from daemon_home import Home, UnixConnection, wait_for

FLOW = """id: flow
tasks:
  - {id: first, command: 'echo one'}
  - {id: second, command: 'exit 3', depends_on: [first]}
  - {id: third, command: 'true', depends_on: [second]}
"""
WRONG = "id: x\ntasks:\n  - {id: a, comand: ls}\n  - {id: b, command: ls, depends_on: [zz]}\n"


@pytest.fixture
def home(tmp_path):
    home = Home(tmp_path)
    home.dag("flow.yaml", FLOW)
    home.dag("sales/heddle.yaml", "defaults: {retries: 2}\n")
    home.start()
    yield home
    home.close()


def validate(home, text, query="", **headers):
    status, answer, _ = home.http("POST", "/api/v1/validate" + query, text, headers)
    return status, answer


# --- validate


def test_a_text_is_checked_as_the_command_line_checks_a_file(home, tmp_path):
    file = tmp_path / "wrong.yaml"
    file.write_text(WRONG)
    said = json.loads(home.cli("validate", "--json", file).stdout)
    status, answer = validate(home, WRONG)
    assert status == 200 and answer["valid"] is False
    place = lambda errors: [(error["line"], error["column"], error["message"]) for error in errors]
    assert place(answer["errors"]) == place(said["errors"]) != []
    assert {error["file"] for error in answer["errors"]} == {"dag.yaml"}
    status, answer = validate(home, FLOW)
    assert answer == {"valid": True, "files": 1, "errors": [],
                      "dags": [{"id": "flow", "file": "dag.yaml", "tasks": 3}]}


def test_a_text_is_checked_where_it_would_stand(home):
    query_file = "id: q\ntasks: [{id: a, sql: {engine: duckdb, file: q.sql}}]\n"
    status, answer = validate(home, query_file, "?file=sales/q.yaml")
    assert "there is no such file" in answer["errors"][0]["message"]
    (home.dags / "sales" / "q.sql").write_text("select 1")
    assert validate(home, query_file, "?file=sales/q.yaml")[1]["valid"]
    # What a heddle.yaml of the folder says counts, and is checked under its own name.
    (home.dags / "sales" / "heddle.yaml").write_text("defaults: {retriess: 2}\n")
    errors = validate(home, FLOW, "?file=sales/q.yaml")[1]["errors"]
    assert any(error["file"] == "sales/heddle.yaml" and "retriess" in error["message"] for error in errors)
    assert any(error["file"] == "sales/q.yaml" for error in errors)
    assert validate(home, FLOW.replace("id: flow", "id: mine"), "?file=q.yaml")[1]["valid"]
    assert validate(home, "defaults: {retriess: 2}", "?file=new/heddle.yaml")[1]["errors"][0]["line"] == 1
    assert home.http("GET", "/api/v1/dags?limit=10")[1]["total"] == 1, "nothing of it is in force"


def test_an_id_that_another_file_has_is_told_where_a_file_is_named(home):
    assert validate(home, FLOW)[1]["valid"] and validate(home, FLOW, "?file=flow.yaml")[1]["valid"]
    answer = validate(home, "# mine\n" + FLOW + "---\n" + FLOW.replace("flow", "other"), "?file=sales/new.yaml")[1]
    assert answer["valid"] is False
    assert [(error["file"], error["line"], error["message"]) for error in answer["errors"]] == [
        ("sales/new.yaml", 1, "id 'flow' is taken by flow.yaml; give one of the two another id")]


@pytest.mark.parametrize("file", ["../x.yaml", "/etc/x.yaml", "a/../b.yaml", "x.json", "", ".x.yaml", "a//b.yaml", "a/",
                                  "a%0Ab.yaml", "x.yaml/", ".git/x.yaml"])
def test_a_name_that_no_dag_file_has_is_refused(home, file):
    status, problem = validate(home, FLOW, "?file=" + file)
    assert status == 400, problem


def test_any_bytes_are_a_text(home):
    for text in (b"", b"\x00\xff\xfe", b"\xef\xbb\xbf" + FLOW.encode(), b"[" * 5000, b"a: &a [*a]", b"\xc3\x28"):
        status, answer = validate(home, text)
        assert status == 200 and isinstance(answer["valid"], bool)
    connection = UnixConnection(home.path / "heddle.sock")
    connection.putrequest("POST", "/api/v1/validate")
    connection.putheader("Content-Length", 1_048_577)
    connection.endheaders()
    assert connection.getresponse().status == 413
    connection.close()
    assert validate(home, FLOW, **{"Content-Type": "multipart/form-data; boundary=x"})[0] == 415
    assert validate(home, FLOW, **{"Content-Type": "application/x-www-form-urlencoded"})[0] == 200
    assert home.http("GET", "/api/v1/validate")[0] == 405


# --- why


def why(home, target):
    status, answer, _ = home.http("GET", "/api/v1/why?target=" + target)
    return status, answer


def test_why_takes_the_names_that_people_use(home):
    status, answer = why(home, "flow")
    assert status == 200 and answer["answer"] == "dag 'flow' has never run: nobody triggered it"
    run = home.http("POST", "/api/v1/dags/flow/runs?wait=30s", {"period": "2026-11-20"})[1]
    for target in ("flow", "flow@2026-11-20", run["id"], run["id"][:12]):
        status, answer = why(home, target)
        assert status == 200 and run["id"] in answer["answer"], answer
    for target in ("flow/third", "flow@2026-11-20/third", run["id"] + "/third"):
        status, answer = why(home, target)
        assert answer == home.http("GET", f"/api/v1/runs/{run['id']}/tasks/third/why")[1], answer
    assert "could not run" in answer["answer"] and answer["chain"][1]["task"] == "second"
    # Without a period a run stands for its instant: its day means it, when no run is of that day.
    today = home.http("POST", "/api/v1/dags/flow/runs?wait=30s")[1]
    assert today["id"] in why(home, "flow@" + today["period"][:10])[1]["answer"]
    home.cli("pause", "flow", "--reason", "the audit")
    status, answer = why(home, "flow@2020-01-01/third")
    assert [link["kind"] for link in answer["chain"]] == ["never", "pause"]
    assert "the audit" in answer["chain"][1]["text"]
    home.dag("flow.yaml", FLOW + "surprise: 1\n")
    wait_for(lambda: home.http("GET", "/api/v1/errors")[1]["items"], what="the error")
    assert "surprise" in why(home, "flow@2020-01-01")[1]["chain"][2]["text"]


def test_why_says_what_it_cannot_find(home):
    assert "did you mean 'flow'" in why(home, "flwo")[1]["detail"]
    assert why(home, "0123")[0] == why(home, "flow/first/x")[0] + 4 == 404
    for target in ("", "@", "flow@", "/first", "a@b@", "flow/"):
        assert why(home, target)[0] in (400, 404), target
    assert home.http("GET", "/api/v1/why")[0] == 400
    # As long as an id may be, and longer by as much as makes it another one.
    long = "a" * 100
    home.dag("long.yaml", f"id: {long}\ntasks: [{{id: a, command: 'true'}}]\n")
    wait_for(lambda: why(home, long)[0] == 200, what="the dag")
    assert why(home, long + "a")[0] == 404


# --- metrics


LINE = re.compile(r'^([a-z_]+)(\{[a-z]+="[^"]*"(,[a-z]+="[^"]*")*\})? [0-9.e+-]+$')


def metrics(home):
    """The values by name and labels, after a check of the format."""
    status, text, headers = home.http("GET", "/metrics")
    assert status == 200 and headers["Content-Type"].startswith("text/plain; version=0.0.4")
    values, kinds = {}, {}
    for line in text.splitlines():
        if line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ")
            assert name not in kinds
            kinds[name] = kind
            continue
        if line.startswith("# HELP "):
            continue
        assert LINE.match(line), line
        key, value = line.rsplit(" ", 1)
        assert key not in values
        name = re.sub("_(bucket|sum|count)$", "", key.split("{")[0])
        assert name in kinds or key.split("{")[0] in kinds, line
        values[key] = float(value)
    for name, kind in kinds.items():
        if kind == "histogram":
            buckets = [value for key, value in values.items() if key.startswith(name + "_bucket")]
            assert buckets == sorted(buckets) and buckets[-1] == values[name + "_count"]
    return values


def test_metrics_follow_what_happens(home):
    home.dag("wait.yaml", "id: wait\nmax_active_runs: 1\npools: {own: 1}\ntasks:\n"
             "  - {id: a, command: sleep 60, pool: own}\n  - {id: b, command: sleep 60, pool: own}\n")
    wait_for(lambda: metrics(home)["heddle_dags"] == 2, what="the dag")
    assert metrics(home)['heddle_runs_ended_total{state="failed"}'] == 0
    assert home.http("POST", "/api/v1/dags/flow/runs?wait=30s")[1]["state"] == "failed"
    now = metrics(home)
    assert now["heddle_runs_created_total"] == now['heddle_runs_ended_total{state="failed"}'] == 1
    assert now['heddle_tasks_ended_total{state="upstream_failed"}'] == 1
    assert now['heddle_attempts_ended_total{cause="exit_code"}'] == 1
    assert now["heddle_commit_seconds_count"] >= 3
    assert 0 < now["heddle_commit_seconds_sum"] < 60
    runs = [home.trigger("wait"), home.trigger("wait")]
    own = lambda name: f'heddle_pool_{name}{{pool="own",dag="wait",domain=""}}'
    wait_for(lambda: metrics(home)[own("slots_used")] == 1, what="the slot")
    now = metrics(home)
    assert now['heddle_runs{state="running"}'] == now['heddle_runs{state="queued"}'] == 1
    assert now['heddle_tasks{state="running"}'] == now['heddle_tasks{state="queued"}'] == 1
    assert now[own("slots")] == now[own("tasks_waiting")] == 1
    # The same of a daemon that takes it over; what it counts itself begins anew.
    home.kill()
    home.start()
    again = metrics(home)
    same = [key for key in now if re.match(r"heddle_(runs|tasks|pool)", key) and "total" not in key]
    assert {key: again[key] for key in same} == {key: now[key] for key in same}
    assert again["heddle_runs_created_total"] == 0
    for run in reversed(runs):
        assert home.cli("cancel", run).returncode == 0
        home.wait_run(run)
    end = metrics(home)
    assert [end[key] for key in same if key.startswith(("heddle_runs", "heddle_tasks"))] == [0] * 9
    assert own("slots") not in end, "no run uses it any more"


def test_metrics_are_not_for_strangers(home):
    connection = http.client.HTTPConnection("127.0.0.1", home.port(), timeout=10)
    connection.request("GET", "/metrics")
    answer = connection.getresponse()
    assert answer.status == 401 and answer.read()
    # As Prometheus asks.
    connection.request("GET", "/metrics", headers={
        "Authorization": "Bearer " + (home.path / "token").read_text().strip(),
        "Accept": "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3,*/*;q=0.1"})
    answer = connection.getresponse()
    assert answer.status == 200 and answer.read()
    connection.close()
