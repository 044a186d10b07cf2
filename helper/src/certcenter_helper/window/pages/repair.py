"""憑證修復 and 憑證資料檢核 (SPEC A8, A9; M0 憑證修復; M3 1)."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, ClassVar, Final

from PySide6.QtWidgets import QPushButton, QVBoxLayout

from certcenter_helper.core.errors import HelperError
from certcenter_helper.core.errors import Kind as Trouble
from certcenter_helper.core.values import Action, DataCheck, Overview, Repaired, RepairOutcome
from certcenter_helper.window.pages.base import Page
from certcenter_helper.window.pages.overview import ask_to_remove
from certcenter_helper.window.parts.basic import Card, Facts, button, heading, pill, row, text
from certcenter_helper.window.parts.dialogs import PasswordDialog

if TYPE_CHECKING:
    from certcenter_helper.window.shell import Shell

_TONES: Final = {
    RepairOutcome.NOTHING: "ok",
    RepairOutcome.REPAIRED: "ok",
    RepairOutcome.KEY_MISSING: "bad",
    RepairOutcome.NOT_ISSUED: "info",
    RepairOutcome.NOT_SENT: "info",
    RepairOutcome.CLEANED: "ok",
}


_BACK: Final = frozenset(RepairOutcome) - {RepairOutcome.KEY_MISSING, RepairOutcome.NOT_ISSUED}


class RepairPage(Page):
    """The host's side, M0's notes, 下載憑證."""

    function: ClassVar[str] = "repair"
    heading_key: ClassVar[str] = "repair"

    def __init__(self, shell: Shell) -> None:
        super().__init__(shell)
        self.add(text(self.words("repair.words"), "lead"))
        self._host = QVBoxLayout()
        self.add(self._host)
        self.download = button(
            self.words("do.download"), lambda: self._repair(None), tone="first", name="download"
        )
        self.card(heading(self.words("do"), "h3"), row(self.download), tight=True)
        notes = self._notes()
        for at, note in enumerate(notes, start=1):
            self.add(text(f"{at}. {note}" if len(notes) > 1 else note, "quiet"))

    def _notes(self) -> list[str]:
        """M0's two notes where the house repairs by itself; the policy's own words where staff open it."""
        if self.face.repair_mode == "self-service":
            return [self.words("repair.note.1"), self.words("repair.note.2")]
        return [self.face.repair_note]

    def begin(self) -> None:
        """What the centre says."""
        self.shell.run(lambda _progress, _cancel: self.core.overview(), self._show)

    def _show(self, overview: Overview) -> None:
        self.shell.seen(overview)
        card = Card(self.theme)
        tone = {"good": "ok"}.get(overview.host.word.tone.value, overview.host.word.tone.value)
        card.add(heading(self.words("host"), "h2"), row(pill(self.theme, overview.host.word.label, tone)))
        card.add(Facts(self.theme, [(each.name, each.value, each.key) for each in overview.host.facts]))
        self._host.addWidget(card)

    def _repair(self, password: str | None) -> None:
        self.quiet()
        self.shell.run_long(
            lambda progress, cancel: self.core.repair(password=password, progress=progress, cancel=cancel),
            self._repaired,
            title=self.words("repair.going"),
            failed=self._refused,
        )

    def _refused(self, trouble: Exception) -> None:
        if not isinstance(trouble, HelperError) or trouble.kind is not Trouble.PASSWORD:
            self.trouble(trouble)
            return

        def given(typed: str, dialog: PasswordDialog) -> None:
            dialog.accept()
            self._repair(typed)

        PasswordDialog(
            self.shell,
            self.theme,
            self.words,
            title=trouble.title,
            label=self.words("password.certificate"),
            sentences=[each for each in (trouble.detail, trouble.advice) if each],
            given=given,
            name="repair-password",
        ).open()

    def _repaired(self, repaired: Repaired) -> None:
        words, shell = self.words, self.shell
        buttons = []
        if repaired.outcome is RepairOutcome.KEY_MISSING:
            buttons = [
                button(words("do.revoke"), lambda: shell.open("revoke"), tone="slim", name="repair-revoke")
            ]
        if repaired.outcome in _BACK:
            buttons = [
                button(
                    words("back.overview"), lambda: shell.open("overview"), tone="slim", name="to-overview"
                )
            ]
        title = words(f"repair.{repaired.outcome.value}")
        self.notice(_TONES[repaired.outcome], title, (*repaired.sentences, *repaired.advice), buttons=buttons)
        if repaired.outcome is RepairOutcome.REPAIRED:
            box = shell.say(words("repair.repaired"), [words("repair.done.words")], name="repaired")
            box.finished.connect(lambda _result: shell.open("overview"))


class RedownloadPage(RepairPage):
    """憑證重新下載, once staff have opened it, on the computer that applied (M3 3).

    The new file's password and security setting were chosen before the key was made; they are not asked again.
    """

    function: ClassVar[str] = "redownload"
    heading_key: ClassVar[str] = "redownload"


class DataCheckPage(Page):
    """One sentence, then each certificate of this computer with the one thing to do about it."""

    function: ClassVar[str] = "data-check"
    heading_key: ClassVar[str] = "do.data-check"

    def begin(self) -> None:
        """Look."""
        self.shell.run(lambda _progress, _cancel: self.core.data_check(), self._show)

    def _show(self, check: DataCheck) -> None:
        self.add(text(check.sentence, "lead"))
        for data in check.rows:
            panel = data.panel
            tone = {"good": "ok"}.get(panel.word.tone.value, panel.word.tone.value)
            card = self.card(row(pill(self.theme, panel.word.label, tone)))
            card.add(Facts(self.theme, [(each.name, each.value, each.key) for each in panel.facts]))
            card.add(text(panel.word.advice, "small"))
            if data.do is Action.REMOVE:
                card.add(
                    row(
                        button(
                            self.words("do.remove"),
                            partial(ask_to_remove, self, panel),
                            tone="grave",
                            name="do-remove",
                        )
                    )
                )
            elif data.do is not None:
                card.add(row(self._offer(data.do)))
        if check.do is not None and not any(data.do is check.do for data in check.rows):
            self.add(row(self._offer(check.do)))
        self.box.addStretch(1)

    def _offer(self, action: Action) -> QPushButton:
        pages = {
            Action.EXPORT: "export",
            Action.IMPORT: "import",
            Action.DOWNLOAD: "repair",
            Action.APPLY: "apply",
        }
        page = pages.get(action, "overview")
        return button(
            self.words(f"do.{action.value}"),
            lambda: self.shell.open(page),
            tone="first",
            name=f"do-{action.value}",
        )
