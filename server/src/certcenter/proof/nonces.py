"""Single-use values that devices sign (SPEC E6)."""

import base64
import secrets
from datetime import timedelta

from django.db import connection, transaction

from certcenter.core import clock
from certcenter.identity.models import Customer
from certcenter.proof.errors import NonceRefused
from certcenter.proof.models import Nonce

LIFETIME = timedelta(minutes=5)
_BYTES = 32
#: Nonces long past that issuing a new one clears away.
_CLEARED_AT_ONCE = 20


def issue(institution: str, *, purpose: str, customer: Customer | None, session: str) -> str:
    """Return a fresh nonce (base64url, 256 bits) for one signature of `customer` in `session` within five minutes.

    Without a customer it is for whoever holds `session`: nobody has logged in yet, and the row must not say who it may be.
    """
    if customer is not None and customer.institution != institution:
        raise ValueError("a nonce is bound to the customer's own institution")
    now = clock.now()
    value = base64.urlsafe_b64encode(secrets.token_bytes(_BYTES)).rstrip(b"=").decode()
    with transaction.atomic():
        old = Nonce.objects.filter(expires_at__lt=now - timedelta(days=1)).values_list("pk", flat=True)
        Nonce.objects.filter(pk__in=list(old[:_CLEARED_AT_ONCE])).delete()
        Nonce.objects.create(
            value=value,
            institution=institution,
            customer=customer,
            purpose=purpose,
            session=session,
            created_at=now,
            expires_at=now + LIFETIME,
        )
    return value


def consume(institution: str, *, value: str, purpose: str, customer: Customer | None, session: str) -> None:
    """Spend a nonce inside the transaction of what it proves; one conditional statement. Raises NonceRefused."""
    if not connection.in_atomic_block:
        raise RuntimeError("a nonce is spent in the transaction of what it proves")
    now = clock.now()
    spent = Nonce.objects.filter(
        value=value,
        institution=institution,
        purpose=purpose,
        customer=customer,
        session=session,
        used_at__isnull=True,
        expires_at__gt=now,
    ).update(used_at=now)
    if not spent:
        raise NonceRefused
