"""The commands that README and docs show are run as they stand."""

import os
import pathlib
import re
import signal
import subprocess

import pytest

from daemon_home import ROOT

PAGES = ["README.md", *sorted(str(p.relative_to(ROOT)) for p in (ROOT / "docs").glob("*.md"))]


def commands(page):
    return re.findall(r"^```sh\n(.*?)^```$", (ROOT / page).read_text(), re.M | re.S)


@pytest.mark.parametrize("page", [p for p in PAGES if commands(p)])
def test_the_commands_of(page, tmp_path):
    script = "set -eu\n" + "\n".join(commands(page))
    shell = subprocess.Popen(["bash", "-c", script], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                             text=True, env={**os.environ, "TMPDIR": str(tmp_path)}, start_new_session=True)
    try:
        said, _ = shell.communicate(timeout=300)
        assert shell.returncode == 0, said[-3000:]
    finally:
        try:
            os.killpg(shell.pid, signal.SIGKILL)  # a page that fails half-way leaves its daemon
        except ProcessLookupError:
            pass


def test_links_between_pages_lead_somewhere():
    for page in [*PAGES, "CHANGELOG.md", "bench/README.md"]:
        folder = (ROOT / page).parent
        for target in re.findall(r"\]\(([^)#:]+)\)", (ROOT / page).read_text()):
            assert (folder / target).exists(), f"{page} links to {target}"
