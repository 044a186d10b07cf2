"""憑證檔(PFX)密碼變更 and 憑證密碼安全設定 (SPEC A10, A11; M3 8, 9)."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from PySide6.QtWidgets import QLineEdit, QVBoxLayout

from certcenter_helper.core.errors import HelperError
from certcenter_helper.core.errors import Kind as Trouble
from certcenter_helper.core.values import Action, ClientPanel, Overview
from certcenter_helper.window.pages.base import Page
from certcenter_helper.window.parts.basic import Card, Facts, button, empty, row, text
from certcenter_helper.window.parts.forms import (
    Field,
    NewPassword,
    SecurityChoice,
    on_enter,
    password_line,
    value_of,
)

if TYPE_CHECKING:
    from certcenter_helper.window.shell import Shell


class OwnCertificatePage(Page):
    """A page about one certificate of this computer: `panel_id` names it, else it is the first usable one."""

    wanted: ClassVar[Action]

    def __init__(self, shell: Shell, *, panel_id: str = "") -> None:
        super().__init__(shell)
        self._id = panel_id
        self._space = QVBoxLayout()
        self._space.setSpacing(self.theme.pixels(16))
        self.add(self._space)

    def begin(self) -> None:
        """Look at what is on this computer."""
        self.shell.run(lambda _progress, _cancel: self.core.overview(), self._found)

    def _found(self, overview: Overview) -> None:
        self.shell.seen(overview)
        fitting = [each for each in overview.clients if self.wanted in each.actions]
        panel = next((each for each in fitting if each.id == self._id), fitting[0] if fitting else None)
        if panel is None:
            self.notice(
                "info",
                self.words("own.none"),
                [self.words("own.none.words")],
                buttons=[
                    button(
                        self.words("do.import"),
                        lambda: self.shell.open("import"),
                        tone="slim",
                        name="do-import",
                    )
                ],
            )
            return
        self._id = panel.id
        empty(self._space)
        self.show_form(panel)

    def show_form(self, panel: ClientPanel) -> None:
        """What the page asks about this certificate."""

    def form(self, panel: ClientPanel) -> Card:
        """A card that names the certificate."""
        card = Card(self.theme)
        card.add(Facts(self.theme, self.named_by(panel)))
        self._space.addWidget(card)
        return card

    def named_by(self, panel: ClientPanel) -> list[tuple[str, str, str]]:
        """The facts by which the customer knows this certificate."""
        keys = {"path", "file", "serial", "security", "ends"}
        return [(each.name, each.value, each.key) for each in panel.facts if each.key in keys]

    def wrong_password(self, trouble: Exception, field: Field) -> None:
        """A wrong password is said at its field, everything else on top."""
        if isinstance(trouble, HelperError) and trouble.kind is Trouble.PASSWORD:
            field.wrong(trouble.title)
        else:
            self.trouble(trouble)


class PfxPasswordPage(OwnCertificatePage):
    """請輸入原憑證密碼, 請輸入新憑證密碼, 請確認新憑證密碼, 執行密碼變更."""

    function: ClassVar[str] = "pfx-password"
    heading_key: ClassVar[str] = "do.pfx-password"
    wanted: ClassVar[Action] = Action.PFX_PASSWORD

    def named_by(self, panel: ClientPanel) -> list[tuple[str, str, str]]:
        """M3 names the file alone: (1)您註冊的憑證路徑為."""
        if self.face.profile != "pfxdir":
            return super().named_by(panel)
        return [(self.words("passwd.place"), str(panel.path), "path")]

    def show_form(self, panel: ClientPanel) -> None:
        """The three fields."""
        words, theme = self.words, self.theme
        card = self.form(panel)
        self.old = Field(theme, words("passwd.old"), password_line(theme, words), name="old-password")
        self.new = NewPassword(
            theme, words, self.core.password_rule, labels=(words("passwd.new"), words("passwd.again"))
        )
        self.go = button(words("passwd.go"), self._change, tone="first", name="change-password")
        card.add(self.old, self.new, row(self.go, self.cancel_button()))
        on_enter(self._change, self.old, self.new.first, self.new.second)
        self.old.control.setFocus()

    def _change(self) -> None:
        old = value_of(self.old)
        self.old.wrong("" if old else self.words("password.missing"))
        if not old or not self.new.complain():
            return
        new = self.new.value
        self.quiet()
        self.shell.run_long(
            lambda _progress, _cancel: self.core.change_password(old=old, new=new, panel_id=self._id),
            lambda _none: self._changed(),
            title=self.words("passwd.going"),
            failed=lambda trouble: self.wrong_password(trouble, self.old),
        )

    def _changed(self) -> None:
        for edit in self.findChildren(QLineEdit):
            edit.clear()  # no password stays on the screen
        self.notice("ok", self.words("passwd.done"), [self.words("passwd.done.words")])


class SecurityPage(OwnCertificatePage):
    """The three settings, explained; 變更安全設定; when it takes effect."""

    function: ClassVar[str] = "security-setting"
    heading_key: ClassVar[str] = "do.security"
    wanted: ClassVar[Action] = Action.SECURITY

    def show_form(self, panel: ClientPanel) -> None:
        """The choice and the password."""
        words, theme = self.words, self.theme
        card = self.form(panel)
        self.choice = SecurityChoice(theme, words, self.core, panel.security, explained=True)
        self.password = Field(
            theme,
            words("password.certificate"),
            password_line(theme, words),
            hint=words("security.password"),
            name="password",
        )
        self.go = button(words("security.go"), self._set, tone="first", name="set-security")
        card.add(self.choice, self.password, row(self.go, self.cancel_button()))
        on_enter(self._set, self.password)
        card.add(text(words("security.note"), "small"))

    def _set(self) -> None:
        password, mode = value_of(self.password), self.choice.value
        self.password.wrong("" if password else self.words("password.missing"))
        if not password or mode is None:
            return
        self.quiet()
        self.shell.run_long(
            lambda _progress, _cancel: self.core.set_security(mode, password=password),
            self._is_set,
            title=self.words("security.going"),
            failed=lambda trouble: self.wrong_password(trouble, self.password),
        )

    def _is_set(self, _sentence: str) -> None:
        """執行成功; the card shows the new value, and no password stays on the screen."""
        self.notice("ok", self.words("security.done"), [self.words("security.note")])
        self.begin()
