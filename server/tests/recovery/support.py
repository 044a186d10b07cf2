"""People who can't log in, and what their devices sign."""

from dataclasses import dataclass
from typing import Any

from cryptography import x509
from tests.support import people
from tests.support.life import ORIGIN, Person

from certcenter.certificates.actions import SignedProof
from certcenter.core import clock
from certcenter.core.gates import GateState
from certcenter.institutions import serving
from certcenter.passwords import login
from certcenter.passwords.actions import set_password
from certcenter.passwords.errors import LoginRefused
from certcenter.recovery import devices
from certcenter.recovery.lifecycle import FlowKind
from certcenter_sdk import cms, keys
from certcenter_sdk.proofs import Proof
from certcenter_sdk.structures import format_time

INSTITUTION = serving.get("sample")
PASSWORD = people.PASSWORD


def visitor(address: str = "192.0.2.7") -> Any:
    """Somebody who has not logged in."""
    return people.anonymous(address)


def typed(customer: Any) -> str:
    """The birth date in eight Gregorian digits."""
    return f"{customer.birth_date:%Y%m%d}"


def locked(person: Person, *, times: int = 3) -> None:
    """Give the person a password and as many wrong logins."""
    set_password(person.customer, PASSWORD, actor=person.actor)
    miss(person, times)


def miss(person: Person, times: int) -> None:
    """Type a wrong password so often."""
    for _ in range(times):
        try:
            sign_in(person, "Wrong1234")
        except LoginRefused:
            continue


def sign_in(person: Person, password: str = PASSWORD) -> Any:
    return login.authenticate(
        INSTITUTION,
        number=person.customer.national_id,
        password=password,
        device_token=None,
        actor=visitor(),
    )


def state(person: Person) -> GateState:
    return login.gate(person.customer).state()


@dataclass
class Run:
    """One run: what the centre gave to whoever began it."""

    token: str
    nonce: str
    purpose: str

    @classmethod
    def begun(
        cls,
        person: Person,
        *,
        kind: FlowKind = FlowKind.UNLOCK,
        identity: str | None = None,
        birth_date: str | None = None,
        actor: Any = None,
    ) -> "Run":
        started = devices.start(
            INSTITUTION,
            kind=kind,
            identity=identity or person.customer.national_id,
            birth_date=birth_date or typed(person.customer),
            actor=actor or visitor(),
        )
        purpose = "unlock" if kind is FlowKind.UNLOCK else "reissue"
        return cls(started.token, started.nonce, purpose)

    def proof(self, key: Any, certificate: Any, **changes: str) -> SignedProof:
        """A proof by `key` under `certificate` (a stored row, or an X.509 certificate)."""
        values = {
            "institution": INSTITUTION.slug,
            "origin": ORIGIN,
            "purpose": self.purpose,
            "subject": keys.spki_sha256(key.public_key()),
            "nonce": self.nonce,
            "time": format_time(clock.now()),
        }
        structure = Proof(**{**values, **changes}).canonical()
        if not isinstance(certificate, x509.Certificate):
            certificate = x509.load_der_x509_certificate(bytes(certificate.der))
        return SignedProof(
            structure=structure,
            signature=cms.sign_detached(structure, key, certificate),
            origin=changes.get("origin", ORIGIN),
        )

    def unlock(self, proof: SignedProof, *, token: str | None = None) -> None:
        devices.unlock(INSTITUTION, token=token or self.token, proof=proof, actor=visitor())
