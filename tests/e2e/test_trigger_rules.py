"""`heddle debug trigger-rule` against what Airflow's own rules say, for every mix of up to three upstream
states. The table was made by scripts/airflow-trigger-rules from Airflow's package."""

import itertools
import json
import pathlib
import subprocess

import pytest

from daemon_home import binaries

HEDDLE = binaries("release") / "heddle"
TABLE = json.loads(
    (pathlib.Path(__file__).parent.parent / "fixtures/airflow_trigger_rules.json").read_text())
STATES = ["success", "failed", "upstream_failed", "skipped", "removed", "unfinished"]


def ask(rule, states):
    done = subprocess.run([HEDDLE, "debug", "trigger-rule", rule, *states], capture_output=True,
                          text=True, timeout=30)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def expected(rule, mix):
    verdict = TABLE["rules"][rule][" ".join(mix)]
    # The one thing in which Heddle differs: nobody is left to wait for, so nothing waits.
    if verdict == "wait" and "unfinished" not in mix:
        return "skipped"
    return verdict


def test_the_table_is_whole():
    assert len(TABLE["rules"]) == 12
    mixes = {" ".join(mix) for count in range(4)
             for mix in itertools.combinations_with_replacement(STATES, count)}
    for rule, verdicts in TABLE["rules"].items():
        assert set(verdicts) == mixes, rule
        assert set(verdicts.values()) <= {"run", "wait", "skipped", "upstream_failed"}, rule


@pytest.mark.parametrize("rule", sorted(TABLE["rules"]))
def test_a_rule_decides_as_airflow_does(rule):
    for text in TABLE["rules"][rule]:
        mix = text.split()
        assert ask(rule, mix) == expected(rule, mix), (rule, mix)
