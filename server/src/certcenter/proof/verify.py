"""Check that a customer's key is there, for one purpose and one nonce (SPEC E6, A4, A9)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import load_der_public_key

from certcenter.core import clock
from certcenter.identity.models import Customer
from certcenter.proof import nonces
from certcenter.proof.errors import ProofRefused
from certcenter_sdk import cms
from certcenter_sdk.errors import Refused
from certcenter_sdk.proofs import Proof, Purpose

__all__ = ["ProofRefused", "Proven", "Purpose", "StatusLookup", "check"]


class StatusLookup(Protocol):
    """The centre's own knowledge of a certificate; `certificates.queries` has it."""

    def __call__(self, customer: Customer, certificate: x509.Certificate, *, at: datetime) -> str | None:
        """Return None where `certificate`, byte for byte, was issued here to `customer` and may be used at `at`.

        Otherwise a stable code: `unknown`, `not-yours`, `expired`, `not-yet-valid`, `revoked`, `suspended`, ….
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class Proven:
    """A proof that was found good but not spent: call `spend` in the transaction of what it allows."""

    customer: Customer
    proof: Proof
    session: str
    certificate: x509.Certificate | None
    #: The nonce was given to a session in which nobody has logged in.
    anonymous: bool = False

    @property
    def spki_sha256(self) -> str:
        """Which key was proven."""
        return self.proof.subject

    def spend(self) -> None:
        """Spend the nonce, once, inside `atomic()`. Raises NonceRefused: then nothing may happen."""
        nonces.consume(
            self.proof.institution,
            value=self.proof.nonce,
            purpose=self.proof.purpose,
            customer=None if self.anonymous else self.customer,
            session=self.session,
        )


def check(
    institution: str,
    *,
    customer: Customer,
    purpose: Purpose,
    structure: bytes,
    signature: bytes,
    spki: bytes | None,
    session: str,
    origin: str,
    status: StatusLookup | None = None,
    anonymous: bool = False,
) -> Proven:
    """Verify a proof: its form, for whom and what it is, and its signature; then spend it with `Proven.spend`.

    With `spki` the key has no certificate on the device and is the one that the caller expects; without it the
    embedded certificate must be good by `status`. `anonymous`: the nonce was given before anybody had logged in, to the
    session alone. Raises ProofRefused with a `reason`. Needs no transaction.
    """
    if (spki is None) == (status is None):
        raise TypeError("a proof is either by an expected key or by a certificate with a status")
    try:
        proof = Proof.parse(structure)
        verified = (
            cms.verify_detached(structure, signature)
            if spki is None
            else cms.verify_with_key_id(structure, signature, _public_key(spki))
        )
    except Refused as refused:
        raise ProofRefused(reason=refused.code) from refused
    _require_equal(
        institution=(proof.institution, institution),
        customer=(customer.institution, institution),
        origin=(proof.origin, origin),
        purpose=(proof.purpose, purpose.value),
        subject=(proof.subject, verified.signer.spki_sha256),
    )
    certificate = verified.certificate
    if status is not None:
        reason = (
            "certificate-missing" if certificate is None else status(customer, certificate, at=clock.now())
        )
        if reason is not None:
            raise ProofRefused(reason=reason)
    return Proven(
        customer=customer, proof=proof, session=session, certificate=certificate, anonymous=anonymous
    )


def _require_equal(**said_and_true: tuple[str, str]) -> None:
    for name, (said, true) in said_and_true.items():
        if said != true:
            raise ProofRefused(reason=f"wrong-{name}")


def _public_key(spki: bytes) -> rsa.RSAPublicKey | ec.EllipticCurvePublicKey:
    try:
        key = load_der_public_key(spki)
    except (ValueError, UnsupportedAlgorithm):
        raise ProofRefused(reason="key-unsupported") from None
    if not isinstance(key, rsa.RSAPublicKey | ec.EllipticCurvePublicKey):
        raise ProofRefused(reason="key-unsupported")
    return key
