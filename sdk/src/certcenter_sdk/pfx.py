"""PFX files (PKCS#12, RFC 7292): a key with its certificates under a password (SPEC E11, A6, A7, A10).

cryptography writes all but the MAC as the contract wants it; its MAC has 2,048 iterations and an 8-byte salt
whatever one asks for, so the MAC is made anew here.
"""

import hmac
import secrets
import warnings
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from hashlib import new as new_hash
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import PrivateFormat, pkcs12

from certcenter_sdk import keys, octets, strength
from certcenter_sdk.errors import PfxRefused
from certcenter_sdk.keys import PrivateKey

if TYPE_CHECKING:  # asn1crypto takes long to import, and most programs that hold a PFX only list it
    from asn1crypto import pkcs12 as asn1
    from asn1crypto.algos import EncryptionAlgorithm

MAX_BYTES = 256 * 1024
"""A PFX of one key and its chain has 3 to 10 kB."""

fingerprint = octets.fingerprint

KEY_ITERATIONS = strength.KEY_ITERATIONS
MAC_ITERATIONS = 100_000
COMPATIBLE_ITERATIONS = 100_000
MOST_ITERATIONS = 10_000_000
"""A file that asks for more is a way to keep the reader busy."""

_SALT_SIZE = 16
_MAC_PURPOSE = 3  # RFC 7292 §B.3: the ID octet for integrity keys
_BLOCK_SIZES = {"sha1": 64, "sha224": 64, "sha256": 64, "sha384": 128, "sha512": 128}
_KEY_BAGS = frozenset({"key_bag", "pkcs8_shrouded_key_bag"})
_PRINTABLE_ASCII = frozenset(map(chr, range(0x20, 0x7F)))


class CompatiblePfxWarning(UserWarning):
    """A PFX in 3DES and SHA-1 was written: for old Windows only, and no strong protection."""


@dataclass(frozen=True, slots=True)
class Pfx:
    """What a PFX held.

    Attributes:
        key: the one private key.
        certificate: the certificate for this key.
        chain: the other certificates, in the file's order; nothing says that they are trusted.
        name: friendlyName, empty where there is none.
    """

    key: PrivateKey
    certificate: x509.Certificate
    chain: tuple[x509.Certificate, ...]
    name: str


def write(
    key: PrivateKey,
    certificate: x509.Certificate,
    chain: Sequence[x509.Certificate],
    password: str,
    *,
    name: str,
    forbidden: Collection[str] = (),
    compatible: bool = False,
    iterations: int = KEY_ITERATIONS,
) -> bytes:
    """A PFX by SPEC E11, in strict DER, for the file with the stem `name`.

    Args:
        key: the private key.
        certificate: the certificate for it.
        chain: the issuing certificates, the leaf's issuer first.
        password: printable ASCII; a Chinese password would lock out Java.
        name: friendlyName; may be Chinese.
        forbidden: words that may not be the password, such as the customer's ID (in any case of letters).
        compatible: 3DES and a SHA-1 MAC instead, for old Windows, with a `CompatiblePfxWarning`.
        iterations: of PBKDF2, at least 100,000.

    Raises:
        PfxRefused: `password-empty`, `password-not-ascii`, `password-forbidden`, `key-mismatch`.
        ValueError: too few iterations.
    """
    check_password(password, forbidden)
    if iterations < MAC_ITERATIONS:
        raise ValueError(f"at least {MAC_ITERATIONS} iterations (SPEC E11)")
    if keys.spki(key.public_key()) != keys.spki(certificate.public_key()):  # type: ignore[arg-type]  # any key has an SPKI
        raise PfxRefused("key-mismatch", "the certificate is for another key")
    if compatible:
        warnings.warn("3DES and SHA-1 protect this PFX poorly", CompatiblePfxWarning, stacklevel=2)
    builder = PrivateFormat.PKCS12.encryption_builder()
    if compatible:
        builder = (
            builder.key_cert_algorithm(pkcs12.PBES.PBESv1SHA1And3KeyTripleDESCBC)
            .hmac_hash(hashes.SHA1())  # noqa: S303 - old Windows knows no other; policy decides, the caller is warned
            .kdf_rounds(COMPATIBLE_ITERATIONS)
        )
    else:
        builder = (
            builder.key_cert_algorithm(pkcs12.PBES.PBESv2SHA256AndAES256CBC)
            .hmac_hash(hashes.SHA256())
            .kdf_rounds(iterations)
        )
    encryption = builder.build(password.encode())
    written = pkcs12.serialize_key_and_certificates(name.encode(), key, certificate, chain, encryption)
    return _with_new_mac(written, password)


def check_password(password: str, forbidden: Collection[str]) -> None:
    """What E11 asks of a PFX password; its length is the policy's to check.

    Raises:
        PfxRefused: `password-empty`, `password-not-ascii`, `password-forbidden`.
    """
    if not password:
        raise PfxRefused("password-empty", "a PFX needs a password")
    if not _PRINTABLE_ASCII.issuperset(password):
        raise PfxRefused("password-not-ascii", "the password has characters outside printable ASCII")
    if password.casefold() in {word.casefold() for word in forbidden}:
        raise PfxRefused("password-forbidden", "the password is a word that everybody would try first")


def _with_new_mac(data: bytes, password: str) -> bytes:
    from asn1crypto import pkcs12 as asn1

    pfx = asn1.Pfx.load(data, strict=True)
    mac = pfx["mac_data"]
    salt = secrets.token_bytes(_SALT_SIZE)
    name = mac["mac"]["digest_algorithm"]["algorithm"].native
    content = pfx["auth_safe"]["content"].native
    mac["mac_salt"] = salt
    mac["iterations"] = MAC_ITERATIONS
    mac["mac"]["digest"] = _mac(content, _bmp(password), salt, MAC_ITERATIONS, name)
    encoded: bytes = pfx.dump(force=True)
    return encoded


def _bmp(password: str) -> bytes:
    """BMPString with its terminating zero (RFC 7292 §B.1)."""
    return (password + "\0").encode("utf-16-be")


def _mac(content: bytes, password: bytes, salt: bytes, iterations: int, algorithm: str) -> bytes:
    """HMAC under a key from RFC 7292 §B.2; one block of output is a whole key, so that no second round is needed."""
    block = _BLOCK_SIZES[algorithm]
    digest = bytes([_MAC_PURPOSE]) * block + _filled(salt, block) + _filled(password, block)
    for _ in range(iterations):
        digest = new_hash(algorithm, digest).digest()
    return hmac.digest(digest, content, algorithm)


def _filled(value: bytes, block: int) -> bytes:
    """`value` repeated to fill a multiple of the block (RFC 7292 §B.2, steps 2 and 3)."""
    size = -(-len(value) // block) * block
    return (value * (size // len(value) + 1))[:size] if value else b""


def read(data: bytes, password: str) -> Pfx:
    """Read a PFX: modern, 3DES, or what OpenSSL calls legacy (RC2).

    Raises:
        PfxRefused: `too-large`, `not-a-pfx`, `no-mac`, `too-expensive` (more than 10,000,000 iterations),
            `wrong-password`, `unsupported`, `damaged`, `no-private-key`, `several-keys`, `no-certificate`,
            `key-mismatch`, `key-type`.
    """
    from asn1crypto import pkcs12 as asn1

    if len(data) > MAX_BYTES:
        raise PfxRefused("too-large", f"more than {MAX_BYTES} bytes")
    try:
        pfx = asn1.Pfx.load(data, strict=True)
        _check_outside(pfx, password)
        key_bags = _visible_key_bags(pfx)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise PfxRefused("not-a-pfx", "not a PKCS#12 file") from None
    if key_bags > 1:
        raise PfxRefused("several-keys", f"{key_bags} private keys; one belongs in a PFX")
    try:
        store = _load(data, password)
    except UnsupportedAlgorithm:
        raise PfxRefused("unsupported", "protected by an algorithm that is not supported here") from None
    except ValueError as error:
        raise PfxRefused(
            "damaged", f"the password is right, yet the contents can't be read: {error}"
        ) from None
    return _contents(store)


def _load(data: bytes, password: str) -> pkcs12.PKCS12KeyAndCertificates:
    """NSS writes BER, which is read all the same; cryptography says so in a warning that helps nobody here."""
    with warnings.catch_warnings():
        warnings.filterwarnings(
            "ignore", message="PKCS#12 bundle could not be parsed as DER", category=UserWarning
        )
        return pkcs12.load_pkcs12(data, password.encode())


def _check_outside(pfx: "asn1.Pfx", password: str) -> None:
    """Version, MAC and the price of trying: all that can be known before decrypting."""
    if pfx["version"].native != "v3" or pfx["auth_safe"]["content_type"].native != "data":
        raise ValueError("not a PFX of version 3 with a password MAC")
    content = pfx["auth_safe"]["content"].native
    mac = pfx["mac_data"]
    if mac.native is None:
        raise PfxRefused("no-mac", "nothing protects the file against changes")
    iterations, salt = mac["iterations"].native, mac["mac_salt"].native
    if not 1 <= iterations <= MOST_ITERATIONS or _inner_iterations(pfx) > MOST_ITERATIONS:
        raise PfxRefused("too-expensive", f"more than {MOST_ITERATIONS} iterations")
    algorithm = mac["mac"]["digest_algorithm"]["algorithm"].native
    if algorithm not in _BLOCK_SIZES:
        raise PfxRefused("unsupported", f"a MAC by {algorithm}")
    spellings = [_bmp(password)] if password else [_bmp(""), b""]  # an empty password is written in two ways
    found = mac["mac"]["digest"].native
    if not any(
        hmac.compare_digest(found, _mac(content, spelling, salt, iterations, algorithm))
        for spelling in spellings
    ):
        raise PfxRefused("wrong-password", "the password is wrong")


def _inner_iterations(pfx: "asn1.Pfx") -> int:
    """The largest iteration count that decrypting would take."""
    safes = [
        info["content"]["encrypted_content_info"]["content_encryption_algorithm"]
        for info in pfx.authenticated_safe
        if info["content_type"].native == "encrypted_data"
    ]
    bags = [
        bag["bag_value"]["encryption_algorithm"]
        for bag in _visible_bags(pfx)
        if bag["bag_id"].native == "pkcs8_shrouded_key_bag"
    ]
    return max(map(_count, safes + bags), default=0)


def _count(algorithm: "EncryptionAlgorithm") -> int:
    parameters = algorithm["parameters"]
    if algorithm["algorithm"].native == "pbes2":
        parameters = parameters["key_derivation_func"]["parameters"]
        return int(parameters["iteration_count"].native)
    return int(parameters["iterations"].native)


def _visible_bags(pfx: "asn1.Pfx") -> "list[asn1.SafeBag]":
    """The bags outside encrypted safes; keys are shrouded one by one, so that is where they are."""
    from asn1crypto import pkcs12 as asn1

    return [
        bag
        for info in pfx.authenticated_safe
        if info["content_type"].native == "data"
        for bag in asn1.SafeContents.load(info["content"].native, strict=True)
    ]


def _visible_key_bags(pfx: "asn1.Pfx") -> int:
    return sum(bag["bag_id"].native in _KEY_BAGS for bag in _visible_bags(pfx))


def _contents(store: pkcs12.PKCS12KeyAndCertificates) -> Pfx:
    chain = tuple(item.certificate for item in store.additional_certs)
    if store.key is None:
        raise PfxRefused("no-private-key", "certificates alone, no private key")
    if not isinstance(store.key, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey):
        raise PfxRefused("key-type", "neither an EC nor an RSA key")
    if store.cert is None:
        if chain:
            raise PfxRefused("key-mismatch", "no certificate in the file is for its key")
        raise PfxRefused("no-certificate", "a private key without a certificate")
    if keys.spki(store.cert.certificate.public_key()) != keys.spki(store.key.public_key()):  # type: ignore[arg-type]  # any key has an SPKI
        raise PfxRefused("key-mismatch", "the certificate is for another key")
    keys.self_test(store.key)
    name = (store.cert.friendly_name or b"").decode(errors="replace")
    return Pfx(store.key, store.cert.certificate, chain, name)
