"""What pages and programs may read of certificates, always one customer's own (SPEC A1, A2)."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.db.models import Q

from certcenter.certificates import authority, errors, policy
from certcenter.certificates.lifecycle import (
    FETCHABLE,
    LIVE,
    OPEN,
    UNDER_WAY,
    ApplicationState,
    CertificateState,
)
from certcenter.certificates.models import Application, Certificate, Redownload
from certcenter.certificates.policy import Action, CertificateFacts, Situation
from certcenter.core import clock, limits
from certcenter.core.db.prepared import Prepared, place
from certcenter.core.errors import NotFound
from certcenter.core.masks import mask_identity
from certcenter.core.taiwan import roc_date_in_words, taipei_day, taipei_year
from certcenter.identity.models import Customer
from certcenter.institutions import rules, serving
from certcenter.institutions.vocabulary import HostStatus, RepairMode

#: Scope of the counted limit of online revocations; its window is the calendar year in Taipei.
REVOCATIONS = "revocations"
PAGE = 20
#: Neither used nor replaced. It may be over.
REDOWNLOAD_OPEN = Q(used_at__isnull=True, closed_at__isnull=True)


@dataclass(frozen=True, kw_only=True, slots=True)
class HostPanel:
    """The host side of the overview."""

    serial: str
    status: HostStatus
    issued_at: datetime
    not_before: datetime
    not_after: datetime
    spki_sha256: str
    common_name: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Overview:
    """What the overview page shows (SPEC A1)."""

    status: HostStatus
    host: HostPanel | None
    #: The newest open application, or None; `request_uuid` and `spki_sha256` let a device resume it (SPEC A9).
    application: Application | None
    window: tuple[datetime, datetime] | None
    revocations_left: int
    #: What staff opened for this customer and nobody has used (SPEC A9).
    redownload: Redownload | None
    actions: tuple[Action, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Progress:
    """How far an application is; `percent` rises with the points of the cycle that are done."""

    state: ApplicationState
    percent: int
    refusal: str


@dataclass(frozen=True, kw_only=True, slots=True)
class StatusAt:
    """What a certificate was at a moment (SPEC A15, D8). `usable` means: for orders."""

    serial: str
    usable: bool
    reason: str


def holder_of(customer: Customer) -> str:
    """Who has the one place for a certificate: the customer (SPEC E8)."""
    return f"customer:{customer.pk}"


def situation(customer: Customer, *, revocations: bool = True) -> Situation:
    """Collect the facts for `policy`: one query each for certificates, application, `revocations`.

    A holder has one certificate a year: all of them are fewer rows than three queries cost.
    """
    holder = holder_of(customer)
    certificates = _OF_HOLDER.all(holder=holder)
    waiting = next((each for each in certificates if each.state == CertificateState.ISSUED), None)
    former = [each for each in certificates if each is not waiting]
    current = next((each for each in former if each.state in LIVE), former[0] if former else None)
    application = _OPEN_OF_HOLDER.first(holder=holder)
    now = clock.now()
    return Situation(
        now=now,
        institution=serving.get(customer.institution),
        current=_facts(current),
        waiting=_facts(waiting),
        application=ApplicationState(application.state) if application else None,
        revocations_used=_revocations(customer, now) if revocations else None,
        last_sequence=certificates[0].sequence if certificates else 0,
        customer=customer,
    )


def _revocations(customer: Customer, now: datetime) -> int:
    return limits.used(REVOCATIONS, subject=customer.subject, window=str(taipei_year(now)))


def overview(customer: Customer, *, session: str = "") -> Overview:
    """Everything that the overview shows of the host side; `session` is whose re-download is looked for."""
    facts = situation(customer)
    opened = None
    if facts.institution.repair.mode is RepairMode.OPENED_BY_STAFF:
        opened = redownload(customer, session=session)
        facts = replace(facts, redownload=opened is not None)
    shown = facts.current if facts.live or facts.waiting is None else facts.waiting
    certificate = _by_serial(customer, shown.serial) if shown else None
    status = policy.host_status(facts)
    application = (
        Application.objects.filter(holder=holder_of(customer), state__in=OPEN).defer("csr", "tbs").first()
    )
    return Overview(
        status=status,
        host=_panel(certificate, status) if certificate else None,
        application=application,
        window=facts.window,
        revocations_left=facts.revocations_left,
        redownload=opened,
        actions=policy.actions(facts),
    )


def redownload(customer: Customer, *, session: str) -> Redownload | None:
    """The re-download that `session` may use now: open and unused, or used by this very session (SPEC A9)."""
    mine = Q(used_at__isnull=True) | Q(used_session=session)
    found = Redownload.objects.filter(
        mine, customer=customer, closed_at__isnull=True, ends_at__gt=clock.now()
    )
    return found.select_related("application__certificate").order_by("-opened_at").first()


def require_fetchable(application: Application, *, session: str) -> None:
    """Return where `session` may fetch the issued certificate; raise RedownloadClosed where staff must open that first.

    The session that asked for it may fetch it as often as it takes; once the device has confirmed it, any session may.
    """
    institution = serving.get(application.institution)
    if institution.repair.mode is not RepairMode.OPENED_BY_STAFF or application.session == session:
        return
    if application.state != ApplicationState.ISSUED:
        return
    opened = Redownload.objects.filter(application=application, used_session=session, used_at__isnull=False)
    if not opened.exists():
        raise errors.RedownloadClosed


def consent_values(customer: Customer) -> dict[str, str]:
    """What a consent says of the customer who agrees to it today (`content.blocks.CUSTOMER_VALUES`)."""
    return {
        "customer_name": customer.name,
        "masked_id": mask_identity(customer.national_id),
        "roc_date": roc_date_in_words(taipei_day(clock.now())),
    }


def history(customer: Customer, *, after: int | None = None, limit: int = PAGE) -> list[Certificate]:
    """The customer's certificates, newest first, by keyset: `after` is the last page's last id."""
    rows = Certificate.objects.filter(customer=customer)
    if after is not None:
        rows = rows.filter(pk__lt=after)
    return list(rows.order_by("-id")[: min(limit, PAGE)])


def certificate(customer: Customer, serial: str) -> Certificate:
    """One certificate of this customer. Raises NotFound for any other."""
    found = _by_serial(customer, serial)
    if found is None:
        raise NotFound
    return found


def application(customer: Customer, request_uuid: UUID) -> Application:
    """One application of this customer. Raises NotFound for any other."""
    found = Application.objects.filter(customer=customer, request_uuid=request_uuid).first()
    if found is None:
        raise NotFound
    return found


def issued_application(customer: Customer, request_uuid: UUID) -> Application:
    """`application` with its certificate, once it was issued. Raises NotFound, NotIssuedYet, ApplicationRefused, NotAllowedNow."""
    found = with_certificate(customer, request_uuid)
    require_issued(found)
    return found


def with_certificate(customer: Customer, request_uuid: UUID) -> Application:
    """`application` with its certificate, where it has one, read at once. Raises NotFound."""
    found = _WITH_CERTIFICATE.first(customer=customer.pk, request=request_uuid)
    if found is None:
        raise NotFound
    return found


def under_way(customer: Customer, request_uuid: UUID) -> int | None:
    """The number of an application that the worker still has to do with; None when it has ended. Raises NotFound."""
    seen = _STATE.first(customer=customer.pk, request=request_uuid)
    if seen is None:
        raise NotFound
    return seen.pk if seen.state in UNDER_WAY else None


def ended(application_ids: Sequence[int]) -> list[int]:
    """Which of these applications, anybody's, are under way no longer."""
    numbers: dict[str, Any] = {f"number_{place}": number for place, number in enumerate(application_ids)}
    return [row.pk for row in _ended(tuple(numbers)).all(**numbers)]


@cache
def _ended(names: tuple[str, ...]) -> Prepared[Application]:
    """One for each count of those who wait, of whom a process has fewer than threads."""
    numbers = [place(name) for name in names]
    return Prepared(
        lambda: Application.objects.filter(pk__in=numbers).exclude(state__in=UNDER_WAY).only("pk")
    )


_OF_HOLDER = Prepared(
    lambda: (
        Certificate.objects.filter(holder=place("holder"))
        .only("serial", "state", "not_before", "not_after", "sequence")
        .order_by("-id")
    )
)
_OPEN_OF_HOLDER = Prepared(
    lambda: Application.objects.filter(holder=place("holder"), state__in=OPEN).only("state")
)
_OF_REQUEST = Application.objects.filter(customer_id=place("customer"), request_uuid=place("request"))
_STATE = Prepared(lambda: _OF_REQUEST.only("state"))
_WITH_CERTIFICATE = Prepared(lambda: _OF_REQUEST.select_related("certificate").defer("csr", "spki", "tbs"))


def progress(customer: Customer, request_uuid: UUID) -> Progress:
    """How far the application is. Raises NotFound."""
    return progress_of(application(customer, request_uuid))


def progress_of(application: Application) -> Progress:
    """How far this application is, as it was read."""
    state = ApplicationState(application.state)
    return Progress(state=state, percent=_PERCENT[state], refusal=application.refusal)


def chain(customer: Customer, request_uuid: UUID) -> tuple[bytes, ...]:
    """The issued certificate and its CA certificates, leaf first, DER. Raises NotFound, NotIssuedYet, ApplicationRefused."""
    return chain_of(issued_application(customer, request_uuid).certificate)


def chain_of(certificate: Certificate) -> tuple[bytes, ...]:
    """The certificate and the CA certificates above it, leaf first, DER."""
    return (bytes(certificate.der), *authority.chain(certificate.ca))


def require_issued(application: Application) -> None:
    """Return when the certificate can be fetched; raise NotIssuedYet or ApplicationRefused otherwise."""
    if application.state == ApplicationState.REFUSED:
        raise errors.ApplicationRefused(reason=application.refusal)
    if application.state == ApplicationState.ENDED:
        raise errors.NotAllowedNow
    if application.state not in FETCHABLE:
        raise errors.NotIssuedYet


def status_at(certificate: Certificate, moment: datetime) -> StatusAt:
    """Whether the certificate may sign orders at `moment` (SPEC A15): installed, within its dates, not revoked by then."""
    revoked = certificate.revoked_at is not None and certificate.revoked_at <= moment
    checks = (
        ("not-installed", certificate.installed_at is None or moment < certificate.installed_at),
        ("revoked", revoked and certificate.state != CertificateState.SUSPENDED),
        ("suspended", revoked and certificate.state == CertificateState.SUSPENDED),
        ("not-yet-valid", moment < certificate.not_before),
        ("expired", moment > certificate.not_after),
    )
    reason = next((name for name, holds in checks if holds), "")
    return StatusAt(serial=certificate.serial, usable=not reason, reason=reason)


def status_for_use(customer: Customer, certificate: x509.Certificate, *, at: datetime) -> str | None:
    """Whether the signer's certificate may be used at `at`: for orders, unlock, reissue (SPEC A4, E6); None means yes.

    Issued here to this customer (equal to the stored one to the byte) and neither ended, revoked nor suspended.
    """
    stored = find_equal(customer, certificate)
    if stored is None:
        return "not-yours"
    status = status_at(stored, at)
    return None if status.usable else status.reason or "not-usable"


def status_for_renewal(customer: Customer, certificate: x509.Certificate, *, at: datetime) -> str | None:
    """Whether the signer's certificate is valid *for renewal* (SPEC A4); None means yes, else a code.

    Issued here to this customer (equal to the stored one to the byte), neither revoked nor suspended, inside the
    window even if past its end.
    """
    stored = find_equal(customer, certificate)
    if stored is None:
        return "not-yours"
    if stored.state != CertificateState.ACTIVE:
        return str(stored.state)
    institution = serving.get(stored.institution)
    inside = rules.in_renewal_window(institution, stored.not_before, stored.not_after, now=at)
    return None if inside else "outside-window"


def find_equal(customer: Customer, certificate: x509.Certificate) -> Certificate | None:
    """The customer's stored certificate that equals `certificate` to the byte, so a namesake of another CA is nothing."""
    key = certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    stored = Certificate.objects.filter(
        customer=customer, spki_sha256=hashlib.sha256(key).hexdigest()
    ).first()
    same = stored is not None and bytes(stored.der) == certificate.public_bytes(Encoding.DER)
    return stored if same else None


def _by_serial(customer: Customer, serial: str) -> Certificate | None:
    return Certificate.objects.filter(customer=customer, serial=serial).first()


def _facts(row: Certificate | None) -> CertificateFacts | None:
    if row is None:
        return None
    return CertificateFacts(
        id=row.pk,
        serial=row.serial,
        state=CertificateState(row.state),
        not_before=row.not_before,
        not_after=row.not_after,
    )


def _panel(row: Certificate, status: HostStatus) -> HostPanel:
    return HostPanel(
        serial=row.serial,
        status=status,
        issued_at=row.issued_at,
        not_before=row.not_before,
        not_after=row.not_after,
        spki_sha256=row.spki_sha256,
        common_name=row.common_name,
    )


_PERCENT = {
    ApplicationState.ACCEPTED: 20,
    ApplicationState.PREPARED: 60,
    ApplicationState.SUBMITTED: 60,
    ApplicationState.ISSUED: 100,
    ApplicationState.INSTALLED: 100,
    ApplicationState.REFUSED: 100,
    ApplicationState.ENDED: 100,
}
