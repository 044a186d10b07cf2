"""Documents of the centre as text that can be read, selected and scrolled: built block by block, never parsed as markup."""

import re
from collections.abc import Iterable

from PySide6.QtGui import QFont, QTextBlockFormat, QTextCharFormat, QTextCursor, QTextList, QTextListFormat
from PySide6.QtWidgets import QTextBrowser

from certcenter_helper.core.values import Paragraph
from certcenter_helper.window.theme import Theme

_NUMBERED = re.compile(r"[(（]?([一二三四五六七八九十]+|[0-9]{1,2})[、.．)）]")
_LISTS = {"list": QTextListFormat.Style.ListDisc, "steps": QTextListFormat.Style.ListDecimal}


def browser(
    theme: Theme,
    paragraphs: Iterable[Paragraph],
    *,
    height: float | None = None,
    name: str = "",
    title: str = "",
) -> QTextBrowser:
    """A text box with these paragraphs. With `height` (CSS pixels) it scrolls; without one it shows all.

    `title` is what a screen reader calls it.
    """
    box = QTextBrowser()
    box.setAccessibleName(title)
    box.setOpenLinks(False)
    box.setObjectName(name)
    box.setTabChangesFocus(True)
    box.document().setDocumentMargin(theme.pixels(4) if height is not None else 0)
    write(box, theme, paragraphs)
    if height is not None:
        box.setFixedHeight(theme.pixels(height))
    else:
        box.setProperty("part", "plain")
        _show_all(box)
    return box


def write(box: QTextBrowser, theme: Theme, paragraphs: Iterable[Paragraph]) -> None:
    """Put these paragraphs in the place of what is there."""
    box.clear()
    cursor = QTextCursor(box.document())
    first = True
    items: QTextList | None = None
    for paragraph in paragraphs:
        style = None if _numbers_itself(paragraph) else _LISTS.get(paragraph.kind)
        for at, words in enumerate(paragraph.texts):
            if first:
                cursor.setBlockFormat(_block(theme))
            else:
                cursor.insertBlock(_block(theme), QTextCharFormat())
            first = False
            if style is not None and at == 0:
                items = cursor.createList(style)
            elif style is not None and items is not None:
                items.add(cursor.block())
            cursor.insertText(words, _letters(theme, paragraph.kind))
    box.moveCursor(QTextCursor.MoveOperation.Start)


def _numbers_itself(paragraph: Paragraph) -> bool:
    """Whether the words bring their own numbers, as a consent's 一、二、三、 do: a dot before them says nothing more."""
    return all(_NUMBERED.match(each) for each in paragraph.texts)


def _block(theme: Theme) -> QTextBlockFormat:
    block = QTextBlockFormat()
    block.setBottomMargin(theme.pixels(8))
    block.setLineHeight(112, QTextBlockFormat.LineHeightTypes.ProportionalHeight.value)
    return block


def _letters(theme: Theme, kind: str) -> QTextCharFormat:
    letters = QTextCharFormat()
    if kind == "heading":
        letters.setFontWeight(QFont.Weight.DemiBold)
        letters.setFontPointSize(theme.points(18))
    return letters


def _show_all(box: QTextBrowser) -> None:
    """As high as its text, at whatever width."""
    document = box.document()

    def fit() -> None:
        box.setFixedHeight(round(document.size().height()) + 4)

    document.documentLayout().documentSizeChanged.connect(lambda _size: fit())
    fit()
