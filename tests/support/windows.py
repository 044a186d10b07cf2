"""Fixtures of helper/tests/window: windows without a screen, at a real centre."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from tests.support.centre import Centre
from tests.support.hand import Hand, Person, new_person

from certcenter_helper.core.home import Home
from certcenter_helper.window.app import application, open_window
from certcenter_helper.window.centres import Centres
from certcenter_helper.window.shell import Shell


@pytest.fixture(scope="session")
def qt() -> QApplication:
    return application()


@pytest.fixture
def newcomer(centre: Centre) -> Callable[..., Person]:
    """`newcomer("demo")` is a customer whom no other test has met; `slip=True`: with a slip from the counter."""
    return lambda slug="demo", **given: new_person(centre, slug, **given)


@pytest.fixture
def window(qt: QApplication, centre: Centre, tmp_path: Path) -> Iterator[Callable[..., Hand]]:
    """Opens windows: `window("demo")` is one at the login of that institution, with a store of its own."""
    opened: list[Shell] = []

    def open_one(
        slug: str = "demo", *, english: bool = False, dark: bool = False, address: str | None = None
    ) -> Hand:
        there = f"http://127.0.0.1:{centre.port}/api/v1/i/{slug}/"
        centres = Centres(Home(tmp_path / "home"), address=there if address is None else address)
        shell = open_window(centres, english=english, dark=dark)
        opened.append(shell)
        hand = Hand(shell, centre, slug)
        hand.rest()
        return hand

    yield open_one
    for shell in opened:
        shell.close()
        shell.deleteLater()
    QTest.qWait(20)
