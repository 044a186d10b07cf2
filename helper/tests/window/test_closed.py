"""A closed window is gone: nothing keeps it, whatever was opened in it. Each window of a process would stay for good."""

import gc
import time
import weakref
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from tests.support.centre import Centre
from tests.support.hand import Hand

from certcenter_helper.core.home import Home
from certcenter_helper.window.app import open_window
from certcenter_helper.window.centres import Centres

pytestmark = [pytest.mark.timeout(300), pytest.mark.xdist_group("helper")]


def use_all(hand: Hand, person) -> None:
    """A command, its trouble, a long one, a box, pages, the other language, the other scheme."""
    hand.press("log-in")
    hand.log_in(person)
    hand.shell.say("?", ["."])
    hand.box("message")
    for function in ("environment-check", "faq"):
        hand.shell.open(function)
        hand.rest()
    hand.shell.speak_other()
    hand.shell.use_scheme(dark=not hand.shell.theme.dark)
    hand.rest()


def live(ones: list[weakref.ref]) -> list[str]:
    """Those that are not gone, once Python has searched."""
    QTest.qWait(20)
    gc.collect()
    return [type(found).__name__ for one in ones if (found := one()) is not None]


@pytest.mark.spec("A1")
def test_a_closed_window_is_gone(qt: QApplication, centre: Centre, newcomer: Callable, tmp_path: Path):
    address = f"http://127.0.0.1:{centre.port}/api/v1/i/demo/"
    shell = open_window(
        Centres(Home(tmp_path / "home"), address=address), english=False
    )  # in the system's scheme
    hand = Hand(shell, centre, "demo")
    hand.rest()
    use_all(hand, newcomer())
    parts = (shell, shell.page, shell.menu, shell.jobs, shell.core)
    kept = [weakref.ref(each) for each in parts]
    shell.close()
    shell.deleteLater()
    del hand, shell, parts
    deadline = time.monotonic() + 60  # the commands' thread lets go of its last one in its own time
    while (left := live(kept)) and time.monotonic() < deadline:
        pass
    assert not left, "something keeps it"
