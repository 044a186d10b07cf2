"""Fault points: named places where a test lets the process die, fail or wait (DESIGN, Kill tests).

`CERTCENTER_FAULT=<point>` kills at the point's first passing; `raise@<point>` raises `Fault` there;
`sleep=2.5@<point>` waits so many seconds; `…#3` means the third passing. Production refuses all of them.
"""

import os
import re
import signal
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.conf import settings

_SPEC = re.compile(
    r"(?:(?P<mode>kill|raise|sleep)(?:=(?P<seconds>[\d.]+))?@)?(?P<point>[^@#]+)(?:#(?P<passing>\d+))?"
)

_points: dict[str, str] = {}
_passings: Counter[str] = Counter()


class Fault(RuntimeError):
    """The error that `raise@<point>` raises."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What happens at which passing of which point."""

    point: str
    mode: str = "kill"
    seconds: float = 1.0
    passing: int = 1

    @classmethod
    def parse(cls, text: str) -> "Plan":
        """Read `[mode[=seconds]@]point[#passing]`. Raises ValueError for any other form."""
        found = _SPEC.fullmatch(text)
        if found is None:
            raise ValueError(f"not a fault: {text!r}; say [kill|raise|sleep=seconds@]point[#passing]")
        return cls(
            point=found["point"],
            mode=found["mode"] or "kill",
            seconds=float(found["seconds"] or 1),
            passing=int(found["passing"] or 1),
        )


_armed: list[Plan] = []


def register(name: str, meaning: str) -> str:
    """Declare a point at import time; `meaning` says what is true when it is passed. Returns the name.

    Raises ValueError when two points share a name.
    """
    if _points.setdefault(name, meaning) != meaning:
        raise ValueError(f"two fault points are called {name}")
    return name


def points() -> dict[str, str]:
    """Return the points of all imported rooms with their meanings, for docs and tests."""
    return dict(sorted(_points.items()))


def point(name: str) -> None:
    """Pass the point `name`: nothing happens unless a fault was asked for here. Raises KeyError if it is not registered."""
    meaning = _points[name]
    plan = _plan()
    if plan is None or plan.point != name:
        return
    _passings[name] += 1
    if _passings[name] == plan.passing:
        _strike(plan, meaning)


@contextmanager
def armed(text: str) -> Iterator[None]:
    """Ask for a fault inside the block, in this process (for tests)."""
    _armed.append(Plan.parse(text))
    _passings.clear()
    try:
        yield
    finally:
        _armed.pop()


def _plan() -> Plan | None:
    if _armed:
        return _armed[-1]
    asked: str = settings.CONFIG.fault
    return Plan.parse(asked) if asked else None


def _strike(plan: Plan, meaning: str) -> None:
    if settings.CONFIG.mode == "production":
        raise RuntimeError("fault points are refused in production")
    if plan.mode == "sleep":
        time.sleep(plan.seconds)
    elif plan.mode == "raise":
        raise Fault(f"{plan.point}: {meaning}")
    else:
        os.kill(os.getpid(), signal.SIGKILL)
