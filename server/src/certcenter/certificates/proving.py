"""A customer proves something by a certificate that may be used now (SPEC E6): one place for pages and programs."""

from certcenter.certificates import queries
from certcenter.certificates.actions import SignedProof
from certcenter.identity.models import Customer
from certcenter.proof import verify
from certcenter.proof.verify import Proven
from certcenter_sdk.proofs import Purpose


def by_certificate(customer: Customer, *, purpose: Purpose, proof: SignedProof, session: str) -> Proven:
    """Check signature, chain, dates, revocation and owner; the nonce is spent later, inside the change. Raises ProofRefused."""
    return verify.check(
        customer.institution,
        customer=customer,
        purpose=purpose,
        structure=proof.structure,
        signature=proof.signature,
        spki=None,
        session=session,
        origin=proof.origin,
        status=queries.status_for_use,
    )
