"""憑證上傳手機: the phone's code as text or picture, the same code on both screens, then it is sent (SPEC A12; M3 5)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from PySide6.QtWidgets import QPlainTextEdit

from certcenter_helper.core.values import Action, ClientPanel, Uploaded
from certcenter_helper.window.pages.settings import OwnCertificatePage
from certcenter_helper.window.parts.basic import button, row, text
from certcenter_helper.window.parts.dialogs import Choice
from certcenter_helper.window.parts.forms import Field, PathField, on_enter, password_line, value_of

if TYPE_CHECKING:
    from certcenter_helper.core.phoning import Prepared


class PhonePage(OwnCertificatePage):
    """Paste or choose, the password, compare, upload."""

    function: ClassVar[str] = "phone-upload"
    heading_key: ClassVar[str] = "do.phone"
    wanted: ClassVar[Action] = Action.PHONE

    def show_form(self, panel: ClientPanel) -> None:
        """M3 shows path and file by themselves; then what the phone shows, and the password."""
        words, theme, shell = self.words, self.theme, self.shell
        card = self.form(panel)
        self.code = QPlainTextEdit()
        self.code.setTabChangesFocus(True)
        self.code.setFixedHeight(theme.pixels(88))
        self.pasted = Field(theme, words("phone.text"), self.code, name="pairing-code")
        self.picture = PathField(
            theme,
            words,
            words("phone.picture"),
            name="pairing-picture",
            choose=lambda begin: shell.choosers.file(
                shell, words, words("phone.picture"), begin or shell.home_folder(), words("phone.pictures")
            ),
        )
        self.password = Field(
            theme, words("password.certificate"), password_line(theme, words), name="password"
        )
        self.go = button(words("phone.go"), self._prepare, tone="first", name="upload")
        card.add(
            text(words("phone.words")),
            self.pasted,
            self.picture,
            self.password,
            row(self.go, self.cancel_button()),
        )
        on_enter(self._prepare, self.password)
        self.code.setFocus()

    def _prepare(self) -> None:
        code, picture = self.code.toPlainText().strip(), value_of(self.picture).strip()
        password = value_of(self.password)
        self.pasted.wrong("" if code or picture else self.words("phone.missing"))
        self.password.wrong("" if password else self.words("password.missing"))
        if not password or not (code or picture):
            return
        self.quiet()
        self.shell.run_long(
            lambda _progress, _cancel: self.core.prepare_upload(
                code, picture=Path(picture) if picture else None, password=password, panel_id=self._id
            ),
            self._compare,
            title=self.words("phone.going"),
            failed=lambda trouble: self.wrong_password(trouble, self.password),
        )

    def _compare(self, prepared: Prepared) -> None:
        words = self.words
        self.shell.say(
            words("phone.matching"),
            [],
            Choice(words("phone.same"), lambda: self._send(prepared), "first", "same"),
            Choice(words("cancel"), name="not-same"),
            name="matching",
            extra=[text(prepared.shown.matching_code, "matching")],
        )

    def _send(self, prepared: Prepared) -> None:
        self.shell.run_long(
            lambda progress, cancel: self.core.send_upload(prepared, progress=progress, cancel=cancel),
            self._sent,
            title=self.words("phone.going"),
        )

    def _sent(self, uploaded: Uploaded) -> None:
        if uploaded.collected:
            for field in (self.code, self.picture.edit, self.password.control):
                field.clear()  # type: ignore[attr-defined]  # all three are typed in
            self.notice("ok", self.words("phone.done"), [self.words("phone.done.words")])
        else:
            self.notice("warn", uploaded.sentence)
