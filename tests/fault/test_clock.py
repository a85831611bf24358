"""A wall clock that somebody sets, under a real daemon: HEDDLE_FAULT_CLOCK names a file that says by
how many milliseconds it is off."""

import json
import os

from daemon_home import wait_for

HOUR_MS = 3600000

DAG = """id: d
tasks:
  - {id: a, command: 'true'}
"""


class Clock:
    def __init__(self, home):
        self.path = home.path.parent / "clock"
        self.env = {"HEDDLE_FAULT_CLOCK": str(self.path)}
        self.set(0)

    def set(self, by_ms):
        new = self.path.with_suffix(".new")
        new.write_text(str(by_ms))
        os.rename(new, self.path)


def holds(home):
    status, answer, _ = home.http("GET", "/version")
    assert status == 200
    return {hold["kind"]: hold for hold in answer["holds"]}


def clock_facts(home):
    _, page, _ = home.http("GET", "/api/v1/facts?limit=1000")
    return [fact for fact in page["items"] if fact["kind"] == "clock"]


def test_a_jump_is_shown_and_tasks_go_on(faulty):
    clock = Clock(faulty)
    (faulty.dags / "d.yaml").write_text(DAG)
    faulty.start(env=clock.env)
    assert holds(faulty) == {}
    clock.set(2 * HOUR_MS)
    assert faulty.http("GET", "/readyz")[0] == 200
    shown = holds(faulty)["clock_jump"]
    assert not shown["all"]
    assert "set forward by 2h 00m 00s" in shown["why"]
    assert "held: the wall clock was set forward" in faulty.cli("ls", "dags").stderr
    assert faulty.wait_run(faulty.trigger("d"))["state"] == "success"
    [fact] = clock_facts(faulty)
    assert fact["to"] == "clock_jump" and fact["why"] == shown["why"]
    assert 'hold=clock_jump why="the wall clock was set forward' in faulty.log_text()


def test_a_clock_before_the_last_fact_starts_nothing_until_it_is_right(faulty):
    clock = Clock(faulty)
    (faulty.dags / "d.yaml").write_text(DAG)
    faulty.start(env=clock.env)
    faulty.wait_run(faulty.trigger("d"))
    faulty.stop()
    clock.set(-24 * HOUR_MS)
    faulty.spawn(env=clock.env)
    status, text, _ = wait_for(
        lambda: "clock stands" in (answer := answer_of(faulty))[1] and answer, 20, "not ready")
    assert status == 503 and "'heddle resume --all'" in text
    run = faulty.trigger("d")
    shown = json.loads(faulty.cli("why", run, "--json").stdout)
    assert shown["chain"][0]["kind"] == "held"
    assert "the clock stands before the last fact of this home" in shown["answer"]
    faulty.kill()  # the hold outlives the daemon
    faulty.spawn(env=clock.env)
    wait_for(lambda: "clock stands" in answer_of(faulty)[1], 20, "held again")
    assert faulty.run(run)["tasks"] == {"a": "queued"}
    clock.set(0)
    assert wait_for(lambda: answer_of(faulty)[0] == 200, 20, "ready")
    assert faulty.wait_run(run)["state"] == "success"
    assert "clock is right again" in faulty.log_text()


def test_resume_all_takes_a_clock_as_right(faulty):
    clock = Clock(faulty)
    (faulty.dags / "d.yaml").write_text(DAG)
    clock.set(24 * HOUR_MS)
    faulty.start(env=clock.env)
    faulty.wait_run(faulty.trigger("d"))
    faulty.stop()
    clock.set(0)
    faulty.spawn(env=clock.env)
    wait_for(lambda: "clock stands" in answer_of(faulty)[1], 20, "held")
    run = faulty.trigger("d")
    assert faulty.cli("resume", "--all", "--reason", "the clock was a day ahead").returncode == 0
    assert faulty.wait_run(run)["state"] == "success"
    assert clock_facts(faulty)[-1]["why"] == "the clock was a day ahead"
    faulty.stop()
    faulty.start(env=clock.env)
    assert "clock_behind" not in holds(faulty)


def answer_of(home):
    try:
        return home.http("GET", "/readyz")
    except OSError:
        return 0, "", {}
