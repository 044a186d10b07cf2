"""Private keys: made, read, tried out (SPEC A3, D1; NIST SP 800-57: P-256 ≈ RSA-3072)."""

import hashlib
from enum import StrEnum

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from certcenter_sdk.errors import KeyRefused

PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
PublicKey = ec.EllipticCurvePublicKey | rsa.RSAPublicKey

ECDSA_SHA256 = ec.ECDSA(hashes.SHA256(), deterministic_signing=True)  # RFC 6979
VERIFY_ECDSA_SHA256 = ec.ECDSA(hashes.SHA256())
PKCS1V15 = padding.PKCS1v15()
SHA256 = hashes.SHA256()

RSA_EXPONENT = 65537
SMALLEST_RSA_BITS = 2048


class KeyType(StrEnum):
    """The kinds of key that a customer may have."""

    P256 = "p256"
    P384 = "p384"
    RSA2048 = "rsa2048"
    RSA3072 = "rsa3072"
    RSA4096 = "rsa4096"


_RSA_BITS = {KeyType.RSA2048: 2048, KeyType.RSA3072: 3072, KeyType.RSA4096: 4096}


def generate(key_type: KeyType = KeyType.P256) -> PrivateKey:
    """A new private key, tried out before anybody relies on it."""
    key: PrivateKey
    if key_type is KeyType.P256:
        key = ec.generate_private_key(ec.SECP256R1())
    elif key_type is KeyType.P384:
        key = ec.generate_private_key(ec.SECP384R1())
    else:
        key = rsa.generate_private_key(RSA_EXPONENT, _RSA_BITS[key_type])
    self_test(key)
    return key


def load(data: bytes, password: bytes | None = None) -> PrivateKey:
    """Read a PEM or DER private key (PKCS#8, SEC 1 or PKCS#1).

    Raises:
        KeyRefused: `malformed`, `password` (missing, wrong or not wanted), `key-type`.
    """
    pem = data.lstrip().startswith(b"-----BEGIN")
    reader = serialization.load_pem_private_key if pem else serialization.load_der_private_key
    try:
        key = reader(data, password)
    except TypeError:
        raise KeyRefused(
            "password", "the key is encrypted and the password is not given, or the reverse"
        ) from None
    except UnsupportedAlgorithm:
        raise KeyRefused("key-type", "an algorithm that is not supported") from None
    except ValueError:
        if password is not None:
            raise KeyRefused("password", "the password is wrong, or the key is damaged") from None
        raise KeyRefused("malformed", "not a private key") from None
    if not isinstance(key, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey):
        raise KeyRefused("key-type", "neither an EC nor an RSA key")
    return key


def dump(key: PrivateKey, password: bytes) -> bytes:
    """PKCS#8 in PEM, encrypted; there is no way to write one unencrypted (SPEC A3)."""
    encryption = serialization.BestAvailableEncryption(password)
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption)


def sign(key: PrivateKey, data: bytes) -> bytes:
    """ecdsa-with-SHA256 or sha256WithRSAEncryption; the same input gives the same signature."""
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return key.sign(data, ECDSA_SHA256)
    return key.sign(data, PKCS1V15, SHA256)


def verify(key: PublicKey, signature: bytes, data: bytes) -> None:
    """Check ecdsa-with-SHA256 or sha256WithRSAEncryption.

    Raises:
        cryptography.exceptions.InvalidSignature: it does not fit.
    """
    if isinstance(key, ec.EllipticCurvePublicKey):
        key.verify(signature, data, VERIFY_ECDSA_SHA256)
    else:
        key.verify(signature, data, PKCS1V15, SHA256)


def self_test(key: PrivateKey) -> None:
    """Sign and verify once, so that a damaged key is found here and not at the first order.

    Raises:
        KeyRefused: `self-test`.
    """
    probe = b"certcenter key self-test"
    try:
        verify(key.public_key(), sign(key, probe), probe)
    except (InvalidSignature, ValueError):
        raise KeyRefused("self-test", "the key does not verify what it signed") from None


def spki(key: PublicKey) -> bytes:
    """SubjectPublicKeyInfo in DER (RFC 5280 §4.1.2.7)."""
    return key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def sha256(data: bytes) -> bytes:
    """The digest of everything here."""
    return hashlib.sha256(data).digest()


def spki_sha256(key: PublicKey) -> str:
    """Lower-case hex SHA-256 of the SPKI: how a key is named in proofs, repairs and the data base."""
    return sha256(spki(key)).hex()
