"""`heddle run FILE --from/--only`: some tasks of a DAG alone; and old versions that a rerun goes on with."""

import json
import subprocess

import pytest

from daemon_home import wait_for

DAG = """id: d
tasks:
  - {id: a, command: echo ran a}
  - {id: b, depends_on: [a], command: echo ran b}
  - {id: c, depends_on: [b], command: echo ran c}
  - {id: other, command: echo ran other}
on_exit:
  - {id: tidy, command: echo ran tidy}
"""


def heddle(home, *words):
    return subprocess.run([home.bin / "heddle", *map(str, words)], capture_output=True, text=True,
                          timeout=60)


@pytest.mark.parametrize("words, ran", [
    (["--from", "b"], "bc"), (["--only", "b"], "b"), (["--only", "a", "--only", "c"], "ac"),
    (["--from", "a", "--from", "other"], "abc+"), ([], "abc+")])
def test_some_tasks_run_alone(home, words, ran):
    file = home.dag("d.yaml", DAG)
    done = heddle(home, "run", file, *words)
    assert done.returncode == 0, done.stderr
    found = {line.split("ran ")[1] for line in done.stdout.splitlines() if "ran " in line}
    expected = set(ran.replace("+", "")) | ({"other"} if "+" in ran else set()) | {"tidy"}
    assert found == expected, done.stdout
    if ran != "abc+":
        assert "left out: the run" in done.stdout
    dry = heddle(home, "run", file, *words, "--dry-run", "--json")
    assert set(json.loads(dry.stdout)["tasks"]) == expected


@pytest.mark.parametrize("words, code, told", [
    (["--from", "bb"], 4, "did you mean 'b'?"), (["--only", "nothing"], 4, "has no task 'nothing'"),
    (["--only", "tidy"], 2, "belongs to the end of the run"),
    (["--only", "a", "--from", "b"], 2, "--from")])
def test_what_names_no_task_is_refused(home, words, code, told):
    file = home.dag("d.yaml", DAG)
    done = heddle(home, "run", file, *words)
    assert (done.returncode, done.stdout) == (code, ""), done.stderr
    assert told in done.stderr


def test_the_api_starts_some_tasks_too(home):
    home.dag("d.yaml", DAG)
    home.start()
    status, answer, _ = home.http("POST", "/api/v1/dags/d/runs", {"mode": "only", "tasks": ["b"]})
    assert status == 201, answer
    home.wait_run(answer["id"])
    assert home.task(answer["id"], "a")["reason"] == "left out: the run is only of 'b'"
    assert len(home.task(answer["id"], "b")["attempts"]) == 1
    for body, wanted in (({"mode": "only"}, 422), ({"tasks": ["b"]}, 422),
                         ({"mode": "from", "tasks": ["zz"]}, 404)):
        assert home.http("POST", "/api/v1/dags/d/runs", body)[0] == wanted, body


OLD = """id: old
tasks:
  - {id: give, command: 'echo "n=%s" >> "$HEDDLE_OUTPUT"'}
  - {id: take, depends_on: [give], when: 'tasks.give.output.n == "1"', command: 'test -e %s/go'}
"""


def test_a_rerun_goes_on_with_a_version_that_must_be_read_again(home):
    home.dag("old.yaml", OLD % (1, home.work))
    home.start()
    run = home.trigger("old")
    assert home.wait_run(run)["state"] == "failed"
    home.stop()
    home.dag("old.yaml", OLD % (2, home.work))
    home.start()
    (home.work / "go").touch()
    # Nothing of the old version is in memory, and give is not run again: its output is read.
    assert home.cli("rerun", run, "--wait").returncode == 0
    assert len(home.task(run, "give")["attempts"]) == 1
    assert home.run(run)["tasks"] == {"give": "success", "take": "success"}
    home.stop()
    home.start()
    assert home.cli("mark", run, "take", "failed", "--reason", "looked at").returncode == 0
    wait_for(lambda: home.run(run)["state"] == "failed", 10, "corrected")
    assert home.cli("rerun", run, "--latest", "--from", "give", "--wait").returncode == 0
    assert home.run(run)["tasks"] == {"give": "success", "take": "skipped"}
