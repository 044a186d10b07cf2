"""Runs of people who can't log in, and the links that were mailed to them."""

import uuid

from django.db import models

from certcenter.identity.models import Customer
from certcenter.recovery.lifecycle import FlowKind, FlowState


class Link(models.Model):
    """A mailed link (SPEC E5). Its token, 256 random bits, exists only in the mail: here lies SHA-256 of it.

    A row without a customer was asked for in vain: it costs the same and leads nowhere (SPEC E4).
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    token_hash = models.CharField(max_length=64, unique=True)
    institution = models.CharField(max_length=40)
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    #: The account that was chosen, and the contacts that were shown: changed ones end the link.
    account_id = models.UUIDField(null=True, blank=True)
    email_id = models.UUIDField(null=True, blank=True)
    phone_id = models.UUIDField(null=True, blank=True)
    #: Birth dates evaluated so far; counted before comparing.
    tries = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True)
    #: Used by a right code, replaced by a newer request, or ended by wrong birth dates.
    used_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["customer", "-created_at"], name="link_of_customer")]

    def __str__(self) -> str:
        return f"link:{self.pk}"


class Flow(models.Model):
    """One run at one device, held by whoever has its token (256 random bits, hashed here). No login is involved."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    token_hash = models.CharField(max_length=64, unique=True)
    institution = models.CharField(max_length=40)
    kind = models.CharField(max_length=12, choices=[(each.value, each.value) for each in FlowKind])
    state = models.CharField(
        max_length=10, choices=[(each.value, each.value) for each in FlowState], default=FlowState.STARTED
    )
    #: Who has the ID that was typed, if anybody has.
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    #: Whether the birth date that was typed is this customer's.
    matched = models.BooleanField(default=False)
    #: An HMAC of what was typed: what decoys are made of.
    seed = models.CharField(max_length=64)
    #: An HMAC of the ID alone: strangers' requests are counted by it.
    identity_mac = models.CharField(max_length=64, blank=True, default="")
    link = models.ForeignKey(Link, on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    account_id = models.UUIDField(null=True, blank=True)
    contact_id = models.UUIDField(null=True, blank=True)
    #: The certificate that proved the device, DER: asked about again at the end.
    certificate = models.BinaryField(null=True, blank=True)
    grant_id = models.UUIDField(null=True, blank=True)
    #: HMAC of the initial password of this run.
    initial_mac = models.CharField(max_length=64, blank=True, default="")
    tries = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        indexes = [models.Index(fields=["customer", "state"], name="flow_of_customer")]

    def __str__(self) -> str:
        return f"flow:{self.pk}"
