"""What a screen reader finds and hears, by Qt's accessibility tree (issue 3). From outside the same was walked with pyatspi and Orca:
docs/guides/helper.md.
"""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import QComboBox, QLabel, QLineEdit

from certcenter_helper.window.parts import spoken

pytestmark = [pytest.mark.timeout(300), pytest.mark.xdist_group("helper")]

Role = QAccessible.Role


@pytest.fixture
def heard(monkeypatch):
    """What is announced, as if a screen reader listened."""
    told = []

    class Listening:
        AnnouncementPoliteness = QAccessible.AnnouncementPoliteness
        isActive = staticmethod(lambda: True)  # noqa: N815 - Qt's name
        updateAccessibility = staticmethod(lambda event: told.append(event.message()))  # noqa: N815 - Qt's name

    monkeypatch.setattr(spoken, "QAccessible", Listening)
    return told


def role(widget):
    return QAccessible.queryAccessibleInterface(widget).role()


def said(widget, kind=QAccessible.Text.Name):
    return QAccessible.queryAccessibleInterface(widget).text(kind)


@pytest.mark.spec("A1")
def test_menu_panels_and_table_say_what_they_are(window, newcomer, heard):
    person, hand = newcomer(), window("demo")
    hand.log_in(person)
    assert any("找不到憑證" in each and "查無憑證" in each for each in heard), "both states, when they come"
    menu = hand.shell.menu
    assert said(menu) == "功能選單"
    assert {role(each) for each in menu.entries.values()} == {Role.Button}, "nothing to tick"
    opened = [
        name for name, each in menu.entries.items() if "目前頁面" in said(each, QAccessible.Text.Description)
    ]
    assert opened == ["overview"]
    for name in ("host-panel", "client-panel"):
        panel = hand.wait(name)
        assert role(panel) is not Role.Client, "whose name no reader says"
        assert said(panel)
    hand.go("environment-check")
    table = hand.wait("environment-table")
    for column in range(table.columnCount()):
        assert table.horizontalHeaderItem(column).text()
        for row in range(table.rowCount()):
            assert table.item(row, column).data(Qt.ItemDataRole.AccessibleTextRole), (row, column)
    assert any("此電腦可以使用" in each or "此電腦目前無法" in each for each in heard), "the verdict"


def test_fields_have_labels_and_what_is_wrong_is_heard(window, newcomer, heard):
    person, hand = newcomer(), window("demo")
    hand.press("log-in")
    assert "請輸入登入密碼。" in heard
    hand.log_in(person)
    for function in ("import", "sign-order", "overview"):
        hand.shell.open(function)
        hand.rest()
        buddies = {each.buddy() for each in hand.shell.findChildren(QLabel) if each.buddy() is not None}
        for kind in (QLineEdit, QComboBox):
            for field in hand.shell.findChildren(kind):
                assert field in buddies or not field.isVisible(), (function, field.objectName())
    hand.go("faq")
    question = hand.named("ask-")[0]
    assert role(question) is Role.Button
    assert said(question, QAccessible.Text.Description) == "已收合"
    question.click()
    assert said(question, QAccessible.Text.Description) == "已展開"
    assert any(each.isVisible() for each in hand.named("document-"))
