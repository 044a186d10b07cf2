"""Orders signed and verified against the raw operation of the key, in one run: `python -m bench orders`.

Goals (PERFORMANCE, issue 3): verified at 0.6 of the raw rate for RSA-2048 and 0.8 for P-256, chain known; signed under the
security setting 2, CMS included, at 0.6 of the raw P-256 rate. One core.
"""

import statistics
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from bench.table import row
from certcenter_sdk import cms, keys, pfx
from certcenter_sdk.chain import ChainVerifier
from certcenter_sdk.keys import KeyType
from certcenter_sdk.orders import Order
from certcenter_sdk.store import KeyStore, helper_location

GOALS = {KeyType.P256: 0.8, KeyType.RSA2048: 0.6}
NOW = datetime(2026, 11, 20, 8, tzinfo=UTC)


def certificate(key, name, issuer_key, issuer, *, ca):
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    usage = x509.KeyUsage(not ca, not ca, False, False, False, ca, ca, False, False)
    issuer_key_id = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key())
    return (
        x509.CertificateBuilder(issuer or subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(NOW - timedelta(days=1))
        .not_valid_after(NOW + timedelta(days=365))
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(issuer_key_id, critical=False)
        .sign(issuer_key, hashes.SHA256())
    )


def orders(count):
    for number in range(count):
        yield Order(
            institution="demo",
            origin="https://demo.example",
            account="1020-0324338",
            side="buy",
            symbol="2330",
            quantity=str(number + 1),
            price="580.5",
            currency="TWD",
            time="2026-11-20T08:00:00.000Z",
            nonce=f"{number:024d}",
        ).canonical()


def rate(work, items):
    began = time.process_time()  # this core's own: what else the machine does counts little
    for item in items:
        work(*item)
    return len(items) / (time.process_time() - began)


def measure(key_type, count, pairs):
    root_key, key = keys.generate(), keys.generate(key_type)
    root = certificate(root_key, "root", root_key, None, ca=True)
    leaf = certificate(key, "A123456789-00-01", root_key, root.subject, ca=False)
    chains = ChainVerifier(intermediates=[], roots=[root])
    signed = [(order, cms.sign_detached(order, key, leaf)) for order in orders(count)]
    verified = [cms.verify_detached(*item) for item in signed]
    raw = [(item.signer.public_key, item.value, item.signer.to_be_signed(item.digest)) for item in verified]

    def ours(order, signature):
        certificate = cms.verify_detached(order, signature).certificate
        chains.verify(certificate, NOW)

    results = []
    for _ in range(pairs):
        pair = rate(keys.verify, raw), rate(ours, signed)
        results.append((*pair, pair[1] / pair[0]))
    return [statistics.median(column) for column in zip(*results, strict=True)]


def trading_session(folder):
    """A session in mode 2 on a key store, as the helper and trading programs have it; unlocked."""
    root_key, key = keys.generate(), keys.generate()
    root = certificate(root_key, "root", root_key, None, ca=True)
    leaf = certificate(key, "A123456789-00-01", root_key, root.subject, ca=False)
    store = KeyStore(helper_location("demo", "A123456789", base=folder))
    store.import_pfx(pfx.write(key, leaf, [root], "Secret42", name="bench"), "Secret42")
    session = store.session(ask=lambda _: "Secret42")
    session.unlocked()
    return session, key


def measure_signing(count, pairs):
    with tempfile.TemporaryDirectory() as folder:
        session, key = trading_session(Path(folder))
        placed = [(Order.parse(order),) for order in orders(count)]
        raw = [(order.canonical(),) for (order,) in placed]
        algorithm = ec.ECDSA(hashes.SHA256())
        results = []
        for _ in range(pairs):
            pair = rate(lambda data: key.sign(data, algorithm), raw), rate(session.sign, placed)
            results.append((*pair, pair[1] / pair[0]))
        return [statistics.median(column) for column in zip(*results, strict=True)]


def run(*, quick=False):
    """One row a key type: orders verified beside the raw public-key operation; and one for signing."""
    count, pairs = (300, 4) if quick else (2000, 5)
    raw, ours, ratio = measure_signing(count, pairs)
    rows = [
        row(
            "order signed in mode 2, CMS included, p256, one core",
            ours=f"{ours:,.0f}/s", peer=f"raw sign {raw:,.0f}/s", value=ratio, goal="≥ 0.6",
        )
    ]  # fmt: skip
    for key_type, goal in GOALS.items():
        raw, ours, ratio = measure(key_type, count, pairs)
        rows.append(
            row(
                f"order verified, {key_type}, chain known, one core",
                ours=f"{ours:,.0f}/s", peer=f"raw verify {raw:,.0f}/s", value=ratio, goal=f"≥ {goal}",
            )
        )  # fmt: skip
    return rows
