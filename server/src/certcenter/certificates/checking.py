"""Point 7 of the issuing cycle: somebody else looks at what was issued (Boulder's checker; SPEC D1).

Runs from the outbox, after the commit, on the stored bytes alone: the chain's signatures, the key and subject that were
asked for, the serial, and pkilint on a sample. A finding stops nothing that is out already; it is an alarm in audit and log.
"""

import logging
from collections.abc import Sequence

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID
from django.db import transaction

from certcenter.audit.actions import record_all
from certcenter.ca.embedded.lint import lint
from certcenter.certificates import authority, cycle
from certcenter.certificates.issuing import ACTOR, CHECK_TOPIC
from certcenter.certificates.models import Certificate
from certcenter.core import clock, faults
from certcenter.core.events import Event
from certcenter.outbox.handlers import Outcome, Task, handles_many
from certcenter_sdk import chain
from certcenter_sdk.errors import ChainRefused

_log = logging.getLogger(__name__)
#: One of so many is linted in full: 2 ms each is too slow for all (PERFORMANCE).
SAMPLE = 50


@handles_many(CHECK_TOPIC)
def check(tasks: Sequence[Task]) -> list[Outcome]:
    """Check certificates and note when. Repeating it does no harm."""
    rows = Certificate.objects.select_related("application").in_bulk(
        [task.payload["certificate"] for task in tasks]
    )
    findings = {number: found for number, row in rows.items() if (found := _findings(row))}
    with transaction.atomic():
        unchecked = Certificate.objects.filter(pk__in=rows, checked_at__isnull=True)
        news = set(unchecked.filter(pk__in=findings).values_list("pk", flat=True)) if findings else set()
        unchecked.update(checked_at=clock.now())
        record_all(
            Event.CERTIFICATE_CHECK_FAILED,
            [
                (f"certificate:{rows[number].serial}", {"findings": findings[number]})
                for number in sorted(news)
            ],
            actor=ACTOR,
        )
    for number, found in findings.items():
        _log.error("certificate %s fails its check: %s", rows[number].serial, "; ".join(found))
    faults.point(cycle.PUBLISHED)
    return [None] * len(tasks)


def _findings(row: Certificate) -> list[str]:
    try:
        parsed = x509.load_der_x509_certificate(bytes(row.der))
    except ValueError as error:
        return [f"no certificate: {error}"]
    issuing, root = map(x509.load_der_x509_certificate, authority.chain(row.ca))
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
