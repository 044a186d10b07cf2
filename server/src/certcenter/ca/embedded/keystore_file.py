"""Private keys in files: PKCS#8 under PBES2, mode 0600, never half written (SPEC D1).

The encryption is written here because cryptography's own PKCS#8 writer fixes PBKDF2 at 2,048 iterations;
keys at rest get 600,000 (SPEC, policy table). OpenSSL, Java and cryptography read the result.
"""

import base64
import hashlib
import os
import secrets
import stat
from pathlib import Path

from cryptography.hazmat.primitives import padding, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from pydantic import SecretStr

from certcenter.ca import der
from certcenter.ca.errors import CaError, CaErrorCode
from certcenter.ca.keys import PrivateKey, SoftwareKey, spki_of

ITERATIONS = 600_000
MIN_PASSPHRASE = 12
_AES_256 = 32
_BLOCK_BITS = 128


def check_passphrase(passphrase: SecretStr) -> None:
    """Refuse a passphrase of fewer than 12 characters.

    Raises:
        CaError: too short.

    """
    if len(passphrase.get_secret_value()) < MIN_PASSPHRASE:
        raise CaError(CaErrorCode.PASSPHRASE, f"the CA passphrase needs at least {MIN_PASSPHRASE} characters")


def write_key(path: Path, private_key: PrivateKey, passphrase: SecretStr) -> None:
    """Encrypt a private key into `path` (0600) and read it back.

    Raises:
        CaError: what was read back is not the key that was written.

    """
    check_passphrase(passphrase)
    write_file(path, encrypt_pkcs8(private_key, passphrase), mode=0o600)
    if spki_of(read_key(path, passphrase).public_key) != spki_of(private_key.public_key()):
        raise CaError(CaErrorCode.DAMAGED, f"{path} does not hold the key that was written")


def read_key(path: Path, passphrase: SecretStr) -> SoftwareKey:
    """Decrypt the private key in `path`.

    Raises:
        CaError: missing, readable by others, wrong passphrase, or not a key of a kind used here.

    """
    try:
        mode = path.stat().st_mode
        data = path.read_bytes()
    except OSError as error:
        raise CaError(CaErrorCode.MISSING, f"{path}: {error.strerror}") from error
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise CaError(CaErrorCode.PERMISSIONS, f"{path} is open to others: chmod 600 it")
    try:
        key = serialization.load_pem_private_key(data, passphrase.get_secret_value().encode())
    except (ValueError, TypeError) as error:
        raise CaError(CaErrorCode.PASSPHRASE, f"{path}: wrong passphrase or damaged file") from error
    if not isinstance(key, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey):
        raise CaError(CaErrorCode.DAMAGED, f"{path}: neither an EC nor an RSA key")
    return SoftwareKey(key)


def encrypt_pkcs8(private_key: PrivateKey, passphrase: SecretStr) -> bytes:
    """EncryptedPrivateKeyInfo in PEM: PBES2, PBKDF2-HMAC-SHA256, AES-256-CBC (RFC 8018 appendix A.4)."""
    salt, iv = secrets.token_bytes(16), secrets.token_bytes(16)
    secret = passphrase.get_secret_value().encode()
    key = hashlib.pbkdf2_hmac("sha256", secret, salt, ITERATIONS, _AES_256)
    padder = padding.PKCS7(_BLOCK_BITS).padder()
    plain = private_key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    encryptor = Cipher(algorithms.AES256(key), modes.CBC(iv)).encryptor()
    ciphertext = encryptor.update(padder.update(plain) + padder.finalize()) + encryptor.finalize()
    hmac_sha256 = der.sequence(der.oid("1.2.840.113549.2.9"), der.tlv(der.NULL))
    pbkdf2 = der.sequence(
        der.oid("1.2.840.113549.1.5.12"),
        der.sequence(der.tlv(der.OCTET_STRING, salt), der.integer(ITERATIONS), hmac_sha256),
    )
    aes_256_cbc = der.sequence(der.oid("2.16.840.1.101.3.4.1.42"), der.tlv(der.OCTET_STRING, iv))
    pbes2 = der.sequence(der.oid("1.2.840.113549.1.5.13"), der.sequence(pbkdf2, aes_256_cbc))
    text = base64.encodebytes(der.sequence(pbes2, der.tlv(der.OCTET_STRING, ciphertext))).decode()
    lines = text.replace("\n", "")
    body = "\n".join(lines[at : at + 64] for at in range(0, len(lines), 64))
    return f"-----BEGIN ENCRYPTED PRIVATE KEY-----\n{body}\n-----END ENCRYPTED PRIVATE KEY-----\n".encode()


def write_file(path: Path, data: bytes, *, mode: int = 0o644) -> None:
    """Write a file whole or not at all: temporary file, fsync, rename, fsync of the folder.

    A kill before the rename leaves the old file (or none) and a `.tmp-…` file that nobody reads.
    """
    temporary = path.with_name(f".tmp-{path.name}-{secrets.token_hex(4)}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, mode)
    try:
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(file.fileno(), mode)  # whatever the umask is
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.rename(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make a rename in this folder last through a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
