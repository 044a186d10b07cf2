"""The window's frame: the house on top, the menu on the left, one page beside it, whom to call below."""

from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QEvent, QObject, QSize, Qt, QTimer
from PySide6.QtGui import QFontMetrics, QIcon, QKeyEvent, QKeySequence, QResizeEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from certcenter_helper.window import clocks, icons
from certcenter_helper.window.house import Entry, Face
from certcenter_helper.window.parts.basic import button, empty, restyle, rule
from certcenter_helper.window.theme import Theme
from certcenter_helper.window.words import Words

_MENU: Final = 232
_WIDEST: Final = 340
_RAIL: Final = 60
_CONTENT: Final = 940
#: Below this width the house's mark and its centre's name are left out.
_NARROW: Final = 860
#: Below this one the menu is a rail of pictures. At 150 % a window of 1180 pixels still has its words.
_RAIL_BELOW: Final = 740
#: So many entries are chosen by Ctrl and their number.
_NUMBERED: Final = 9
#: Before these the menu has a line: what one reads, and how one leaves.
_PARTED: Final = frozenset({"environment-check", "logout", "close"})


class Top(QFrame):
    """The house's name, the mark of a test, offline, the clock, who is here, the other language."""

    def __init__(self, theme: Theme, words: Words, *, speak: Callable[[], object]) -> None:
        super().__init__()
        self.setProperty("part", "top")
        self._theme, self._words = theme, words
        self.mark = QLabel()
        self.brand = _label("brand")
        self.centre = _label("quiet")
        self.trial = _label("trial", words("trial"))
        self.trial.setObjectName("trial")
        self.offline = _label("offline", words("offline.mark"))
        self.offline.setObjectName("offline")
        self.clock = _label("quiet")
        self.clock.setObjectName("clock")
        self.who = _label("quiet")
        self.who.setObjectName("who")
        language = button(words("language.other"), speak, tone="link", name="language")
        language.setIcon(icons.icon("language", theme.tokens.accent, theme.pixels(18)))
        self._across = across = QHBoxLayout(self)
        across.setContentsMargins(*(theme.pixels(each) for each in (24, 8, 24, 8)))
        across.setSpacing(theme.pixels(12))
        for label in (self.mark, self.brand, self.centre, self.trial, self.offline):
            across.addWidget(label)
        across.addStretch(1)
        for widget in (self.clock, self.who, language):
            across.addWidget(widget)
        self.offline.hide()
        self._ticking = QTimer(self)
        self._ticking.timeout.connect(self.tick)

    def wear(self, face: Face) -> None:
        """Show this house."""
        theme = self._theme
        size = theme.pixels(32)
        self.mark.setPixmap(
            icons.house_mark(
                face.mark or "憑",
                theme.tokens.accent,
                theme.tokens.accent_ink,
                size,
                theme.font(17, bold=True),
            )
        )
        self.brand.setText(face.name or self._words("product"))
        self.centre.setText(face.centre_name)
        self.trial.setVisible(face.test_environment)
        self.clock.setVisible(face.profile == "pfxdir")
        if face.profile == "pfxdir":
            self.tick()
            self._ticking.start(1000)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """What others say too is left out where there is no room."""
        is_narrow = event.size().width() < self._theme.pixels(_NARROW)
        self.centre.setVisible(not is_narrow)
        self.mark.setVisible(not is_narrow)
        super().resizeEvent(event)
        if not self.clock.isHidden():
            self.tick()

    def tick(self) -> None:
        """現在時間 in the calendar of the Republic, as manual M3 shows it; the time alone where there is no room."""
        now = clocks.roc_now()
        named = self._words("clock", now=now)
        self.clock.setAccessibleName(named)
        self.clock.setText(named)
        if self._across.sizeHint().width() > self.width():
            self.clock.setText(now)


class Menu(QFrame):
    """The functions, in the policy's order and words."""

    def __init__(self, theme: Theme, words: Words, *, chosen: Callable[[str], object]) -> None:
        super().__init__()
        self.setProperty("part", "ground")
        self.setAccessibleName(words("menu"))
        self._theme, self._words = theme, words
        self._chosen = chosen
        self.entries: dict[str, QPushButton] = {}
        self._shown: tuple[Entry, ...] = ()
        self._box = QVBoxLayout(self)
        self._box.setContentsMargins(0, 0, 0, 0)
        self._box.setSpacing(theme.pixels(2))
        self._width = theme.pixels(_MENU)

    def show_entries(self, entries: tuple[Entry, ...]) -> None:
        """Fill the menu; what is there already stays, and its place in the order of Tab with it."""
        if entries == self._shown:
            return
        self._shown = entries
        empty(self._box)
        self.entries.clear()
        for number, entry in enumerate(entries):
            if entry.function in _PARTED and number:
                self._box.addSpacing(self._theme.pixels(6))
                self._box.addWidget(rule())
                self._box.addSpacing(self._theme.pixels(6))
            self._box.addWidget(self._entry(entry))
        self._box.addStretch(1)
        self._width = min(max(self._widest(), self._theme.pixels(_MENU)), self._theme.pixels(_WIDEST))

    def _widest(self) -> int:
        """Room for each entry in the letters of the chosen one, which are bold."""
        theme = self._theme
        letters = QFontMetrics(theme.font(bold=True))
        longest = max(
            (letters.horizontalAdvance(each.accessibleName()) for each in self.entries.values()), default=0
        )
        return longest + theme.pixels(20) + theme.pixels(44)  # the picture, then edges and gaps

    def narrow(self, *, is_narrow: bool) -> int:
        """Pictures alone, the words as tooltips, where the window has no room for both; returns the width."""
        width = self._theme.pixels(_RAIL) if is_narrow else self._width
        self.setFixedWidth(width)
        for entry in self.entries.values():
            shortcut = entry.shortcut()
            entry.setText("" if is_narrow else entry.accessibleName())
            entry.setShortcut(shortcut)  # Qt forgets it with the words
            keys = shortcut.toString(QKeySequence.SequenceFormat.NativeText)
            told = [entry.accessibleName()] if is_narrow else []
            entry.setToolTip("  ".join([*told, keys] if keys else told))
        return width

    def mark(self, function: str) -> None:
        """Show which page is open; a page that no entry opens belongs to 憑證查詢及申請, which offers it."""
        shown = function if function in self.entries else "overview"
        for name, entry in self.entries.items():
            if entry.property("chosen") is not (name == shown):
                restyle(entry, chosen=name == shown)
                entry.setIcon(self._icon(name))
                self._describe(name)

    def _entry(self, entry: Entry) -> QPushButton:
        theme = self._theme
        made = QPushButton(entry.label)
        made.setProperty("part", "menu")
        made.setObjectName(f"menu-{entry.function}")
        made.setAccessibleName(entry.label)
        size = theme.pixels(20)
        made.setIconSize(QSize(size, size))
        made.setCursor(Qt.CursorShape.PointingHandCursor)
        made.clicked.connect(lambda _checked=False: self._chosen(entry.function))
        if len(self.entries) < _NUMBERED:
            made.setShortcut(QKeySequence(f"Ctrl+{len(self.entries) + 1}"))
        made.installEventFilter(self)
        self.entries[entry.function] = made
        made.setIcon(self._icon(entry.function))
        return made

    def _icon(self, function: str) -> QIcon:
        tokens, chosen = self._theme.tokens, self.entries[function].property("chosen")
        colour = tokens.accent if chosen else tokens.ink_2
        return icons.icon(function, colour, self._theme.pixels(20), faint=tokens.line_2)

    def _describe(self, function: str) -> None:
        """For screen readers: a button, not a box to tick; which page is open is said beside its keys."""
        entry = self.entries[function]
        keys = entry.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
        here = self._words("menu.here") if entry.property("chosen") else ""
        entry.setAccessibleDescription("  ".join(filter(None, (here, keys))))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """Arrow keys go up and down the menu."""
        if isinstance(event, QKeyEvent) and event.type() is QEvent.Type.KeyPress:
            step = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}.get(Qt.Key(event.key()))
            if step is not None:
                usable = [each for each in self.entries.values() if each.isEnabled()]
                at = next((number for number, each in enumerate(usable) if each is watched), 0)
                usable[(at + step) % len(usable)].setFocus(Qt.FocusReason.TabFocusReason)
                return True
        return super().eventFilter(watched, event)


class Foot(QFrame):
    """Whom to call, and which version this is."""

    def __init__(self, theme: Theme, words: Words, version: str) -> None:
        super().__init__()
        self.setProperty("part", "foot")
        self._words = words
        self._help = _label("small")
        self._help.setWordWrap(True)
        self._across = across = QHBoxLayout(self)
        across.setContentsMargins(*(theme.pixels(each) for each in (24, 8, 24, 8)))
        across.addWidget(self._help, 1)
        across.addWidget(_label("small", words("version", version=version)))

    def wear(self, face: Face) -> None:
        """Show this house's lines."""
        colon = self._words.colon()
        told = [f"{label}{colon}{phone}" for label, phone in face.lines]
        self._help.setText("    ".join((*told, face.hours)) if told else "")


class Body(QWidget):
    """A menu and a page beside it, in a frame that scrolls where the window is small."""

    def __init__(self, theme: Theme, menu: Menu) -> None:
        super().__init__()
        self.setProperty("part", "ground")
        self.page: QWidget | None = None
        self._theme, self._menu = theme, menu
        self.menu_scroll = scroll(menu)
        self.menu_scroll.setFixedWidth(theme.pixels(_MENU + 12))
        self._holder = QWidget()
        self._holder.setProperty("part", "ground")
        self._inner = QVBoxLayout(self._holder)
        self._inner.setContentsMargins(theme.pixels(4), 0, theme.pixels(16), theme.pixels(24))
        self.busy = QProgressBar()
        self.busy.setRange(0, 0)
        self.busy.setTextVisible(False)
        self.busy.setProperty("part", "busy")
        policy = self.busy.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self.busy.setSizePolicy(policy)
        self.busy.hide()
        self._most = theme.pixels(_CONTENT)
        self.area = scroll(self._holder)
        side = QVBoxLayout()
        side.setSpacing(0)
        side.addWidget(self.busy)
        side.addWidget(self.area, 1)
        across = QHBoxLayout(self)
        across.setContentsMargins(theme.pixels(20), theme.pixels(20), theme.pixels(8), 0)
        across.setSpacing(theme.pixels(24))
        across.addWidget(self.menu_scroll)
        across.addLayout(side, 1)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """Room for the menu's words?"""
        self.fit()
        super().resizeEvent(event)

    def fit(self) -> None:
        """Give menu and page their widths."""
        is_narrow = self.width() < self._theme.pixels(_RAIL_BELOW)
        self.menu_scroll.setFixedWidth(self._menu.narrow(is_narrow=is_narrow) + self._theme.pixels(12))

    def show_page(self, page: QWidget) -> None:
        """Put this page in the place of the one before."""
        empty(self._inner)
        page.setMaximumWidth(self._most)
        page.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        self._inner.addWidget(page)
        self._inner.addStretch(1)
        self.page = page
        self.area.verticalScrollBar().setValue(0)


def _label(part: str, words: str = "") -> QLabel:
    label = QLabel(words)
    label.setTextFormat(Qt.TextFormat.PlainText)
    restyle(label, part=part)
    return label


def scroll(inner: QWidget) -> QScrollArea:
    """A frame in which a widget scrolls where it has no room."""
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    area.setWidget(inner)
    return area
