"""The watch over a journey's traffic sees what it is there for; a watch that sees nothing would prove nothing."""

import base64
import json

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    pkcs12,
)
from tests.support.customer import Watch

from certcenter_sdk import cms, csr

KEYS = [ec.generate_private_key(ec.SECP256R1()), rsa.generate_private_key(65537, 2048)]


def seen(body: bytes, url: str = "POST http://x/", *secrets: str) -> list[str]:
    watch = Watch()
    watch.sent.append((url, body))
    return watch.verdict(*secrets)


def in_json(content: bytes) -> bytes:
    return json.dumps({"deep": [{"er": base64.urlsafe_b64encode(content).decode().rstrip("=")}]}).encode()


@pytest.mark.parametrize("key", KEYS, ids=["p256", "rsa2048"])
def test_private_keys_are_seen_in_every_form(key):
    pkcs8 = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    for body in (pkcs8, in_json(pkcs8), json.dumps([pkcs8.hex()]).encode()):
        assert seen(body)
    assert seen(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    pfx = pkcs12.serialize_key_and_certificates(b"x", key, None, None, BestAvailableEncryption(b"x"))
    assert seen(pfx)
    assert seen(in_json(pfx))


def test_passwords_are_seen_in_bodies_and_addresses():
    assert seen(b"password=Secret12", "POST http://x/", "Secret12")
    assert seen(in_json(b"Secret12"), "POST http://x/", "Secret12")
    assert seen(b"", "GET http://x/?p=Secret12", "Secret12")


@pytest.mark.parametrize("key", KEYS, ids=["p256", "rsa2048"])
def test_what_a_page_has_to_send_is_no_alarm(key):
    for content in (csr.build(key), cms.sign_with_key_id(b"a proof", key)):
        assert seen(content) == []
        assert seen(in_json(content)) == []
