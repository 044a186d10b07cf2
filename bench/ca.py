"""How fast the embedded CA issues and lists: `python -m bench ca`.

Template against cryptography's builder with the same key, both signing deterministically and verifying each
signature (pairs taken in one run, medians of them); CRLs of 100,000 and 1,000,000 entries, rows not counted.
Times are this process's own (a core's), so that what else the machine does counts little.
"""

import os
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_der_public_key
from cryptography.x509.oid import AuthorityInformationAccessOID as Aia
from pydantic import SecretStr

from bench.table import Row, interleaved, median_ratio, row
from certcenter.ca import keys
from certcenter.ca.api import Issued, IssueRequest, Prepared, SubjectName
from certcenter.ca.embedded import EmbeddedCA, create_ca, open_ca
from certcenter.ca.embedded.hierarchy import new_serial, x509_name
from certcenter.ca.profiles import CaConfig, CertificateProfile
from certcenter.status.crl import CrlIssuer, encode_crl
from certcenter.status.interfaces import RevokedEntry

PAIRS = 5
BATCH = 256  # as the worker takes them
REQUESTS = 3000
POLICY = "1.3.6.1.4.1.32473.1.1"
CRL_SIZES = (100_000, 1_000_000)


def opened(folder: Path, now: datetime) -> EmbeddedCA:
    """A P-256 CA of its own."""
    profile = CertificateProfile(name="customer", policies=(POLICY,))
    config = CaConfig(
        name="bench", publication_url="http://127.0.0.1", organization="Bench", profiles=(profile,)
    )
    passphrase = SecretStr(os.urandom(16).hex())
    create_ca(folder / "bench", config, passphrase=passphrase, now=now)
    return open_ca(folder / "bench", passphrase)


def requests(now: datetime) -> list[IssueRequest]:
    """Keys differ, names differ."""
    pool = [keys.spki_of(keys.generate(keys.KeyType.P256).public_key()) for _ in range(100)]
    return [
        IssueRequest(
            reference=str(n),
            spki=pool[n % len(pool)],
            subject=SubjectName("TW", "示範證券股份有限公司", "網路下單", f"A{n:09d}-00-000001"),
            not_before=now - timedelta(minutes=5),
            not_after=now + timedelta(days=365),
            profile="customer",
        )
        for n in range(REQUESTS)
    ]


def by_template(ca: EmbeddedCA, batch: list[IssueRequest]) -> float:
    """Certificates a core's second: prepare, check, sign, verify."""
    started = time.process_time()
    issued = 0
    for start in range(0, len(batch), BATCH):
        prepared = [row for row in ca.prepare(batch[start : start + BATCH]) if isinstance(row, Prepared)]
        issued += sum(isinstance(answer, Issued) for answer in ca.issue(prepared))
    seconds = time.process_time() - started
    assert issued == len(batch)
    return len(batch) / seconds


class Builder:
    """The same certificates by cryptography's builder; what can be made once is made once."""

    def __init__(self, ca: EmbeddedCA) -> None:
        issuing = x509.load_der_x509_certificate(ca.publication.issuing_certificate)
        self._issuer = issuing.subject
        assert isinstance(ca.publication.crl_key, keys.SoftwareKey)
        self._key = ca.publication.crl_key.private_key
        self._verifier = keys.Verifier(ca.publication.crl_key.public_key)
        self._authority = x509.AuthorityKeyIdentifier(ca.publication.issuing_key_id, None, None)
        others = ("key_encipherment", "data_encipherment", "key_agreement", "key_cert_sign", "crl_sign")
        last = {"encipher_only": False, "decipher_only": False}
        self._usage = x509.KeyUsage(
            digital_signature=True, content_commitment=True, **dict.fromkeys(others, False), **last
        )
        self._policies = x509.CertificatePolicies(
            [x509.PolicyInformation(x509.ObjectIdentifier(POLICY), None)]
        )
        locations = ((Aia.OCSP, ca.config.ocsp_url()), (Aia.CA_ISSUERS, ca.config.certificate_url("issuing")))
        self._access = x509.AuthorityInformationAccess(
            [x509.AccessDescription(method, x509.UniformResourceIdentifier(url)) for method, url in locations]
        )
        urls = [x509.UniformResourceIdentifier(ca.config.crl_url(shard)) for shard in range(ca.config.shards)]
        self._points = [
            x509.CRLDistributionPoints([x509.DistributionPoint([url], None, None, None)]) for url in urls
        ]

    def issue(self, request: IssueRequest) -> x509.Certificate:
        """Build, sign, verify."""
        key = load_der_public_key(request.spki)
        assert isinstance(key, ec.EllipticCurvePublicKey)
        serial = new_serial()
        certificate = (
            x509.CertificateBuilder()
            .serial_number(serial)
            .issuer_name(self._issuer)
            .subject_name(x509_name(request.subject))
            .public_key(key)
            .not_valid_before(request.not_before)
            .not_valid_after(request.not_after)
            .add_extension(self._authority, critical=False)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
            .add_extension(self._usage, critical=True)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(self._policies, critical=False)
            .add_extension(self._access, critical=False)
            .add_extension(self._points[serial % len(self._points)], critical=False)
            .sign(self._key, hashes.SHA256(), ecdsa_deterministic=True)
        )
        assert self._verifier.accepts(certificate.signature, certificate.tbs_certificate_bytes)
        return certificate

    def rate(self, batch: list[IssueRequest]) -> float:
        """Certificates a second."""
        started = time.process_time()
        for request in batch:
            self.issue(request)
        return len(batch) / (time.process_time() - started)


def crl_seconds(ca: EmbeddedCA, count: int, now: datetime) -> tuple[float, int]:
    """Best of three: seconds to encode and sign, octets."""
    rows = [RevokedEntry(new_serial(), now - timedelta(seconds=n), n % 6) for n in range(count)]
    published = ca.publication
    issuer = CrlIssuer(published.issuing_name, published.issuing_key_id, published.crl_key)
    best, size = float("inf"), 0
    for _ in range(3):
        started = time.process_time()
        crl = encode_crl(
            rows, issuer=issuer, number=1, this_update=now, next_update=now + timedelta(days=1),
            distribution_point=ca.config.crl_url(0),
        )  # fmt: skip
        best, size = min(best, time.process_time() - started), len(crl)
    return best, size


def run(*, quick: bool = False) -> list[Row]:
    """Issuing beside the builder, and CRLs."""
    now = datetime.now(UTC).replace(microsecond=0)
    with tempfile.TemporaryDirectory() as folder:
        ca = opened(Path(folder), now)
        batch, builder = requests(now)[: 500 if quick else None], Builder(ca)
        pairs = interleaved(lambda _: by_template(ca, batch), lambda _: builder.rate(batch), PAIRS)
        lists = [(count, *crl_seconds(ca, count, now)) for count in CRL_SIZES[: 1 if quick else None]]
    ours, theirs, ratio = median_ratio(pairs)
    rows = [
        row(
            "issue, P-256, checked and verified, one core",
            ours=f"{ours:,.0f}/s", peer=f"cryptography's builder {theirs:,.0f}/s", value=ratio,
        )
    ]  # fmt: skip
    for count, seconds, size in lists:
        share = seconds * 1_000_000 / count
        rows.append(
            row(
                f"CRL of {count:,}, {size / 1e6:.1f} MB, rows not counted",
                ours=f"{seconds:.2f} s", peer="quadratic", value=share, shown="–", goal="≤ 0.75 s a million",
            )
        )  # fmt: skip
    return rows
