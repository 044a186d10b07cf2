"""Who does something, from where. Every action takes an `Actor`, without a default (DESIGN, rules of taste)."""

import ipaddress
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

#: What one line is given at least, and who sits behind it can choose any of its addresses (RFC 6177 §2, RFC 4291 §2.5.4).
_IPV6_LINE: Final = 64


class ActorKind(StrEnum):
    """The kinds of doer that the audit distinguishes."""

    CUSTOMER = "customer"
    STAFF = "staff"
    PROGRAM = "program"
    SYSTEM = "system"
    ANONYMOUS = "anonymous"


@dataclass(frozen=True, kw_only=True, slots=True)
class Actor:
    """A doer: `id` is the customer's, staff member's or job's identifier; `address` the source IP as text.

    A company's user is `12/3`: user 3 of customer 12.

    `session` is the hash of the session that acts, never the session's key itself.
    """

    kind: ActorKind
    institution: str | None
    id: str = ""
    address: str = ""
    session: str = ""
    user_agent: str = ""

    @property
    def source(self) -> str:
        """Whom limits of one source count: the IPv4 address, or the /64 network of an IPv6 address."""
        try:
            address = ipaddress.ip_address(self.address)
        except ValueError:
            return self.address
        if isinstance(address, ipaddress.IPv4Address):
            return str(address)
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network((int(address), _IPV6_LINE), strict=False))

    def as_customer(self, customer_id: int, *, session: str, user: int | None = None) -> "Actor":
        """Return this actor after it has logged in as a customer, or as one user of a company."""
        return replace(self, kind=ActorKind.CUSTOMER, id=person(customer_id, user), session=session)


def person(customer_id: int, user: int | None) -> str:
    """Return how an actor names a customer, or one user of a company."""
    return str(customer_id) if user is None else f"{customer_id}/{user}"


def system(job: str, *, institution: str | None = None) -> Actor:
    """Return the actor for background work; `job` names it in the audit."""
    return Actor(kind=ActorKind.SYSTEM, institution=institution, id=job)
