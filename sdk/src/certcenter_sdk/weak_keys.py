"""Public RSA keys that should not be certified although they are long enough (SPEC, bad input)."""

from math import gcd, prod
from typing import Final


def _primes_to(limit: int) -> list[int]:
    sieve = bytearray([1]) * (limit + 1)
    sieve[:2] = b"\0\0"
    for number in range(2, int(limit**0.5) + 1):
        sieve[number * number :: number] = bytes(len(range(number * number, limit + 1, number)))
    return [number for number, is_prime in enumerate(sieve) if is_prime]


SMALL_FACTOR_LIMIT: Final = 751
"""NIST SP 800-56B §6.4.2.3 wants no factor below 752."""

_SMALL_PRIMES_PRODUCT = prod(_primes_to(SMALL_FACTOR_LIMIT))
_ROCA_GENERATOR = 65537
_ROCA_PRIMES = _primes_to(167)[1:]  # they divide the M of every key size; 2 says nothing of an odd modulus


def _logarithms(prime: int) -> dict[int, int]:
    """For each power of 65537 modulo `prime`: its exponent. The number of entries is the order of 65537."""
    table: dict[int, int] = {}
    value, exponent = 1, 0
    while value not in table:
        table[value] = exponent
        value, exponent = value * _ROCA_GENERATOR % prime, exponent + 1
    return table


_ROCA_TABLES = [(prime, _logarithms(prime)) for prime in _ROCA_PRIMES]


def has_small_factor(modulus: int) -> bool:
    """Is the modulus even, or divisible by a prime up to 751?"""
    return gcd(modulus, _SMALL_PRIMES_PRODUCT) != 1


def is_roca(modulus: int) -> bool:
    """The fingerprint of CVE-2017-15361 (Nemec, Sys, Svenda, Klinec, Matyas: The Return of Coppersmith's Attack, CCS 2017, §2.2).

    Vulnerable primes are k·M + (65537^a mod M) with M a product of the first primes, so that the modulus is
    a power of 65537 modulo M. M is smooth: the discrete logarithm is looked up modulo each small prime, and the
    exponents must agree (Pohlig-Hellman, put together by the Chinese remainder theorem). A sound key is
    taken for a vulnerable one with a probability below 2^-150.
    """
    exponent, order = 0, 1
    for prime, logarithms in _ROCA_TABLES:
        found = logarithms.get(modulus % prime)
        if found is None:
            return False
        merged = _merge(exponent, order, found, len(logarithms))
        if merged is None:
            return False
        exponent, order = merged
    return True


def _merge(first: int, first_order: int, second: int, second_order: int) -> tuple[int, int] | None:
    """The exponent that is `first` modulo `first_order` and `second` modulo `second_order`, if there is one."""
    common = gcd(first_order, second_order)
    if (second - first) % common:
        return None
    step = (second - first) // common * pow(first_order // common, -1, second_order // common)
    order = first_order // common * second_order
    return (first + step % (second_order // common) * first_order) % order, order
