"""Fixtures for every test of the workspace (tests/README.md)."""

import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

pytest_plugins = [
    "tests.support.authorities",
    "tests.support.centre",
    "tests.support.engines",
    "tests.support.life",
]


@pytest.fixture(scope="session")
def django_db_modify_db_settings_xdist_suffix() -> None:
    """Databases in memory belong to one process; the suffix would make files of them (our engine has its own name)."""


@pytest.fixture(autouse=True)
def _time_goes_on() -> Iterator[None]:
    """A test that leaves the clock stopped would break those that come after it, elsewhere and at random: it fails itself."""
    yield
    clock = sys.modules.get("certcenter.core.clock")
    assert clock is None or datetime.now(UTC) - clock.now() < timedelta(seconds=5), (
        "the clock was left stopped"
    )
