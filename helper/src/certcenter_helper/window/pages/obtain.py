"""憑證申請, 憑證更新: from consent and proof to a certificate on this computer (SPEC A3, A4; M0; M3 2, 4).

The certificate password and the security setting are asked before the key is made, and not at the download as in manual
M3: a key is never on this computer without its lock (docs/adr, SPEC A3).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar, Final

from PySide6.QtWidgets import QCheckBox, QVBoxLayout, QWidget

from certcenter_helper.core.errors import HelperError
from certcenter_helper.core.errors import Kind as Trouble
from certcenter_helper.core.values import Kind, Obtained, Proof
from certcenter_helper.core.work import Cancel, Progress
from certcenter_helper.window.pages.base import Page
from certcenter_helper.window.pages.overview import ask_slip
from certcenter_helper.window.parts.basic import Card, Facts, button, empty, heading, row, text
from certcenter_helper.window.parts.code import CodePanel
from certcenter_helper.window.parts.dialogs import Choice
from certcenter_helper.window.parts.forms import (
    Field,
    NewPassword,
    SecurityChoice,
    line,
    on_enter,
    password_line,
    value_of,
)
from certcenter_helper.window.parts.prose import browser

if TYPE_CHECKING:
    from certcenter_helper.core.interface import Procedure
    from certcenter_helper.window.shell import Shell

#: The customer has pressed 取消 while the certificate was being made.
_STOPPED: Final = "stopped"


class ObtainPage(Page):
    """What applying and renewing share: the password, the setting, the progress, the backup."""

    asked_as: ClassVar[str] = "apply"

    def __init__(self, shell: Shell) -> None:
        super().__init__(shell)
        self._steps = QVBoxLayout()
        self._steps.setSpacing(self.theme.pixels(16))
        self.add(self._steps)
        self._password: NewPassword | None = None
        self._old: Field | None = None
        self._security: SecurityChoice | None = None

    def show_step(self, *parts: QWidget) -> None:
        """One step at a time."""
        empty(self._steps)
        for part in parts:
            self._steps.addWidget(part)
        self.shell.body.area.verticalScrollBar().setValue(0)

    def ask_password(self, go: Callable[[], object], *, old: bool) -> None:
        """請自行設定憑證密碼: the new key's lock, and when it is asked for."""
        words, theme, core = self.words, self.theme, self.core
        card = Card(theme)
        card.add(heading(words("obtain.password"), "h2"), text(words("obtain.password.words")))
        self._show_place(card)
        self._old = None
        if old:
            self._old = Field(
                theme,
                words("obtain.old"),
                password_line(theme, words),
                hint=words("obtain.old.hint"),
                name="old-password",
            )
            card.add(self._old)
        self._password = NewPassword(theme, words, core.password_rule)
        card.add(self._password)
        self._security = None
        if self.asked_as in self.face.asked_at or (
            self.asked_as == "renew" and "apply" in self.face.asked_at
        ):
            self._security = SecurityChoice(theme, words, core)
            card.add(self._security)
        go_on = button(words("obtain.go"), go, tone="first", name="obtain")
        leave = button(words("cancel"), lambda: self.shell.open("overview"), name="leave")
        card.add(row(go_on, leave))
        on_enter(go, *filter(None, (self._old, self._password.first, self._password.second)))
        self.show_step(card)
        (self._old or self._password.first).control.setFocus()

    def _show_place(self, card: Card) -> None:
        """`pfxdir`: (1) 憑證檔案存放路徑, (2) 預設憑證檔案名稱, as M3 shows them before the download."""
        overview = self.shell.overview
        if self.face.profile != "pfxdir" or overview is None:
            return
        names = {"path": self.words("obtain.folder"), "file": self.words("obtain.file")}
        shown = [
            (names[each.key], each.value, each.key) for each in overview.client.facts if each.key in names
        ]
        if shown:
            card.add(Facts(self.theme, shown), text(self.words("obtain.file.keep"), "hint"))

    def make(self, command: Callable[[str, Progress, Cancel], Obtained]) -> None:
        """Check what was typed, then make the certificate under a box that shows how far it is."""
        assert self._password is not None
        if self._old is not None:
            self._old.wrong("" if value_of(self._old) else self.words("password.missing"))
            if not value_of(self._old):
                return
        if not self._password.complain():
            return
        password = self._password.value
        least, most = self.face.patience
        self.quiet()
        self.shell.run_long(
            lambda progress, cancel: command(password, progress, cancel),
            self._made,
            title=self.words("obtain.going"),
            hint=self.words("obtain.patience", least=least, most=most),
            failed=self._broke_off,
            stopped=lambda: self._broke_off(
                HelperError(
                    Trouble.NEEDS_REPAIR, _STOPPED, self.words("stopped"), detail=self.words("stopped.kept")
                )
            ),
        )

    def _made(self, obtained: Obtained) -> None:
        words, shell = self.words, self.shell
        said = [self._is_here(), *self._advice(obtained)]
        shell.open("overview")
        if not obtained.offer_backup:
            shell.say(words("obtain.done"), said, name="obtained")
            return
        shell.say(
            words("obtain.done"),
            said,
            Choice(
                words("backup"), lambda: shell.open("export", panel_id=obtained.panel.id), "first", "backup"
            ),
            Choice(words("cancel"), name="backup-cancel"),
            name="obtained",
        )

    def _is_here(self) -> str:
        """M0: the policy's sentence about the backup; M3 has it for a title and says where to look."""
        key = "obtain.done.words"
        return self.words(key) if self.words.has(key) else self.face.obtained

    def _advice(self, obtained: Obtained) -> list[str]:
        """What to do next; M3 writes 建議： and numbers it."""
        if not self.words.has("obtain.advice"):
            return list(obtained.advice)
        told = [f"({at}) {each}" for at, each in enumerate(obtained.advice, start=1)]
        return [self.words("obtain.advice"), *told]

    def _broke_off(self, trouble: Exception) -> None:
        if isinstance(trouble, HelperError) and trouble.kind is Trouble.PASSWORD and self._old is not None:
            self._old.wrong(trouble.title)
            return
        if not isinstance(trouble, HelperError) or trouble.kind is not Trouble.NEEDS_REPAIR:
            self.trouble(trouble)
            return
        go_on = button(
            self.words("do.download"), lambda: self.shell.open("repair"), tone="first", name="go-repair"
        )
        self.show_step(row(go_on))
        if trouble.code == _STOPPED:  # the customer's own wish is no fault
            self.notice("info", trouble.title, [trouble.detail])
            go_on.setFocus()
        else:
            self.trouble(trouble)


class ProcedurePage(ObtainPage):
    """Consent and proofs, in the order of the policy, then the password."""

    kind: ClassVar[Kind]

    def __init__(self, shell: Shell) -> None:
        super().__init__(shell)
        self.procedure: Procedure | None = None
        self._birth: Field | None = None
        self.agree = QCheckBox(self.words("consent.agree"))
        self.agree.setObjectName("agree")

    def leave(self) -> None:
        """The procedure's connection is closed with the page."""
        self.shell.let_go(self.procedure)

    def begin(self) -> None:
        """Go on with what the slip has begun, or begin."""
        if self.shell.begun is not None and self.kind is Kind.APPLY:
            self._begun(self.shell.begun)
            return
        self.shell.run(lambda _progress, _cancel: self.core.begin(self.kind), self._begun)

    def _begun(self, procedure: Procedure) -> None:
        self.procedure = procedure
        if procedure.next is Proof.SLIP:
            ask_slip(self, procedure, self._next, left=lambda: self._left(procedure))
        else:
            self._next()

    def _left(self, procedure: Procedure) -> None:
        if procedure.next is Proof.SLIP:
            self.shell.open("overview")

    def _next(self) -> None:
        procedure = self.procedure
        assert procedure is not None
        if procedure.next in {Proof.CONSENT, Proof.BIRTH_DATE, Proof.CODE}:
            self._ask_proofs(procedure)
        else:
            self._ask_last(procedure)

    def _ask_last(self, procedure: Procedure) -> None:
        old = self.kind is Kind.RENEW and (
            procedure.next in {Proof.OLD_KEY, Proof.OLD_KEY_IF_HERE} or procedure.needs_old_key
        )
        self.ask_password(self._obtain, old=old)

    def _ask_proofs(self, procedure: Procedure) -> None:
        """The consent, the tick, and with it whatever proof follows: on one sheet, as M0's figure has it."""
        words, theme = self.words, self.theme
        parts: list[QWidget] = []
        if procedure.consent is not None:
            paper = Card(theme)
            paper.add(heading(procedure.consent.title, "h2"), text(words("consent.words")))
            paper.add(
                browser(
                    theme,
                    procedure.consent.paragraphs,
                    height=240,
                    name="consent",
                    title=procedure.consent.title,
                ),
                self.agree,
            )
            parts.append(paper)
        code = Proof.CODE in procedure.wanted
        if Proof.BIRTH_DATE in procedure.wanted:
            self._birth = Field(
                theme, words("birth"), line(theme, short=True), hint=words("birth.hint"), name="birth-date"
            )
            parts.append(Card(theme))
            parts[-1].layout().addWidget(self._birth)  # type: ignore[union-attr]  # a card has a layout
        if code:
            panel = CodePanel(self, prepare=self._come_to_code, proven=lambda: self._ask_last(procedure))
            panel.offer(procedure)
            if procedure.consent is not None:
                panel.wait_for(self.agree)
            parts.append(panel)
            parts.append(row(button(words("cancel"), lambda: self.shell.open("overview"), name="leave")))
        else:
            go_on = button(words("continue"), self._agreed, tone="first", name="continue")
            go_on.setEnabled(procedure.consent is None)
            self.agree.toggled.connect(go_on.setEnabled)
            parts.append(
                row(go_on, button(words("cancel"), lambda: self.shell.open("overview"), name="leave"))
            )
        self.show_step(*parts)
        self.agree.setFocus()

    def _agreed(self) -> None:
        procedure = self.procedure
        assert procedure is not None
        self.shell.run(
            lambda _progress, _cancel: self._give_before_code(procedure),
            lambda _none: self._ask_last(procedure),
        )

    def _come_to_code(self) -> Procedure:
        """Off the screen's thread: what stands before the code."""
        procedure = self.procedure
        assert procedure is not None
        self._give_before_code(procedure)
        return procedure

    def _give_before_code(self, procedure: Procedure) -> None:
        if procedure.next is Proof.CONSENT:
            procedure.agree()
        if procedure.next is Proof.BIRTH_DATE and self._birth is not None:
            procedure.give_birth_date(value_of(self._birth))

    def _obtain(self) -> None:
        procedure = self.procedure
        assert procedure is not None
        old = value_of(self._old) if self._old is not None else None
        security = self._security.value if self._security is not None else None
        self.shell.begun = None
        self.make(
            lambda password, progress, cancel: self.core.obtain(
                procedure,
                password=password,
                security=security,
                old_password=old,
                progress=progress,
                cancel=cancel,
            )
        )


class ApplyPage(ProcedurePage):
    """憑證申請, 用戶線上憑證申請."""

    function: ClassVar[str] = "apply"
    heading_key: ClassVar[str] = "apply"
    kind: ClassVar[Kind] = Kind.APPLY


class RenewPage(ProcedurePage):
    """憑證更新, 憑證更新、展期."""

    function: ClassVar[str] = "renew"
    heading_key: ClassVar[str] = "renew"
    asked_as: ClassVar[str] = "renew"
    kind: ClassVar[Kind] = Kind.RENEW

    def __init__(self, shell: Shell) -> None:
        super().__init__(shell)
        if self.face.renewal_notes:  # M0, 憑證更新: when, with what, and what becomes of the old one
            notes = text("\n".join(self.face.renewal_notes), "quiet")
            self.box.insertWidget(self.box.indexOf(self._steps), notes)
