"""Detached CMS signatures over orders and proofs: made and verified (SPEC A15, D8, E6; docs/contracts.md).

The verifier does not interpret what it is given: it writes down what must stand there and compares. Nothing
that differs by a byte gets as far as the public key. Only after a difference is the input taken apart
(`cms_diagnosis`), to say what is wrong.
"""

from hashlib import sha256
from typing import NamedTuple

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from certcenter_sdk import keys
from certcenter_sdk.cms_diagnosis import explain, refuse
from certcenter_sdk.cms_shape import Frame, Signer, bare_signer, signer_of
from certcenter_sdk.errors import SignatureRefused
from certcenter_sdk.keys import PKCS1V15, SHA256, VERIFY_ECDSA_SHA256, PrivateKey, PublicKey

MAX_SIGNATURE_BYTES = 8_192
"""A signature of this shape is about 1 kB (P-256) to 3 kB (RSA-4096)."""

_CERTIFICATE_AT = 58  # each header before it has one size while the whole is 256 to 65,535 bytes long
_CERTIFICATE_TAG = b"\x30\x82"


class VerifiedSignature(NamedTuple):
    """A signature that was found good. Whether its certificate is trusted and not revoked is for others to say.

    Attributes:
        signer: certificate, key and identifier, with their fingerprints.
        digest: SHA-256 of the content.
        value: the signature value.
    """

    signer: Signer
    digest: bytes
    value: bytes

    @property
    def certificate(self) -> x509.Certificate | None:
        """The signer's certificate; None for a proof by a key that has none yet."""
        return self.signer.certificate

    @property
    def serial(self) -> int | None:
        """The certificate's serial number."""
        return self.signer.certificate.serial_number if self.signer.certificate else None

    @property
    def algorithm(self) -> str:
        """The signature algorithm as the RFCs call it."""
        return self.signer.algorithm_name

    @property
    def identifier(self) -> bytes:
        """SignerIdentifier in DER."""
        return self.signer.identifier


class DetachedSigner:
    """Signs with one key under one certificate, again and again: what all signatures share is written once.

    Threads may share one. It holds the key for as long as it lives.
    """

    def __init__(self, key: PrivateKey, certificate: x509.Certificate) -> None:
        """Make sure that they belong together.

        Raises:
            SignatureRefused: `key-unsupported`; `key-mismatch` if the certificate is not for this key.
        """
        self._key = key
        self._signer = signer_of(certificate.public_bytes(Encoding.DER))
        if keys.spki_sha256(key.public_key()) != self._signer.spki_sha256:
            refuse("key-mismatch", "the certificate is for another key")
        self._frames: dict[int, Frame] = {}
        self._any_frame = self._signer.frame_around(0)

    def sign(self, content: bytes) -> bytes:
        """A detached SignedData over `content`, DER, with the certificate embedded."""
        digest = sha256(content).digest()
        value = keys.sign(self._key, self._any_frame.to_be_signed(digest))
        frame = self._frames.get(len(value))
        if frame is None:
            frame = self._frames[len(value)] = self._signer.frame_around(len(value))
        return frame.head + digest + frame.middle + value


def sign_detached(content: bytes, key: PrivateKey, certificate: x509.Certificate) -> bytes:
    """A detached SignedData over `content`, DER, with the signer's certificate embedded.

    `key` may be any implementation of cryptography's interfaces, such as one on a token. To sign often, keep a
    `DetachedSigner`.

    Raises:
        SignatureRefused: `key-unsupported`; `key-mismatch` if the certificate is not for this key.
    """
    return DetachedSigner(key, certificate).sign(content)


def sign_with_key_id(content: bytes, key: PrivateKey) -> bytes:
    """A detached SignedData by a key that has no certificate yet (subjectKeyIdentifier form; SPEC A9, E6).

    Raises:
        SignatureRefused: `key-unsupported`.
    """
    signer = bare_signer(key.public_key())
    digest = sha256(content).digest()
    return signer.encode(digest, keys.sign(key, signer.to_be_signed(digest)))


def verify_detached(content: bytes, signature: bytes) -> VerifiedSignature:
    """Verify a signature with an embedded certificate; the chain is `chain.verify_chain`'s business.

    Raises:
        SignatureRefused: `too-large`, `not-der`, `not-signed-data`, `version`, `digest-algorithm`,
            `content-type`, `content-attached`, `certificate-missing`, `several-certificates`,
            `certificate-malformed`, `key-unsupported`, `crls`, `signers`, `signer-identifier`,
            `signed-attributes-missing`, `signed-attributes`, `message-digest`, `signing-certificate`,
            `signature-algorithm`, `unsigned-attributes`, `not-canonical`, `signature-invalid`.
    """
    digest = sha256(content).digest()
    if len(signature) > MAX_SIGNATURE_BYTES:
        refuse("too-large", f"more than {MAX_SIGNATURE_BYTES} bytes")
    if signature[_CERTIFICATE_AT : _CERTIFICATE_AT + 2] != _CERTIFICATE_TAG:
        explain(signature, digest)
    length = int.from_bytes(signature[_CERTIFICATE_AT + 2 : _CERTIFICATE_AT + 4])
    try:
        signer = signer_of(signature[_CERTIFICATE_AT : _CERTIFICATE_AT + 4 + length])
    except SignatureRefused:
        explain(signature, digest)
    return _verify(signature, digest, signer, None)


def verify_with_key_id(content: bytes, signature: bytes, public_key: PublicKey) -> VerifiedSignature:
    """Verify a signature that a key without a certificate made.

    Raises:
        SignatureRefused: as `verify_detached`, and `certificate-unexpected`.
    """
    if len(signature) > MAX_SIGNATURE_BYTES:
        refuse("too-large", f"more than {MAX_SIGNATURE_BYTES} bytes")
    signer = bare_signer(public_key)
    return _verify(signature, sha256(content).digest(), signer, signer)


def _verify(signature: bytes, digest: bytes, signer: Signer, bare: Signer | None) -> VerifiedSignature:
    frame = signer.frame(len(signature))
    if (
        frame is None
        or not signature.startswith(frame.head)
        or signature[frame.digest_at : frame.middle_at] != digest
        or signature[frame.middle_at : frame.value_at] != frame.middle
    ):
        explain(signature, digest, bare)
    value = signature[frame.value_at :]
    key, signed = signer.public_key, frame.to_be_signed(digest)
    try:
        if isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(value, signed, VERIFY_ECDSA_SHA256)
        else:
            key.verify(value, signed, PKCS1V15, SHA256)
    except (InvalidSignature, ValueError):
        refuse("signature-invalid", "the signature does not verify")
    return VerifiedSignature(signer, digest, value)
