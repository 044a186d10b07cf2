"""From a key on the device to an installed certificate (SPEC A3, A4, A9, E8; docs/issuance-cycle.md)."""

from typing import Annotated
from uuid import UUID

from django.http import HttpResponse
from ninja import Header, Query, Router, Status

from certcenter.api import waiting
from certcenter.api.doors import Caller, CallerRequest
from certcenter.api.errors import KeyMismatch
from certcenter.api.openapi import operation
from certcenter.api.routers.certificates import CertificateInFull, CertificateOut, brief, in_full
from certcenter.api.signed import Signed
from certcenter.api.values import MAX_CSR, Base64url, Digest, Input, Output
from certcenter.certificates import actions, errors, queries, redownloads
from certcenter.certificates.lifecycle import FETCHABLE, UNDER_WAY, ApplicationState
from certcenter.certificates.models import Application
from certcenter.core.errors import NotFound
from certcenter.identity.queries import CustomerFrozen
from certcenter.otp.errors import GrantRefused
from certcenter.proof.errors import NonceRefused, ProofRefused
from certcenter.slips.errors import SlipNeeded

router = Router(tags=["applications"])


class Apply(Input):
    """A certificate request for a proven procedure."""

    procedure: UUID
    request: UUID
    """Chosen by the device; sent again with the same key it is the same application. Also in Idempotency-Key."""
    csr: Annotated[bytes, Base64url(most=MAX_CSR)]
    """PKCS#10, DER (RFC 2986)."""
    old_key_proof: Signed | None = None
    """Renewal: a proof of the purpose `renew` by the old key, where the device has it."""


class Acknowledge(Input):
    """A proof of the purpose `repair` by the new key: it and its certificate are on the device."""

    proof: Signed


class ProgressOut(Output):
    """How far an application is."""

    request: UUID
    state: ApplicationState
    percent: int
    refusal: str
    """Why the CA refused, where it did."""
    spki_sha256: Digest


@router.post(
    "/applications",
    **operation(
        202,
        ProgressOut,
        KeyMismatch,
        errors.ProcedureGone,
        errors.WrongStep,
        errors.AnotherKey,
        errors.KeyAlreadyUsed,
        errors.RequestRejected,
        errors.KeyTypeNotAllowed,
        errors.ApplicationOpen,
        errors.AlreadyHasCertificate,
        errors.OutsideWindow,
        errors.NothingToRenew,
        errors.OldKeyNeeded,
        SlipNeeded,
        CustomerFrozen,
        ProofRefused,
        NonceRefused,
        GrantRefused,
        errors.RedownloadClosed,
        also={200: CertificateInFull},
    ),
)
def apply(
    request: CallerRequest,
    response: HttpResponse,
    body: Apply,
    idempotency_key: Annotated[UUID | None, Header(alias="Idempotency-Key")] = None,
    wait: Annotated[int, Query(ge=0, le=waiting.LONGEST, description="Seconds to wait for it.")] = 0,
) -> Status[ProgressOut] | Status[CertificateInFull]:
    """Hand in a certificate request; the centre issues it in the background.

    With `wait` the answer is the certificate (200) where it is made by then; otherwise how far it is (202), and it is
    fetched later or by the same request again.
    """
    if idempotency_key is not None and idempotency_key != body.request:
        raise KeyMismatch
    caller = request.auth
    accepted = actions.submit(
        caller.customer,
        procedure_id=body.procedure,
        request_uuid=body.request,
        csr=body.csr,
        old_key_proof=body.old_key_proof.at(caller) if body.old_key_proof else None,
        actor=caller.actor,
    )
    response["Location"] = f"{request.path}/{accepted.request_uuid}"
    if wait:
        if accepted.state in UNDER_WAY:
            waiting.for_end(accepted.pk, seconds=wait)
        accepted = queries.with_certificate(caller.customer, accepted.request_uuid)
        if accepted.state in FETCHABLE:
            queries.require_fetchable(accepted, session=caller.session)
            return Status(200, in_full(caller, accepted.certificate))
    return Status(202, _progress(accepted))


@router.get("/applications/{uuid:request_uuid}", **operation(200, ProgressOut, NotFound))
def progress(
    request: CallerRequest,
    request_uuid: UUID,
    wait: Annotated[int, Query(ge=0, le=waiting.LONGEST, description="Seconds to wait for the end.")] = 0,
) -> ProgressOut:
    """How far the application is; with `wait` the answer comes as soon as the certificate is made, or then."""
    caller = request.auth
    _await_end(caller, request_uuid, wait)
    return _progress(queries.application(caller.customer, request_uuid))


@router.get(
    "/applications/{uuid:request_uuid}/certificate",
    **operation(
        200,
        CertificateInFull,
        NotFound,
        errors.NotIssuedYet,
        errors.ApplicationRefused,
        errors.NotAllowedNow,
        errors.RedownloadClosed,
    ),
)
def issued(
    request: CallerRequest,
    request_uuid: UUID,
    wait: Annotated[int, Query(ge=0, le=waiting.LONGEST, description="Seconds to wait for it.")] = 0,
) -> CertificateInFull:
    """The issued certificate with its chain; as often as it is asked for (SPEC A9). With `wait`, as soon as it is made."""
    caller = request.auth
    _await_end(caller, request_uuid, wait)
    application = queries.issued_application(caller.customer, request_uuid)
    queries.require_fetchable(application, session=caller.session)
    return in_full(caller, application.certificate)


@router.post(
    "/applications/{uuid:request_uuid}/acknowledgement",
    **operation(
        200,
        CertificateOut,
        NotFound,
        errors.NotIssuedYet,
        errors.ApplicationRefused,
        errors.NotAllowedNow,
        CustomerFrozen,
        ProofRefused,
        NonceRefused,
    ),
)
def acknowledge(request: CallerRequest, request_uuid: UUID, body: Acknowledge) -> CertificateOut:
    """The certificate is installed: it is in force from now, and what it follows is superseded."""
    caller = request.auth
    installed = actions.acknowledge(
        caller.customer, request_uuid=request_uuid, proof=body.proof.at(caller), actor=caller.actor
    )
    return brief(installed)


def _await_end(caller: Caller, request_uuid: UUID, seconds: int) -> None:
    """Return when the application is under way no longer or the time is over. Raises NotFound."""
    number = queries.under_way(caller.customer, request_uuid) if seconds else None
    if number is not None:
        waiting.for_end(number, seconds=seconds)


def _progress(application: Application) -> ProgressOut:
    seen = queries.progress_of(application)
    return ProgressOut(
        request=application.request_uuid,
        state=seen.state,
        percent=seen.percent,
        refusal=seen.refusal,
        spki_sha256=application.spki_sha256,
    )


@router.post(
    "/redownloads",
    **operation(
        200,
        CertificateInFull,
        errors.RedownloadClosed,
        errors.NotAllowedNow,
        errors.ApplicationRefused,
        CustomerFrozen,
        ProofRefused,
        NonceRefused,
    ),
)
def redownload(request: CallerRequest, body: Acknowledge) -> CertificateInFull:
    """憑證重新下載: the certificate once more, while staff have it open, for a `repair` proof by the pending key.

    Used once: the same session gets the same answer again, every other one is refused. The device acknowledges as ever.
    """
    caller = request.auth
    return in_full(caller, redownloads.use(caller.customer, proof=body.proof.at(caller), actor=caller.actor))
