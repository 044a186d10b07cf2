"""Nonces that a device signs, and the server's shares of wrapped keys (SPEC E6; DESIGN, Keys in the page)."""

from datetime import datetime
from typing import Annotated

from cryptography import x509
from ninja import Path, Router, Status

from certcenter.api.doors import Caller, CallerRequest
from certcenter.api.openapi import operation
from certcenter.api.signed import Signed
from certcenter.api.values import MAX_PUBLIC_KEY, Base64url, Digest, Input, Output
from certcenter.certificates import queries
from certcenter.core import clock
from certcenter.core.errors import Conflict
from certcenter.identity.models import Customer
from certcenter.proof import nonces, shares, verify
from certcenter.proof.errors import (
    NonceRefused,
    ProofRefused,
    ShareExists,
    ShareLocked,
    ShareUnknown,
    VerifierWrong,
)
from certcenter.proof.verify import Proven
from certcenter_sdk.proofs import Purpose

router = Router(tags=["proofs"])

Verifier = Annotated[bytes, Base64url(least=shares.VERIFIER_BYTES, most=shares.VERIFIER_BYTES)]
Share = Annotated[bytes, Base64url(least=shares.SHARE_BYTES, most=shares.SHARE_BYTES)]


class AskNonce(Input):
    """What the proof will be for."""

    purpose: Purpose


class NonceOut(Output):
    """A value for one signature by this session's customer."""

    nonce: str
    expires_at: datetime


class NewShare(Input):
    """A new key is about to be wrapped."""

    spki: Digest
    """SHA-256 of the key's SubjectPublicKeyInfo, lower-case hex."""
    verifier: Verifier
    """Derived from the certificate password; wrong ones are counted."""
    proof: Signed | None = None
    """Of the purpose `share`, by this key: needed for each share of a key but its first (another device, a lost answer)."""
    public_key: Annotated[bytes, Base64url(most=MAX_PUBLIC_KEY)] | None = None
    """SubjectPublicKeyInfo, DER: where the proof is by a key that has no certificate yet."""


class AskShare(Input):
    """The certificate password was typed."""

    verifier: Verifier


class ChangeVerifier(Input):
    """The certificate password is changed."""

    verifier: Verifier
    new_verifier: Verifier


class ShareOut(Output):
    """The server's half of what unwraps the key."""

    share: Share


@router.post("/nonces", **operation(201, NonceOut))
def nonce(request: CallerRequest, body: AskNonce) -> Status[NonceOut]:
    """A single-use nonce for a proof."""
    caller = request.auth
    expires_at = clock.now() + nonces.LIFETIME
    value = nonces.issue(
        caller.institution.slug, purpose=body.purpose.value, customer=caller.customer, session=caller.session
    )
    return Status(201, NonceOut(nonce=value, expires_at=expires_at))


@router.post("/key-shares", **operation(201, ShareOut, ShareExists, ProofRefused, NonceRefused))
def create_share(request: CallerRequest, body: NewShare) -> Status[ShareOut]:
    """Make a share for one wrapping of a key. The key's first share needs no proof, each further one does."""
    caller = request.auth
    share = shares.create(
        caller.customer,
        spki_sha256=body.spki,
        verifier=body.verifier,
        actor=caller.actor,
        proven=_proven(caller, body.proof, body.public_key) if body.proof else None,
    )
    return Status(201, ShareOut(share=share))


@router.post(
    "/key-shares/{spki}/release", **operation(200, ShareOut, ShareUnknown, VerifierWrong, ShareLocked)
)
def release_share(request: CallerRequest, spki: Annotated[Digest, Path()], body: AskShare) -> ShareOut:
    """The share, for the right verifier; a wrong one counts (SPEC E2)."""
    caller = request.auth
    share = shares.release(caller.customer, spki_sha256=spki, verifier=body.verifier, actor=caller.actor)
    return ShareOut(share=share)


@router.put(
    "/key-shares/{spki}", **operation(200, ShareOut, ShareUnknown, Conflict, VerifierWrong, ShareLocked)
)
def change_share(request: CallerRequest, spki: Annotated[Digest, Path()], body: ChangeVerifier) -> ShareOut:
    """Another verifier for the same share."""
    caller = request.auth
    share = shares.change(
        caller.customer,
        spki_sha256=spki,
        verifier=body.verifier,
        new_verifier=body.new_verifier,
        actor=caller.actor,
    )
    return ShareOut(share=share)


def _proven(caller: Caller, proof: Signed, public_key: bytes | None) -> Proven:
    """Check a proof of the purpose `share`: by the given key, or by a certificate that was issued to the customer."""
    signed = proof.at(caller)
    return verify.check(
        caller.institution.slug,
        customer=caller.customer,
        purpose=Purpose.SHARE,
        structure=signed.structure,
        signature=signed.signature,
        spki=public_key,
        session=caller.session,
        origin=signed.origin,
        status=_own if public_key is None else None,
    )


def _own(customer: Customer, certificate: x509.Certificate, *, at: datetime) -> str | None:  # noqa: ARG001 - StatusLookup
    """Any certificate of the customer will do: what an ended one may still sign is decided elsewhere."""
    return None if queries.find_equal(customer, certificate) else "not-yours"
