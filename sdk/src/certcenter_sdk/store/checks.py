"""What a certificate must be before it is installed (FINDINGS, "Repair that holds")."""

from collections.abc import Sequence
from datetime import datetime

from cryptography import x509

from certcenter_sdk.chain import verify_chain
from certcenter_sdk.errors import ChainRefused, StoreRefused
from certcenter_sdk.store.records import Issued, PendingKey
from certcenter_sdk.store.shelf import common_name


def require_match(record: PendingKey, issued: Issued) -> None:
    """The certificate is for this key and this customer.

    Raises:
        StoreRefused: `key-mismatch`, `not-yours`.
    """
    if issued.glance.spki_sha256 != record.spki_sha256:
        raise StoreRefused("key-mismatch", "the certificate is for another key")
    require_subject(issued.certificate, record.identity)


def require_subject(certificate: x509.Certificate, identity: str) -> None:
    """The subject's CN is the ID, alone or followed by `-00-<sequence>` (SPEC, policy table).

    Raises:
        StoreRefused: `not-yours`.
    """
    name = common_name(certificate)
    if name != identity and not name.startswith(f"{identity}-"):
        raise StoreRefused("not-yours", "the certificate is another person's")


def require_chain(issued: Issued, roots: Sequence[x509.Certificate], now: datetime) -> None:
    """The certificate leads to a root, by way of the chain that came with it, now.

    Raises:
        ChainRefused: `untrusted`, `not-yet-valid`, `expired`, `key-usage`.
    """
    own = [each for each in issued.chain if each.subject == each.issuer]
    trusted = roots or own
    if not trusted:
        raise ChainRefused("untrusted", "no root came with the certificate, and none is known")
    verify_chain(issued.certificate, [each for each in issued.chain if each not in own], trusted, now)
