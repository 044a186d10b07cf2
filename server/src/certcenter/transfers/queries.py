"""What phone and computer may know of a pairing: how far it is, never what it holds (SPEC A12)."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from certcenter.core import clock
from certcenter.identity.models import Customer
from certcenter.transfers.errors import TransferGone
from certcenter.transfers.models import UNDER_WAY, Transfer, TransferState

#: Besides TransferState: the time was over before it came to an end.
EXPIRED = "expired"


@dataclass(frozen=True, kw_only=True, slots=True)
class Seen:
    """How far a pairing is: a TransferState's value, or `expired`."""

    id: UUID
    state: str
    expires_at: datetime


def seen(customer: Customer, transfer_id: UUID) -> Seen:
    """Look at a pairing of this customer. Raises TransferGone for any other."""
    found = Transfer.objects.filter(pk=transfer_id, customer=customer).first()
    if found is None:
        raise TransferGone
    over = found.expires_at <= clock.now() and TransferState(found.state) in UNDER_WAY
    return Seen(id=found.pk, state=EXPIRED if over else found.state, expires_at=found.expires_at)
