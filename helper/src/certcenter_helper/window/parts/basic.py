"""Texts, cards, facts, pills, notices, buttons."""

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPaintEvent, QResizeEvent, QTextOption
from PySide6.QtWidgets import (
    QCheckBox,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLayout,
    QPushButton,
    QSizePolicy,
    QTextEdit,
    QVBoxLayout,
    QWidget,
)

from certcenter_helper.window import icons
from certcenter_helper.window.parts.flow import Flow
from certcenter_helper.window.theme import Theme

TONES: Final = ("ok", "warn", "bad", "info")
#: Facts whose values have no place to break.
_LONG: Final = frozenset({"serial", "path", "file"})
#: A status differs by its shape too, for eyes that see no colour.
_SHAPES: Final = {"warn": "◆", "bad": "■"}


def text(words: str, part: str = "", *, selectable: bool = False) -> QLabel:
    """Words that wrap; plain text always: nothing that a server says is read as markup."""
    label = QLabel(words)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(True)
    if part:
        label.setProperty("part", part)
    if selectable:
        flags = Qt.TextInteractionFlag
        label.setTextInteractionFlags(flags.TextSelectableByMouse | flags.TextSelectableByKeyboard)
    return label


def heading(words: str, part: str = "h1") -> QLabel:
    """A heading."""
    label = text(words, part)
    label.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
    return label


def button(words: str, pressed: Callable[[], object], *, tone: str = "", name: str = "") -> QPushButton:
    """A button; `tone` is `first`, `grave`, `slim` or `link`; `name` is what tests and programs know it by."""
    made = QPushButton(words)
    made.setCursor(Qt.CursorShape.PointingHandCursor)
    made.setAutoDefault(False)
    made.setAccessibleName(words)
    if tone:
        made.setProperty("tone", tone)
    if name:
        made.setObjectName(name)
    made.clicked.connect(lambda _checked=False: pressed())
    return made


def row(*widgets: QWidget, gap: int = 12) -> QWidget:
    """Widgets side by side, broken into lines where it is narrow."""
    holder = QWidget()
    flow = Flow(holder, gap=gap)
    for widget in widgets:
        flow.addWidget(widget)
    policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
    policy.setHeightForWidth(True)
    holder.setSizePolicy(policy)
    return holder


def rule() -> QFrame:
    """A thin line across."""
    line = QFrame()
    line.setProperty("part", "rule")
    return line


def upright() -> QFrame:
    """A thin line down."""
    line = QFrame()
    line.setProperty("part", "upright")
    return line


class Card(QFrame):
    """One thing on paper. Add to it by `add`."""

    def __init__(self, theme: Theme, *, tight: bool = False) -> None:
        super().__init__()
        self.setProperty("part", "card")
        self.box = QVBoxLayout(self)
        edge = theme.pixels(16 if tight else 24)
        self.box.setContentsMargins(edge, edge, edge, edge)
        self.box.setSpacing(theme.pixels(12))

    def add(self, *widgets: QWidget | QLayout) -> None:
        """Put these below what is there."""
        for each in widgets:
            if isinstance(each, QLayout):
                self.box.addLayout(each)
            elif isinstance(each, QCheckBox):
                self.box.addWidget(each, 0, Qt.AlignmentFlag.AlignLeft)  # the focus ring goes round its words
            else:
                self.box.addWidget(each)


class Facts(QWidget):
    """Names and values in two columns."""

    def __init__(self, theme: Theme, rows: Iterable[tuple[str, str, str]] = ()) -> None:
        super().__init__()
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(theme.pixels(16))
        self._grid.setVerticalSpacing(theme.pixels(8))
        self._grid.setColumnStretch(1, 1)
        for name, value, key in rows:
            self.add(name, value, key)

    def add(self, name: str, value: str, key: str = "") -> None:
        """One more fact; `key` is what tests and programs know it by."""
        at = self._grid.rowCount()
        term = text(name, "term")
        term.setWordWrap(False)
        told = Unbroken(value) if key in _LONG and value else text(value, selectable=True)
        told.setAccessibleName(f"{name} {value}")
        told.setObjectName(f"fact-{key}" if key else "")
        self._grid.addWidget(term, at, 0, Qt.AlignmentFlag.AlignTop)
        self._grid.addWidget(told, at, 1)


class Unbroken(QTextEdit):
    """A long value without a place to break, such as a serial number or a path: it breaks anywhere and can be copied."""

    def __init__(self, value: str) -> None:
        super().__init__()
        self.setProperty("part", "unbroken")
        self.setReadOnly(True)
        self.setPlainText(value)
        self.setTabChangesFocus(True)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.setWordWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.document().setDocumentMargin(0)
        self.document().documentLayout().documentSizeChanged.connect(lambda _size: self._fit())
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def text(self) -> str:
        """The value."""
        return self.toPlainText()

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """One line, until it is known how many it takes."""
        return QSize(super().sizeHint().width(), self.fontMetrics().lineSpacing() + 2)

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """A few letters."""
        return QSize(self.fontMetrics().averageCharWidth() * 8, self.sizeHint().height())

    def _fit(self) -> None:
        height = math.ceil(self.document().size().height()) + 2
        if height != self.height():
            self.setFixedHeight(height)


class Pair(QWidget):
    """Two widgets side by side, or one above the other where it is narrow."""

    def __init__(self, theme: Theme, one: QWidget, other: QWidget) -> None:
        super().__init__()
        self._least = theme.pixels(660)
        self._parts = (one, other)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(theme.pixels(32))
        self._grid.setVerticalSpacing(theme.pixels(24))
        self._wide: bool | None = None
        self._arrange(wide=True)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """Side by side or not?"""
        self._arrange(wide=event.size().width() >= self._least)
        super().resizeEvent(event)

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Narrow enough to be stacked."""
        hints = [each.minimumSizeHint().width() for each in self._parts]
        return QSize(max(hints), super().minimumSizeHint().height())

    def _arrange(self, *, wide: bool) -> None:
        if wide is self._wide:
            return
        self._wide = wide
        for at, part in enumerate(self._parts):
            self._grid.removeWidget(part)
            where = (0, at) if wide else (at, 0)
            self._grid.addWidget(part, *where, Qt.AlignmentFlag.AlignTop)
        for column in (0, 1):
            self._grid.setColumnStretch(column, 1 if wide or not column else 0)


class Pill(QLabel):
    """A status: the word, and a colour that only repeats it. One line where there is room, else as many as it needs."""

    def __init__(self, theme: Theme, words: str, tone: str) -> None:
        super().__init__(f"{_SHAPES.get(tone, '●')} {words}")
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWordWrap(True)
        self.setProperty("part", "pill")
        self.setProperty("tone", tone)
        self.setAccessibleName(words)
        self._edges = QSize(theme.pixels(12) * 2, theme.pixels(3) * 2)
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """In one line, with the style sheet's edges."""
        self.ensurePolished()
        letters = self.fontMetrics()
        indent = QSize(letters.horizontalAdvance("x"), 0)  # Qt's own, where a label has a frame
        return letters.size(Qt.TextFlag.TextSingleLine, self.text()) + self._edges + indent


def pill(theme: Theme, words: str, tone: str) -> QLabel:
    """A status as a coloured word."""
    return Pill(theme, words, tone)


class Notice(QFrame):
    """A sentence with a coloured edge and a picture: `info`, `ok`, `warn` or `bad`; `spoken` says the same in a word."""

    def __init__(
        self,
        theme: Theme,
        tone: str,
        title: str,
        sentences: Sequence[str] = (),
        *,
        spoken: str = "",
        buttons: Sequence[QPushButton] = (),
    ) -> None:
        super().__init__()
        self.setProperty("part", "notice")
        self.setProperty("tone", tone)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus if tone == "bad" else Qt.FocusPolicy.NoFocus)
        self.setAccessibleName(" ".join(filter(None, (spoken, title, *sentences))))
        tokens = theme.tokens
        colour = {"ok": tokens.ok, "warn": tokens.warn, "bad": tokens.bad}.get(tone, tokens.ink_2)
        picture = QLabel()
        picture.setAccessibleName(spoken)
        size = theme.pixels(22)
        picture.setPixmap(icons.pixmap(tone if tone in TONES else "info", colour, size))
        side = QVBoxLayout()
        side.setSpacing(theme.pixels(4))
        if title:
            side.addWidget(text(title, "h3", selectable=True))
        for sentence in sentences:
            side.addWidget(text(sentence, selectable=True))
        if buttons:
            side.addSpacing(theme.pixels(6))
            side.addWidget(row(*buttons, gap=theme.pixels(8)))
        across = QHBoxLayout(self)
        edge = theme.pixels(14)
        across.setContentsMargins(edge, edge, edge, edge)
        across.setSpacing(theme.pixels(12))
        across.addWidget(picture, 0, Qt.AlignmentFlag.AlignTop)
        across.addLayout(side, 1)


class Life(QWidget):
    """A certificate's year as a line: what is over, and when it can be renewed. Shares run from 0 to 1."""

    def __init__(self, theme: Theme, *, used: float, window: tuple[float, float] | None, spoken: str) -> None:
        super().__init__()
        self._theme = theme
        self._used = min(1.0, max(0.0, used))
        self._window = window
        self.setFixedHeight(theme.pixels(14))
        self.setAccessibleName(spoken)

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Draw the line."""
        tokens = self._theme.tokens
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        whole = QRectF(self.rect())
        shape = QPainterPath()
        shape.addRoundedRect(whole, whole.height() / 2, whole.height() / 2)
        painter.setClipPath(shape)
        painter.fillRect(whole, QColor(tokens.sunk))
        painter.fillRect(QRectF(0, 0, whole.width() * self._used, whole.height()), QColor(tokens.accent))
        if self._window:
            begin, end = (min(1.0, max(0.0, share)) for share in self._window)
            stripe = QRectF(
                whole.width() * begin, whole.height() * 0.6, whole.width() * (end - begin), whole.height()
            )
            painter.fillRect(stripe, QColor(tokens.mark))
        painter.end()


def restyle(widget: QWidget, **properties: object) -> None:
    """Set dynamic properties and have the style sheet look again."""
    for name, value in properties.items():
        widget.setProperty(name, value)
    widget.style().unpolish(widget)
    widget.style().polish(widget)


def empty(layout: QLayout) -> None:
    """Remove everything from a layout."""
    while (item := layout.takeAt(0)) is not None:
        if (widget := item.widget()) is not None:
            widget.hide()
            widget.setParent(None)
            widget.deleteLater()
        elif (inner := item.layout()) is not None:
            empty(inner)
