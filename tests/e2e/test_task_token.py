"""What a task may ask the daemon that runs it: with its own token, and with nothing else it could lay
its hands on."""

import http.client
import json
import os
import re
import shutil
import signal
import sqlite3

import pytest

from daemon_home import wait_for

# One that every user may run.
PYTHON = shutil.which("python3", path="/usr/bin:/usr/local/bin:/bin")
TOKEN = re.compile(r"hdt1\.\d+\.[0-9a-f]{64}")


def dags(home, command, name="asks", domain="D1", **more):
    """One dag that runs command; beside it `near` of the same domain, `far` of another, `free` of none."""
    home.dag(f"{name}.yaml", json.dumps({
        "id": name, **({"domain": domain} if domain else {}),
        "tasks": [{"id": "t", "command": command, **more}]}))
    for other, of in (("near", "D1"), ("far", "D2"), ("free", None)):
        home.dag(f"{other}.yaml", json.dumps({
            "id": other, **({"domain": of} if of else {}), "tasks": [{"id": "t", "command": "echo done"}]}))


def run_it(home, dag="asks"):
    """The log of the only task, without its times, once the run has ended."""
    run = home.trigger(dag)
    ended = home.wait_run(run)
    text = home.log_of(run, "t")
    assert ended["state"] == "success", text
    return run, "".join(line.split(" ", 1)[1] if " " in line else line for line in text.splitlines(True))


def hold(home):
    """Shell text: tells the task's token and address, then runs until the file `go` is there."""
    return (f'printf "%s\\n%s\\n" "$HEDDLE_TOKEN" "$HEDDLE_URL" > {home.work}/told.tmp; '
            f'mv {home.work}/told.tmp {home.work}/told; '
            f'while [ ! -e {home.work}/go ]; do sleep 0.02; done')


def told(home):
    path = home.work / "told"
    wait_for(path.exists, what="the task has begun")
    return path.read_text().split()


def ask(url, token, path="/api/v1/session", method="GET", body=None):
    host = url.split("//", 1)[1]
    connection = http.client.HTTPConnection(host, timeout=30)
    try:
        connection.request(method, path, json.dumps(body) if body is not None else None,
                           {"Authorization": f"Bearer {token}"} if token else {})
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def test_heddle_in_a_task_asks_by_itself(home):
    heddle = home.bin / "heddle"
    dags(home, f'env > {home.work}/env; {heddle} trigger near --wait; {heddle} ls dags; '
         f'{heddle} note "$HEDDLE_RUN_ID" "from within"; {heddle} logs "$HEDDLE_RUN_ID"; '
         f'{heddle} --home {home.path} ls runs --dag near')
    home.start()
    run, text = run_it(home)
    env = dict(line.split("=", 1) for line in (home.work / "env").read_text().splitlines())
    assert env["HEDDLE_URL"] == f"http://127.0.0.1:{home.port()}"
    assert TOKEN.fullmatch(env["HEDDLE_TOKEN"])
    parent = re.fullmatch(r"D1/asks\.t/([0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12})",
                          env["OPENLINEAGE_PARENT_ID"])
    assert parent, env["OPENLINEAGE_PARENT_ID"]
    assert "near" in text and "far" not in text and "free" not in text
    notes = home.run(run)["notes"]
    assert [(note["text"], note["actor"]) for note in notes] == [("from within", f"task:{run}/t#1")]
    facts = home.http("GET", "/api/v1/facts?limit=1000")[1]["items"]
    assert f"task:{run}/t#1" in {fact["actor"] for fact in facts if fact["dag"] == "near"}


def test_the_token_stands_nowhere_but_in_the_environment(home):
    dags(home, hold(home))
    home.start()
    run = home.trigger("asks")
    token, _ = told(home)
    lines = "\n".join(home.processes().values())
    assert token not in lines
    (home.work / "go").touch()
    home.wait_run(run)
    home.stop()
    secret = token.rsplit(".", 1)[1].encode()
    for path in home.path.rglob("*"):
        if path.is_file():
            assert secret not in path.read_bytes(), path
    assert secret.decode() not in home.log_text()


def test_nor_in_the_log_of_a_task_that_prints_it(home):
    dags(home, "env; echo token=$HEDDLE_TOKEN >&2; printf 'hdt1.'; sleep 0.1; printf '%s' \"${HEDDLE_TOKEN#hdt1.}\"")
    home.start()
    run, text = run_it(home)
    assert "HEDDLE_TOKEN=hdt1.***" in text and "token=hdt1.***" in text and text.endswith("hdt1.***")
    assert not TOKEN.search(home.cli("logs", run).stdout)


RIGHTS = [  # method, path, body, status to a task of D1
    ("GET", "/api/v1/dags/near", None, 200),
    ("GET", "/api/v1/dags/near/source", None, 200),
    ("GET", "/api/v1/dags/near/runs", None, 200),
    ("GET", "/api/v1/runs?dag=near", None, 200),
    ("POST", "/api/v1/dags/near/runs?wait=20s", {}, 201),
    ("GET", "/api/v1/runs/{own}", None, 200),
    ("GET", "/api/v1/runs/{own}/tasks/t/attempts/1/log", None, 200),
    ("GET", "/api/v1/runs/{own}/tasks/t/attempts/1/artifacts", None, 200),
    ("GET", "/api/v1/facts?run={own}", None, 200),
    ("POST", "/api/v1/runs/{own}:note", {"text": "x"}, 202),
    ("GET", "/api/v1/runs/{near}", None, 200),
    ("GET", "/healthz", None, 200),
    ("GET", "/api/v1/dags/far", None, 403),
    ("GET", "/api/v1/dags/free", None, 403),
    ("GET", "/api/v1/dags/not_there", None, 403),
    ("GET", "/api/v1/dags/far/source", None, 403),
    ("GET", "/api/v1/runs?dag=far", None, 403),
    ("GET", "/api/v1/runs", None, 403),
    ("GET", "/api/v1/facts", None, 403),
    ("GET", "/api/v1/stream", None, 403),
    ("GET", "/api/v1/facts?run={far}", None, 403),
    ("GET", "/api/v1/stream?run={far}", None, 403),
    ("GET", "/api/v1/runs/{far}", None, 403),
    ("GET", "/api/v1/runs/{far}:wait", None, 403),
    ("GET", "/api/v1/runs/{far}/tasks", None, 403),
    ("GET", "/api/v1/runs/{far}/tasks/t", None, 403),
    ("GET", "/api/v1/runs/{far}/tasks/t/attempts/latest/log", None, 403),
    ("GET", "/api/v1/runs/{far}/tasks/t/attempts/1/artifacts", None, 403),
    ("GET", "/api/v1/runs/{far}/tasks/t/attempts/1/artifacts/x", None, 403),
    ("GET", "/api/v1/runs/0000000000000000", None, 403),
    ("POST", "/api/v1/dags/far/runs", {}, 403),
    ("POST", "/api/v1/dags/near/runs", {"force": True}, 403),
    ("POST", "/api/v1/dags/free/runs", {}, 403),
    ("POST", "/api/v1/runs/{near}:note", {"text": "x"}, 403),
    ("POST", "/api/v1/runs/{own}:cancel", {}, 403),
    ("POST", "/api/v1/runs/{own}:rerun", {}, 403),
    ("POST", "/api/v1/runs/{own}/tasks/t:mark", {"state": "success", "reason": "x"}, 403),
    ("PATCH", "/api/v1/dags/near", {"paused": True}, 403),
    ("POST", "/api/v1/dags:pause", {}, 403),
    ("POST", "/api/v1/dags:resume", {}, 403),
    ("GET", "/api/v1/dags?domain=D2", None, 403),
    ("GET", "/api/v1/dags/near/grid", None, 200),
    ("GET", "/api/v1/dags/far/grid", None, 403),
    ("GET", "/api/v1/attention", None, 403),
    ("GET", "/api/v1/errors", None, 403),
    ("GET", "/api/v1/pools", None, 403),
    ("GET", "/api/v1/runs/{own}/why", None, 403),
]


def test_a_task_has_the_rights_of_its_domain_and_no_others(home):
    dags(home, hold(home))
    home.start()
    ids = {"near": home.trigger("near", "--wait"), "far": home.trigger("far", "--wait")}
    ids["own"] = home.trigger("asks")
    token, url = told(home)
    got = {(method, path): ask(url, token, path.format(**ids), method, body)
           for method, path, body, _ in RIGHTS}
    assert {key: answer[0] for key, answer in got.items()} == {row[:2]: row[3] for row in RIGHTS}
    for status, text in got.values():
        if status >= 400:
            assert json.loads(text)["status"] == status
        assert ids["far"] not in text or status == 403, "nothing of another domain is told"
    assert [dag["id"] for dag in json.loads(ask(url, token, "/api/v1/dags?limit=1")[1])["items"]] == ["asks"]
    (home.work / "go").touch()
    home.wait_run(ids["own"])


def test_the_beginning_of_an_id_tells_a_task_nothing_of_others(home):
    dags(home, hold(home))
    home.start()
    far = [home.http("POST", "/api/v1/dags/far/runs", {})[1]["id"] for _ in range(17)]
    own = home.trigger("asks")
    token, url = told(home)
    answers = [ask(url, token, f"/api/v1/runs/{digit}") for digit in "0123456789abcdef"]
    assert {status for status, _ in answers} <= {200, 403}, "two of 17 begin alike: that is not said"
    assert not [run for run in far for _, text in answers if run in text]
    assert ask(url, token, f"/api/v1/runs/{own}")[0] == 200
    (home.work / "go").touch()
    home.wait_run(own)


def test_a_stream_of_a_task_counts_no_errors_of_others(home):
    dags(home, hold(home))
    home.start()
    own = home.trigger("asks")
    token, url = told(home)
    connection = http.client.HTTPConnection(*url.removeprefix("http://").split(":"), timeout=20)
    connection.request("GET", f"/api/v1/stream?run={own}&topics=run,errors&since=0",
                       headers={"Authorization": f"Bearer {token}"})
    text = connection.getresponse().read1(65536).decode()
    connection.close()
    assert "event: run.new" in text and "event: errors" not in text
    (home.work / "go").touch()
    home.wait_run(own)


def test_every_route_of_the_table_was_thought_of(home):
    """What is not opened to tasks stays closed: no route that comes later is theirs by mistake."""
    dags(home, hold(home))
    home.start()
    run = home.trigger("asks")
    token, url = told(home)
    document = json.loads(ask(url, token, "/api/v1/openapi.json")[1])
    open_to_tasks = {path.split("?")[0].format(own="{run}", near="{run}", far="{run}").replace("/near", "/{dag}")
                     .replace("/far", "/{dag}").replace("/free", "/{dag}")
                     for _, path, _, status in RIGHTS if status < 300}
    names = {"dag": "far", "run": "0" * 16, "task": "t", "attempt": "1", "secret": "0" * 64,
             "artifact": "x"}
    for path, methods in document["paths"].items():
        for method in methods:
            if path in open_to_tasks or not path.startswith("/api/v1/"):
                continue
            status, text = ask(url, token, path.format(**names), method.upper(), {})
            known = path in ("/api/v1/openapi.json", "/api/v1/session", "/api/v1/dags")
            assert status in ((200,) if known and method == "get" else (403, 404)), (method, path, text)
    (home.work / "go").touch()
    home.wait_run(run)


def test_tasks_without_a_domain_keep_to_themselves(home):
    dags(home, hold(home), domain=None)
    home.start()
    run = home.trigger("asks")
    token, url = told(home)
    assert [ask(url, token, f"/api/v1/dags/{dag}")[0] for dag in ("asks", "free", "near", "far")] == [
        200, 200, 403, 403]
    (home.work / "go").touch()
    home.wait_run(run)


CONNECT = """
import os, socket, sys
def ask(sock, token=None):
    line = f"Authorization: Bearer {token}\\r\\n" if token else ""
    sock.sendall(f"GET /api/v1/dags HTTP/1.1\\r\\nHost: x\\r\\n{line}Connection: close\\r\\n\\r\\n".encode())
    answer = b""
    while part := sock.recv(65536):
        answer += part
    return answer.split()[1].decode()
def connect():
    sock = socket.socket(socket.AF_UNIX)
    sock.connect(sys.argv[1])
    return sock
"""

# name, what runs inside of the task
WAYS = {
    "plainly": "print(ask(connect()))",
    "with the home's token": "print(ask(connect(), open(sys.argv[2]).read().strip()))",
    "with a token of nobody": "print(ask(connect(), 'hdt1.1.' + '0' * 64))",
    "after a child that connected and went away": """
mine, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
if os.fork() == 0:
    sock = connect()
    socket.send_fds(theirs, [b"x"], [sock.fileno()])
    os._exit(0)
_, fds, _, _ = socket.recv_fds(mine, 1, 1)
os.wait()
print(ask(socket.socket(fileno=fds[0])))
""",
    "double-forked into a session of its own": """
read, write = os.pipe()
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.close(1); os.dup2(write, 1)
        os.execve(sys.executable, [sys.executable, "-c", sys.argv[3], *sys.argv[1:]], {})
    os._exit(0)
os.wait(); os.close(write)
print(os.read(read, 100).decode().strip())
""",
}


REFUSED = {way: ("401", "403") if "went away" in way else ("401",) for way in WAYS}


def attack(home, way):
    script = home.work / "ask.py"
    script.write_text(CONNECT + WAYS[way])
    inner = (CONNECT + WAYS["plainly"]).replace("'", "'\\''")
    return (f"env -i {PYTHON} {script} {home.path}/heddle.sock {home.path}/token '{inner}'")


@pytest.mark.parametrize("way", WAYS)
def test_a_peer_inside_a_task_is_not_trusted_by_its_user(home, way):
    dags(home, attack(home, way))
    home.start()
    assert home.http("GET", "/api/v1/dags")[0] == 200  # from outside
    _, text = run_it(home)
    assert text.strip() in REFUSED[way], text


@pytest.mark.parametrize("way", WAYS)
def test_nor_is_one_without_a_cgroup(nobody, way):
    dags(nobody, attack(nobody, way))
    nobody.start()
    assert nobody.http("GET", "/api/v1/dags")[0] == 200  # root
    _, text = run_it(nobody)
    assert text.strip() in REFUSED[way], text


@pytest.mark.parametrize("also_the_launcher", (False, True))
def test_what_is_left_of_a_dead_shim_is_inside_too(nobody, also_the_launcher):
    """Until it is found and ended, it asks all the time."""
    script = nobody.work / "ask.py"
    script.write_text(CONNECT + f"""
while True:
    answer = ask(connect())
    open("{nobody.work}/answers", "a").write(answer + "\\n")
""")
    answers = nobody.work / "answers"
    dags(nobody, f"setsid {PYTHON} {script} {nobody.path}/heddle.sock & sleep 300")
    nobody.start()
    run = nobody.trigger("asks")
    wait_for(lambda: answers.exists() and len(answers.read_text().split()) > 3)
    victims = nobody.shims() + (nobody.launcher() if also_the_launcher else [])
    for pid in victims:
        os.kill(pid, signal.SIGKILL)
    assert nobody.wait_run(run)["state"] == "failed"
    assert set(answers.read_text().split()) == {"401"}
    nobody.assert_nothing_left()


def test_a_stolen_token_is_its_owners_alone(home):
    dags(home, hold(home))
    home.dag("thief.yaml", json.dumps({"id": "thief", "domain": "D2", "tasks": [{"id": "t", "command":
             f"{PYTHON} -c '{CONNECT}print(ask(connect(), open(sys.argv[2]).read().split()[0]))' "
             f"{home.path}/heddle.sock {home.work}/told"}]}))
    home.start()
    run = home.trigger("asks")
    told(home)
    _, text = run_it(home, "thief")
    assert text.strip() == "403"
    (home.work / "go").touch()
    home.wait_run(run)


def test_a_token_ends_with_its_attempt(home):
    dags(home, hold(home) + "; [ $HEDDLE_ATTEMPT = 2 ]", retries=1, retry_delay="100ms")
    home.start()
    run = home.trigger("asks")
    first, url = told(home)
    assert ask(url, first)[0] == 200
    (home.work / "told").unlink()
    (home.work / "go").touch()
    second, _ = told(home)
    assert first != second
    home.wait_run(run)
    for token in (first, second):
        status, text = ask(url, token)
        assert status == 401 and "over" in json.loads(text)["detail"]
        status, answer, _ = home.http("GET", "/api/v1/dags", headers={"Authorization": f"Bearer {token}"})
        assert status == 401, answer
    done = home.cli("--url", url, "ls", "dags", env={"HEDDLE_TOKEN": first})
    assert done.returncode == 5 and "over" in done.stderr


def test_what_a_task_follows_ends_with_it(home):
    dags(home, hold(home))
    home.dag("long.yaml", json.dumps({"id": "long", "domain": "D1", "tasks": [
        {"id": "t", "command": f"echo begun; while [ ! -e {home.work}/end ]; do sleep 0.02; done"}]}))
    home.start()
    other = home.trigger("long")
    wait_for(lambda: "begun" in home.log_of(other, "t"))
    run = home.trigger("asks")
    token, url = told(home)
    connections = []
    for path in (f"/api/v1/stream?run={other}", f"/api/v1/runs/{other}/tasks/t/attempts/1/log?follow=1",
                 f"/api/v1/runs/{other}:wait?wait=300s"):
        connection = http.client.HTTPConnection(url.split("//")[1], timeout=30)
        connection.request("GET", path, headers={"Authorization": f"Bearer {token}"})
        connections.append(connection)
    answers = [connection.getresponse() for connection in connections[:2]]
    (home.work / "go").touch()
    home.wait_run(run)
    for answer in answers:
        try:
            answer.read()  # it ends, though the other run goes on
        except http.client.IncompleteRead:
            pass
    assert json.loads(connections[2].getresponse().read())["state"] == "running"
    for connection in connections:
        connection.close()
    (home.work / "end").touch()
    home.wait_run(other)


def test_a_running_task_does_not_notice_a_new_daemon(home):
    dags(home, hold(home))
    home.start()
    run = home.trigger("asks")
    token, url = told(home)
    for stop in (home.kill, home.stop):
        stop()
        home.start()
        assert f"http://127.0.0.1:{home.port()}" == url
        assert ask(url, token)[0] == 200
    (home.work / "go").touch()
    assert home.wait_run(run)["state"] == "success"


def test_without_tcp_the_address_is_the_socket(home):
    heddle = home.bin / "heddle"
    dags(home, f'echo "$HEDDLE_URL"; {heddle} trigger near --wait; {heddle} trigger far || echo "exit $?"')
    home.spawn(extra=("--listen", "none"))
    wait_for(home.ready)
    _, text = run_it(home)
    assert text.startswith(f"unix:{home.path}/heddle.sock\n") and text.endswith("exit 5\n")


def test_a_home_of_its_own_is_not_the_tasks_daemon(home):
    """A task may run daemons and files of its own."""
    heddle = home.bin / "heddle"
    dags(home, f'printf "id: inner\\ntasks: [{{id: a, command: echo inner}}]\\n" > {home.work}/inner.yaml; '
         f'{heddle} run {home.work}/inner.yaml')
    home.start()
    _, text = run_it(home)
    assert "inner" in text and "success" in text


def test_the_key_of_the_home_is_private_and_can_be_made_anew(home):
    dags(home, "true")
    home.start()
    key = home.path / "task.key"
    assert key.stat().st_mode & 0o777 == 0o600
    home.stop()
    key.write_text("nonsense\n")
    home.spawn()
    assert home.process.wait(30) == 3
    assert "task.key' holds no key" in home.log_text()
    key.write_text("")  # as a power cut leaves it
    home.start()
    assert len(key.read_text()) == 65
    assert sqlite3.connect(home.path / "heddle.db").execute("select count(*) from run").fetchone() == (0,)
