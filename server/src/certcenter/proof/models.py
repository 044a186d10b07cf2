"""Nonces that devices sign, and the server's shares of wrapped keys."""

from django.db import models

from certcenter.identity.models import Customer


class Nonce(models.Model):
    """A single-use value for one signature by one customer's session (SPEC E6)."""

    value = models.CharField(max_length=64, unique=True)
    institution = models.CharField(max_length=40)
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    purpose = models.CharField(max_length=16)
    session = models.CharField(max_length=64)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True)
    used_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"nonce:{self.pk}"


class KeyShare(models.Model):
    """The server's half of what wraps a key in a page (DESIGN, Keys in the page).

    A key that was imported on two devices has two wrappings and two shares; each wrapping's verifier has a salt of its own.
    The share is sealed under a key outside the database. The verifier, which the page derives from the certificate
    password, is kept as an HMAC: a stolen database helps nobody to search for a password of four characters.
    """

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="+")
    #: Lower-case hex SHA-256 of the SubjectPublicKeyInfo of the wrapped key.
    spki_sha256 = models.CharField(max_length=64)
    verifier_mac = models.CharField(max_length=64)
    sealed_share = models.TextField()
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "spki_sha256", "verifier_mac"], name="share_once_a_wrapping"
            )
        ]

    def __str__(self) -> str:
        return f"key-share:{self.pk}"
