"""What the tests of CAs share: settings, keys and requests."""

import subprocess
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from pydantic import SecretStr

from certcenter.ca import keys
from certcenter.ca.api import IssueRequest, SubjectName
from certcenter.ca.keys import KeyType
from certcenter.ca.profiles import CaConfig, CertificateProfile

PASSPHRASE = SecretStr("correct horse battery staple")
NOW = datetime.now(UTC).replace(microsecond=0)
POLICY = "1.3.6.1.4.1.32473.1.1"
SUBJECT = SubjectName("TW", "示範證券股份有限公司", "網路下單", "A123456789-00-000001")
SLOW_KEYS = {KeyType.RSA3072, KeyType.RSA4096}


def config(name="demo", **changes):
    values = {
        "name": name,
        "publication_url": "http://127.0.0.1:8000",
        "organization": "示範證券股份有限公司",
        "shards": 4,
        "profiles": (CertificateProfile(name="customer", policies=(POLICY,), key_types=tuple(KeyType)),),
    }
    return CaConfig(**{**values, **changes})


def private_key(key_type=KeyType.P256, number=0):
    return _kept(key_type, number)


@cache
def _kept(key_type, number):
    return keys.generate(key_type)


def spki(key_type=KeyType.P256, number=0):
    return (
        private_key(key_type, number)
        .public_key()
        .public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    )


def request(reference="r1", **changes):
    wanted = IssueRequest(
        reference=reference,
        spki=spki(),
        subject=SUBJECT,
        not_before=NOW - timedelta(minutes=5),
        not_after=NOW + timedelta(days=365),
        profile="customer",
    )
    return replace(wanted, **changes)


def openssl(*arguments, data=None, check=True):
    done = subprocess.run(["openssl", *map(str, arguments)], input=data, capture_output=True, check=False)
    if check:
        assert done.returncode == 0, (done.stdout + done.stderr).decode()
    return (done.stdout + done.stderr).decode()


def pem(path: Path, *certificates: bytes) -> Path:
    path.write_bytes(
        b"".join(openssl("x509", "-inform", "DER", data=certificate).encode() for certificate in certificates)
    )
    return path
