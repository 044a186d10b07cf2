"""A small PKI for the tests, made with cryptography's builders and not with the code under test."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509.oid import NameOID

from certcenter_sdk import keys
from certcenter_sdk.keys import KeyType, PrivateKey

NOW = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)

ORDER_FIELDS = {
    "institution": "demo",
    "origin": "https://demo.example",
    "account": "1020-0324338",
    "side": "buy",
    "symbol": "2330",
    "quantity": "1000",
    "price": "580.50",
    "currency": "TWD",
    "time": "2026-11-20T08:00:00.123Z",
    "nonce": "AAECAwQFBgcICQoLDA0ODw",
}


def name(common_name: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "TW"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "示範證券"),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )


def usage(*, ca: bool, signs: bool = True) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not ca and signs,
        content_commitment=not ca and signs,
        key_encipherment=not ca and not signs,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=ca,
        crl_sign=ca,
        encipher_only=False,
        decipher_only=False,
    )


def certificate(key, common_name, signing_key, issuer, *, ca=False, start, end, key_usage=None):
    identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(signing_key.public_key())
    return (
        x509.CertificateBuilder()
        .subject_name(name(common_name))
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(end)
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        .add_extension(key_usage or usage(ca=ca), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(identifier, critical=False)
        .sign(signing_key, hashes.SHA256())
    )


@dataclass(frozen=True)
class Authority:
    key: PrivateKey
    certificate: x509.Certificate

    def issue(self, key, common_name="A123456789-00-01", **options):
        times = {"start": NOW - timedelta(minutes=5), "end": NOW + timedelta(days=365)} | options
        return certificate(key, common_name, self.key, self.certificate.subject, **times)

    def subordinate(self, common_name="示範簽發憑證"):
        key = keys.generate(KeyType.P256)
        start, end = NOW - timedelta(days=9), NOW + timedelta(days=1800)
        return Authority(key, self.issue(key, common_name, ca=True, start=start, end=end))


def new_root(common_name="示範根憑證") -> Authority:
    key = keys.generate(KeyType.P256)
    start, end = NOW - timedelta(days=10), NOW + timedelta(days=3650)
    return Authority(
        key, certificate(key, common_name, key, name(common_name), ca=True, start=start, end=end)
    )


@dataclass(frozen=True)
class Customer:
    key: PrivateKey
    certificate: x509.Certificate


def pem(*certificates: x509.Certificate) -> bytes:
    return b"".join(item.public_bytes(serialization.Encoding.PEM) for item in certificates)


def key_pem(key: PrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
