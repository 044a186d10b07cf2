"""How a CMS signature of ours is written, byte by byte (RFC 5652, RFC 5035; docs/contracts.md).

There is one way to write it around a given signer, digest and signature value. `Signer.encode` does that,
for signing and for verifying alike.
"""

from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from certcenter_sdk import der, keys
from certcenter_sdk.errors import SignatureRefused
from certcenter_sdk.keys import PublicKey

SIGNED_DATA = der.oid("1.2.840.113549.1.7.2")
DATA = der.oid("1.2.840.113549.1.7.1")
SHA256_ALGORITHM = der.encode(der.SEQUENCE, der.oid("2.16.840.1.101.3.4.2.1"))  # RFC 5754 §2: no parameters
ECDSA_WITH_SHA256 = der.encode(der.SEQUENCE, der.oid("1.2.840.10045.4.3.2"))  # RFC 5758 §3.2: no parameters
RSA_WITH_SHA256 = der.encode(der.SEQUENCE, der.oid("1.2.840.113549.1.1.11"), b"\x05\x00")  # RFC 4055 §5: NULL

CONTENT_TYPE = der.oid("1.2.840.113549.1.9.3")
CONTENT_TYPE_ATTRIBUTE = der.encode(der.SEQUENCE, CONTENT_TYPE, der.encode(der.SET, DATA))
MESSAGE_DIGEST = der.oid("1.2.840.113549.1.9.4")
SIGNING_CERTIFICATE_V2 = der.oid("1.2.840.113549.1.9.16.2.47")

DIGEST_SIZE = 32
LARGEST_RSA_BITS = 4096  # a public operation with more is a way to keep the verifier busy
KEPT_SIGNERS = 2048
_KEPT_FRAMES = (
    4  # an RSA value has one size, an ECDSA value almost always 70 to 72; bounds what strangers can fill
)

_BLANK = bytes(DIGEST_SIZE)
_ECDSA_SIZES = range(8, 73)  # two INTEGERs of 1 to 33 octets
_HEADERS_MAY_GROW = 12  # six lengths are nested around the value, each grows by up to two octets


def message_digest_attribute(digest: bytes) -> bytes:
    """RFC 5652 §11.2."""
    value = der.encode(der.SET, der.encode(der.OCTET_STRING, digest))
    return der.encode(der.SEQUENCE, MESSAGE_DIGEST, value)


def signing_certificate_attribute(certificate_sha256: bytes) -> bytes:
    """RFC 5035 §3: one ESSCertIDv2, the default hash algorithm left out as DER wants, no issuerSerial."""
    cert_id = der.encode(der.SEQUENCE, der.encode(der.OCTET_STRING, certificate_sha256))
    value = der.encode(der.SEQUENCE, der.encode(der.SEQUENCE, cert_id))
    return der.encode(der.SEQUENCE, SIGNING_CERTIFICATE_V2, der.encode(der.SET, value))


class Frame(NamedTuple):
    """A signature's bytes, and what is signed, without what varies: the content's digest and the signature value."""

    head: bytes
    digest_at: int
    middle: bytes
    middle_at: int
    value_at: int
    signed_head: bytes
    signed_tail: bytes

    def to_be_signed(self, digest: bytes) -> bytes:
        """As `Signer.to_be_signed`, put together from what is known."""
        return self.signed_head + digest + self.signed_tail


@dataclass(frozen=True, slots=True, eq=False)
class Signer:
    """What is known of a certificate (or of a bare key): made once, then kept. Never a status.

    Attributes:
        certificate: the signer's certificate; None for a key that has none yet.
        der: its encoding; empty for a bare key.
        public_key: P-256 or RSA of 2048 to 4096 bits.
        identifier: SignerIdentifier in DER: issuerAndSerialNumber, or [0] subjectKeyIdentifier.
        sha256: the certificate's fingerprint; empty for a bare key.
        spki_sha256: the key's fingerprint, lower-case hex.
    """

    certificate: x509.Certificate | None
    der: bytes
    public_key: PublicKey
    identifier: bytes
    sha256: bytes
    spki_sha256: str
    _frames: dict[int, Frame] = field(default_factory=dict, repr=False)

    @property
    def version(self) -> bytes:
        """CMSVersion: 1 with issuerAndSerialNumber, 3 with subjectKeyIdentifier (RFC 5652 §5.1, §5.3)."""
        return b"\x02\x01\x01" if self.certificate else b"\x02\x01\x03"

    @property
    def algorithm(self) -> bytes:
        """The signature's AlgorithmIdentifier in DER."""
        return (
            ECDSA_WITH_SHA256 if isinstance(self.public_key, ec.EllipticCurvePublicKey) else RSA_WITH_SHA256
        )

    @property
    def algorithm_name(self) -> str:
        """The signature algorithm as the RFCs call it."""
        return "ecdsa-with-SHA256" if self.algorithm is ECDSA_WITH_SHA256 else "sha256WithRSAEncryption"

    def signed_attributes(self, digest: bytes) -> bytes:
        """The contents of signedAttrs, in DER order (which here is the order by length)."""
        attributes = CONTENT_TYPE_ATTRIBUTE + message_digest_attribute(digest)
        return attributes + signing_certificate_attribute(self.sha256) if self.certificate else attributes

    def to_be_signed(self, digest: bytes) -> bytes:
        """What the private key signs: signedAttrs under the tag SET OF (RFC 5652 §5.4)."""
        return der.encode(der.SET, self.signed_attributes(digest))

    def encode(self, digest: bytes, value: bytes) -> bytes:
        """The whole signature, DER."""
        signer_info = der.encode(
            der.SEQUENCE,
            self.version,
            self.identifier,
            SHA256_ALGORITHM,
            der.encode(der.CONTEXT_0, self.signed_attributes(digest)),
            self.algorithm,
            der.encode(der.OCTET_STRING, value),
        )
        signed_data = der.encode(
            der.SEQUENCE,
            self.version,
            der.encode(der.SET, SHA256_ALGORITHM),
            der.encode(der.SEQUENCE, DATA),
            der.encode(der.CONTEXT_0, self.der) if self.der else b"",
            der.encode(der.SET, signer_info),
        )
        return der.encode(der.SEQUENCE, SIGNED_DATA, der.encode(der.CONTEXT_0, signed_data))

    def frame(self, total: int) -> Frame | None:
        """The frame of a signature that is `total` bytes long; None where there can be none."""
        frame = self._frames.get(total)
        if (
            frame is None
            and (frame := self._make_frame(total)) is not None
            and len(self._frames) < _KEPT_FRAMES
        ):
            self._frames[total] = frame
        return frame

    def frame_around(self, size: int) -> Frame:
        """The frame of a signature whose value is `size` bytes long, for the one who signs."""
        whole = self.encode(_BLANK, bytes(size))
        return self._framed(whole, len(whole) - size)

    def _make_frame(self, total: int) -> Frame | None:
        sizes = self._value_sizes()
        guess = total - len(self.encode(_BLANK, b""))
        for size in range(max(guess - _HEADERS_MAY_GROW, sizes.start), min(guess + 1, sizes.stop)):
            whole = self.encode(_BLANK, bytes(size))
            if len(whole) == total:
                return self._framed(whole, total - size)
        return None

    def _framed(self, whole: bytes, value_at: int) -> Frame:
        attribute, signed = message_digest_attribute(_BLANK), self.to_be_signed(_BLANK)
        digest_at = whole.rindex(attribute) + len(attribute) - DIGEST_SIZE
        middle_at = digest_at + DIGEST_SIZE
        signed_at = signed.rindex(attribute) + len(attribute) - DIGEST_SIZE
        return Frame(
            head=whole[:digest_at],
            digest_at=digest_at,
            middle=whole[middle_at:value_at],
            middle_at=middle_at,
            value_at=value_at,
            signed_head=signed[:signed_at],
            signed_tail=signed[signed_at + DIGEST_SIZE :],
        )

    def _value_sizes(self) -> range:
        if isinstance(self.public_key, rsa.RSAPublicKey):
            size = (self.public_key.key_size + 7) // 8
            return range(size, size + 1)
        return _ECDSA_SIZES


@lru_cache(maxsize=KEPT_SIGNERS)
def signer_of(certificate_der: bytes) -> Signer:
    """The signer that a certificate names. Kept: reading a certificate costs more than a verification.

    Raises:
        SignatureRefused: `certificate-malformed`, `key-unsupported`.
    """
    try:
        identifier = _issuer_and_serial(certificate_der)
        certificate = x509.load_der_x509_certificate(certificate_der)
        public_key = certificate.public_key()
    except UnsupportedAlgorithm:
        raise SignatureRefused("key-unsupported", "the certificate's key is neither P-256 nor RSA") from None
    except (ValueError, x509.InvalidVersion):
        raise SignatureRefused("certificate-malformed", "the certificate can't be read") from None
    key = _accepted(public_key)
    fingerprint = keys.sha256(certificate_der)
    return Signer(certificate, certificate_der, key, identifier, fingerprint, keys.spki_sha256(key))


def bare_signer(public_key: object) -> Signer:
    """The signer that a key without a certificate is (docs/contracts.md, Proof by certificate).

    Raises:
        SignatureRefused: `key-unsupported`.
    """
    key = _accepted(public_key)
    identifier = der.encode(der.CONTEXT_0_PRIMITIVE, x509.SubjectKeyIdentifier.from_public_key(key).digest)
    return Signer(None, b"", key, identifier, b"", keys.spki_sha256(key))


def _accepted(key: object) -> PublicKey:
    if isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1):
        return key
    if isinstance(key, rsa.RSAPublicKey) and keys.SMALLEST_RSA_BITS <= key.key_size <= LARGEST_RSA_BITS:
        return key
    raise SignatureRefused("key-unsupported", "the key is neither P-256 nor RSA of 2048 to 4096 bits")


def _issuer_and_serial(certificate_der: bytes) -> bytes:
    """IssuerAndSerialNumber from the certificate's own bytes, so that no name is ever re-encoded."""
    tbs = der.read_whole(certificate_der, der.SEQUENCE).first
    _version, serial, _algorithm, issuer, *_rest = tbs.children()
    if serial.tag != der.INTEGER or int.from_bytes(serial.body, signed=True) <= 0:
        raise ValueError("the serial number is not positive (RFC 5280 §4.1.2.2)")
    return der.encode(der.SEQUENCE, issuer.encoding, serial.encoding)
