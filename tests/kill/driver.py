"""Kills a process at every system call of a kind, or at every fault point, and checks what is left (DESIGN, Kill tests).

`strace` lets the N-th call of a kind die by SIGKILL before it is carried out; N rises until a run ends by itself. After
each death the caller's `state` says what was left, `recover` does what a restarted centre does, and `invariants` raises
if anything was lost, doubled or orphaned. Where ptrace is not allowed, fault points remain (`kill_at_points`).

    run = KillRun(environment=…, work="module:function", state=…, recover=…, invariants=…)
    tally = kill_at_calls(run, "fdatasync")
    assert {"nothing", "stored", "done"} <= tally.states
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from itertools import count
from typing import Self

from django.db import connection

#: Connections to this database that do something or hold something, ours apart.
_OTHERS = """
    SELECT count(*) FROM pg_stat_activity AS other
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
    AND (state <> 'idle' OR EXISTS (SELECT FROM pg_locks WHERE pg_locks.pid = other.pid))
"""

#: The calls by which each engine makes its work lasting or heard.
CALLS = {"sqlite": ("pwrite64", "fdatasync"), "postgresql": ("sendto", "recvfrom")}


@dataclass(frozen=True, kw_only=True)
class KillRun:
    """What is run and how it is judged; each callback gets the run's number, fresh for every run."""

    environment: Mapping[str, str]
    #: `module:function`, called with the run's number in a process of its own.
    work: str
    #: What the run left, in a word or two; called right after its end, before `recover`.
    state: Callable[[int], str]
    recover: Callable[[int], None]
    #: Raises AssertionError for whatever must not be.
    invariants: Callable[[int], None]
    #: What must be there before the run, such as somebody who may do what is killed.
    prepare: Callable[[int], object] = int
    #: Where numbering begins, so that several series can share a database.
    first: int = 1


@dataclass
class Tally:
    """How many deaths left which state, by the call or point that they came from."""

    deaths: Counter[tuple[str, str]] = field(default_factory=Counter)
    runs: int = 0

    @property
    def kills(self) -> int:
        """How many runs died."""
        return sum(self.deaths.values())

    @property
    def states(self) -> set[str]:
        """The states that deaths have left."""
        return {state for _, state in self.deaths}

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(self.deaths + other.deaths, self.runs + other.runs)

    def __str__(self) -> str:
        lines = [f"{self.kills} kills in {self.runs} runs"]
        lines += [f"{number:6} {how:24} {state}" for (how, state), number in sorted(self.deaths.items())]
        return "\n".join(lines)


@cache
def can_trace() -> bool:
    """Whether strace is here and may trace."""
    if shutil.which("strace") is None:
        return False
    probe = subprocess.run(["strace", "-qq", "-o", "/dev/null", "true"], check=False, capture_output=True)
    return probe.returncode == 0


def kill_at_calls(run: KillRun, call: str, *, stride: int = 1, most: int = 2000) -> Tally:
    """Kill at the first, then each `stride`-th call of the kind, until a run ends by itself.

    Raises AssertionError when an invariant breaks (naming the kill) or no run ends by itself within `most` runs.
    """
    tally = Tally()
    with _Warm(run) as warm:
        for turn in range(most):
            when = 1 + turn * stride
            trace = ["-e", f"trace={call}", "-e", f"inject={call}:signal=SIGKILL:when={when}"]
            killed = warm.run(run.first + turn, trace=trace)
            _judge(run, run.first + turn, call, f"{call} {when}", tally, killed=killed)
            if not killed:
                return tally
    raise AssertionError(f"no run ended by itself within {most} kills at {call}")


def kill_at_points(run: KillRun, points: Iterable[str], *, passings: int = 50) -> Tally:
    """Kill at each passing of each fault point, until a run ends by itself.

    Raises AssertionError when an invariant breaks, naming the kill.
    """
    tally, numbers = Tally(), count(run.first)
    with _Warm(run) as warm:
        for point in points:
            for passing in range(1, passings + 1):
                number = next(numbers)
                killed = warm.run(number, fault=f"{point}#{passing}")
                _judge(run, number, point, f"{point} {passing}", tally, killed=killed)
                if not killed:
                    break
    return tally


def _judge(run: KillRun, number: int, how: str, exactly: str, tally: Tally, *, killed: bool) -> None:
    """Count what a run left, recover, and check the invariants."""
    tally.runs += 1
    if killed:
        _await_the_dead()
        tally.deaths[how, run.state(number)] += 1
    try:
        run.recover(number)
        run.invariants(number)
    except Exception as error:
        raise AssertionError(f"after a kill at {exactly} (run {number}): {error}\n{tally}") from error


def _await_the_dead(seconds: float = 60.0) -> None:
    """Wait until PostgreSQL has noticed the death: until then the dead one's transaction and locks still live there."""
    if connection.vendor != "postgresql":
        return
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with connection.cursor() as cursor:
            cursor.execute(_OTHERS)
            if not cursor.fetchone()[0]:
                return
        time.sleep(0.01)


class _Warm:
    """The warm process (tests.kill.warm), and a tracer on each of its children."""

    def __init__(self, run: KillRun) -> None:
        self._prepare = run.prepare
        self._errors = tempfile.TemporaryFile("w+")  # noqa: SIM115 - closed with the process
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.kill.warm", run.work],
            env=run.environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._errors, text=True,
        )  # fmt: skip

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()
        self._errors.close()

    def run(self, number: int, *, trace: list[str] | None = None, fault: str = "") -> bool:
        """Do one run; whether it was killed. Raises AssertionError when it failed by itself."""
        self._prepare(number)
        child = int(self._ask(json.dumps({"number": number, "fault": fault})))
        tracer = None if trace is None else _traced(child, trace)
        status = int(self._ask("go"))
        if tracer is not None:
            tracer.communicate()
        killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
        if status and not killed:
            raise AssertionError(f"run {number} failed by itself\n{self._said()}")
        return killed

    def _ask(self, line: str) -> str:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        if not answer:
            raise AssertionError(f"the warm process ended\n{self._said()}")
        return answer

    def _said(self) -> str:
        self._errors.seek(0)
        return self._errors.read()[-4000:]


def _traced(child: int, trace: list[str]) -> "subprocess.Popen[str]":
    """Attach strace to a waiting child; return when it holds it."""
    command = ["strace", "-f", "-o", "/dev/null", *trace, "-p", str(child)]
    tracer = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    assert tracer.stderr is not None
    said = tracer.stderr.readline()
    if "attached" not in said:
        raise AssertionError(f"strace could not attach: {said}")
    return tracer
