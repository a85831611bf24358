"""What a page needs of the API, from a real daemon: rows with their last runs, the grid, what needs somebody."""

import datetime
import json
import pathlib
import time

import pytest

from daemon_home import Home, UnixConnection, wait_for

FLOW = """id: flow
description: two steps
owner: desk
tags: [nightly]
tasks:
  - {id: first, command: 'true'}
  - {id: second, command: 'test -e WORK/good', depends_on: [first]}
"""
SLOW = """id: slow
max_active_runs: 1
tasks:
  - {id: only, command: sleep 60}
"""


@pytest.fixture
def home(tmp_path):
    home = Home(tmp_path)
    (home.dags / "flow.yaml").write_text(FLOW.replace("WORK", str(home.work)))
    (home.dags / "slow.yaml").write_text(SLOW)
    home.start()
    yield home
    home.stop()


def run(home, key, state):
    status, body, _ = home.http("POST", "/api/v1/dags/flow/runs?wait=30s", {"id": key})
    assert status == 201 and body["state"] == state, body
    return body["id"]


def get(home, path, status=200):
    answer = home.http("GET", "/api/v1" + path)
    assert answer[0] == status, answer
    return answer[1]


def test_rows_hold_the_last_runs_and_what_holds_them(home):
    failed = run(home, "one", "failed")
    (home.work / "good").touch()
    good = [run(home, key, "success") for key in ("two", "three", "four")]
    page = get(home, "/dags")
    row = page["items"][0]
    assert (page["total"], row["id"]) == (2, "flow")
    assert [bar["id"] for bar in row["bars"]] == [*reversed(good), failed]
    assert [bar["state"] for bar in row["bars"]] == ["success"] * 3 + ["failed"]
    assert sorted(bar["duration_ms"] for bar in row["bars"][:3])[1] == row["usual_ms"]
    assert row["hold"] is None and page["items"][1]["bars"] == []
    home.http("POST", "/api/v1/dags/slow/runs", {"id": "a"})
    home.http("POST", "/api/v1/dags/slow/runs", {"id": "b"})
    row = get(home, "/dags?q=SLOW")["items"][0]
    assert (row["running"], row["queued"]) == (1, 1)
    assert row["hold"].startswith("1 run waits: ") and "max_active_runs" in row["hold"], row
    assert row["bars"][1]["duration_ms"] is None and row["bars"][0]["started_at"] is None
    assert len(get(home, "/dags?bars=1")["items"][0]["bars"]) == 1
    assert get(home, "/dags?limit=1000")["items"][0]["bars"] == []  # a long page has them when asked for alone
    assert len(get(home, "/dags?limit=1000&bars=4")["items"][0]["bars"]) == 4
    home.http("PATCH", "/api/v1/dags/slow", {"paused": True, "reason": "the disk is swapped"})
    row = get(home, "/dags?state=paused")["items"][0]
    assert row["id"] == "slow" and ": the disk is swapped; 1 run waits" in row["hold"]


def test_rows_are_found_by_what_they_say(home):
    for query, found in (("q=two+steps", ["flow"]), ("owner=desk", ["flow"]), ("tag=nightly", ["flow"]),
                         ("tag=night", []), ("state=none", ["flow", "slow"]), ("domain=x", []),
                         ("limit=1&cursor=flow", ["slow"])):
        page = get(home, f"/dags?{query}")
        assert [row["id"] for row in page["items"]] == found, query
    assert get(home, "/dags?limit=1&q=l")["total"] == 2
    assert "state" in get(home, "/dags?state=sad", 400)["detail"]


def test_a_grid_is_asked_for_by_the_window(home):
    one = run(home, "one", "failed")
    (home.work / "good").touch()
    two = run(home, "two", "success")
    grid = get(home, "/dags/flow/grid")
    assert grid["tasks"] == ["first", "second"] and (grid["from"], grid["tasks_total"]) == (0, 2)
    assert [(item["id"], item["cells"]) for item in grid["runs"]] == [(two, "ss"), (one, "sf")]
    assert grid["next"] is None and grid["next_from"] is None
    window = get(home, "/dags/flow/grid?runs=1&tasks=1")
    assert [item["cells"] for item in window["runs"]] == ["s"] and window["next_from"] == 1
    older = get(home, f"/dags/flow/grid?cursor={window['next']}&from=1")
    assert [(item["id"], item["cells"]) for item in older["runs"]] == [(one, "f")]
    today = datetime.datetime.now(datetime.timezone.utc).date()
    assert len(get(home, f"/dags/flow/grid?to={today}")["runs"]) == 2
    assert get(home, "/dags/flow/grid?to=2026-01-01")["runs"] == []
    text = FLOW.replace("WORK", str(home.work)).replace("id: first", "id: begin").replace("[first]", "[begin]")
    (home.dags / "flow.yaml").write_text(text)
    wait_for(lambda: get(home, "/dags/flow/grid")["hash"] != grid["hash"], what="the change")
    changed = get(home, "/dags/flow/grid")
    assert changed["tasks"] == ["begin", "second"]
    assert [item["cells"] for item in changed["runs"]] == ["-s", "-f"]
    assert "did you mean 'flow'" in get(home, "/dags/flwo/grid", 404)["detail"]
    assert get(home, "/dags/flow/grid?runs=101", 400)


def test_what_needs_somebody_comes_with_what_to_do(home):
    assert get(home, "/attention") == {"items": [], "total": 0, "next": None}
    failed = run(home, "one", "failed")
    (home.dags / "broken.yaml").write_text("id: broken\nid: twice\n")
    home.http("PATCH", "/api/v1/dags/slow", {"paused": True})
    home.http("POST", "/api/v1/dags/slow/runs", {"id": "a"})
    page = wait_for(lambda: (lambda found: found if len(found["items"]) == 3 else None)(get(home, "/attention")))
    assert [item["kind"] for item in page["items"]] == ["failed", "broken", "held"]
    what, broken, held = page["items"]
    assert (what["run"], what["count"]) == (failed, 1)
    assert what["cause"] == "task 'second' failed: exit code 1"
    assert broken["file"].endswith("broken.yaml") and broken["cause"].startswith("line ")
    assert (held["dag"], held["count"]) == ("slow", 1)
    # What is proposed is a request that can be made as it stands.
    (home.work / "good").touch()
    action = what["action"]
    assert home.http(action["method"], action["path"] + "?wait=30s", action["body"])[0] == 202
    assert home.http("GET", f"/api/v1/runs/{failed}:wait?wait=30s")[1]["state"] == "success"
    action = held["action"]
    assert home.http(action["method"], action["path"], action["body"])[0] == 200
    (home.dags / "broken.yaml").unlink()
    wait_for(lambda: get(home, "/attention")["items"] == [], what="nothing to do")


def test_a_dag_that_has_recovered_comes_last(home):
    run(home, "one", "failed")
    run(home, "two", "failed")
    assert [(item["kind"], item["count"]) for item in get(home, "/attention")["items"]] == [("failed", 2)]
    (home.work / "good").touch()
    run(home, "three", "success")
    assert [item["kind"] for item in get(home, "/attention")["items"]] == ["recovered"]
    assert get(home, "/attention?since=2000-01-01")["total"] == 1
    assert json.dumps(get(home, "/attention?limit=1&cursor=1")["items"]) == "[]"


def test_a_list_of_runs_tells_how_many_there_are(home):
    (home.work / "good").touch()
    for key in ("one", "two", "three"):
        run(home, key, "success")
    assert get(home, "/dags/flow/runs?limit=1")["total"] == 3
    assert get(home, "/runs?state=failed")["total"] == 0
    assert get(home, "/runs?since=1h")["total"] is None
    first = get(home, "/runs")["items"][0]
    assert first["created_at"] <= first["started_at"] <= first["ended_at"]


def stream(home, path, headers=None):
    """The blocks of a stream of events, as dictionaries."""
    connection = UnixConnection(home.path / "heddle.sock")
    connection.request("GET", "/api/v1" + path, headers=headers or {})
    answer = connection.getresponse()
    assert answer.status == 200, answer.read()
    event = {}
    for line in answer:
        key, _, value = line.decode().rstrip("\n").partition(": ")
        if key:
            event[key] = value
        elif event:
            yield event
            event = {}


def test_a_stream_of_topics_tells_those_and_moves_on_over_others(home):
    (home.work / "good").touch()
    run(home, "one", "success")
    last = get(home, "/facts?limit=1000")["items"][-1]["fact"]
    told = stream(home, "/stream?since=0&topics=run,dag")
    kinds = []
    while not kinds or kinds[-1] != "run.state":
        kinds.append(next(told)["event"])
    assert set(kinds) == {"dag.new", "run.new", "run.state"}
    # What is left out has no event, but the place behind it.
    quiet = next(stream(home, "/stream?since=0&topics=hold"))
    assert quiet == {"id": str(last)}
    again = stream(home, "/stream?since=0&topics=run", {"Last-Event-ID": str(last)})
    run(home, "two", "success")
    assert next(again)["event"] == "run.new"
    assert home.http("GET", "/api/v1/stream?topics=runs")[0] == 400


def test_a_stream_tells_when_the_broken_files_change(home):
    told = stream(home, "/stream?topics=errors")
    assert next(told) == {"event": "errors", "data": '{"total":0}'}
    (home.dags / "broken.yaml").write_text("id: broken\n")
    assert next(told)["data"] == '{"total":1}'
    (home.dags / "broken.yaml").unlink()
    assert next(told)["data"] == '{"total":0}'


def test_a_run_that_ends_as_it_begins_is_not_waited_for(home):
    (home.dags / "joints.yaml").write_text("id: joints\ntasks:\n  - {id: a, empty: }\n  - {id: b, empty: , depends_on: [a]}\n")
    wait_for(lambda: home.http("GET", "/api/v1/dags/joints")[0] == 200, what="the dag")
    began = time.monotonic()
    status, body, _ = home.http("POST", "/api/v1/dags/joints/runs?wait=30s", {"id": "a"})
    assert (status, body["state"]) == (201, "success") and time.monotonic() - began < 15


def memory_of(home):
    """Bytes that the daemon has for itself."""
    lines = pathlib.Path(f"/proc/{home.process.pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("RssAnon:"))


def test_clients_that_stop_reading_hold_no_memory(home):
    tasks = "".join(f"  - {{id: t{i}, empty: }}\n" for i in range(5000))
    (home.dags / "wide.yaml").write_text(f"id: wide\ntasks:\n{tasks}")
    wait_for(lambda: home.http("GET", "/api/v1/dags/wide")[0] == 200, what="the dag")
    assert home.http("POST", "/api/v1/dags/wide/runs?wait=60s", {"id": "a"})[1]["state"] == "success"
    facts = get(home, "/facts?limit=1")["items"][0]["fact"]
    before = memory_of(home)
    stalled = []
    for _ in range(40):
        connection = UnixConnection(home.path / "heddle.sock")
        connection.request("GET", f"/api/v1/stream?since={facts}")
        stalled.append((connection, connection.getresponse()))
    # All that their sockets take has been sent; what is left of megabytes stays in the database.
    (home.work / "good").touch()
    run(home, "one", "success")
    assert memory_of(home) - before < 20_000_000
    # One that reads again goes on where it stopped, and misses nothing.
    numbers = []
    for line in stalled[0][1]:
        if line.startswith(b"id: "):
            numbers.append(int(line[4:]))
        if len(numbers) == 4000:
            break
    assert numbers == list(range(facts + 1, facts + 4001))
    for connection, _ in stalled:
        connection.close()
    run(home, "two", "success")
