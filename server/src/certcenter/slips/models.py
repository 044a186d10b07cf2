"""Slips that were handed out, without their secrets."""

import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from certcenter.identity.models import Customer


class SlipPurpose(models.TextChoices):
    """What a slip is good for; it is nothing anywhere else."""

    CERTIFICATE = "certificate", _("certificate application")
    LOGIN = "login", _("login password")


class Slip(models.Model):
    """One slip of paper. The secret is kept as an HMAC under a key outside the database (docs/adr/0022)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    #: Stands on the paper and in the history; no secret.
    number = models.CharField(max_length=9)
    institution = models.CharField(max_length=40)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="+")
    purpose = models.CharField(max_length=12, choices=SlipPurpose)
    secret_mac = models.CharField(max_length=64)
    issued_at = models.DateTimeField()
    #: The member of staff who issued it, `identity.Staff.pk`; empty where the operator did.
    issued_by = models.CharField(max_length=20, blank=True)
    expires_at = models.DateTimeField()
    #: The session that gave the right secret, and until when it may go on.
    accepted_session = models.CharField(max_length=64, default="", blank=True)
    accepted_until = models.DateTimeField(null=True)
    used_at = models.DateTimeField(null=True)
    voided_at = models.DateTimeField(null=True)
    #: `wrong`, `replaced` or `staff`.
    void_reason = models.CharField(max_length=10, default="", blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "purpose"],
                condition=Q(used_at__isnull=True, voided_at__isnull=True),
                name="slip_one_open",
            )
        ]
        indexes = [models.Index(fields=["customer", "-issued_at"], name="slip_customer")]

    def __str__(self) -> str:
        return f"slip:{self.pk}"
