"""Password hashes: argon2id over an HMAC pepper, a few at a time (SPEC E1).

The pepper lies outside the database: without it a stolen table can't be searched at all. Hashing takes memory and
time by design, so one process computes `hash_slots` at once; a short queue waits in order, whoever comes beyond is
told that the centre is busy. Never called inside a database transaction.

Hashes are computed in threads of their own, as many as there are slots: the C library keeps what a thread once took for
itself, and in the threads that serve requests that was 19 MiB in each.
"""

import base64
import hmac
import secrets
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from argon2 import Parameters, Type, extract_parameters
from argon2.low_level import ARGON2_VERSION, hash_secret
from django.conf import settings
from django.db import connections

from certcenter.core import sealing
from certcenter.core.errors import Busy
from certcenter.core.sealing import Use
from certcenter.passwords.line import Line

if TYPE_CHECKING:
    from certcenter.settings.model import Config

#: More than any password policy allows; what is longer is refused before it is hashed.
MAX_LENGTH = 128
_SALT_BYTES = 16
_DIGEST_BYTES = 32
#: Customers wait for their turn before (`admission`); here wait staff, and whoever sets a new password.
_WAITING_PER_SLOT = 4
_LONGEST_WAIT = 5.0  # seconds


@dataclass(frozen=True, slots=True)
class Hashed:
    """A password as it is stored."""

    encoded: str
    pepper_id: str


class Slots:
    """So many at once, then a queue in order of arrival, then Busy."""

    def __init__(self, count: int, *, waiting: int, seconds: float, line: Line | None = None) -> None:
        """Let `waiting` of this process wait for `seconds`; each needs a place in `line`, too, where there is one."""
        self._free = count
        self._most_waiting = waiting
        self._seconds = seconds
        self._line = line
        self._mutex = threading.Lock()
        self._queue: deque[threading.Event] = deque()

    def full(self) -> bool:
        """Whether whoever came now would be refused."""
        return not self._free and (
            len(self._queue) >= self._most_waiting or (self._line is not None and self._line.full())
        )

    @contextmanager
    def one(self) -> Iterator[None]:
        """Hold a slot inside the block. Raises Busy when the queue is full or the wait too long."""
        self._enter()
        try:
            yield
        finally:
            self._leave()

    def _enter(self) -> None:
        with self._mutex:
            if self._free and not self._queue:
                self._free -= 1
                return
            if len(self._queue) >= self._most_waiting:
                raise Busy
            place = None if self._line is None else self._line.take()
            if self._line is not None and place is None:
                raise Busy
            turn = threading.Event()
            self._queue.append(turn)
        try:
            came = turn.wait(self._seconds)
        finally:
            if self._line is not None and place is not None:
                self._line.leave(place)
        if came:
            return
        with self._mutex:
            if turn.is_set():  # the slot was handed over in this very moment
                return
            self._queue.remove(turn)
        raise Busy

    def _leave(self) -> None:
        with self._mutex:
            if self._queue:
                self._queue.popleft().set()  # the slot passes on; nobody can slip in between
            else:
                self._free += 1


def hash_password(password: str, *, use: Use = Use.PASSWORD, like: str | None = None) -> Hashed:
    """Return the hash to store, with today's parameters and a salt of its own, or with those of `like`.

    Raises Busy, and ValueError above `MAX_LENGTH`.
    """
    recipe = _Recipe.of(like) if like is not None else _Recipe.fresh()
    return Hashed(_run(recipe, password, use), sealing.key_id(use))


def matches(stored: Sequence[Hashed], password: str, *, use: Use = Use.PASSWORD) -> tuple[bool, ...]:
    """Say of each hash whether it is `password`'s, by one argon2id run for all (SPEC B5), also for none (SPEC E4).

    They have one salt; one that has another, or a pepper that this process does not have, never matches. Raises Busy.
    """
    known = [each for each in stored if each.pepper_id == sealing.key_id(use)]
    encoded = _run(_Recipe.of(known[0].encoded if known else _nobodys()), password, use)
    return tuple(each in known and sealing.same(each.encoded, encoded) for each in stored)


def verify(stored: Hashed | None, password: str, *, use: Use = Use.PASSWORD) -> bool:
    """Compare with one hash or with nobody's, at the same cost. Raises Busy."""
    return any(matches([] if stored is None else [stored], password, use=use))


def outdated(stored: Hashed) -> bool:
    """Whether the parameters have changed since: then hash anew when the password is next known."""
    return _Recipe.of(stored.encoded).parameters != parameters()


def same_recipe(one: str, other: str) -> bool:
    """Whether two encoded hashes have the same salt and parameters, so that one run serves both."""
    return _Recipe.of(one) == _Recipe.of(other)


@contextmanager
def slot() -> Iterator[None]:
    """Hold one of the process's few places for hashing. Raises Busy."""
    assert not any(connection.in_atomic_block for connection in connections.all(initialized_only=True))
    with _slots().one():
        yield


@lru_cache(maxsize=1)
def _slots() -> Slots:
    config: Config = settings.CONFIG
    return Slots(config.hash_slots, waiting=config.hash_slots * _WAITING_PER_SLOT, seconds=_LONGEST_WAIT)


@dataclass(frozen=True, slots=True)
class _Recipe:
    """What besides the password goes into a hash."""

    parameters: Parameters
    salt: bytes

    @classmethod
    def fresh(cls) -> "_Recipe":
        return cls(parameters(), secrets.token_bytes(_SALT_BYTES))

    @classmethod
    def of(cls, encoded: str) -> "_Recipe":
        """Read it out of `$argon2id$v=19$m=…,t=…,p=…$salt$digest`."""
        salt = encoded.split("$")[4]
        return cls(extract_parameters(encoded), base64.b64decode(salt + "=" * (-len(salt) % 4)))


def _run(recipe: _Recipe, password: str, use: Use) -> str:
    """Run argon2id once, in a slot."""
    if len(password) > MAX_LENGTH:
        raise ValueError("the password is too long to hash")
    peppered = hmac.digest(sealing.key(use), password.encode("utf-8", "surrogatepass"), "sha256")
    chosen = recipe.parameters
    with slot():
        running = _hashers().submit(
            hash_secret,
            peppered,
            recipe.salt,
            time_cost=chosen.time_cost,
            memory_cost=chosen.memory_cost,
            parallelism=chosen.parallelism,
            hash_len=chosen.hash_len,
            type=Type.ID,
        )
        return running.result().decode()


@lru_cache(maxsize=1)
def _hashers() -> ThreadPoolExecutor:
    config: Config = settings.CONFIG
    return ThreadPoolExecutor(config.hash_slots, thread_name_prefix="argon2id")


def parameters() -> Parameters:
    """Return today's parameters (SPEC E1)."""
    config: Config = settings.CONFIG
    return Parameters(
        type=Type.ID,
        version=ARGON2_VERSION,
        salt_len=_SALT_BYTES,
        hash_len=_DIGEST_BYTES,
        time_cost=config.argon2_time,
        memory_cost=config.argon2_memory_kib,
        parallelism=1,
    )


def _nobodys() -> str:
    """Return the encoded form of a hash with today's parameters that no password has."""
    chosen = parameters()
    return _nobodys_with(chosen.memory_cost, chosen.time_cost)


@lru_cache(maxsize=4)
def _nobodys_with(memory: int, time: int) -> str:
    """Return a well-formed hash whose digest is random: nothing is computed for it."""
    salt, digest = (
        base64.b64encode(secrets.token_bytes(size)).decode().rstrip("=")
        for size in (_SALT_BYTES, _DIGEST_BYTES)
    )
    return f"$argon2id$v={ARGON2_VERSION}$m={memory},t={time},p=1${salt}${digest}"
