"""憑證查詢及申請: the centre's side, this computer's side, and what makes sense now (SPEC A1, A2; M0 and M3 1.3)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, ClassVar, Final

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from certcenter_helper.core.errors import HelperError
from certcenter_helper.core.values import (
    Action,
    ClientPanel,
    Fact,
    HostPanel,
    HostStatus,
    Kind,
    Overview,
    Proof,
    Removed,
    Tone,
    Word,
    fact,
)
from certcenter_helper.window import clocks, icons
from certcenter_helper.window.pages import is_here
from certcenter_helper.window.pages.base import Page
from certcenter_helper.window.parts.basic import (
    Card,
    Facts,
    Life,
    Pair,
    button,
    empty,
    heading,
    pill,
    row,
    text,
)
from certcenter_helper.window.parts.dialogs import Choice, PasswordDialog
from certcenter_helper.window.parts.spoken import announce
from certcenter_sdk import clock

if TYPE_CHECKING:
    from certcenter_helper.core.interface import Procedure
    from certcenter_helper.window.shell import Shell

_TONES: Final = {Tone.GOOD: "ok", Tone.WARN: "warn", Tone.BAD: "bad", Tone.IDLE: "idle"}
#: The page that an action leads to; 移除憑證 asks on the spot.
_PAGES: Final = {
    Action.APPLY: "apply",
    Action.RENEW: "renew",
    Action.DOWNLOAD: "repair",
    Action.REDOWNLOAD: "redownload",
    Action.REVOKE: "revoke",
    Action.EXPORT: "export",
    Action.IMPORT: "import",
    Action.PFX_PASSWORD: "pfx-password",
    Action.SECURITY: "security-setting",
    Action.PHONE: "phone-upload",
    Action.SIGN: "sign-order",
}
_ABOUT_ONE: Final = frozenset(
    {Action.EXPORT, Action.PFX_PASSWORD, Action.SECURITY, Action.SIGN, Action.PHONE}
)
_GRAVE: Final = frozenset({Action.REMOVE, Action.REVOKE})
_HAPPY: Final = frozenset({HostStatus.VALID, HostStatus.EXPIRING})


class OverviewPage(Page):
    """The page to which everything comes back."""

    function: ClassVar[str] = "overview"
    heading_key: ClassVar[str] = "overview"

    def __init__(self, shell: Shell, *, offline: bool = False, entered: bool = False) -> None:
        super().__init__(shell)
        self._offline = offline
        self._entered = entered
        self._at = 0
        self._procedure: Procedure | None = None
        self._seen: Overview | None = None
        self._said = text("", "lead")
        self._panels = QVBoxLayout()
        self._panels.setSpacing(self.theme.pixels(16))
        self.add(self._said)
        self.box.addLayout(self._panels)
        self._said.setText(self.words("overview.asking"))

    def leave(self) -> None:
        """The slip's procedure is closed with the page, unless 用戶線上憑證申請 goes on with it."""
        self.shell.let_go(self._procedure)

    def begin(self) -> None:
        """Ask the centre and look at this computer."""
        self.shell.run(lambda _progress, _cancel: self.core.overview(offline=self._offline), self._show)

    def _show(self, overview: Overview) -> None:
        self._seen = overview
        self.shell.seen(overview)
        if overview.offline:
            self._said.setText(self.words("offline.said"))
            first, *more = overview.unknown or (self.words("offline.title"), self.words("offline.words"))
            self.notice(
                "warn",
                first.rstrip("。."),
                more,
                buttons=[button(self.words("offline.again"), self._again, tone="slim", name="ask-again")],
            )
        else:
            self._said.setText(self.words("overview.said"))
            if overview.reminder:
                self.notice("warn", self.words("overview.reminder"), [overview.reminder])
        self._draw()
        announce(self, self._states(overview))
        if self._entered and not overview.offline and not self.shell.slip_asked:
            self._ask_slip(overview)

    def _again(self) -> None:
        if self.core.is_logged_in:
            self.shell.open("overview")
        else:
            self.shell.open("login")

    def _states(self, overview: Overview) -> str:
        """Both states in a sentence, for those who can't see them come."""
        words, client = self.words, overview.clients[self._at]
        told = (("host.status", overview.host.word), ("client.status", client.word))
        return words("semicolon").join(f"{words(key)}{words.colon()}{word.label}" for key, word in told)

    # The two sides

    def _draw(self) -> None:
        overview = self._seen
        assert overview is not None
        empty(self._panels)
        client = overview.clients[self._at]
        card = Card(self.theme)
        if life := self._life(overview, client):
            card.add(life)
        card.add(Pair(self.theme, self._host(overview.host), self._client(overview, client)))
        self._panels.addWidget(card)
        self._panels.addWidget(self._what_to_do(overview, client))
        for sentence in self._quota(overview):
            self._panels.addWidget(text(sentence, "quiet"))

    def _host(self, host: HostPanel) -> QWidget:
        return self._side("host", self.words("host"), "host.status", host.word, host.facts)

    def _client(self, overview: Overview, client: ClientPanel) -> QWidget:
        pager = self._pager(overview) if overview.clients else None
        return self._side(
            "client", self.words("client"), "client.status", client.word, client.facts, pager=pager
        )

    def _side(
        self,
        name: str,
        title: str,
        status: str,
        word: Word,
        facts: tuple[Fact, ...],
        *,
        pager: QWidget | None = None,
    ) -> QWidget:
        side = QFrame()  # a frame, not a widget: screen readers say its name when they come to it
        side.setObjectName(f"{name}-panel")
        side.setAccessibleName(title)
        box = QVBoxLayout(side)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(self.theme.pixels(12))
        top = QHBoxLayout()
        top.addWidget(heading(title, "h2"), 1)
        if pager is not None:
            top.addWidget(pager)
        box.addLayout(top)
        named = QLabel(f"{self.words(status)}{self.words.colon()}")
        named.setProperty("part", "term")
        mark = pill(self.theme, word.label, _TONES[word.tone])
        mark.setObjectName(f"{name}-status")
        box.addWidget(row(named, mark, gap=self.theme.pixels(8)))
        box.addWidget(Facts(self.theme, [(each.name, each.value, each.key) for each in facts]))
        if word.advice:
            box.addWidget(text(word.advice, "small"))
        return side

    def _pager(self, overview: Overview) -> QWidget:
        total = len([each for each in overview.clients if each.id])
        holder = QWidget()
        across = QHBoxLayout(holder)
        across.setContentsMargins(0, 0, 0, 0)
        count = QLabel(f"({self._at + 1 if total else 0}/{total})")
        count.setObjectName("pager")
        count.setAccessibleName(self.words("pager", at=self._at + 1 if total else 0, total=total))
        if total > 1:
            across.addWidget(self._turn("left", -1, "pager.before", enabled=self._at > 0))
        across.addWidget(count)
        if total > 1:
            across.addWidget(self._turn("right", 1, "pager.next", enabled=self._at + 1 < total))
        return holder

    def _turn(self, picture: str, step: int, key: str, *, enabled: bool) -> QPushButton:
        made = button("", lambda: self._turn_to(self._at + step), tone="picture", name=f"pager-{picture}")
        size = self.theme.pixels(18)
        made.setIcon(icons.icon(picture, self.theme.tokens.accent, size, faint=self.theme.tokens.line_2))
        made.setIconSize(QSize(size, size))
        made.setAccessibleName(self.words(key))
        made.setToolTip(self.words(key))
        made.setEnabled(enabled)
        return made

    def _turn_to(self, at: int) -> None:
        self._at = at
        self._draw()
        for name in ("pager-right", "pager-left"):  # the keyboard stays where it was, or as near as can be
            turn = self.findChild(QPushButton, name)
            if turn is not None and turn.isEnabled():
                turn.setFocus(Qt.FocusReason.OtherFocusReason)
                return

    def _life(self, overview: Overview, client: ClientPanel) -> QWidget | None:
        begin = overview.host.issued_at or client.not_before
        end = overview.host.not_after or client.not_after
        if (
            begin is None
            or end is None
            or end <= begin
            or overview.host.status not in {*_HAPPY, HostStatus.UNKNOWN}
        ):
            return None
        now, whole = overview.asked_at or clock.now(), (end - begin).total_seconds()
        share: Callable[[datetime], float] = lambda moment: (moment - begin).total_seconds() / whole  # noqa: E731
        window = (share(overview.window[0]), share(overview.window[1])) if overview.window else None
        days = max(0, (end - now).days)
        spoken = self.words("life", begin=clocks.day(begin), end=clocks.day(end), days=days)
        holder = QWidget()
        box = QVBoxLayout(holder)
        box.setContentsMargins(0, 0, 0, self.theme.pixels(8))
        box.addWidget(Life(self.theme, used=share(now), window=window, spoken=spoken))
        ends = QHBoxLayout()
        ends.addWidget(text(self.words("life.from", day=clocks.day(begin)), "small"))
        if overview.window:
            opens = text(self.words("life.window", day=clocks.day(overview.window[0])), "small")
            opens.setAlignment(Qt.AlignmentFlag.AlignHCenter)
            ends.addWidget(opens, 1)
        to = text(self.words("life.to", day=clocks.day(end)), "small")
        to.setAlignment(Qt.AlignmentFlag.AlignRight)
        ends.addWidget(to)
        box.addLayout(ends)
        return holder

    # What makes sense now

    def _what_to_do(self, overview: Overview, client: ClientPanel) -> QWidget:
        card = Card(self.theme, tight=True)
        offered: list[Action] = []
        for action in (*overview.actions, *client.actions):
            if action not in offered:
                offered.append(action)
        offered = [each for each in offered if each is Action.REMOVE or is_here(_PAGES[each])]
        offered.sort(key=lambda action: action in _GRAVE)  # what can't be undone stands last
        card.add(heading(self.words("do"), "h3"))
        if not offered:
            card.add(text(self.words("do.nothing"), "quiet"))
            return card
        first = next((each for each in offered if each not in _GRAVE), None)
        made = []
        for action in offered:
            tone = "first" if action is first else "grave" if action in _GRAVE else ""
            made.append(
                button(
                    self.words(f"do.{action.value}"),
                    partial(self._do, action, client),
                    tone=tone,
                    name=f"do-{action.value}",
                )
            )
        card.add(row(*made, gap=self.theme.pixels(12)))
        return card

    def _do(self, action: Action, client: ClientPanel) -> None:
        if action is Action.REMOVE:
            ask_to_remove(self, client)
        elif action in _ABOUT_ONE:
            # what this one can't do is meant for the one in use
            self.shell.open(_PAGES[action], panel_id=client.id if action in client.actions else "")
        else:
            self.shell.open(_PAGES[action])

    def _quota(self, overview: Overview) -> list[str]:
        told = [overview.notice] if overview.notice else []
        if overview.revocations_left is not None and not overview.offline:
            told.append(self.words("revocations.left", count=overview.revocations_left))
        return told

    # The slip at the first 憑證作業 (manual M3, 2.2 (1))

    def _ask_slip(self, overview: Overview) -> None:
        if Action.APPLY not in overview.actions or not self.face.asks_slip:
            return
        self.shell.slip_asked = True
        self.shell.run(
            lambda _progress, _cancel: self.core.begin(Kind.APPLY), self._slip, failed=lambda _error: None
        )

    def _slip(self, procedure: Procedure) -> None:
        self._procedure = procedure
        if procedure.next is Proof.SLIP:
            ask_slip(
                self,
                procedure,
                lambda: self._slip_taken(procedure),
            )

    def _slip_taken(self, procedure: Procedure) -> None:
        self.shell.begun = procedure
        self.notice(
            "ok",
            self.words("slip.taken"),
            [self.words("slip.go-on")],
            buttons=[
                button(
                    self.words("do.apply"), lambda: self.shell.open("apply"), tone="slim", name="slip-apply"
                )
            ],
        )


def ask_slip(
    page: Page, procedure: Procedure, taken: Callable[[], object], left: Callable[[], object] | None = None
) -> None:
    """請輸入憑證密碼, 送出, 關閉: the initial secret from the counter; case matters."""
    words = page.words

    def given(typed: str, dialog: PasswordDialog) -> None:
        def accepted(_none: object) -> None:
            dialog.accept()
            taken()

        def refused(trouble: Exception) -> None:
            dialog.wrong(trouble.title if isinstance(trouble, HelperError) else str(trouble))

        page.shell.run(lambda _progress, _cancel: procedure.give_slip(typed), accepted, failed=refused)

    dialog = PasswordDialog(
        page.shell,
        page.theme,
        words,
        title=words("slip.title"),
        label=words("slip.label"),
        sentences=(words("slip.words"),),
        send=words("send"),
        leave=words("close"),
        given=given,
        name="slip",
    )
    if left is not None:
        dialog.rejected.connect(left)
    dialog.open()


def ask_to_remove(page: Page, client: ClientPanel) -> None:
    """移除憑證 asks first and keeps a backup; it never touches a pending key (SPEC A8)."""
    words, shell = page.words, page.shell

    def removed(done: Removed) -> None:
        shell.say(words("remove.done"), [words("remove.kept", path=done.backup)])
        shell.open(page.function)

    shell.say(
        words("remove.title"),
        [words("remove.ask", serial=fact(client.facts, "serial")), words("remove.backup")],
        Choice(words("cancel"), name="remove-cancel"),
        Choice(
            words("do.remove"),
            lambda: shell.run(lambda _progress, _cancel: page.core.remove(client.id), removed),
            "grave",
            "remove-yes",
        ),
        name="remove",
    )
