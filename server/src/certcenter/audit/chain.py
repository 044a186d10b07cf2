"""A writer's chain: each database connection of each process links its own events, without waiting for others.

One chain for all would serialise every commit of the centre. So a connection is a *writer* with a random number;
its first link, sequence 0, opens the chain, and each further link names the MAC of the one before.

The link that the next event will name advances only when the COMMIT was answered. What a transaction has added so
far lives in the connection's list of commit hooks, from which Django drops what a rolled-back savepoint had added.
After an unclear commit (an error or an interruption while COMMIT was on its way) nobody knows whether the last links
exist; the connection then opens a new chain whose first link names the old writer.
"""

import hmac
import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from weakref import WeakKeyDictionary

from django.conf import settings
from django.db import connections

from certcenter.core.db.commits import Tentative, hold, newest_of

ZERO = bytes(32)
#: The personal part of an event, in the order of its digest.
PERSONAL = ("actor_kind", "actor_id", "address", "session", "subject", "details")


@dataclass(frozen=True, slots=True)
class Tip:
    """The newest link of a chain."""

    writer: int
    sequence: int
    mac: bytes


@dataclass(slots=True)
class Chain:
    """What this process knows for sure about one connection's chain."""

    process: int = field(default_factory=os.getpid)
    tip: Tip | None = None
    #: A writer whose last commit was unclear, until a new chain has named it.
    doubtful: int | None = None


class Link(Tentative):
    """The tip of the chain if the current transaction commits."""

    def __init__(self, chain: Chain, tip: Tip) -> None:
        self.chain = chain
        self.tip = tip

    def doubt(self) -> None:
        """From here on the chain may or may not have this link."""
        self.chain.tip, self.chain.doubtful = None, self.tip.writer

    def confirm(self) -> None:
        """The link exists."""
        self.chain.tip, self.chain.doubtful = self.tip, None

    def __call__(self) -> None:
        """Nothing: the connection has settled it around the COMMIT."""


_chains: "WeakKeyDictionary[Any, Chain]" = WeakKeyDictionary()


def chain_of(using: str) -> Chain:
    """Return the chain of this thread's connection; a forked process starts one of its own."""
    connection = connections[using]
    chain = _chains.get(connection)
    if chain is None or chain.process != os.getpid():
        chain = _chains[connection] = Chain()
    return chain


def tip_now(using: str) -> Tip | None:
    """Return the newest link within the current transaction, or the newest that is committed."""
    link = newest_of(connections[using], Link)
    return chain_of(using).tip if link is None else link.tip


def advance(tip: Tip, *, using: str) -> None:
    """Let `tip` be the chain's newest link if and when the current transaction commits."""
    hold(Link(chain_of(using), tip), using=using)


def new_writer() -> int:
    """Return a random positive 63-bit number; a collision would break a unique constraint, not a chain."""
    return secrets.randbits(63)


@lru_cache(maxsize=4)
def _derived(secret: str, use: str) -> bytes:
    return hmac.digest(secret.encode(), f"certcenter-audit:{use}".encode(), "sha256")


def digest(personal: Mapping[str, Any]) -> bytes:
    """Return the keyed digest of an event's personal part; keyed, so that a purged part cannot be guessed."""
    return _mac("digest", [personal[name] for name in PERSONAL])


def link_mac(
    *,
    writer: int,
    sequence: int,
    previous: bytes,
    time: datetime,
    event: str,
    institution: str,
    digest: bytes,
) -> bytes:
    """Return the MAC of a link: HMAC-SHA-256 over its canonical JSON with the key outside the database."""
    moment = time.astimezone(UTC).isoformat(timespec="microseconds")
    return _mac("link", [writer, sequence, previous.hex(), moment, event, institution, digest.hex()])


_compact = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def _mac(use: str, values: list[Any]) -> bytes:
    key = _derived(settings.CONFIG.audit_key.get_secret_value(), use)
    return hmac.digest(key, _compact(values).encode(), "sha256")
