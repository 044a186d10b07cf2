"""Fixtures for every test of the workspace (tests/README.md)."""

import os
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, settings

pytest_plugins = [
    "tests.support.authorities",
    "tests.support.centre",
    "tests.support.engines",
    "tests.support.ready",
]


# What Hypothesis thinks of is the same each time, as is the verdict; `make soak` lets it think of something new. How fast the
# machine is decides nothing.
settings.register_profile(
    "house",
    derandomize="CERTCENTER_SOAK" not in os.environ,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("house")


@pytest.fixture(scope="session")
def django_db_modify_db_settings_xdist_suffix() -> None:
    """Databases in memory belong to one process; the suffix would make files of them (our engine has its own name)."""


#: What is counted for a day or a year begins anew at midnight in Taipei (SPEC F3).
_MIDNIGHT_UTC = 16 * 3600


@pytest.fixture(autouse=True)
def _no_day_ends_in_a_test() -> None:
    """A test that counts something of a day, and looks afterwards, would find nothing where the day has ended between: it begins after that."""
    now = datetime.now(UTC)
    left = (_MIDNIGHT_UTC - (now.hour * 3600 + now.minute * 60 + now.second)) % 86_400
    if left <= 30:  # noqa: PLR2004 - seconds, longer than any such test takes
        time.sleep(left + 1)


@pytest.fixture(autouse=True)
def _time_goes_on() -> Iterator[None]:
    """A test that leaves the clock stopped would break those that come after it, elsewhere and at random: it fails itself."""
    yield
    clock = sys.modules.get("certcenter.core.clock")
    assert clock is None or datetime.now(UTC) - clock.now() < timedelta(seconds=5), (
        "the clock was left stopped"
    )


@pytest.fixture(autouse=True)
def _no_site_is_left() -> None:
    """Django keeps the addresses of the last request's site in its thread; a test that reverses one begins without."""
    urls = sys.modules.get("django.urls")
    if urls is not None:
        urls.set_urlconf(None)
