"""Searching a long log over HTTP, slice by slice: while it grows, packed, and pruned."""

import concurrent.futures
import re
import json
import time
import urllib.parse

import pytest

import packs
from daemon_home import UnixConnection, wait_for

LINES = 250_000  # some 14 MB with their times: what is larger is not packed
LONG = f"""\
id: long
retention: {{runs: 1}}
tasks:
- id: many
  command: [awk, 'BEGIN {{for (i = 1; i <= {LINES}; i++) print (i % 50000 == 0 ? "ERROR " : "INFO "), "row", i, "of those copied"}}']
- id: grows
  command: 'echo "the first word"; while [ ! -e "{{go}}" ]; do sleep 0.1; done; echo "the last word"'
"""


@pytest.fixture
def house(home):
    home.dag("long.yaml", LONG.replace("{go}", str(home.path / "go")))
    return home.start()


def log_path(run, task="many"):
    return f"/api/v1/runs/{run}/tasks/{task}/attempts/1/log"


def slices(house, path, **query):
    """All answers to a search, forward by `next` or with `tail` back by `unsearched`."""
    pages = []
    back = "tail" in query
    while not pages or (pages[-1]["unsearched"] if back else pages[-1]["next"]):
        if pages:
            query["to" if back else "from"] = pages[-1]["unsearched"] if back else pages[-1]["next"]
        status, page, _ = house.http("GET", f"{path}?{urllib.parse.urlencode(query)}")
        assert status == 200, page
        pages.append(page)
    return pages


def lines_of(pages):
    return [item["line"] for page in pages for item in page["items"]]


EVERY = [{"find": "row 123456 "}, {"find": "ROW 2499", "lines": 7}, {"find": "nowhere in it"}, {"level": "error"},
         {"level": "error", "tail": 3}, {"level": "warn", "find": "200000"}, {"level": "info", "find": "row 24999", "tail": 500}]


def expected(query):
    numbers = range(1, LINES + 1)
    if "level" in query:
        numbers = [n for n in numbers if n % 50_000 == 0 or query["level"] == "info"]
    words = query.get("find", "").lower()
    return [n for n in numbers if words in f"row {n} of those copied"]


def check_all(house, run):
    for query in EVERY:
        pages = slices(house, log_path(run), **query)
        assert sorted(lines_of(pages)) == expected(query), query
        assert len(pages) > 1 or "level" not in query, "one answer does not look through all of it"
        assert all(page["total"] == LINES for page in pages)
        assert sum(page["matches"] for page in pages) >= len(expected(query))


def test_slices_tell_what_is_in_all_of_a_log_packed_or_not(house):
    (house.path / "go").touch()
    run = house.trigger("long", "--wait")
    check_all(house, run)
    assert house.cli("gc", "--json").returncode == 0
    assert packs.singles(house.path) == []
    assert house.cli("logs", run, "many").stdout.count("\n") == LINES
    check_all(house, run)
    house.stop()
    house.start()  # nothing is remembered
    part = house.http("GET", log_path(run) + f"?from={LINES - 2}")[1]
    assert [item["line"] for item in part["items"]] == [LINES - 2, LINES - 1, LINES]
    check_all(house, run)


def test_a_search_goes_on_in_what_came_meanwhile(house):
    run = house.trigger("long")
    path = log_path(run, "grows")
    wait_for(lambda: house.http("GET", path + "?find=first")[1].get("matches") == 1, what="the first line")
    page = house.http("GET", path + "?find=word")[1]
    assert [item["line"] for item in page["items"]] == [1] and page["running"]
    assert page["next"] is None and page["unsearched"] is None
    (house.path / "go").touch()
    wait_for(lambda: house.run(run)["state"] == "success", what="the end")
    on = house.http("GET", path + f"?find=word&from={page['follow']['line']}")[1]
    assert [item["line"] for item in on["items"]] == [2] and on["matches"] == 1


def test_a_pruned_log_says_so_in_the_midst_of_a_search(house):
    (house.path / "go").touch()
    run = house.trigger("long", "--wait")
    first = house.http("GET", log_path(run) + "?level=error&find=nowhere")[1]
    assert first["next"] and not first["items"]
    house.trigger("long", "--wait")
    assert house.cli("gc", "--json").returncode == 0
    status, problem, _ = house.http("GET", log_path(run) + f"?level=error&find=nowhere&from={first['next']}")
    assert status == 410 and "pruned" in problem["detail"]


def test_a_page_without_script_leads_on(house):
    (house.path / "go").touch()
    run = house.trigger("long", "--wait")
    address = f"/runs/{run}?task=many&level=error&find=250000"
    lines = [1]
    while True:
        connection = UnixConnection(house.path / "heddle.sock")
        connection.request("GET", f"{address}&line={lines[-1]}", headers={"Accept": "text/html"})
        page = connection.getresponse().read().decode()
        connection.close()
        on = re.search(r"line=(\d+)[^<]*Go on from line (\d+)<", page)
        if not on:
            break
        assert on[1] == on[2] and int(on[1]) > lines[-1]
        lines.append(int(on[1]))
    assert len(lines) > 1, "one page does not look through all of it"
    assert 'id="L250000"' in page


def test_many_searches_hold_nobody_up(house):
    (house.path / "go").touch()
    run = house.trigger("long", "--wait")
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        found = [pool.submit(slices, house, log_path(run), level="error") for _ in range(8)]
        took = []
        while not all(one.done() for one in found):
            before = time.monotonic()
            assert house.http("GET", "/api/v1/dags/long")[0] == 200
            took.append(time.monotonic() - before)
    assert all(lines_of(one.result()) == expected({"level": "error"}) for one in found)
    assert sorted(took)[len(took) // 2] < 0.5
