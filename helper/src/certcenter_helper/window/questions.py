"""A question that a command asks in its thread and that a person answers on the screen."""

import queue
from collections.abc import Callable

from PySide6.QtCore import QObject, Qt, Signal, Slot

from certcenter_helper.core.work import Cancel

#: Seconds between two looks at whether the command was stopped.
_LOOK = 0.2


class Question(QObject):
    """`ask` blocks the command's thread until `give` is called in the screen's, or until the command is stopped."""

    _asked = Signal(object)

    def __init__(self, show: Callable[[object, "Question"], object]) -> None:
        super().__init__()
        self._show = show
        self._answers: queue.Queue[object] = queue.Queue()
        self._asked.connect(self._put, Qt.ConnectionType.QueuedConnection)

    def ask(self, what: object, cancel: Cancel) -> object:
        """In the command's thread. Raises Cancelled."""
        self._asked.emit(what)
        while True:
            try:
                return self._answers.get(timeout=_LOOK)
            except queue.Empty:
                cancel.check()

    def give(self, answer: object) -> None:
        """In the screen's thread: this is the answer. Only the first one counts."""
        self._answers.put(answer)

    @Slot(object)
    def _put(self, what: object) -> None:
        self._show(what, self)
