"""The page without script: what each address shows, what its forms do, who may see it, and that
nothing that somebody else wrote ever becomes markup."""

import gzip
import http.client
import json
import re
import time

import pytest

from daemon_home import wait_for
from page_client import Browser

POLICY = ("default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
          "base-uri 'none'; form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'; "
          "trusted-types heddle")

FLIGHTS = """
id: flights
description: Delays of flights
owner: desk-data
domain: ops
tags: [daily]
params:
  region: {type: string, default: eu}
  count: {type: integer, default: 3}
tasks:
  extract: {command: "echo one; echo two"}
  load:
    command: 'test -e "$GATE" || { echo no gate; exit 3; }'
    depends_on: [extract]
    env: {GATE: GATEPATH}
  report: {command: "echo {{ params.count }}", depends_on: [load]}
"""


@pytest.fixture
def flights(home):
    """A daemon with one DAG that fails until its gate is opened, and a file that does not check."""
    home.gate = home.work / "gate"
    (home.dags / "flights.yaml").write_text(FLIGHTS.replace("GATEPATH", str(home.gate)))
    (home.dags / "slow.yaml").write_text("id: slow\ntasks:\n  wait: {command: sleep 300}\n")
    (home.dags / "broken.yaml").write_text("id: broken\ntasks:\n  a: {comand: x}\n")
    home.start()
    return home


def fail_once(home):
    run = home.trigger("flights")
    assert home.wait_run(run)["state"] == "failed"
    return run


def every_page(run):
    return ["/", "/dags", "/dags?state=failed&q=flights", "/dags/flights", "/dags/flights?view=graph",
            "/dags/flights?view=runs", "/dags/flights?view=code", "/dags/flights?view=history",
            f"/dags/flights?at={run}.load&runs=10", "/dags/flights/trigger", "/dags/flights/pause", "/runs",
            "/runs?state=failed", "/runs?dag=flights", f"/runs/{run}", f"/runs/{run}?task=load&attempt=1",
            f"/runs/{run}?view=graph", f"/runs/{run}/rerun", f"/runs/{run}/rerun?mode=from&task=load",
            f"/runs/{run}/note", f"/runs/{run}/tasks/load/mark?as=failed"]


# --- who may look


def test_a_link_signs_in_once_and_a_new_one_is_had(flights):
    printed = re.findall(r"http://127\.0\.0\.1:\d+(/sign-in/[0-9a-f]{64})", flights.log_text())
    browser = Browser(flights, sign_in=False)

    signed_out = browser.get("/dags", status=401)
    assert "heddle page" in signed_out.text()
    assert signed_out.find("body")[0].get("data-page") == "signin"
    assert "Set-Cookie" not in signed_out.headers
    first = browser.ask("GET", printed[0])
    assert first.status == 303 and first.headers["Location"] == "/"
    assert {"HttpOnly", "SameSite=Strict", "Path=/"} <= set(first.headers["Set-Cookie"].split("; "))
    again = browser.get(printed[0], status=403)
    assert "this link was used" in again.text()
    assert Browser(flights).get("/dags").status == 200


def test_a_session_outlives_the_daemon_and_not_its_token(flights):
    browser = Browser(flights)
    flights.stop()
    flights.start()
    browser.port = flights.port()
    browser.cookie = browser.cookie.replace(browser.cookie.split("=")[0], f"heddle_session_{browser.port}")
    assert browser.get("/dags").status == 200
    flights.stop()
    (flights.path / "token").unlink()
    flights.start()
    browser.port = flights.port()
    browser.cookie = browser.cookie.replace(browser.cookie.split("=")[0], f"heddle_session_{browser.port}")
    assert browser.get("/dags", status=401)


def test_tools_are_told_in_json_and_people_in_pages(flights):
    connection = http.client.HTTPConnection("127.0.0.1", flights.port(), timeout=10)
    connection.request("GET", "/dags", headers={"Accept": "application/json"})
    answer = connection.getresponse()
    assert answer.status == 401 and answer.getheader("Content-Type") == "application/problem+json"
    connection.close()
    status, page, headers = flights.http("GET", "/dags")
    assert status == 200 and "flights" in page and headers["Content-Type"].startswith("text/html")


def test_a_page_makes_no_links_and_a_token_does(flights):
    browser = Browser(flights)
    csrf = browser.get("/").find("body")[0].get("data-csrf")
    refused = browser.ask("POST", "/api/v1/session:link", None,
                          {"Origin": f"http://127.0.0.1:{browser.port}", "X-Heddle-CSRF": csrf})
    assert refused.status == 403
    status, answer, _ = flights.http("POST", "/api/v1/session:link")
    assert status == 200 and answer["url"].endswith(answer["path"])


# --- what stands on every page


def test_every_page_is_sound_and_safe(flights):
    run = fail_once(flights)
    browser = Browser(flights)

    for path in every_page(run):
        page = browser.get(path)
        assert page.headers["Content-Security-Policy"] == POLICY, path
        assert page.headers["X-Content-Type-Options"] == "nosniff"
        assert page.headers["Referrer-Policy"] == "no-referrer"
        assert page.headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert "no-cache" in page.headers["Cache-Control"]
        elements = list(page.tree.all())
        assert len(elements) < 1500, (path, len(elements))
        for element in elements:
            assert "style" not in element.attributes and not any(
                name.startswith("on") for name in element.attributes), (path, element.attributes)
            assert element.name != "script" or element.get("src"), path
            for name in ("href", "src", "action", "formaction"):
                assert re.match(r"[/?#]", element.get(name, "/")), (path, element.attributes)
        body = page.find("body")[0]
        assert int(body.get("data-fact")) > 0 and len(body.get("data-csrf")) == 64
        assert len(page.find("main")) == 1 and len(page.find("h1")) == 1, path
        ids = [element.get("id") for element in elements if element.get("id")]
        assert len(ids) == len(set(ids)), (path, ids)


def test_no_link_is_dead(flights):
    run = fail_once(flights)
    browser = Browser(flights)
    seen, open_links = set(), ["/"]

    while open_links and len(seen) < 150:
        path = open_links.pop()
        if path in seen:
            continue
        seen.add(path)
        page = browser.ask("GET", path)
        assert page.status in (200, 409) or "cancel" in path, (path, page.status)
        if page.tree is None or page.status != 200:
            continue
        for link in page.find("a"):
            address = link.get("href")
            if address.startswith("?"):
                address = path.split("?")[0] + (address if len(address) > 1 else "")
            if address.startswith("/") and "/log" not in address:
                open_links.append(address.split("#")[0])
    assert f"/runs/{run}" in seen and "/dags/flights?view=history" in seen


def test_the_first_view_is_small(flights):
    """All of it over the wire, DESIGN of the page: 60 KB."""
    fail_once(flights)
    browser = Browser(flights)

    def size(address):
        connection = http.client.HTTPConnection("127.0.0.1", flights.port(), timeout=10)
        connection.request("GET", address, headers={"Accept-Encoding": "gzip", "Cookie": browser.cookie})
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        assert answer.status == 200
        return len(body), answer.getheader("Content-Encoding")

    page = browser.get("/dags/flights")
    linked = [element.get("href") or element.get("src") for element in page.find("link") + page.find("script")]
    assert size("/dags/flights")[1] == "gzip"
    assert sum(size(address)[0] for address in ["/dags/flights", *linked]) < 60 * 1024
    assert size("/dags?q=flights")[1] is None  # beside a secret, what others chose is not squeezed


def test_assets_are_kept_for_ever_and_asked_for_once(flights):
    browser = Browser(flights)
    page = browser.get("/")
    linked = [element.get("href") or element.get("src") for element in page.find("link") + page.find("script")]

    assert len(linked) >= 4
    for address in linked:
        connection = http.client.HTTPConnection("127.0.0.1", flights.port(), timeout=10)
        connection.request("GET", address, headers={"Accept-Encoding": "gzip", "Accept": "image/svg+xml"})
        answer = connection.getresponse()
        body = answer.read()
        assert answer.status == 200 and answer.getheader("Content-Encoding") == "gzip"
        assert answer.getheader("Cache-Control") == "public, max-age=31536000, immutable"
        assert len(gzip.decompress(body)) > 50
        connection.request("GET", address, headers={"If-None-Match": answer.getheader("ETag")})
        answer = connection.getresponse()
        assert answer.status == 304 and answer.read() == b""
        connection.close()
    assert Browser(flights, sign_in=False).ask("GET", "/assets/nothing.js").status == 404


# --- what each page shows


def test_the_overview_begins_with_what_needs_somebody(flights):
    browser = Browser(flights)
    assert "One thing needs attention" in browser.get("/").text()  # the file that does not check

    run = fail_once(flights)
    slow = flights.trigger("slow")
    wait_for(lambda: flights.run(slow)["tasks"]["wait"] == "running", what="task running")
    page = browser.get("/")
    items = page.find("ul", cls="todo")[0].find("li")
    assert "Two things need attention" in page.text()
    assert "flights failed" in items[0].text() and "task 'load' failed" in items[0].text()
    assert items[0].find("a", cls="btn")[0].get("href") == f"/runs/{run}/rerun?mode=failed"
    assert "broken.yaml" in items[1].text()
    assert [link.text() for link in page.find("ul", cls="mini")[0].find("a")] == ["slow"]


def test_the_list_shows_broken_files_first_and_filters(flights):
    run = fail_once(flights)
    browser = Browser(flights)
    page = browser.get("/dags")

    broken = page.find("section", cls="broken")[0]
    assert "broken.yaml:3:7" in broken.text() and "did you mean 'command'?" in broken.text()
    names = [row.find("b")[0].text() for row in page.find("tbody")[0].find("tr")]
    assert names == ["flights", "slow"]
    row = page.find("tr", data_key="flights")[0]
    assert [bar.get("data-cell") for bar in row.find("i")] == [run]
    assert "task 'load' failed" in row.text() and "desk-data" in row.text()
    for query, wanted in (("state=failed", ["flights"]), ("state=none", ["slow"]), ("q=FLI", ["flights"]),
                          ("q=desk-data", ["flights"]), ("tag=daily", ["flights"]), ("domain=ops", ["flights"]),
                          ("owner=nobody", []), ("q=", ["flights", "slow"])):
        shown = browser.get(f"/dags?{query}")
        assert [row.get("data-key") for row in shown.find("tr") if row.get("data-key")] == wanted, query
    assert "this page takes" in browser.get("/dags?colour=red", status=400).text()


def test_an_empty_folder_tells_the_first_step(home):
    home.start()
    page = Browser(home).get("/dags")
    assert "No DAG yet" in page.text() and "depends_on: [greet]" in page.text()


def test_lists_have_pages(home):
    for i in range(90):
        (home.dags / f"d{i:02}.yaml").write_text(f"id: d{i:02}\ntasks:\n  a: {{command: 'true'}}\n")
    home.start()
    wait_for(lambda: len(home.http("GET", "/api/v1/dags?limit=200")[1]["items"]) == 90, what="dags")
    browser = Browser(home)
    path, names = "/dags", []
    while path:
        page = browser.get(path)
        names += [row.get("data-key") for row in page.find("tr") if row.get("data-key")]
        assert "of 90" in page.find("nav", cls="more")[0].text()
        following = page.find("a", rel="next")
        path = "/dags" + following[0].get("href") if following else None
    assert names == [f"d{i:02}" for i in range(90)]


def test_a_dag_shows_its_runs_by_its_tasks(flights):
    first = fail_once(flights)
    flights.gate.touch()
    second = flights.trigger("flights")
    assert flights.wait_run(second)["state"] == "success"
    browser = Browser(flights)
    page = browser.get("/dags/flights")

    cells = {cell.get("data-cell"): cell for cell in page.find("button", cls="cell")}
    assert set(cells) == {f"{run}.{task}" for run in (first, second) for task in ("extract", "load", "report")}
    assert "c-failed" in cells[f"{first}.load"].classes()
    assert "c-upstream_failed" in cells[f"{first}.report"].classes()
    assert "c-success" in cells[f"{second}.report"].classes()
    picked = [cell for cell in cells.values() if cell.get("aria-selected") == "true"]
    assert [cell.get("value") for cell in picked] == [f"{first}.load"]
    panel = page.find("section", cls="inspect")[0]
    assert "exit code 3" in panel.text() and "no gate" in panel.text() and "report" in panel.text()
    other = browser.get(f"/dags/flights?at={second}.extract").find("section", cls="inspect")[0]
    assert "extract" in other.text() and "two" in other.text()
    assert "flights.yaml" in page.text() and "desk-data" in page.text()


def test_code_and_history_of_a_dag(flights):
    browser = Browser(flights)
    before = flights.http("GET", "/api/v1/dags/flights")[1]["hash"]
    text = (flights.dags / "flights.yaml").read_text()
    (flights.dags / "flights.yaml").write_text(text.replace("Delays of flights", "Delays & <more>"))
    wait_for(lambda: flights.http("GET", "/api/v1/dags/flights")[1]["hash"] != before, what="new version")

    code = browser.get("/dags/flights?view=code").find("pre", cls="code")[0]
    assert "description: Delays & <more>" in code.text()
    assert code.find("a", id="L3")[0].get("href") == "#L3"
    change = browser.get("/dags/flights?view=code").find("section", aria_labelledby="h-change")[0]
    sides = change.find("pre")
    assert [side.text().strip() for side in sides] == ["description: Delays of flights", "description: Delays & <more>"]
    assert not browser.get(f"/dags/flights?view=code&version={before}").find("h2", id="h-change")
    old = browser.get(f"/dags/flights?view=code&version={before}").find("pre", cls="code")[0]
    assert "Delays of flights" in old.text()
    rows = browser.get("/dags/flights?view=history").find("tbody")[0].find("tr")
    assert [row.find("a")[0].text() for row in rows][1] == before[:8]
    assert "in force" in rows[0].text() and "in force" not in rows[1].text()


def test_a_run_shows_tasks_log_and_why(flights):
    run = fail_once(flights)
    browser = Browser(flights)
    page = browser.get(f"/runs/{run}")

    rows = {row.get("data-task"): row for row in page.find("a", cls="g")}
    assert list(rows) == ["extract", "load", "report"]
    assert rows["load"].get("aria-current") == "true"  # what failed is shown first
    assert [bar.classes()[:2] for bar in rows["load"].find("i", cls="b")] == [["b", "c-failed"]]
    assert "no gate" in page.find("div", cls="lines")[0].text()
    why = page.find("section", cls="why")[0]
    assert "Why the run failed" in why.text() and "task 'load' failed on try 1: exit code 3" in why.text()
    asked = browser.get(f"/runs/{run}?task=report")
    assert "Why report did not run" in asked.find("section", cls="why")[0].text()
    assert "No attempt yet" in asked.text()
    log = browser.get(f"/runs/{run}?task=extract").find("section", cls="log")[0]
    assert log.get("data-log") == f"/api/v1/runs/{run}/tasks/extract/attempts/1/log"
    assert [line.get("id") for line in log.find("div", cls="ln")] == ["L1", "L2"]
    assert browser.get(f"/runs/{run}?task=nothing", status=404).text()


def test_a_run_under_way_says_what_it_waits_for(flights):
    run = flights.trigger("slow")
    wait_for(lambda: flights.run(run)["tasks"]["wait"] == "running", what="task running")
    page = Browser(flights).get(f"/runs/{run}")

    assert page.find("time", data_t="since")
    assert "is running" in page.find("section", cls="why")[0].text()
    assert page.find("i", cls="b")[0].get("data-cell") == f"{run}.wait"
    assert [link.get("href") for link in page.find("a", data_dialog="cancel")] == [f"/runs/{run}/cancel"]


def test_what_is_not_there_offers_what_is_near(flights):
    browser = Browser(flights)
    page = browser.get("/dags/fligths", status=404)
    assert [link.text() for link in page.find("ul", cls="mini")[0].find("a")] == ["flights"]
    assert "Nothing lives at this address" in browser.get("/nothing/here", status=404).text()
    assert "There is no run" in browser.get("/runs/00112233", status=404).text()


# --- what forms do


def test_trigger_takes_params_as_they_are_written(flights):
    flights.gate.touch()
    browser = Browser(flights)
    form = browser.get("/dags/flights/trigger").form("/trigger")
    assert {field.get("name") for field in form.find("input")} >= {"param-region", "param-count", "period"}

    location, page = browser.submit(form, param__region="us", param__count="7", reason="by hand")
    run = location.split("/")[-1]
    assert flights.wait_run(run)["params"] == {"region": "us", "count": 7}
    assert "flights" in page.text()
    assert browser.send(form, param__count="7").headers["Location"] == location  # sent twice: one run
    refused = browser.send(browser.get("/dags/flights/trigger").form("/trigger"), param__count="many")
    assert refused.status in (400, 422) and "count" in refused.text()


def test_rerun_shows_what_it_resets_then_does_that(flights):
    run = fail_once(flights)
    flights.gate.touch()
    browser = Browser(flights)
    page = browser.get(f"/runs/{run}/rerun")
    form = page.form("/rerun")

    listed = [item.find("span")[0].text() for item in form.find("ul")[0].find("li")]
    assert [name for name in listed if name in ("extract", "load", "report")] == ["load", "report"]
    assert browser.send(form).status == 422  # no reason
    location, _ = browser.submit(form, reason="the gate is open")
    assert location == f"/runs/{run}"
    assert flights.wait_run(run)["state"] == "success"
    story = browser.get(location).text()
    assert "the gate is open" in story and "page:home" in story
    stale = browser.send(form, reason="again")  # what was shown is not what would be done now
    assert stale.status == 409 and "would not do any more what was shown" in stale.text()
    only = browser.get(f"/runs/{run}/rerun?mode=only&task=load").form("/rerun")
    assert "report" not in [item.find("span")[0].text() for item in only.find("ul")[0].find("li")]
    browser.submit(browser.get(f"/runs/{run}/rerun?mode=from&task=load&version=latest").form("/rerun"), reason="anew")
    done = flights.wait_run(run)
    assert done["state"] == "success"
    assert [len(flights.task(run, task)["attempts"]) for task in ("extract", "load", "report")] == [1, 3, 2]


def test_nothing_to_rerun_is_said(flights):
    flights.gate.touch()
    run = flights.trigger("flights")
    assert flights.wait_run(run)["state"] == "success"
    page = Browser(flights).get(f"/runs/{run}/rerun?mode=failed")
    assert page.find("div", role="alert") and not page.find("button", cls="primary")


def test_a_run_is_stopped_and_says_why(flights):
    run = flights.trigger("slow")
    wait_for(lambda: flights.run(run)["tasks"]["wait"] == "running", what="task running")
    browser = Browser(flights)
    form = browser.get(f"/runs/{run}/cancel").form("/cancel")

    assert "wait" in form.text()
    browser.submit(form, reason="wrong input")
    assert flights.wait_run(run)["state"] == "cancelled"
    assert "wrong input" in browser.get(f"/runs/{run}").text()
    assert "ended already" in browser.get(f"/runs/{run}/cancel", status=409).text()


def test_a_task_is_marked_and_the_run_goes_on(flights):
    run = fail_once(flights)
    browser = Browser(flights)
    form = browser.get(f"/runs/{run}/tasks/load/mark").form("/mark")

    browser.submit(form, reason="loaded by hand")
    assert flights.wait_run(run)["tasks"] == {"extract": "success", "load": "success", "report": "success"}
    assert "loaded by hand" in browser.get(f"/runs/{run}").text()


def test_a_note_is_kept(flights):
    run = fail_once(flights)
    browser = Browser(flights)
    browser.submit(browser.get(f"/runs/{run}/note?task=load").form("/note"), text="the source\nwas late")
    note = flights.run(run)["notes"][0]
    assert (note["task"], note["text"], note["actor"]) == ("load", "the source\nwas late", "page:home")
    assert "was late" in browser.get(f"/runs/{run}").text()


def test_a_dag_is_paused_and_resumed(flights):
    browser = Browser(flights)
    location, page = browser.submit(browser.get("/dags/flights/pause").form("/pause"), reason="the source moves")
    assert location == "/dags/flights" and "the source moves" in page.text()
    listed = browser.get("/dags")
    switch = listed.find("button", data_pause="flights")[0]
    assert switch.get("aria-checked") == "false"
    form = listed.find("form", id=switch.get("form"))[0]
    answer = browser.send(form, action=switch.get("formaction"))  # the switch is a button of this form
    assert answer.status == 303 and answer.headers["Location"] == "/dags"
    assert not flights.http("GET", "/api/v1/dags/flights")[1]["paused"]


def test_only_our_own_page_changes_something(flights):
    run = fail_once(flights)
    browser = Browser(flights)
    form = browser.get(f"/runs/{run}/note").form("/note")

    for origin, filled in (("null", {"csrf": None}), ("null", {"csrf": "0" * 64}),
                           ("https://evil.example", {}), (f"http://127.0.0.1:{browser.port + 1}", {}),
                           (None, {"csrf": None})):
        answer = browser.send(form, origin=origin, text="evil", **filled)
        assert answer.status == 403, (origin, filled)
    assert flights.run(run)["notes"] == []
    own = browser.send(form, origin=f"http://127.0.0.1:{browser.port}", text="good")
    assert own.status == 303 and len(flights.run(run)["notes"]) == 1
    json_body = browser.ask("POST", f"/runs/{run}/note", json.dumps({"text": "evil"}),
                            {"Content-Type": "application/json", "Origin": "null"})
    assert json_body.status == 415


def test_a_form_leads_nowhere_else(flights):
    browser = Browser(flights)
    form = browser.get("/dags/flights/pause").form("/pause")
    for back in ("https://evil.example/", "//evil.example", "/\\evil.example"):
        assert browser.send(form, back=back).headers["Location"] == "/dags/flights"
    assert browser.send(form, back="/dags?state=paused").headers["Location"] == "/dags?state=paused"


# --- what others wrote


EVIL = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'><svg/onload=alert(3)>"


def test_what_others_wrote_never_becomes_markup(home):
    (home.dags / "evil.yaml").write_text(f"""
id: evil
description: {json.dumps(EVIL)}
owner: {json.dumps(EVIL)}
tags: [{json.dumps(EVIL)}]
params:
  what: {{type: string, default: {json.dumps(EVIL)}, description: {json.dumps(EVIL)}}}
tasks:
  shout:
    command: |
      printf '%s\\n' '{EVIL.replace("'", "")}'
      printf '\\033[31mred\\033[0m \\033]0;title\\007 \\302\\255\\342\\200\\256back\\n\\377\\376\\n'
      exit 1
""")
    (home.dags / "bad.yaml").write_text(f"id: bad\ntasks:\n  a: {{{json.dumps(EVIL)}: 1, command: x}}\n")
    home.start()
    run = home.trigger("evil")
    home.wait_run(run)
    assert home.cli("note", run, EVIL).returncode == 0
    assert home.cli("mark", run, "shout", "failed", "--reason", EVIL).returncode == 0
    assert home.cli("pause", "evil", "--reason", EVIL).returncode == 0
    browser = Browser(home)

    usual = {"html", "head", "meta", "title", "link", "script", "body"}
    for path in [path.replace("flights", "evil").replace("load", "shout") for path in every_page(run)] + [
            "/dags?tag=%3Cscript%3E", "/dags?q=%22%3E%3Cimg%20src%3Dx%3E", f"/runs/{run}?find=%3Cscript%3E"]:
        page = browser.ask("GET", path)
        assert page.status == 200, path
        assert not page.find("img"), path
        assert all(script.get("src") and script.parent.name == "head" for script in page.find("script")), path
        assert all("onerror" not in e.attributes and "onload" not in e.attributes for e in page.tree.all())
        assert "\x1b" not in page.body and "\u202e" not in page.body, path
        assert usual <= {element.name for element in page.tree.all()}
    shown = browser.get("/dags/evil")
    assert EVIL in shown.text() and EVIL in browser.get("/dags").text()
    log = browser.get(f"/runs/{run}").find("div", cls="lines")[0].text()
    assert EVIL.replace("'", "") in log and "red" in log and "[31m" not in log
    missing = browser.get("/dags?colour=" + "%3Cscript%3Ealert(1)%3C%2Fscript%3E", status=400)
    assert all(script.get("src") for script in missing.find("script"))


# --- how much


def test_a_dag_of_ten_thousand_tasks_stays_usable(home):
    lines = ["id: wide", "tasks:"]
    lines += [f"  t{i:05}: {{empty: }}" for i in range(10000)]
    (home.dags / "wide.yaml").write_text("\n".join(lines) + "\n")
    home.start()
    wait_for(lambda: home.http("GET", "/api/v1/dags/wide")[0] == 200, what="the wide dag")
    run = home.trigger("wide")
    home.wait_run(run, 120)
    browser = Browser(home)

    for path in ("/dags/wide", "/dags/wide?tasks=9990", "/dags/wide?view=graph", "/dags/wide?view=code",
                 f"/runs/{run}", f"/runs/{run}?tasks=5000", f"/runs/{run}?view=graph&state=success",
                 f"/runs/{run}/rerun?mode=all", "/dags", "/"):
        begin = time.monotonic()
        page = browser.get(path)
        took = time.monotonic() - begin
        count = len(list(page.tree.all()))
        assert count < 1500, (path, count)
        assert took < 3, (path, took)
    assert "showing tasks 1 to 40 of 10000" in browser.get("/dags/wide").text()
    assert "showing 1 to 60 of 10000" in browser.get(f"/runs/{run}").text()
