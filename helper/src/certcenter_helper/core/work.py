"""Progress and cancelling: how a long command talks to whoever waits for it."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum


class Stage(StrEnum):
    """What a long command is doing; shells have the words."""

    CONNECTING = "connecting"
    SOLVING = "solving"
    """The captcha's proof of work."""
    MAKING_KEY = "making-key"
    SENDING = "sending"
    WAITING = "waiting"
    """The CA works: 「下載憑證需 5~20 秒，請稍候」 (SPEC A3)."""
    DOWNLOADING = "downloading"
    CHECKING = "checking"
    INSTALLING = "installing"
    CONFIRMING = "confirming"
    """The centre is told that the certificate is installed."""
    SIGNING = "signing"
    WRITING = "writing"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Step:
    """One report of progress: the stage, and how much of the whole is done (0–100)."""

    stage: Stage
    percent: int


Progress = Callable[[Step], None]
"""Called in the thread that runs the command; must return soon and not raise."""


def silent(_step: Step) -> None:
    """Nobody looks."""


class Cancelled(Exception):
    """The person stopped a command. What was written stays: nothing that a repair needs is thrown away."""


class Cancel:
    """A token by which another thread stops a command at its next safe place."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def cancel(self) -> None:
        """Stop as soon as that is safe; may be called from any thread."""
        self._event.set()

    @property
    def cancelled(self) -> bool:
        """Has somebody asked to stop?"""
        return self._event.is_set()

    def check(self) -> None:
        """Go on, or raise Cancelled."""
        if self._event.is_set():
            raise Cancelled
