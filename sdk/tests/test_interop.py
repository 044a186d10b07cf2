"""Signatures and requests exchanged with openssl."""

import subprocess

import pytest
from sdk.tests.pki import ORDER_FIELDS, key_pem, pem

from certcenter_sdk import cms, csr, keys
from certcenter_sdk.errors import SignatureRefused
from certcenter_sdk.keys import KeyType
from certcenter_sdk.orders import Order

pytestmark = pytest.mark.interop
CONTENT = Order(**ORDER_FIELDS).canonical()


def openssl(*arguments):
    return subprocess.run(["openssl", *arguments], check=False, capture_output=True, timeout=60)


@pytest.fixture
def files(tmp_path, customer, issuing, root):
    (tmp_path / "order.json").write_bytes(CONTENT)
    (tmp_path / "authorities.pem").write_bytes(pem(root.certificate, issuing.certificate))
    (tmp_path / "issuing.pem").write_bytes(pem(issuing.certificate))
    (tmp_path / "leaf.pem").write_bytes(pem(customer.certificate))
    (tmp_path / "key.pem").write_bytes(key_pem(customer.key))
    return tmp_path


def verify(files, signature, *options):
    """openssl 3.0 takes no part of a chain from -certfile, only signers: the issuing certificate stands in -CAfile."""
    path = files / "order.p7s"
    path.write_bytes(signature)
    return openssl(
        *("cms", "-verify", "-binary", "-inform", "DER", "-in", path, "-content", files / "order.json"),
        *(
            "-CAfile",
            files / "authorities.pem",
            "-attime",
            "1795219200",
            *options,
        ),
    )


@pytest.mark.spec("A15", "D8")
def test_openssl_verifies_our_signature(files, customer):
    signature = cms.sign_detached(CONTENT, customer.key, customer.certificate)
    for options in ([], ["-cades"]):
        result = verify(files, signature, *options)
        assert result.returncode == 0, result.stderr
        assert result.stdout == CONTENT
    (files / "order.json").write_bytes(CONTENT.replace(b"1000", b"9000"))
    assert verify(files, signature).returncode != 0


@pytest.mark.spec("A9", "E6")
def test_openssl_verifies_a_proof_by_key_id_once_it_knows_the_certificate(files, customer):
    signature = cms.sign_with_key_id(CONTENT, customer.key)
    result = verify(files, signature, "-certfile", files / "leaf.pem")
    assert result.returncode == 0, result.stderr


@pytest.mark.spec("D8", "E10")
@pytest.mark.parametrize(
    ("options", "codes"),
    [
        ([], {"signed-attributes"}),
        (["-cades"], {"signed-attributes"}),
        (["-nosmimecap"], {"signed-attributes"}),
        (["-cades", "-nosmimecap"], {"signed-attributes"}),
        (["-noattr"], {"signed-attributes-missing"}),
        (["-nodetach"], {"content-attached"}),
        (["-keyid"], {"version"}),
        (["-nocerts"], {"certificate-missing"}),
        (["-md", "sha512"], {"digest-algorithm"}),
        (["-stream"], {"not-der", "signed-attributes"}),
        (["-certfile", "issuing.pem"], {"several-certificates"}),
    ],
)
def test_openssls_own_signatures_are_not_the_contracts_shape(files, options, codes):
    """openssl adds signingTime, and to RSA rsaEncryption; none of its forms is what the contract names."""
    options = [str(files / option) if option.endswith(".pem") else option for option in options]
    made = openssl(
        *(
            "cms",
            "-sign",
            "-binary",
            "-outform",
            "DER",
            "-in",
            files / "order.json",
            "-out",
            files / "theirs.p7s",
        ),
        *("-signer", files / "leaf.pem", "-inkey", files / "key.pem", *options),
    )
    assert made.returncode == 0, made.stderr
    with pytest.raises(SignatureRefused) as caught:
        cms.verify_detached(CONTENT, (files / "theirs.p7s").read_bytes())
    assert caught.value.code in codes


@pytest.mark.spec("A3")
@pytest.mark.parametrize("key_type", [KeyType.P256, KeyType.P384, KeyType.RSA2048])
def test_requests_go_both_ways(tmp_path, key_type):
    key = keys.generate(key_type)
    ours, theirs, private = tmp_path / "ours.der", tmp_path / "theirs.der", tmp_path / "key.pem"
    ours.write_bytes(csr.build(key))
    checked = openssl("req", "-inform", "DER", "-in", ours, "-verify", "-noout")
    assert checked.returncode == 0, checked.stderr
    private.write_bytes(key_pem(key))
    made = openssl(
        "req", "-new", "-key", private, "-subj", "/CN=x", "-sha256", "-outform", "DER", "-out", theirs
    )
    assert made.returncode == 0, made.stderr
    assert csr.read(theirs.read_bytes()).key_type is key_type
