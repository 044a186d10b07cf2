"""Reads about verification codes: what a page shows again after it was loaded anew."""

from certcenter.core import clock
from certcenter.identity.models import Customer
from certcenter.institutions import serving
from certcenter.institutions.vocabulary import CodePurpose
from certcenter.otp.actions import SentCode
from certcenter.otp.models import Challenge, Purpose


def current(customer: Customer, *, purpose: Purpose, session: str) -> SentCode | None:
    """Return the code that this session waits for, or None when none was sent, or its time is over."""
    found = Challenge.objects.filter(
        customer=customer,
        purpose=purpose,
        session=session,
        used_at__isnull=True,
        killed_at__isnull=True,
        expires_at__gt=clock.now(),
    ).first()
    if found is None:
        return None
    rule = serving.get(customer.institution).codes.rule(CodePurpose(purpose))
    return SentCode.of(found, rule)
