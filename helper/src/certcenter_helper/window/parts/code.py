"""憑證認證碼: 取得認證碼, the countdown, the code, 確認, and M0's notes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING
from uuid import UUID

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QLineEdit,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from certcenter_helper.core.errors import HelperError
from certcenter_helper.core.values import SentCode
from certcenter_helper.window import clocks
from certcenter_helper.window.parts.basic import Card, button, heading, row, text
from certcenter_helper.window.parts.forms import Field, choice, code_line, tell, value_of

if TYPE_CHECKING:
    from certcenter_helper.core.interface import Procedure
    from certcenter_helper.window.pages.base import Page

_MINUTE = 60
#: Refusals after which a code is dead: the next step is 取得認證碼 again.
_DEAD = frozenset({"code-used-up", "code-expired"})
#: Refusals that are told at the field: the same code can be typed again.
_WRONG = "code-wrong"
_AGAIN = frozenset({_WRONG, "code-malformed"})


class CodePanel(Card):
    """The step CODE of a procedure. `prepare` brings the procedure to it (agree, birth date) and runs off the screen."""

    def __init__(self, page: Page, *, prepare: Callable[[], Procedure], proven: Callable[[], object]) -> None:
        super().__init__(page.theme)
        self._page, self._prepare, self._proven = page, prepare, proven
        self._sent: SentCode | None = None
        words, theme = page.words, page.theme
        self.add(heading(words("code.title"), "h2"), text(words("code.words")))
        self._choices = QVBoxLayout()
        self.add(self._choices)
        self._contacts = QButtonGroup(self)
        self._ids: dict[int, UUID] = {}
        self._accounts: QComboBox | None = None
        self.get = button(words("code.get"), self._get, tone="first", name="get-code")
        self.wait = text("", "quiet")
        self.wait.setObjectName("code-wait")
        self._asking = asking = QWidget()
        across = QHBoxLayout(asking)
        across.setContentsMargins(0, 0, 0, 0)
        across.addWidget(self.get)
        across.addWidget(self.wait, 1)
        self.add(asking)
        self.identification = text("", "h3")
        self.identification.setObjectName("identification")
        self.identification.hide()
        self.code = Field(theme, words("code.label"), code_line(theme, 8), name="code")
        edit = self._edit
        edit.returnPressed.connect(self._check)
        self.check = button(words("confirm"), self._check, tone="first", name="check-code")
        self.life = text("", "small")
        self.add(self.identification, self.code, self.life, row(self.check))
        self._notes()
        self._ticking = QTimer(self)
        self._ticking.timeout.connect(self._tick)
        self._show_input(shown=False)

    @property
    def _edit(self) -> QLineEdit:
        edit = self.code.control
        assert isinstance(edit, QLineEdit)
        return edit

    def wait_for(self, agree: QCheckBox) -> None:
        """Nothing is sent before the consent; what is to be done first is said here."""
        first = text(self._page.words("consent.first"), "hint")
        self.box.insertWidget(self.box.indexOf(self._asking), first)
        self.setEnabled(False)
        agree.toggled.connect(self.setEnabled)
        agree.toggled.connect(first.setHidden)

    def offer(self, procedure: Procedure) -> None:
        """Show the contacts and accounts to choose from, where policy has the customer choose."""
        words = self._page.words
        if procedure.contacts:
            self._choices.addWidget(text(words("code.contact"), "label"))
        for at, contact in enumerate(procedure.contacts):
            radio = QRadioButton(f"{words(f'channel.{contact.channel}')}{words.colon()}{contact.masked}")
            radio.setChecked(at == 0)
            self._contacts.addButton(radio, at)
            self._ids[at] = contact.id
            self._choices.addWidget(radio)
        if procedure.accounts:
            self._accounts = choice(self._page.theme)
            for account in procedure.accounts:
                self._accounts.addItem(account.masked, account.id)
            self._choices.addWidget(
                Field(self._page.theme, words("code.account"), self._accounts, name="code-account")
            )

    # 取得認證碼

    def _get(self) -> None:
        self.get.setEnabled(False)
        contact = self._ids.get(self._contacts.checkedId())
        account = self._accounts.currentData() if self._accounts else None
        self._page.quiet()
        self._page.shell.run(
            lambda _progress, _cancel: self._prepare().send_code(contact=contact, account=account),
            self._is_sent,
            failed=self._not_sent,
        )

    def _is_sent(self, sent: SentCode) -> None:
        page, words = self._page, self._page.words
        self._sent = sent
        self._edit.setMaxLength(sent.digits)
        self._edit.clear()
        self.code.wrong("")
        tell(
            self.identification,
            words("code.identification", letters=sent.identification) if sent.identification else "",
        )
        self._show_input(shown=True)
        self._tick()
        self._ticking.start(250)
        box = page.shell.say(words("message"), [words("code.sent", where=where_it_went(sent.masked, page))])
        box.finished.connect(lambda _result: self._edit.setFocus())

    def _not_sent(self, trouble: Exception) -> None:
        self.get.setEnabled(True)
        self._page.trouble(trouble)

    def _tick(self) -> None:
        sent, words = self._sent, self._page.words
        if sent is None:
            return
        again, left = clocks.seconds_until(sent.resend_at), clocks.seconds_until(sent.expires_at)
        self.wait.setText(words("code.seconds", count=again) if again else "")
        self.get.setEnabled(not again)
        self.life.setText(
            words("code.life", minutes=left // 60, seconds=f"{left % 60:02d}") if left else words("code.over")
        )
        self.check.setEnabled(bool(left))
        if not left and not again:
            self._ticking.stop()

    # 確認

    def _check(self) -> None:
        typed = "".join(str(int(each)) for each in value_of(self.code) if each.isdecimal())
        digits = self._sent.digits if self._sent else 0
        if len(typed) != digits:
            self.code.wrong(self._page.words("code.digits", count=digits))
            return
        self.check.setEnabled(False)
        self._page.shell.run(
            lambda _progress, _cancel: self._prepare().check_code(typed),
            self._is_right,
            failed=self._is_wrong,
        )

    def _is_right(self, _none: object) -> None:
        self._ticking.stop()
        self.code.wrong("")
        words = self._page.words
        box = self._page.shell.say(words("message"), [words("code.right")], name="code-right")
        box.finished.connect(lambda _result: self._proven())

    def _is_wrong(self, trouble: Exception) -> None:
        self.check.setEnabled(True)
        if not isinstance(trouble, HelperError) or trouble.code not in _AGAIN | _DEAD:
            self._page.trouble(trouble)
            return
        self._edit.clear()
        told = [self._said(trouble)]
        if trouble.code in _DEAD:
            told.append(self._page.words("code.dead"))
            self._sent = None
            self._ticking.stop()
            self.wait.setText("")
            self.life.setText("")
            self.check.setEnabled(False)
            self.get.setEnabled(True)
        self.code.wrong(" ".join(told))

    def _said(self, trouble: HelperError) -> str:
        """In M0's word, 認證碼; the centre's sentences are for all its houses."""
        if trouble.code == _WRONG and trouble.tries_left:
            return self._page.words("code.wrong", count=trouble.tries_left)
        return trouble.title

    def _show_input(self, *, shown: bool) -> None:
        for widget in (self.code, self.check, self.life):
            widget.setVisible(shown)

    def _notes(self) -> None:
        words, face = self._page.words, self._page.face
        self.add(heading(words("code.notes"), "h3"))
        wait = (
            words("minutes.one")
            if face.resend_seconds == _MINUTE
            else words("seconds", count=face.resend_seconds)
        )
        for key in ("code.note.contacts", "code.note.again", "code.note.blocked"):
            told = words(key, house=face.name, wait=wait, tries=words.number(face.tries))
            self.add(text(f"‧ {told}", "small"))


def where_it_went(masked: str, page: Page) -> str:
    """The masked contacts as M0 writes them: 行動電話：…；E-mail：…"""
    words = page.words
    told = [
        f"{words('channel.email' if '@' in each else 'channel.sms')}{words.colon()}{each}"
        for each in masked.split(", ")
    ]
    return words("semicolon").join(told)
