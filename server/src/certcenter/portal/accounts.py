"""The customer's accounts in the order in which people look for them: securities first."""

from certcenter.identity import queries
from certcenter.identity.models import Customer, Line
from certcenter.identity.queries import MaskedAccount

_ORDER = {line: place for place, line in enumerate(Line)}


def accounts(customer: Customer) -> list[MaskedAccount]:
    """All accounts of all lines, securities before futures before the rest."""
    return sorted(queries.accounts(customer), key=lambda account: _ORDER[account.line])
