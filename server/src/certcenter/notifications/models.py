"""What the demo's gateway keeps instead of sending."""

from django.db import models


class DemoMessage(models.Model):
    """A rendered message of the demo's outbox page. A production centre refuses this gateway (settings.model)."""

    #: The outbox's idempotency key: a message delivered again shows once.
    key = models.CharField(max_length=200, unique=True)
    institution = models.CharField(max_length=40)
    channel = models.CharField(max_length=5)
    address = models.CharField(max_length=254)
    subject = models.CharField(max_length=200, blank=True)
    text = models.TextField()
    #: Who has signed it, for people to read; empty: nobody.
    signed_by = models.CharField(max_length=400, blank=True, default="")
    #: The signed mail as it would travel.
    mail = models.BinaryField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["institution", "-id"], name="demo_message_newest")]

    def __str__(self) -> str:
        return f"message:{self.pk}"
