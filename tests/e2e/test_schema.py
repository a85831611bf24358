"""`heddle schema`: sound by itself, takes what the parser takes, refuses what is wrong by its shape."""

import json
import re
import subprocess

import jsonschema
import pytest
import yaml

from daemon_home import ROOT, binaries

HEDDLE = binaries("release") / "heddle"


class Core(yaml.SafeLoader):
    """YAML 1.2's core schema: 'no', 'on' and 12:30 are text."""


Core.yaml_implicit_resolvers = {}
for tag, pattern, first in [
    ("null", r"^(~|null|Null|NULL|)$", ["~", "n", "N", ""]),
    ("bool", r"^(true|True|TRUE|false|False|FALSE)$", list("tTfF")),
    ("int", r"^(0|[-+]?[1-9][0-9]*|0o[0-7]+|0x[0-9a-fA-F]+)$", list("-+0123456789")),
    ("float", r"^[-+]?(\.[0-9]+|[0-9]+\.[0-9]*|[0-9]+(?=[eE]))([eE][-+]?[0-9]+)?$", list("-+.0123456789")),
    ("merge", r"^<<$", ["<"]),
]:
    Core.add_implicit_resolver("tag:yaml.org,2002:" + tag, re.compile(pattern), first)


def schema(*flags):
    done = subprocess.run([HEDDLE, "schema", *flags], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def dag():
    return jsonschema.Draft202012Validator(schema())


@pytest.fixture(scope="module")
def folder():
    return jsonschema.Draft202012Validator(schema("--folder"))


def documents(text):
    return [root for root in yaml.load_all(text, Loader=Core) if root is not None]


def is_accepted(folder, root):
    """Whether the parser itself takes the dag."""
    path = folder / "dag.yaml"
    path.write_text(json.dumps(root))
    done = subprocess.run([HEDDLE, "validate", path], capture_output=True, text=True, timeout=60)
    assert done.returncode in (0, 3), done.stderr
    return done.returncode == 0


def test_the_schemas_are_sound():
    for made in (schema(), schema("--folder")):
        assert made["$schema"] == "https://json-schema.org/draft/2020-12/schema"
        jsonschema.Draft202012Validator.check_schema(made)


@pytest.mark.parametrize("path", sorted((ROOT / "dags").rglob("*.y*ml")), ids=lambda path: path.name)
def test_takes_the_dags(dag, folder, path):
    found = documents(path.read_text())
    assert found
    for root in found:
        (folder if path.stem == "heddle" else dag).validate(root)


def examples():
    for page in sorted((ROOT / "docs").glob("*.md")):
        for number, text in enumerate(re.findall(r"^```yaml\n(.*?)^```$", page.read_text(), re.M | re.S)):
            yield pytest.param(text, id=f"{page.stem}-{number}")


@pytest.mark.parametrize("text", list(examples()))
def test_takes_the_examples_of_the_docs(dag, folder, text):
    is_folder = text.startswith("# heddle.yaml") or "/heddle.yaml" in text.split("\n")[0]
    for root in documents(text):
        (folder if is_folder else dag).validate(root)


@pytest.mark.parametrize("text", list(examples()))
def test_the_parser_takes_the_examples_of_the_docs(tmp_path, text):
    is_folder = text.startswith("# heddle.yaml")
    (tmp_path / ("heddle.yaml" if is_folder else "dag.yaml")).write_text(text)
    if is_folder:  # it is checked with a dag below it
        (tmp_path / "dag.yaml").write_text("id: d\nowner: me\ntasks: [{id: t, command: ls}]\n")
    done = subprocess.run([HEDDLE, "validate", tmp_path], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout


def keys_of(page, heading):
    """The keys that the tables of a section name in their first column."""
    section = re.search(rf"^## {heading}\n(.*?)(?=^## |\Z)", page, re.M | re.S)
    return set(re.findall(r"^\| `([a-z_]+)` \|", section[1], re.M)) if section else set()


def test_the_page_names_what_is_supported_and_nothing_else():
    page = (ROOT / "docs/dags.md").read_text()
    made = schema()
    inner = {"type", "default", "enum", "minimum", "required", "pattern", "description"}  # of a param
    assert keys_of(page, "The DAG") - inner == set(made["properties"]) - inner
    assert keys_of(page, "The DAG") >= set(made["properties"])
    assert keys_of(page, "The task") == set(made["$defs"]["listed_task"]["properties"])
    folder_keys = keys_of(page, "Folder defaults")
    assert folder_keys in (set(), set(schema("--folder")["properties"]))


# What the parser answers in these words can be told by shape alone.
BY_SHAPE = re.compile(r"unknown key|unknown word|must be|is no duration|has no unit|is no valid|two actions|has no action|"
                      r"is empty|not supported yet|has no '(id|tasks)'|belong to|has no value")
# Names within templates are no matter of shape, whether they are known or still to come.
TEMPLATE = re.compile(r"in a template is not supported yet")
# Of these only the parser knows: what another tool's format is, or names of no known time zone.
BEYOND = {"kind_dag_factory", "kind_dag_factory_bare"}


def wrong_by_shape():
    for path in sorted((ROOT / "tests/bad").glob("*.yaml")):
        told = "".join(line for line in path.with_suffix(".expected").read_text().splitlines(True)
                       if not TEMPLATE.search(line))
        if not BY_SHAPE.search(told) or path.stem in BEYOND:
            continue
        try:
            found = documents(path.read_text())
        except (yaml.YAMLError, UnicodeDecodeError):
            continue
        if found:
            yield pytest.param(found, id=path.stem)


WRONG = list(wrong_by_shape())


def test_there_are_wrong_files_to_try():
    assert len(WRONG) >= 25


@pytest.mark.parametrize("found", WRONG)
def test_refuses_what_is_wrong_by_shape(dag, found):
    assert any(not dag.is_valid(root) for root in found)


def task(**keys):
    return {"id": "d", "tasks": [{"id": "t", "command": "ls", **keys}]}


@pytest.mark.parametrize("root", [
    task(retries=-1), task(retries="3"), task(timeout=90), task(timeout="0s"), task(timeout="5 minutes"),
    task(env={"HEDDLE_X": "1"}), task(env={"a-b": "1"}), task(env={"A": None}), task(depends_on=[1]), task(flavour=1),
    {"id": "d", "tasks": [{"id": "t"}]}, {"id": "d", "tasks": []}, {"id": "d", "tasks": {}}, {"id": "d"},
    {"id": "d", "tasks": {"t": {"id": "t", "command": "ls"}}}, {"id": "1d", "tasks": {"t": {"command": "ls"}}},
    {"id": "d", "tasks": [{"id": "t.u", "command": "ls"}]}, {**task(), "defaults": {"command": "ls"}},
    task(shell=["bash"], command=["ls"]), task(depends_on=["u", "u"]), task(group="{{ ds }}"), task(when="{{ ds }} == ts"),
    task(limits={"memory": 4096}), {**task(), "description": "{{ ds }}"},
    *({**task(), "params": {"p": param}} for param in [
        {"type": "integer", "default": "3"}, {"type": "date", "minimum": 1}, {"type": "list", "default": {}},
        {"type": "number", "pattern": "x"}, {"type": "boolean", "enum": ["yes"]}, {"required": True, "default": 1},
        "{{ ds }}"]),
    {**task(), "pools": {"p": 0}}, {**task(), "tags": [1]}, {**task(), "Owner": "me"},
], ids=str)
def test_refuses(dag, tmp_path, root):
    assert not dag.is_valid(root)
    assert not is_accepted(tmp_path, root)


@pytest.mark.parametrize("root", [
    task(), task(retries=0, retry_delay="0s", timeout="1d"), task(env={"A": 1, "B": True, "C": ""}),
    {"id": "a.b", "tasks": {"t": {"command": ["ls", 1, True]}}}, {**task(), "defaults": {"retries": 2}, "tags": "x"},
    {"id": "d", "tasks": [{"id": "t", "command": "ls"}, {"id": "u", "command": "ls", "depends_on": "t"}]},
    task(limits={"memory": "1048576", "log": 1024}), task(cwd="{{ ds }}", retry_on={"match": "{{"}),
    *({**task(), "params": {"p": param}} for param in [
        {"type": "integer", "default": None, "minimum": 1}, {"type": "date", "default": "2026-02-28"}, {"enum": [1, 2]},
        {"type": "number", "default": 1, "maximum": 2.5}, {"required": False, "default": 1}, {"pattern": "[a-z]+"},
        {"type": "object", "default": {"a": [1]}}, [1, "x"], None, 1.5]),
    task(shell=["python3", "-"], cwd="x", group="g", inputs=["s3://a/b"], description=""),
], ids=str)
def test_takes(dag, tmp_path, root):
    dag.validate(root)
    assert is_accepted(tmp_path, root)
