"""The to-be-signed certificate as a template: what never changes is encoded once, the slots are filled in.

TBSCertificate (RFC 5280 §4.1): version, **serial**, signature, issuer, **validity**, **subject**, **public key**,
extensions with **subject key identifier** and **distribution point**. Bold is a slot.
"""

from dataclasses import dataclass
from datetime import datetime

from certcenter.ca import der
from certcenter.ca.api import SubjectName
from certcenter.ca.keys import key_id_of_spki
from certcenter.ca.names import encode_name
from certcenter.ca.profiles import CaConfig, CertificateProfile

VERSION_3 = der.tlv(der.context(0), der.integer(2))
_DIGITAL_SIGNATURE_AND_NON_REPUDIATION = b"\x03\x02\x06\xc0"
_NOT_A_CA = der.sequence()  # cA FALSE is the default, and DER leaves defaults out


@dataclass(frozen=True, slots=True)
class Issuer:
    """The issuing CA as its certificates name it: Name and AlgorithmIdentifier in DER, key identifier, SPKI."""

    name: bytes
    signature_algorithm: bytes
    key_id: bytes
    spki: bytes


@dataclass(frozen=True, slots=True)
class Slots:
    """What differs from one certificate to the next. Times are whole seconds, in a time zone."""

    serial: int
    not_before: datetime
    not_after: datetime
    subject: SubjectName
    spki: bytes


class Template:
    """One profile of one CA, ready to be filled."""

    def __init__(self, profile: CertificateProfile, config: CaConfig, issuer: Issuer) -> None:
        self.profile = profile
        self._algorithm_and_issuer = issuer.signature_algorithm + issuer.name
        self._before_key_id = _extension(
            "2.5.29.35", der.sequence(der.tlv(der.context(0, constructed=False), issuer.key_id))
        )
        self._after_key_id = b"".join((
            _extension("2.5.29.15", _DIGITAL_SIGNATURE_AND_NON_REPUDIATION, critical=True),
            _extension("2.5.29.19", _NOT_A_CA, critical=True),
            _extension("2.5.29.32", der.sequence(*(der.sequence(der.oid(policy)) for policy in profile.policies))),
            _extended_key_usage(profile),
            _information_access(config),
        ))  # fmt: skip
        self._points = tuple(_distribution_point(config.crl_url(shard)) for shard in range(config.shards))

    def fill(self, slots: Slots) -> bytes:
        """The TBSCertificate (DER) for these slots."""
        return der.sequence(
            VERSION_3,
            der.integer(slots.serial),
            self._algorithm_and_issuer,
            der.sequence(der.time(slots.not_before), der.time(slots.not_after)),
            encode_name(slots.subject),
            slots.spki,
            der.tlv(der.context(3), der.sequence(self.extensions(slots.serial, key_id_of_spki(slots.spki)))),
        )

    def extensions(self, serial: int, subject_key_id: bytes) -> bytes:
        """The encoded extensions of a certificate of this profile, without the SEQUENCE around them."""
        return b"".join((
            self._before_key_id,
            _KEY_ID_HEAD,
            subject_key_id,
            self._after_key_id,
            self._points[serial % len(self._points)],
        ))  # fmt: skip


def _extension(oid: str, value: bytes, *, critical: bool = False) -> bytes:
    return der.sequence(der.oid(oid), der.TRUE if critical else b"", der.tlv(der.OCTET_STRING, value))


_KEY_ID_LENGTH = 20
_KEY_ID_HEAD = _extension("2.5.29.14", der.tlv(der.OCTET_STRING, bytes(_KEY_ID_LENGTH)))[:-_KEY_ID_LENGTH]


def _extended_key_usage(profile: CertificateProfile) -> bytes:
    if not profile.extended_key_usages:
        return b""
    return _extension("2.5.29.37", der.sequence(*(der.oid(usage) for usage in profile.extended_key_usages)))


def uri(url: str) -> bytes:
    """A GeneralName that is a uniformResourceIdentifier."""
    return der.tlv(der.context(6, constructed=False), url.encode("ascii"))


def _information_access(config: CaConfig) -> bytes:
    return _extension(
        "1.3.6.1.5.5.7.1.1",
        der.sequence(
            der.sequence(der.oid("1.3.6.1.5.5.7.48.1"), uri(config.ocsp_url())),
            der.sequence(der.oid("1.3.6.1.5.5.7.48.2"), uri(config.certificate_url("issuing"))),
        ),
    )


def _distribution_point(url: str) -> bytes:
    full_name = der.tlv(der.context(0), der.tlv(der.context(0), uri(url)))
    return _extension("2.5.29.31", der.sequence(der.sequence(full_name)))
