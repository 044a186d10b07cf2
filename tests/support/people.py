"""Customers for tests: written through the rooms' own actions."""

from typing import Any

from certcenter.core.actor import Actor, ActorKind, system
from certcenter.identity import actions
from certcenter.identity.models import Customer
from certcenter.identity.rows import CustomerRow

INSTITUTION = "sample"
PASSWORD = "Rope7352"
ROW = {
    "national_id": "A123456789",
    "name": "王小明",
    "birth_date": "1987-12-05",
    "phones": "0936123054",
    "emails": "christin@example.com",
    "accounts": "securities:1020-0324338",
}
OTHER = {
    **ROW,
    "national_id": "A800000014",
    "name": "Mary Chen",
    "accounts": "securities:1020-0324339",
    "locale": "en",
}


def import_(
    columns: dict[str, str] | None = None, *, institution: str = INSTITUTION, **changes: str
) -> Customer:
    """Import one customer, by default Mr Wang."""
    row = CustomerRow.parse({**(columns or ROW), **changes})
    return actions.import_customer(
        row, institution=institution, actor=system("tests", institution=institution)
    ).customer


def with_password(password: str = PASSWORD, **changes: Any) -> Customer:
    """Import a customer and set the login password."""
    from certcenter.passwords.actions import set_password

    customer = import_(**changes)
    set_password(customer, password, actor=system("tests", institution=customer.institution))
    return customer


def anonymous(address: str = "192.0.2.7", *, institution: str = INSTITUTION, session: str = "") -> Actor:
    """Return somebody at the login page."""
    return Actor(
        kind=ActorKind.ANONYMOUS,
        institution=institution,
        address=address,
        session=session,
        user_agent="pytest",
    )


def acting(customer: Customer, *, session: str = "session-1", address: str = "192.0.2.7") -> Actor:
    """Return the customer in a session."""
    return anonymous(address, institution=customer.institution).as_customer(customer.pk, session=session)
