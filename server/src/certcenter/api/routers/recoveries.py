"""For people who can't log in: unlock and reissue (SPEC B3, B8, B9, E4–E6). Nobody is logged in; the run's token counts.

A browser has the token in a cookie of the institution's own, a program in `flow`, shown once.
"""

from datetime import datetime
from typing import Annotated, Final, Literal

from django.http import HttpResponse
from ninja import Router, Status

from certcenter.api.doors import AnyVisitor, Visit, VisitRequest
from certcenter.api.openapi import operation
from certcenter.api.routers.proofs import Share, ShareOut, Verifier
from certcenter.api.signed import Signed
from certcenter.api.values import Digest, Input, Output, line
from certcenter.certificates.actions import SignedProof
from certcenter.core.errors import Invalid, NotFound
from certcenter.core.gates import GateHardLocked, GateNotLocked, UnlockUsed
from certcenter.identity.models import SessionKind
from certcenter.identity.queries import CustomerFrozen
from certcenter.identity.visitor import flow_cookie, keep_flow
from certcenter.passwords.errors import LoginTooOften
from certcenter.proof.errors import NonceRefused, ShareLocked, VerifierWrong
from certcenter.recovery import devices
from certcenter.recovery.errors import FlowGone, RecoveryRefused
from certcenter.recovery.flows import LIFETIME
from certcenter.recovery.lifecycle import FlowKind

router = Router(tags=["recoveries"])

_KINDS: Final = {"unlock": FlowKind.UNLOCK, "reissue": FlowKind.CERTIFICATE}
FlowToken = Annotated[str, line(64)]


class Holder(Input):
    """Somebody who holds a run."""

    flow: FlowToken | None = None
    """The run's token; browsers have it in a cookie."""


class StartRecovery(Input):
    """ID and birth date, for a device that will prove its certificate."""

    purpose: Literal["unlock", "reissue"]
    identity: Annotated[str, line(32)]
    birth_date: Annotated[str, line(16)]
    """Eight Gregorian digits, such as 20020201 (policy says which calendar)."""


class RecoveryOut(Output):
    """A run has begun; the same answer for everybody."""

    flow: str | None
    """The run's token, for programs; keep it secret."""
    nonce: str
    """Single use; the device's proof for this purpose is made over it."""
    expires_at: datetime


class AskVisitorShare(Holder):
    """The certificate password was typed."""

    spki: Digest
    verifier: Verifier


class GiveProof(Holder):
    """The device's proof."""

    proof: Signed


class UnlockedOut(Output):
    """The login is open again: the old password, once."""

    unlocked: Literal[True]


@router.post(
    "/recoveries",
    auth=AnyVisitor(),
    **operation(201, RecoveryOut, Invalid, LoginTooOften, NotFound, is_open=True),
)
def start(request: VisitRequest, response: HttpResponse, body: StartRecovery) -> Status[RecoveryOut]:
    """Begin to unlock, or to reissue with a certificate."""
    visit = at_password_centre(request)
    begun = devices.start(
        visit.institution,
        kind=_KINDS[body.purpose],
        identity=body.identity,
        birth_date=body.birth_date,
        actor=visit.actor,
    )
    answer = RecoveryOut(
        flow=handed(visit, response, begun.token), nonce=begun.nonce, expires_at=begun.expires_at
    )
    return Status(201, answer)


@router.post(
    "/recoveries/key-share",
    auth=AnyVisitor(),
    **operation(200, ShareOut, FlowGone, VerifierWrong, ShareLocked, LoginTooOften, NotFound, is_open=True),
)
def release_share(request: VisitRequest, body: AskVisitorShare) -> ShareOut:
    """The share that unlocks a key in the page, for the right verifier; a wrong one counts (SPEC E2)."""
    visit = at_password_centre(request)
    share: Share = devices.release_share(
        visit.institution,
        token=held(visit, body),
        spki_sha256=body.spki,
        verifier=body.verifier,
        actor=visit.actor,
    )
    return ShareOut(share=share)


@router.post(
    "/recoveries/unlock",
    auth=AnyVisitor(),
    **operation(
        200,
        UnlockedOut,
        FlowGone,
        RecoveryRefused,
        NonceRefused,
        CustomerFrozen,
        GateNotLocked,
        GateHardLocked,
        UnlockUsed,
        NotFound,
        is_open=True,
    ),
)
def unlock(request: VisitRequest, body: GiveProof) -> UnlockedOut:
    """Open the locked login with the device's proof, once until the next successful login."""
    visit = at_password_centre(request)
    devices.unlock(
        visit.institution, token=held(visit, body), proof=signed(visit, body.proof), actor=visit.actor
    )
    return UnlockedOut(unlocked=True)


def held(visit: Visit, body: Holder) -> str:
    """Return the token that the other end has shown. Raises FlowGone."""
    if visit.kind is SessionKind.BROWSER:
        return visit.request.COOKIES.get(flow_cookie(), "")
    return body.flow or ""


def handed(visit: Visit, response: HttpResponse, token: str) -> str | None:
    """Hand a new run's token over: to a browser in its cookie, to a program in the answer."""
    if visit.kind is not SessionKind.BROWSER:
        return token
    keep_flow(response, token, seconds=int(LIFETIME.total_seconds()))
    return None


def at_password_centre(request: VisitRequest) -> Visit:
    """Return the visit at an institution that has a password centre. Raises NotFound."""
    visit = request.auth
    if not visit.institution.passwords.centre:
        raise NotFound
    return visit


def signed(visit: Visit, proof: Signed) -> SignedProof:
    """Return the proof as it was made at this origin."""
    return SignedProof(structure=proof.structure, signature=proof.signature, origin=visit.origin)
