"""公告, 操作說明, 常見問題: the centre's texts (SPEC A14)."""

from __future__ import annotations

from typing import ClassVar

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QPushButton, QWidget

from certcenter_helper.core.values import Document
from certcenter_helper.window import clocks
from certcenter_helper.window.pages.base import Page
from certcenter_helper.window.parts.basic import Card, heading, restyle, text
from certcenter_helper.window.parts.prose import browser


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


class QuestionsPage(DocumentsPage):
    """常見問題: a question opens its answer."""

    function: ClassVar[str] = "faq"
    heading_key: ClassVar[str] = "faq"
    kind: ClassVar[str] = "faq"

    def shown(self, document: Document) -> QWidget:
        """One question; its answer is hidden until it is asked for."""
        card = Card(self.theme, tight=True)
        ask = QPushButton(f"▸ {document.title}")
        ask.setProperty("part", "menu")
        ask.setIconSize(QSize(0, 0))
        ask.setObjectName(f"ask-{document.key}")
        ask.setAccessibleName(document.title)
        answer = browser(
            self.theme, document.paragraphs, name=f"document-{document.key}", title=document.title
        )
        answer.hide()

        def show(*, shown: bool) -> None:
            answer.setVisible(shown)
            ask.setText(f"{'▾' if shown else '▸'} {document.title}")
            ask.setAccessibleDescription(self.words("faq.open" if shown else "faq.closed"))
            restyle(ask, chosen=shown)

        show(shown=False)
        ask.clicked.connect(lambda _checked=False: show(shown=answer.isHidden()))
        card.add(ask, answer)
        return card
