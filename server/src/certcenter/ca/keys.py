"""Keys: which kinds there are, how they are written, and the one thing a key backend must do.

A backend (a file, an HSM through PKCS#11) gives `SigningKey` objects; everything that signs (issuer, CRL, OCSP)
asks for no more.
"""

import hashlib
from enum import StrEnum
from typing import Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from certcenter.ca import der

PublicKey = ec.EllipticCurvePublicKey | rsa.RSAPublicKey
PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey

RSA_EXPONENT = 65537


class KeyType(StrEnum):
    """The key types that certificates here may carry."""

    P256 = "p256"
    P384 = "p384"
    RSA2048 = "rsa2048"
    RSA3072 = "rsa3072"
    RSA4096 = "rsa4096"


class SigningKey(Protocol):
    """A private key wherever it lives. Signing is deterministic where the backend can (RFC 6979, PKCS#1 v1.5)."""

    @property
    def public_key(self) -> PublicKey:
        """The public half."""
        ...

    @property
    def algorithm(self) -> bytes:
        """The signature's AlgorithmIdentifier (DER), RFC 5758 §3.2 or RFC 4055 §5."""
        ...

    def sign(self, tbs: bytes) -> bytes:
        """The signature value over `tbs`: ECDSA-Sig-Value or the RSA integer."""
        ...


class SoftwareKey:
    """A private key in this process's memory."""

    def __init__(self, private_key: PrivateKey) -> None:
        self.private_key = private_key
        self.public_key = private_key.public_key()
        self.algorithm = signature_algorithm(self.public_key)
        self._hash = signature_hash(self.public_key)
        self._ecdsa = ec.ECDSA(self._hash, deterministic_signing=True)

    def __repr__(self) -> str:
        return f"SoftwareKey({key_id(self.public_key).hex()})"

    def sign(self, tbs: bytes) -> bytes:
        """Sign: the same bytes give the same signature (RFC 6979; RFC 8017 §8.2)."""
        if isinstance(self.private_key, ec.EllipticCurvePrivateKey):
            return self.private_key.sign(tbs, self._ecdsa)
        return self.private_key.sign(tbs, padding.PKCS1v15(), self._hash)


def generate(key_type: KeyType) -> PrivateKey:
    """A new private key of this type."""
    if key_type is KeyType.P256:
        return ec.generate_private_key(ec.SECP256R1())
    if key_type is KeyType.P384:
        return ec.generate_private_key(ec.SECP384R1())
    return rsa.generate_private_key(RSA_EXPONENT, int(key_type.removeprefix("rsa")))


def signature_hash(public_key: PublicKey) -> hashes.SHA256 | hashes.SHA384:
    """The hash that goes with a signer's key: SHA-384 for P-384, else SHA-256."""
    if isinstance(public_key, ec.EllipticCurvePublicKey) and isinstance(public_key.curve, ec.SECP384R1):
        return hashes.SHA384()
    return hashes.SHA256()


def signature_algorithm(public_key: PublicKey) -> bytes:
    """The AlgorithmIdentifier of signatures by this key. ECDSA has no parameters, RSA has NULL."""
    if isinstance(public_key, rsa.RSAPublicKey):
        return der.sequence(der.oid("1.2.840.113549.1.1.11"), der.tlv(der.NULL))
    is_p384 = isinstance(signature_hash(public_key), hashes.SHA384)
    return der.sequence(der.oid("1.2.840.10045.4.3.3" if is_p384 else "1.2.840.10045.4.3.2"))


class Verifier:
    """Checks signatures by one public key; keeps what does not change between them."""

    def __init__(self, public_key: PublicKey) -> None:
        self._public_key = public_key
        self._hash = signature_hash(public_key)
        self._ecdsa = ec.ECDSA(self._hash)

    def accepts(self, signature: bytes, tbs: bytes) -> bool:
        """Whether `signature` is this key's over `tbs`."""
        try:
            if isinstance(self._public_key, ec.EllipticCurvePublicKey):
                self._public_key.verify(signature, tbs, self._ecdsa)
            else:
                self._public_key.verify(signature, tbs, padding.PKCS1v15(), self._hash)
        except InvalidSignature:
            return False
        return True


def spki_of(public_key: PublicKey) -> bytes:
    """The DER SubjectPublicKeyInfo."""
    return public_key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def key_id(public_key: PublicKey) -> bytes:
    """The key identifier of RFC 5280 §4.2.1.2 (1)."""
    return key_id_of_spki(spki_of(public_key))


def key_id_of_spki(spki: bytes) -> bytes:
    """SHA-1 of the public key's bits, without tag, length and unused-bits octet (RFC 5280 §4.2.1.2 (1)).

    Raises:
        DerError: not a SubjectPublicKeyInfo.

    """
    return hashlib.sha1(key_bits(spki), usedforsecurity=False).digest()


def key_bits(spki: bytes) -> bytes:
    """The public key's bits in a SubjectPublicKeyInfo: what key identifiers and OCSP's issuerKeyHash are hashes of.

    Raises:
        DerError: not a SubjectPublicKeyInfo.

    """
    position, end = der.enter(spki, 0, der.SEQUENCE)
    _, position = der.enter(spki, position, der.SEQUENCE, end)
    start, stop = der.enter(spki, position, der.BIT_STRING, end)
    return spki[start + 1 : stop]
