"""The embedded CA: root, issuing CA and OCSP responder on this machine (SPEC D1)."""

from certcenter.ca.embedded.hierarchy import create_ca, maintain_ca
from certcenter.ca.embedded.issuer import EmbeddedCA, open_ca

__all__ = ["EmbeddedCA", "create_ca", "maintain_ca", "open_ca"]
