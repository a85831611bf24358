"""The document at /api/v1/openapi.json against the daemon that serves it, by requests made from it."""

import json
import os
import subprocess
import sys

import pytest

from daemon_home import Home, wait_for

FLOW = """id: flow
description: two steps
tasks:
  - {id: first, command: 'echo one; echo two; echo three'}
  - {id: second, command: echo done, depends_on: [first]}
"""

# A stream ends only with its client. Waits are cut to nothing, or each request would take its time.
HOOKS = '''
import schemathesis


@schemathesis.hook
def map_query(context, query):
    if isinstance(query, dict) and "wait" in query:
        query["wait"] = "1ms"
    # A log is followed until its task ends; the dags may be paused by then.
    if isinstance(query, dict):
        query.pop("follow", None)
    return query
'''


@pytest.fixture
def home(tmp_path):
    home = Home(tmp_path)
    (home.dags / "flow.yaml").write_text(FLOW)
    (home.dags / "broken.yaml").write_text("id: broken\n")
    home.start()
    assert home.http("POST", "/api/v1/dags/flow/runs?wait=30s", {"id": "one"})[0] == 201
    yield home
    home.stop()


def schemathesis(home, folder, *options):
    """Runs it over TCP with the home's token."""
    (folder / "hooks.py").write_text(HOOKS)
    url = f"http://127.0.0.1:{home.port()}"
    token = (home.path / "token").read_text().strip()
    return subprocess.run(
        [sys.executable, "-m", "schemathesis.cli", "run", f"{url}/api/v1/openapi.json",
         "--url", url, "-H", f"Authorization: Bearer {token}", "--no-color",
         # These wait by design, as long as a run does not end.
         "--exclude-path", "/api/v1/stream", "--exclude-path", "/api/v1/runs/{run}:wait", "--request-timeout", "20", "--seed", "7",
         # Whether a sound command is done depends on what there is: 422 says why it is not.
         "--exclude-checks", "positive_data_acceptance",
         "--generation-database", "none", *options],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=280, cwd=folder,
        env={**os.environ, "SCHEMATHESIS_HOOKS": "hooks"})


def test_what_the_document_says_holds(home, tmp_path):
    run = schemathesis(home, tmp_path, "--max-examples", "15", "--phases", "coverage,fuzzing",
                       "--workers", "1")
    assert run.returncode == 0, run.stdout[-6000:]
    assert home.process.poll() is None
    assert home.http("GET", "/readyz")[0] == 200


def members(schema, document):
    """What an object of this schema may hold, references followed."""
    while "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
    return schema


def undocumented(value, schema, document, path="$"):
    """The places of a value that its schema does not name."""
    schema = members(schema, document)
    if value is not None and "anyOf" in schema:
        schema = members(schema["anyOf"][0], document)
    if isinstance(value, list):
        return [found for item in value
                for found in undocumented(item, schema["items"], document, path + "[]")]
    if not isinstance(value, dict) or "additionalProperties" in schema:
        return []
    known = schema.get("properties", {})
    return [f"{path}.{key}" for key in value if key not in known] + [
        found for key in value if key in known
        for found in undocumented(value[key], known[key], document, f"{path}.{key}")]


def test_answers_hold_nothing_that_is_not_told(home):
    document = home.http("GET", "/api/v1/openapi.json")[1]
    run = home.http("GET", "/api/v1/runs")[1]["items"][0]["id"]
    names = {"dag": "flow", "run": run, "task": "first", "attempt": "1"}
    seen = 0
    for path, operations in document["paths"].items():
        schema = operations.get("get", {}).get("responses", {}).get("200", {}).get(
            "content", {}).get("application/json")
        if schema is None or "openapi.json" in path:
            continue
        required = [parameter["name"] for parameter in operations["get"]["parameters"]
                    if parameter["in"] == "query" and parameter["required"]]
        assert required in ([], ["target"])
        query = "?target=flow/first" if required else ""
        status, body, _ = home.http("GET", path.format(**names) + query, headers={
            "Accept": "application/json"})
        assert status == 200, (path, body)
        assert undocumented(body, schema["schema"], document) == [], path
        seen += 1
    assert seen >= 14
