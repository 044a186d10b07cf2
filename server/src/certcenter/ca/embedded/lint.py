"""pkilint over every shape that a CA can issue: profile × key type × name form × time form (SPEC D1).

Over 2 ms a certificate is too slow for each one issued, and not needed: certificates of one shape differ in slots
only, which `checks` compares. No CA key is used: the samples carry a signature value of the right form by nobody.
"""

import hashlib
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, rsa

from certcenter.ca import der
from certcenter.ca.api import SubjectName
from certcenter.ca.embedded.hierarchy import new_serial
from certcenter.ca.embedded.template import Issuer, Slots, Template
from certcenter.ca.keys import RSA_EXPONENT, KeyType, spki_of
from certcenter.ca.profiles import CaConfig, CertificateProfile

_NAMES = {
    "ascii": SubjectName("TW", "Example Securities Co., Ltd.", "Online", "A123456789-00-000001"),
    "chinese": SubjectName("TW", "示範證券股份有限公司", "網路下單", "A123456789-00-000001"),
    "without-unit": SubjectName("TW", "示範證券股份有限公司", None, "A123456789"),
    "longest": SubjectName("TW", "證" * 64, "單" * 64, "號" * 64),
}
_TIMES = {
    "utc": (datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, 15, 59, 59, tzinfo=UTC)),
    "over-2050": (datetime(2049, 6, 1, tzinfo=UTC), datetime(2050, 6, 1, 15, 59, 59, tzinfo=UTC)),
}


@dataclass(frozen=True, slots=True)
class Finding:
    """What pkilint says against a shape, or against a certificate. Severity notice and worse are reported."""

    shape: str
    severity: str
    code: str
    detail: str

    def __str__(self) -> str:
        return f"{self.shape}: {self.severity} {self.code} {self.detail}".rstrip()


def lint_shapes(config: CaConfig, issuer: Issuer) -> tuple[Finding, ...]:
    """Lint one sample of every shape; an empty answer is what issuing needs."""
    return tuple(
        finding for shape, sample in _samples(config, issuer) for finding in lint(sample, shape=shape)
    )


def lint(certificate: bytes, *, shape: str = "certificate") -> tuple[Finding, ...]:
    """Lint one certificate (DER) by RFC 5280; also for the sample of what was issued."""
    from pkilint.loader import RFC5280CertificateDocumentLoader
    from pkilint.validation import ValidationFindingSeverity

    try:
        document = RFC5280CertificateDocumentLoader().load_der_document(certificate, "certificate", shape)
    except ValueError as error:
        return (Finding(shape, "FATAL", "decode", str(error)),)
    return tuple(
        Finding(shape, str(said.finding.severity), said.finding.code, said.message or "")
        for result in _validator().validate(document.root)
        for said in result.finding_descriptions
        if said.finding.severity <= ValidationFindingSeverity.NOTICE
    )


@cache
def _validator() -> Any:
    # Imported late: pkilint takes a third of a second, and processes that never issue do without it.
    from pkilint.pkix import certificate, extension, name

    return certificate.create_pkix_certificate_validator_container(
        certificate.create_decoding_validators(name.ATTRIBUTE_TYPE_MAPPINGS, extension.EXTENSION_MAPPINGS),
        [
            certificate.create_issuer_validator_container([]),
            certificate.create_validity_validator_container(),
            certificate.create_subject_validator_container([]),
            certificate.create_extensions_validator_container([]),
            certificate.create_spki_validator_container([]),
        ],
    )


def _samples(config: CaConfig, issuer: Issuer) -> Iterator[tuple[str, bytes]]:
    for profile in config.profiles:
        template = Template(profile, config, issuer)
        for key_type, name, time in itertools.product(profile.key_types, _NAMES, _TIMES):
            slots = Slots(new_serial(), *_TIMES[time], _NAMES[name], _sample_key(key_type))
            yield _label(profile, key_type, name, time), unsigned_certificate(template.fill(slots), issuer)


def _label(profile: CertificateProfile, key_type: KeyType, name: str, time: str) -> str:
    return f"{profile.name}/{key_type}/{name}/{time}"


def unsigned_certificate(tbs: bytes, issuer: Issuer) -> bytes:
    """A certificate whose signature value has the right form but was made by no key."""
    signature = der.sequence(der.integer(1), der.integer(1))
    return der.sequence(tbs, issuer.signature_algorithm, der.bit_string(signature))


@cache
def _sample_key(key_type: KeyType) -> bytes:
    """A public key whose private half does not matter, or does not exist."""
    if key_type in {KeyType.P256, KeyType.P384}:
        curve = ec.SECP256R1() if key_type is KeyType.P256 else ec.SECP384R1()
        return spki_of(ec.derive_private_key(2, curve).public_key())
    bits = int(key_type.removeprefix("rsa"))
    stream = hashlib.shake_256(b"certcenter sample modulus").digest(bits // 8)
    modulus = int.from_bytes(stream, "big") | 1 << (bits - 1) | 1
    return spki_of(rsa.RSAPublicNumbers(RSA_EXPONENT, modulus).public_key())
