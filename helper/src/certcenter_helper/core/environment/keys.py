"""Checks of keys and keychain: what signing will need."""

import secrets
from datetime import timedelta
from typing import Final

from certcenter_helper.core.desk import Desk
from certcenter_helper.core.environment.rows import Check, Seen, failed, passed, warned
from certcenter_helper.core.texts import marked as _
from certcenter_helper.core.texts import text
from certcenter_helper.core.troubles import of_refusal
from certcenter_sdk import clock
from certcenter_sdk.errors import Refused

_PASSWORD: Final = "SelfTest1"  # noqa: S105 - of a file that is never written


def look_keychain(_desk: Desk) -> Seen:
    """A secret is put into the keychain, read, and deleted again."""
    from certcenter_sdk.store.keychain import system_keychain

    name, secret = f"check-{secrets.token_hex(8)}", secrets.token_bytes(16)
    try:
        keychain = system_keychain()
        keychain.put(name, secret)
        same = keychain.get(name) == secret
        keychain.delete(name)
    except Refused as refused:
        return warned(of_refusal(refused).title, text("The settings 1 and 2 work without it; 3 needs it."))
    if not same:
        return failed(text("it does not keep what it is given"), text("Choose the setting 1 or 2."))
    return passed(text("keeps secrets"))


def look_self_test(_desk: Desk) -> Seen:
    """Make a key and a certificate, write and read a PFX, sign and verify."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.x509.oid import NameOID

    from certcenter_sdk import keys, pfx

    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "self-test")])
    now = clock.now()
    try:
        key = keys.generate()
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now)
            .not_valid_after(now + timedelta(minutes=5))
            .sign(key, hashes.SHA256())
        )
        data = pfx.write(key, certificate, [], _PASSWORD, name="self-test")
        again = pfx.read(data, _PASSWORD)
        keys.verify(certificate.public_key(), keys.sign(again.key, data), data)  # type: ignore[arg-type]  # it is a P-256 key
    except Exception as error:  # noqa: BLE001 - whatever breaks here breaks signing, and is what the row must say
        return failed(f"{type(error).__name__}: {error}", text("Install the helper again."))
    return passed(text("key, PFX, signature and verification work"))


KEYS: Final = (
    Check(
        key="keychain",
        item=_("Keychain"),
        purpose=_("The security setting 3 never asks, and is still safe"),
        recommended=_("keeps secrets"),
        look=look_keychain,
    ),
    Check(
        key="self-test",
        item=_("Signing"),
        purpose=_("Keys and PFX files work on this computer"),
        recommended=_("key, PFX, signature and verification work"),
        look=look_self_test,
    ),
)
