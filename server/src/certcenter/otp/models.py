"""Verification codes and the grants that right ones give (SPEC D4, E3)."""

import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from certcenter.identity.models import Channel, Customer


class Purpose(models.TextChoices):
    """What a code is for; a code for one purpose serves no other."""

    APPLY = "apply", _("apply for a certificate")
    RENEW = "renew", _("renew the certificate")
    REVOKE = "revoke", _("revoke the certificate")
    REISSUE = "reissue", _("reissue a password")
    UNLOCK = "unlock", _("unlock a password")


class Challenge(models.Model):
    """One code that was sent. The code itself is nowhere here: only its HMAC under a key outside the database."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="+")
    purpose = models.CharField(max_length=10, choices=Purpose)
    #: `identity.Session.id` of the session that asked for it.
    session = models.CharField(max_length=64)
    channel = models.CharField(max_length=5, choices=Channel)
    #: Where it went, masked; several where the policy sends to every contact.
    masked = models.TextField()
    #: Four capitals shown on the page and first in the message (識別碼).
    identification = models.CharField(max_length=4)
    code_mac = models.CharField(max_length=64)
    digits = models.PositiveSmallIntegerField()
    #: Answers evaluated so far; counted before comparing, so that parallel guesses can't pass (SPEC E3).
    tries = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    resend_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)
    #: Replaced by a newer code, or killed by the last wrong answer.
    killed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["customer"],
                condition=Q(used_at__isnull=True, killed_at__isnull=True),
                name="code_one_at_a_time",
            ),
        ]
        indexes = [models.Index(fields=["expires_at"], name="challenge_expiry")]

    def __str__(self) -> str:
        return f"challenge:{self.pk}"


class Grant(models.Model):
    """The right to do one thing once: given by a right code to one session for one consent."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    challenge = models.OneToOneField(Challenge, on_delete=models.CASCADE, related_name="grant")
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="+")
    purpose = models.CharField(max_length=10, choices=Purpose)
    session = models.CharField(max_length=64)
    #: The consent version that the customer agreed to; empty where the purpose has none.
    consent_id = models.CharField(max_length=64, blank=True, default="")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"grant:{self.pk}"
