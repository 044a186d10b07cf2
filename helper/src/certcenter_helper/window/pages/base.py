"""What all pages have: a heading, a place for notices, and the shell to ask."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QFrame, QLayout, QPushButton, QVBoxLayout, QWidget

from certcenter_helper.core.errors import HelperError
from certcenter_helper.window.parts.basic import Card, Notice, button, empty, heading
from certcenter_helper.window.parts.spoken import announce

if TYPE_CHECKING:
    from certcenter_helper.window.shell import Shell


class Page(QFrame):
    """One page. `begin` is called once it is on the screen."""

    heading_key: ClassVar[str] = ""
    function: ClassVar[str] = ""

    def __init__(self, shell: Shell) -> None:
        super().__init__()
        self.setProperty("part", "ground")
        self.setObjectName(f"page-{self.function}")
        self.shell = shell
        self.words = shell.words
        self.theme = shell.theme
        self.core = shell.core
        self.face = shell.face
        self.box = QVBoxLayout(self)
        self.box.setContentsMargins(0, 0, 0, 0)
        self.box.setSpacing(self.theme.pixels(16))
        if title := self.title():
            self.setAccessibleName(title)
            self.box.addWidget(heading(title))
        self._notices = QVBoxLayout()
        self.box.addLayout(self._notices)

    def title(self) -> str:
        """The heading: the menu's own words where the menu has this page."""
        for entry in self.face.menu:
            if entry.function == self.function:
                return entry.label
        return self.words(self.heading_key) if self.heading_key else ""

    def begin(self) -> None:
        """The page is on the screen: ask for what it shows."""

    def leave(self) -> None:
        """Another page is opened: let go of what this one holds."""

    def add(self, *parts: QWidget | QLayout) -> None:
        """Put these below what is there."""
        for part in parts:
            if isinstance(part, QLayout):
                self.box.addLayout(part)
            else:
                self.box.addWidget(part)

    def card(self, *parts: QWidget | QLayout, tight: bool = False) -> Card:
        """A card with these in it, below what is there."""
        made = Card(self.theme, tight=tight)
        made.add(*parts)
        self.box.addWidget(made)
        return made

    def cancel_button(self) -> QPushButton:
        """取消: back to the overview."""
        return button(self.words("cancel"), lambda: self.shell.open("overview"), name="leave")

    def notice(
        self, tone: str, title: str, sentences: Sequence[str] = (), *, buttons: Sequence[QPushButton] = ()
    ) -> Notice:
        """Say something on top of the page, in the place of what was said before; screen readers say it, too."""
        said = self._put(tone, title, sentences, buttons)
        announce(said, said.accessibleName(), urgent=tone == "bad")
        return said

    def _put(self, tone: str, title: str, sentences: Sequence[str], buttons: Sequence[QPushButton]) -> Notice:
        empty(self._notices)
        told = [each for each in sentences if each]
        said = Notice(self.theme, tone, title, told, spoken=self.words(f"tone.{tone}"), buttons=buttons)
        said.setObjectName("notice")
        self._notices.addWidget(said)
        QTimer.singleShot(0, said, lambda: self.shell.body.area.ensureWidgetVisible(said))
        return said

    def quiet(self) -> None:
        """Take back what was said."""
        empty(self._notices)

    def trouble(self, trouble: Exception) -> None:
        """Say a trouble: what happened, what is safe, what to do next, and what to tell the help desk."""
        title, sentences = told(trouble, self)
        self._put("bad", title, sentences, ()).setFocus(Qt.FocusReason.OtherFocusReason)  # which says it


def told(trouble: Exception, page: Page) -> tuple[str, list[str]]:
    """A trouble as a title and sentences."""
    words = page.words
    if not isinstance(trouble, HelperError):
        return words("trouble.unknown"), [
            f"{type(trouble).__name__}{words.colon()}{trouble}",
            words("trouble.help"),
        ]
    sentences = [trouble.detail, trouble.kept, trouble.advice]
    if trouble.reference:
        sentences.append(words("reference", reference=trouble.reference))
    return trouble.title, [each for each in sentences if each]
