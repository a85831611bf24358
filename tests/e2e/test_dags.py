"""The workflows in dags/ run as they stand, and say what is wrong when their data are."""

import json
import os
import re
import shutil

import pytest

from daemon_home import ROOT

DATA = ROOT / "var" / "flights" / "raw"
DUCKDB = ROOT / "var" / "tools" / "duckdb"

needs_data = pytest.mark.skipif(not (DATA.exists() and DUCKDB.exists()),
                                reason="the flights are not fetched: scripts/test does it")


@pytest.fixture
def house(home, tmp_path):
    """A home on a copy of dags/, with the data where the flights DAG looks for them."""
    shutil.copytree(ROOT / "dags", home.dags, dirs_exist_ok=True)
    (tmp_path / "var" / "tools").mkdir(parents=True)
    (tmp_path / "var" / "tools" / "duckdb").symlink_to(DUCKDB)
    home.data = tmp_path / "var" / "flights"
    if DATA.exists():
        shutil.copytree(DATA, home.data / "raw")
    home.start(env={"PATH": f"{tmp_path / 'var' / 'tools'}:{os.environ['PATH']}"})
    return home


def trigger(house, dag, code):
    done = house.cli("trigger", dag, "--wait", "--json")
    assert done.returncode == code, done.stdout + done.stderr
    return house.run(json.loads(done.stdout)["id"])


def test_hello(house):
    run = trigger(house, "hello", 0)
    assert f"hello from hello, run {run['id']}" in house.log_of(run["id"], "greet")
    assert "Linux" in house.log_of(run["id"], "look_around")


@needs_data
def test_the_flights_become_a_report(house):
    run = trigger(house, "flights", 0)
    assert run["tasks"].pop("tell") == "skipped", "it did not fail"
    assert set(run["tasks"].values()) == {"success"}
    report = (house.data / "latest" / "report.md").read_text()
    assert "336,776 flights of 16 carriers on 224 routes. 8,255 (2.5 %) were cancelled" in report
    assert "the others left 12.6 minutes late on average" in report
    assert "visibility below 1 mile flights leave 21 minutes later than is usual" in report
    assert re.search(r"\| 2013-03-08 +\| 979 +\| 8\d +\|", report), "the worst day, from the output of a task"
    assert '"late" is 15 minutes and more' in report
    assert len(list((house.data / "latest" / "flights").glob("month=*"))) == 12
    printed = house.log_of(run["id"], "report")
    assert all(line in printed for line in report.splitlines())
    tries = house.http("GET", f"/api/v1/runs/{run['id']}/tasks/publish")[1]["attempts"]
    assert [attempt["exit_code"] for attempt in tries] == [75, 0], "the report settles first"
    house.assert_nothing_left()


@needs_data
def test_what_counts_as_late_is_a_param(house):
    assert house.cli("trigger", "flights", "--param", "late_after=0").returncode != 0
    assert house.cli("trigger", "flights", "--param", "late_after=60", "--wait").returncode == 0
    assert '"late" is 60 minutes and more' in (house.data / "latest" / "report.md").read_text()


@needs_data
def test_a_lost_row_fails_the_check_and_keeps_the_last_report(house):
    before = trigger(house, "flights", 0)
    raw = house.data / "raw" / "flights.csv"
    lines = raw.read_text().splitlines(keepends=True)
    raw.write_text("".join(lines[:4] + lines[5:]))
    run = trigger(house, "flights", 1)
    assert run["tasks"]["check_flights"] == "failed"
    assert run["tasks"]["report"] == "upstream_failed"
    assert f"heddle rerun {run['id']} --failed" in house.log_of(run["id"], "tell")
    assert "raw/flights.csv: rows: found 336775, wanted 336776" in house.log_of(run["id"], "check_flights")
    assert (house.data / "latest").resolve().name == before["id"]


@needs_data
def test_only_the_newest_runs_keep_their_data(house):
    runs = [trigger(house, "flights", 0)["id"] for _ in range(5)]
    assert sorted(p.name for p in (house.data / "runs").iterdir()) == sorted(runs[-3:])
    assert (house.data / "latest").resolve().name == runs[-1]
