"""A dag file runs: order, outcomes, retries, timeouts, cancel, logs, and what the surfaces say."""

import ctypes
import datetime
import json
import os
import re
import signal
import socket
import subprocess
import time

import pytest

from daemon_home import wait_for

TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z "


def test_tasks_run_in_order_and_the_run_succeeds(home):
    home.dag("etl.yaml", f"""
id: etl
tasks:
  - {{id: load, depends_on: [clean], command: echo load >> {home.work}/order}}
  - {{id: extract, command: echo extract >> {home.work}/order}}
  - {{id: clean, depends_on: [extract], command: echo clean >> {home.work}/order}}
""")
    home.start()
    done = home.cli("trigger", "etl", "--wait")
    assert done.returncode == 0, done.stderr
    assert (home.work / "order").read_text().split() == ["extract", "clean", "load"]
    shown = json.loads(home.cli("runs", "show", "--dag", "etl", "--latest", "--json").stdout)
    assert shown["dag"] == "etl" and shown["state"] == "success"
    assert shown["tasks"] == {"extract": "success", "clean": "success", "load": "success"}
    home.assert_nothing_left()


def test_fan_out_and_join(home):
    tasks = "".join(f"  - {{id: t{i}, depends_on: [first], command: 'echo {i} >> {home.work}/out'}}\n"
                    for i in range(50))
    home.dag("fan.yaml", f"id: fan\nmax_active_tasks: 8\ntasks:\n  - {{id: first, command: 'true'}}\n{tasks}"
             f"  - {{id: join, depends_on: [{', '.join(f't{i}' for i in range(50))}], "
             f"command: 'sort -n {home.work}/out > {home.work}/sorted'}}\n")
    home.start()
    assert home.cli("trigger", "fan", "--wait").returncode == 0
    assert (home.work / "sorted").read_text().split() == [str(i) for i in range(50)]


def test_a_failure_spreads_and_says_why(home):
    home.dag("bad.yaml", """
id: bad
tasks:
  - {id: a, command: exit 3}
  - {id: b, depends_on: [a], command: 'true'}
  - {id: c, depends_on: [b], command: 'true'}
  - {id: d, command: 'true'}
""")
    home.start()
    done = home.cli("trigger", "bad", "--wait")
    assert done.returncode == 1
    run = json.loads(home.cli("runs", "show", "--dag", "bad", "--latest", "--json").stdout)
    assert run["state"] == "failed"
    assert run["tasks"] == {"a": "failed", "b": "upstream_failed", "c": "upstream_failed", "d": "success"}
    task = home.task(run["id"], "a")
    assert task["attempts"][0]["exit_code"] == 3
    assert "'a'" in home.task(run["id"], "b")["reason"]


def test_a_task_is_tried_again_after_its_delay(home):
    home.dag("again.yaml", f"""
id: again
tasks:
  - id: flaky
    retries: 2
    retry_delay: 300ms
    retry_jitter: 0
    command: 'echo "try $HEDDLE_ATTEMPT" | tee -a {home.work}/tries; [ "$HEDDLE_ATTEMPT" = 3 ]'
""")
    home.start()
    begin = time.monotonic()
    assert home.cli("trigger", "again", "--wait").returncode == 0
    assert time.monotonic() - begin >= 0.6
    assert (home.work / "tries").read_text() == "try 1\ntry 2\ntry 3\n"
    run = home.http("GET", "/api/v1/runs?dag=again")[1]["items"][0]
    attempts = home.task(run["id"], "flaky")["attempts"]
    assert [a["number"] for a in attempts] == [1, 2, 3]
    assert [a["exit_code"] for a in attempts] == [1, 1, 0]
    assert "try 2" in home.log_of(run["id"], "flaky", 2)
    assert "try 3" in home.log_of(run["id"], "flaky", 3)


def test_exit_code_99_skips_and_what_follows_is_skipped(home):
    home.dag("skip.yaml", """
id: skip
tasks:
  - {id: a, command: exit 99}
  - {id: b, depends_on: [a], command: 'true'}
""")
    home.start()
    assert home.cli("trigger", "skip", "--wait").returncode == 0
    run = json.loads(home.cli("runs", "show", "--dag", "skip", "--latest", "--json").stdout)
    assert run["tasks"] == {"a": "skipped", "b": "skipped"}


def test_a_timeout_ends_the_whole_tree(home):
    home.dag("slow.yaml", f"""
id: slow
tasks:
  - id: a
    timeout: 500ms
    command: 'sleep 300 & sleep 301; echo never > {home.work}/never'
""")
    home.start()
    assert home.cli("trigger", "slow", "--wait").returncode == 1
    run = home.http("GET", "/api/v1/runs?dag=slow")[1]["items"][0]
    attempt = home.task(run["id"], "a")["attempts"][0]
    assert attempt["cause"] == "timeout" and 400 <= attempt["duration_ms"] < 5000
    assert not (home.work / "never").exists()
    home.assert_nothing_left()


def test_what_cannot_start_says_so_and_is_not_tried_again(home):
    home.dag("nope.yaml", """
id: nope
tasks:
  - {id: program, command: [/bin/no-such-program], retries: 3, retry_delay: 1ms}
  - {id: folder, command: 'true', cwd: /no/such/folder}
  - {id: shell, command: frobnicate --now}
""")
    home.start()
    assert home.cli("trigger", "nope", "--wait").returncode == 1
    run = home.http("GET", "/api/v1/runs?dag=nope")[1]["items"][0]
    program = home.task(run["id"], "program")
    assert [a["cause"] for a in program["attempts"]] == ["could_not_start"]
    assert "/bin/no-such-program" in program["attempts"][0]["reason"]
    assert "No such file" in program["attempts"][0]["reason"]
    folder = home.task(run["id"], "folder")
    assert "/no/such/folder" in folder["attempts"][0]["reason"]
    assert "exit code 127 (the shell found no such program" in home.task(run["id"], "shell")["reason"]
    assert "frobnicate" in home.log_of(run["id"], "shell")


def test_a_task_finds_its_surroundings_and_nothing_else(home):
    home.dag("sub/env.yaml", """
id: env
tasks:
  - {id: show, command: [env], env: {GREETING: "hello world", EMPTY: ""}}
  - {id: where, command: [pwd]}
  - {id: elsewhere, command: [pwd], cwd: /tmp}
  - {id: beside, command: [pwd], cwd: ..}
  - {id: stdin, command: wc -c}
  - {id: process, command: "umask; grep -E 'Sig(Blk|Ign)' /proc/self/status; ls /proc/self/fd | wc -l"}
""")
    home.start(env={"SECRET_OF_THE_DAEMON": "x"})
    assert home.cli("trigger", "env", "--wait").returncode == 0
    run = home.http("GET", "/api/v1/runs?dag=env")[1]["items"][0]["id"]
    lines = [re.sub(TIME, "", line) for line in home.log_of(run, "show").splitlines()]
    names = {line.split("=", 1)[0] for line in lines}
    assert names == {"PATH", "HOME", "USER", "LANG", "TZ", "TMPDIR", "HEDDLE_DAG", "HEDDLE_RUN_ID",
                     "HEDDLE_TASK", "HEDDLE_ATTEMPT", "HEDDLE_RUN_DIR", "HEDDLE_ATTEMPT_ID",
                     "HEDDLE_PERIOD", "HEDDLE_PERIOD_START", "HEDDLE_PERIOD_END", "HEDDLE_OUTPUT",
                     "HEDDLE_PROGRESS", "HEDDLE_ARTIFACTS", "HEDDLE_URL", "HEDDLE_TOKEN",
                     "OPENLINEAGE_PARENT_ID", "GREETING", "EMPTY"}
    assert "GREETING=hello world" in lines and "TZ=UTC" in lines and f"HEDDLE_RUN_ID={run}" in lines
    assert home.log_of(run, "where").rstrip().endswith("/dags/sub")
    assert home.log_of(run, "elsewhere").rstrip().endswith("Z /tmp")
    assert home.log_of(run, "beside").rstrip().endswith("/dags/sub/..") or \
        home.log_of(run, "beside").rstrip().endswith("/dags")
    assert home.log_of(run, "stdin").rstrip().endswith("Z 0")
    found = [re.sub(TIME, "", line).split()[-1] for line in home.log_of(run, "process").splitlines()]
    assert found == ["0022", "0" * 16, "0" * 16, "4"], "umask, no signal blocked or ignored, no descriptor"


def test_log_keeps_order_and_time_and_can_be_followed(home):
    home.dag("talk.yaml", f"""
id: talk
tasks:
  - id: a
    command: 'echo one; echo two >&2; printf "three "; while [ ! -e {home.work}/go ]; do sleep 0.01; done; echo four'
""")
    home.start()
    run = home.trigger("talk")
    wait_for(lambda: "three" in home.log_of(run, "a"), what="partial line is readable")
    (home.work / "go").touch()
    followed = home.cli("logs", run, "a", "-f")
    assert followed.returncode == 0
    assert re.fullmatch(f"{TIME}one\n{TIME}two\n{TIME}three four\n", followed.stdout), followed.stdout
    assert home.wait_run(run)["state"] == "success"


def test_cancel_ends_what_runs_and_what_waits(home):
    home.dag("long.yaml", f"""
id: long
tasks:
  - {{id: a, command: 'sleep 300'}}
  - {{id: b, depends_on: [a], command: 'touch {home.work}/b'}}
""")
    home.start()
    run = home.trigger("long")
    wait_for(lambda: home.run(run)["tasks"]["a"] == "running")
    done = home.cli("cancel", run, "--reason", "wrong day")
    assert done.returncode == 0, done.stderr
    ended = home.wait_run(run)
    assert ended["state"] == "cancelled"
    assert ended["tasks"] == {"a": "cancelled", "b": "cancelled"}
    assert "wrong day" in json.dumps(home.http("GET", f"/api/v1/facts?run={run}")[1])
    assert not (home.work / "b").exists()
    home.assert_nothing_left()


def test_the_same_key_never_makes_a_second_run(home):
    home.dag("once.yaml", f"id: once\ntasks: [{{id: a, command: 'echo x >> {home.work}/x'}}]\n")
    home.start()
    first = home.trigger("once", "--id", "2026-11-20", "--wait")
    again = home.trigger("once", "--id", "2026-11-20", "--wait")
    assert first == again
    status, answer, _ = home.http("POST", "/api/v1/dags/once/runs", {},
                                  {"Idempotency-Key": "2026-11-20"})
    assert status == 200 and answer["id"] == first
    assert (home.work / "x").read_text() == "x\n"
    assert home.trigger("once", "--wait") != first


def test_max_active_tasks_and_the_pool_hold(home):
    body = f'"n=$(ls {home.work}/r | wc -l); touch {home.work}/r/$HEDDLE_TASK; echo $((n + 1)) >> {home.work}/n; ' \
           f'sleep 0.05; rm {home.work}/r/$HEDDLE_TASK"'
    (home.work / "r").mkdir()
    for name, keys in (("limit", "max_active_tasks: 3"), ("pool", "pools: {default: 2}")):
        tasks = "".join(f"  - {{id: t{i}, command: {body}}}\n" for i in range(20))
        home.dag(f"{name}.yaml", f"id: {name}\n{keys}\ntasks:\n{tasks}")
    home.start()
    assert home.cli("trigger", "limit", "--wait").returncode == 0
    assert max(map(int, (home.work / "n").read_text().split())) <= 3
    (home.work / "n").unlink()
    assert home.cli("trigger", "pool", "--wait").returncode == 0
    assert max(map(int, (home.work / "n").read_text().split())) <= 2


def test_resources_are_measured(home):
    home.dag("use.yaml", """
id: use
tasks:
  - {id: a, command: [python3, -c, "x = bytearray(60_000_000)\\nfor i in range(3_000_000): pass"]}
""")
    home.start()
    assert home.cli("trigger", "use", "--wait").returncode == 0
    run = home.http("GET", "/api/v1/runs?dag=use")[1]["items"][0]["id"]
    attempt = home.task(run, "a")["attempts"][0]
    assert 50_000_000 < attempt["max_rss_bytes"] < 400_000_000
    assert 20 < attempt["cpu_user_ms"] < 60_000
    assert attempt["started_at"] < attempt["ended_at"]


def test_broken_files_do_not_hinder_the_others(home):
    home.dag("good.yaml", "id: good\ntasks: [{id: a, command: 'true'}]\n")
    home.dag("bad.yaml", "id: bad\ntasks:\n  - {id: a, comand: 'true'}\n")
    home.start()
    errors = json.loads(home.cli("ls", "errors", "--json").stdout)
    assert len(errors) >= 1 and errors[0]["file"] == "bad.yaml" and errors[0]["line"] == 3
    assert "command" in errors[0]["message"]
    assert [d["id"] for d in json.loads(home.cli("ls", "dags", "--json").stdout)] == ["good"]
    assert home.cli("trigger", "good", "--wait").returncode == 0
    listed = home.cli("ls", "dags")
    assert listed.returncode == 0 and "good.yaml" in listed.stdout and "broken" not in listed.stdout
    assert re.match(r"bad.yaml:3:\d+: .*command", listed.stderr)
    missing = home.cli("trigger", "bad")
    assert missing.returncode == 4 and "bad" in missing.stderr


def test_a_dag_whose_file_does_not_check_is_marked(home):
    home.dag("kept.yaml", "id: kept\ntasks: [{id: a, command: 'true'}]\n")
    home.dag("other.yaml", "id: other\ntasks: [{id: a, command: 'true'}]\n")
    home.start()
    home.stop()
    home.dag("kept.yaml", "id: kept\ntasks: [{id: a, comand: 'true'}]\n")
    home.start()
    dags = {dag["id"]: dag for dag in json.loads(home.cli("ls", "dags", "--json").stdout)}
    assert dags["other"]["errors"] == []
    assert "did you mean 'command'" in dags["kept"]["errors"][0]["message"]
    rows = home.cli("ls", "dags").stdout.splitlines()
    assert [("broken" in row, row.split()[0]) for row in rows[1:]] == [(True, "kept"), (False, "other")]


def test_validate_needs_no_daemon(home):
    home.dag("bad.yaml", "id: bad\nschedule: '@daily'\ntasks:\n  - {id: a, command: 'true', depends_on: [a]}\n")
    done = home.cli("validate", home.dags)
    assert done.returncode == 3
    assert "not supported yet" in done.stdout + done.stderr
    assert "a -> a" in done.stdout + done.stderr or "itself" in done.stdout + done.stderr
    (home.dags / "bad.yaml").write_text("id: good\ntasks: [{id: a, command: 'true'}]\n")
    assert home.cli("validate", home.dags).returncode == 0
    assert home.cli("validate", home.dags / "none").returncode == 4


def test_a_folder_without_dag_files_is_told(home):
    done = home.cli("validate", home.dags)
    assert (done.returncode, done.stdout) == (0, f"no *.yaml in {home.dags}\n")
    done = home.cli("validate", home.dags, "--json")
    assert done.returncode == 0 and json.loads(done.stdout)["files"] == 0


def test_a_dag_that_is_not_there_is_told_from_one_that_never_ran(home):
    home.dag("flights.yaml", "id: flights\ntasks: [{id: a, command: 'true'}]\n")
    home.start()
    never = home.cli("runs", "show", "--dag", "flights", "--latest")
    assert never.returncode == 4 and "'flights' has never run" in never.stderr
    missing = home.cli("runs", "show", "--dag", "fligths", "--latest")
    assert missing.returncode == 4 and "no dag 'fligths'" in missing.stderr
    assert "did you mean 'flights'?" in missing.stderr


def test_the_signal_that_killed_a_task_is_named(home):
    home.dag("die.yaml", "id: die\ntasks: [{id: a, command: 'kill -9 $$'}]\n")
    home.start()
    assert home.cli("trigger", "die", "--wait").returncode == 1
    shown = home.cli("runs", "show", "--dag", "die", "--latest").stdout
    assert "killed by signal 9 (SIGKILL)" in shown


def test_exit_codes(home):
    assert home.cli("runs", "show", "x").returncode == 6
    assert home.cli("frobnicate").returncode == 2
    assert home.cli("trigger").returncode == 2
    home.dag("slow.yaml", "id: slow\ntasks: [{id: a, command: sleep 30}]\n")
    home.start()
    assert home.cli("runs", "show", "ffffffffffffffff").returncode == 4
    assert home.cli("trigger", "slow", "--wait=200ms").returncode == 124
    assert home.cli("trigger", "slow", "--param", "a=b").returncode == 2


def test_watch_tells_the_story_and_exits_as_the_run(home):
    home.dag("story.yaml", "id: story\ntasks:\n  - {id: a, command: sleep 0.3}\n"
             "  - {id: b, depends_on: [a], command: exit 1}\n")
    home.start()
    run = home.trigger("story")
    watched = home.cli("watch", run)
    assert watched.returncode == 1
    text = watched.stdout
    assert text.index("a running") < text.index("a success") < text.index("b running") < text.index("b failed")


def test_a_token_that_a_power_cut_took_is_made_anew(home):
    home.path.mkdir(mode=0o700, parents=True, exist_ok=True)
    (home.path / "token").write_text("")
    home.start()
    assert len((home.path / "token").read_text().strip()) >= 16
    assert (home.path / "token").stat().st_mode & 0o777 == 0o600


def test_tcp_wants_the_token_and_the_socket_does_not(home):
    import http.client
    home.start()
    token = (home.path / "token").read_text().strip()
    assert (home.path / "token").stat().st_mode & 0o777 == 0o600
    assert (home.path / "heddle.sock").stat().st_mode & 0o777 == 0o600

    def get(path, headers):
        connection = http.client.HTTPConnection("127.0.0.1", home.port(), timeout=10)
        connection.request("GET", path, headers=headers)
        status = connection.getresponse().status
        connection.close()
        return status
    assert get("/api/v1/dags", {}) == 401
    assert get("/api/v1/dags", {"Authorization": "Bearer wrong"}) == 401
    assert get("/api/v1/dags", {"Authorization": f"Bearer {token}"}) == 200
    assert get("/healthz", {}) == 200 and get("/readyz", {}) == 200
    assert home.http("GET", "/api/v1/dags")[0] == 200
    listed = home.cli("ls", "dags", "--url", f"http://127.0.0.1:{home.port()}",
                      env={"HEDDLE_TOKEN": token})
    assert listed.returncode == 0, listed.stderr


def test_an_ipv6_address_is_told_as_a_browser_wants_it(home):
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("this machine has no ::1")
    home.spawn(extra=("--listen", "[::1]:0"))
    wait_for(lambda: re.search(r"on http://\[::1\]:\d+/ ", home.log_text()), what="address told")


def test_an_address_that_cannot_be_had_says_what_to_do(home):
    unknown = home.cli("daemon", "--dags", home.dags, "--listen", "no-such-host.invalid:1")
    assert unknown.returncode == 2, unknown.stderr
    assert "--listen" in unknown.stderr and "no-such-host.invalid" in unknown.stderr
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        refused = home.cli("daemon", "--dags", home.dags, "--port", port)
    assert refused.returncode == 5
    assert f"port {port}" in refused.stderr and "--port N" in refused.stderr


def test_a_daemon_that_hangs_is_told_soon_and_a_wait_goes_on(home):
    home.dag("slow.yaml", f"id: slow\ntasks: [{{id: a, command: 'until [ -e {home.work}/go ]; do sleep 0.05; done'}}]\n")
    home.start()
    waiting = subprocess.Popen([home.bin / "heddle", "trigger", "slow", "--wait", "--home", home.path],
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert waiting.stdout.readline()
    os.kill(home.process.pid, signal.SIGSTOP)
    begin = time.monotonic()
    try:
        hung = home.cli("runs", "show", "--dag", "slow", "--latest")
    finally:
        os.kill(home.process.pid, signal.SIGCONT)
    assert hung.returncode == 6 and "does not answer" in hung.stderr
    assert time.monotonic() - begin < 20
    assert waiting.poll() is None
    (home.work / "go").touch()
    assert waiting.wait(30) == 0
    waiting.communicate()


def test_what_troubles_an_attempt_is_its_reason_while_it_stands(home):
    home.dag("stuck.yaml", f"id: stuck\ntasks: [{{id: a, command: 'until [ -e {home.work}/go ]; do sleep 0.05; done'}}]\n")
    home.start()
    run = home.trigger("stuck")
    claim = wait_for(lambda: next(home.path.glob("logs/*/*.claim"), None), what="claim")
    home.stop()
    claim.unlink()
    home.start()
    wait_for(lambda: "claim file was removed" in (home.task(run, "a")["reason"] or ""), what="reason")
    assert "claim file was removed" in home.cli("runs", "show", run).stdout
    (home.work / "go").touch()
    assert home.wait_run(run)["state"] == "success"
    assert home.task(run, "a")["reason"] is None


def exchange(a, b):
    """Swaps two names in one step, so that nothing can be made under either in between."""
    at_here, exchange_flag = -100, 2
    assert ctypes.CDLL(None).renameat2(at_here, bytes(a), at_here, bytes(b), exchange_flag) == 0


def test_what_hinders_all_attempts_makes_the_daemon_not_ready(home):
    home.dag("d.yaml", "id: d\ntasks: [{id: a, command: 'true'}]\n")
    home.start()
    (home.path / "file").touch()
    exchange(home.path / "file", home.path / "spool")

    def told():
        status, text, _ = home.http("GET", "/readyz")
        return status == 503 and "spool" in text
    wait_for(told, what="not ready, and why")
    (home.path / "spool").unlink()
    wait_for(lambda: home.http("GET", "/readyz")[0] == 200, what="ready again")
    assert home.cli("trigger", "d", "--wait").returncode == 0


def test_a_task_has_started_when_its_shim_has_begun(home):
    home.dag("late.yaml", f"id: late\ntasks: [{{id: a, command: 'until [ -e {home.work}/go ]; do sleep 0.05; done'}}]\n")
    home.start()
    launcher = wait_for(home.launcher, what="launcher")[0]
    os.kill(launcher, signal.SIGSTOP)
    run = home.trigger("late")
    attempt = wait_for(lambda: home.task(run, "a")["attempts"], what="attempt")[0]
    assert attempt["released_at"] and attempt["started_at"] is None
    time.sleep(1)  # so long nothing starts it
    os.kill(launcher, signal.SIGCONT)
    begun = wait_for(lambda: home.task(run, "a")["attempts"][0]["started_at"], what="start")
    released, started = (datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
                         for text in (attempt["released_at"], begun))
    assert (started - released).total_seconds() >= 1
    assert home.task(run, "a")["started_at"] == begun
    shown = home.http("GET", f"/api/v1/runs/{run}/tasks")[1]["items"]
    assert [task["started_at"] for task in shown] == [begun]
    (home.work / "go").touch()
    home.wait_run(run)
    assert home.task(run, "a")["started_at"] >= begun
