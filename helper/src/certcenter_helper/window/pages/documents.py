"""公告, 操作說明, 常見問題: the centre's texts (SPEC A14)."""

from __future__ import annotations

from typing import ClassVar

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QPushButton, QSizePolicy, QVBoxLayout, QWidget

from certcenter_helper.core.values import Document
from certcenter_helper.window import clocks
from certcenter_helper.window.pages.base import Page
from certcenter_helper.window.parts.basic import Card, heading, restyle, text
from certcenter_helper.window.parts.prose import browser
from certcenter_helper.window.theme import Theme


class DocumentsPage(Page):
    """All documents of one kind."""

    kind: ClassVar[str]

    def begin(self) -> None:
        """Ask for them."""
        self.shell.run(lambda _progress, _cancel: self.core.documents(self.kind), self._show)

    def _show(self, documents: tuple[Document, ...]) -> None:
        if not documents:
            self.add(text(self.words("documents.none"), "quiet"))
        for document in documents:
            self.box.addWidget(self.shown(document))
        self.box.addStretch(1)

    def shown(self, document: Document) -> QWidget:
        """One document."""
        card = Card(self.theme)
        card.add(heading(document.title, "h2"))
        if self.kind == "announcements" and document.published_at:
            card.add(text(clocks.day(document.published_at), "small"))
        card.add(
            browser(self.theme, document.paragraphs, name=f"document-{document.key}", title=document.title)
        )
        return card


class AnnouncementsPage(DocumentsPage):
    """公告, newest first."""

    function: ClassVar[str] = "announcements"
    heading_key: ClassVar[str] = "announcements"
    kind: ClassVar[str] = "announcements"


class InstructionsPage(DocumentsPage):
    """操作說明."""

    function: ClassVar[str] = "instructions"
    heading_key: ClassVar[str] = "instructions"
    kind: ClassVar[str] = "instructions"


class Ask(QPushButton):
    """A question: a button whose words take as many lines as they need."""

    def __init__(self, theme: Theme, words: str) -> None:
        super().__init__()
        self.setProperty("part", "menu")
        self.setAccessibleName(words)
        self._words = words
        self._label = text(words)
        self._label.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._box = QVBoxLayout(self)
        edge = theme.pixels(8)
        self._box.setContentsMargins(edge, edge, edge, edge)
        self._box.addWidget(self._label)
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def turn(self, *, shown: bool) -> None:
        """Show whether its answer can be seen."""
        self._label.setText(f"{'▾' if shown else '▸'} {self._words}")
        restyle(self, chosen=shown)
        restyle(self._label)

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """As its words need; a button knows nothing of its layout."""
        return self._box.sizeHint()

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Its longest word."""
        return self._box.minimumSize()

    def heightForWidth(self, width: int) -> int:  # noqa: N802 - Qt's name
        """As high as the lines are."""
        return self._box.totalHeightForWidth(width)


class QuestionsPage(DocumentsPage):
    """常見問題: a question opens its answer."""

    function: ClassVar[str] = "faq"
    heading_key: ClassVar[str] = "faq"
    kind: ClassVar[str] = "faq"

    def shown(self, document: Document) -> QWidget:
        """One question; its answer is hidden until it is asked for."""
        card = Card(self.theme, tight=True)
        ask = Ask(self.theme, document.title)
        ask.setObjectName(f"ask-{document.key}")
        answer = browser(
            self.theme, document.paragraphs, name=f"document-{document.key}", title=document.title
        )
        answer.hide()

        def show(*, shown: bool) -> None:
            answer.setVisible(shown)
            ask.turn(shown=shown)
            ask.setAccessibleDescription(self.words("faq.open" if shown else "faq.closed"))

        show(shown=False)
        ask.clicked.connect(lambda _checked=False: show(shown=answer.isHidden()))
        card.add(ask, answer)
        return card
