"""Logging in (manual M0: ID, password, 忘記密碼, 密碼中心), and the first start: which centre is it?"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from PySide6.QtCore import QTimer
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QVBoxLayout, QWidget

from certcenter_helper.core.errors import HelperError
from certcenter_helper.core.errors import Kind as Trouble
from certcenter_helper.core.values import LoggedIn
from certcenter_helper.window.pages.base import Page
from certcenter_helper.window.parts.basic import Card, button, heading, row, text
from certcenter_helper.window.parts.dialogs import Choice, Dialog
from certcenter_helper.window.parts.forms import Field, line, password_line, value_of
from certcenter_helper.window.questions import Question

if TYPE_CHECKING:
    from certcenter_helper.window.shell import Shell

_WIDTH = 480
#: Below the institution's pages; the browser shows it (SPEC B, the portal's password centre).
PASSWORD_CENTRE = "/password-centre/"  # noqa: S105 - a path


class DoorPage(Page):
    """A page before anybody has logged in: one card in the middle."""

    def __init__(self, shell: Shell) -> None:
        super().__init__(shell)
        self.paper = Card(self.theme)
        self.paper.setFixedWidth(min(self.theme.pixels(_WIDTH), shell.width() - 64))
        across = QHBoxLayout()  # not an alignment: the card is to be as high as its words need at its width
        across.addStretch(1)
        across.addWidget(self.paper)
        across.addStretch(1)
        self.box.addStretch(1)
        self.box.addLayout(across)
        self.box.addStretch(2)
        self._notices.setParent(None)
        self.paper.add(heading(self.face.heading or self.face.centre_name or self.words("product"), "h1"))
        self.paper.box.addLayout(self._notices)

    def title(self) -> str:
        """The heading stands in the card."""
        return ""


class LoginPage(DoorPage):
    """下載與登入, Step4."""

    function: ClassVar[str] = "login"

    def __init__(self, shell: Shell) -> None:
        super().__init__(shell)
        words, theme = self.words, self.theme
        self.identity = Field(theme, words("login.identity"), line(theme, most=20), name="identity")
        self.password = Field(theme, words("login.password"), password_line(theme, words), name="password")
        self.enter = button(words("login.enter"), self.log_in, tone="first", name="log-in")
        for field in (self.identity, self.password):
            edit = field.control
            assert isinstance(edit, QLineEdit)
            edit.returnPressed.connect(self.log_in)
        self.paper.add(
            self.identity, self.password, row(self.enter, *self._password_links(), gap=theme.pixels(8))
        )
        beside = []
        if self.core.identity:
            beside.append(button(words("login.offline"), self.look_offline, tone="link", name="look-offline"))
        beside.append(
            button(
                words("login.other-centre"), lambda: shell.open("centre"), tone="link", name="other-centre"
            )
        )
        self.paper.add(row(*beside, gap=theme.pixels(8)))

    def begin(self) -> None:
        """Ask for the policy where this computer has never met this centre."""
        QTimer.singleShot(0, self.identity.control, self.identity.control.setFocus)
        if not self.face.name:
            self.shell.run(
                lambda _progress, _cancel: self.shell.behind.meet(self.core), lambda _met: self._met()
            )

    def _met(self) -> None:
        self.shell.look_again()

    def _password_links(self) -> list[QWidget]:
        if not (self.face.portal and self.face.password_centre):
            return []
        address = f"{self.face.portal}{PASSWORD_CENTRE}"
        return [
            button(
                self.words("login.forgotten"),
                lambda: self.shell.browse(address),
                tone="link",
                name="forgotten",
            ),
            button(
                self.words("login.centre"),
                lambda: self.shell.browse(address),
                tone="link",
                name="password-centre",
            ),
        ]

    def log_in(self) -> None:
        """登入."""
        identity, password = value_of(self.identity).strip(), value_of(self.password)
        self.identity.wrong("" if identity else self.words("login.identity.missing"))
        self.password.wrong("" if password else self.words("login.password.missing"))
        if not identity or not password:
            return
        self.quiet()
        self.enter.setEnabled(False)
        question = Question(self._read_picture)
        self.shell.run_long(
            lambda progress, cancel: self.core.log_in(
                identity,
                password,
                picture=lambda png: str(question.ask(png, cancel)),
                progress=progress,
                cancel=cancel,
            ),
            self._entered,
            title=self.words("login.going"),
            failed=self._refused,
            stopped=lambda: self.enter.setEnabled(True),
        )

    def look_offline(self) -> None:
        """What is on this computer, without asking anybody."""
        self.shell.open("overview", offline=True)

    def _entered(self, logged_in: LoggedIn) -> None:
        self.shell.top.who.setText(f"{logged_in.name}  {logged_in.identity}")
        self.shell.slip_asked = False
        self.shell.refresh_face()
        page = self.shell.open("overview", entered=True)
        if logged_in.must_change and self.face.portal:
            address = f"{self.face.portal}{PASSWORD_CENTRE}"
            page.notice(
                "warn",
                self.words("login.must-change"),
                buttons=[button(self.words("login.centre"), lambda: self.shell.browse(address), tone="slim")],
            )

    def _refused(self, trouble: Exception) -> None:
        self.enter.setEnabled(True)
        edit = self.password.control
        assert isinstance(edit, QLineEdit)
        edit.clear()
        self.trouble(trouble)
        if isinstance(trouble, HelperError) and trouble.kind is Trouble.REFUSED:
            edit.setFocus()

    def _read_picture(self, png: object, answer: Question) -> None:
        """Show an image captcha to the person (SPEC B1)."""
        dialog = Dialog(self.shell, self.theme, self.words("captcha"), name="captcha")
        shown = QLabel()
        picture = QPixmap()
        picture.loadFromData(png if isinstance(png, bytes) else b"")
        shown.setPixmap(picture)
        field = Field(
            self.theme, self.words("captcha.letters"), line(self.theme, short=True), name="captcha-letters"
        )
        dialog.box.addWidget(shown)
        dialog.box.addWidget(field)
        dialog.buttons(Choice(self.words("ok"), lambda: answer.give(value_of(field)), "first", "captcha-ok"))
        dialog.rejected.connect(lambda: answer.give(""))
        dialog.open()
        field.control.setFocus()


class CentrePage(DoorPage):
    """The first start: the address that the institution has told, or one that this computer knows."""

    function: ClassVar[str] = "centre"

    def __init__(self, shell: Shell) -> None:
        super().__init__(shell)
        words, theme = self.words, self.theme
        self.paper.add(text(words("centre.words"), "quiet"))
        known = QVBoxLayout()
        for at, (label, choose) in enumerate(shell.behind.known(shell)):
            known.addWidget(button(label, choose, name=f"known-{at}"))
        self.paper.add(known)
        self.address = Field(
            theme,
            words("centre.address"),
            line(theme, most=300),
            hint=words("centre.hint"),
            name="centre-address",
        )
        edit = self.address.control
        assert isinstance(edit, QLineEdit)
        edit.returnPressed.connect(self._go)
        leave = [button(words("back"), lambda: shell.open("login"))] if shell.face.name else []
        self.paper.add(
            self.address, row(button(words("centre.go"), self._go, tone="first", name="centre-go"), *leave)
        )

    def begin(self) -> None:
        """Ready to type."""
        QTimer.singleShot(0, self.address.control, self.address.control.setFocus)

    def _go(self) -> None:
        address = value_of(self.address).strip()
        self.shell.run(
            lambda _progress, _cancel: self.shell.behind.move(address), lambda _met: self.shell.moved()
        )
