"""What a CA publishes, and with what its status answers are signed: the bridge from `ca` to `status`."""

from dataclasses import dataclass

from certcenter.ca.keys import SigningKey
from certcenter.ca.profiles import CaConfig


@dataclass(frozen=True, slots=True)
class Publication:
    """All that OCSP and CRLs need to know of one CA. Certificates and CRLs are DER."""

    config: CaConfig
    root_certificate: bytes
    root_crl: bytes
    issuing_certificate: bytes
    issuing_name: bytes
    issuing_spki: bytes
    issuing_key_id: bytes
    crl_key: SigningKey
    responder_certificate: bytes
    responder_key: SigningKey
