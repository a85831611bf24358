"""The DAG folder while a daemon serves it: what is dropped, changed, moved or removed takes effect by itself."""

import contextlib
import os
import re
import shutil
import sqlite3
import subprocess
import time

import pytest

from daemon_home import wait_for

GOOD = "id: {0}\ntasks: [{{id: t, command: 'echo {1}'}}]\n"


def in_force(home):
    """{id: file} of all dags."""
    return {dag["id"]: dag["file"] for dag in home.http("GET", "/api/v1/dags")[1]["items"]}


def errors(home):
    """{file: [message, ...]}"""
    found = {}
    for error in home.http("GET", "/api/v1/errors")[1]["items"]:
        found.setdefault(error["file"], []).append(error["message"])
    return found


def readings(home):
    """How often the folder came into force since the start."""
    return home.log_text().count('msg="dag folder read"')


def wait_dags(home, expected, seconds=10):
    wait_for(lambda: in_force(home) == expected, seconds, f"{expected} (now {in_force(home)})")


def wait_errors(home, *files):
    wait_for(lambda: set(errors(home)) == set(files), 10, f"errors of {files}")
    return errors(home)


def says(home, dag):
    """What the one task of a dag prints when it is run now."""
    run = home.trigger(dag)
    assert home.wait_run(run)["state"] == "success"
    return home.log_of(run, "t")


def facts(home, dag):
    with contextlib.closing(sqlite3.connect(f"file:{home.path}/heddle.db?mode=ro", uri=True)) as db:
        return db.execute("select kind, actor from fact where dag_id = ? order by fact_no", (dag,)).fetchall()


@pytest.fixture
def house(home):
    home.dag("a.yaml", GOOD.format("a", "first"))
    home.start()
    return home


def test_a_file_comes_changes_and_goes(house):
    house.dag("sub/b.yaml", GOOD.format("b", "new"))
    wait_dags(house, {"a": "a.yaml", "b": "sub/b.yaml"})
    assert "new" in says(house, "b")
    house.dag("sub/b.yaml", GOOD.format("b", "changed"))
    wait_for(lambda: len(facts(house, "b")) == 2, 10, "the change")
    assert "changed" in says(house, "b")
    (house.dags / "sub" / "b.yaml").unlink()
    wait_dags(house, {"a": "a.yaml"})
    assert facts(house, "b") == [("dag.new", "folder"), ("dag.changed", "folder"), ("dag.removed", "folder")]
    assert len(house.http("GET", "/api/v1/runs?dag=b")[1]["items"]) == 2  # the history stays
    assert house.cli("trigger", "b").returncode != 0


def test_it_takes_effect_within_half_a_second(house):
    house.dag("b.yaml", GOOD.format("b", "new"))
    began = time.monotonic()
    wait_dags(house, {"a": "a.yaml", "b": "b.yaml"})
    assert time.monotonic() - began < 0.5


def test_a_run_keeps_the_version_it_started_with_when_its_file_changes_or_goes(house):
    gate = house.work / "go"
    text = f"""
id: long
tasks:
  - {{id: a, command: 'while [ ! -e {gate} ]; do sleep 0.01; done'}}
  - {{id: t, depends_on: [a], command: 'echo as it was'}}
"""
    house.dag("long.yaml", text)
    wait_dags(house, {"a": "a.yaml", "long": "long.yaml"})
    run = house.trigger("long")
    house.dag("long.yaml", text.replace("as it was", "as it is"))
    wait_for(lambda: len(facts(house, "long")) == 2, 10, "the change")
    (house.dags / "long.yaml").unlink()
    wait_dags(house, {"a": "a.yaml"})
    gate.touch()
    assert house.wait_run(run)["state"] == "success"
    assert "as it was" in house.log_of(run, "t")


def test_what_does_not_check_leaves_the_last_good_version_and_is_told(house):
    house.dag("a.yaml", "id: a\ntasks: [{id: t, comand: x}]\n")
    assert "'comand'" in wait_errors(house, "a.yaml")["a.yaml"][0]
    assert in_force(house) == {"a": "a.yaml"}
    assert "first" in says(house, "a")
    assert "a.yaml:2:" in house.cli("ls", "dags").stdout + house.cli("ls", "errors").stdout
    house.dag("a.yaml", GOOD.format("a", "mended"))
    wait_errors(house)
    assert "mended" in says(house, "a")


def test_a_renamed_file_is_the_same_dag(house):
    run = house.trigger("a")
    house.wait_run(run)
    (house.dags / "a.yaml").rename(house.dags / "z.yaml")
    wait_dags(house, {"a": "z.yaml"})
    assert [kind for kind, _ in facts(house, "a")] == ["dag.new", "dag.moved"]
    assert house.http("GET", "/api/v1/dags/a")[1]["last_run"]["id"] == run
    assert "first" in says(house, "a")


def test_an_id_in_two_files_stays_with_the_one_in_force_until_that_goes(house):
    house.dag("0.yaml", GOOD.format("a", "second"))
    assert "is taken by a.yaml" in wait_errors(house, "0.yaml")["0.yaml"][0]
    assert "first" in says(house, "a")
    (house.dags / "a.yaml").unlink()
    wait_dags(house, {"a": "0.yaml"})
    wait_errors(house)
    assert "second" in says(house, "a")


def test_one_change_is_what_is_found_once_it_is_quiet(house):
    before = readings(house)
    for i in range(40):
        house.dag(f"b{i}.yaml", GOOD.format(f"b{i}", i))
        time.sleep(0.01)
    wait_for(lambda: len(in_force(house)) == 41, 10, "all files")
    assert readings(house) == before + 1


def test_it_waits_two_seconds_at_most(house):
    began = time.monotonic()
    while "b0" not in in_force(house):
        house.dag("b0.yaml", GOOD.format("b0", time.monotonic()))
        time.sleep(0.02)
        assert time.monotonic() - began < 5
    assert time.monotonic() - began > 1.5


def test_editors_and_their_temporary_files(house):
    before = readings(house)
    for name in (".b.yaml.swp", "b.yaml~", "#b.yaml#", "4913", "b.yaml.tmp", ".#b.yaml", "b.yaml.bak"):
        (house.dags / name).write_text("id: [\n")
    time.sleep(0.4)
    assert readings(house) == before and errors(house) == {}
    aside = house.dags / "b.yaml.tmp"
    aside.write_text(GOOD.format("b", "whole"))
    aside.rename(house.dags / "b.yaml")
    wait_dags(house, {"a": "a.yaml", "b": "b.yaml"})
    (house.dags / "a.yaml").rename(house.dags / "a.yaml~")  # as vim saves: away, and written anew
    (house.dags / "a.yaml").write_text(GOOD.format("a", "second"))
    wait_for(lambda: "second" in says(house, "a"), 10, "the new text")
    assert ("dag.removed", "folder") not in facts(house, "a")


def test_sub_folders_that_are_moved_in_out_and_made_anew(house):
    outside = house.work / "pack"
    (outside / "deep").mkdir(parents=True)
    (outside / "deep" / "b.yaml").write_text(GOOD.format("b", 1))
    outside.rename(house.dags / "pack")
    wait_dags(house, {"a": "a.yaml", "b": "pack/deep/b.yaml"})
    house.dag("pack/deep/c.yaml", GOOD.format("c", 1))  # the folder that came is watched, too
    wait_dags(house, {"a": "a.yaml", "b": "pack/deep/b.yaml", "c": "pack/deep/c.yaml"})
    (house.dags / "pack").rename(outside)
    wait_dags(house, {"a": "a.yaml"})
    before = readings(house)
    (outside / "deep" / "b.yaml").write_text(GOOD.format("b", 2))
    time.sleep(0.4)
    assert readings(house) == before
    house.dag("pack/deep/b.yaml", GOOD.format("b", 3))
    wait_dags(house, {"a": "a.yaml", "b": "pack/deep/b.yaml"})
    shutil.rmtree(house.dags / "pack")
    wait_dags(house, {"a": "a.yaml"})
    house.dag("pack/deep/b.yaml", GOOD.format("b", 4))
    wait_dags(house, {"a": "a.yaml", "b": "pack/deep/b.yaml"})


def test_links_to_files_and_folders(house):
    store = house.work / "store"
    store.mkdir()
    (store / "b.yaml").write_text(GOOD.format("b", "one"))
    (house.dags / "b.yaml").symlink_to(store / "b.yaml")
    (house.dags / "team").symlink_to(store)
    wait_for(lambda: in_force(house) == {"a": "a.yaml", "b": "b.yaml"}, 10, "the link")
    assert "is taken by b.yaml" in wait_errors(house, "team/b.yaml")["team/b.yaml"][0]
    (house.dags / "team").unlink()
    wait_errors(house)
    (store / "b.yaml").write_text(GOOD.format("b", "two"))  # the target of a link, elsewhere
    wait_for(lambda: "two" in says(house, "b"), 10, "the target's new text")
    (house.dags / "loop").symlink_to("..")
    (house.dags / "self").symlink_to("self")
    house.dag("c.yaml", GOOD.format("c", 1))
    wait_for(lambda: "c" in in_force(house), 10, "c beside the loops")


def test_a_swapped_link_is_one_change(home):
    """As a ConfigMap is mounted: files are links through ..data, which is swapped by a rename."""
    def release(number):
        folder = home.dags / f"..release_{number}"
        folder.mkdir()
        for name in "abc":
            (folder / f"{name}.yaml").write_text(GOOD.format(name, f"release {number}"))
        (home.dags / "..data_tmp").symlink_to(folder.name)
        (home.dags / "..data_tmp").rename(home.dags / "..data")

    release(1)
    for name in "abc":
        (home.dags / f"{name}.yaml").symlink_to(f"..data/{name}.yaml")
    home.start()
    before = readings(home)
    release(2)
    wait_for(lambda: len(facts(home, "c")) == 2, 10, "the swap")
    assert readings(home) == before + 1
    assert "release 2" in says(home, "a") and "release 2" in says(home, "b")


def test_the_folder_itself_may_be_swapped_or_made_anew(home):
    first, second = home.work / "first", home.work / "second"
    for folder, word in ((first, "one"), (second, "two")):
        folder.mkdir()
        (folder / "a.yaml").write_text(GOOD.format("a", word))
    home.dags.rmdir()
    home.dags.symlink_to(first)
    home.start()
    assert "one" in says(home, "a")
    aside = home.dags.with_name("aside")
    aside.symlink_to(second)
    aside.rename(home.dags)
    wait_for(lambda: "two" in says(home, "a"), 10, "the other folder")
    home.dags.unlink()
    wait_for(lambda: "dag folder cannot be read" in home.log_text(), 10, "the complaint")
    assert in_force(home) == {"a": "a.yaml"}  # a folder that is away takes nothing out
    home.dags.mkdir()
    home.dag("b.yaml", GOOD.format("b", "anew"))
    wait_dags(home, {"b": "b.yaml"})


def test_what_cannot_be_read_is_told_and_takes_nothing_out(house):
    house.dag("b.yaml", GOOD.format("b", 1))
    wait_dags(house, {"a": "a.yaml", "b": "b.yaml"})
    (house.dags / "b.yaml").unlink()
    os.mkfifo(house.dags / "b.yaml")
    assert "not a regular file" in wait_errors(house, "b.yaml")["b.yaml"][0]
    assert in_force(house) == {"a": "a.yaml", "b": "b.yaml"}
    (house.dags / "b.yaml").unlink()
    wait_dags(house, {"a": "a.yaml"})
    wait_errors(house)


def test_a_checkout_is_one_change_and_its_commit_is_kept(home):
    def git(*words):
        return subprocess.run(["git", "-C", home.dags, "-c", "user.name=t", "-c", "user.email=t@t", *words], check=True,
                              capture_output=True, text=True).stdout.strip()

    git("init", "-q", "-b", "main")
    home.dag("a.yaml", GOOD.format("a", "committed"))
    git("add", "-A")
    git("commit", "-q", "-m", "one")
    home.start()
    commit = git("rev-parse", "HEAD")
    assert home.http("GET", "/api/v1/dags/a")[1]["git_commit"] == commit
    wait_for(lambda: home.http("GET", "/api/v1/dags/a")[1]["git_dirty"] is False, 10, "a clean tree")
    lock = home.dags / ".git" / "index.lock"
    lock.touch()
    home.dag("a.yaml", GOOD.format("a", "half way"))
    time.sleep(0.6)
    assert "committed" in says(home, "a")
    home.dag("a.yaml", GOOD.format("a", "all the way"))
    lock.unlink()
    wait_for(lambda: len(facts(home, "a")) == 2, 10, "the change")
    assert "all the way" in says(home, "a")
    assert home.http("GET", "/api/v1/dags/a")[1]["git_commit"] == commit
    wait_for(lambda: home.http("GET", "/api/v1/dags/a")[1]["git_dirty"] is True, 10, "a changed tree")
    git("pack-refs", "--all")
    home.stop()
    home.dag("b.yaml", GOOD.format("b", "packed"))
    home.start()
    assert home.http("GET", "/api/v1/dags/b")[1]["git_commit"] == commit


def test_folder_defaults_hold_and_a_broken_one_leaves_what_is_in_force(home):
    home.dag("team/heddle.yaml", "env: {WHO: the team}\n")
    home.dag("team/a.yaml", "id: a\ntasks: [{id: t, command: 'echo $WHO'}]\n")
    home.start()
    assert "the team" in says(home, "a")
    home.dag("team/heddle.yaml", "env: {WHO: all of us}\n")
    wait_for(lambda: "all of us" in says(home, "a"), 10, "the new defaults")
    home.dag("team/heddle.yaml", "enviroment: {}\n")
    home.dag("team/b.yaml", GOOD.format("b", 1))
    found = wait_errors(home, "team/heddle.yaml", "team/b.yaml")
    assert "'team/heddle.yaml'" in found["team/b.yaml"][0]
    assert in_force(home) == {"a": "team/a.yaml"}
    home.stop()
    home.start()  # the kept version has its defaults with it
    assert set(errors(home)) == {"team/heddle.yaml", "team/b.yaml"}
    assert "all of us" in says(home, "a")
    (home.dags / "team" / "heddle.yaml").unlink()
    wait_dags(home, {"a": "team/a.yaml", "b": "team/b.yaml"})


def test_a_file_that_a_dag_names_belongs_to_its_version(home):
    home.dag("team/q.yaml", "id: q\ntasks: [{id: a, sql: {engine: duckdb, file: ../../work/q.sql}}]\n")
    if "not supported yet" in home.cli("validate", home.dags).stdout:
        pytest.skip("no task can name a file yet")
    home.start()
    assert "there is no such file" in wait_errors(home, "team/q.yaml")["team/q.yaml"][0]
    (home.work / "q.sql").write_text("select 1\n")
    wait_dags(home, {"q": "team/q.yaml"})
    (home.work / "q.sql").write_text("select 2\n")
    wait_for(lambda: len(facts(home, "q")) == 2, 10, "the new version")
    (home.work / "q.sql").unlink()
    wait_errors(home, "team/q.yaml")
    assert in_force(home) == {"q": "team/q.yaml"}
    home.stop()
    (home.work / "q.sql").write_text("select 3\n")
    home.start()
    assert [kind for kind, _ in facts(home, "q")] == ["dag.new", "dag.changed", "dag.changed"]


def test_a_run_goes_on_after_a_restart_with_the_defaults_it_began_with(home):
    gate = home.work / "go"
    home.dag("heddle.yaml", "env: {WHO: before}\n")
    home.dag("a.yaml", f"""
id: a
tasks:
  - {{id: wait, command: 'while [ ! -e {gate} ]; do sleep 0.01; done'}}
  - {{id: t, depends_on: [wait], command: 'echo $WHO'}}
""")
    home.start()
    run = home.trigger("a")
    wait_for(home.shims, 10, "the task")
    home.kill()
    home.dag("heddle.yaml", "env: {WHO: after}\n")
    home.start()
    gate.touch()
    assert home.wait_run(run)["state"] == "success"
    assert "before" in home.log_of(run, "t")
    assert "after" in says(home, "a")


def test_a_second_start_reads_only_what_changed(home):
    for i in range(50):
        home.dag(f"d{i}.yaml", GOOD.format(f"d{i}", i))
    time.sleep(0.2)
    home.start()
    home.stop()
    home.dag("d7.yaml", GOOD.format("d7", "changed"))
    (home.dags / "d8.yaml").unlink()
    home.start()
    assert re.findall(r"files=(\d+) read=(\d+)", home.log_text())[-1] == ("49", "1")
    assert "changed" in says(home, "d7") and len(in_force(home)) == 49


def test_a_thousand_files_dropped_at_once_do_not_stop_the_loop(house):
    aside = house.work / "aside"
    aside.mkdir()
    for i in range(1000):
        (aside / f"n{i}.yaml").write_text(GOOD.format(f"n{i}", i))
    aside.rename(house.dags / "dropped")
    wait_for(lambda: house.http("GET", "/api/v1/dags/n999")[0] == 200, 20, "the last file")
    assert "the loop stood still" not in house.log_text()
    assert "999" in says(house, "n999")


def test_a_full_store_leaves_the_folder_as_it_was_until_there_is_room(faulty):
    faulty.dag("a.yaml", GOOD.format("a", "first"))
    faulty.start()
    faulty.stop()
    faulty.dag("b.yaml", GOOD.format("b", 1))
    struck = n = 0
    while struck < 3:
        n += 1
        assert n < 60
        faulty.dag("b.yaml", GOOD.format("b", n))
        faulty.start(env={"HEDDLE_FAULT": f"daemon:write:{n}:ENOSPC"})
        wait_dags(faulty, {"a": "a.yaml", "b": "b.yaml"})
        struck += "could not be written" in faulty.log_text()
        assert str(n) in says(faulty, "b")
        faulty.stop()
        faulty.log.unlink()


def test_no_name_of_a_file_forges_a_line_of_the_log(house):
    name = 'x\nts=2026-01-01 level=error msg="forged" \x1b[2J\u009b2J.yaml'
    house.dag(name, "id: [\n")
    wait_for(lambda: "2J.yaml" in house.log_text(), 10, "the complaint")
    lines = house.log_text().splitlines()
    assert [line for line in lines if "forged" in line and "does not check" in line and '\\x0a' in line]
    assert not [line for line in lines if line.startswith("ts=2026-01-01")]
    assert "\x1b" not in house.log_text() and "\u009b" not in house.log_text()
