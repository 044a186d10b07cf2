"""Fields with label, hint and what is wrong with them; passwords, codes, choices."""

from collections.abc import Callable, Sequence
from typing import Final

from PySide6.QtCore import QRegularExpression, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QRegularExpressionValidator, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QButtonGroup,
    QComboBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from certcenter_helper.core.interface import CommandCore
from certcenter_helper.core.values import PasswordRule, SecurityMode
from certcenter_helper.window import icons
from certcenter_helper.window.parts.basic import button, restyle, text
from certcenter_helper.window.parts.spoken import announce
from certcenter_helper.window.theme import Theme
from certcenter_helper.window.words import Words

#: CSS pixels that a field of ordinary length takes.
_FIELD: Final = 384


class Field(QWidget):
    """A label, a hint, what is wrong, and the input itself."""

    def __init__(self, theme: Theme, label: str, control: QWidget, *, hint: str = "", name: str = "") -> None:
        super().__init__()
        self.control = control
        self.hint = text(hint, "hint")
        self.hint.setVisible(bool(hint))
        self.error = text("", "error")
        self.error.hide()
        self._label = label
        named = text(label, "label")
        named.setBuddy(control)
        control.setAccessibleName(label)
        control.setAccessibleDescription(hint)
        if isinstance(control, PasswordLine):
            control.eye.setAccessibleDescription(label)  # which of them
        if name:
            control.setObjectName(name)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(theme.pixels(4))
        for widget in (named, self.hint, self.error, control):
            box.addWidget(widget)

    def wrong(self, sentence: str) -> None:
        """Say what is wrong; an empty sentence: nothing is."""
        self.error.setText(sentence)
        self.error.setVisible(bool(sentence))
        self.hint.setVisible(bool(self.hint.text()) and sentence != self.hint.text())
        self.control.setAccessibleDescription(sentence or self.hint.text())
        restyle(self.control, wrong=bool(sentence))
        if sentence:
            announce(self.control, sentence, urgent=True)  # it may have the focus already
            self.control.setFocus(Qt.FocusReason.OtherFocusReason)


def line(theme: Theme, *, short: bool = False, most: int = 128) -> QLineEdit:
    """A line to type in."""
    edit = QLineEdit()
    edit.setMaxLength(most)
    edit.setMaximumWidth(theme.pixels(_FIELD / 2 if short else _FIELD))
    return edit


def choice(theme: Theme) -> QComboBox:
    """A list to choose from."""
    made = QComboBox()
    made.setMinimumWidth(theme.pixels(_FIELD / 2))
    made.setMaximumWidth(theme.pixels(_FIELD))
    made.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
    return made


class Eye(QPushButton):
    """At the end of a password's line: shows what is hidden. Tab comes to it after its line."""

    def __init__(self, theme: Theme, words: Words, edit: QLineEdit) -> None:
        super().__init__(edit)
        self._words, self._edit = words, edit
        size, ink = theme.pixels(18), theme.tokens.ink_2
        self._pictures = {
            shown: icons.icon("eye-shut" if shown else "eye", ink, size) for shown in (False, True)
        }
        self.setIconSize(QSize(size, size))
        self.setProperty("tone", "eye")
        self.setAutoDefault(False)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # a click leaves the focus in the line
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.clicked.connect(self._turn)
        self._show(shown=False)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Space and Enter press it. What else is typed is not meant for the line, whose child this is; Escape is the box's."""
        if event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
            self.click()
        else:
            super().keyPressEvent(event)
        event.setAccepted(event.key() != Qt.Key.Key_Escape)

    def _turn(self) -> None:
        self._show(shown=self._edit.echoMode() == QLineEdit.EchoMode.Password)

    def _show(self, *, shown: bool) -> None:
        self._edit.setEchoMode(QLineEdit.EchoMode.Normal if shown else QLineEdit.EchoMode.Password)
        told = self._words("password.hide" if shown else "password.show")
        self.setIcon(self._pictures[shown])
        self.setAccessibleName(told)
        self.setToolTip(told)


class PasswordLine(QLineEdit):
    """A line that hides what is typed, with an eye at its end."""

    def __init__(self, theme: Theme, words: Words) -> None:
        super().__init__()
        self.setInputMethodHints(Qt.InputMethodHint.ImhSensitiveData | Qt.InputMethodHint.ImhNoPredictiveText)
        self._edge = theme.pixels(4)
        self.eye = Eye(theme, words, self)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """The eye is a square at the end; no letter stands below it."""
        side = self.height() - 2 * self._edge
        self.eye.setGeometry(self.width() - self._edge - side, self._edge, side, side)
        self.setTextMargins(0, 0, side, 0)
        super().resizeEvent(event)


def password_line(theme: Theme, words: Words) -> PasswordLine:
    """A line for a password."""
    edit = PasswordLine(theme, words)
    edit.setMaxLength(64)
    edit.setMaximumWidth(theme.pixels(_FIELD))
    return edit


def code_line(theme: Theme, digits: int) -> QLineEdit:
    """A line for a verification code; full-width digits are digits (SPEC F3)."""
    edit = QLineEdit()
    edit.setProperty("part", "code")
    edit.setMaxLength(digits)
    edit.setValidator(QRegularExpressionValidator(QRegularExpression("[0-9\uff10-\uff19]*"), edit))
    edit.setInputMethodHints(Qt.InputMethodHint.ImhDigitsOnly)
    edit.setFixedWidth(theme.pixels(36 + 15 * digits + 24))
    return edit


class NewPassword(QWidget):
    """A new password, typed twice, with its rules told while it is typed."""

    changed = Signal()

    def __init__(
        self, theme: Theme, words: Words, rule: PasswordRule, *, labels: tuple[str, str] = ("", "")
    ) -> None:
        super().__init__()
        self._words = words
        self._rule = rule
        first, second = labels[0] or words("password.new"), labels[1] or words("password.again")
        hint = rule.text
        if not rule.max_length and words.has("password.hint"):
            hint = words("password.hint", least=words.number(rule.min_length))
        self.first = Field(theme, first, password_line(theme, words), hint=hint, name="new-password")
        self.second = Field(theme, second, password_line(theme, words), name="new-password-again")
        self.rules = [text("", "small") for _ in range(3)]
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(theme.pixels(12))
        told = QVBoxLayout()
        told.setSpacing(0)
        for label in self.rules:
            told.addWidget(label)
        box.addWidget(self.first)
        box.addLayout(told)
        box.addWidget(self.second)
        for field in (self.first, self.second):
            self._edit(field).textChanged.connect(self._look)
        self._look()

    @property
    def value(self) -> str:
        """What was typed, if it keeps the rules and both are the same; else empty."""
        return self._edit(self.first).text() if all(self._kept()) else ""

    def complain(self) -> bool:
        """Say what is wrong, if anything is; returns whether all is well."""
        short, letters, same = self._kept()
        self.first.wrong("" if short and letters else self._rule.text)
        if short and letters:
            self.second.wrong("" if same else self._words("password.differs"))
        return short and letters and same

    def clear(self) -> None:
        """Forget what was typed."""
        for field in (self.first, self.second):
            self._edit(field).clear()

    def _edit(self, field: Field) -> QLineEdit:
        edit = field.control
        assert isinstance(edit, QLineEdit)
        return edit

    def _kept(self) -> tuple[bool, bool, bool]:
        one, other = (self._edit(field).text() for field in (self.first, self.second))
        most = self._rule.max_length or len(one)
        return (
            self._rule.min_length <= len(one) <= most,
            bool(one) and one.isascii() and one.isalnum(),
            bool(one) and one == other,
        )

    def _look(self) -> None:
        rule, words = self._rule, self._words
        length = (
            words("password.rule.length", least=rule.min_length, most=rule.max_length)
            if rule.max_length
            else words("password.rule.least", least=rule.min_length)
        )
        sentences = (length, words("password.rule.letters"), words("password.rule.same"))
        for label, kept, sentence in zip(self.rules, self._kept(), sentences, strict=True):
            label.setText(f"{'✓' if kept else '○'} {sentence}")
        self.changed.emit()


class SecurityChoice(QFrame):
    """The security settings in the words of policy, with their numbers (SPEC A11; M3 9: 1. 每次下單均詢問憑證密碼)."""

    def __init__(
        self,
        theme: Theme,
        words: Words,
        core: CommandCore,
        chosen: SecurityMode | None = None,
        *,
        explained: bool = False,
    ) -> None:
        super().__init__()
        self._group = QButtonGroup(self)
        self._modes: dict[int, SecurityMode] = {}
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(theme.pixels(2))
        asked = words("security.choose" if explained else "security.step")
        self.setAccessibleName(asked)
        box.addWidget(text(asked, "label"))
        for at, setting in enumerate(core.security_choices):
            label = f"{setting.mode.value}. {setting.label}"
            radio = QRadioButton()
            radio.setObjectName(f"security-{setting.mode.value}")
            radio.setAccessibleName(label)
            radio.setAccessibleDescription(setting.explained if explained else "")
            radio.setChecked(setting.mode is (chosen or core.default_security))
            self._group.addButton(radio, at)
            self._modes[at] = setting.mode
            told = [text(label), *([text(setting.explained, "hint")] if explained else [])]
            box.addLayout(beside(radio, told))
        if core.security_note and not explained:  # there the page itself says from when it holds
            box.addWidget(text(core.security_note, "hint"))

    @property
    def value(self) -> SecurityMode | None:
        """What is chosen."""
        return self._modes.get(self._group.checkedId())


def beside(choice: QAbstractButton, told: Sequence[QLabel]) -> QHBoxLayout:
    """A choice or a tick whose words may take several lines, and which can be chosen by its words."""
    across, down = QHBoxLayout(), QVBoxLayout()
    across.addWidget(choice, 0, Qt.AlignmentFlag.AlignTop)
    across.addLayout(down, 1)
    down.setSpacing(0)
    for label in told:
        label.mousePressEvent = lambda _event: choice.click()  # type: ignore[method-assign]  # Qt has no signal for it
        down.addWidget(label)
    told[0].setMinimumHeight(choice.sizeHint().height())
    return across


class PathField(Field):
    """A folder or a file with 瀏覽."""

    def __init__(
        self,
        theme: Theme,
        words: Words,
        label: str,
        *,
        hint: str = "",
        name: str,
        choose: Callable[[str], str],
    ) -> None:
        self.edit = line(theme, most=4096)
        self.edit.setMaximumWidth(theme.pixels(560))
        super().__init__(theme, label, self.edit, hint=hint, name=name)
        self._choose = choose
        self.browse = button(words("browse"), self._open, tone="slim", name=f"{name}-browse")
        self.browse.setAccessibleName(f"{words('browse')}{words.colon()}{label}")
        layout = self.layout()
        assert isinstance(layout, QVBoxLayout)
        layout.removeWidget(self.edit)
        across = QHBoxLayout()
        across.addWidget(self.edit, 1)
        across.addWidget(self.browse)
        across.addStretch(0)
        layout.addLayout(across)

    def _open(self) -> None:
        if chosen := self._choose(self.edit.text()):
            self.edit.setText(chosen)


def on_enter(action: Callable[[], object], *fields: Field) -> None:
    """Enter in any of these does what the page's first button does."""
    for field in fields:
        if isinstance(field.control, QLineEdit):
            field.control.returnPressed.connect(action)


def value_of(field: Field) -> str:
    """What stands in a field's line."""
    edit = field.control
    assert isinstance(edit, QLineEdit)
    return edit.text()


def tell(label: QLabel, words: str) -> None:
    """Change words, and hide the label where there are none."""
    label.setText(words)
    label.setVisible(bool(words))
