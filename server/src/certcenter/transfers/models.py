"""Pairings of a phone with a computer, and the one sealed parcel that each may hold (SPEC A12)."""

import uuid
from enum import StrEnum

from django.db import models

from certcenter.identity.models import Customer


class TransferState(StrEnum):
    """How far a pairing is. Its time may be over in any state: see `expires_at`."""

    OPEN = "open"
    SEALED = "sealed"
    FETCHED = "fetched"
    CANCELLED = "cancelled"


#: A pairing that may still lead to something.
UNDER_WAY = (TransferState.OPEN, TransferState.SEALED)


class Transfer(models.Model):
    """A phone that waits for a certificate, for a few minutes."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    institution = models.CharField(max_length=40)
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="+")
    #: The session that opened it: the only one that may fetch.
    phone_session = models.CharField(max_length=64)
    state = models.CharField(max_length=10)
    #: Of the certificate that was proven by whoever sent.
    serial = models.CharField(max_length=40, blank=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["customer"],
                condition=models.Q(state__in=[state.value for state in UNDER_WAY]),
                name="one_transfer_under_way",
            )
        ]

    def __str__(self) -> str:
        return f"transfer:{self.pk}"


class Parcel(models.Model):
    """What a computer sealed for the phone of this pairing. Gone as soon as it is fetched, or its time is over."""

    transfer = models.OneToOneField(Transfer, on_delete=models.CASCADE, primary_key=True, related_name="+")
    ciphertext = models.BinaryField()
    expires_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"parcel:{self.pk}"
