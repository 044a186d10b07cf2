"""Parts of the window that need no centre: words by profile, layouts that show all words, focus, Qt's own language."""

import gc
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QCheckBox, QFileDialog, QLabel, QLineEdit, QPushButton, QWidget

from certcenter_helper.core.home import Home
from certcenter_helper.window import tongues, vocabulary
from certcenter_helper.window.app import open_window
from certcenter_helper.window.centres import Centres
from certcenter_helper.window.frame import Menu, Top
from certcenter_helper.window.house import Entry, Face
from certcenter_helper.window.parts import choosers
from certcenter_helper.window.parts.basic import Card, Facts, button, pill, row, text
from certcenter_helper.window.parts.dialogs import Choice, PasswordDialog
from certcenter_helper.window.parts.forms import beside
from certcenter_helper.window.parts.table import Table
from certcenter_helper.window.shell import Shell
from certcenter_helper.window.theme import Theme, dress
from certcenter_helper.window.words import Words

pytestmark = [pytest.mark.timeout(120), pytest.mark.xdist_group("helper")]

LONG = "Application accepted, waiting for the CA to return the certificate"


@pytest.fixture
def theme(qt: QApplication) -> Theme:
    made = Theme()
    dress(qt, made)
    return made


@pytest.fixture
def shell(qt: QApplication, tmp_path: Path) -> Iterator[Shell]:
    """A window on a computer that has met no centre."""
    made = open_window(Centres(Home(tmp_path / "home")), english=False, dark=False)
    yield made
    made.close()
    made.deleteLater()
    QTest.qWait(20)


def comes(condition: Callable[[], object]) -> bool:
    """Let the window live until the condition holds: layouts, focus and ends of commands come with its events."""
    deadline = time.monotonic() + 60
    while not condition():
        if time.monotonic() > deadline:
            return False
        QTest.qWait(10)
    return True


def settle(shell: Shell) -> None:
    """Until nothing is under way: a login without a centre asks for a policy, in vain."""
    assert comes(lambda: shell.jobs.idle), "a command does not end"


# Words


@pytest.mark.spec("A1", "A6", "A7")
def test_manual_m3_has_its_own_words_and_m0_keeps_its():
    m0, m3 = Words(english=False, profile="helper"), Words(english=False, profile="pfxdir")
    pairs = {
        "host": ("憑證註冊狀態(主機端)", "主機資料庫目前的憑證資訊"),
        "client": ("此台電腦憑證狀態(客戶端)", "用戶端的憑證資訊"),
        "export.go": ("確定匯出", "執行匯出"),
        "import.go": ("確定", "執行匯入"),
        "obtain.done": ("憑證申請成功", "憑證下載成功"),
        "repair.repaired": ("下載成功。", "憑證下載成功"),
    }
    for key, (one, other) in pairs.items():
        assert (m0(key), m3(key)) == (one, other)
    assert m3("ok") == m0("ok") == "確定"
    assert not m0.has("export.folder.hint")
    assert m3.has("export.folder.hint")


def test_what_a_profile_says_otherwise_takes_the_same_values():
    for key in vocabulary.WORDS:
        bare, _, profile = key.partition("@")
        assert profile in {"", "pfxdir"}, key
        if profile and bare in vocabulary.WORDS:
            english = Words(english=True, profile=profile)
            assert english(bare) == vocabulary.WORDS[key][1]


def test_qt_speaks_the_windows_language(qt):
    def cancel() -> str:
        return QCoreApplication.translate("QPlatformTheme", "Cancel")

    assert tongues.speak(qt, english=False), "Qt's catalogue is not there"
    assert cancel() == "取消"
    assert tongues.speak(qt, english=True)
    assert cancel() == "Cancel"


@pytest.mark.parametrize("english", [False, True], ids=["zh", "en"])
def test_the_choosers_are_in_the_windows_words(qt, monkeypatch, tmp_path, english):
    """Qt's own Chinese has gaps, such as “Look in:”."""
    told: list[list[str]] = []
    kinds = QFileDialog.DialogLabel

    def look(dialog: QFileDialog) -> int:
        labels = (kinds.LookIn, kinds.FileName, kinds.FileType, kinds.Accept, kinds.Reject)
        told.append([dialog.labelText(each) for each in labels])
        return 0

    monkeypatch.setattr(choosers.QFileDialog, "exec", look)
    parent, words = QLineEdit(), Words(english=english)
    assert choosers.choose_folder(parent, words, "t", str(tmp_path), words("chooser.save")) == ""
    assert choosers.choose_file(parent, words, "t", str(tmp_path), "x (*.pfx)") == ""
    if english:
        assert told == [["Place:", "Name:", "Kind:", each, "Cancel"] for each in ("Save", "Open")]
    else:
        assert told == [["位置：", "名稱：", "類型：", each, "取消"] for each in ("儲存", "開啟")]


# Layouts


def test_the_menu_has_room_for_the_chosen_entry(theme):
    menu = Menu(theme, Words(english=True), chosen=lambda _function: None)
    label = "Certificates and data check"
    menu.show_entries((Entry("overview", label), Entry("faq", "FAQ")))
    menu.mark("overview")
    chosen = menu.entries["overview"]
    chosen.ensurePolished()
    assert chosen.sizeHint().width() <= menu.narrow(is_narrow=False)
    menu.mark("apply")
    assert chosen.property("chosen"), "what no entry opens belongs to the overview"


@pytest.mark.parametrize(("width", "lines"), [(900, 1), (220, 3)], ids=["wide", "narrow"])
def test_a_status_shows_all_its_words(theme, width, lines):
    mark = pill(theme, LONG, "warn")
    holder = row(QLabel("State: "), mark)
    holder.resize(width, 400)
    holder.show()
    line = mark.fontMetrics().lineSpacing()
    assert comes(lambda: lines <= mark.height() // line <= (1 if lines == 1 else 9)), (
        "as many lines as it needs"
    )
    assert comes(lambda: mark.width() <= width)
    assert mark.height() >= mark.heightForWidth(mark.width()) - 1
    holder.deleteLater()


def test_what_stands_in_a_row_stands_at_one_height(theme):
    first, link = (
        button("登入", lambda: None, tone="first"),
        button("忘記密碼", lambda: None, tone="link"),
    )
    holder = row(first, link)
    holder.resize(400, 60)
    holder.show()
    assert comes(lambda: first.height() > link.height())
    assert comes(lambda: abs(first.geometry().center().y() - link.geometry().center().y()) <= 1)
    holder.deleteLater()


@pytest.mark.spec("A13")
def test_a_table_shows_all_words_of_its_cells(theme):
    table = Table(theme, "Checks", ("No.", "Item", "Now", "Result", "Action"), (0, 1, 2, 0, 0))
    mend = button("變更設定", lambda: None, tone="slim")
    table.add_row(
        "1", "Store", "/a/very/long/path/" * 9 + "\n" + LONG * 2, pill(theme, "Not usable", "bad"), mend
    )
    table.add_row("2", "Clock", "good", pill(theme, "Good", "ok"), None)
    table.resize(700, 300)
    table.show()
    labels = table.findChildren(QLabel)
    assert len(labels) == 8
    for label in labels:
        assert comes(lambda label=label: label.height() >= label.heightForWidth(label.width())), label.text()
    assert comes(lambda: mend.width() >= mend.sizeHint().width())
    assert comes(lambda: mend.mapTo(table, mend.rect().topRight()).x() < table.width())
    height = sum(table.rowHeight(at) for at in range(2)) + table.horizontalHeader().height()
    assert comes(lambda: table.height() >= height), "no row is hidden"
    table.deleteLater()


def test_columns_give_by_their_shares_what_a_long_word_takes(theme):
    """The widest column gave all of it, and was narrower than others (您目前的設定, where a fault has its button)."""
    table = Table(theme, "Checks", ("No.", "Purpose", "Recommended", "Now", "Action"), (0, 10, 35, 40, 0))
    mend = button("變更設定", lambda: None, tone="slim")
    table.add_row("1", "Incomprehensibilities", "good words", LONG, mend)
    table.resize(760, 300)
    table.show()
    assert comes(lambda: table.columnWidth(1) == table._narrowest(1))
    assert comes(lambda: table.columnWidth(3) > table.columnWidth(2) > table._narrowest(2))
    assert sum(table.columnWidth(at) for at in range(5)) == table.viewport().width()
    table.deleteLater()


def test_a_narrow_table_leaves_a_column_out_rather_than_its_button(theme):
    table = Table(theme, "Checks", ("No.", "Item", "Purpose", "Action"), (0, 1, 2, 0), spare=(2,))
    mend = button("變更設定", lambda: None, tone="slim")
    table.add_row("1", "Permissions", "Incomprehensibilities", mend)
    table.show()
    for width, hidden in ((700, False), (330, True), (700, False)):
        table.resize(width, 300)
        assert comes(lambda hidden=hidden: table.isColumnHidden(2) is hidden)
        assert comes(lambda: mend.mapTo(table, mend.rect().topRight()).x() < table.width())
    table.deleteLater()


def test_a_narrow_table_leaves_an_empty_column_out_first(theme):
    """Letters of 150 %: the head 操作 was cut off while nothing was to be mended."""
    table = Table(theme, "Checks", ("Item", "Now", "Action"), (1, 2, 0), spare=(1,))
    table.add_row("Permissions", "Incomprehensibilities", None)
    table.show()
    table.resize(900, 300)
    assert comes(lambda: not table.isColumnHidden(2))
    needed = sum(table._narrowest(at) for at in range(3))
    table.resize(needed - 5, 300)
    assert comes(lambda: table.isColumnHidden(2)), "the column without a button"
    assert not table.isColumnHidden(1)
    table.deleteLater()


def test_the_clock_gives_up_its_name_before_its_seconds(qt, theme, monkeypatch):
    """Letters of 150 %: the seconds were cut off (manual M3 shows 現在時間 on every page)."""
    monkeypatch.setattr("certcenter_helper.window.clocks.roc_now", lambda: "115/11/22 03:01:28")
    holder = QWidget()
    top = Top(theme, Words(english=True, profile="pfxdir"), speak=lambda: None)
    top.setParent(holder)
    top.wear(Face(name="Example Securities", profile="pfxdir", test_environment=True))
    top.who.setText("王〇明 B155****58")
    top.resize(1200, 60)
    holder.show()
    assert comes(lambda: top.clock.text() == "Time (ROC) 115/11/22 03:01:28")
    top.resize(800, 60)  # the centre's name is left out
    top.resize(top._across.sizeHint().width() - 20, 60)
    assert comes(lambda: top.clock.text() == "115/11/22 03:01:28")
    assert comes(lambda: top.clock.width() >= top.clock.sizeHint().width())
    assert top.clock.accessibleName() == "Time (ROC) 115/11/22 03:01:28"
    holder.deleteLater()


def test_a_box_around_facts_is_no_higher_than_they_are(shell):
    serial = ("憑證序號", "5E8CD2E7D630694AD9CFB88D11A8CAC189", "serial")
    box = shell.say("?", [], Choice("ok", name="ok"), extra=[Facts(shell.theme, [serial])])
    assert comes(box.isVisible)
    fact = box.findChildren(Facts)[0]
    assert comes(lambda: fact.height() < 3 * fact.fontMetrics().lineSpacing())
    box.close()


def test_what_is_wrong_makes_a_box_higher_and_cuts_nothing(shell):
    box = PasswordDialog(
        shell, shell.theme, shell.words, title="?", label="?", given=lambda *_: None, sentences=[LONG]
    )
    box.open()
    least, error = box.field.control.sizeHint().height(), box.field.error
    assert comes(lambda: box.isVisible() and box.field.control.height() >= least)
    box.wrong(LONG)
    assert comes(lambda: error.isVisible() and error.height() >= error.heightForWidth(error.width()))
    assert comes(lambda: box.field.control.height() >= least)
    box.close()


def test_the_menu_keeps_its_place_in_the_order_of_tab(theme):
    """It was made anew with each overview, behind the page's heading and before its buttons."""
    menu = Menu(theme, Words(english=True), chosen=lambda _function: None)
    entries = (Entry("overview", "one"), Entry("faq", "two"))
    menu.show_entries(entries)
    before = menu.entries["faq"]
    menu.show_entries(tuple(entries))
    assert menu.entries["faq"] is before
    assert before.shortcut().toString() == "Ctrl+2"
    menu.show_entries(entries[:1])
    assert list(menu.entries) == ["overview"]


def test_a_tick_with_many_words_takes_more_lines(theme):
    """Compatible format, …: letters of 150 % made the page scroll sideways."""
    holder, tick = QWidget(), QCheckBox()
    label = text(LONG)
    holder.setLayout(beside(tick, (label,)))
    assert holder.minimumSizeHint().width() < label.fontMetrics().horizontalAdvance(LONG) / 2
    QTest.mouseClick(label, Qt.MouseButton.LeftButton)
    assert tick.isChecked(), "by its words, too"
    holder.deleteLater()


def test_the_ring_around_a_tick_goes_round_its_words(theme):
    card, agree = Card(theme), QCheckBox("我同意上述約定條款")
    card.add(agree)
    card.resize(900, 100)
    card.show()
    assert comes(lambda: agree.width() <= agree.sizeHint().width() < 450)
    card.deleteLater()


def test_the_whole_of_a_trouble_is_told_at_the_login(shell):
    """Its sentences were cut to one line each: the card's height was that of a wider one."""
    page = shell.open("login")
    settle(shell)
    page.notice("bad", LONG, [LONG * 2])
    told = [each for each in page.paper.findChildren(QLabel) if each.text().startswith(LONG)]
    assert len(told) == 2
    for label in told:
        assert comes(
            lambda label=label: (
                label.height() >= label.heightForWidth(label.width()) > label.fontMetrics().lineSpacing()
            )
        )


# Focus, and what Python frees


def test_the_focus_is_in_the_page_after_a_box_is_closed(shell):
    """A page that is opened while a box is open (申請成功) keeps the focus: it was on the language's button."""
    box = shell.say("?", ["."], Choice("ok", name="ok"))
    assert comes(box.isVisible)
    page = shell.open("import")
    box.findChild(QPushButton, "ok").click()
    assert comes(lambda: shell.focusWidget() is page)


def test_qt_gives_back_what_it_borrows(qt):
    """PySide6 6.12.0 takes a reference to None with each call that returns nothing, and one to True or False with each that
    returns one of them. Below Python 3.12 they can be used up: the program dies some ten thousand calls later, anywhere.
    """
    lent, field = (None, True, False), QLineEdit()
    before = [sys.getrefcount(each) for each in lent]
    for _ in range(200):
        field.setEnabled(True)
        field.isEnabled()
        field.isModified()
    after = [sys.getrefcount(each) for each in lent]
    assert all(was - now < 100 for was, now in zip(before, after, strict=True)), (before, after)
    field.deleteLater()


def test_a_centre_that_never_answers_does_not_keep_a_closed_window_alive(qt, tmp_path):
    """It waited for the command's thread without end, after the window was gone."""
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        address = f"http://127.0.0.1:{deaf.getsockname()[1]}/api/v1/i/demo/"
        environment = {**os.environ, "CERTCENTER_HELPER_HOME": str(tmp_path)}
        command = [sys.executable, "-m", "certcenter_helper.window", "--centre", address, "--lang", "en"]
        with subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL) as window:
            deaf.settimeout(90)
            caller, _ = deaf.accept()  # it asks for the policy, and gets no answer
            with caller:
                assert caller.recv(4096).startswith(b"GET ")
                try:
                    assert comes(lambda: window.send_signal(signal.SIGINT) or window.poll() is not None)
                    assert window.returncode == 0
                finally:
                    window.kill()


def test_python_frees_widgets_in_the_screens_thread_alone(qt, tmp_path):
    """While a window is open no other thread's allocation starts the search for rings: widgets freed there end the program."""
    assert gc.isenabled()
    one, other = (
        open_window(Centres(Home(tmp_path / name)), english=False, dark=False) for name in ("a", "b")
    )
    assert not gc.isenabled()
    one.close()
    assert not gc.isenabled(), "one window is still open"
    other.close()
    assert gc.isenabled()
    for each in (one, other):
        each.deleteLater()
