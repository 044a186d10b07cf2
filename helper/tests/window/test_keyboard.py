"""The window without a mouse: keys alone, sent to whatever has the focus, from the login to the repair (SPEC A1, A3, A6, A9)."""

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QLineEdit, QPushButton, QRadioButton, QWidget
from tests.support.hand import BACKUP, PASSWORD, Hand

from certcenter_helper.window.parts.forms import PasswordLine

pytestmark = [pytest.mark.timeout(600), pytest.mark.xdist_group("helper")]

#: More than any page has places for the focus.
_FAR = 60


class Keys:
    """A person without a mouse. What they can't reach by Tab they can't use."""

    def __init__(self, hand: Hand) -> None:
        self.hand = hand

    @property
    def focus(self) -> QWidget:
        """Where the next key goes: into the box that is open, else into the window."""
        box = QApplication.activeModalWidget()
        place = box if isinstance(box, QDialog) else self.hand.shell
        if not place.isActiveWindow():  # without a screen nobody manages windows
            place.activateWindow()
            assert QTest.qWaitForWindowActive(place, 60_000)
        return place.focusWidget() or place

    def press(self, key: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        """One key."""
        QTest.keyClick(self.focus, key, modifier)
        QTest.qWait(20)

    def come(self, name: str) -> QWidget:
        """Tab until the focus is there; what can't be used yet is waited for."""
        self.hand.until(lambda: (found := self.hand.seen(name)) and found.isEnabled(), name)
        seen = []
        for _ in range(_FAR):
            if self.focus.objectName() == name:
                return self.focus
            seen.append(self.focus.objectName())
            self.press(Qt.Key.Key_Tab)
        raise AssertionError(f"Tab never comes to {name}: {seen}")

    def write(self, name: str, words: str) -> None:
        """Tab to a field and type."""
        QTest.keyClicks(self.come(name), words)

    def choose(self, name: str) -> None:
        """Tab to a button or a tick; Space presses it."""
        self.come(name)
        self.press(Qt.Key.Key_Space)

    def default(self, box: str, button: str) -> None:
        """In a box: the focus is on the button that one is likely to want, and Enter presses it."""
        dialog = self.hand.wait(box, QDialog)
        self.hand.until(lambda: self.focus.objectName() == button, f"the focus on {button}")
        found = dialog.findChild(QPushButton, button)
        assert found is not None
        assert found.isDefault()
        self.press(Qt.Key.Key_Return)

    def function(self, number: Qt.Key) -> None:
        """An entry of the menu by Ctrl and its number."""
        QTest.keyClick(self.focus, number, Qt.KeyboardModifier.ControlModifier)
        self.hand.rest()


@pytest.mark.spec("A1")
def test_a_password_is_shown_by_the_keyboard(window):
    """The eye was reached by the mouse alone."""
    hand = window("demo")
    keys = Keys(hand)
    keys.write("password", "Geheim78")
    line = keys.focus
    assert isinstance(line, PasswordLine)
    keys.press(Qt.Key.Key_Tab)
    assert keys.focus is line.eye
    assert line.eye.accessibleDescription() == line.accessibleName(), "which password"
    told = []
    for key in (Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_X):
        told.append((line.eye.accessibleName(), line.echoMode()))
        keys.press(key)
        assert keys.focus is line.eye
    hidden, shown = (
        ("顯示密碼", QLineEdit.EchoMode.Password),
        ("隱藏密碼", QLineEdit.EchoMode.Normal),
    )
    assert told == [hidden, shown, hidden]
    assert line.text() == "Geheim78", "a key is not meant for the line"
    assert hand.seen("progress") is hand.seen("notice") is None, "Enter at the eye does not log in"
    edge = line.eye.geometry()
    assert line.rect().contains(edge)
    assert line.textMargins().right() >= line.width() - edge.left() - edge.width() // 2


@pytest.mark.spec("A1", "A3", "A6", "A9")
def test_a_life_by_the_keyboard_alone(window, newcomer, centre, tmp_path: Path):
    person, hand = newcomer(), window("demo")
    keys = Keys(hand)
    hand.wait("identity")
    assert keys.focus.objectName() == "identity", "one can type at once"
    keys.write("identity", person.id)
    keys.write("password", person.password)
    keys.press(Qt.Key.Key_Return)
    hand.wait("host-panel")
    hand.rest()

    keys.choose("do-apply")
    hand.wait("consent")
    keys.choose("agree")
    give_code(keys, person)
    centre.stop_worker()
    try:
        obtain(keys)
        hand.says("等待憑證核發")
        keys.press(Qt.Key.Key_Escape)
        hand.says("已停止")
    finally:
        centre.resume_worker()
    repair(keys)
    export(keys, tmp_path)


def give_code(keys: Keys, person) -> None:
    """取得認證碼, the boxes by Enter, the code, and Enter in its field."""
    keys.choose("get-code")
    keys.default("message", "ok")
    keys.write("code", keys.hand.code(person))
    keys.press(Qt.Key.Key_Return)
    keys.default("code-right", "ok")


def obtain(keys: Keys) -> None:
    """The new password twice, the setting by arrows, and Enter in the last field."""
    keys.write("new-password", PASSWORD)
    keys.write("new-password-again", PASSWORD)
    keys.come("security-1")
    for key, chosen in ((Qt.Key.Key_Down, "2"), (Qt.Key.Key_Down, "3"), (Qt.Key.Key_Up, "2")):
        keys.press(key)
        radio = keys.focus
        assert isinstance(radio, QRadioButton)
        assert (radio.objectName(), radio.isChecked()) == (f"security-{chosen}", True), "by arrows"
    keys.choose("obtain")


def repair(keys: Keys) -> None:
    """憑證修復 by Ctrl+5; Esc leaves the question for the password, which comes again."""
    hand = keys.hand
    keys.function(Qt.Key.Key_5)
    hand.says("此處下載的僅有「憑證公鑰」")
    keys.choose("download")
    hand.wait("repair-password", QDialog)
    keys.press(Qt.Key.Key_Escape)
    hand.until(lambda: hand.seen("repair-password") is None and hand.shell.jobs.idle, "Esc closes the box")

    def repaired() -> bool:
        if hand.seen("repair-password-input"):
            keys.write("repair-password-input", PASSWORD)
            keys.press(Qt.Key.Key_Return)
        elif hand.seen("repaired"):
            return True
        elif hand.shell.jobs.idle and not hand.seen("progress") and hand.seen("download"):
            keys.choose("download")
        return False

    hand.until(repaired, "the repair")
    keys.default("repaired", "ok")
    hand.rest()


def export(keys: Keys, folder: Path) -> None:
    """匯出憑證 by Ctrl+3; Enter in the last field goes on."""
    hand = keys.hand
    hand.shell.choosers.folder = lambda *_: str(folder)
    keys.function(Qt.Key.Key_3)
    keys.write("password", PASSWORD)
    keys.write("new-password", BACKUP)
    keys.write("new-password-again", BACKUP)
    keys.press(Qt.Key.Key_Return)
    keys.default("exported", "ok")
    hand.wait("host-panel")
    assert list(folder.glob("*.pfx"))
