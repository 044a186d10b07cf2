"""Small windows over the window: messages, questions, passwords, progress. None of them stops the event loop."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLabel, QProgressBar, QPushButton, QVBoxLayout, QWidget

from certcenter_helper.core.work import Stage, Step
from certcenter_helper.window.parts.basic import button, heading, text
from certcenter_helper.window.parts.forms import Field, password_line, value_of
from certcenter_helper.window.parts.spoken import announce
from certcenter_helper.window.theme import Theme
from certcenter_helper.window.words import Words

_WIDTH: Final = 480


@dataclass(frozen=True, slots=True)
class Choice:
    """One button of a dialog: its words, its tone, what it does, and what tests and programs know it by."""

    words: str
    pressed: Callable[[], object] | None = None
    tone: str = ""
    name: str = ""


class Dialog(QDialog):
    """A titled box. It opens over its window and deletes itself when it is closed."""

    def __init__(self, parent: QWidget, theme: Theme, title: str, *, name: str) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setWindowTitle(getattr(parent.window(), "caption", title))  # the sentence stands below it, whole
        self.setAccessibleName(title)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowModality(Qt.WindowModality.WindowModal)
        self.setMinimumWidth(min(theme.pixels(_WIDTH), parent.window().width() - 32))
        self.theme = theme
        self.box = QVBoxLayout(self)
        edge = theme.pixels(24)
        self.box.setContentsMargins(edge, edge, edge, edge)
        self.box.setSpacing(theme.pixels(12))
        self.box.addWidget(heading(title, "h2"))

    def buttons(self, *choices: Choice) -> list[QPushButton]:
        """Add the row of buttons; each closes the dialog, then acts. The first is the default one."""
        across = QHBoxLayout()
        across.setSpacing(self.theme.pixels(12))
        across.addStretch(1)
        made = []
        for choice in choices:
            made.append(
                button(
                    choice.words,
                    partial(self._choose, choice),
                    tone=choice.tone,
                    name=choice.name,
                )
            )
            across.addWidget(made[-1])
        self.box.addSpacing(self.theme.pixels(8))
        self.box.addLayout(across)
        if made:
            made[0].setDefault(True)
            QTimer.singleShot(0, self, made[0].setFocus)
        return made

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 - Qt's name
        """As high as its words need at this width."""
        self.fit()
        super().showEvent(event)

    def fit(self) -> None:
        """Other words, another height."""
        self.box.activate()
        width = max(
            self.minimumWidth(), self.width() if self.isVisible() else 0, self.box.minimumSize().width()
        )
        self.resize(
            width,
            self.box.totalHeightForWidth(width) if self.box.hasHeightForWidth() else self.sizeHint().height(),
        )

    def _choose(self, _choice: Choice) -> None:
        self.accept()
        if _choice.pressed is not None:
            _choice.pressed()


def message(
    parent: QWidget,
    theme: Theme,
    title: str,
    sentences: Sequence[str],
    choices: Sequence[Choice],
    *,
    name: str = "message",
    extra: Sequence[QWidget] = (),
) -> Dialog:
    """Say something and offer what to do next."""
    dialog = Dialog(parent, theme, title, name=name)
    for sentence in sentences:
        dialog.box.addWidget(text(sentence, selectable=True))
    for widget in extra:
        at = Qt.AlignmentFlag.AlignLeft if isinstance(widget, QPushButton) else Qt.AlignmentFlag(0)
        dialog.box.addWidget(widget, 0, at)
    dialog.buttons(*choices)
    dialog.open()
    return dialog


class PasswordDialog(Dialog):
    """Ask for one password. `given` gets it and may call `wrong` instead of closing."""

    def __init__(
        self,
        parent: QWidget,
        theme: Theme,
        words: Words,
        *,
        title: str,
        label: str,
        given: Callable[[str, "PasswordDialog"], object],
        sentences: Sequence[str] = (),
        send: str = "",
        leave: str = "",
        name: str = "password-dialog",
    ) -> None:
        super().__init__(parent, theme, title, name=name)
        for sentence in sentences:
            self.box.addWidget(text(sentence))
        self._words = words
        self._given = given
        self.field = Field(theme, label, password_line(theme, words), name=f"{name}-input")
        self.box.addWidget(self.field)
        across = QHBoxLayout()
        across.addStretch(1)
        self.send = button(send or words("ok"), self._send, tone="first", name=f"{name}-send")
        self.send.setDefault(True)
        self.leave = button(leave or words("cancel"), self.reject, name=f"{name}-leave")
        across.addWidget(self.send)
        across.addWidget(self.leave)
        self.box.addLayout(across)
        QTimer.singleShot(0, self, self.field.control.setFocus)

    def wrong(self, sentence: str) -> None:
        """Say what is wrong; it can be typed again."""
        self.send.setEnabled(True)
        self.field.wrong(sentence)
        QTimer.singleShot(0, self, self.fit)  # when the field knows its new height

    def _send(self) -> None:
        typed = value_of(self.field)
        if not typed:
            self.wrong(self._words("password.missing"))
            return
        self.send.setEnabled(False)
        self._given(typed, self)


class ProgressDialog(Dialog):
    """What a long command is doing, how far it is, and 取消."""

    def __init__(
        self,
        parent: QWidget,
        theme: Theme,
        words: Words,
        *,
        title: str,
        hint: str,
        stop: Callable[[], object],
    ) -> None:
        super().__init__(parent, theme, title, name="progress")
        self._words = words
        self._stop = stop
        self.stage = QLabel(words("stage.connecting"))
        self.stage.setAccessibleName(words("stage.connecting"))
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setRange(0, 100)
        self.bar.setAccessibleName(title)
        for widget in (self.stage, self.bar, *([text(hint, "hint")] if hint else [])):
            self.box.addWidget(widget)
        self.cancel = self.buttons(Choice(words("cancel"), name="progress-cancel"))[0]

    def step(self, step: Step) -> None:
        """Show a report of progress."""
        words = self._words(f"stage.{Stage(step.stage).value}")
        if words != self.stage.text():
            announce(self.stage, words)
        self.stage.setText(words)
        self.stage.setAccessibleName(words)
        self.bar.setValue(step.percent)

    def _choose(self, _choice: Choice) -> None:
        self.reject()

    def reject(self) -> None:
        """取消, Escape or the cross: the command stops at its next safe place."""
        super().reject()
        self._stop()

    def finish(self) -> None:
        """The command has ended by itself."""
        super().accept()
