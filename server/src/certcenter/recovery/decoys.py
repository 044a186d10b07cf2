"""What people see who are not there, not the right ones, or can't be reached: masks made of an HMAC of what they typed.

The same data always give the same masks, other data others, so nobody can tell by asking again (SPEC B9). Their forms
are those of the real ones (core.masks makes both), their branches and mail providers are the institution's policy.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from certcenter.core.masks import mask_account, mask_email, mask_mobile
from certcenter.identity.models import Line
from certcenter.institutions.policy import Institution


@dataclass(frozen=True, slots=True)
class ShownAccount:
    """An account as the pages before a login show it."""

    id: UUID
    line: Line
    masked: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What the page shows of a person: accounts, one phone, one address, all masked."""

    accounts: tuple[ShownAccount, ...]
    phone: str
    email: str


_LETTERS = "abcdefghijklmnopqrstuvwxyz"
#: Out of 16: how many people have accounts of a further line.
_FURTHER = 3


def decoy(institution: Institution, seed: str) -> Shown:
    """Return the masks for `seed` (`people.Somebody.seed`). Pure."""
    draw = _numbers(seed)
    look = institution.passwords.decoys
    first, *further = (Line(line) for line in look.branches)
    lines = [first, *(line for line in further if next(draw) % 16 < _FURTHER)]
    accounts = tuple(
        ShownAccount(
            id=_uuid(seed, line),
            line=line,
            masked=mask_account(f"{_one(look.branches[line], draw)}-{next(draw) % 10**7:07d}"),
        )
        for line in lines
    )
    phone = mask_mobile(f"09{next(draw) % 10**8:08d}")
    name = "".join(_one(_LETTERS, draw) for _ in range(5 + next(draw) % 8))
    email = mask_email(f"{name}@{_one(look.mail_domains, draw)}")
    return Shown(accounts=accounts, phone=phone, email=email)


def _numbers(seed: str) -> Iterator[int]:
    counter = 0
    while True:
        yield int.from_bytes(hashlib.sha256(f"{seed}:{counter}".encode()).digest()[:8])
        counter += 1


def _one(choices: Sequence[str], draw: Iterator[int]) -> str:
    return choices[next(draw) % len(choices)]


def _uuid(seed: str, line: Line) -> UUID:
    """Return an id of the form that real accounts have (RFC 9562 version 4)."""
    return UUID(bytes=hashlib.sha256(f"{seed}:{line}".encode()).digest()[:16], version=4)
