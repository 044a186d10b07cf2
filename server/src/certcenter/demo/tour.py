"""The tour: a certificate's life against a running centre, over HTTP, as a program of a customer lives it.

Every step says what was seen; a step whose expectation fails ends the tour with exit code 1. Later profiles add a
function to `LIVES`.
"""

import re
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Final
from uuid import UUID, uuid4

import httpx
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from certcenter.core import clock
from certcenter.core.taiwan import format_roc_date
from certcenter.demo.desktop_lives import desktop_lives
from certcenter.demo.password_life import password_life
from certcenter.demo.steps import Log, Unexpected, expect, refusal
from certcenter_sdk import chain as chains
from certcenter_sdk import cms, csr, keys, pfx
from certcenter_sdk.client import Client, calls, flows
from certcenter_sdk.client.answers import Answer
from certcenter_sdk.client.calls import Signed
from certcenter_sdk.keys import KeyType, PrivateKey
from certcenter_sdk.orders import Order
from certcenter_sdk.proofs import Proof
from certcenter_sdk.structures import format_time

_BACKUP_PASSWORD: Final = "tour2026"  # noqa: S105 - of a file that lives for a second
_CODE_LENGTH = re.compile(r"\d{4,8}")


@dataclass
class Device:
    """What the customer's device holds."""

    key: PrivateKey
    leaf: x509.Certificate | None = None
    issuers: tuple[x509.Certificate, ...] = ()

    @property
    def certificate(self) -> x509.Certificate:
        """The installed certificate. Raises Unexpected when there is none."""
        if self.leaf is None:
            raise Unexpected("no certificate on the device")
        return self.leaf


@dataclass
class Traveller:
    """One customer of one institution with a client and a device."""

    centre: Mapping[str, Any]
    institution: Mapping[str, Any]
    person: Mapping[str, Any]
    log: Log
    client: Client = field(init=False)
    device: Device = field(default_factory=lambda: Device(keys.generate()))

    def __post_init__(self) -> None:
        """Connect; nothing is sent yet."""
        self.client = Client(self.centre["index"], self.institution["slug"])

    @property
    def origin(self) -> str:
        """The API's origin, which stands in proofs and orders."""
        return str(self.centre["index"]).rstrip("/")

    # --- the steps -------------------------------------------------------------------------------------------

    def log_in(self) -> tuple[None, str]:
        """Log in with ID, password and a solved captcha."""
        self.client.sign_in(self.person["id"], self.person["password"])
        return None, f"as {self.client.send(calls.me()).text('name')}, captcha solved"

    def overview(self, *, status: str, offers: str | None) -> tuple[Answer, str]:
        """Look at the overview and expect a status and a first action."""
        seen = self.client.send(calls.certificates())
        expect("status", seen.text("status"), status)
        if offers is not None:
            expect("first action", next(iter(seen.values["actions"]), ""), offers)
        return seen, f"{seen.text('label')}; offers {', '.join(seen.values['actions']) or 'nothing'}"

    def consent(self, kind: str) -> tuple[UUID, str]:
        """Agree to the text in force."""
        text = self.client.send(calls.consent(kind))
        begun = self.client.send(
            calls.start_procedure(
                kind, consent_version=text.number("version"), consent_sha256=text.text("sha256")
            )
        )
        return UUID(
            begun.text("id")
        ), f"version {text.number('version')}, SHA-256 {text.text('sha256')[:12]}…"

    def wrong_birth_date(self, procedure: UUID) -> tuple[None, str]:
        """Give a wrong birth date and be told so."""
        problem = refusal(lambda: self.client.send(calls.give_birth_date(procedure, "0010101")))
        expect("code", problem.code, "birth-date-wrong")
        return None, f"refused {problem.status}: {problem.code}"

    def birth_date(self, procedure: UUID) -> tuple[None, str]:
        """Give the right one, in ROC form."""
        roc = format_roc_date(date.fromisoformat(self.person["birth_date"]))
        answer = self.client.send(calls.give_birth_date(procedure, roc))
        expect("state", answer.text("state"), "identified")
        return None, f"{roc[:-4]}****"

    def code(self, procedure: UUID) -> tuple[None, str]:
        """Have a code sent, read it in the outbox, compare the identification code, give it."""
        me = self.client.send(calls.me())
        contact, account = me.values["contacts"][0], me.values["accounts"][0]
        sent = self.client.send(
            calls.send_code(procedure, contact=UUID(contact["id"]), account=UUID(account["id"]))
        )
        answer = self.client.send(
            calls.check_code(procedure, sent.text("challenge"), self._read_code(sent.text("identification")))
        )
        expect("state", answer.text("state"), "proven")
        return None, f"{sent.text('identification')}-****** to {sent.text('masked')}"

    def request(self, procedure: UUID, old: Device | None = None) -> tuple[UUID, str]:
        """Send the certificate request of a fresh key, twice, as a nervous program would."""
        request, body = uuid4(), csr.build(self.device.key)
        old_proof = self._proof("renew", old) if old is not None else None
        for _ in range(2):
            answer = self.client.send(
                calls.apply(procedure, request=request, csr=body, old_key_proof=old_proof)
            )
        other = refusal(
            lambda: self.client.send(calls.apply(procedure, request=request, csr=csr.build(keys.generate())))
        )
        expect("another key under the same UUID", other.status, httpx.codes.CONFLICT)
        return request, f"{answer.text('state')}; repeated: the same; another key: {other.code}"

    def receive(self, request: UUID) -> tuple[None, str]:
        """Wait for the certificate, check it against key and chain."""
        deadline = time.monotonic() + 60
        while self.client.send(calls.application(request)).text("state") != "issued":
            if time.monotonic() > deadline:
                raise Unexpected("no certificate after 60 s: is the worker running?")
            time.sleep(0.05)
        answer = self.client.send(calls.issued_certificate(request))
        leaf = x509.load_der_x509_certificate(answer.octets("certificate"))
        issuers = tuple(
            x509.load_der_x509_certificate(Answer({"der": each}).octets("der"))
            for each in answer.values["chain"]
        )
        expect("key", keys.spki(leaf.public_key()), keys.spki(self.device.key.public_key()))  # type: ignore[arg-type]  # any other key differs
        chains.verify_chain(leaf, issuers[:-1], issuers[-1:], clock.now())
        self.device.leaf, self.device.issuers = leaf, issuers
        return None, f"{leaf.serial_number:x}, until {leaf.not_valid_after_utc:%Y-%m-%d %H:%M:%S}Z"

    def acknowledge(self, request: UUID) -> tuple[None, str]:
        """Say, signed by the new key, that it is installed."""
        answer = self.client.send(calls.acknowledge(request, self._proof("repair", self.device)))
        expect("state", answer.text("state"), "active")
        return None, answer.text("state")

    def back_up(self) -> tuple[bytes, str]:
        """Write a PFX and have OpenSSL read it, where there is one."""
        data = pfx.write(
            self.device.key, self.device.certificate, self.device.issuers, _BACKUP_PASSWORD, name="tour"
        )
        again = pfx.read(data, _BACKUP_PASSWORD)
        expect("certificate in the backup", again.certificate, self.device.certificate)
        return data, f"{len(data)} bytes; {_openssl_reads(data)}"

    def order(self) -> tuple[Order, str]:
        """Have an order drafted, sign it, hand it in; then change one figure and be refused."""
        account = str(self.person["accounts"][0]).partition(":")[2]
        fields = {
            "account": account, "side": "buy", "symbol": "2330", "quantity": "1000", "price": "612.5", "currency": "TWD",
        }  # fmt: skip
        signed = self.client.run(flows.place_order(fields, self.device.key, self.device.certificate))
        return signed.order, f"accepted, evidence {signed.receipt.text('id')}"

    def tampered_order(self) -> tuple[None, str]:
        """Sign one order, send another."""
        account = str(self.person["accounts"][0]).partition(":")[2]
        draft = self.client.send(
            calls.draft_order(
                {
                    "account": account,
                    "side": "sell",
                    "symbol": "2330",
                    "quantity": "1",
                    "price": "600",
                    "currency": "TWD",
                }
            )
        )
        signature = cms.sign_detached(draft.canonical(), self.device.key, self.device.certificate)
        raised = Order.parse(draft.canonical().replace(b'"quantity":"1"', b'"quantity":"9"'))
        problem = refusal(lambda: self.client.send(calls.submit_order(raised, signature)))
        expect("code", problem.code, "signature-wrong")
        return None, f"refused {problem.status}: {problem.code}"

    def early_renewal(self) -> tuple[None, str]:
        """Try to renew a certificate that is too young."""
        text = self.client.send(calls.consent("renew"))
        problem = refusal(
            lambda: self.client.send(
                calls.start_procedure(
                    "renew", consent_version=text.number("version"), consent_sha256=text.text("sha256")
                )
            )
        )
        expect("code", problem.code, "outside-renewal-window")
        return None, f"refused {problem.status}: {problem.code}"

    def status(self, device: Device, expected: ocsp.OCSPCertStatus) -> tuple[None, str]:
        """Ask the OCSP responder about a certificate."""
        leaf, issuer = device.certificate, device.issuers[0]
        asked = ocsp.OCSPRequestBuilder().add_certificate(leaf, issuer, SHA256()).build()
        ca_name = _ocsp_path(leaf)
        answer = httpx.post(
            self.origin + ca_name,
            content=asked.public_bytes(Encoding.DER),
            headers={"Content-Type": "application/ocsp-request"},
        )
        seen = ocsp.load_der_ocsp_response(answer.content)
        expect("OCSP status", seen.certificate_status, expected)
        return None, f"{seen.certificate_status.name.lower()} at {ca_name}"

    def revoke(self, procedure: UUID) -> tuple[None, str]:
        """Revoke with the proven procedure."""
        answer = self.client.send(calls.revoke(procedure))
        return (
            None,
            f"{answer.values['certificate']['state']}; {answer.number('revocations_left')} left this year",
        )

    # --- helpers ---------------------------------------------------------------------------------------------

    def prove(self, kind: str, *, stumble: bool = False) -> UUID:
        """Consent, birth date and code; `stumble` gives a wrong birth date first."""
        procedure = self.log.step(f"consent to {kind}", lambda: self.consent(kind))
        if stumble:
            self.log.step("a wrong birth date", lambda: self.wrong_birth_date(procedure))
        self.log.step("birth date (ROC)", lambda: self.birth_date(procedure))
        self.log.step("verification code", lambda: self.code(procedure))
        return procedure

    def obtain(self, procedure: UUID, old: Device | None = None) -> None:
        """Request, receive, acknowledge."""
        request = self.log.step("certificate request", lambda: self.request(procedure, old))
        self.log.step("issued", lambda: self.receive(request))
        self.log.step("installed and acknowledged", lambda: self.acknowledge(request))

    def _proof(self, purpose: str, device: Device) -> Signed:
        structure = Proof(
            institution=self.institution["slug"],
            origin=self.origin,
            purpose=purpose,
            subject=keys.spki_sha256(device.key.public_key()),
            nonce=self.client.send(calls.nonce(purpose)),
            time=format_time(clock.now()),
        ).canonical()
        if purpose == "repair":
            return Signed(structure, cms.sign_with_key_id(structure, device.key))
        return Signed(structure, cms.sign_detached(structure, device.key, device.certificate))

    def _read_code(self, identification: str) -> str:
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            messages = httpx.get(
                self.centre["outbox"]["json"], params={"institution": self.institution["slug"]}
            )
            for message in messages.json()["messages"]:
                _, found, rest = message["text"].partition(f"{identification}-")
                if found and (code := _CODE_LENGTH.match(rest)):
                    return code.group()
            time.sleep(0.05)
        raise Unexpected(f"no message with {identification} in the outbox after 30 s")


def browser_life(centre: Mapping[str, Any], log: Log) -> None:
    """The `browser` profile (manual M1): apply, back up, sign, renew with the old key, revoke."""
    institution = next(each for each in centre["institutions"] if each["profile"] == "browser")
    people = {person["certificate"]: person for person in reversed(institution["customers"])}
    log.echo(f"── {institution['name']} ({institution['profile']}): {people['none']['name']} applies")
    new = Traveller(centre, institution, people["none"], log)
    log.step("log in", new.log_in)
    log.step("overview", lambda: new.overview(status="none", offers="apply"))
    new.obtain(new.prove("apply", stumble=True))
    log.step("overview", lambda: new.overview(status="valid", offers="revoke"))
    log.step("OCSP", lambda: new.status(new.device, ocsp.OCSPCertStatus.GOOD))
    log.step("backup as PFX", new.back_up)
    log.step("an order, signed and verified", new.order)
    log.step("an order changed after signing", new.tampered_order)
    log.step("renewal before its window", new.early_renewal)
    new_revocation = new.prove("revoke")
    log.step("revoked", lambda: new.revoke(new_revocation))
    log.step("OCSP", lambda: new.status(new.device, ocsp.OCSPCertStatus.REVOKED))
    log.step("overview", lambda: new.overview(status="revoked", offers="apply"))

    log.echo(f"── {people['expiring']['name']} renews from a backup")
    renewing = Traveller(centre, institution, people["expiring"], log)
    backup = Path(centre["pfx"]["folder"]) / f"{institution['slug']}-{people['expiring']['id']}.pfx"
    old = _restore(backup.read_bytes(), centre["pfx"]["password"])
    log.step("log in", renewing.log_in)
    log.step("overview", lambda: renewing.overview(status="expiring", offers="renew"))
    procedure = renewing.prove("renew")
    request = log.step("request, signed by the old key too", lambda: renewing.request(procedure, old))
    log.step("issued", lambda: renewing.receive(request))
    log.step("the old one still works", lambda: renewing.status(old, ocsp.OCSPCertStatus.GOOD))
    log.step("installed and acknowledged", lambda: renewing.acknowledge(request))
    log.step("the old one is superseded", lambda: renewing.status(old, ocsp.OCSPCertStatus.REVOKED))
    log.step("overview", lambda: renewing.overview(status="valid", offers="revoke"))


#: One life a profile; later profiles add theirs.
LIVES: Final[tuple[Callable[[Mapping[str, Any], Log], None], ...]] = (
    browser_life,
    password_life,
    desktop_lives,
)


def _restore(data: bytes, password: str) -> Device:
    found = pfx.read(data, password)
    return Device(found.key, found.certificate, found.chain)


def _ocsp_path(leaf: x509.Certificate) -> str:
    """The path of the OCSP address in the certificate; host and port are this centre's own."""
    access = leaf.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    locations = [each for each in access if each.access_method == x509.OID_OCSP]
    return httpx.URL(str(locations[0].access_location.value)).path


def _openssl_reads(data: bytes) -> str:
    with tempfile.NamedTemporaryFile(suffix=".pfx") as file:
        file.write(data)
        file.flush()
        command = [
            "openssl",
            "pkcs12",
            "-in",
            file.name,
            "-passin",
            f"pass:{_BACKUP_PASSWORD}",
            "-noout",
            "-info",
        ]
        try:
            done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)  # noqa: S603 - a fixed command
        except FileNotFoundError:
            return "no openssl here"
    if done.returncode:
        raise Unexpected(f"openssl can't read the backup: {done.stderr[-200:]}")
    return "openssl: " + done.stderr.splitlines()[0]


__all__ = ["LIVES", "KeyType", "Log", "Unexpected"]
