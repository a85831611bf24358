"""A script that a command starts is kept with the attempt as a hash, and a change of it is told."""

import json
import os

import pytest

from daemon_home import wait_for

DAG = """\
id: etl
env: {SUB: jobs}
tasks:
- {id: plain, command: 'true'}
- {id: prep, command: [sh, prep.sh]}
- {id: load, depends_on: [prep], cwd: '{{ env.SUB }}', command: './load.sh --date {{ ds }}'}
- {id: report, depends_on: [load], command: 'cd jobs; ./load.sh'}
"""

CHANGED = "script './load.sh' of task 'load' has changed since try 1"


def write_script(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


@pytest.fixture
def house(home):
    folder = home.dags / "team"
    write_script(folder / "prep.sh", "true")
    write_script(folder / "jobs" / "load.sh", "exit 3")
    (folder / "etl.yaml").write_text(DAG)
    return home.start()


def scripts(house, run, task):
    return house.task(run, task)["attempts"][-1]["scripts"]


def kept(house, run, task):
    """The scripts of its newest attempt, once they are on disk."""
    return wait_for(lambda: scripts(house, run, task), what=f"scripts of {task}")


def texts(house, run):
    """What `runs show` and `why` print."""
    show = house.cli("runs", "show", run)
    why = house.cli("why", f"{run}/load")
    assert (show.returncode, why.returncode) == (0, 0), show.stderr + why.stderr
    return show.stdout, why.stdout


def test_a_changed_script_is_told_until_the_new_one_ran(house):
    load = house.dags / "team" / "jobs" / "load.sh"
    run = house.trigger("etl", "--wait")
    assert house.run(run)["tasks"] == {"plain": "success", "prep": "success", "load": "failed",
                                       "report": "upstream_failed"}
    old = kept(house, run, "load")
    assert [(s["path"], s["differs"]) for s in old] == [("./load.sh", False)]
    assert [s["path"] for s in kept(house, run, "prep")] == ["prep.sh"]
    assert scripts(house, run, "plain") == []
    assert not any("has changed" in text for text in texts(house, run))

    write_script(load, "exit 0")
    assert scripts(house, run, "load") == [{**old[0], "differs": True}]
    answer = house.http("GET", f"/api/v1/runs/{run}/scripts")[1]
    found = {item["task"]: item for item in answer["items"]}
    assert set(found) == {"prep", "load"}
    assert found["load"]["differs"] and found["load"]["attempt"] == 1
    assert found["load"]["hash"] == old[0]["hash"] != found["load"]["now"]
    assert not found["prep"]["differs"] and found["prep"]["now"] == found["prep"]["hash"]
    show, why = texts(house, run)
    assert show.splitlines()[-1] == CHANGED
    assert why.splitlines() == [
        "task 'load' failed on try 1: exit code 3",
        "  and script './load.sh' has changed since try 1: a rerun runs the new one"]
    # Asked why report did not run, the answer leads to load, and to what is new there.
    assert "a rerun runs the new one" in house.cli("why", f"{run}/report").stdout
    assert json.loads(house.cli("runs", "show", run, "--json").stdout)["state"] == "failed"

    done = house.cli("rerun", run, "--from", "load", "--wait")
    assert CHANGED in done.stderr
    assert done.stdout.startswith("resets: load, report")
    assert "prep.sh" not in done.stderr
    new = wait_for(lambda: len(house.task(run, "load")["attempts"]) == 2 and
                   scripts(house, run, "load"), what="scripts of try 2")
    assert new[0]["hash"] == found["load"]["now"] and not new[0]["differs"]
    assert not any("has changed" in text for text in texts(house, run))
    assert [a["scripts"][0]["differs"] for a in house.task(run, "load")["attempts"]] == [True,
                                                                                        False]


def test_a_script_that_is_gone_or_no_file_is_not_said_to_have_changed(house):
    load = house.dags / "team" / "jobs" / "load.sh"
    run = house.trigger("etl", "--wait")
    kept(house, run, "load")
    load.unlink()
    assert scripts(house, run, "load")[0]["differs"] is None
    os.mkfifo(load)
    answer = house.http("GET", f"/api/v1/runs/{run}/scripts")[1]
    found = {item["task"]: item for item in answer["items"]}
    assert (found["load"]["now"], found["load"]["differs"]) == (None, None)
    assert not any("has changed" in text for text in texts(house, run))


def test_a_rerun_of_other_tasks_does_not_speak_of_the_script(house):
    run = house.trigger("etl", "--wait")
    kept(house, run, "load")
    write_script(house.dags / "team" / "jobs" / "load.sh", "exit 0")
    done = house.cli("rerun", run, "--only", "plain", "--wait")
    assert "resets: plain" in done.stdout
    assert "script" not in done.stderr
    quiet = house.cli("rerun", run, "--from", "load", "--json", "--wait")
    assert "script" not in quiet.stderr and "script" not in quiet.stdout


def test_what_was_kept_outlives_the_daemon(house):
    run = house.trigger("etl", "--wait")
    old = kept(house, run, "load")
    house.kill()
    house.start()
    assert scripts(house, run, "load") == old
