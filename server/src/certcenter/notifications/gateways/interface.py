"""What every gateway does and how it fails."""

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from certcenter.notifications.messages import Message


class SendingFailed(Exception):
    """A message was not taken; `detail` names the cause without address or text, since it is logged."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


class TemporaryFailure(SendingFailed):
    """Trying again later may help: no connection, a full queue, a server error."""


class PermanentFailure(SendingFailed):
    """Trying again can't help: the address or the message is refused."""


class Gateway(Protocol):
    """A way to customers. `send` may be called again with the same message key; a good gateway then sends once."""

    def send(self, message: Message) -> None:
        """Hand over one message. Raises TemporaryFailure or PermanentFailure. Waits 20 seconds at most."""


@runtime_checkable
class SendsMany(Protocol):
    """What some gateways can besides: take several messages at less cost than one by one."""

    def send_many(self, messages: Sequence[Message]) -> None:
        """Hand over all of them. Raises TemporaryFailure for all."""
