"""Password hashes: argon2id over an HMAC pepper, a few at a time (SPEC E1).

The pepper lies outside the database: without it a stolen table can't be searched at all. Hashing takes memory and
time by design, so one process computes `hash_slots` at once; a short queue waits in order, whoever comes beyond is
told that the centre is busy. Never called inside a database transaction.
"""

import hashlib
import hmac
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError
from django.conf import settings
from django.db import connections

from certcenter.core import sealing
from certcenter.core.errors import Busy
from certcenter.core.sealing import Use

if TYPE_CHECKING:
    from certcenter.settings.model import Config

#: More than any password policy allows; what is longer is refused before it is hashed.
MAX_LENGTH = 128
_WAITING_PER_SLOT = 16
_LONGEST_WAIT = 5.0  # seconds


@dataclass(frozen=True, slots=True)
class Hashed:
    """A password as it is stored."""

    encoded: str
    pepper_id: str


class Slots:
    """So many at once, then a queue in order of arrival, then Busy."""

    def __init__(self, count: int, *, waiting: int, seconds: float) -> None:
        self._free = count
        self._most_waiting = waiting
        self._seconds = seconds
        self._mutex = threading.Lock()
        self._queue: deque[threading.Event] = deque()

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
            turn = threading.Event()
            self._queue.append(turn)
        if turn.wait(self._seconds):
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


def hash_password(password: str) -> Hashed:
    """Return the hash to store. Raises Busy, and ValueError above `MAX_LENGTH`."""
    with slot():
        return Hashed(_hasher().hash(_peppered(password)), sealing.key_id(Use.PASSWORD))


def verify(stored: Hashed | None, password: str) -> bool:
    """Compare with one argon2id run, also where there is nothing to compare with (SPEC E4). Raises Busy.

    A hash under a pepper that this process does not have never matches.
    """
    known = stored is not None and stored.pepper_id == sealing.key_id(Use.PASSWORD)
    encoded = stored.encoded if stored is not None and known else _nobodys()
    peppered = _peppered(password)
    with slot():
        try:
            _hasher().verify(encoded, peppered)
        except (VerifyMismatchError, VerificationError, InvalidHashError):
            return False
    return known


def outdated(stored: Hashed) -> bool:
    """Whether the parameters have changed since: then hash anew at the next login."""
    return _hasher().check_needs_rehash(stored.encoded)


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


@lru_cache(maxsize=1)
def _hasher() -> PasswordHasher:
    config: Config = settings.CONFIG
    return PasswordHasher(
        time_cost=config.argon2_time, memory_cost=config.argon2_memory_kib, parallelism=1, type=Type.ID
    )


@lru_cache(maxsize=1)
def _nobodys() -> str:
    """Return a hash with today's parameters that no password has."""
    return _hasher().hash(hashlib.sha256(b"nobody" + sealing.key(Use.PASSWORD)).digest() + b"nobody")


def _peppered(password: str) -> bytes:
    if len(password) > MAX_LENGTH:
        raise ValueError("the password is too long to hash")
    return hmac.digest(sealing.key(Use.PASSWORD), password.encode("utf-8", "surrogatepass"), "sha256")
