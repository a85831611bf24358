"""Fixtures of the tests that run the real daemon."""

import os
import pathlib
import shutil
import sys
import tempfile

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from daemon_home import Home  # noqa: E402

NOBODY = 65534


@pytest.fixture
def home(tmp_path):
    """A home of the release build, not started."""
    home = Home(tmp_path)
    yield home
    home.close()


@pytest.fixture
def faulty(tmp_path):
    """A home of the build in which system calls can be made to fail (base/sys.h), not started."""
    home = Home(tmp_path, preset="faults")
    yield home
    home.close()


@pytest.fixture
def nobody():
    """A home whose daemon is nobody's: no cgroup can be made there."""
    if os.geteuid() != 0:
        pytest.skip("all other tests run without root already")
    folder = tempfile.mkdtemp(prefix="heddle-nobody-")
    home = Home(folder)
    # The build may lie where nobody cannot go.
    shutil.copytree(home.bin, f"{folder}/bin")
    home.bin = type(home.path)(f"{folder}/bin")
    for path in (folder, home.dags, home.work):
        os.chmod(path, 0o755)
        os.chown(path, NOBODY, NOBODY)
    home.user = NOBODY
    yield home
    home.close()
    shutil.rmtree(folder, ignore_errors=True)
