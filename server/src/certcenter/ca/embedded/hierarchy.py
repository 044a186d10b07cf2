"""The CA's own certificates: root, issuing CA, OCSP responder, and the CRL above the issuing CA (SPEC D1).

A folder for each CA: `root.key`, `root.crt`, `root.crl`, `issuing.key`, `issuing.crt`, `ocsp.key`, `ocsp.crt`, `ca.toml`.
`root.key` is only needed to create and to maintain: it may be kept elsewhere in between.
"""

import secrets
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID
from pydantic import SecretStr

from certcenter.ca.api import Reason, SubjectName
from certcenter.ca.embedded.keystore_file import (
    check_passphrase,
    read_key,
    sync_folder,
    write_file,
    write_key,
)
from certcenter.ca.errors import CaError, CaErrorCode
from certcenter.ca.keys import PrivateKey, PublicKey, generate, signature_hash
from certcenter.ca.profiles import CaConfig

YEAR = timedelta(days=365, hours=6)
RESPONDER_LIFE = timedelta(
    days=365
)  # short, since nobody can ask whether it is revoked (RFC 6960 §4.2.2.2.1)
#: Of an institution's mail signer; its key lies unencrypted among the secrets.
MAIL_LIFE = timedelta(days=365)
ROOT_CRL_LIFE = timedelta(days=365)
RENEW_BEFORE = timedelta(days=60)
BACKDATE = timedelta(minutes=5)  # for relying machines whose clock is a little behind
CONFIG = "ca.toml"


@dataclass(frozen=True, slots=True)
class RevokedCa:
    """A revoked issuing CA on the root's CRL."""

    serial: int
    at: datetime
    reason: Reason


def create_ca(directory: Path, config: CaConfig, *, passphrase: SecretStr, now: datetime) -> None:
    """Create root, issuing CA and OCSP responder in a new folder, whole or not at all.

    Everything is written into a folder beside it, which takes the name at the end: a kill before that leaves no CA.

    Raises:
        CaError: the folder exists, is not named as the CA is, or the passphrase is too short.

    """
    check_passphrase(passphrase)
    if directory.name != config.name:
        raise CaError(
            CaErrorCode.CONFIG, f"the folder of CA {config.name} must have its name, not {directory.name}"
        )
    if directory.exists():
        raise CaError(CaErrorCode.EXISTS, f"{directory} exists")
    directory.parent.mkdir(parents=True, exist_ok=True)
    workshop = directory.with_name(f".tmp-{directory.name}-{secrets.token_hex(4)}")
    workshop.mkdir(mode=0o700)
    try:
        _fill(workshop, config, passphrase=passphrase, now=_whole_seconds(now))
        workshop.rename(directory)
    except OSError as error:
        shutil.rmtree(workshop, ignore_errors=True)
        if directory.exists():  # another process was faster
            raise CaError(CaErrorCode.EXISTS, f"{directory} exists") from error
        raise
    except BaseException:
        shutil.rmtree(workshop, ignore_errors=True)
        raise
    sync_folder(directory.parent)


def _fill(folder: Path, config: CaConfig, *, passphrase: SecretStr, now: datetime) -> None:
    root_key, issuing_key, ocsp_key = (generate(config.key_type) for _ in range(3))
    root = root_certificate(config, root_key, now=now)
    issuing = issuing_certificate(config, issuing_key.public_key(), root=root, root_key=root_key, now=now)
    responder = responder_certificate(
        config, ocsp_key.public_key(), issuing=issuing, issuing_key=issuing_key, now=now
    )
    for name, key, certificate in (
        ("root", root_key, root), ("issuing", issuing_key, issuing), ("ocsp", ocsp_key, responder),
    ):  # fmt: skip
        write_key(folder / f"{name}.key", key, passphrase)
        write_file(folder / f"{name}.crt", certificate.public_bytes(Encoding.PEM))
    write_file(folder / "root.crl", root_crl(root, root_key, now=now))
    write_file(folder / CONFIG, config.to_toml().encode("utf-8"))


def maintain_ca(
    directory: Path, *, passphrase: SecretStr, now: datetime, revoked: Iterable[RevokedCa] = ()
) -> tuple[str, ...]:
    """Renew what ends within 60 days: the responder's certificate (its key stays) and the root's CRL.

    The root's CRL is written anew at once where `revoked` names issuing CAs.
    Returns the names of the files written. Where `root.key` is kept elsewhere, the root's CRL is left as it is.

    Raises:
        CaError: the CA cannot be read.

    """
    config, written = CaConfig.read(directory / CONFIG), []
    revoked = tuple(revoked)
    responder = read_certificate(directory / "ocsp.crt")
    if responder.not_valid_after_utc - now < RENEW_BEFORE:
        issuing = read_certificate(directory / "issuing.crt")
        issuing_key = read_key(directory / "issuing.key", passphrase).private_key
        public_key = read_key(directory / "ocsp.key", passphrase).public_key
        renewed = responder_certificate(config, public_key, issuing=issuing, issuing_key=issuing_key, now=now)
        write_file(directory / "ocsp.crt", renewed.public_bytes(Encoding.PEM))
        written.append("ocsp.crt")
    next_update = x509.load_der_x509_crl((directory / "root.crl").read_bytes()).next_update_utc
    due = bool(revoked) or next_update is None or next_update - now < RENEW_BEFORE
    if due and (directory / "root.key").exists():
        root_key = read_key(directory / "root.key", passphrase).private_key
        crl = root_crl(read_certificate(directory / "root.crt"), root_key, now=now, revoked=revoked)
        write_file(directory / "root.crl", crl)
        written.append("root.crl")
    return tuple(written)


def root_certificate(config: CaConfig, key: PrivateKey, *, now: datetime) -> x509.Certificate:
    """The self-signed root: signs certificates and CRLs only."""
    name = x509_name(config.ca_name("Root"))
    builder = _builder(name, name, key.public_key(), now=now, life=config.root_years * YEAR)
    builder = _ca_extensions(builder, key.public_key(), path_length=None)
    return _sign(builder, key)


def issuing_certificate(
    config: CaConfig, public_key: PublicKey, *, root: x509.Certificate, root_key: PrivateKey, now: datetime
) -> x509.Certificate:
    """The issuing CA: no CA below it, any policy of the institutions that it serves."""
    life = min(config.issuing_years * YEAR, root.not_valid_after_utc - now)
    builder = _builder(x509_name(config.ca_name("Issuing")), root.subject, public_key, now=now, life=life)
    builder = _ca_extensions(builder, public_key, path_length=0)
    any_policy = x509.PolicyInformation(x509.ObjectIdentifier("2.5.29.32.0"), None)
    builder = (
        builder.add_extension(_authority(root), critical=False)
        .add_extension(x509.CertificatePolicies([any_policy]), critical=False)
        .add_extension(x509.CRLDistributionPoints([_point(config.root_crl_url())]), critical=False)
        .add_extension(
            x509.AuthorityInformationAccess([
                x509.AccessDescription(
                    AuthorityInformationAccessOID.CA_ISSUERS,
                    x509.UniformResourceIdentifier(config.certificate_url("root")),
                )
            ]),
            critical=False,
        )
    )  # fmt: skip
    return _sign(builder, root_key)


def responder_certificate(
    config: CaConfig,
    public_key: PublicKey,
    *,
    issuing: x509.Certificate,
    issuing_key: PrivateKey,
    now: datetime,
) -> x509.Certificate:
    """The delegated OCSP responder (RFC 6960 §4.2.2.2) with id-pkix-ocsp-nocheck, one year at most."""
    life = min(RESPONDER_LIFE, issuing.not_valid_after_utc - now)
    builder = _builder(x509_name(config.ca_name("OCSP")), issuing.subject, public_key, now=now, life=life)
    builder = (
        builder.add_extension(_authority(issuing), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
        .add_extension(_key_usage(digital_signature=True), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.OCSP_SIGNING]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.OCSPNoCheck(), critical=False)
    )
    return _sign(builder, issuing_key)


def mail_certificate(
    config: CaConfig,
    public_key: PublicKey,
    *,
    name: str,
    address: str,
    issuing: x509.Certificate,
    issuing_key: PrivateKey,
    now: datetime,
) -> x509.Certificate:
    """The certificate that signs an institution's mail from `address` (RFC 8550 §4.4.4: emailProtection, rfc822Name).

    It names the CRL of its serial's shard and the OCSP responder, as customers' certificates do.

    Raises:
        CaError: the address can't stand in a certificate (RFC 5280 §4.2.1.6: ASCII).

    """
    try:
        names = x509.SubjectAlternativeName([x509.RFC822Name(address)])
    except ValueError as error:
        raise CaError(CaErrorCode.CONFIG, f"no certificate can name the address {address!r}") from error
    subject = x509_name(SubjectName(config.country, config.organization, None, name))
    life = min(MAIL_LIFE, issuing.not_valid_after_utc - now)
    access = [
        x509.AccessDescription(method, x509.UniformResourceIdentifier(url))
        for method, url in (
            (AuthorityInformationAccessOID.OCSP, config.ocsp_url()),
            (AuthorityInformationAccessOID.CA_ISSUERS, config.certificate_url("issuing")),
        )
    ]
    serial = new_serial()
    points = x509.CRLDistributionPoints([_point(config.crl_url(serial % config.shards))])
    builder = (
        _builder(subject, issuing.subject, public_key, now=now, life=life, serial=serial)
        .add_extension(_authority(issuing), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
        .add_extension(_key_usage(digital_signature=True), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), critical=False)
        .add_extension(names, critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.AuthorityInformationAccess(access), critical=False)
        .add_extension(points, critical=False)
    )
    return _sign(builder, issuing_key)


def root_crl(
    root: x509.Certificate, root_key: PrivateKey, *, now: datetime, revoked: Iterable[RevokedCa] = ()
) -> bytes:
    """The CRL (DER) that covers issuing CAs: a year's life and at most a handful of entries."""
    now = _whole_seconds(now)
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(root.subject)
        .last_update(now)
        .next_update(now + ROOT_CRL_LIFE)
        .add_extension(_authority(root), critical=False)
        .add_extension(x509.CRLNumber(int(now.timestamp())), critical=False)
    )
    for entry in revoked:
        reason = x509.CRLReason(x509.ReasonFlags[entry.reason.name.lower()])
        builder = builder.add_revoked_certificate(
            x509.RevokedCertificateBuilder()
            .serial_number(entry.serial)
            .revocation_date(entry.at)
            .add_extension(reason, critical=False)
            .build()
        )
    crl = builder.sign(
        root_key, signature_hash(root_key.public_key()), ecdsa_deterministic=_deterministic(root_key)
    )
    return crl.public_bytes(Encoding.DER)


def read_certificate(path: Path) -> x509.Certificate:
    """Read a PEM certificate.

    Raises:
        CaError: missing or damaged.

    """
    try:
        return x509.load_pem_x509_certificate(path.read_bytes())
    except OSError as error:
        raise CaError(CaErrorCode.MISSING, f"{path}: {error.strerror}") from error
    except ValueError as error:
        raise CaError(CaErrorCode.DAMAGED, f"{path}: not a certificate") from error


def x509_name(name: SubjectName) -> x509.Name:
    """The same name for cryptography's builders."""
    attributes = [(NameOID.COUNTRY_NAME, name.country), (NameOID.ORGANIZATION_NAME, name.organization)]
    if name.organizational_unit is not None:
        attributes.append((NameOID.ORGANIZATIONAL_UNIT_NAME, name.organizational_unit))
    attributes.append((NameOID.COMMON_NAME, name.common_name))
    return x509.Name([x509.NameAttribute(oid, text) for oid, text in attributes])


def new_serial() -> int:
    """A serial of 17 octets: a random non-zero high octet (0x40 to 0x7f) before 128 random bits.

    Positive and of one length whatever chance says (RFC 5280 §4.1.2.2), and never guessed.
    """
    octets = secrets.token_bytes(17)
    return (0x40 | octets[0] & 0x3F) << 128 | int.from_bytes(octets[1:], "big")


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    public_key: PublicKey,
    *,
    now: datetime,
    life: timedelta,
    serial: int | None = None,
) -> x509.CertificateBuilder:
    now = _whole_seconds(now)
    return (
        x509.CertificateBuilder()
        .serial_number(serial or new_serial())
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public_key)
        .not_valid_before(now - BACKDATE)
        .not_valid_after(now + life)
    )


def _ca_extensions(
    builder: x509.CertificateBuilder, public_key: PublicKey, *, path_length: int | None
) -> x509.CertificateBuilder:
    return (
        builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=path_length), critical=True)
        .add_extension(_key_usage(key_cert_sign=True, crl_sign=True), critical=True)
    )


def _key_usage(
    *, digital_signature: bool = False, key_cert_sign: bool = False, crl_sign: bool = False
) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=digital_signature,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=key_cert_sign,
        crl_sign=crl_sign,
        encipher_only=False,
        decipher_only=False,
    )


def _authority(issuer: x509.Certificate) -> x509.AuthorityKeyIdentifier:
    identifier = issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier)


def _point(url: str) -> x509.DistributionPoint:
    return x509.DistributionPoint([x509.UniformResourceIdentifier(url)], None, None, None)


def _sign(builder: x509.CertificateBuilder, key: PrivateKey) -> x509.Certificate:
    return builder.sign(key, signature_hash(key.public_key()), ecdsa_deterministic=_deterministic(key))


def _deterministic(key: PrivateKey) -> bool | None:
    return True if isinstance(key, ec.EllipticCurvePrivateKey) else None


def _whole_seconds(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(microsecond=0)
