"""Point 7 of the issuing cycle: somebody else looks at what was issued (Boulder's checker; SPEC D1).

Runs from the outbox, after the commit, on the stored bytes alone: the chain's signatures, the key and subject that were
asked for, the serial, and pkilint on a sample. A finding stops nothing that is out already; it is an alarm in audit and log.
"""

import logging
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID
from django.db import transaction

from certcenter.audit.actions import record
from certcenter.ca.embedded.lint import lint
from certcenter.certificates import authority, cycle
from certcenter.certificates.issuing import ACTOR, CHECK_TOPIC
from certcenter.certificates.models import Certificate
from certcenter.core import clock, faults
from certcenter.core.events import Event
from certcenter.outbox.handlers import Attempt, handles
from certcenter_sdk import chain
from certcenter_sdk.errors import ChainRefused

_log = logging.getLogger(__name__)
#: One of so many is linted in full: 2 ms each is too slow for all (PERFORMANCE).
SAMPLE = 50


@handles(CHECK_TOPIC)
def check(payload: dict[str, Any], *, attempt: Attempt) -> None:  # noqa: ARG001 - every handler is told
    """Check one certificate and note when. Repeating it does no harm."""
    certificate = Certificate.objects.select_related("application").get(pk=payload["certificate"])
    findings = _findings(certificate)
    with transaction.atomic():
        noted = Certificate.objects.filter(pk=certificate.pk, checked_at__isnull=True).update(
            checked_at=clock.now()
        )
        if noted and findings:
            record(
                Event.CERTIFICATE_CHECK_FAILED,
                actor=ACTOR,
                subject=f"certificate:{certificate.serial}",
                findings=findings,
            )
    if findings:
        _log.error("certificate %s fails its check: %s", certificate.serial, "; ".join(findings))
    faults.point(cycle.PUBLISHED)


def _findings(row: Certificate) -> list[str]:
    try:
        parsed = x509.load_der_x509_certificate(bytes(row.der))
    except ValueError as error:
        return [f"no certificate: {error}"]
    issuing, root = map(x509.load_der_x509_certificate, authority.named(row.ca).chain())
    findings = [
        name
        for name, holds in (
            ("another serial", parsed.serial_number != row.serial_number),
            ("another key", _spki(parsed) != bytes(row.application.spki)),
            ("another subject", _common_name(parsed) != row.common_name),
        )
        if holds
    ]
    try:
        chain.verify_chain(parsed, [issuing], [root], row.issued_at)
    except ChainRefused as refused:
        findings.append(f"chain: {refused.code}")
    if row.pk % SAMPLE == 1:
        findings += [str(finding) for finding in lint(bytes(row.der))]
    return findings


def _spki(certificate: x509.Certificate) -> bytes:
    return certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _common_name(certificate: x509.Certificate) -> str:
    return "+".join(
        str(each.value) for each in certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    )
