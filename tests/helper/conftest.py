"""A running centre, a proxy that can fail, and customers of the helper's profiles (one worker of pytest-xdist: group "helper")."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.support.centre import Centre
from tests.support.faulty_proxy import FaultyProxy, faulty_proxy
from tests.support.helper_people import Computer, make_people

from certcenter_helper.core.texts import use_language
from certcenter_sdk.client import Retry

#: So many customers at one address use up the codes that it is sent in an hour; the long counts need more of them.
_AT_ONE_ADDRESS = 40
_AN_HOUR_LATER = """
from certcenter.core.models import CountedLimit
CountedLimit.objects.filter(name="otp-sent-by-source").delete()
"""


class People:
    """Hands out customers whom no other test has met: newcomers of the centre, then made by the dozen."""

    def __init__(self, centre: Centre) -> None:
        self._centre = centre
        self._waiting: dict[tuple[str, str], list[dict[str, Any]]] = {}
        self._handed_out = 0

    def next(self, slug: str, life: str) -> dict[str, Any]:
        """One more."""
        self._handed_out += 1
        if self._handed_out % _AT_ONE_ADDRESS == 0:
            self._centre.run(_AN_HOUR_LATER)
        if (slug, life) not in self._waiting:
            self._waiting[slug, life] = [
                {"id": each["id"], "phone": each["phone"], "account": each["accounts"][0].partition(":")[2]}
                for each in self._centre.people(slug=slug)
                if each["note"] == "newcomer" and each["certificate"] == life
            ]
        waiting = self._waiting[slug, life]
        if not waiting:
            assert life == "none", "the past is made at the start alone: see HELPER_COUNTS in newcomers.py"
            waiting += make_people(self._centre, 12, slug=slug)
        return waiting.pop(0)


@pytest.fixture(scope="session")
def people(centre: Centre) -> People:
    """The customers of all tests here."""
    return People(centre)


@pytest.fixture
def computer(centre: Centre, people: People, tmp_path: Path) -> Callable[..., Computer]:
    """`computer()` is a new customer, logged in at a computer of their own."""
    count = iter(range(100))

    def sit_down(life: str = "none", *, slug: str = "demo") -> Computer:
        return Computer(centre, people.next(slug, life), tmp_path / f"computer-{next(count)}", slug)

    return sit_down


@pytest.fixture
def proxy(monkeypatch: pytest.MonkeyPatch) -> Iterator[FaultyProxy]:
    """A proxy that this process uses for the centre from now on; calls are repeated, but not for seconds."""
    monkeypatch.setattr("certcenter_helper.core.line.Retry", lambda **_options: Retry(attempts=2, base=0.01))
    with faulty_proxy() as running:
        for name in ("HTTP_PROXY", "http_proxy"):
            monkeypatch.setenv(name, running.url)
        for name in ("NO_PROXY", "no_proxy"):
            monkeypatch.delenv(name, raising=False)
        yield running


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    """One language for what tests compare."""
    use_language("en")
    yield
    use_language("en")
