"""What the API tells of a real daemon: definitions, versions, streams, and who it answers."""

import concurrent.futures
import http.client
import json

import pytest

from daemon_home import Home, UnixConnection, wait_for

FLOW = """id: flow
tasks:
  - id: first
    description: says three words
    command: 'echo one; echo two; echo three'
  - {id: second, command: echo done, depends_on: [first]}
"""


@pytest.fixture
def home(tmp_path):
    home = Home(tmp_path)
    (home.dags / "flow.yaml").write_text(FLOW)
    home.start()
    yield home
    home.stop()


def events(home, path, headers=None):
    """The events of a stream, as dictionaries, as they come."""
    connection = UnixConnection(home.path / "heddle.sock")
    connection.request("GET", path, headers=headers or {})
    answer = connection.getresponse()
    assert answer.status == 200, answer.read()
    assert answer.getheader("Content-Type") == "text/event-stream"
    event = {}
    for line in answer:
        line = line.decode().rstrip("\n")
        if line.startswith(":"):
            continue
        if line:
            key, _, value = line.partition(":")
            event[key] = value.removeprefix(" ")
        elif event:
            yield event
            event = {}
    connection.close()


def run_once(home, key):
    status, run, _ = home.http("POST", "/api/v1/dags/flow/runs?wait=30s", {"id": key})
    assert status == 201 and run["state"] == "success", run
    return run["id"]


def test_a_dag_tells_what_it_is_made_of(home):
    run = run_once(home, "one")
    status, dag, headers = home.http("GET", "/api/v1/dags/flow")
    assert status == 200
    assert [task["id"] for task in dag["definition"]] == ["first", "second"]
    assert dag["definition"][0]["description"] == "says three words"
    assert dag["definition"][1]["depends_on"] == ["first"]
    assert dag["definition"][1]["trigger_rule"] == "all_success"
    assert [item["id"] for item in dag["last_runs"]] == [run]
    again = home.http("GET", "/api/v1/dags/flow", headers={"If-None-Match": headers["ETag"]})
    assert again[0] == 304


def test_every_text_a_dag_had_can_be_read(home):
    run_once(home, "one")
    old = home.http("GET", "/api/v1/dags/flow")[1]["hash"]
    (home.dags / "flow.yaml").write_text(FLOW.replace("three words", "some words"))
    wait_for(lambda: home.http("GET", "/api/v1/dags/flow")[1]["hash"] != old, what="the change")
    items = home.http("GET", "/api/v1/dags/flow/versions")[1]["items"]
    assert [item["in_force"] for item in items] == [True, False]
    assert items[1]["hash"] == old
    assert "some words" in home.http("GET", "/api/v1/dags/flow/source")[1]
    assert home.http("GET", f"/api/v1/dags/flow/source?version={old}")[1].strip() == FLOW.strip()
    status, problem, _ = home.http("GET", "/api/v1/dags/flwo/versions")
    assert status == 404 and "did you mean 'flow'" in problem["detail"]


def test_a_stream_tells_a_run_from_its_beginning_to_its_end(home):
    stream = events(home, "/api/v1/stream?since=0")
    run = run_once(home, "one")
    seen = []
    for event in stream:
        fact = json.loads(event["data"])
        assert fact["fact"] == int(event["id"]) and fact["kind"] == event["event"]
        seen.append(fact)
        if fact["kind"] == "run.state" and fact["to"] == "success":
            break
    numbers = [fact["fact"] for fact in seen]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    assert seen[-1]["run"] == run
    middle = numbers[len(numbers) // 2]
    rest = next(events(home, "/api/v1/stream", {"Last-Event-ID": str(middle)}))
    assert int(rest["id"]) == middle + 1


def test_a_log_is_told_line_by_line(home):
    run = run_once(home, "one")
    path = f"/api/v1/runs/{run}/tasks/first/attempts/1/log"
    told = list(events(home, path, {"Accept": "text/event-stream"}))
    words = lambda found: [event["data"].split(" ")[-1] for event in found]  # after their times
    assert words(told) == ["one", "two", "three", ""]
    assert told[-1]["event"] == "end"
    rest = list(events(home, path, {"Accept": "text/event-stream", "Last-Event-ID": told[0]["id"]}))
    assert words(rest) == ["two", "three", ""]
    page = home.http("GET", path + "?find=tw")[1]
    assert [item["line"] for item in page["items"]] == [2] and page["next"] is None
    page = home.http("GET", path + "?from=2&lines=1")[1]
    assert page["items"][0]["text"].endswith(" two") and page["next"] == 3


def test_a_cookie_that_nobody_gave_opens_nothing(home):
    connection = http.client.HTTPConnection("127.0.0.1", home.port(), timeout=10)
    cookie = {"Cookie": f"heddle_session_{home.port()}={'0' * 64}"}
    connection.request("GET", "/api/v1/dags", headers=cookie)
    assert connection.getresponse().status == 401
    connection.close()
    connection = http.client.HTTPConnection("127.0.0.1", home.port(), timeout=10)
    connection.request("GET", f"/sign-in/{'0' * 64}")
    answer = connection.getresponse()
    assert answer.status == 403 and answer.getheader("Set-Cookie") is None
    connection.close()
    assert home.http("GET", "/api/v1/session", headers=cookie)[1]["csrf"] is None


def test_a_change_of_what_has_changed_is_refused(home):
    see = lambda: home.http("GET", "/api/v1/dags/flow")[2]["ETag"]
    change = lambda tag, paused=True: home.http(
        "PATCH", "/api/v1/dags/flow", {"paused": paused}, {"If-Match": tag})[0]
    paused = lambda: home.http("GET", "/api/v1/dags/flow")[1]["paused"]
    first = see()
    assert change('"00000000000000000000000000000000"') == change("W/" + first) == change("") == 412
    assert paused() is False
    assert change(f'"0", {first}') == 200 and paused() is True
    status, problem, _ = home.http("PATCH", "/api/v1/dags/flow", {"paused": False}, {"If-Match": first})
    assert status == 412 and "look at /api/v1/dags/flow again" in problem["detail"] and paused() is True
    assert change("*", False) == 200 and paused() is False
    assert home.http("PATCH", "/api/v1/dags/flwo", {"paused": True}, {"If-Match": "*"})[0] == 404
    # A run of it is news, too.
    before = see()
    run_once(home, "one")
    assert change(before) == 412
    # Of many that saw the same, one comes through.
    for _ in range(5):
        tag, wanted = see(), not paused()
        with concurrent.futures.ThreadPoolExecutor(12) as pool:
            answers = list(pool.map(lambda _: change(tag, wanted), range(12)))
        assert sorted(answers) == [200] + 11 * [412]
        assert paused() is wanted


def test_a_stream_goes_on_for_who_has_seen_more_than_there_is(home):
    """As after a restore: the facts of then are gone, and their numbers come again."""
    newest = lambda: home.http("GET", "/api/v1/runs")[1]["items"][0]["last_fact"]
    run_once(home, "one")
    before = newest()
    for path, header in (("/api/v1/stream", {"Last-Event-ID": "999999999"}), ("/api/v1/stream?since=999999999", {})):
        connection = UnixConnection(home.path / "heddle.sock", 10)
        connection.request("GET", path, headers=header)
        answer = connection.getresponse()
        assert answer.readline().decode() == f"id: {newest()}\n" and answer.readline() == b"\n"
        run_once(home, "again" + path[-1])
        assert answer.readline().decode() == f"id: {before + 1}\n", "nothing is left out"
        before = newest()
        connection.close()


def test_a_target_in_absolute_form_counts_instead_of_the_host(home):
    """As proxies send it; the name in it is checked as a Host is."""
    connection = http.client.HTTPConnection("127.0.0.1", home.port(), timeout=10)
    token = {"Authorization": "Bearer " + (home.path / "token").read_text().strip()}
    port = home.port()

    def ask(target, host):
        connection.putrequest("GET", target, skip_host=True)
        for name, value in {"Host": host, **token}.items():
            connection.putheader(name, value)
        connection.endheaders()
        answer = connection.getresponse()
        return answer.status, answer.read()
    for target in (f"http://127.0.0.1:{port}/api/v1/dags", f"HTTP://localhost:{port}/api/v1/dags/flow?"):
        assert ask(target, "whatever.example")[0] == 200
    for target in ("http://evil.example/api/v1/dags", "http://localhost@evil.example/api/v1/dags", "http:///api/v1/dags"):
        status, body = ask(target, f"127.0.0.1:{port}")
        assert status == 403 and b"'Host' is" in body
    connection.close()
