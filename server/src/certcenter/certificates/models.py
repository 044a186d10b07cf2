"""Rows of the issuing cycle (docs/issuance-cycle.md). Written by actions and the worker alone."""

import uuid

from django.db import models
from django.db.models import F, Q

from certcenter.certificates.lifecycle import (
    LIVE,
    NOT_GOOD,
    OPEN,
    ApplicationState,
    CertificateState,
    ProcedureState,
)
from certcenter.core import clock
from certcenter.core.models import Leased
from certcenter.identity.models import Customer


def serial_text(serial: int) -> str:
    """How serials are stored and shown: lower-case hex, an even number of digits (RFC 5280 §4.1.2.2: 20 octets at most)."""
    digits = f"{serial:x}"
    return digits if len(digits) % 2 == 0 else f"0{digits}"


class Procedure(models.Model):
    """One run from consent to proven identity, for applying, renewing or revoking (SPEC A3–A5)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    institution = models.CharField(max_length=40)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=10)
    state = models.CharField(max_length=12, default=ProcedureState.CONSENTED)
    #: `identity.Session.id` of the session that started it; another session can't go on with it (SPEC E3).
    session = models.CharField(max_length=64)
    #: The consent given; None where policy asks for none.
    consent_id = models.BigIntegerField(null=True)
    grant_id = models.UUIDField(null=True)
    #: What a used procedure revoked: a repeated request gets the same answer (SPEC E8).
    revoked = models.ForeignKey("Certificate", null=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=clock.now)
    expires_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["expires_at"], name="procedure_expires")]


class Application(Leased):
    """A certificate request; this row is the queue (DESIGN, the issuing cycle)."""

    request_uuid = models.UUIDField()
    institution = models.CharField(max_length=40)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="+")
    #: Who may have one certificate: the customer, or in `corporate` the token user.
    holder = models.CharField(max_length=80)
    kind = models.CharField(max_length=10)
    #: The session that asked for it: where staff open re-downloads, no other one fetches the certificate (SPEC A9).
    session = models.CharField(max_length=64, default="", blank=True)
    state = models.CharField(max_length=12, default=ApplicationState.ACCEPTED)
    csr = models.BinaryField()
    spki = models.BinaryField()
    spki_sha256 = models.CharField(max_length=64)
    common_name = models.CharField(max_length=64)
    sequence = models.PositiveIntegerField()
    accepted_at = models.DateTimeField(default=clock.now)
    #: Serial in lower-case hex and to-be-signed bytes, stored before anything is signed (SPEC E8).
    serial = models.CharField(max_length=40, default="", blank=True)
    tbs = models.BinaryField(null=True)
    issuer_key_id = models.CharField(max_length=64, default="", blank=True)
    prepared_at = models.DateTimeField(null=True)
    issued_at = models.DateTimeField(null=True)
    installed_at = models.DateTimeField(null=True)
    refusal = models.CharField(max_length=60, default="", blank=True)
    #: Renewal: the certificate that the new one follows.
    follows = models.ForeignKey("Certificate", null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["customer", "request_uuid"], name="application_request"),
            models.UniqueConstraint(
                fields=["spki_sha256"],
                condition=~Q(state=ApplicationState.REFUSED),
                name="application_one_key",
            ),
            models.UniqueConstraint(
                fields=["holder"], condition=Q(state__in=OPEN), name="application_one_open"
            ),
        ]
        indexes = [
            # SQLite uses a partial index only for a condition without parameters: not for `state IN (?, …)`.
            models.Index(fields=["id"], name="application_queue", condition=Q(issued_at__isnull=True)),
            models.Index(fields=["holder", "-id"], name="application_holder"),
            models.Index(fields=["customer", "-id"], name="application_customer"),
        ]


class Certificate(models.Model):
    """An issued certificate and what became of it."""

    #: As `serial_text` writes it.
    serial = models.CharField(max_length=40)
    ca = models.CharField(max_length=40)
    shard = models.PositiveSmallIntegerField()
    institution = models.CharField(max_length=40)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="+")
    holder = models.CharField(max_length=80)
    application = models.OneToOneField(Application, on_delete=models.PROTECT, related_name="certificate")
    common_name = models.CharField(max_length=64)
    sequence = models.PositiveIntegerField()
    der = models.BinaryField()
    spki_sha256 = models.CharField(max_length=64)
    state = models.CharField(max_length=12, default=CertificateState.ISSUED)
    not_before = models.DateTimeField()
    not_after = models.DateTimeField()
    issued_at = models.DateTimeField()
    installed_at = models.DateTimeField(null=True)
    #: Set by the independent check after issuing (point 7 of the cycle).
    checked_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    #: CRLReason of RFC 5280 §5.3.1, as its number.
    reason = models.PositiveSmallIntegerField(null=True)
    #: `customer`, `staff` or `system`: the yearly limit counts the customer's own alone (SPEC A5).
    revoked_by = models.CharField(max_length=10, default="", blank=True)
    reminded_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["ca", "serial"], name="certificate_serial"),
            models.UniqueConstraint(fields=["spki_sha256"], name="certificate_one_key"),
            models.UniqueConstraint(
                fields=["holder"], condition=Q(state__in=LIVE), name="certificate_one_live"
            ),
            models.UniqueConstraint(
                fields=["holder"], condition=Q(state=CertificateState.ISSUED), name="certificate_one_waiting"
            ),
            models.CheckConstraint(condition=Q(not_after__gt=F("not_before")), name="certificate_validity"),
            models.CheckConstraint(
                condition=~Q(state__in=NOT_GOOD) | Q(revoked_at__isnull=False),
                name="certificate_revoked_when",
            ),
        ]
        indexes = [
            models.Index(fields=["customer", "-id"], name="certificate_customer"),
            models.Index(fields=["holder", "-id"], name="certificate_holder"),
            models.Index(
                fields=["ca", "shard", "state", "not_after", "serial", "revoked_at", "reason"],
                name="certificate_crl",
            ),
            models.Index(fields=["state", "not_after"], name="certificate_expiry"),
        ]

    @property
    def serial_number(self) -> int:
        """The serial as a number."""
        return int(self.serial, 16)


class VoidSerial(models.Model):
    """A serial that was prepared and never issued; kept, so that each serial is accounted for (SPEC E8)."""

    serial = models.CharField(max_length=40)
    ca = models.CharField(max_length=40)
    application = models.ForeignKey(Application, on_delete=models.PROTECT, related_name="void_serials")
    tbs_sha256 = models.CharField(max_length=64)
    prepared_at = models.DateTimeField()
    voided_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["ca", "serial"], name="void_serial")]


class MailSigner(models.Model):
    """A certificate that signs an institution's mail (`mail_signers`): so much of it as a CRL has to say."""

    #: As `serial_text` writes it.
    serial = models.CharField(max_length=40)
    ca = models.CharField(max_length=40)
    shard = models.PositiveSmallIntegerField()
    institution = models.CharField(max_length=40)
    issued_at = models.DateTimeField()
    not_after = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    #: CRLReason of RFC 5280 §5.3.1, as its number.
    reason = models.PositiveSmallIntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["ca", "serial"], name="mail_signer_serial"),
            models.CheckConstraint(
                condition=Q(revoked_at__isnull=True) | Q(reason__isnull=False), name="mail_signer_revoked_why"
            ),
        ]


class Redownload(models.Model):
    """憑證重新下載, opened by staff for one customer's certificate, once and for the day (SPEC, policy table: repair)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    institution = models.CharField(max_length=40)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="+")
    application = models.ForeignKey(Application, on_delete=models.PROTECT, related_name="+")
    opened_at = models.DateTimeField()
    #: `identity.Staff.pk`; what was checked stands in the history.
    opened_by = models.CharField(max_length=20, blank=True)
    ends_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    #: The session that used it: a lost answer is given again to nobody else.
    used_session = models.CharField(max_length=64, default="", blank=True)
    #: Replaced by a later opening.
    closed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["customer"],
                condition=Q(used_at__isnull=True, closed_at__isnull=True),
                name="redownload_one_open",
            )
        ]
        indexes = [models.Index(fields=["customer", "-opened_at"], name="redownload_customer")]
