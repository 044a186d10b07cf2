"""Password credentials, registered clients, and challenges that were answered already."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from certcenter.identity.models import Customer


class CredentialKind(models.TextChoices):
    """The kinds of password around a customer (SPEC B); login uses the network password."""

    NETWORK = "network", _("network password")
    VOICE = "voice", _("voice password")
    WITHDRAWAL = "withdrawal", _("withdrawal password")
    USER = "user", _("user password")


class Credential(models.Model):
    """One password, as argon2id over HMAC-SHA256(pepper, password) (SPEC E1)."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="credentials")
    kind = models.CharField(max_length=10, choices=CredentialKind)
    #: The encoded argon2id string: parameters, salt and digest.
    hash = models.CharField(max_length=200)
    #: Which pepper went in: the first 16 hex digits of its SHA-256, so that a change of key is noticed.
    pepper_id = models.CharField(max_length=16)
    changed_at = models.DateTimeField()
    must_change = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["customer", "kind"], name="credential_once_a_kind")]

    def __str__(self) -> str:
        return f"credential:{self.pk}"


class Client(models.Model):
    """A program that may log customers in without a captcha. Its secret (256 random bits) is kept as an HMAC."""

    client_id = models.CharField(max_length=64, unique=True)
    institution = models.CharField(max_length=40)
    name = models.CharField(max_length=100)
    secret_mac = models.CharField(max_length=64)
    created_at = models.DateTimeField()
    disabled_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"client:{self.client_id}"


class SpentChallenge(models.Model):
    """A captcha that was answered: the same answer again is refused until the challenge would have expired."""

    digest = models.CharField(max_length=64, unique=True)
    expires_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"spent:{self.pk}"


class Source(models.Model):
    """When a source of logins may come again (passwords.sources): the theoretical arrival time, in Unix seconds."""

    address = models.CharField(max_length=64, unique=True)
    arrival = models.FloatField(db_index=True)

    def __str__(self) -> str:
        return f"source:{self.pk}"
