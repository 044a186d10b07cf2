"""憑證註銷: the host's certificate, the quota, a code, and 立即申請憑證 afterwards (SPEC A5; M0 憑證註銷 1–4)."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from PySide6.QtWidgets import QCheckBox, QVBoxLayout

from certcenter_helper.core.values import Action, Kind, Overview, Proof, Revoked, fact
from certcenter_helper.window.pages.base import Page
from certcenter_helper.window.parts.basic import Card, Facts, button, heading, pill, row, text
from certcenter_helper.window.parts.code import CodePanel
from certcenter_helper.window.parts.dialogs import Choice
from certcenter_helper.window.parts.prose import browser

if TYPE_CHECKING:
    from certcenter_helper.core.interface import Procedure
    from certcenter_helper.window.shell import Shell


class RevokePage(Page):
    """What will be revoked, then the proof, then one more question."""

    function: ClassVar[str] = "revoke"
    heading_key: ClassVar[str] = "revoke"

    def __init__(self, shell: Shell) -> None:
        super().__init__(shell)
        self.procedure: Procedure | None = None
        self._overview: Overview | None = None
        self._steps = QVBoxLayout()
        self._steps.setSpacing(self.theme.pixels(16))
        self.add(self._steps)

    def leave(self) -> None:
        """The procedure's connection is closed with the page."""
        self.shell.let_go(self.procedure)

    def begin(self) -> None:
        """Look first; what can't be revoked is said instead of offered."""
        self.shell.run(lambda _progress, _cancel: self.core.overview(), self._show)

    def _show(self, overview: Overview) -> None:
        words = self.words
        self._overview = overview
        self.shell.seen(overview)
        card = Card(self.theme)
        tone = {"good": "ok"}.get(overview.host.word.tone.value, overview.host.word.tone.value)
        card.add(heading(words("host"), "h2"), row(pill(self.theme, overview.host.word.label, tone)))
        card.add(Facts(self.theme, [(each.name, each.value, each.key) for each in overview.host.facts]))
        self._steps.addWidget(card)
        quota = [overview.notice or self.face.revocation_notice]
        if overview.revocations_left is not None:
            quota.append(words("revocations.left", count=overview.revocations_left))
        self.notice("warn", "", quota)
        if Action.REVOKE in overview.actions:
            self.shell.run(lambda _progress, _cancel: self.core.begin(Kind.REVOKE), self._begun)
        else:
            self._steps.addWidget(text(words("revoke.nothing"), "quiet"))
            self._steps.addWidget(row(button(words("back.overview"), lambda: self.shell.open("overview"))))

    def _begun(self, procedure: Procedure) -> None:
        words = self.words
        self.procedure = procedure
        self._steps.addWidget(text(words("revoke.prove"), "lead"))
        panel = CodePanel(self, prepare=self._come_to_code, proven=self._ask)
        panel.offer(procedure)
        if procedure.consent is not None:
            agree = QCheckBox(words("consent.agree"))
            agree.setObjectName("agree")
            panel.wait_for(agree)
            paper = Card(self.theme)
            paper.add(heading(procedure.consent.title, "h2"))
            paper.add(
                browser(
                    self.theme,
                    procedure.consent.paragraphs,
                    height=200,
                    name="consent",
                    title=procedure.consent.title,
                ),
                agree,
            )
            self._steps.addWidget(paper)
        self._steps.addWidget(panel)

    def _come_to_code(self) -> Procedure:
        procedure = self.procedure
        assert procedure is not None
        if procedure.next is Proof.CONSENT:
            procedure.agree()
        return procedure

    def _ask(self) -> None:
        words, overview = self.words, self._overview
        assert overview is not None
        self.shell.say(
            words("revoke.title"),
            [words("revoke.ask", serial=fact(overview.host.facts, "serial")), words("revoke.final")],
            Choice(words("cancel"), lambda: self.shell.open("overview"), name="revoke-cancel"),
            Choice(words("revoke.yes"), self._revoke, "grave", "revoke-yes"),
            name="revoke-ask",
        )

    def _revoke(self) -> None:
        procedure = self.procedure
        assert procedure is not None
        self.shell.run_long(
            lambda _progress, _cancel: self.core.revoke(procedure),
            self._revoked,
            title=self.words("revoke.going"),
        )

    def _revoked(self, revoked: Revoked) -> None:
        words, shell = self.words, self.shell
        shell.open("overview")
        shell.say(
            words("revoke.done"),
            [words("revoke.done.words"), words("revocations.left", count=revoked.left)],
            Choice(words("ok"), tone="first", name="ok"),
            Choice(words("revoke.apply"), lambda: shell.open("apply"), name="apply-now"),
            name="revoked",
        )
