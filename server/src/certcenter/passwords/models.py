"""Password credentials, registered clients, and challenges that were answered already."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from certcenter.identity.models import Account, Customer


class CredentialKind(models.TextChoices):
    """The kinds of password around a customer (SPEC B); login uses the network password."""

    NETWORK = "network", _("network password")
    VOICE = "voice", _("voice password")
    WITHDRAWAL = "withdrawal", _("withdrawal password")
    USER = "user", _("user password")


class Scheme(models.Model):
    """Whether one password opens all of a customer's accounts (歸戶) or each account has its own (SPEC B4, B5).

    A customer without a row is unified. `revision` counts the changes: a new password that was hashed for one state of
    a customer's passwords is never written into another.
    """

    customer = models.OneToOneField(
        Customer, on_delete=models.CASCADE, primary_key=True, related_name="password_scheme"
    )
    unified = models.BooleanField(default=True)
    revision = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"scheme:{self.pk}"


class Credential(models.Model):
    """One password, as argon2id over HMAC-SHA256(pepper of its kind, password) (SPEC E1).

    All rows of one customer, kind and holder have the same salt and parameters: one run compares them all (SPEC B5).
    """

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="credentials")
    kind = models.CharField(max_length=10, choices=CredentialKind)
    #: Whose it is where the customer is a company with several users; empty: the customer's own.
    holder = models.CharField(max_length=64, blank=True, default="")
    #: The one account that it opens; without one it opens all.
    account = models.ForeignKey(
        Account, on_delete=models.CASCADE, null=True, blank=True, related_name="credentials"
    )
    #: The encoded argon2id string: parameters, salt and digest.
    hash = models.CharField(max_length=200)
    #: Which pepper went in: the first 16 hex digits of its SHA-256, so that a change of key is noticed.
    pepper_id = models.CharField(max_length=16)
    changed_at = models.DateTimeField()
    #: It opens nothing but its own change.
    must_change = models.BooleanField(default=False)
    #: An initial password's last moment (電子憑證交付作業要點: one month); afterwards it opens nothing.
    usable_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "kind", "holder"],
                condition=Q(account__isnull=True),
                name="credential_once_a_customer",
            ),
            models.UniqueConstraint(
                fields=["account", "kind", "holder"],
                condition=Q(account__isnull=False),
                name="credential_once_an_account",
            ),
        ]

    def __str__(self) -> str:
        return f"credential:{self.pk}"


class FormerPassword(models.Model):
    """A password that was replaced: the policy's `history` says for how long it may not come back."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="former_passwords")
    kind = models.CharField(max_length=10, choices=CredentialKind)
    holder = models.CharField(max_length=64, blank=True, default="")
    account = models.ForeignKey(Account, on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    hash = models.CharField(max_length=200)
    pepper_id = models.CharField(max_length=16)
    replaced_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["customer", "kind", "holder"], name="former_password_of")]

    def __str__(self) -> str:
        return f"former:{self.pk}"


class LoginCode(models.Model):
    """A customer's own name to log in with instead of the ID (`codes`), in small letters."""

    customer = models.OneToOneField(
        Customer, on_delete=models.CASCADE, primary_key=True, related_name="login_code"
    )
    institution = models.CharField(max_length=40)
    code = models.CharField(max_length=16)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["institution", "code"], name="login_code_once_an_institution"),
        ]

    def __str__(self) -> str:
        return f"login-code:{self.pk}"


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
