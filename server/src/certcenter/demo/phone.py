"""The tour's phone: what the phone's page does, over the same relay and the same HPKE (SPEC A12, manual M3 §5)."""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from certcenter.demo.steps import Unexpected, expect, refusal
from certcenter_sdk import keys, pfx, transfer
from certcenter_sdk.client import Client, calls
from certcenter_sdk.errors import TransferRefused
from certcenter_sdk.transfer import Pairing, Transcript

_WAIT_SECONDS = 20


@dataclass
class Phone:
    """One customer's phone, logged in by itself. Its private key, a fresh one for each pairing, never leaves it."""

    centre: Mapping[str, Any]
    institution: Mapping[str, Any]
    person: Mapping[str, Any]
    key: X25519PrivateKey = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Log in, and see which certificate is to come."""
        self.client = Client(self.centre["index"], self.institution["slug"])
        self.client.sign_in(self.person["id"], self.person["password"])
        self.subject = str(self.client.send(calls.certificates()).values["host"]["spki_sha256"])

    def pair(self) -> Pairing:
        """Ask for a pairing, and show its code."""
        self.key = X25519PrivateKey.generate()
        key = self.key.public_key().public_bytes_raw()
        opened = self.client.send(calls.open_transfer(key))
        return Pairing(
            institution=self.institution["slug"],
            origin=self.client.core.place.origin,
            session=opened.text("session"),
            key=transfer.encode_key(key),
        )

    def collect(self, transcript: Transcript) -> bytes:
        """Wait for what the computer sends, and take it; a second time there is nothing."""
        session = UUID(transcript.session)
        for _ in range(3):
            state = self.client.send(calls.transfer(session, wait=_WAIT_SECONDS, known="open")).text("state")
            if state != "open":
                break
        expect("the pairing", state, "sealed")
        sealed = self.client.send(calls.fetch_parcel(session))
        expect(
            "a second fetch",
            refusal(lambda: self.client.send(calls.fetch_parcel(session))).code,
            "transfer-gone",
        )
        return sealed


def upload(
    phone: Phone, send: Callable[[str, str], Mapping[str, Any]], *, password: str, told: Callable[[], str]
) -> tuple[None, str]:
    """Pair, send from the computer, compare the codes, open with the password.

    Args:
        phone: the customer's.
        send: runs the computer's side with the pairing code and what the phone shows; returns what it answers.
        password: of the PFX, as the phone asks for it.
        told: the matching code that the computer has shown.
    """
    pairing = phone.pair()
    transcript = pairing.transcript(phone.subject)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(phone.collect, transcript)
        done = send(pairing.text, transcript.matching_code)
        sealed = waiting.result()
    expect("collected", done["uploaded"]["collected"], True)
    expect("the code on both screens", told(), transcript.matching_code)
    _opens_nowhere_else(sealed, transcript)
    opened = pfx.read(transfer.unseal(sealed, phone.key, transcript), password)
    expect("the key on the phone", keys.spki_sha256(opened.key.public_key()), phone.subject)
    return None, f"{transcript.matching_code} on both screens; {len(sealed)} sealed bytes, once"


def _opens_nowhere_else(sealed: bytes, transcript: Transcript) -> None:
    """What the relay held is no PFX and opens under no other key."""
    try:
        transfer.unseal(sealed, X25519PrivateKey.generate(), transcript)
    except TransferRefused as refused:
        expect("another key", refused.code, "does-not-open")
    else:
        raise Unexpected("another key opens what the relay held")
