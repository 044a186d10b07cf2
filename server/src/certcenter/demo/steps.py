"""What every life of the tour is made of: steps that say what was seen, and the expectations that end it."""

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar
from unicodedata import east_asian_width

import httpx

from certcenter_sdk.client import ApiProblem

T = TypeVar("T")

_PATIENCE: Final = 60.0


class Unexpected(Exception):
    """A step saw something else than it had to."""


@dataclass
class Log:
    """Prints each step with what was seen and how long it took."""

    echo: Callable[[str], None]
    steps: int = 0

    def step(self, name: str, act: Callable[[], tuple[T, str]]) -> T:
        """Run one step; `act` returns its result and the words for what was seen."""
        began = time.perf_counter()
        result, seen = act()
        self.steps += 1
        self.echo(
            f"{self.steps:3}  {name:<48}{_wide(seen, 58)}{(time.perf_counter() - began) * 1000:8.0f} ms"
        )
        return result


def _wide(words: str, columns: int) -> str:
    """Fill up to so many columns of a terminal, where an ideograph takes two."""
    return words + " " * (columns - sum(2 if east_asian_width(each) in "WF" else 1 for each in words))


@dataclass
class Mailbox:
    """One customer's telephone and mail: the demo's outbox, without what was read before."""

    centre: Mapping[str, Any]
    institution: Mapping[str, Any]
    address: str
    read: set[Any] = field(default_factory=set)

    def forget(self) -> None:
        """Take what lies there as read."""
        self.read |= {message["id"] for message in self._messages()}

    def find(self, pattern: str) -> str:
        """Wait for a new message with `pattern`; returns its first group. Raises Unexpected after a minute."""
        deadline = time.monotonic() + _PATIENCE
        while time.monotonic() < deadline:
            for message in self._messages():
                found = re.search(pattern, f"{message['subject']}\n{message['text']}")
                if message["id"] not in self.read and found:
                    self.read.add(message["id"])
                    return found.group(1)
            time.sleep(0.05)
        raise Unexpected(f"no message with {pattern} in the outbox after {_PATIENCE:.0f} s")

    def _messages(self) -> list[dict[str, Any]]:
        asked = {"institution": self.institution["slug"], "address": self.address}
        answer = httpx.get(self.centre["outbox"]["json"], params=asked)
        messages: list[dict[str, Any]] = answer.raise_for_status().json()["messages"]
        return messages


def expect(what: str, seen: object, wanted: object) -> None:
    """Raise Unexpected unless both are equal."""
    if seen != wanted:
        raise Unexpected(f"{what}: expected {wanted!r}, saw {seen!r}")


def refusal(act: Callable[[], object]) -> ApiProblem:
    """Return the problem that `act` ends with. Raises Unexpected when it succeeds."""
    try:
        act()
    except ApiProblem as problem:
        return problem
    raise Unexpected("this had to be refused")


def refused(code: str, act: Callable[[], object]) -> tuple[None, str]:
    """Expect `act` to be refused for this reason."""
    problem = refusal(act)
    expect("code", problem.code, code)
    return None, f"refused {problem.status}: {problem.code}"
