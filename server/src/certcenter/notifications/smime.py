"""S/MIME signatures (RFC 8551 §3.5.3, multipart/signed) under the institution's mail certificate (SPEC D4.1)."""

import secrets
from base64 import encodebytes
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from cryptography.hazmat.primitives.serialization.pkcs7 import PKCS7Options, PKCS7SignatureBuilder
from django.conf import settings

if TYPE_CHECKING:
    from certcenter.settings.model import Config


@dataclass(frozen=True, slots=True)
class Signer:
    """A mail certificate, its key, and the certificates between it and the root."""

    key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
    certificate: x509.Certificate
    chain: tuple[x509.Certificate, ...] = ()


def signer_path(institution: str) -> Path:
    """Where an institution's mail signer lies: its private key and certificates, PEM."""
    config: Config = settings.CONFIG
    return config.secrets_path / f"mail-{institution}.pem"


def signer(institution: str) -> Signer | None:
    """Return the institution's mail signer from `<secrets>/mail-<slug>.pem`, or None where there is no such file.

    The file holds the private key and the certificates, the mail certificate first. Raises ValueError where it holds
    something else: a centre that should sign must not go on without.
    """
    path = signer_path(institution)
    try:
        changed = path.stat().st_mtime_ns
    except FileNotFoundError:
        return None
    return _read(path, changed)


@lru_cache(maxsize=32)
def _read(path: Path, _changed: int) -> Signer:
    pem = path.read_bytes()
    key = load_pem_private_key(pem, password=None)
    certificate, *chain = x509.load_pem_x509_certificates(pem)
    if not isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
        raise ValueError(f"{path.name}: RSA and ECDSA keys sign mails")  # noqa: TRY004 - the file's value is wrong
    if key.public_key() != certificate.public_key():
        raise ValueError(f"{path.name}: the first certificate is not the key's")
    return Signer(key, certificate, tuple(chain))


def signed(entity: bytes, signer: Signer) -> bytes:
    """Return a MIME entity, whose lines end with CRLF, as multipart/signed with a detached signature over it (RFC 1847 §2.1)."""
    builder = PKCS7SignatureBuilder().set_data(entity).add_signer(signer.certificate, signer.key, SHA256())
    for certificate in signer.chain:
        builder = builder.add_certificate(certificate)
    signature = builder.sign(Encoding.DER, [PKCS7Options.DetachedSignature, PKCS7Options.Binary])
    boundary = f"=_{secrets.token_hex(16)}".encode()  # base64 and our headers never hold "=_"
    return b"\r\n".join(
        [
            b'Content-Type: multipart/signed; protocol="application/pkcs7-signature"; micalg="sha-256";',
            b' boundary="' + boundary + b'"',
            b"",
            b"This is an S/MIME signed message",
            b"--" + boundary,
            entity,
            b"--" + boundary,
            b'Content-Type: application/pkcs7-signature; name="smime.p7s"',
            b"Content-Transfer-Encoding: base64",
            b'Content-Disposition: attachment; filename="smime.p7s"',
            b"",
            encodebytes(signature).replace(b"\n", b"\r\n") + b"--" + boundary + b"--",
            b"",
        ]
    )
