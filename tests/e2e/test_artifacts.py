"""What tasks leave in $HEDDLE_ARTIFACTS: bounded at their end, told and sent over HTTP."""

import http.client
import os
import re
import shutil
import stat
import urllib.parse

import pytest

from daemon_home import UnixConnection, wait_for
from page_client import Browser

MIB = 1024 * 1024
REMOVED = "at most 256 MiB / 1,000 files of an attempt are kept, and nothing but files"

# The sizes are those that ls tells: holes count.
HOARD = """\
id: hoard
defaults: {env: {VICTIM: "%(victim)s"}}
tasks:
- id: many
  command: |
    cd "$HEDDLE_ARTIFACTS"; pwd
    mkdir sub
    seq 3000 | while read i; do echo x > sub/$i; done
    touch -d 2001-01-01 sub/3000
    exit 3
- id: large
  command: |
    cd "$HEDDLE_ARTIFACTS"; pwd
    truncate -s 300M alone
    truncate -s 200M first; touch -d 2001-01-01 first
    truncate -s 100M second; touch -d 2002-01-01 second
    truncate -s 56M third; touch -d 2003-01-01 third
- id: hostile
  command: |
    cd "$HEDDLE_ARTIFACTS"; pwd
    ln -s "$VICTIM" out
    ln -s / root
    mkfifo fifo
    mkdir shut empty
    echo kept > shut/in
    chmod 000 shut
- id: swapped
  command: |
    echo "$HEDDLE_ARTIFACTS"
    rmdir "$HEDDLE_ARTIFACTS"; ln -s "$VICTIM" "$HEDDLE_ARTIFACTS"
- {id: nothing, command: 'cd "$HEDDLE_ARTIFACTS"; pwd'}
"""


def folder_of(home, run, task):
    """The folder that the task's only attempt told in the first line of its log."""
    return home.log_of(run, task).splitlines()[0].split(" ", 1)[1]


def left(home, run, task):
    """Name and size of all that stays of it but folders."""
    top = folder_of(home, run, task)
    return {os.path.relpath(os.path.join(at, name), top): os.lstat(os.path.join(at, name)).st_size
            for at, _, names in os.walk(top) for name in names}


def notes(home, run, task):
    return re.findall(r"\[heddle\] artifacts: (\d+) files, (\d+) bytes removed: (.*)",
                      home.log_of(run, task))


def test_what_is_left_is_bounded(home):
    victim = home.work / "victim"
    victim.mkdir()
    (victim / "precious").write_text("precious")
    home.dag("hoard.yaml", HOARD % {"victim": victim})
    home.start()
    run = home.trigger("hoard")
    assert home.wait_run(run)["tasks"] == {
        "many": "failed", "large": "success", "hostile": "success", "swapped": "success", "nothing": "success"}
    assert home.task(run, "many")["attempts"][0]["exit_code"] == 3

    many = left(home, run, "many")
    assert len(many) == 1000 and "sub/3000" in many
    assert notes(home, run, "many") == [("2000", "4000", REMOVED)]

    assert left(home, run, "large") == {"first": 200 * MIB, "third": 56 * MIB}
    assert notes(home, run, "large") == [("2", str(400 * MIB), REMOVED)]

    assert left(home, run, "hostile") == {"shut/in": 5}
    assert stat.S_IMODE(os.stat(folder_of(home, run, "hostile") + "/shut").st_mode) == 0o700
    assert notes(home, run, "hostile") == [("3", "0", REMOVED)]

    assert not os.path.lexists(folder_of(home, run, "swapped"))
    assert not os.path.lexists(folder_of(home, run, "nothing"))
    assert notes(home, run, "swapped") == [("1", "0", REMOVED)]
    assert notes(home, run, "nothing") == []
    assert (victim / "precious").read_text() == "precious"
    home.assert_nothing_left()


def test_the_bound_holds_without_a_daemon(home):
    home.dag("late.yaml", """\
id: late
tasks:
- id: late
  command: |
    cd "$HEDDLE_ARTIFACTS"; pwd; touch "%(work)s/began"
    while ! test -e "%(work)s/go"; do sleep 0.05; done
    truncate -s 257M large; echo small > small
""" % {"work": home.work})
    home.start()
    run = home.trigger("late")
    wait_for((home.work / "began").exists, what="the task")
    home.kill()
    (home.work / "go").touch()
    wait_for(lambda: os.listdir(home.path / "spool" / "exit"), what="the record")
    (top,) = home.path.glob("logs/*/*.artifacts")
    assert os.listdir(top) == ["small"]
    home.start()
    assert home.wait_run(run)["state"] == "success"
    assert notes(home, run, "late") == [("1", str(257 * MIB), REMOVED)]


# --- over HTTP

NAMED = "é" * 100  # 200 bytes
LEAVES = """\
id: leaves
tasks:
- id: files
  command: |
    cd "$HEDDLE_ARTIFACTS"; pwd
    mkdir -p sub/deep "with blank"
    printf one > sub/deep/a.txt
    printf 'a"b' > 'with blank/q"uo te;.html'
    printf utf > %(named)s
    printf latin > "$(printf 'latin\\351')"
    printf line > "$(printf 'two\\nlines')"
    seq -w 0 99999 > big
    : > empty
    truncate -s 20M sparse
- {id: quiet, command: 'true'}
- id: reads
  depends_on: [files]
  command: |
    at="$HEDDLE_URL/api/v1/runs/$HEDDLE_RUN_ID/tasks/files/attempts/1/artifacts"
    curl -fsS -H "Authorization: Bearer $HEDDLE_TOKEN" "$at/sub%%2Fdeep%%2Fa.txt"
- id: late
  command: |
    cd "$HEDDLE_ARTIFACTS"; pwd; ln -s /etc out; ln -s /etc/passwd passwd; mkfifo fifo; echo x > plain
    touch "%(work)s/began"; while ! test -e "%(work)s/go"; do sleep 0.05; done
"""


def ask(home, path, method="GET", **headers):
    """(status, bytes, headers)"""
    connection = UnixConnection(home.path / "heddle.sock")
    try:
        connection.request(method, path, headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.read(), dict(answer.getheaders())
    finally:
        connection.close()


def below(run, task, name=None, attempt="latest"):
    path = f"/api/v1/runs/{run}/tasks/{task}/attempts/{attempt}/artifacts"
    return path if name is None else path + "/" + urllib.parse.quote(name, safe="")


@pytest.fixture
def leaves(home):
    home.dag("leaves.yaml", LEAVES % {"named": NAMED, "work": home.work})
    home.start()
    home.run_id = home.trigger("leaves")
    wait_for(lambda: (home.work / "began").exists()
             and home.run(home.run_id)["tasks"]["reads"] not in ("none", "queued", "running"),
             what="its tasks")
    yield home
    (home.work / "go").touch()


def test_the_list_is_told_in_pages(leaves):
    status, whole, _ = leaves.http("GET", below(leaves.run_id, "files"))
    assert status == 200 and whole["next"] is None
    # What cannot be asked for is not told: no address holds such a name.
    assert [(item["name"], item["bytes"]) for item in whole["items"]] == [
        ("big", 600000), ("empty", 0), ("sparse", 20 * MIB), ("sub/deep/a.txt", 3),
        ('with blank/q"uo te;.html', 3), (NAMED, 3)]
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", item["modified_at"])
               for item in whole["items"])
    told, cursor = [], None
    while True:
        query = "?limit=2" + ("" if cursor is None else "&cursor=" + urllib.parse.quote(cursor))
        status, page, _ = leaves.http("GET", below(leaves.run_id, "files") + query)
        assert status == 200 and len(page["items"]) <= 2
        told += page["items"]
        cursor = page["next"]
        if cursor is None:
            break
    assert told == whole["items"]
    assert leaves.http("GET", below(leaves.run_id, "quiet"))[1] == {"items": [], "next": None}
    for query in ("?cursor=", "?cursor=..", "?cursor=a%00b", "?limit=0", "?order=bytes"):
        assert leaves.http("GET", below(leaves.run_id, "files") + query)[0] == 400, query


def test_a_file_comes_as_it_is(leaves):
    big = "".join(f"{i:05}\n" for i in range(100000)).encode()
    for attempt in ("latest", "1"):
        status, body, headers = ask(leaves, below(leaves.run_id, "files", "big", attempt))
        assert (status, body) == (200, big)
    assert headers["Content-Type"] == "application/octet-stream"
    assert headers["Content-Disposition"] == 'attachment; filename="big"'
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Accept-Ranges"] == "bytes" and headers["Content-Length"] == "600000"
    assert ask(leaves, below(leaves.run_id, "files", "empty"))[:2] == (200, b"")
    assert ask(leaves, below(leaves.run_id, "files", "sparse"))[1] == bytes(20 * MIB)
    status, body, headers = ask(leaves, below(leaves.run_id, "files", "big"), "HEAD")
    assert (status, body, headers["Content-Length"]) == (200, b"", "600000")

    status, body, headers = ask(leaves, below(leaves.run_id, "files", 'with blank/q"uo te;.html'))
    assert (status, body) == (200, b'a"b')
    assert headers["Content-Disposition"] == (
        "attachment; filename=\"q_uo_te_.html\"; filename*=UTF-8''q%22uo%20te%3B.html")
    status, body, headers = ask(leaves, below(leaves.run_id, "files", NAMED))
    assert (status, body) == (200, b"utf")
    assert headers["Content-Disposition"] == (
        'attachment; filename="' + "_" * 200 + "\"; filename*=UTF-8''" + "%C3%A9" * 100)


def test_parts_can_be_asked_for(leaves):
    path = below(leaves.run_id, "files", "big")
    for wanted, expected, told in (("bytes=0-4", b"00000", "bytes 0-4/600000"),
                                   ("bytes=-6", b"99999\n", "bytes 599994-599999/600000"),
                                   ("bytes=599994-", b"99999\n", "bytes 599994-599999/600000")):
        status, body, headers = ask(leaves, path, Range=wanted)
        assert (status, body, headers["Content-Range"]) == (206, expected, told)
    status, body, headers = ask(leaves, path, Range="bytes=600000-")
    assert status == 416 and headers["Content-Range"] == "bytes */600000"
    assert "Content-Disposition" not in headers
    assert ask(leaves, below(leaves.run_id, "files", "empty"), Range="bytes=0-")[0] == 416


def test_nothing_else_is_reached(leaves):
    wait_for(lambda: leaves.http("GET", below(leaves.run_id, "late"))[1]["items"], what="its file")
    # Its task still runs: nothing was removed yet.
    top = folder_of(leaves, leaves.run_id, "late")
    assert sorted(os.listdir(top)) == ["fifo", "out", "passwd", "plain"]
    status, told, _ = leaves.http("GET", below(leaves.run_id, "late"))
    assert status == 200 and [item["name"] for item in told["items"]] == ["plain"]
    for name in ("passwd", "out", "out/passwd", "fifo", "none", "plain/x", "x" * 300):
        status, body, headers = ask(leaves, below(leaves.run_id, "late", name))
        assert status == 404 and b"has no artifact" in body, (name, body)
        assert "Content-Disposition" not in headers
    for name in ("..", ".", "../x", "/etc/passwd", "sub/../../x", "sub//x", "sub/", "./plain",
                 "x" * 1001):
        assert ask(leaves, below(leaves.run_id, "late", name))[0] == 404, name
    for raw in ("..%2f..%2f..%2fheddle.db", "%2e%2e%2fheddle.db", "%ff", "%c0%ae%c0%ae%2fx", "",
                "sub/deep/a.txt", "../log", "%252e%252e%252fheddle.db"):
        assert ask(leaves, below(leaves.run_id, "files") + "/" + raw)[0] == 404, raw
    for raw in ("plain%00", "%00", "a%0ab", "%2", "%zz"):
        assert ask(leaves, below(leaves.run_id, "late") + "/" + raw)[0] == 400, raw
    assert ask(leaves, below(leaves.run_id, "late") + "/" + "%2F" * 1400)[0] == 414
    for path in (below(leaves.run_id, "files", "big", 7), below(leaves.run_id, "none", "big"),
                 below(leaves.run_id, "files", None, 7)):
        assert ask(leaves, path)[0] == 404
    # The folder itself, by a link.
    shutil.rmtree(top)
    os.symlink("/etc", top)
    assert ask(leaves, below(leaves.run_id, "late", "passwd"))[0] == 404
    assert leaves.http("GET", below(leaves.run_id, "late"))[1] == {"items": [], "next": None}


def test_who_may_read_them(leaves):
    run = leaves.run_id
    assert leaves.run(run)["tasks"]["reads"] == "success", leaves.log_of(run, "reads")
    assert leaves.log_of(run, "reads").split(" ", 1)[1] == "one"
    connection = http.client.HTTPConnection("127.0.0.1", leaves.port(), timeout=30)
    for path in (below(run, "files"), below(run, "files", "big")):
        connection.request("GET", path)
        answer = connection.getresponse()
        assert answer.status == 401 and b"00000" not in answer.read()
    connection.close()


def test_a_pruned_run_has_none_any_more(home):
    home.dag("short.yaml", "id: short\nretention: {runs: 1}\n"
             "tasks: [{id: gives, command: 'echo kept > \"$HEDDLE_ARTIFACTS/report\"'}]\n")
    home.start()
    runs = [home.trigger("short") for _ in range(2)]
    for run in runs:
        home.wait_run(run)
    assert ask(home, below(runs[0], "gives", "report"))[:2] == (200, b"kept\n")
    done = home.cli("gc")
    assert done.returncode == 0, done.stderr
    assert ask(home, below(runs[0], "gives", "report"))[0] == 410
    assert ask(home, below(runs[0], "gives"))[0] == 410
    assert ask(home, below(runs[1], "gives", "report"))[:2] == (200, b"kept\n")


# --- on the page


def listed(page):
    """The links of the attempt's panel, and what stands in their list."""
    links = {link.text(): link.get("href") for link in page.find("a", cls="t")
             if "/artifacts/" in link.get("href")}
    (panel,) = [panel for panel in page.find("section") if panel.get("aria-label") == "Task"]
    return links, [item.text() for item in panel.find("li")]


def test_the_page_links_them(leaves):
    browser = Browser(leaves)
    links, items = listed(browser.get(f"/runs/{leaves.run_id}?task=files"))
    assert list(links) == ["big", "empty", "sparse", "sub/deep/a.txt", 'with blank/q"uo te;.html', NAMED]
    assert items[:2] == ["big 586 KiB", "empty 0 B"]
    for name, body in (("sub/deep/a.txt", "one"), ('with blank/q"uo te;.html', 'a"b'), (NAMED, "utf")):
        answer = browser.ask("GET", links[name])
        assert (answer.status, answer.body) == (200, body)
        assert answer.headers["Content-Disposition"].startswith("attachment")
    assert Browser(leaves, sign_in=False).ask("GET", links["big"]).status == 401
    # Of one under way any may still go.
    for task in ("quiet", "late"):
        assert listed(browser.get(f"/runs/{leaves.run_id}?task={task}")) == ({}, [])


def test_the_page_shows_fifty_of_many(home):
    home.dag("lots.yaml", "id: lots\ntasks: [{id: lots, command: 'cd \"$HEDDLE_ARTIFACTS\"; "
             "seq -w 60 | while read i; do echo > \"<b>$i\"; done'}]\n")
    home.start()
    run = home.trigger("lots", "--wait")
    links, items = listed(Browser(home).get(f"/runs/{run}"))
    assert list(links) == [f"<b>{i:02}" for i in range(1, 51)]
    assert len(items) == 51 and items[-1] == "and 10 more"
