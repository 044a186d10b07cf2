"""The page's library under Node (browser/scripts/interop.mjs), and an identity whose key it made."""

import base64
import datetime as dt
import json
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

BROWSER = Path(__file__).parents[2] / "browser"
PASSWORD = "Abc12345"
NAME = "A120XXX53-示範(2027-11-20)"
KEY_TYPES = ["P-256", "RSA-2048", "RSA-3072"]


def needs(program: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(shutil.which(program) is None, reason=f"{program} is not installed")


def run(*command: str, **options: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, capture_output=True, text=True, errors="backslashreplace", check=False, **options
    )


def done(*command: str, **options: Any) -> str:
    result = run(*command, **options)
    assert result.returncode == 0, f"{command}: {result.stdout}{result.stderr}"
    return result.stdout + result.stderr


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def page(command: str, **arguments: Any) -> dict[str, Any]:
    """One call of the page's library; bytes in its answer are base64."""
    output = run("node", "scripts/interop.mjs", command, json.dumps(arguments), cwd=BROWSER)
    assert output.returncode == 0, output.stderr
    return json.loads(output.stdout)


@dataclass(frozen=True)
class Identity:
    key_type: str
    pkcs8: bytes
    csr: bytes
    leaf: x509.Certificate
    issuing: x509.Certificate
    root: x509.Certificate

    @property
    def chain(self) -> list[x509.Certificate]:
        return [self.leaf, self.issuing]

    @property
    def key(self) -> Any:
        return serialization.load_der_private_key(self.pkcs8, None)


def der(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.DER)


def certify(subject: str, public_key: Any, issuer: str, signer: Any, *, ca: bool) -> x509.Certificate:
    now = dt.datetime.now(dt.UTC).replace(microsecond=0)
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, subject)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(minutes=5))
        .not_valid_after(now + dt.timedelta(days=365))
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
        .add_extension(
            x509.KeyUsage(
                digital_signature=not ca, content_commitment=not ca, key_cert_sign=ca, crl_sign=ca,
                key_encipherment=False, data_encipherment=False, key_agreement=False, encipher_only=False, decipher_only=False,
            ),
            critical=True,
        )
    )  # fmt: skip
    return builder.sign(signer, hashes.SHA256())


@pytest.fixture(scope="session", params=KEY_TYPES)
def identity(request: pytest.FixtureRequest) -> Identity:
    made = page("generate", type=request.param)
    csr = x509.load_der_x509_csr(base64.b64decode(made["csr"]))
    root_key, issuing_key = ec.generate_private_key(ec.SECP384R1()), rsa.generate_private_key(65537, 2048)
    root = certify("Root", root_key.public_key(), "Root", root_key, ca=True)
    issuing = certify("Issuing 簽發", issuing_key.public_key(), "Root", root_key, ca=True)
    leaf = certify("A123456789-00-1", csr.public_key(), "Issuing 簽發", issuing_key, ca=False)
    pkcs8, raw = base64.b64decode(made["pkcs8"]), base64.b64decode(made["csr"])
    return Identity(request.param, pkcs8, raw, leaf, issuing, root)
