"""The page's PFX, CSR and CMS against programs that we did not write, both ways (SPEC E11, A6, A7).

The library itself runs under Node (browser/scripts/interop.mjs); OpenSSL, Java, NSS and pyca/cryptography are the others.
"""

import base64
import datetime as dt
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import pkcs12
from tests.support.page_library import (
    BROWSER,
    NAME,
    PASSWORD,
    Identity,
    b64,
    certify,
    der,
    done,
    identity,
    needs,
    page,
    run,
)

__all__ = ["identity"]

pytestmark = [
    pytest.mark.interop,
    pytest.mark.spec("E11"),
    pytest.mark.skipif(not (BROWSER / "node_modules").exists(), reason="npm ci has not been run in browser/"),
    pytest.mark.timeout(300),
]


@pytest.fixture(params=["modern", "compatible"])
def our_pfx(request: pytest.FixtureRequest, identity: Identity, tmp_path: Path) -> Path:
    path = tmp_path / "ours.pfx"
    answer = page(
        "writePfx",
        pkcs8=b64(identity.pkcs8),
        certificates=[b64(der(certificate)) for certificate in identity.chain],
        friendlyName=NAME,
        password=PASSWORD,
        options={"protection": request.param},
        path=str(path),
    )
    assert answer == {}
    return path


# What the page writes


def test_cryptography_reads_it(our_pfx: Path, identity: Identity) -> None:
    found = pkcs12.load_pkcs12(our_pfx.read_bytes(), PASSWORD.encode())
    assert found.key is not None
    assert found.cert is not None
    assert found.cert.certificate == identity.leaf
    assert found.cert.friendly_name == NAME.encode()
    assert [other.certificate for other in found.additional_certs] == [identity.issuing]
    assert found.key.public_key() == identity.leaf.public_key()
    with pytest.raises(ValueError, match=r"[Ii]nvalid password"):
        pkcs12.load_pkcs12(our_pfx.read_bytes(), b"wrong")


@needs("openssl")
def test_openssl_reads_it_and_sees_the_algorithms(
    our_pfx: Path, identity: Identity, request: pytest.FixtureRequest
) -> None:
    compatible = "compatible" in request.node.callspec.id
    command = ["openssl", "pkcs12", "-in", str(our_pfx), "-passin", f"pass:{PASSWORD}", "-nodes", "-info"]
    output = done(*command)
    if compatible:
        assert "MAC: sha1, Iteration 100000" in output
        assert output.count("pbeWithSHA1And3-KeyTripleDES-CBC, Iteration 100000") == 2
    else:
        assert "MAC: sha256, Iteration 100000" in output
        assert "MAC length: 32, salt length: 16" in output
        assert output.count("PBES2, PBKDF2, AES-256-CBC, Iteration 600000, PRF hmacWithSHA256") == 2
    assert output.count("BEGIN CERTIFICATE") == 2
    assert output.count("BEGIN PRIVATE KEY") == 1
    fingerprint = hashlib.sha1(der(identity.leaf)).hexdigest().upper()
    spaced = " ".join(fingerprint[i : i + 2] for i in range(0, 40, 2))
    assert output.count(f"localKeyID: {spaced}") == 2
    wrong = run("openssl", "pkcs12", "-in", str(our_pfx), "-passin", "pass:wrong", "-nodes")
    assert "invalid password" in wrong.stderr


@needs("openssl")
def test_it_is_der(our_pfx: Path, tmp_path: Path) -> None:
    """OpenSSL's re-encoding is DER: byte for byte what we wrote."""
    parsed = done(
        "openssl", "asn1parse", "-inform", "DER", "-in", str(our_pfx), "-out", str(tmp_path / "again.der")
    )
    assert "inf" not in {line.split("l=")[1].split()[0] for line in parsed.splitlines() if "l=" in line}
    assert (tmp_path / "again.der").read_bytes() == our_pfx.read_bytes()


@needs("keytool")
def test_java_reads_it(our_pfx: Path, identity: Identity) -> None:
    output = done(
        "keytool", "-J-Duser.language=en", "-list", "-v", "-keystore", str(our_pfx),
        "-storetype", "PKCS12", "-storepass", PASSWORD,
    )  # fmt: skip
    assert "PrivateKeyEntry" in output
    assert "Certificate chain length: 2" in output
    assert f"Serial number: {identity.leaf.serial_number:x}" in output


@needs("pk12util")
def test_nss_reads_it(our_pfx: Path, tmp_path: Path) -> None:
    database = f"sql:{tmp_path}"
    done("certutil", "-N", "-d", database, "--empty-password")
    output = done("pk12util", "-i", str(our_pfx), "-d", database, "-W", PASSWORD, "-K", "")
    assert "PKCS12 IMPORT SUCCESSFUL" in output
    assert "A120XXX53" in done("certutil", "-K", "-d", database)


# What others write


def pfx_by_cryptography(identity: Identity, path: Path, encryption: Any = None) -> None:
    algorithm = encryption or serialization.BestAvailableEncryption(PASSWORD.encode())
    path.write_bytes(
        pkcs12.serialize_key_and_certificates(
            b"theirs", identity.key, identity.leaf, [identity.issuing, identity.root], algorithm
        )
    )


def pem_files(identity: Identity, folder: Path) -> tuple[Path, Path, Path]:
    key, leaf, others = folder / "key.pem", folder / "leaf.pem", folder / "others.pem"
    pem = serialization.Encoding.PEM
    key.write_bytes(
        identity.key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    leaf.write_bytes(identity.leaf.public_bytes(pem))
    others.write_bytes(identity.issuing.public_bytes(pem) + identity.root.public_bytes(pem))
    return key, leaf, others


def pfx_by_openssl(identity: Identity, path: Path, *options: str) -> None:
    key, leaf, others = pem_files(identity, path.parent)
    done(
        "openssl", "pkcs12", "-export", "-inkey", str(key), "-in", str(leaf), "-certfile", str(others),
        "-name", "theirs", "-passout", f"pass:{PASSWORD}", "-out", str(path), *options,
    )  # fmt: skip


OPENSSL_VARIANTS = {
    "default": [],
    "legacy-rc2-40": ["-legacy"],
    "3des": ["-legacy", "-keypbe", "PBE-SHA1-3DES", "-certpbe", "PBE-SHA1-3DES", "-macalg", "sha1"],
    "2des": ["-legacy", "-keypbe", "PBE-SHA1-2DES", "-certpbe", "PBE-SHA1-2DES"],
    "rc2-128": ["-legacy", "-keypbe", "PBE-SHA1-RC2-128", "-certpbe", "PBE-SHA1-RC2-128"],
    "aes-128-sha512-mac": ["-keypbe", "AES-128-CBC", "-certpbe", "AES-128-CBC", "-macalg", "sha512"],
    "aes-192": ["-keypbe", "AES-192-CBC", "-certpbe", "AES-192-CBC"],
    "pbes2-3des": ["-keypbe", "DES-EDE3-CBC", "-certpbe", "DES-EDE3-CBC"],
    "clear-certificates": ["-certpbe", "NONE"],
    "one-iteration": ["-iter", "1"],
}


def assert_read(path: Path, identity: Identity, *, issuers: int = 2) -> None:
    answer = page("readPfx", path=str(path), password=PASSWORD)
    assert "code" not in answer, answer
    assert base64.b64decode(answer["certificate"]) == der(identity.leaf)
    assert len(answer["chain"]) == issuers
    found = serialization.load_der_private_key(base64.b64decode(answer["pkcs8"]), None)
    assert found.public_key() == identity.leaf.public_key()
    assert page("readPfx", path=str(path), password="wrong")["code"] == "wrong_password"


@pytest.mark.spec("A7")
@needs("openssl")
@pytest.mark.parametrize("variant", OPENSSL_VARIANTS)
def test_we_read_openssl(identity: Identity, tmp_path: Path, variant: str) -> None:
    if identity.key_type != "P-256" and variant not in {"default", "legacy-rc2-40"}:
        pytest.skip("the key's kind makes no difference here")
    path = tmp_path / "theirs.pfx"
    pfx_by_openssl(identity, path, *OPENSSL_VARIANTS[variant])
    assert_read(path, identity)


@pytest.mark.spec("A7")
def test_we_read_cryptography(identity: Identity, tmp_path: Path) -> None:
    path = tmp_path / "theirs.pfx"
    pfx_by_cryptography(identity, path)
    assert_read(path, identity)


@pytest.mark.spec("A7")
@needs("keytool")
@pytest.mark.parametrize("format_", ["modern", "legacy"])
def test_we_read_java(identity: Identity, tmp_path: Path, format_: str) -> None:
    source, path = tmp_path / "source.pfx", tmp_path / "theirs.pfx"
    pfx_by_cryptography(identity, source)
    done(
        "keytool", *(["-J-Dkeystore.pkcs12.legacy"] if format_ == "legacy" else []), "-importkeystore",
        "-srckeystore", str(source), "-srcstoretype", "PKCS12", "-srcstorepass", PASSWORD,
        "-destkeystore", str(path), "-deststoretype", "PKCS12", "-deststorepass", PASSWORD,
    )  # fmt: skip
    assert_read(path, identity)


@pytest.mark.spec("A7")
@needs("pk12util")
def test_we_read_nss(identity: Identity, tmp_path: Path) -> None:
    """NSS writes BER: indefinite lengths and octet strings in pieces."""
    source, path = tmp_path / "source.pfx", tmp_path / "theirs.pfx"
    pfx_by_cryptography(identity, source)
    database = f"sql:{tmp_path}"
    done("certutil", "-N", "-d", database, "--empty-password")
    done("pk12util", "-i", str(source), "-d", database, "-W", PASSWORD, "-K", "")
    done("pk12util", "-o", str(path), "-n", "theirs", "-d", database, "-W", PASSWORD, "-K", "")
    assert_read(path, identity)


# What is not a PFX of a customer


@pytest.mark.spec("A7")
def test_each_kind_of_bad_file_is_told_apart(identity: Identity, tmp_path: Path) -> None:
    def code_of(content: bytes, password: str = PASSWORD) -> str:
        path = tmp_path / "bad.pfx"
        path.write_bytes(content)
        return page("readPfx", path=str(path), password=password)["code"]

    good = tmp_path / "good.pfx"
    pfx_by_cryptography(identity, good)
    content = good.read_bytes()
    assert code_of(b"") == "not_pfx"
    assert code_of(b"PK\x03\x04" + bytes(500)) == "not_pfx"
    assert code_of(der(identity.leaf)) == "not_pfx"
    assert code_of(content[:-1]) == "not_pfx"
    assert code_of(bytes(1 + (1 << 20))) == "too_large"
    assert code_of(content, "abc12345") == "wrong_password"
    no_key = pkcs12.serialize_key_and_certificates(
        b"x", None, identity.leaf, [], serialization.BestAvailableEncryption(PASSWORD.encode())
    )
    assert code_of(no_key) == "no_key"
    p384 = ec.generate_private_key(ec.SECP384R1())
    other = certify("X", p384.public_key(), "X", p384, ca=False)
    encryption = serialization.BestAvailableEncryption(PASSWORD.encode())
    assert code_of(pkcs12.serialize_key_and_certificates(b"x", p384, other, [], encryption)) == "unsupported"
    without = pkcs12.serialize_key_and_certificates(b"x", identity.key, None, [identity.issuing], encryption)
    assert code_of(without) == "no_certificate"


# Requests, certificates, signatures


@needs("openssl")
@pytest.mark.spec("A3")
def test_request_is_accepted_by_others(identity: Identity, tmp_path: Path) -> None:
    request = x509.load_der_x509_csr(identity.csr)
    assert request.is_signature_valid
    assert list(request.subject) == []
    assert list(request.extensions) == []
    path = tmp_path / "request.der"
    path.write_bytes(identity.csr)
    assert "verify OK" in done("openssl", "req", "-inform", "DER", "-in", str(path), "-verify", "-noout")


def test_certificate_is_read_as_cryptography_reads_it(identity: Identity) -> None:
    found = page("readCertificate", certificate=b64(der(identity.leaf)))
    spki = identity.leaf.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    assert int(found["serialHex"], 16) == int(found["serialDecimal"]) == identity.leaf.serial_number
    assert (found["subjectCommonName"], found["issuerCommonName"]) == ("A123456789-00-1", "Issuing 簽發")
    assert dt.datetime.fromisoformat(found["notBefore"]) == identity.leaf.not_valid_before_utc
    assert dt.datetime.fromisoformat(found["notAfter"]) == identity.leaf.not_valid_after_utc
    assert found["spkiId"] == hashlib.sha256(spki).hexdigest()
    key_id = identity.leaf.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
    assert base64.b64decode(found["keyIdentifier"]) == key_id


ORDER = {
    "institution": "sample",
    "origin": "https://sample.example:8443",
    "account": "1020-0324338",
    "side": "buy",
    "symbol": "2330",
    "quantity": "1000",
    "price": "1085.5",
    "currency": "TWD",
    "time": "2026-11-20T01:02:03.004Z",
    "nonce": base64.urlsafe_b64encode(bytes(range(32))).rstrip(b"=").decode(),
}


@needs("openssl")
@pytest.mark.spec("A15", "D8")
def test_openssl_verifies_the_signed_order(identity: Identity, tmp_path: Path) -> None:
    content = base64.b64decode(page("encodeOrder", order=ORDER)["content"])
    assert json.loads(content) == {"type": "certcenter.order.v1", **ORDER}
    signature = page(
        "sign", content=b64(content), pkcs8=b64(identity.pkcs8), certificate=b64(der(identity.leaf))
    )
    pem = serialization.Encoding.PEM
    anchors = identity.root.public_bytes(pem) + identity.issuing.public_bytes(pem)
    cms = base64.b64decode(signature["signature"])
    for name, data in {"order.json": content, "order.cms": cms, "ca.pem": anchors}.items():
        (tmp_path / name).write_bytes(data)
    verify = [
        "openssl", "cms", "-verify", "-binary", "-inform", "DER", "-in", "order.cms", "-content", "order.json",
        "-CAfile", "ca.pem", "-cades", "-out", "verified",
    ]  # fmt: skip
    assert "Verification successful" in done(*verify, cwd=tmp_path)
    (tmp_path / "order.json").write_bytes(content.replace(b'"1000"', b'"9000"'))
    assert run(*verify, cwd=tmp_path).returncode != 0


@needs("openssl")
@pytest.mark.spec("A9", "E6")
def test_openssl_verifies_a_key_without_certificate(identity: Identity, tmp_path: Path) -> None:
    spki = identity.leaf.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    answer = page("signByKey", content=b64(b"{}"), pkcs8=b64(identity.pkcs8), spki=b64(spki))
    (tmp_path / "proof.cms").write_bytes(base64.b64decode(answer["signature"]))
    (tmp_path / "content").write_bytes(b"{}")
    (tmp_path / "leaf.pem").write_bytes(identity.leaf.public_bytes(serialization.Encoding.PEM))
    assert "Verification successful" in done(
        "openssl", "cms", "-verify", "-binary", "-inform", "DER", "-in", "proof.cms", "-content", "content",
        "-certfile", "leaf.pem", "-noverify", "-out", "verified", cwd=tmp_path,
    )  # fmt: skip
