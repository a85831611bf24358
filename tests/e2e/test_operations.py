"""What a person does to runs and dags by the command line, against a real daemon."""

import json
import os
import signal
import subprocess
import tempfile
import time

import pytest

from daemon_home import UnixConnection, wait_for

CHAIN = """\
id: chain
params:
  fail: {type: boolean, default: true}
  n: 3
  who: x
tasks:
- {id: extract, command: 'echo extract >> ../work/trace'}
- id: load
  depends_on: [extract]
  env: {FAIL: '{{ params.fail }}'}
  command: 'echo load >> ../work/trace; test ! -e ../work/broken && test "$FAIL" != true'
- {id: report, depends_on: [load], command: 'echo report >> ../work/trace'}
- {id: other, command: 'true'}
"""

SLOW = "id: slow\ntasks: [{id: nap, command: 'sleep 60'}]\n"


@pytest.fixture
def house(home):
    home.dag("chain.yaml", CHAIN)
    home.dag("slow.yaml", SLOW)
    return home.start()


def trace(house):
    return (house.work / "trace").read_text().split()


def failed_run(house):
    run = house.trigger("chain", "--wait")
    assert house.run(run)["tasks"] == {"extract": "success", "load": "failed",
                                       "report": "upstream_failed", "other": "success"}
    return run


def running(house, *words):
    run = house.trigger("slow", *words)
    wait_for(lambda: house.run(run)["tasks"]["nap"] == "running", what="nap running")
    return run


# --- rerun


def test_a_rerun_says_what_it_resets_and_keeps_what_succeeded(house):
    run = failed_run(house)
    done = house.cli("rerun", run[:6], "--param", "fail=false", "--reason", "mended", "--wait")
    assert done.returncode == 0, done.stderr
    assert done.stdout == "resets: load, report (2 tasks); keeps: extract, other (2 tasks)\n"
    assert house.run(run)["state"] == "success"
    assert trace(house) == ["extract", "load", "load", "report"]
    assert [a["state"] for a in house.task(run, "load")["attempts"]] == ["failed", "success"]
    why = [fact["why"] for fact in house.http("GET", f"/api/v1/facts?run={run}")[1]["items"]]
    assert any(text and text.endswith(": mended") for text in why), why


def test_a_rerun_that_fails_again_exits_1(house):
    run = failed_run(house)
    done = house.cli("rerun", run, "--wait", "--json")
    assert done.returncode == 1
    assert json.loads(done.stdout)["tasks"]["load"] == "failed"
    assert trace(house) == ["extract", "load", "load"]


def test_from_takes_all_downstream_and_only_takes_the_task_alone(house):
    run = house.trigger("chain", "--param", "fail=false", "--wait")
    done = house.cli("rerun", run, "--from", "load", "--from", "other", "--wait")
    assert done.stdout == "resets: load, report, other (3 tasks); keeps: extract\n", done.stderr
    assert done.returncode == 0 and trace(house)[3:] == ["load", "report"]
    done = house.cli("rerun", run, "--only", "extract", "--wait")
    assert done.stdout == "resets: extract; keeps: load, report, other (3 tasks)\n", done.stderr
    assert done.returncode == 0 and trace(house)[5:] == ["extract"]


def test_pinned_keeps_the_version_and_latest_takes_the_one_in_force(house):
    run = failed_run(house)
    house.dag("chain.yaml", CHAIN.replace("default: true", "default: false").replace(
        "id: report, depends_on: [load]", "id: summary, depends_on: [load]"))
    wait_for(lambda: "summary" in house.http("GET", "/api/v1/dags/chain/source")[1], what="new version")
    before = house.run(run)["dag_hash"]
    assert house.cli("rerun", run, "--pinned", "--wait").returncode == 1
    assert house.run(run)["dag_hash"] == before
    done = house.cli("rerun", run, "--latest", "--param", "fail=false", "--wait")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("resets: load, summary (2 tasks); keeps: extract, other")
    assert house.run(run)["dag_hash"] != before
    assert house.run(run)["tasks"]["summary"] == "success"


def test_latest_takes_the_params_that_its_version_declares(house):
    house.dag("turns.yaml", "id: turns\nparams: {old: 1, both: 2}\ntasks: [{id: a, command: exit 1}]\n")
    wait_for(lambda: "turns" in house.cli("ls", "dags").stdout)
    run = house.trigger("turns", "--param", "both=5", "--wait")
    house.dag("turns.yaml", """
id: turns
params: {both: 7, size: {type: integer, required: true}}
tasks: [{id: a, command: 'echo "$HEDDLE_PARAM_both $HEDDLE_PARAM_size ${HEDDLE_PARAM_old-none}"'}]
""")
    wait_for(lambda: "size" in str(house.http("GET", "/api/v1/dags/turns/source")[1]))
    done = house.cli("rerun", run, "--latest")
    assert (done.returncode, "param 'size' is required" in done.stderr) == (2, True), done.stderr
    done = house.cli("rerun", run, "--latest", "--param", "old=3", "--param", "size=1")
    assert (done.returncode, "has no param 'old'" in done.stderr) == (2, True), done.stderr
    done = house.cli("rerun", run, "--latest", "--param", "size=9", "--wait")
    assert done.returncode == 0, done.stderr
    assert house.run(run)["params"] == {"both": 5, "size": 9}
    assert "5 9 none" in house.cli("logs", run, "a").stdout


def test_attempts_of_tasks_that_a_version_dropped_stay_visible(house):
    first = """
id: moves
tasks:
  - {id: a, command: echo from a}
  - {id: never, when: 1 == 2, command: "true"}
  - {id: z, depends_on: a, command: exit 3}
"""
    house.dag("moves.yaml", first)
    wait_for(lambda: "moves" in house.cli("ls", "dags").stdout)
    run = house.trigger("moves", "--wait")
    for text in ("id: moves\ntasks: [{id: z, command: exit 3}, {id: new, command: echo from new}]\n",
                 "id: moves\ntasks: [{id: z, command: 'true'}]\n"):
        house.dag("moves.yaml", text)
        wait_for(lambda: house.http("GET", "/api/v1/dags/moves/source")[1] == text)
        house.cli("rerun", run, "--latest", "--wait")
    assert house.run(run)["tasks"] == {"z": "success", "new": "removed", "a": "removed", "never": "removed"}
    assert "from a" in house.cli("logs", run, "a").stdout and "from new" in house.cli("logs", run, "new").stdout
    items = house.http("GET", f"/api/v1/runs/{run}/tasks?state=removed")[1]["items"]
    assert [(item["id"], item["attempts"]) for item in items] == [("new", 1), ("a", 1), ("never", 0)]
    attempts = house.http("GET", f"/api/v1/runs/{run}/tasks/a")[1]["attempts"]
    assert [(attempt["number"], attempt["state"]) for attempt in attempts] == [(1, "success")]
    page = house.http("GET", f"/api/v1/runs/{run}/tasks?limit=2")[1]
    rest = house.http("GET", f"/api/v1/runs/{run}/tasks?limit=2&cursor={page['next']}")[1]
    assert [item["id"] for item in page["items"] + rest["items"]] == ["z", "new", "a", "never"]
    assert house.cli("why", run, "a").stdout == (
        "task 'a' was removed: the version that the run goes on with does not have it\n")
    house.dag("moves.yaml", first)
    wait_for(lambda: house.http("GET", "/api/v1/dags/moves/source")[1] == first)
    house.cli("rerun", run, "--latest", "--wait")
    assert house.run(run)["tasks"] == {"a": "success", "never": "skipped", "z": "success", "new": "removed"}


def test_what_a_reset_leaves_behind_does_not_count_as_its_time(house):
    house.dag("times.yaml", """
id: times
tasks:
  - {id: a, command: 'test ! -e ../work/broken', retries: 1, retry_delay: 1h}
  - {id: b, depends_on: a, command: "true"}
""")
    wait_for(lambda: "times" in house.cli("ls", "dags").stdout)
    run = house.trigger("times", "--wait")
    (house.work / "broken").touch()
    house.cli("rerun", run, "--from", "a")
    wait_for(lambda: house.run(run)["tasks"]["a"] == "up_for_retry")
    a, b = house.http("GET", f"/api/v1/runs/{run}/tasks")[1]["items"]
    assert a["started_at"] is not None and (b["attempts"], b["started_at"]) == (1, None)
    line = next(line for line in house.cli("runs", "show", run).stdout.splitlines() if line.startswith("a "))
    assert line.split()[4] == "-", line
    house.cli("mark", run, "a", "failed", "--reason", "no use")
    house.wait_run(run)
    b = house.http("GET", f"/api/v1/runs/{run}/tasks")[1]["items"][1]
    assert (b["state"], b["started_at"]) == ("upstream_failed", None)


def test_a_dag_that_names_files_and_takes_defaults_is_told_of_as_any_other(house):
    house.dag("team/heddle.yaml", "vars: {where: '../work'}\ndefaults: {retries: 0}\n")
    house.dag("team/rows.sql", "select 1 as n\n")
    house.dag("team/filed.yaml", "id: filed\nparams: {day: '20261120'}\ntasks:\n"
              "- {id: rows, command: 'true'}\n"
              "- {id: keep, depends_on: [rows], env: {DAY: '{{ params.day }}'}, command: 'echo $DAY; exit 3'}\n"
              "- {id: count, depends_on: [keep], sql: {engine: duckdb, file: rows.sql}}\n")
    wait_for(lambda: "filed" in [dag["id"] for dag in house.http("GET", "/api/v1/dags")[1]["items"]], what="the dag")
    assert [(p["name"], p["type"]) for p in house.http("GET", "/api/v1/dags/filed")[1]["params"]] == [("day", "string")]
    run = house.trigger("filed", "--param", "day=20261121", "--wait")
    assert house.run(run)["params"] == {"day": "20261121"}
    done = house.cli("rerun", run, "--param", "day=20261122", "--wait")
    assert done.stdout == "resets: keep, count (2 tasks); keeps: rows\n" and "does not check" not in done.stderr, done.stderr
    assert house.run(run)["params"] == {"day": "20261122"}
    hash = house.run(run)["dag_hash"]
    house.dag("team/filed.yaml", "id: filed\nparams: {other: 3}\ntasks: [{id: rows, command: 'true'}]\n")
    wait_for(lambda: house.http("GET", "/api/v1/dags/filed")[1]["params"][0]["name"] == "other", what="the change")
    then = house.http("GET", f"/api/v1/dags/filed?version={hash}")[1]
    assert [p["name"] for p in then["params"]] == ["day"] and [t["id"] for t in then["definition"]] == ["rows", "keep", "count"]
    status, answer, _ = house.http("GET", f"/api/v1/dags/filed?version={'0' * 32}")
    assert status == 404 and "version" in answer["detail"]


def test_a_rerun_calls_off_the_end_of_its_run(house):
    house.dag("ends.yaml", """
id: ends
tasks: [{id: a, command: 'test -e ../work/mended'}]
on_failure: [{id: tell, command: sleep 300}]
""")
    wait_for(lambda: "ends" in house.cli("ls", "dags").stdout)
    run = house.trigger("ends")
    wait_for(lambda: house.run(run)["tasks"]["tell"] == "running")
    assert house.run(run)["state"] == "ending"
    house.cli("rerun", run, "--reason", "not mended yet")
    wait_for(lambda: house.run(run)["tasks"] == {"a": "failed", "tell": "running"})
    assert len(house.http("GET", f"/api/v1/runs/{run}/tasks/a")[1]["attempts"]) == 2
    (house.work / "mended").touch()
    house.kill()
    house.start()
    done = house.cli("rerun", run, "--reason", "mended", "--wait")
    assert done.returncode == 0, done.stderr
    assert house.run(run)["tasks"] == {"a": "success", "tell": "skipped"}


def test_what_cannot_be_rerun_is_told_with_its_exit_code(house):
    run = house.trigger("chain", "--param", "fail=false", "--wait")
    done = house.cli("rerun", run)
    assert done.returncode == 0 and "nothing to reset: it stays success" in done.stderr
    assert house.cli("rerun", run, "--from", "laod").returncode == 4
    assert "did you mean 'load'?" in house.cli("rerun", run, "--from", "laod").stderr
    assert house.cli("rerun", run, "--from", "laod", "--json").returncode == 4
    assert house.cli("rerun", "ffffffffffffffff").returncode == 4
    assert house.cli("rerun", run, "--from", "load", "--only", "load").returncode == 2
    assert house.cli("rerun", run, "--from", "load", "--param", "n=x").returncode == 2
    house.cli("pause", "slow")
    queued = house.trigger("slow")
    done = house.cli("rerun", queued)
    assert done.returncode == 5 and "has not started yet" in done.stderr


# --- mark, note


def test_a_marked_task_lets_the_run_go_on(house):
    run = failed_run(house)
    done = house.cli("mark", run, "load", "success", "--reason", "loaded by hand")
    assert done.returncode == 0, done.stderr
    assert f"task 'load' of run {run} is success" in done.stderr
    assert house.wait_run(run)["tasks"] == {"extract": "success", "load": "success",
                                            "report": "success", "other": "success"}
    assert "loaded by hand" in house.task(run, "load")["reason"]
    done = house.cli("mark", run, "lod", "failed", "--reason", "x")
    assert done.returncode == 4, done.stderr


def test_a_task_that_runs_is_ended_before_it_gets_its_mark(house):
    run = running(house)
    done = house.cli("mark", run, "nap", "skipped", "--reason", "not today", "--json")
    assert done.returncode == 0 and json.loads(done.stdout)["id"] == run
    assert house.wait_run(run)["tasks"]["nap"] == "skipped"
    house.assert_nothing_left()


def test_notes_of_runs_and_tasks(house):
    run = failed_run(house)
    assert house.cli("note", run, "the source was late").returncode == 0
    done = house.cli("note", run, "load", "two rows were wrong", "--json")
    assert done.returncode == 0 and json.loads(done.stdout)["id"] == run
    notes = house.run(run)["notes"]
    assert [(note["task"], note["text"]) for note in notes] == [(None, "the source was late"),
                                                                ("load", "two rows were wrong")]
    assert all(note["actor"].startswith("user:") and note["at"] for note in notes)
    shown = house.cli("runs", "show", run).stdout
    assert ": the source was late\n" in shown and " at load: two rows were wrong\n" in shown
    assert house.cli("note", run, "x" * 5000).returncode == 2
    assert house.cli("note", "ffffffffffffffff", "x").returncode == 4


# --- pause, resume


def test_a_paused_dag_queues_its_runs_until_it_is_resumed(house):
    done = house.cli("pause", "chain", "--reason", "the source moves")
    assert done.returncode == 0 and "dag 'chain' is paused" in done.stderr
    listed = {item["id"]: item for item in json.loads(house.cli("ls", "dags", "--json").stdout)}
    assert listed["slow"]["paused"] is False and listed["slow"]["paused_by"] is None
    assert listed["chain"]["paused"] is True and listed["chain"]["paused_by"]["all"] is False
    assert listed["chain"]["paused_by"]["reason"] == "the source moves"
    assert "is paused by user:" in house.cli("why", "chain").stdout
    run = house.trigger("chain", "--param", "fail=false")
    assert house.run(run)["state"] == "queued"
    listed = house.cli("ls", "runs", "--state", "queued", "--json")
    assert [item["id"] for item in json.loads(listed.stdout)] == [run]
    watch = subprocess.Popen([house.bin / "heddle", "watch", run, "--home", house.path],
                             stdout=subprocess.PIPE, text=True)
    done = house.cli("resume", "chain", "--json")
    assert json.loads(done.stdout) == [{"dag": "chain", "paused": False}]
    assert "run success" in watch.communicate(timeout=60)[0]
    assert watch.returncode == 0


def test_a_pause_of_all_outlives_the_daemon(house):
    assert house.cli("pause", "--all").returncode == 0
    house.stop()
    house.start()
    dag = house.http("GET", "/api/v1/dags/chain")[1]
    assert dag["paused"] is True and dag["paused_by"]["all"] is True
    run = house.trigger("chain", "--param", "fail=false")
    assert house.run(run)["state"] == "queued"
    assert house.cli("resume", "--all").returncode == 0
    assert house.http("GET", "/api/v1/dags/chain")[1]["paused"] is False
    assert house.wait_run(run)["state"] == "success"


def test_a_dag_whose_file_is_gone_can_be_resumed(house):
    house.dag("gone.yaml", """
id: gone
tasks:
  - {id: first, command: "true"}
  - {id: second, depends_on: first, command: "true"}
""")
    wait_for(lambda: "gone" in house.cli("ls", "dags").stdout)
    assert house.cli("pause", "gone", "--reason", "the source moves").returncode == 0
    run = house.trigger("gone")
    (house.dags / "gone.yaml").unlink()
    wait_for(lambda: "gone" not in house.cli("ls", "dags").stdout)
    assert "is paused" in house.cli("why", run).stdout
    done = house.cli("resume", "gone")
    assert done.returncode == 0, done.stderr
    assert house.wait_run(run)["state"] == "success"
    assert house.cli("resume", "gone").returncode == 4


def test_a_dag_that_is_not_there_keeps_no_other_from_its_pause(house):
    done = house.cli("pause", "chian", "slow", "--json")
    assert done.returncode == 4 and "did you mean 'chain'?" in done.stderr
    assert json.loads(done.stdout) == [{"dag": "slow", "paused": True}]
    assert house.run(house.trigger("slow"))["state"] == "queued"


# --- trigger


def test_params_are_typed_by_the_dag_and_shown_with_the_run(house):
    done = house.cli("trigger", "chain", "--param", "fail=false", "--param", "n=7",
                     "--param", "who=7", "--period", "2026-11-20", "--wait")
    assert done.returncode == 0, done.stderr
    run = house.run(done.stdout.strip())
    assert run["params"] == {"fail": False, "n": 7, "who": "7"}
    shown = house.cli("runs", "show", run["id"]).stdout
    assert "\nparams   fail=false n=7 who=7\n" in shown
    assert "\nperiod   2026-11-20\n" in shown


def test_params_that_do_not_fit_start_nothing(house):
    for words, told in [(("--param", "n=seven"), "type integer"),
                        (("--param", "m=1"), "no param 'm'"),
                        (("--param", "n"), "NAME=VALUE"),
                        (("--period", "yesterday"), "'period'")]:
        done = house.cli("trigger", "chain", *words)
        assert done.returncode == 2 and told in done.stderr, done.stderr
    assert house.cli("trigger", "chian", "--param", "n=1").returncode == 4
    assert json.loads(house.cli("ls", "runs", "--json").stdout) == []


# --- run FILE


@pytest.fixture
def run_file(home, tmp_path):
    """run_file(words...): heddle run, with a folder of its own for temporary homes."""
    folder = tempfile.mkdtemp(prefix="hd-")

    def run(*words, **options):
        return subprocess.Popen([home.bin / "heddle", "run", *map(str, words)], text=True,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                env={**os.environ, "TMPDIR": folder}, **options)
    run.folder = folder
    yield run
    assert os.listdir(folder) == [], "a temporary home was left"
    os.rmdir(folder)


def test_a_file_is_run_to_its_end_without_a_daemon(home, run_file):
    file = home.dag("chain.yaml", CHAIN)
    home.dag("broken.yaml", "id: [\n")
    run = run_file(file, "--param", "fail=false")
    out, err = run.communicate(timeout=60)
    assert run.returncode == 0, err
    assert "extract running (try 1)" in out and "run success" in out
    assert "broken" not in out + err
    assert trace(home) == ["extract", "load", "report"]  # beside the file: its folder is the cwd
    run = run_file("chain.yaml", "--json", cwd=home.dags)
    out, err = run.communicate(timeout=60)
    assert run.returncode == 1
    assert json.loads(out)["tasks"]["load"] == "failed"


def test_a_daemon_may_be_given_one_file(home):
    home.dag("broken.yaml", "id: [\n")
    home.dags = home.dag("hello.yaml", "id: hello\ntasks: [{id: greet, command: pwd}]\n")
    home.start()
    assert [item["id"] for item in json.loads(home.cli("ls", "dags", "--json").stdout)] == ["hello"]
    assert json.loads(home.cli("ls", "errors", "--json").stdout) == []
    home.dags.write_text("id: again\ntasks: [{id: greet, command: pwd}]\n")
    wait_for(lambda: home.http("GET", "/api/v1/dags/again")[0] == 200, what="the change in force")
    run = home.trigger("again", "--wait")
    assert home.log_of(run, "greet").split()[-1] == str(home.dags.parent)


def test_what_a_task_prints_is_shown_with_its_name(home, run_file):
    file = home.dag("hello.yaml", "id: hello\ntasks: [{id: greet, command: 'echo hi; exit 3'}]\n")
    run = run_file(file)
    out, err = run.communicate(timeout=60)
    assert run.returncode == 1
    assert any(line.startswith("    greet | ") and line.endswith("hi") for line in out.splitlines())
    assert "greet failed: exit code 3" in out


def test_lines_are_shown_while_the_task_prints_them_and_all_of_them(home, run_file):
    file = home.dag("slow.yaml", "id: slow\ntasks:\n- id: talk\n  command: |\n"
                                 "    printf 'one\\000\\ntw'; until [ -e ../work/go ]; do sleep 0.05; done\n"
                                 "    echo o; seq 1 30000\n")
    run = run_file(file)
    for line in run.stdout:
        if line.endswith("one\0\n"):
            break
    assert run.poll() is None
    (home.work / "go").touch()
    out, err = run.communicate(timeout=60)
    assert run.returncode == 0, err
    lines = [line.split(" ")[-1] for line in out.splitlines() if line.startswith("    talk | ")]
    assert lines == ["two", *map(str, range(1, 30001))]


def test_the_defaults_above_a_file_hold_for_it(home, run_file):
    home.dag("heddle.yaml", "env: {WHO: above}\n")
    file = home.dag("team/hello.yaml", "id: hello\ntasks: [{id: greet, command: 'echo \"who $WHO\"'}]\n")
    run = run_file(file)
    out, err = run.communicate(timeout=60)
    assert run.returncode == 0 and "who above" in out, err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupt_cancels_the_run_and_leaves_nothing(home, run_file, number):
    file = home.dag("slow.yaml", SLOW)
    run = run_file(file)
    for line in run.stdout:
        if "running" in line:
            break
    run.send_signal(number)
    out, err = run.communicate(timeout=30)
    assert run.returncode == 1 and "nap cancelled" in out
    assert "interrupted" in err


def test_a_reader_that_goes_away_does_not_end_the_run(home, run_file):
    file = home.dag("slow.yaml", "id: slow\ntasks:\n- {id: a, command: 'echo a'}\n"
                                 "- {id: b, command: 'sleep 1; touch ../work/done', depends_on: [a]}\n")
    run = run_file(file)
    run.stdout.readline()
    run.stdout.close()
    run.wait(60)
    assert (home.work / "done").exists()
    run.stderr.close()


def test_a_home_is_kept_and_refused_while_a_daemon_has_it(home, run_file):
    file = home.dag("hello.yaml", "id: hello\ntasks: [{id: greet, command: 'true'}]\n")
    run = run_file(file, "--home", home.path)
    assert run.wait(60) == 0
    home.start()
    assert len(json.loads(home.cli("ls", "runs", "--json").stdout)) == 1
    run = run_file(file, "--home", home.path)
    out, err = run.communicate(timeout=60)
    assert run.returncode == 5 and "daemon" in err
    assert len(json.loads(home.cli("ls", "runs", "--json").stdout)) == 1


def test_a_file_that_does_not_check_is_not_run(home, run_file):
    def run(*words):
        done = run_file(*words)
        out, err = done.communicate(timeout=60)
        return done.returncode, out, err
    bad = home.dag("bad.yaml", "id: bad\ntasks: [{id: a, comand: x}]\n")
    code, _, err = run(bad)
    assert code == 3 and "did you mean 'command'?" in err
    assert run(home.dags / "nothing.yaml")[0] == 4
    assert run(home.dags)[0] == 2
    two = home.dag("two.yaml", "id: a\ntasks: [{id: t, command: 'true'}]\n---\n"
                               "id: b\ntasks: [{id: t, command: 'true'}]\n")
    assert run(two)[0] == 2 and "--dag (a, b)" in run(two)[2]
    assert run(two, "--dag", "b", "--json")[0] == 0
    code, _, err = run(home.dag("heddle.yaml", "owner: me\n"))
    assert code == 3 and "holds no dag" in err
    chain = home.dag("chain.yaml", CHAIN)
    code, out, _ = run(chain, "--dry-run")
    assert code == 0 and out.splitlines()[1] == "load after extract"
    assert run(chain, "--param", "m=1")[0] == 2
    code, _, err = run(chain, "--from", "laod")
    assert code == 4 and "did you mean 'load'?" in err


# --- streams


def test_a_stream_sees_a_change_of_the_folder_at_once(house):
    connection = UnixConnection(house.path / "heddle.sock", 30)
    connection.request("GET", "/api/v1/stream", headers={"Accept": "text/event-stream"})
    stream = connection.getresponse()
    began = time.monotonic()
    house.dag("late.yaml", "id: late\ntasks: [{id: a, command: 'true'}]\n")
    seen = b""
    while b"event: dag." not in seen:
        line = stream.readline()
        assert line, "the stream has ended"
        seen += line
    assert time.monotonic() - began < 8, "told with the next heartbeat only"
    connection.close()
