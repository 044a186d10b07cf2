"""A proof as it travels (docs/contracts.md, proof by certificate)."""

from typing import Annotated

from certcenter.api.doors import Caller
from certcenter.api.values import MAX_SIGNATURE, MAX_STRUCTURE, Base64url, Input
from certcenter.certificates.actions import SignedProof


class Signed(Input):
    """A proof structure and its detached CMS signature (docs/contracts.md)."""

    structure: Annotated[bytes, Base64url(most=MAX_STRUCTURE)]
    signature: Annotated[bytes, Base64url(most=MAX_SIGNATURE)]

    def at(self, caller: Caller) -> SignedProof:
        """Return the proof as it was made at the caller's origin."""
        return SignedProof(structure=self.structure, signature=self.signature, origin=caller.origin)
