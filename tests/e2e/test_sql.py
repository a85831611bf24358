"""heddle sql: questions in SQL, read-only, with and without a daemon."""

import csv
import io
import json
import os
import pty
import sqlite3
import subprocess

import pytest


@pytest.fixture
def asked(home):
    home.dag("quick.yaml", "id: quick\ntasks:\n  - {id: a, command: 'true'}\n")
    home.start()
    home.trigger("quick", "--wait")
    return home


def test_a_table_json_and_csv(asked):
    done = asked.cli("sql", "select dag_id, state, NULL as none, 1.5 as half, x'00ff' as bytes from run")
    assert done.returncode == 0
    assert done.stdout.splitlines() == ["dag_id  state    none  half  bytes", "quick   success  NULL  1.5   x'00ff'"]
    done = asked.cli("sql", "select 1 as a, 2 as a, 'x' || char(0) || 'y' as z, x'00ff' as b, 9e999 as inf", "--json")
    assert json.loads(done.stdout) == [{"a": 1, "a:2": 2, "z": "x\0y", "b": "00ff", "inf": None}]
    done = asked.cli("sql", "select 'a,\"b\"' as t, '' as e, NULL as n, 'two\nlines' as l", "--csv")
    assert list(csv.reader(io.StringIO(done.stdout))) == [["t", "e", "n", "l"], ["a,\"b\"", "", "", "two\nlines"]]
    assert ',"",,' in done.stdout
    assert asked.cli("sql", "select 1 where 0", "--json").stdout == "[]\n"
    assert json.loads(asked.cli("sql", "select max(9223372036854775807) m", "--json").stdout) == [
        {"m": 9223372036854775807}]


def test_without_a_daemon(asked):
    asked.stop()
    assert asked.cli("sql", "select count(*) as runs from run").stdout == "runs\n1\n"
    asked.start()
    asked.kill()
    assert asked.cli("sql", "select count(*) as runs from run").stdout == "runs\n1\n"


@pytest.mark.parametrize("text", [
    "delete from run", "update run set state = 'x'", "insert into note select 1, 1, 1, 1, 1, 1",
    "create table x (y)", "create temp table x (y)", "drop table run", "begin", "vacuum", "vacuum into '/tmp/never.db'",
    "attach '/tmp/never.db' as other", "detach main", "pragma user_version = 3", "pragma journal_mode = delete",
    "pragma wal_checkpoint", "pragma writable_schema = 1", "reindex", "analyze", "savepoint x",
    "select load_extension('/tmp/x.so')", "explain delete from run", "with x as (select 1) delete from run",
    "select * from pragma_wal_checkpoint", "update sqlite_master set sql = 'x'",
])
def test_nothing_but_reading_is_done(asked, text):
    before = sqlite3.connect(asked.path / "heddle.db").execute("select count(*) from fact").fetchone()
    done = asked.cli("sql", text)
    assert done.returncode in (2, 5) and done.stdout == "", (done.returncode, done.stdout, done.stderr)
    assert not os.path.exists("/tmp/never.db")
    assert sqlite3.connect(asked.path / "heddle.db").execute("select count(*) from fact").fetchone() == before


@pytest.mark.parametrize("text", ["pragma user_version", "pragma table_info(run)", "select name from pragma_table_info('run')",
                                  "explain query plan select * from run", "values (1), (2)", "select 1;  -- done\n"])
def test_what_only_reads_is_answered(asked, text):
    done = asked.cli("sql", text)
    assert done.returncode == 0 and done.stdout.count("\n") >= 2, done.stderr


@pytest.mark.parametrize("text, code, said", [
    ("selec 1", 2, "syntax error"), ("", 2, ""), ("  ", 2, "no SQL"), ("/* nothing */", 2, "no SQL"),
    ("select 1; select 2", 2, "one statement at a time"), ("select * from nowhere", 2, "no such table: nowhere"),
    ("select ?1", 0, ""),
])
def test_mistakes_are_told(asked, text, code, said):
    done = asked.cli("sql", text)
    assert done.returncode == code and said in done.stderr, done.stderr


def test_it_is_cut_off_in_time_and_in_size(asked):
    endless = "with recursive n(x) as (select 1 union all select x + 1 from n) select max(x) from n"
    done = asked.cli("sql", endless, "--timeout", "300ms")
    assert done.returncode == 1 and "cut off after 300 ms" in done.stderr and done.stdout == ""
    large = "with recursive n(x) as (select 1 union all select x + 1 from n where x < 1000)" \
            " select hex(zeroblob(1000000)) from n"
    done = asked.cli("sql", large, "--timeout", "60s", "--csv")
    assert done.returncode == 1 and "ask for less" in done.stderr and done.stdout == ""
    assert asked.cli("sql", "select 1", "--timeout", "5").returncode == 2
    assert asked.cli("sql", "select 1", "--json", "--csv").returncode == 2
    assert asked.cli("sql", "select 1", "--url", "http://127.0.0.1:1").returncode == 2


def test_there_must_be_a_database(home):
    done = home.cli("sql", "select 1")
    assert done.returncode == 4 and "no home" in done.stderr
    home.path.mkdir()
    done = home.cli("sql", "select 1")
    assert done.returncode == 4 and "has no database yet" in done.stderr


def on_a_terminal(home, *words):
    leader, follower = pty.openpty()
    process = subprocess.Popen([home.bin / "heddle", "sql", *words, "--home", home.path], stdout=follower,
                               stderr=subprocess.DEVNULL)
    os.close(follower)
    text = b""
    try:
        while chunk := os.read(leader, 65536):
            text += chunk
    except OSError:
        pass
    os.close(leader)
    assert process.wait(20) == 0
    return text


@pytest.mark.parametrize("form", [[], ["--csv"], ["--json"]])
def test_what_was_stored_steers_no_terminal(asked, form):
    text = on_a_terminal(asked, "select 'a' || char(27) || '[31mb' || char(0, 7, 155) as \"x\ty\", x'1b5b33'", *form)
    assert b"\x1b" not in text and b"\x07" not in text and b"\0" not in text and b"\xc2\x9b" not in text, text
    assert b"[31mb" in text and b"1b5b33" in text
