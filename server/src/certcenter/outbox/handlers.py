"""Who handles which topic. Rooms register their handlers when their `tasks` module is imported."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol, Self, TypeVar


class Attempt(int):
    """Which try this is, counted from 1; `key` is the idempotency key to hand to outside systems."""

    topic: str
    key: str

    def __new__(cls, number: int, *, topic: str, key: str) -> Self:
        """Make the `number`-th attempt at a message."""
        attempt = super().__new__(cls, number)
        attempt.topic, attempt.key = topic, key
        return attempt


class Handler(Protocol):
    """Does what a message asks. It may be called more than once for the same key, and raises to be called again."""

    def __call__(self, payload: Mapping[str, Any], *, attempt: Attempt) -> None:
        """Handle `payload`; raise Hopeless where trying again cannot help."""


class Hopeless(Exception):
    """Trying again cannot help: the message goes to the dead letters at once, with this text as its reason."""


F = TypeVar("F", bound=Callable[..., None])
_handlers: dict[str, Handler] = {}


def handles(topic: str) -> Callable[[F], F]:
    """Register the decorated function as the one handler of `topic`. Raises ValueError when there is another."""

    def register(function: F) -> F:
        known = _handlers.setdefault(topic, function)
        if known is not function and _name(known) != _name(function):
            raise ValueError(f"{topic} has two handlers")
        _handlers[topic] = function
        return function

    return register


def topics() -> list[str]:
    """Return the topics that have a handler in this process."""
    return sorted(_handlers)


def handler_of(topic: str) -> Handler:
    """Return the handler of `topic`. Raises KeyError."""
    return _handlers[topic]


def _name(function: Any) -> tuple[str, str]:
    return function.__module__, function.__qualname__
