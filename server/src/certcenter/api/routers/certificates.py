"""What the centre holds: overview, history, one certificate; and revocation (SPEC A1, A2, A5)."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from ninja import Path, Query, Router, Status

from certcenter.api.doors import Caller, CallerRequest
from certcenter.api.openapi import operation
from certcenter.api.values import Base64url, Digest, Input, Output, Serial
from certcenter.certificates import errors, queries, revoking
from certcenter.certificates.lifecycle import ApplicationState, CertificateState, ProcedureKind
from certcenter.certificates.models import Application, Certificate, Redownload
from certcenter.certificates.policy import Action
from certcenter.core.errors import NotFound
from certcenter.institutions import rules
from certcenter.institutions.vocabulary import HostStatus
from certcenter.otp.errors import GrantRefused

router = Router(tags=["certificates"])

Der = Annotated[bytes, Base64url(most=16384)]


class CertificateOut(Output):
    """A certificate and what became of it."""

    serial: Serial
    """Lower-case hex."""
    common_name: str
    state: CertificateState
    issued_at: datetime
    not_before: datetime
    not_after: datetime
    installed_at: datetime | None
    revoked_at: datetime | None
    spki_sha256: Digest
    """Which key it is for: compare with the keys on the device (SPEC A9)."""


class CertificateInFull(CertificateOut):
    """A certificate with the chain that verifies it."""

    certificate: Der
    chain: tuple[Der, ...]
    """The issuing CA's certificate and the root's, in this order."""
    export_file_name: str
    """What an exported PFX is called, by policy."""


class HostOut(Output):
    """The centre's side of the overview."""

    serial: Serial
    common_name: str
    issued_at: datetime
    not_before: datetime
    not_after: datetime
    spki_sha256: Digest


class OpenApplicationOut(Output):
    """An application under way; the device that holds its key can go on with it."""

    request: UUID
    kind: ProcedureKind
    state: ApplicationState
    spki_sha256: Digest


class WindowOut(Output):
    """When the certificate can be renewed; both ends belong to it."""

    opens: datetime
    closes: datetime


class RedownloadOut(Output):
    """憑證重新下載 is open: the device that holds the key of this request may fetch its certificate again, once."""

    ends_at: datetime
    request: UUID
    spki_sha256: Digest


class OverviewOut(Output):
    """The overview (憑證查詢), and the customer's certificates, newest first."""

    status: HostStatus
    word: str
    label: str
    advice: str
    host: HostOut | None
    application: OpenApplicationOut | None
    window: WindowOut | None
    revocations_left: int
    redownload: RedownloadOut | None
    """What staff have opened for this customer; the menu shows 憑證重新下載 while it is there."""
    actions: tuple[Action, ...]
    """What makes sense now, the likeliest first."""
    history: tuple[CertificateOut, ...]
    next: Serial | None
    """Give it as `after` for the next page; null on the last one."""


class Revoke(Input):
    """Revoke with a proven procedure."""

    procedure: UUID


class RevokedOut(Output):
    """What was revoked, and how often that can be done again this year."""

    certificate: CertificateOut
    revocations_left: int


@router.get("/certificates", **operation(200, OverviewOut, NotFound))
def overview(
    request: CallerRequest,
    after: Annotated[Serial | None, Query(description="Serial of the last page's last.")] = None,
) -> OverviewOut:
    """The overview, and the customer's certificates by keyset."""
    caller = request.auth
    seen = queries.overview(caller.customer, session=caller.session)
    word = caller.institution.statuses.word(seen.status)
    begin = queries.certificate(caller.customer, after).pk if after else None
    rows = queries.history(caller.customer, after=begin)
    return OverviewOut(
        status=seen.status,
        word=word.word.get(caller.language),
        label=word.label().get(caller.language),
        advice=word.advice.get(caller.language),
        host=_host(seen.host) if seen.host else None,
        application=_application(seen.application) if seen.application else None,
        window=WindowOut(opens=seen.window[0], closes=seen.window[1]) if seen.window else None,
        revocations_left=seen.revocations_left,
        redownload=_redownload(seen.redownload) if seen.redownload else None,
        actions=seen.actions,
        history=tuple(brief(row) for row in rows),
        next=rows[-1].serial if len(rows) == queries.PAGE else None,
    )


@router.get("/certificates/{serial}", **operation(200, CertificateInFull, NotFound, errors.RedownloadClosed))
def certificate(request: CallerRequest, serial: Annotated[Serial, Path()]) -> CertificateInFull:
    """One certificate with its chain."""
    found = queries.certificate(request.auth.customer, serial)
    queries.require_fetchable(found.application, session=request.auth.session)
    return in_full(request.auth, found)


@router.post(
    "/revocations",
    **operation(
        201,
        RevokedOut,
        errors.ProcedureGone,
        errors.WrongStep,
        errors.NotAllowedNow,
        errors.NothingToRevoke,
        errors.OnlineRevocationOff,
        errors.RevocationsUsedUp,
        GrantRefused,
    ),
)
def revoke(request: CallerRequest, body: Revoke) -> Status[RevokedOut]:
    """Revoke the customer's certificate. It counts against the year's limit."""
    caller = request.auth
    revoked = revoking.revoke(caller.customer, procedure_id=body.procedure, actor=caller.actor)
    left = queries.overview(caller.customer).revocations_left
    return Status(201, RevokedOut(certificate=brief(revoked), revocations_left=left))


def brief(row: Certificate) -> CertificateOut:
    """Return a certificate without its bytes."""
    return CertificateOut(**_values(row))


def in_full(caller: Caller, row: Certificate) -> CertificateInFull:
    """Return a certificate with its bytes and its chain."""
    leaf, *chain = queries.chain_of(row)
    name = rules.export_file_name(caller.institution, caller.customer.national_id, row.not_after)
    return CertificateInFull(**_values(row), certificate=leaf, chain=tuple(chain), export_file_name=name)


def _values(row: Certificate) -> dict[str, Any]:
    values = {name: getattr(row, name) for name in CertificateOut.model_fields}
    return values | {"state": CertificateState(row.state)}


def _host(panel: queries.HostPanel) -> HostOut:
    return HostOut(**{name: getattr(panel, name) for name in HostOut.model_fields})


def _redownload(row: Redownload) -> RedownloadOut:
    application = row.application
    return RedownloadOut(
        ends_at=row.ends_at, request=application.request_uuid, spki_sha256=application.spki_sha256
    )


def _application(row: Application) -> OpenApplicationOut:
    return OpenApplicationOut(
        request=row.request_uuid,
        kind=ProcedureKind(row.kind),
        state=ApplicationState(row.state),
        spki_sha256=row.spki_sha256,
    )
