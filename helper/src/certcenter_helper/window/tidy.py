"""Python's search for rubbish, in the screen's thread alone.

A page and what its buttons call know each other: such rings are freed by Python's cyclic search, which runs in whatever thread
happens to allocate, the commands' thread too. Widgets that are freed there bring the whole program down. So while a window
is open the search runs by a timer of the screen's thread.
"""

import gc
from typing import ClassVar, Final

from PySide6.QtCore import QObject, QTimer

#: Milliseconds between two looks. What is freed by counting alone is freed at once, as ever.
_EVERY: Final = 1000


class Tidy(QObject):
    """From `begin` to `leave`; with several windows until the last one leaves."""

    _open: ClassVar[int] = 0

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._timer = QTimer(self)
        self._timer.timeout.connect(self.look)
        self._begun = False

    def begin(self) -> None:
        """No other thread searches from now on."""
        if not self._begun:
            self._begun = True
            Tidy._open += 1
            gc.disable()
            self._timer.start(_EVERY)

    def leave(self) -> None:
        """As it was before."""
        if self._begun:
            self._begun = False
            Tidy._open -= 1
            self._timer.stop()
            if not Tidy._open:
                gc.enable()

    def look(self) -> None:
        """Search the generations that are due, as Python itself would."""
        for generation in (2, 1, 0):
            if gc.get_count()[generation] > gc.get_threshold()[generation]:
                gc.collect(generation)
                return
