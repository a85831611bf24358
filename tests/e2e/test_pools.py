"""The size of a pool that a domain's DAGs share is what the newest heddle.yaml in force says, for everybody who asks:
`ls pools`, the API, `why`, the metrics, and the scheduler itself."""

import json
import re

from daemon_home import wait_for

WIDE = """id: wide
tasks:
  - {id: big, pool: db, slots: 3, command: 'while [ ! -e %(gate)s ]; do sleep 0.02; done'}
"""

PAIR = """id: pair
max_active_runs: 4
tasks:
  - {id: a, pool: db, command: 'while [ ! -e %(gate)s ]; do sleep 0.02; done'}
  - {id: b, pool: db, command: 'while [ ! -e %(gate)s ]; do sleep 0.02; done'}
"""


def folder_of(slots, more=""):
    return f"domain: D1\npools: {{db: {slots}{more}}}\n"


def furnish(home, slots=4):
    gate = home.path / "gate"
    home.dag("D1/heddle.yaml", folder_of(slots))
    home.dag("D1/wide.yaml", WIDE % {"gate": gate})
    home.dag("D1/pair.yaml", PAIR % {"gate": gate})
    return gate


def sizes(home):
    """Of the pool as the list, the API and the metrics tell it, the last None where nobody uses it."""
    def look():
        [listed] = [pool for pool in json.loads(home.cli("ls", "pools", "--json").stdout) if pool["name"] == "db"]
        [served] = [pool for pool in home.http("GET", "/api/v1/pools")[1]["items"] if pool["name"] == "db"]
        return listed if listed == served else None  # a change came between the two
    listed = wait_for(look, what="one answer from both")
    assert listed["domain"] == "D1" and listed["dag"] is None
    found = re.search(r'heddle_pool_slots\{pool="db",dag="",domain="D1"\} (\d+)', home.http("GET", "/metrics")[1])
    return listed["slots"], None if found is None else int(found[1])


def errors(home):
    return {item["file"] for item in home.http("GET", "/api/v1/errors")[1]["items"]}


def states(home, *runs):
    return sorted(state for run in runs for state in home.run(run)["tasks"].values())


def test_a_pool_that_shrinks_under_a_dag_that_asks_for_more(home):
    gate = furnish(home)
    home.start()
    first = home.trigger("wide")
    assert sizes(home) == (4, 4)
    home.dag("D1/heddle.yaml", folder_of(2))
    wait_for(lambda: "D1/wide.yaml" in errors(home), what="the error of what asks for three slots")
    wait_for(lambda: sizes(home) == (2, 2), what="the size of the file")
    # The last good version is in force, and does not bring the old size back.
    second = home.trigger("pair")
    assert states(home, second) == ["queued", "queued"]
    answer = json.loads(home.cli("why", second, "a", "--json").stdout)
    assert (answer["chain"][0]["pool"], answer["chain"][0]["count"], answer["chain"][0]["limit"]) == ("db", 3, 2)
    assert "3 of 2 taken by 'big' in run" in answer["answer"]
    home.kill()
    home.start()
    assert sizes(home) == (2, 2)
    assert states(home, first, second) == ["queued", "queued", "running"]
    gate.touch()
    assert home.wait_run(first)["state"] == home.wait_run(second)["state"] == "success"


def test_a_task_that_asks_for_more_than_there_is_starts_alone_and_why_says_so(home):
    gate = furnish(home)
    home.start()
    home.dag("D1/heddle.yaml", folder_of(2))
    wait_for(lambda: "D1/wide.yaml" in errors(home), what="the error")
    pair = home.trigger("pair")
    wait_for(lambda: states(home, pair) == ["running", "running"], what="two of two slots")
    wide = home.trigger("wide")
    text = home.cli("why", wide, "big").stdout
    assert "waits for 3 slots of pool 'db' (2 of 2 taken by" in text
    assert "it starts when nobody holds any, as it needs more than there are" in text
    later = home.trigger("pair")
    home.kill()
    home.start()
    assert states(home, wide, later) == ["queued"] * 3
    assert home.cli("why", wide, "big").stdout.splitlines()[0] == text.splitlines()[0]
    gate.touch()
    for run in (pair, wide, later):
        assert home.wait_run(run)["state"] == "success"
    ends = [home.task(pair, task)["attempts"][-1]["ended_at"] for task in "ab"]
    big = home.task(wide, "big")["attempts"][-1]
    assert max(ends) <= big["started_at"] and big["ended_at"] <= home.task(later, "a")["attempts"][-1]["started_at"]


def test_a_heddle_yaml_that_no_dag_checks_against_sizes_its_pool_all_the_same(home):
    gate = furnish(home)
    (home.dags / "D1" / "pair.yaml").unlink()
    home.start()
    run = home.trigger("wide")
    home.dag("D1/heddle.yaml", folder_of(1))
    wait_for(lambda: "D1/wide.yaml" in errors(home), what="the error of the only DAG")
    wait_for(lambda: sizes(home) == (1, 1), what="the size of the file")
    # Read again by the next daemon, which finds nothing new.
    home.stop()
    home.start()
    assert sizes(home) == (1, 1)
    gate.touch()
    assert home.wait_run(run)["state"] == "success"
    assert sizes(home) == (1, None)


def test_a_heddle_yaml_that_breaks_or_goes_leaves_the_size(home):
    furnish(home)
    home.start()
    run = home.trigger("wide")
    home.dag("D1/heddle.yaml", folder_of(2))
    wait_for(lambda: sizes(home) == (2, 2), what="the new size")
    home.dag("D1/heddle.yaml", "domain: D1\npools: {db: many}\n")
    wait_for(lambda: "D1/heddle.yaml" in errors(home), what="the error of heddle.yaml")
    assert sizes(home) == (2, 2)
    home.kill()
    home.start()
    wait_for(lambda: "D1/heddle.yaml" in errors(home), what="the error again")
    assert sizes(home) == (2, 2)
    # Gone: both DAGs name a pool that nobody sizes, and stay as they were.
    (home.dags / "D1" / "heddle.yaml").unlink()
    wait_for(lambda: {"D1/wide.yaml", "D1/pair.yaml"} <= errors(home), what="the errors of both")
    assert sizes(home) == (2, 2)
    home.kill()
    home.start()
    wait_for(lambda: {"D1/wide.yaml", "D1/pair.yaml"} <= errors(home), what="the errors again")
    assert sizes(home) == (2, 2)
    # Back with more: what waits goes on at once.
    waiting = home.trigger("pair")
    assert states(home, waiting) == ["queued", "queued"]
    home.dag("D1/heddle.yaml", folder_of(5))
    wait_for(lambda: states(home, waiting) == ["running", "running"], what="five slots")
    wait_for(lambda: sizes(home) == (5, 5), what="the size of the file")
    assert home.cli("cancel", run).returncode == home.cli("cancel", waiting).returncode == 0


def test_a_pool_that_no_dag_in_force_has_is_listed_while_it_is_used(home):
    gate = home.path / "gate"
    text = f"id: d\n%stasks:\n  - {{id: a, %scommand: 'while [ ! -e {gate} ]; do sleep 0.02; done'}}\n"
    home.dag("d.yaml", text % ("pools: {own: 3}\n", "pool: own, "))
    home.start()
    run = home.trigger("d")
    wait_for(lambda: states(home, run) == ["running"], what="its slot")
    before = json.loads(home.cli("ls", "pools", "--json").stdout)
    home.dag("d.yaml", text % ("", ""))
    wait_for(lambda: len(home.http("GET", "/api/v1/dags/d/versions")[1]["items"]) == 2, what="the new version")
    assert json.loads(home.cli("ls", "pools", "--json").stdout) == before
    assert 'heddle_pool_slots{pool="own",dag="d",domain=""} 3' in home.http("GET", "/metrics")[1]
    gate.touch()
    home.wait_run(run)
    assert [pool["name"] for pool in json.loads(home.cli("ls", "pools", "--json").stdout)] == ["default"]


def test_the_version_in_force_limits_an_old_run_that_is_rerun(home):
    gate = home.work / "gate"
    gate.touch()
    text = ("id: d\nmax_active_tasks: %(most)d\npools: {p: %(most)d}\ntasks:\n"
            f"  - {{id: a, pool: p, command: 'while [ ! -e {gate} ]; do sleep 0.02; done'}}\n"
            f"  - {{id: b, pool: p, command: 'while [ ! -e {gate} ]; do sleep 0.02; done'}}\n")
    home.dag("d.yaml", text % {"most": 1})
    home.start()
    run = home.trigger("d")
    assert home.wait_run(run)["state"] == "success"
    gate.unlink()
    home.dag("d.yaml", text % {"most": 2})
    wait_for(lambda: len(home.http("GET", "/api/v1/dags/d/versions")[1]["items"]) == 2, what="the new version")
    assert home.cli("rerun", run, "--pinned", "--from", "a").returncode == 0
    assert home.cli("rerun", run, "--pinned", "--from", "b").returncode == 0
    wait_for(lambda: states(home, run) == ["running", "running"], what="two tasks at once")
    assert 'heddle_pool_slots{pool="p",dag="d",domain=""} 2' in home.http("GET", "/metrics")[1]
    # Likewise the first thing that a new daemon is asked: it has parsed neither version.
    gate.touch()
    home.wait_run(run)
    gate.unlink()
    home.kill()
    home.start()
    assert home.cli("mark", run, "a", "failed", "--reason", "bad").returncode == 0
    assert home.cli("rerun", run, "--pinned", "--from", "a").returncode == 0
    assert home.cli("rerun", run, "--pinned", "--from", "b").returncode == 0
    wait_for(lambda: states(home, run) == ["running", "running"], what="two tasks at once again")
    gate.touch()
    assert home.wait_run(run)["state"] == "success"


def test_a_file_that_is_run_by_itself_follows_the_folders_above_it(home):
    home.dag("D1/sub/two.yaml", "id: two\ntasks:\n"
             "  - {id: a, pool: db, command: 'sleep 0.3'}\n  - {id: b, pool: db, command: 'sleep 0.3'}\n")
    words = ("run", home.dags / "D1" / "sub" / "two.yaml")
    for place in ("D1/heddle.yaml", "D1/sub/heddle.yaml"):
        for slots, order in ((1, ["a running", "a success", "b running", "b success"]),
                             (2, ["a running", "b running", "a success", "b success"])):
            home.dag(place, folder_of(slots))
            told = home.cli(*words).stdout
            seen = [f"{task} {state}" for task, state in re.findall(r" ([ab]) (running|success)", told)]
            assert sorted(seen[:2]) == sorted(order[:2]), (place, slots, told)
