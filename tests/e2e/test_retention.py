"""Packed logs, retention and `heddle gc`, against a real daemon."""

import json
import os
import subprocess
import time

import pytest

import packs
from daemon_home import UnixConnection, wait_for

TALK = """\
id: talk
retention: {runs: 3}
tasks:
- {id: many, command: 'i=0; while [ $i -lt 500 ]; do i=$((i+1)); echo "line $i of many"; done'}
- {id: quiet, command: 'true'}
- {id: gives, command: 'echo "k=v" >> "$HEDDLE_OUTPUT"; echo kept > "$HEDDLE_ARTIFACTS/report"; echo x > "$HEDDLE_RUN_DIR/scratch"; echo gave'}
- {id: fails, command: 'echo no >&2; exit 3', depends_on: [many]}
"""
SLOW = "id: slow\nretention: {runs: 1}\ntasks: [{id: nap, command: 'echo sleeping; sleep 60'}]\n"


@pytest.fixture
def house(home):
    home.dag("talk.yaml", TALK)
    home.dag("slow.yaml", SLOW)
    return home.start()


def gc(house, *flags, code=0):
    done = house.cli("gc", "--json", *flags)
    assert done.returncode == code, done.stderr
    told = json.loads(done.stdout)
    assert not told["running"] and told["error"] is None
    return told


def raw(house, path, headers=None):
    connection = UnixConnection(house.path / "heddle.sock")
    try:
        connection.request("GET", path, headers=headers or {})
        answer = connection.getresponse()
        return answer.status, answer.read(), dict(answer.getheaders())
    finally:
        connection.close()


# --- packed logs


def every_way(house, run, task="many"):
    """What all ways to read a log answer."""
    path = f"/api/v1/runs/{run}/tasks/{task}/attempts/1/log"
    accept = {"Accept": "application/json"}
    asked = [(path, {}), (path, {"Range": "bytes=100-299"}), (path, {"Range": "bytes=-64"}),
             (path + "?follow=1", {}), (path + "?follow=1", {"Range": "bytes=200-"}),
             (path + "?tail=3", accept), (path + "?from=20&lines=5", accept),
             (path + "?find=line%2077", accept), (path, {"Accept": "text/event-stream"}),
             (path, {"Accept": "text/event-stream", "Last-Event-ID": "120"}),
             (path, {"Range": "bytes=99999999-"})]
    told = [raw(house, *question) for question in asked]
    return [(status, body, headers.get("Content-Range")) for status, body, headers in told]


def test_a_packed_log_reads_as_before(house):
    run = house.trigger("talk", "--wait")
    before = every_way(house, run)
    assert before[0][1].count(b"\n") == 500 and before[1][0] == 206
    cli = house.cli("logs", run).stdout
    kept = packs.logs_of(house.path)
    told = gc(house)
    assert told["packed"]["runs"] == 1
    assert packs.singles(house.path) == []
    assert len(list(house.path.glob("logs/*/*.pack"))) == 1
    assert every_way(house, run) == before
    assert house.cli("logs", run).stdout == cli
    assert packs.logs_of(house.path) == kept
    assert house.cli("logs", run, "quiet").stdout == ""
    # And by a daemon that finds it so.
    house.stop()
    house.start()
    assert every_way(house, run) == before


def test_a_rerun_writes_beside_and_is_packed_with_it(house):
    run = house.trigger("talk", "--wait")
    gc(house)
    first = house.log_of(run, "fails")
    assert house.cli("rerun", run, "--wait").returncode == 1
    assert house.log_of(run, "fails", 1) == first
    assert house.log_of(run, "fails", 2) != first and house.log_of(run, "fails", 2).endswith("no\n")
    second = house.log_of(run, "fails", 2)
    assert len(packs.singles(house.path)) > 0
    assert gc(house)["packed"]["runs"] == 1
    assert packs.singles(house.path) == []
    assert (house.log_of(run, "fails", 1), house.log_of(run, "fails", 2)) == (first, second)
    assert gc(house)["packed"]["runs"] == 0


def test_what_runs_is_not_packed(house):
    run = house.trigger("slow")
    wait_for(lambda: "sleeping" in house.log_of(run, "nap"), what="a line")
    assert gc(house)["packed"]["runs"] == 0
    assert "sleeping" in house.log_of(run, "nap")
    assert house.run(run)["state"] == "running"
    assert house.cli("cancel", run, "--wait").returncode == 0


def test_a_torn_file_of_logs_says_so(house):
    run = house.trigger("talk", "--wait")
    gc(house)
    pack, = house.path.glob("logs/*/*.pack")
    os.truncate(pack, pack.stat().st_size - 10)
    done = house.cli("logs", run, "many")
    assert done.returncode == 1
    assert "it is torn" in done.stderr and pack.name in done.stderr
    report = house.cli("doctor")
    assert report.returncode == 1 and f"{pack}: packed logs '{pack}': it is torn" in report.stdout


# --- pruning


def test_what_is_past_retention_goes_and_its_facts_stay(house):
    runs = [house.trigger("talk", "--id", f"key-{i}", "--wait") for i in range(5)]
    facts = {run: house.http("GET", f"/api/v1/facts?run={run}&limit=1000")[1]["items"] for run in runs}
    told = gc(house, "--dry-run")
    assert told["dry_run"] and told["pruned"]["runs"] == 2 and told["pruned"]["bytes"] > 0
    assert told["pruned"]["attempts"] == 8 and told["packed"]["runs"] == 5
    assert len(packs.logs_of(house.path)) == 5, "a dry run changes nothing"
    told = gc(house)
    assert told["pruned"]["runs"] == 2 and told["pruned"]["attempts"] == 8 and told["pruned"]["outputs"] == 2
    assert told["pruned"]["bytes"] > 0
    for run in runs[:2]:
        status, answer, _ = house.http("GET", f"/api/v1/runs/{run}")
        assert status == 200 and answer["pruned_at"] and answer["tasks"] == {} and answer["params"] == {}
        assert answer["state"] == "failed"
        for path in ("tasks", "tasks/many", "tasks/many/attempts/1", "tasks/many/attempts/1/log", "why",
                     "tasks/many/why"):
            status, answer, _ = house.http("GET", f"/api/v1/runs/{run}/{path}")
            assert status == 410 and "was pruned at" in answer["detail"], path
        for verb in (("logs", run), ("logs", run, "many"), ("why", run), ("rerun", run),
                     ("mark", run, "fails", "success", "--reason", "x")):
            done = house.cli(*verb)
            assert done.returncode == 4 and "pruned" in done.stderr, (verb, done.stderr)
        now = house.http("GET", f"/api/v1/facts?run={run}&limit=1000")[1]["items"]
        assert now[:-1] == facts[run] and now[-1]["kind"] == "run.prune"
        assert now[-1]["why"] == "retention {runs: 3}"
        assert not (house.path / "runs" / run).exists()
        status, page, _ = raw(house, f"/runs/{run}", {"Accept": "text/html"})
        assert status == 200 and b"This run was pruned" in page and b"/rerun" not in page
        done = house.cli("runs", "show", run)
        assert done.returncode == 0, done.stderr
        assert "state    failed" in done.stdout and "pruned   20" in done.stdout
        assert "TASK" not in done.stdout
        assert json.loads(house.cli("runs", "show", run, "--json").stdout)["pruned_at"]
    for run in runs[2:]:
        assert house.log_of(run, "many").count("\n") == 500
        assert (house.path / "runs" / run / "scratch").exists()
    # Its id and its key stay taken.
    assert house.trigger("talk", "--id", "key-0") == runs[0]
    assert len(list(house.path.glob("logs/*/*.artifacts/report"))) == 3
    assert told["artifacts"]["files"] > 0


def test_numbers_of_attempts_stay_taken(house):
    house.dag("talk.yaml", TALK.replace("{runs: 3}", "1ms"))
    house.trigger("talk", "--wait")
    last, = packs.rows(house.path, "SELECT max(attempt_id) FROM attempt")[0]
    wait_for(lambda: gc(house)["pruned"]["runs"] == 1, what="the run pruned")
    assert packs.rows(house.path, "SELECT count(*) FROM attempt") == [(0,)]
    house.stop()
    house.start()
    house.trigger("talk", "--wait")
    assert packs.rows(house.path, "SELECT min(attempt_id) FROM attempt")[0][0] == last + 1


def test_what_is_under_way_or_queued_is_never_pruned(house):
    house.dag("slow.yaml", SLOW.replace("{runs: 1}", "1ms"))
    running = house.trigger("slow")
    wait_for(lambda: house.run(running)["tasks"]["nap"] == "running", what="nap running")
    queued = house.trigger("slow")
    assert house.run(queued)["state"] == "queued"
    for _ in range(3):
        assert gc(house)["pruned"]["runs"] == 0
    assert house.run(running)["tasks"]["nap"] == "running"
    assert "sleeping" in house.log_of(running, "nap")
    assert house.cli("cancel", queued, "--wait").returncode == 0
    wait_for(lambda: gc(house)["pruned"]["runs"] == 1, what="the queued one pruned")
    assert house.run(running)["tasks"]["nap"] == "running"
    assert house.cli("cancel", running, "--wait").returncode == 0


def test_versions_of_no_use_go_and_come_back(house):
    house.trigger("talk", "--wait")
    first = house.http("GET", "/api/v1/dags/talk")[1]["hash"]
    house.dag("talk.yaml", TALK.replace("{runs: 3}", "1ms"))
    wait_for(lambda: house.http("GET", "/api/v1/dags/talk")[1]["hash"] != first, what="the new text")
    wait_for(lambda: gc(house)["pruned"]["runs"] == 1, what="the run pruned")
    house.stop()
    # Ten minutes later.
    import sqlite3
    with sqlite3.connect(house.path / "heddle.db") as db:
        assert db.execute("UPDATE version_unused SET since_ms = since_ms - 700000").rowcount >= 1
    told = gc(house)
    assert told["versions"]["count"] >= 1 and told["versions"]["bytes"] > 0
    assert packs.rows(house.path, "SELECT text FROM dag_version WHERE hash = ?", first) == [("",)]
    house.start()
    status, answer, _ = house.http("GET", f"/api/v1/dags/talk/source?version={first}")
    assert status == 410, answer
    house.dag("talk.yaml", TALK)
    wait_for(lambda: house.http("GET", "/api/v1/dags/talk")[1]["hash"] == first, what="the old text")
    assert house.http("GET", f"/api/v1/dags/talk/source?version={first}")[1] == TALK
    assert house.http("GET", "/api/v1/dags/talk/source")[1] == TALK
    run = house.trigger("talk", "--wait")
    assert house.run(run)["dag_hash"] == first


def test_it_happens_by_itself(faulty):
    faulty.dag("talk.yaml", TALK.replace("{runs: 3}", "{runs: 1}"))
    faulty.start(env={"HEDDLE_RETENTION_PACE_MS": "50"})
    first = faulty.trigger("talk", "--wait")
    wait_for(lambda: packs.singles(faulty.path) == [], what="the first run packed")
    second = faulty.trigger("talk", "--wait")
    wait_for(lambda: faulty.run(first)["pruned_at"], what="the first run pruned")
    wait_for(lambda: packs.singles(faulty.path) == [], what="the second run packed")
    assert faulty.log_of(second, "many").count("\n") == 500
    assert faulty.run(second)["pruned_at"] is None


def test_a_restored_home_keeps_all_until_it_goes_on(faulty):
    faulty.dag("talk.yaml", TALK)
    faulty.start()
    runs = [faulty.trigger("talk", "--wait") for _ in range(4)]
    logs = {run: faulty.log_of(run, "many") for run in runs}
    done = faulty.cli("backup")
    assert done.returncode == 0, done.stderr
    backup, = faulty.path.glob("**/heddle-*.db")
    faulty.stop()
    done = faulty.cli("restore", str(backup), "--force")
    assert done.returncode == 0, done.stderr
    faulty.spawn(env={"HEDDLE_RETENTION_PACE_MS": "50"})
    wait_for(lambda: (faulty.path / "heddle.sock").exists() and packs.singles(faulty.path) == [],
             what="all runs packed")
    assert {run: faulty.log_of(run, "many") for run in runs} == logs
    assert packs.rows(faulty.path, "SELECT count(*) FROM run WHERE pruned_at_ms IS NOT NULL") == [(0,)]
    done = faulty.cli("resume", "--all", "--reason", "looked at")
    assert done.returncode == 0, done.stderr
    wait_for(lambda: faulty.run(runs[0])["pruned_at"], what="the oldest run pruned")
    assert {run: faulty.log_of(run, "many") for run in runs[1:]} == {run: logs[run] for run in runs[1:]}


# --- gc


def test_each_of_several_is_told_of_its_own_round(house):
    asked = [["gc", "--json", *flags] for flags in ([], ["--dry-run"], [], ["--dry-run"], ["--backups"])]
    running = [subprocess.Popen([house.bin / "heddle", *words, "--home", house.path], stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True) for words in asked]
    for words, process in zip(asked, running):
        out, err = process.communicate(timeout=60)
        assert process.returncode == 0, err
        assert json.loads(out)["dry_run"] is ("--dry-run" in words)
    status, answer, _ = house.http("GET", "/api/v1/gc")
    assert status == 200 and answer["former"]["round"] == answer["round"]


def test_without_a_daemon_it_is_done_here(house):
    runs = [house.trigger("talk", "--wait") for _ in range(4)]
    logs = {run: house.log_of(run, "many") for run in runs[1:]}
    house.stop()
    told = gc(house)
    assert told["packed"]["runs"] == 4 and told["pruned"]["runs"] == 1
    house.start()
    assert {run: house.log_of(run, "many") for run in runs[1:]} == logs
    assert house.http("GET", f"/api/v1/runs/{runs[0]}/tasks")[0] == 410


def test_ids_of_a_foreign_database_lead_nowhere(house):
    """Files are removed by the ids of runs: those of a restored home are whatever its maker wrote."""
    victim = house.path.parent / "victim"
    victim.mkdir()
    (victim / "kept").write_text("mine")
    runs = [house.trigger("talk", "--wait") for _ in range(4)]
    house.stop()
    import sqlite3
    with sqlite3.connect(house.path / "heddle.db") as db:
        assert db.execute("UPDATE run SET run_id = '../../victim' WHERE run_id = ?", (runs[0],)).rowcount == 1
    done = house.cli("gc", "--json")
    assert (victim / "kept").read_text() == "mine"
    assert not list(house.path.parent.glob("victim.pack*"))
    assert "no name of ours" in done.stdout + done.stderr


def test_words_for_people(house):
    house.trigger("talk", "--wait")
    done = house.cli("gc")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[0] == "packed the logs of 1 run"
    assert "pruned 0 runs past retention" in done.stdout
    done = house.cli("gc", "--dry-run")
    assert "to prune: 0 runs past retention" in done.stdout


def test_a_home_that_is_none(tmp_path, home):
    done = home.cli("gc")
    assert done.returncode == 4 and "there is no home" in done.stderr
    assert not home.path.exists()


def old(path, text="x", days=0, hours=2):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    then = time.time() - days * 86400 - hours * 3600
    os.utime(path, (then, then))
    return path


def test_what_belongs_to_nothing_goes(house):
    run = house.trigger("talk", "--wait")
    day = house.path / "logs" / "2020-01-01"
    gone = [old(house.path / "token.tmp"), old(house.path / "spool" / "suspects.tmp"),
            old(day / f"{run}.pack.new"), old(day / "00c0ffee-7.claim.123"),
            old(day / "00c0ffee-7.log", days=100), old(day / "00c0ffee-7.claim", days=100),
            old(house.path / "runs" / "00000000deadbeef" / "f").parent]
    os.utime(gone[-1], (0, 0))
    stays = [old(house.path / "fresh.tmp", hours=0), old(house.path / "logs" / "2020-01-02" / "00c0ffee-8.log", days=5),
             old(house.path / "logs" / "2020-01-02" / "notes.txt", days=500), house.path / "runs" / run]
    backup = old(house.path / "heddle.db.schema-1", "a copy", days=300)
    told = gc(house, "--dry-run")
    assert told["orphans"]["files"] >= 7 and all(path.exists() for path in gone)
    told = gc(house)
    assert told["orphans"]["files"] >= 7
    assert [path for path in gone if path.exists()] == []
    assert not day.exists(), "an empty folder of an old day goes"
    assert [path for path in stays if not path.exists()] == []
    assert told["backups"] == {"files": 1, "bytes": told["backups"]["bytes"]} and backup.exists()
    gc(house, "--backups", "--dry-run")
    assert backup.exists()
    assert gc(house, "--backups")["backups"]["files"] == 1 and not backup.exists()


def test_the_document_names_it(house):
    document = house.http("GET", "/api/v1/openapi.json")[1]
    assert set(document["paths"]["/api/v1/gc"]) == {"get", "post"}
    assert "410" in document["paths"]["/api/v1/runs/{run}/tasks"]["get"]["responses"]
    status, answer, _ = house.http("POST", "/api/v1/gc", {"dry_run": "yes"})
    assert status == 422 and "'dry_run' is neither true nor false" in answer["detail"]
    status, answer, _ = house.http("POST", "/api/v1/gc", {"dry_run": True})
    assert status == 200 and answer["running"] and answer["dry_run"]
    wait_for(lambda: not house.http("GET", "/api/v1/gc")[1]["running"], what="the round over")

