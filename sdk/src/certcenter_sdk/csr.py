"""Certificate requests: PKCS#10 (RFC 2986) made, and read from whoever sends one (SPEC A3, E8, E10).

`read` is the server's door for hostile input: it returns a `CertificateRequest` or raises `RequestRefused`,
nothing else.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import NoReturn

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import load_der_public_key

from certcenter_sdk import der, keys
from certcenter_sdk.cms_shape import ECDSA_WITH_SHA256, RSA_WITH_SHA256
from certcenter_sdk.errors import RequestRefused
from certcenter_sdk.keys import KeyType, PrivateKey, PublicKey
from certcenter_sdk.weak_keys import has_small_factor, is_roca

MAX_BYTES = 16_384
LARGEST_EXPONENT_BITS = 64  # larger ones only make verifying slow; OpenSSL draws the same line
ACCEPTED_KEY_TYPES = frozenset(
    {KeyType.P256, KeyType.P384, KeyType.RSA2048, KeyType.RSA3072, KeyType.RSA4096}
)

_EC_PUBLIC_KEY = der.oid("1.2.840.10045.2.1")
_RSA_ENCRYPTION = der.oid("1.2.840.113549.1.1.1")
_CURVES = {
    der.oid("1.2.840.10045.3.1.7"): KeyType.P256,
    der.oid("1.3.132.0.34"): KeyType.P384,
}
_RSA_TYPES = {2048: KeyType.RSA2048, 3072: KeyType.RSA3072, 4096: KeyType.RSA4096}
_ECDSA_WITH_SHA384 = der.encode(der.SEQUENCE, der.oid("1.2.840.10045.4.3.3"))
_HASHES: dict[tuple[bytes, bytes], hashes.HashAlgorithm] = {
    (_EC_PUBLIC_KEY, ECDSA_WITH_SHA256): hashes.SHA256(),
    (_EC_PUBLIC_KEY, _ECDSA_WITH_SHA384): hashes.SHA384(),
    (_RSA_ENCRYPTION, RSA_WITH_SHA256): hashes.SHA256(),
}
_VERSION_1 = b"\x02\x01\x00"
_ATTRIBUTES = der.CONTEXT_0


@dataclass(frozen=True, slots=True)
class CertificateRequest:
    """A request whose sender holds the private key, which is none of the known weak ones.

    Attributes:
        der: the request as it came.
        spki: SubjectPublicKeyInfo in DER, as it stands in the request.
        spki_sha256: its lower-case hex SHA-256: the key's name everywhere.
        key_type: what kind of key.
        subject: the subject in DER as asked for; the centre decides the real one from policy.
    """

    der: bytes = field(repr=False)
    spki: bytes = field(repr=False)
    spki_sha256: str
    key_type: KeyType
    subject: bytes = field(repr=False)
    public_key: PublicKey = field(repr=False, compare=False)


def build(key: PrivateKey, subject: x509.Name | None = None) -> bytes:
    """A PKCS#10 request in DER, without attributes; the subject may be empty. `key` may live on a token."""
    name = subject or x509.Name([])
    info = der.encode(
        der.SEQUENCE, _VERSION_1, name.public_bytes(), keys.spki(key.public_key()), der.encode(_ATTRIBUTES)
    )
    algorithm = ECDSA_WITH_SHA256 if isinstance(key, ec.EllipticCurvePrivateKey) else RSA_WITH_SHA256
    signature = der.encode(der.BIT_STRING, b"\0", keys.sign(key, info))
    return der.encode(der.SEQUENCE, info, algorithm, signature)


def read(data: bytes, *, accept: Collection[KeyType] = ACCEPTED_KEY_TYPES) -> CertificateRequest:
    """Read a DER request, check its key and the proof of possession.

    Args:
        data: the request, at most 16 kB.
        accept: the key types that policy allows.

    Raises:
        RequestRefused: `too-large`, `malformed`, `trailing-data`, `version`, `key-type` (algorithm, curve or
            size not accepted), `key-malformed` (a point not on its curve, at infinity; broken numbers),
            `rsa-too-short`, `rsa-exponent`, `rsa-small-factor`, `rsa-roca`, `signature-algorithm`,
            `signature-invalid`.
    """
    if len(data) > MAX_BYTES:
        _refuse("too-large", f"a request of more than {MAX_BYTES} bytes")
    try:
        parts = _split(data)
    except ValueError as error:
        _refuse("malformed", f"not a PKCS#10 request in DER: {error}")
    public_key, key_type = _key(parts.spki)
    if key_type not in accept:
        _refuse("key-type", f"keys of type {key_type} are not accepted here")
    _prove(parts, public_key)
    digest = keys.sha256(parts.spki).hex()
    return CertificateRequest(data, parts.spki, digest, key_type, parts.subject, public_key)


def _refuse(code: str, detail: str) -> NoReturn:
    raise RequestRefused(code, detail)


@dataclass(frozen=True, slots=True)
class _Parts:
    info: bytes
    subject: bytes
    spki: bytes
    algorithm: bytes
    signature: bytes


def _split(data: bytes) -> _Parts:
    """CertificationRequest (RFC 2986 §4.2), hand-walked; then once more by cryptography, for names and attributes."""
    outer = der.read(data)
    if outer.tag != der.SEQUENCE:
        raise ValueError("no SEQUENCE")
    if outer.end != len(data):
        _refuse("trailing-data", "bytes after the end of the request")
    info, algorithm, signature = outer.children()
    version, subject, spki, attributes = info.children()
    if version.encoding != _VERSION_1:
        _refuse("version", "not PKCS#10 version 1")
    if (subject.tag, spki.tag, attributes.tag) != (der.SEQUENCE, der.SEQUENCE, _ATTRIBUTES):
        raise ValueError("not the fields of CertificationRequestInfo")
    _load(data)
    return _Parts(info.encoding, subject.encoding, spki.encoding, algorithm.encoding, _octets(signature))


def _octets(bits: der.Element) -> bytes:
    """The contents of a BIT STRING that is a whole number of octets."""
    if bits.tag != der.BIT_STRING or bits.body[:1] != b"\0":
        raise ValueError("not a BIT STRING of whole octets")
    return bits.body[1:]


def _load(data: bytes) -> None:
    """Let cryptography check names and attributes for their form. What they say is never read: policy decides."""
    try:
        x509.load_der_x509_csr(data)
    except (x509.InvalidVersion, UnsupportedAlgorithm) as error:
        raise ValueError(str(error)) from None


def _key(spki: bytes) -> tuple[PublicKey, KeyType]:
    """The key, after all checks that need no signature."""
    try:
        algorithm, bits = der.read_whole(spki, der.SEQUENCE).children()
        kind, *parameters = (part.encoding for part in algorithm.children())
        octets = _octets(bits)
        if kind == _RSA_ENCRYPTION:
            key_type = _rsa_type(*_rsa_numbers(octets))
        elif kind == _EC_PUBLIC_KEY and len(parameters) == 1 and parameters[0] in _CURVES:
            key_type = _CURVES[parameters[0]]
        else:
            _refuse("key-type", "neither RSA nor a key on P-256 or P-384")
        key = load_der_public_key(spki)  # refuses a point at infinity or not on its curve
    except (ValueError, UnsupportedAlgorithm):
        _refuse("key-malformed", "the public key's encoding or its point is not valid")
    if not isinstance(key, ec.EllipticCurvePublicKey | rsa.RSAPublicKey) or keys.spki(key) != spki:
        _refuse("key-malformed", "the public key is not in its usual encoding (such as a compressed point)")
    return key, key_type


def _rsa_numbers(encoded: bytes) -> tuple[int, int]:
    """Modulus and exponent of an RSAPublicKey (RFC 8017 §A.1.1)."""
    numbers = list(der.read_whole(encoded, der.SEQUENCE).children())
    if [number.tag for number in numbers] != [der.INTEGER, der.INTEGER]:
        raise ValueError("not two INTEGERs")
    modulus, exponent = (int.from_bytes(number.body, signed=True) for number in numbers)
    if modulus <= 0 or exponent <= 0:
        raise ValueError("a number that is not positive")
    return modulus, exponent


def _rsa_type(modulus: int, exponent: int) -> KeyType:
    size = modulus.bit_length()
    if size < keys.SMALLEST_RSA_BITS:
        _refuse("rsa-too-short", f"an RSA key of {size} bits; {keys.SMALLEST_RSA_BITS} are the least")
    if exponent % 2 == 0 or exponent < keys.RSA_EXPONENT or exponent.bit_length() > LARGEST_EXPONENT_BITS:
        _refuse("rsa-exponent", "the RSA exponent is even, below 65537 or above 64 bits")
    if size not in _RSA_TYPES:
        _refuse("key-type", f"an RSA key of {size} bits is of no usual size")
    if has_small_factor(modulus):
        _refuse("rsa-small-factor", "the RSA modulus has a small factor")
    if is_roca(modulus):
        _refuse("rsa-roca", "the RSA key is of the kind that CVE-2017-15361 factors")
    return _RSA_TYPES[size]


def _prove(parts: _Parts, key: PublicKey) -> None:
    """Proof of possession: the request is signed by the key that it asks a certificate for."""
    family = _RSA_ENCRYPTION if isinstance(key, rsa.RSAPublicKey) else _EC_PUBLIC_KEY
    hashing = _HASHES.get((family, parts.algorithm))
    if hashing is None:
        _refuse("signature-algorithm", "not ecdsa-with-SHA256 or sha256WithRSAEncryption, as fits the key")
    try:
        if isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(parts.signature, parts.info, ec.ECDSA(hashing))
        else:
            key.verify(parts.signature, parts.info, keys.PKCS1V15, hashing)
    except (InvalidSignature, ValueError):
        _refuse("signature-invalid", "the request is not signed by the key that it is about")
