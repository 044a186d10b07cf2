"""Who handles which topic. Rooms register their handlers when their `tasks` module is imported."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class Task:
    """One of several messages that are handled together. `begin` is to be called before what may take seconds."""

    payload: Mapping[str, Any]
    attempt: Attempt
    begin: Callable[[], None]
    """Prolongs the lease where it is time to. Raises LeaseLost: another worker has the message now."""


#: What became of a task: None when it is done, else what a `Handler` would have raised.
Outcome = Exception | None


class ManyHandler(Protocol):
    """Does what several messages of one topic ask, at less cost than one by one; otherwise as `Handler`."""

    def __call__(self, tasks: Sequence[Task]) -> Sequence[Outcome]:
        """Handle the tasks; one outcome for each, in their order. What it raises is the outcome of all."""


class LeaseLost(Exception):
    """Somebody else handles the message by now."""


class Hopeless(Exception):
    """Trying again cannot help: the message goes to the dead letters at once, with this text as its reason."""


F = TypeVar("F", bound=Callable[..., Any])
_handlers: dict[str, ManyHandler] = {}
_origins: dict[str, tuple[str, str]] = {}


def handles(topic: str) -> Callable[[F], F]:
    """Register the decorated `Handler` as the one of `topic`. Raises ValueError when there is another."""

    def register(function: F) -> F:
        _register(topic, function, _one_by_one(function))
        return function

    return register


def handles_many(topic: str) -> Callable[[F], F]:
    """Register the decorated `ManyHandler` as the one of `topic`. Raises ValueError when there is another."""

    def register(function: F) -> F:
        _register(topic, function, function)
        return function

    return register


def topics() -> list[str]:
    """Return the topics that have a handler in this process."""
    return sorted(_handlers)


def handler_of(topic: str) -> ManyHandler:
    """Return the handler of `topic`. Raises KeyError."""
    return _handlers[topic]


def _register(topic: str, function: Callable[..., Any], handler: ManyHandler) -> None:
    origin = (function.__module__, function.__qualname__)
    if topic in _handlers and _origins.get(topic) != origin:
        raise ValueError(f"{topic} has two handlers")
    _handlers[topic], _origins[topic] = handler, origin


def _one_by_one(function: Handler) -> ManyHandler:
    def handle(tasks: Sequence[Task]) -> list[Outcome]:
        return [_outcome(function, task) for task in tasks]

    return handle


def _outcome(function: Handler, task: Task) -> Outcome:
    try:
        task.begin()
        function(task.payload, attempt=task.attempt)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is this message's outcome alone
        return error
    return None
