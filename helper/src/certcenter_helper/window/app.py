"""`certcenter-helper`: starts the window."""

import argparse
import os
import signal
import sys
from collections.abc import Sequence
from typing import NoReturn

from PySide6.QtCore import QTimer
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QApplication

from certcenter_helper.core.texts import CHINESE, ENGLISH
from certcenter_helper.window.centres import Centres
from certcenter_helper.window.shell import Shell
from certcenter_helper.window.theme import MONO, SANS, Theme, current_scheme


def application(arguments: Sequence[str] = ()) -> QApplication:
    """The one application of this process."""
    found = QApplication.instance()
    if isinstance(found, QApplication):
        return found
    made = QApplication(["certcenter-helper", *arguments])
    made.setApplicationName("certcenter-helper")
    made.setDesktopFileName("certcenter-helper")
    for family in SANS:
        QFont.insertSubstitutions(family, list(SANS))
    for family in MONO:
        QFont.insertSubstitutions(family, list(MONO))
    return made


def open_window(centres: Centres, *, english: bool, dark: bool | None = None) -> Shell:
    """Show the window: the overview where a session is kept, else the login, else the question for the centre."""
    application()
    shell = Shell(centres, english=english, theme=Theme(dark=current_scheme() if dark is None else dark))
    if not shell.core.house.slug:
        shell.open("centre")
    elif shell.core.is_logged_in:
        shell.open("overview")
        shell.meet()
    else:
        shell.open("login")
    hints = application().styleHints()
    if dark is None:
        hints.colorSchemeChanged.connect(
            shell.follow_scheme
        )  # its own method: the system must not keep a closed window
    shell.show()
    return shell


def main(arguments: Sequence[str] | None = None) -> int:
    """The command `certcenter-helper`. Returns the exit code: 0, or 2 for a wrong call."""
    parser = argparse.ArgumentParser(
        prog="certcenter-helper", description="The window of the certificate helper."
    )
    parser.add_argument(
        "--centre", default="", help="the centre's address: https://host/api/v1/i/<institution>/"
    )
    parser.add_argument(
        "--institution", default="", help="an institution that this computer knows, by its short name"
    )
    parser.add_argument(
        "--lang", choices=("zh", "en"), default="", help="the window's language; else the system's"
    )
    parser.add_argument("--colours", choices=("light", "dark"), default="", help="else the system's")
    given = parser.parse_args(arguments)
    running = application()
    english = (given.lang or _system_language()) == "en"
    dark = {"light": False, "dark": True}.get(given.colours)
    signal.signal(signal.SIGINT, lambda *_: running.closeAllWindows())
    shell = open_window(Centres(address=given.centre, slug=given.institution), english=english, dark=dark)
    shell.resize(shell.size().boundedTo(shell.screen().availableSize()))  # letters of 150 % on a small screen
    awake = QTimer()
    awake.timeout.connect(lambda: None)  # lets Python look at signals now and then
    awake.start(500)
    code = int(running.exec())
    if shell.jobs.left_behind:
        _end_at_once(code)
    return code


def _end_at_once(code: int) -> NoReturn:
    """End though a command waits for a centre that does not answer: Qt and Python would wait with it. The key store is whole
    wherever a program ends (docs/key-store.md).
    """
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:  # a program without a console has none
            stream.flush()
    os._exit(code)


def _system_language() -> str:
    from certcenter_helper.core.texts import language_of_locale

    return {CHINESE: "zh", ENGLISH: "en"}[language_of_locale()]


if __name__ == "__main__":
    sys.exit(main())
