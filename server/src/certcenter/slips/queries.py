"""Which slip a customer may use now (SPEC E3)."""

from datetime import datetime

from django.db.models import Q

from certcenter.core import clock
from certcenter.identity.models import Customer
from certcenter.slips.models import Slip, SlipPurpose

#: Neither used nor void. It may have expired.
OPEN = Q(used_at__isnull=True, voided_at__isnull=True)


def usable(customer: Customer, purpose: SlipPurpose) -> Slip | None:
    """The customer's slip for `purpose` that can be used now, or None."""
    return Slip.objects.filter(OPEN, customer=customer, purpose=purpose, expires_at__gt=clock.now()).first()


def accepted_until(customer: Customer, purpose: SlipPurpose, *, session: str) -> datetime | None:
    """Until when `session` may use what the right password opened, or None."""
    held = Slip.objects.filter(
        OPEN,
        customer=customer,
        purpose=purpose,
        accepted_session=session,
        accepted_until__gt=clock.now(),
    )
    return held.values_list("accepted_until", flat=True).first()


def newest(customer: Customer, *, limit: int = 5) -> list[Slip]:
    """The last slips of the customer, newest first, for staff."""
    return list(Slip.objects.filter(customer=customer).order_by("-issued_at")[:limit])
