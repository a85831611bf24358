"""The completion scripts, run by the shells they are for."""

import os
import shutil
import subprocess

import pytest

BASH = """
source <(heddle completion bash)
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
_heddle
printf '%s\\n' "${COMPREPLY[@]}"
"""

# What the completion system gives, as far as the script asks for it.
ZSH = """
compdef() { : }
compset() { : }
compadd() { print -r -- "${@[-1]}" }
_files() { print -r -- *(N) }
eval "$(heddle completion zsh)"
words=("$@") CURRENT=$#
_heddle
"""

SHELLS = [("bash", BASH), ("zsh", ZSH)]


@pytest.fixture(params=SHELLS, ids=[name for name, _ in SHELLS])
def complete(request, home):
    """complete(words...): what may stand in place of the last word."""
    shell, script = request.param
    if shutil.which(shell) is None:
        pytest.skip(f"no {shell} here")

    def run(*words):
        done = subprocess.run(
            [shell, "-c", script, shell, "heddle", *map(str, words)], capture_output=True, text=True,
            timeout=30, cwd=home.work, env={**os.environ, "HEDDLE_HOME": str(home.path),
                                            "PATH": f"{home.bin}:{os.environ['PATH']}"})
        assert done.returncode == 0 and done.stderr == "", done.stderr
        return {word for word in done.stdout.split() if word.startswith(words[-1].split("=")[-1])}
    return run


def test_verbs_flags_and_fixed_words_need_no_daemon(complete, home):
    assert {"trigger", "ls", "completion", "help"} <= complete("")
    assert complete("tri") == {"trigger"}
    assert complete("help", "val") == {"validate"}
    assert {"--wait", "--id", "--json"} <= complete("trigger", "--")
    assert "--listen" not in complete("trigger", "--")
    assert complete("ls", "") == {"dags", "runs", "tasks", "pools", "errors"}
    assert complete("completion", "z") == {"zsh"}
    assert complete("runs", "") == {"show"}
    assert complete("mark", "9f1c", "load", "s") == {"success", "skipped"}
    assert complete("wh") == {"why"}
    assert {"--from", "--only", "--param", "--wait"} <= complete("rerun", "--")
    assert complete("ls", "runs", "--state", "canc") == {"cancelled", "cancelling"}
    assert complete("trigger", "") == set()
    (home.work / "a.yaml").touch()
    assert complete("validate", "a") == {"a.yaml"}


def test_ids_are_asked_of_the_daemon(complete, home):
    home.dag("a.yaml", "id: flights\ntasks: [{id: extract, command: 'true'}, {id: load, command: 'true'}]\n")
    home.dag("b.yaml", "id: weather\ntasks: [{id: a, command: 'true'}]\n")
    home.start()
    run = home.trigger("flights", "--wait")
    assert complete("trigger", "") == {"flights", "weather"}
    assert complete("ls", "runs", "--dag", "we") == {"weather"}
    assert complete("watch", run[:4]) == {run}
    assert complete("runs", "show", "") == {run}
    assert complete("logs", "-f", run, "") == {"extract", "load"}
    assert complete("rerun", run, "--from", "") == {"extract", "load"}
    assert complete("pause", "flights", "we") == {"weather"}
    assert complete("why", "") == {run, "flights", "weather"}
    assert complete("why", run, "") == {"extract", "load"}
    assert complete("--home", home.work, "trigger", "") == set()
    assert complete("--home", home.path, "trigger", "fl") == {"flights"}


def test_a_value_behind_an_equals_sign(complete, home):
    home.dag("a.yaml", "id: flights\ntasks: [{id: a, command: 'true'}]\n")
    home.start()
    # bash hands the word over in three, zsh in one.
    words = {"bash": ("--dag", "=", "f"), "zsh": ("--dag=f",)}
    shell = os.environ["PYTEST_CURRENT_TEST"].split("[")[1].split("]")[0]
    assert complete("ls", "runs", *words[shell]) == {"flights"}


def test_another_shell_is_refused(home):
    done = home.cli("completion", "fish")
    assert done.returncode == 2 and "bash|zsh" in done.stderr
