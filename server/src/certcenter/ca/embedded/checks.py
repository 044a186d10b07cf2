"""The fast check before each signature, and keys that no certificate may carry (SPEC D1).

The filled template is read back by a parser that shares nothing with the filler but the DER primitives, and each
slot is compared with what was asked for. pkilint has looked at every shape before (`lint`); this looks at every one.
"""

import math
from datetime import datetime
from functools import cache, lru_cache
from typing import NamedTuple

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import load_der_public_key

from certcenter.ca import der
from certcenter.ca.api import SubjectName
from certcenter.ca.embedded.template import Issuer, Slots, Template
from certcenter.ca.errors import Refusal, RequestRefusedError
from certcenter.ca.keys import RSA_EXPONENT, KeyType, key_id_of_spki
from certcenter.ca.names import decode_name

_P256 = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d03010703420004")
_P384 = bytes.fromhex("3076301006072a8648ce3d020106052b8104002203620004")
_RSA_ALGORITHM = bytes.fromhex("300d06092a864886f70d0101010500")
_RSA_SIZES = {2048: KeyType.RSA2048, 3072: KeyType.RSA3072, 4096: KeyType.RSA4096}
_MAX_SPKI = 1024
_MAX_EXPONENT_BITS = 256  # SP 800-56B §6.2
_FERMAT_ROUNDS = 100
_ROCA_PRIMES_END = 168
_SMALL_PRIMES_END = 752


class TbsFields(NamedTuple):
    """A TBSCertificate taken apart. Bytes are whole DER elements, save `extensions` (the SEQUENCE's content)."""

    serial: int
    signature_algorithm: bytes
    issuer: bytes
    not_before: datetime
    not_after: datetime
    subject: SubjectName
    spki: bytes
    extensions: bytes


@lru_cache(maxsize=1024)
def read_tbs(tbs: bytes) -> TbsFields:
    """Take a TBSCertificate of version 3 apart. Kept, since what is prepared is mostly signed a moment later.

    Raises:
        DerError: not strict DER, another version, unique identifiers, or no extensions.

    """
    position, end = der.enter(tbs, 0, der.SEQUENCE)
    der.expect_end(end, len(tbs))
    start, position = der.enter(tbs, position, der.context(0), end)
    if tbs[start:position] != b"\x02\x01\x02":
        raise der.DerError("not version 3")
    serial, position = der.read_integer(tbs, position, end)
    algorithm, position = _element(tbs, position, end)
    issuer, position = _element(tbs, position, end)
    start, stop = der.enter(tbs, position, der.SEQUENCE, end)
    not_before, start = der.read_time(tbs, start, stop)
    not_after, start = der.read_time(tbs, start, stop)
    der.expect_end(start, stop)
    subject, position = _element(tbs, stop, end)
    spki, position = _element(tbs, position, end)
    start, stop = der.enter(tbs, position, der.context(3), end)
    der.expect_end(stop, end)
    start, inner = der.enter(tbs, start, der.SEQUENCE, stop)
    der.expect_end(inner, stop)
    return TbsFields(
        serial, algorithm, issuer, not_before, not_after, decode_name(subject), spki, tbs[start:inner]
    )  # fmt: skip


def _element(data: bytes, position: int, end: int) -> tuple[bytes, int]:
    _, stop = der.enter(data, position, der.SEQUENCE, end)
    return data[position:stop], stop


def check_filled(tbs: bytes, slots: Slots, *, template: Template, issuer: Issuer) -> None:
    """Read a filled template back and compare every slot, and the parts that are not slots.

    Raises:
        RequestRefusedError: something is not what was asked for; the detail names it.

    """
    fields = _read(tbs)
    for name, found, wanted in (
        ("serial", fields.serial, slots.serial),
        ("not_before", fields.not_before, slots.not_before),
        ("not_after", fields.not_after, slots.not_after),
        ("subject", fields.subject, slots.subject),
        ("spki", fields.spki, slots.spki),
    ):
        if found != wanted:
            raise RequestRefusedError(Refusal.SLOT, f"{name} is not what was asked for")
    _check_frame(fields, issuer=issuer)
    if fields.extensions != template.extensions(fields.serial, key_id_of_spki(fields.spki)):
        raise RequestRefusedError(Refusal.SLOT, "extensions are not the profile's")


def check_stored(tbs: bytes, serial: int, *, templates: tuple[Template, ...], issuer: Issuer) -> None:
    """See that stored bytes are still a certificate of one of our profiles: the key signs nothing else.

    Raises:
        RequestRefusedError: they are not, so whoever changed the store does not get a signature.

    """
    fields = _read(tbs)
    if fields.serial != serial:
        raise RequestRefusedError(Refusal.SLOT, "serial is not the one stored")
    _check_frame(fields, issuer=issuer)
    key_id = key_id_of_spki(fields.spki)
    if not any(fields.extensions == template.extensions(serial, key_id) for template in templates):
        raise RequestRefusedError(Refusal.SLOT, "extensions are no profile's")


def _read(tbs: bytes) -> TbsFields:
    try:
        return read_tbs(tbs)
    except der.DerError as error:
        raise RequestRefusedError(Refusal.SLOT, f"not a certificate to be signed: {error}") from error


def _check_frame(fields: TbsFields, *, issuer: Issuer) -> None:
    if fields.issuer != issuer.name:
        raise RequestRefusedError(Refusal.SLOT, "issuer is not this CA")
    if fields.signature_algorithm != issuer.signature_algorithm:
        raise RequestRefusedError(Refusal.SLOT, "signature algorithm is not this CA's")


def check_public_key(spki: bytes) -> KeyType:
    """See that a public key is whole, of a kind used here, and not known to be weak.

    Raises:
        RequestRefusedError: malformed, of another kind or size, off its curve, or weak.

    """
    if spki.startswith(_P256) and len(spki) == len(_P256) + 64:
        return _check_point(spki, KeyType.P256)
    if spki.startswith(_P384) and len(spki) == len(_P384) + 96:
        return _check_point(spki, KeyType.P384)
    try:
        modulus, exponent = _read_rsa(spki)
    except der.DerError as error:
        raise RequestRefusedError(Refusal.KEY_MALFORMED, str(error)) from error
    key_type = _RSA_SIZES.get(modulus.bit_length())
    if key_type is None:
        weak = modulus.bit_length() < min(_RSA_SIZES)
        code = Refusal.KEY_WEAK if weak else Refusal.KEY_TYPE
        raise RequestRefusedError(code, f"RSA modulus of {modulus.bit_length()} bits")
    if weakness := rsa_weakness(modulus, exponent):
        raise RequestRefusedError(Refusal.KEY_WEAK, weakness)
    return key_type


def _check_point(spki: bytes, key_type: KeyType) -> KeyType:
    try:
        load_der_public_key(spki)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise RequestRefusedError(Refusal.KEY_MALFORMED, "the point is not on its curve") from error
    return key_type


def _read_rsa(spki: bytes) -> tuple[int, int]:
    if len(spki) > _MAX_SPKI:
        raise der.DerError("public key too long")
    position, end = der.enter(spki, 0, der.SEQUENCE)
    der.expect_end(end, len(spki))
    if spki[position : position + len(_RSA_ALGORITHM)] != _RSA_ALGORITHM:
        raise der.DerError("neither P-256, P-384 (named, uncompressed) nor RSA")
    start, stop = der.enter(spki, position + len(_RSA_ALGORITHM), der.BIT_STRING, end)
    der.expect_end(stop, end)
    if der.peek(spki, start) != 0:
        raise der.DerError("unused bits in the public key")
    position, end = der.enter(spki, start + 1, der.SEQUENCE, stop)
    der.expect_end(end, stop)
    modulus, position = der.read_integer(spki, position, end)
    exponent, position = der.read_integer(spki, position, end)
    der.expect_end(position, end)
    return modulus, exponent


def rsa_weakness(modulus: int, exponent: int) -> str | None:
    """What is known to be wrong with an RSA key, or None: exponent, small factors, ROCA, close primes."""
    if exponent % 2 == 0 or exponent < RSA_EXPONENT or exponent.bit_length() > _MAX_EXPONENT_BITS:
        return f"RSA exponent {exponent if exponent < 1 << 64 else 'too large'}"
    if math.gcd(modulus, _primorial()) != 1:
        return "RSA modulus with a small factor"
    if all(modulus % prime in subgroup for prime, subgroup in _roca_subgroups()):
        return "RSA key of a flawed generator (ROCA, CVE-2017-15361)"
    if _primes_are_close(modulus):
        return "RSA modulus of two close primes"
    return None


def _primes_are_close(modulus: int) -> bool:
    """Fermat's factorisation, a hundred rounds."""
    a = math.isqrt(modulus - 1)
    for _ in range(_FERMAT_ROUNDS):
        a += 1
        square = a * a - modulus
        if square & 0xF in {0, 1, 4, 9} and math.isqrt(square) ** 2 == square:
            return True
    return False


@cache
def _primes(end: int) -> tuple[int, ...]:
    return tuple(n for n in range(2, end) if all(n % d for d in range(2, math.isqrt(n) + 1)))


@cache
def _primorial() -> int:
    return math.prod(_primes(_SMALL_PRIMES_END))


@cache
def _roca_subgroups() -> tuple[tuple[int, frozenset[int]], ...]:
    """For each odd prime below 168 the powers of 65537: a modulus inside all of them has the flaw's fingerprint."""
    return tuple(
        (prime, frozenset(pow(RSA_EXPONENT, power, prime) for power in range(prime - 1)))
        for prime in _primes(_ROCA_PRIMES_END)[1:]
    )
