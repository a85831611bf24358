"""Fixtures of the tests that run the real daemon."""

import sys
import pathlib

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from daemon_home import Home  # noqa: E402


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
