"""A real window on a real screen at a running demo, and the camera before it."""

import json
import os
import re
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PySide6.QtCore import QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QWidget
from tests.support.centre import ROOT, Centre
from tests.support.hand import Hand, Person, new_person

from certcenter_helper.core.home import Home
from certcenter_helper.window.app import open_window
from certcenter_helper.window.centres import Centres
from certcenter_helper.window.shell import Shell

#: Milliseconds until what was shown last is painted.
_PAINTED = 250


class Process:
    """A process of the demo that somebody else has started."""

    def __init__(self, pid: int) -> None:
        self.pid = pid

    def send_signal(self, number: int) -> None:
        os.kill(self.pid, number)


@dataclass(frozen=True)
class Look:
    """How the window looks."""

    english: bool = False
    dark: bool = False
    steps: int = 0
    size: tuple[int, ...] = (1180, 800)

    @property
    def suffix(self) -> str:
        return f"{'-dark' if self.dark else ''}{f'-larger{self.steps}' if self.steps else ''}"


def running(home: Path) -> Centre:
    """The demo that runs with this home folder."""
    described = json.loads((home / "demo.json").read_text(encoding="utf-8"))
    port = int(re.search(r":(\d+)/", described["index"])[1])
    environment = {
        **{
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("CERTCENTER_", "DJANGO_"))
        },
        "PYTHONPATH": os.pathsep.join(str(ROOT / each) for each in ("sdk/src", "server/src", ".")),
        "CERTCENTER_MODE": "demo",
        "CERTCENTER_HOME": str(home),
        "CERTCENTER_PORT": str(port),
        "CERTCENTER_PUBLICATION_URL": f"http://127.0.0.1:{port}",
    }
    worker: Any = Process(_worker(home))
    return Centre(home, port, environment, described, worker, worker)


def _worker(home: Path) -> int:
    """The process id of the demo's worker: 0 where it can't be told."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            command = (folder / "cmdline").read_bytes().split(b"\0")
            variables = (folder / "environ").read_bytes().split(b"\0")
        except OSError:
            continue
        if b"worker" in command and f"CERTCENTER_HOME={home}".encode() in variables:
            return int(folder.name)
    return 0


class Stage:
    """One walk: a window, a hand, and numbered pictures of what the screen shows."""

    def __init__(self, centre: Centre, out: Path, folder: Path, look: Look) -> None:
        self.centre, self.out, self.folder, self.look = centre, out, folder, look
        self.home = folder / "home"
        self.hand: Hand = None  # type: ignore[assignment]  # `sit_down` comes first
        self._taken = 0

    def play(self, walk: Callable[["Stage"], object]) -> bool:
        """Walk to the end; where it breaks off, the last picture shows what there was instead."""
        self.out.mkdir(parents=True, exist_ok=True)
        for before in self.out.glob("*.png"):
            before.unlink()
        began = time.monotonic()
        try:
            walk(self)
        except AssertionError as trouble:
            self.shot("broke-off")
            sys.stderr.write(f"{self.out.name}: {trouble}\n")
            return False
        else:
            return True
        finally:
            self.leave()
            print(f"{self.out.name}: {self._taken} pictures in {time.monotonic() - began:.0f} s")

    def newcomer(self, slug: str, **given: Any) -> Person:
        """A customer whom no walk has met."""
        return new_person(self.centre, slug, number=time.time_ns() // 10_000_000 % 99_000 + 1000, **given)

    def sit_down(self, slug: str, *, home: Path | None = None, address: str | None = None) -> Hand:
        """Open the window, as a program that was started anew."""
        self.leave()
        there = f"http://127.0.0.1:{self.centre.port}/api/v1/i/{slug}/"
        centres = Centres(Home(home or self.home), address=there if address is None else address)
        shell = open_window(centres, english=self.look.english, dark=self.look.dark)
        shell.resize(*self.look.size)
        for _ in range(self.look.steps):
            shell.zoom(1)
        self.hand = Hand(shell, self.centre, slug)
        self.hand.rest()
        return self.hand

    def leave(self) -> None:
        """Close the window."""
        if self.hand is not None:
            self.hand.shell.close()
            self.hand.shell.deleteLater()
            QTest.qWait(50)

    @property
    def shell(self) -> Shell:
        return self.hand.shell

    # The camera

    def shot(self, name: str) -> None:
        """What the screen shows now."""
        QTest.qWait(_PAINTED)
        self._taken += 1
        QGuiApplication.primaryScreen().grabWindow(0).save(str(self.out / f"{self._taken:02d}-{name}.png"))

    def whole(self, name: str) -> None:
        """The screen, then the rest of a page that is longer than the window."""
        self.shot(name)
        bar = self.shell.body.area.verticalScrollBar()
        page = 2
        while bar.value() < bar.maximum():
            bar.setValue(bar.value() + bar.pageStep())
            self.shot(f"{name}-{page}")
            page += 1
        bar.setValue(0)

    def chooser(self, press: str, name: str) -> None:
        """Press what opens the system's chooser, take its picture, close it."""

        def look() -> None:
            chooser = QApplication.activeModalWidget()
            if chooser is None:
                QTimer.singleShot(100, look)
                return
            self.shot(name)
            if isinstance(chooser, QDialog):
                chooser.reject()

        QTimer.singleShot(600, look)
        self.hand.press(press)

    def box(self, dialog: str, name: str, press: str = "ok") -> str:
        """Wait for a dialog, take its picture, press a button in it."""
        self.hand.wait(dialog, QDialog)
        self.shot(name)
        return self.hand.box(dialog, press)

    def bottom(self, name: str) -> None:
        """Scroll until this can be seen."""
        widget = self.hand.wait(name, QWidget)
        self.shell.body.area.ensureWidgetVisible(widget)
