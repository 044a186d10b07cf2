"""A hand at the helper's window (helper/tests/window): it finds what a person would find, presses it, types, and waits until the window says something."""

import json
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from itertools import count
from pathlib import Path
from typing import Any

import httpx
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QLabel,
    QLineEdit,
    QPushButton,
    QRadioButton,
    QWidget,
)
from tests.support.centre import Centre

from certcenter_helper.window.shell import Shell

#: Seconds that a step may take on a machine that does other things too.
PATIENCE = 240
PASSWORD = "Geheim78"
BACKUP = "Back4711"
_numbers = count(1)


@dataclass(frozen=True)
class Person:
    """A customer whom no other test has met."""

    slug: str
    id: str
    phone: str
    account: str
    slip: str = ""
    password: str = "demo2026"


def new_person(centre: Centre, slug: str, *, slip: bool = False, number: int = 0) -> Person:
    """A new customer of an institution; `slip`: the counter has handed out a slip, whose password is the person's `slip`."""
    number = number or next(_numbers)
    person = Person(slug, _national_id(number), f"09770{number:05d}", f"1020-{7_700_000 + number}")
    done = centre.run(_CREATE.format(**asdict(person) | {"slip": slip}))
    return replace(person, slip=done.strip().splitlines()[-1]) if slip else person


_CREATE = """
from certcenter.core.actor import system
from certcenter.identity.actions import import_customer
from certcenter.identity.rows import CustomerRow
from certcenter.passwords.actions import set_password
row = CustomerRow.parse({{
    "national_id": "{id}", "name": "王大明", "birth_date": "1987-12-05", "phones": "{phone}",
    "emails": "{phone}@example.com", "accounts": "securities:{account}", "locale": "zh-hant",
}})
customer = import_customer(row, institution="{slug}", actor=system("test")).customer
set_password(customer, "{password}", actor=system("test"))
if {slip}:
    from certcenter.slips import actions as slips
    from certcenter.slips.models import SlipPurpose
    from certcenter.core.actor import Actor, ActorKind
    officer = Actor(kind=ActorKind.STAFF, institution="{slug}", id="service")
    handed = slips.issue(customer, purpose=SlipPurpose.CERTIFICATE, actor=officer)
    print(handed.secret)
"""


def _national_id(number: int) -> str:
    """A valid ID of Taichung (letter B), of a serial that the demo's people don't have (SPEC F1)."""
    digits = f"1{5_500_000 + number:07d}"
    total = 1 * 1 + 1 * 9 + sum(int(each) * (8 - at) for at, each in enumerate(digits))
    return f"B{digits}{-total % 10}"


class Hand:
    """One person at one window."""

    def __init__(self, shell: Shell, centre: Centre, slug: str) -> None:
        self.shell, self.centre, self.slug = shell, centre, slug
        self._read: set[str] = set()  # messages whose code was used: a new one may take a moment

    # Waiting

    def until(self, condition: Callable[[], object], what: str = "") -> Any:
        """Let the window live until the condition holds; its value."""
        deadline = time.monotonic() + PATIENCE
        while True:
            QTest.qWait(20)
            if found := condition():
                return found
            assert time.monotonic() < deadline, (
                f"{what or 'this'} did not come; the window says: {self.words()}"
            )

    def rest(self) -> None:
        """Until no command is under way."""
        self.until(lambda: self.shell.jobs.idle, "rest")
        QTest.qWait(30)

    # Looking

    def seen(self, name: str, kind: type[QWidget] = QWidget) -> QWidget | None:
        """What is visible under that name, the newest one."""
        found = [each for each in self.shell.findChildren(kind, name) if each.isVisible()]
        return found[-1] if found else None

    def wait(self, name: str, kind: type[QWidget] = QWidget) -> Any:
        """Until something of that name is visible."""
        return self.until(lambda: self.seen(name, kind), name)

    def named(self, beginning: str) -> list[QWidget]:
        """All that is visible under names that begin so."""
        found = self.shell.findChildren(QWidget)
        return [each for each in found if each.objectName().startswith(beginning) and each.isVisible()]

    def words(self) -> str:
        """All words that are visible."""
        return "\n".join(text for _, text in self.texts())

    def texts(self) -> Iterator[tuple[QWidget, str]]:
        """Every visible widget with its words."""
        for widget in self.shell.findChildren(QWidget):
            if not widget.isVisible():
                continue
            if isinstance(widget, QLabel | QPushButton | QCheckBox):
                yield widget, widget.text()
            elif hasattr(widget, "toPlainText"):
                yield widget, widget.toPlainText()

    def says(self, *words: str) -> None:
        """Until all of these words are on the screen."""
        for each in words:
            self.until(lambda each=each: each in self.words(), each)

    def fact(self, panel: str, key: str) -> str:
        """A fact of a panel."""
        side = self.wait(f"{panel}-panel")
        return str(side.findChild(QWidget, f"fact-{key}").text())

    # Doing

    def press(self, name: str) -> None:
        """Press a button as soon as it can be pressed."""
        self.until(lambda: (found := self.seen(name)) and found.isEnabled(), name)
        found = self.seen(name)
        assert isinstance(found, QPushButton)
        found.click()
        QTest.qWait(20)

    def type(self, name: str, words: str) -> None:
        """Type into a field."""
        field = self.until(lambda: (found := self.seen(name)) and found.isEnabled() and found, name)
        assert isinstance(field, QLineEdit)
        field.clear()
        QTest.keyClicks(field, words) if words.isascii() else field.setText(words)

    def tick(self, name: str) -> None:
        """Set a tick."""
        box = self.wait(name)
        assert isinstance(box, QCheckBox)
        box.setChecked(True)

    def press_radio(self, name: str) -> None:
        """Choose one of several."""
        radio = self.wait(name)
        assert isinstance(radio, QRadioButton)
        radio.setChecked(True)

    def choose(self, name: str, value: str) -> None:
        """Choose from a list by its data."""
        box = self.wait(name)
        assert isinstance(box, QComboBox)
        box.setCurrentIndex(box.findData(value))

    def box(self, name: str, press: str = "ok") -> str:
        """Wait for a dialog, press a button in it; its words."""
        dialog = self.wait(name, QDialog)
        told = "\n".join(each.text() for each in dialog.findChildren(QLabel))
        button = dialog.findChild(QPushButton, press)
        assert button is not None, f"{name} has no {press}"
        button.click()
        QTest.qWait(20)
        return told

    def go(self, function: str) -> None:
        """An entry of the menu."""
        self.press(f"menu-{function}")
        self.rest()

    def log_in(self, person: Person) -> None:
        """身分證字號, 登入密碼, 登入."""
        self.type("identity", person.id)
        self.type("password", person.password)
        self.press("log-in")
        self.wait("host-panel")
        self.rest()

    def code(self, person: Person) -> str:
        """The code in the newest message to the person's telephone."""

        def look() -> str:
            asked = {"institution": self.slug, "address": person.phone}
            answer = httpx.get(self.centre.describe["outbox"]["json"], params=asked).raise_for_status()
            for message in answer.json()["messages"]:
                found = re.search(r"(?<!\d)(\d{6})(?!\d)", message["text"])
                if found and message["id"] not in self._read:
                    self._read.update(each["id"] for each in answer.json()["messages"])
                    return found.group(1)
            return ""

        return str(self.until(look, "a code"))

    def give_code(self, person: Person) -> str:
        """取得認證碼, 確定, the code, 確認, 認證成功!; what the box said about where it went."""
        self.press("get-code")
        told = self.box("message")
        self.type("code", self.code(person))
        self.press("check-code")
        self.box("code-right")
        return told

    def obtain(self, *, password: str = PASSWORD, old: str = "") -> None:
        """The certificate password twice, then the certificate."""
        if old:
            self.type("old-password", old)
        self.type("new-password", password)
        self.type("new-password-again", password)
        self.press("obtain")


def drop(place: QWidget, file: Path) -> None:
    """A file is dropped on a widget."""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(file))])
    event = QDropEvent(
        QPointF(5, 5),
        Qt.DropAction.CopyAction,
        data,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    place.dropEvent(event)


def unplug(home: Path, slug: str) -> None:
    """The centre is where nobody answers any more."""
    path = home / "config" / "helper.json"
    known = json.loads(path.read_text(encoding="utf-8"))
    known["institutions"][slug]["url"] = "http://127.0.0.1:9"
    path.write_text(json.dumps(known), encoding="utf-8")
