"""Evidence of orders: everything that a later check needs, in one row (SPEC A15, D8)."""

import uuid

from django.db import models

from certcenter.certificates.models import Certificate
from certcenter.core import clock
from certcenter.identity.models import Customer


class Evidence(models.Model):
    """An order that was accepted: its bytes, its signature, the chain and the certificate's status at that moment.

    Never changed; kept as policy says (SPEC D6: five years after the certificate's end at least).
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    institution = models.CharField(max_length=40)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="+")
    certificate = models.ForeignKey(Certificate, on_delete=models.PROTECT, related_name="+")
    #: The order's nonce: one order a nonce.
    nonce = models.CharField(max_length=86, unique=True)
    #: Canonical bytes of the order (docs/contracts.md) and the detached CMS signature over them.
    order = models.BinaryField()
    signature = models.BinaryField()
    #: DER of leaf, issuing CA and root, as they were verified.
    chain = models.JSONField()
    #: `good` at `accepted_at`; kept as words, for whoever reads it years later.
    status = models.CharField(max_length=20)
    accepted_at = models.DateTimeField(default=clock.now)

    class Meta:
        indexes = [models.Index(fields=["customer", "-accepted_at", "-id"], name="evidence_customer")]
