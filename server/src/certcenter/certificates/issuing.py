"""The worker's half of the issuing cycle (docs/issuance-cycle.md, points 2–7; SPEC E8, E9).

Every write carries the lease that the rows were claimed under, so a worker that lost its lease writes nothing.
Nothing is signed before serial and to-be-signed bytes are stored; no signature leaves before it is stored.
"""

import hashlib
import logging
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from cryptography import x509
from django.db import InterfaceError, OperationalError, transaction
from django.db.models import Q, QuerySet, prefetch_related_objects

from certcenter.audit.actions import record, record_all
from certcenter.ca.api import (
    CertificateAuthority,
    Issued,
    IssueRequest,
    Pending,
    Prepared,
    Refused,
    SubjectName,
)
from certcenter.ca.errors import CaError
from certcenter.certificates import authority, cycle
from certcenter.certificates.lifecycle import APPLICATION, ApplicationState, CertificateState, Step, sources
from certcenter.certificates.models import Application, Certificate, serial_text
from certcenter.certificates.serials import UNPREPARED, void
from certcenter.core import clock, faults, leases
from certcenter.core.actor import system
from certcenter.core.db.prepared import PreparedInsert, PreparedUpdate, place
from certcenter.core.events import Event
from certcenter.identity.queries import OWNER_FROZEN
from certcenter.institutions import rules, serving
from certcenter.notifications.actions import Notice, notify_all
from certcenter.outbox.actions import enqueue_all

_log = logging.getLogger(__name__)
BATCH = 256
LEASE_SECONDS = 60
#: Prepared longer ago than this, its dates are stale: the serial is voided and kept, and a new one prepared.
STALE = timedelta(hours=1)
ACTOR = system("issuing")
CHECK_TOPIC = "certificate-check"


def run_once(limit: int = BATCH) -> int:
    """Take what waits, issue it, and return how many rows were taken. 0 means that nothing waits."""
    _give_back()
    lease, rows = QUEUE.claim(limit=limit, seconds=LEASE_SECONDS, durable=True)
    if not rows:
        return 0
    try:
        _issue_all(rows, lease)
    except (OperationalError, InterfaceError):
        _broken_off.add(lease)
        raise
    return len(rows)


def _give_back() -> None:
    """What the database broke off (it was locked, it was started anew) waits for no lease to end.

    A batch that fails otherwise keeps its lease: it would be taken first each time, and keep the others waiting.
    """
    for lease in tuple(_broken_off):
        leases.release(Application, lease, where=_UNDER_WAY)
        _broken_off.discard(lease)


def _issue_all(rows: Sequence[Application], lease: UUID) -> None:
    faults.point(cycle.CLAIMED)
    prefetch_related_objects(rows, "customer__contacts", "follows")
    for ca_name, group in _by_authority(rows).items():
        try:
            ca = authority.named(ca_name)
        except CaError:  # the other authorities' rows go on; these wait for their lease to end
            _log.exception("CA %s does not open: %d requests wait", ca_name, len(group))
            continue
        _void_stale(group, lease)
        _prepare(ca, [row for row in group if row.state == ApplicationState.ACCEPTED], lease)
        _issue(ca, [row for row in group if row.state == ApplicationState.PREPARED], lease)


def _void_stale(rows: Iterable[Application], lease: UUID) -> None:
    """Give rows whose preparation is stale back to the start; their serials are accounted for (SPEC E8)."""
    now = clock.now()
    stale = [row for row in rows if row.prepared_at is not None and row.prepared_at < now - STALE]
    stale = [row for row in stale if row.state == ApplicationState.PREPARED]
    if not stale:
        return
    with transaction.atomic():
        for row in stale:
            moved = _mine(row, lease, Step.VOID).update(state=ApplicationState.ACCEPTED, **UNPREPARED)
            if moved:
                row.state = ApplicationState.ACCEPTED
                void(row, actor=ACTOR)


def _prepare(ca: CertificateAuthority, rows: Sequence[Application], lease: UUID) -> None:
    """Points 3 and 4: choose serials, build and check what will be signed, store it in one commit."""
    if not rows:
        return
    answers = ca.prepare([_request(row) for row in rows])
    now = clock.now()
    with transaction.atomic():
        for row, answer in zip(rows, answers, strict=True):
            if isinstance(answer, Refused):
                _refuse(row, answer, lease)
                continue
            row.state, row.serial = ApplicationState.PREPARED, serial_text(answer.serial)
            row.tbs, row.issuer_key_id, row.prepared_at = answer.tbs, answer.issuer_key_id, now
            moved = _PREPARE.run(
                pk=row.pk, lease=lease, serial=row.serial, tbs=row.tbs,
                issuer_key_id=row.issuer_key_id, prepared_at=now,
            )  # fmt: skip
            if not moved:
                row.state = ApplicationState.ENDED  # revoked meanwhile, or another worker has it
    faults.point(cycle.PREPARED)


def _issue(ca: CertificateAuthority, rows: Sequence[Application], lease: UUID) -> None:
    """Points 5 to 7: sign what is stored, store the certificates with notices in one commit, have them checked."""
    if not rows:
        return
    faults.point(cycle.CHECKED)
    answers = ca.issue(
        [
            Prepared(
                reference=str(row.pk),
                serial=int(row.serial, 16),
                tbs=bytes(row.tbs or b""),
                issuer_key_id=row.issuer_key_id,
            )
            for row in rows
        ]
    )
    faults.point(cycle.SIGNED)
    with transaction.atomic():
        _store(
            [(row, answer) for row, answer in zip(rows, answers, strict=True) if isinstance(answer, Issued)],
            lease,
        )
        for row, answer in zip(rows, answers, strict=True):
            if isinstance(answer, Refused):
                _refuse(row, answer, lease)
            elif isinstance(answer, Pending):
                _mine(row, lease, Step.SUBMIT_OUTSIDE).update(
                    state=ApplicationState.SUBMITTED, lease_until=clock.now() + answer.retry_after
                )
    faults.point(cycle.STORED)


def _store(issued: Sequence[tuple[Application, Issued]], lease: UUID) -> None:
    """Keep what is still ours.

    A row that a revocation ended, or whose customer was frozen meanwhile, loses its signature, which leaves no trace
    outside; the frozen customer's is made again, byte for byte, when the freeze has ended.
    """
    now = clock.now()
    mine = Application.objects.filter(
        pk__in=[row.pk for row, _ in issued], lease=lease, state__in=sources(Step.STORE, APPLICATION)
    ).exclude(OWNER_FROZEN)
    held = set(mine.select_for_update().values_list("pk", flat=True))
    Application.objects.filter(pk__in=held).update(
        state=ApplicationState.ISSUED, issued_at=now, lease=None, lease_until=None
    )
    certificates = _NEW_CERTIFICATE.all(
        _certificate(row, answer, now) for row, answer in issued if row.pk in held
    )
    record_all(
        Event.CERTIFICATE_ISSUED,
        [(f"certificate:{each.serial}", _issue_details(each)) for each in certificates],
        actor=ACTOR,
    )
    notify_all(
        Event.CERTIFICATE_ISSUED,
        [
            Notice(
                customer=each.application.customer,
                details={"serial": each.serial, "kind": each.application.kind},
                key=f"issued:{each.serial}",
            )
            for each in certificates
        ],
    )
    enqueue_all(CHECK_TOPIC, {each.serial: {"certificate": each.pk} for each in certificates})


_NEW_CERTIFICATE = PreparedInsert(Certificate)


def _certificate(row: Application, issued: Issued, now: datetime) -> Certificate:
    ca = serving.get(row.institution).ca.name
    parsed = x509.load_der_x509_certificate(issued.certificate)
    return Certificate(
        serial=row.serial,
        ca=ca,
        shard=authority.shard(ca, issued.serial),
        institution=row.institution,
        customer_id=row.customer_id,
        holder=row.holder,
        application=row,
        common_name=row.common_name,
        sequence=row.sequence,
        der=issued.certificate,
        spki_sha256=row.spki_sha256,
        state=CertificateState.ISSUED,
        not_before=parsed.not_valid_before_utc,
        not_after=parsed.not_valid_after_utc,
        issued_at=now,
    )


def _issue_details(certificate: Certificate) -> dict[str, Any]:
    return {
        "customer": certificate.customer_id,
        "application": certificate.application_id,
        "sha256": hashlib.sha256(certificate.der).hexdigest(),
    }


def _refuse(row: Application, refused: Refused, lease: UUID) -> None:
    row.state = ApplicationState.REFUSED
    moved = _mine(row, lease, Step.REFUSE).update(
        state=row.state, refusal=refused.code, lease=None, lease_until=None, **UNPREPARED
    )
    if not moved:
        return
    if row.serial:
        void(row, actor=ACTOR)
    record(
        Event.CERTIFICATE_ISSUE_REFUSED,
        actor=ACTOR,
        subject=f"application:{row.pk}",
        customer=row.customer_id,
        reason=refused.code,
    )


def _request(row: Application) -> IssueRequest:
    institution = serving.get(row.institution)
    old_end = row.follows.not_after if row.follows is not None else None
    not_before, not_after = rules.validity(institution, clock.now(), old_end)
    subject = institution.subject
    return IssueRequest(
        reference=str(row.pk),
        spki=bytes(row.spki),
        subject=SubjectName(
            "TW", subject.organization, subject.units[0] if subject.units else None, row.common_name
        ),
        not_before=not_before,
        not_after=not_after,
        profile=institution.slug,
    )


def _mine(row: Application, lease: UUID, step: Step) -> QuerySet[Application]:
    """The row, if the lease is still ours and its state allows the step."""
    return Application.objects.filter(pk=row.pk, lease=lease, state__in=sources(step, APPLICATION))


def _by_authority(rows: Iterable[Application]) -> dict[str, list[Application]]:
    groups: dict[str, list[Application]] = defaultdict(list)
    for row in rows:
        institution = serving.served().find(row.institution)
        if (
            institution is None
        ):  # its policy file was taken away: these wait for their lease to end, the others go on
            _log.error("application %s waits: no policy for %s", row.pk, row.institution)
            continue
        groups[institution.ca.name].append(row)
    return groups


#: The leases of batches that the database broke off in this process.
_broken_off: set[UUID] = set()
_UNDER_WAY = Q(state__in=(ApplicationState.ACCEPTED, ApplicationState.PREPARED))
#: `issued_at` says nothing new; it lets the index of the queue be used.
#: A frozen customer's request waits for the end of the freeze (SPEC B3).
QUEUE = leases.Queue(
    Application,
    where=_UNDER_WAY & Q(issued_at__isnull=True) & ~Q(OWNER_FROZEN),
)
#: One statement a row, as each tells whether the row is still ours.
_PREPARE = PreparedUpdate(
    lambda: Application.objects.filter(
        pk=place("pk"), lease=place("lease"), state__in=sources(Step.PREPARE, APPLICATION)
    ),
    state=ApplicationState.PREPARED,
    serial=place("serial"),
    tbs=place("tbs"),
    issuer_key_id=place("issuer_key_id"),
    prepared_at=place("prepared_at"),
)
