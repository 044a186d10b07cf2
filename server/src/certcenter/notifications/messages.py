"""One message to one address: what the outbox carries and a gateway sends."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Protocol, Self

from certcenter.core import sealing
from certcenter.core.sealing import Use

#: The outbox's topic.
TOPIC = "message"


@dataclass(frozen=True, slots=True)
class Address:
    """Where a message goes: `channel` is `sms` or `email`."""

    channel: str
    value: str


class Addressee(Protocol):
    """Whom a notice is for; `identity.Customer` is one."""

    institution: str
    locale: str
    name: str

    @property
    def subject(self) -> str:
        """How the audit names this person."""

    def addresses(self) -> Sequence[Address]:
        """Return the contacts in force."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A rendered message. `key` makes sending again harmless; after `expires_at` it is not worth sending."""

    key: str
    institution: str
    locale: str
    channel: str
    address: str
    subject: str
    text: str
    expires_at: datetime | None = None

    def sealed(self) -> dict[str, str]:
        """Return the outbox payload: codes and addresses lie there encrypted (SPEC E3)."""
        values = asdict(self) | {"expires_at": self.expires_at.isoformat() if self.expires_at else None}
        return {
            "key": self.key,
            "sealed": sealing.seal(Use.MESSAGE, json.dumps(values).encode(), owner=self.key),
        }

    @classmethod
    def unsealed(cls, payload: Mapping[str, str]) -> Self:
        """Read `sealed`'s payload. Raises sealing.Unsealable."""
        values = json.loads(sealing.unseal(Use.MESSAGE, payload["sealed"], owner=payload["key"]))
        expires_at = values.pop("expires_at")
        return cls(**values, expires_at=datetime.fromisoformat(expires_at) if expires_at else None)
