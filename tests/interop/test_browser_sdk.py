"""The page and the SDK write the same bytes and read each other's files (docs/contracts.md)."""

import base64
import dataclasses
import json
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from tests.support.page_library import (
    BROWSER,
    PASSWORD,
    Identity,
    b64,
    der,
    identity,
    page,
)

from certcenter_sdk import cms, csr, orders, pfx, proofs, transfer
from certcenter_sdk.errors import PfxRefused

__all__ = ["identity"]

pytestmark = [
    pytest.mark.interop,
    pytest.mark.skipif(not (BROWSER / "node_modules").exists(), reason="npm ci has not been run in browser/"),
    pytest.mark.timeout(300),
]

NONCE = b64(bytes(range(33))).replace("+", "-").replace("/", "_")
ORDER = orders.Order(
    institution="sample",
    origin="http://sample.localhost:8000",
    account="1020-0324338",
    side="sell",
    symbol="00878.TW",
    quantity="1000",
    price="22.05",
    currency="TWD",
    time="2026-11-20T01:02:03.004Z",
    nonce=NONCE,
)
SUBJECT = "0f" * 32
PROOF = proofs.Proof(
    institution="sample",
    origin="https://sample.example",
    purpose="repair",
    subject=SUBJECT,
    nonce=NONCE,
    time="2026-11-20T01:02:03.004Z",
)


@pytest.mark.spec("A15")
def test_orders_and_proofs_are_the_same_bytes() -> None:
    ours = page("encodeOrder", order=dataclasses.asdict(ORDER))["content"]
    assert base64.b64decode(ours) == ORDER.canonical()
    ours = page("encodeProof", proof=dataclasses.asdict(PROOF))["content"]
    assert base64.b64decode(ours) == PROOF.canonical()


@pytest.mark.spec("A15", "D8")
def test_sdk_verifies_the_pages_signature(identity: Identity) -> None:
    content = ORDER.canonical()
    answer = page(
        "sign", content=b64(content), pkcs8=b64(identity.pkcs8), certificate=b64(der(identity.leaf))
    )
    verified = cms.verify_detached(content, base64.b64decode(answer["signature"]))
    assert verified.certificate == identity.leaf


@pytest.mark.spec("A9", "E6")
def test_sdk_verifies_the_pages_proof_by_key(identity: Identity) -> None:
    content, key = PROOF.canonical(), identity.leaf.public_key()
    spki = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    answer = page("signByKey", content=b64(content), pkcs8=b64(identity.pkcs8), spki=b64(spki))
    verified = cms.verify_with_key_id(content, base64.b64decode(answer["signature"]), key)
    assert verified.certificate is None


@pytest.mark.spec("A3")
def test_sdk_takes_the_pages_request(identity: Identity) -> None:
    request = csr.read(identity.csr)
    assert request.public_key == identity.leaf.public_key()


@pytest.mark.spec("A6", "E11")
@pytest.mark.parametrize("protection", ["modern", "compatible"])
def test_sdk_reads_the_pages_pfx(identity: Identity, tmp_path: Path, protection: str) -> None:
    path = tmp_path / "ours.pfx"
    page(
        "writePfx",
        pkcs8=b64(identity.pkcs8),
        certificates=[b64(der(certificate)) for certificate in identity.chain],
        friendlyName="示範",
        password=PASSWORD,
        options={"protection": protection},
        path=str(path),
    )
    found = pfx.read(path.read_bytes(), PASSWORD)
    assert (found.certificate, found.chain, found.name) == (identity.leaf, (identity.issuing,), "示範")
    assert found.key.public_key() == identity.leaf.public_key()
    with pytest.raises(PfxRefused, match=r"."):
        pfx.read(path.read_bytes(), "wrong")


@pytest.mark.spec("A7", "E11")
@pytest.mark.filterwarnings("ignore::certcenter_sdk.pfx.CompatiblePfxWarning")
@pytest.mark.parametrize("compatible", ["modern", "compatible"])
def test_the_page_reads_the_sdks_pfx(identity: Identity, tmp_path: Path, compatible: str) -> None:
    path = tmp_path / "theirs.pfx"
    chain: list[x509.Certificate] = [identity.issuing]
    path.write_bytes(
        pfx.write(
            identity.key, identity.leaf, chain, PASSWORD, name="示範", compatible=compatible == "compatible"
        )
    )
    answer = page("readPfx", path=str(path), password=PASSWORD)
    assert base64.b64decode(answer["certificate"]) == der(identity.leaf)
    assert answer["friendlyName"] == "示範"
    assert page("readPfx", path=str(path), password="wrong")["code"] == "wrong_password"


@pytest.mark.spec("A12")
def test_page_and_sdk_seal_for_one_another() -> None:
    """HPKE by WebCrypto on one side, by OpenSSL on the other; RFC 9180's vectors are in browser/tests/transfer.test.ts."""
    phone = X25519PrivateKey.generate()
    public = phone.public_key().public_bytes_raw()
    agreed = transfer.Pairing(
        institution="sample",
        origin="https://sample.example",
        session="3f2504e0-4f89-41d3-9a0c-0305e82c3301",
        key=transfer.encode_key(public),
    ).transcript(SUBJECT)
    values = {name: value for name, value in json.loads(agreed.canonical()).items() if name != "type"}
    assert page("matchingCode", transcript=values)["code"] == agreed.matching_code
    sealed = base64.b64decode(page("seal", transcript=values, plaintext=b64(b"from the page"))["sealed"])
    assert transfer.unseal(sealed, phone, agreed) == b"from the page"
    pkcs8 = phone.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    asked = {"privateKey": b64(pkcs8), "publicKey": b64(public), "transcript": values}
    opened = page("unseal", sealed=b64(transfer.seal(b"from the SDK", agreed)), **asked)
    assert base64.b64decode(opened["plaintext"]) == b"from the SDK"
    elsewhere = values | {"origin": "https://evil.example"}
    refused = page("unseal", sealed=b64(sealed), **{**asked, "transcript": elsewhere})
    assert refused["code"] == "does_not_open"
    text = transfer.Pairing(
        **{name: values[name] for name in ("institution", "origin", "session", "key")}
    ).text
    assert page("readPairing", text=text) == {key: value for key, value in values.items() if key != "subject"}
