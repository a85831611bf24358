"""The command line as a shell and a terminal meet it."""

import json
import os
import pty
import resource
import subprocess

import pytest

HELLO = "id: hello\ntasks: [{id: greet, command: 'echo hi'}]\n"
NOISY = r"""
id: noisy
tasks:
- {id: talk, command: "printf '\\033[31mred\\033[0m \\033[2J\\033]0;title\\007 \\377\\n'"}
"""


def on_a_terminal(home, *words, **env):
    """What a verb prints where stdout is a terminal."""
    leader, follower = pty.openpty()
    verb = subprocess.Popen([home.bin / "heddle", "--home", home.path, *words], stdout=follower,
                            stderr=subprocess.DEVNULL, env={**os.environ, "TERM": "xterm", **env})
    os.close(follower)
    text = b""
    try:
        while piece := os.read(leader, 65536):
            text += piece
    except OSError:  # the terminal of a process that is gone
        pass
    os.close(leader)
    assert verb.wait(60) == 0
    return text


def test_a_log_cannot_steer_a_terminal_and_keeps_its_bytes_elsewhere(home):
    home.dag("noisy.yaml", NOISY)
    home.start()
    run = home.trigger("noisy", "--wait")
    raw = subprocess.run([home.bin / "heddle", "--home", home.path, "logs", run, "talk"],
                         stdout=subprocess.PIPE, check=True).stdout
    assert raw[25:] == b"\033[31mred\033[0m \033[2J\033]0;title\007 \377\n"
    seen = on_a_terminal(home, "logs", run, "talk")
    assert seen[25:] == b"\033[31mred\033[0m ^[[2J^[]0;title^G <FF>\r\n"
    seen = on_a_terminal(home, "logs", run, "talk", NO_COLOR="1")
    assert seen[25:] == b"red ^[[2J^[]0;title^G <FF>\r\n"


def test_the_lines_of_a_log_as_json(home):
    home.dag("noisy.yaml", NOISY)
    home.dag("two.yaml", "id: two\ntasks:\n- {id: a, command: 'echo 1; printf 2'}\n"
                         "- {id: b, depends_on: [a], command: 'echo 3'}\n")
    home.start()
    done = home.cli("logs", home.trigger("two", "--wait"), "--json")
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(line["task"], line["attempt"], line["line"], line["text"][25:]) for line in lines] == [
        ("a", 1, 1, "1"), ("a", 1, 2, "2"), ("b", 1, 1, "3")]
    assert done.stderr == ""
    line = json.loads(home.cli("logs", home.trigger("noisy", "--wait"), "--json", "-f").stdout)
    assert line["text"].endswith("\033]0;title\a \N{REPLACEMENT CHARACTER}")


@pytest.mark.parametrize("verb", [["ls", "dags"], ["ls", "runs"], ["why", "hello"], ["trigger", "hello"],
                                  ["sql", "select 1"], ["backup"], ["doctor"], ["help"]], ids=" ".join)
def test_a_closed_stdout_takes_nothing_and_is_told(home, verb):
    home.dag("hello.yaml", HELLO)
    home.start()
    home.trigger("hello", "--wait")
    line = 'exec "$@" >&-'
    words = [str(home.bin / "heddle"), "--home", str(home.path), *verb]
    done = subprocess.run(["sh", "-c", line, "sh", *words], stderr=subprocess.PIPE, text=True, timeout=60)
    assert done.returncode == 1 and "stdout cannot be written" in done.stderr
    assert home.cli("doctor").returncode == 0


def test_a_file_size_limit_is_told_like_a_full_disk(home, tmp_path):
    home.dag("hello.yaml", HELLO)
    home.start()

    def limited(*words, **options):
        limit = (4096, 4096)
        return subprocess.run([home.bin / "heddle", "--home", home.path, *words], stderr=subprocess.PIPE, text=True,
                              preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, limit), timeout=60, **options)
    done = limited("backup", "--to", tmp_path / "backups")
    assert done.returncode == 1 and "heddle: back up" in done.stderr
    assert list((tmp_path / "backups").iterdir()) == []
    with open(tmp_path / "out", "w") as out:
        done = limited("schema", stdout=out)
    assert done.returncode == 1 and "stdout cannot be written" in done.stderr


@pytest.mark.parametrize("words", [["help"], ["--help"], ["help", "ls"], ["ls", "--help"], ["completion", "bash"],
                                   ["version"], ["schema"]], ids=" ".join)
def test_what_is_printed_of_the_program_itself_as_json(home, words):
    done = home.cli(*words, "--json")
    assert done.returncode == 0 and json.loads(done.stdout)


def test_a_run_in_a_held_home_says_why_it_cannot_be(home, tmp_path):
    file = home.dag("hello.yaml", HELLO)
    home.start()
    home.cli("backup", "--to", tmp_path / "backups")
    home.stop()
    [backup] = (tmp_path / "backups").iterdir()
    assert home.cli("restore", backup, "--force").returncode == 0
    done = home.cli("run", file, timeout=30)
    assert done.returncode == 5 and "not ready: the home was restored from a backup" in done.stderr


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_a_home_of_another_user_is_told_as_such(home):
    home.dag("hello.yaml", HELLO)
    home.start()
    for folder in home.bin, *home.bin.parents:
        if not folder.stat().st_mode & 0o001:
            pytest.skip(f"{folder} is closed to others")
    for verb in (["ls", "dags"], ["sql", "select 1"], ["backup"], ["gc"]):
        done = subprocess.run(["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups",
                               home.bin / "heddle", "--home", home.path, *verb],
                              capture_output=True, text=True, timeout=60)
        assert done.returncode == 5 and "another user's" in done.stderr, (verb, done.stderr)


def test_the_newest_runs_of_a_domain(home):
    for dag, domain in (("a", "money"), ("b", "sales"), ("c", "money"), ("never", "money")):
        home.dag(f"{dag}.yaml", f"id: {dag}\ndomain: {domain}\ntasks: [{{id: t, command: exit $FAILS}}]\n"
                                f"env: {{FAILS: '{int(dag == 'c')}'}}\n")
    home.start()
    runs = [(home.trigger(dag, "--id", f"{dag}{i}"), dag) for i in range(3) for dag in ("a", "b", "c")]
    for run, _ in runs:
        home.wait_run(run)
    ours = [run for run, dag in reversed(runs) if dag != "b"]

    def listed(*words):
        done = home.cli("ls", "runs", "--domain", "money", "--json", *words)
        assert done.returncode == 0, done.stderr
        return [item["id"] for item in json.loads(done.stdout)]
    assert listed() == ours
    assert listed("--limit", "3") == ours[:3]
    assert listed("--since", "1h", "--state", "failed") == [run for run, dag in reversed(runs) if dag == "c"]
    assert listed("--dag", "a") == [run for run, dag in reversed(runs) if dag == "a"]
    assert listed("--dag", "b") == []


def test_a_list_that_is_cut_off_says_so(home):
    home.dag("hello.yaml", HELLO + "max_active_runs: 100\n")
    home.start()
    for _ in range(51):
        home.trigger("hello")
    done = home.cli("ls", "runs")
    assert len(done.stdout.splitlines()) == 51 and "there are more" in done.stderr
    done = home.cli("ls", "runs", "--limit", "50")
    assert done.stderr == ""


def test_what_can_be_no_dag_is_not_there(home):
    home.start()
    for word in ("..", "a/b", "9zz", b"a\xff"):
        for verb in (["trigger", word], ["pause", word], ["runs", "show", "--latest", "--dag", word]):
            done = subprocess.run([home.bin / "heddle", "--home", home.path, *verb],
                                  capture_output=True, timeout=60)
            assert done.returncode == 4 and b"there is no dag" in done.stderr, (verb, done.stderr)
