"""For customers who can't log in: unlock the login, reissue the password (docs/contracts.md, recoveries).

No session is needed: what a device proves is its certificate, over a nonce that the centre gives to anybody.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from cryptography import x509

from certcenter_sdk import clock, cms, keys
from certcenter_sdk.client.answers import Answer
from certcenter_sdk.client.calls import Body, Call, Signed
from certcenter_sdk.client.flows import Flow, Work
from certcenter_sdk.client.life import Place
from certcenter_sdk.keys import PrivateKey
from certcenter_sdk.proofs import Proof, Purpose
from certcenter_sdk.structures import format_time


@dataclass(frozen=True, slots=True, kw_only=True)
class Proven:
    """A reissue whose certificate was accepted. `flow` is the run's secret: it is left out of `repr`.

    Attributes:
        accounts: `id`, `line`, `masked` of each.
        contacts: `id`, `channel`, `masked` of each.
    """

    flow: str = field(repr=False)
    accounts: Sequence[Mapping[str, Any]]
    contacts: Sequence[Mapping[str, Any]]


def start(purpose: Purpose, identity: str, birth_date: str) -> Call[Answer]:
    """Begin to unlock or to reissue with a certificate; answers `flow` (a secret) and `nonce` to everybody alike."""
    return _post("recoveries", {"purpose": purpose.value, "identity": identity, "birth_date": birth_date})


def unlock(
    place: Place, identity: str, birth_date: str, key: PrivateKey, certificate: x509.Certificate
) -> Flow[None]:
    """Open the locked login with the certificate on this device; then log in with the old password (SPEC B3).

    `birth_date` in the password centre's calendar, eight Gregorian digits unless policy says otherwise.

    Raises:
        ApiProblem: `recovery-refused` whatever does not fit; `not-locked`, `unlock-used`, `hard-locked`,
            `customer-frozen` to the customer whose certificate it is.
    """
    begun: Answer = yield start(Purpose.UNLOCK, identity, birth_date)
    proof: Signed = yield Work(lambda: _sign(place, Purpose.UNLOCK, begun.text("nonce"), key, certificate))
    yield _post("recoveries/unlock", {"flow": begun.text("flow"), "proof": proof.as_json()})


def prove(
    place: Place, identity: str, birth_date: str, key: PrivateKey, certificate: x509.Certificate
) -> Flow[Proven]:
    """Begin a reissue with the certificate on this device (SPEC B8); then `send_code`, `check_code`, `redeem`.

    Raises:
        ApiProblem: `recovery-refused` whatever does not fit; `customer-frozen` to the customer.
    """
    begun: Answer = yield start(Purpose.REISSUE, identity, birth_date)
    flow = begun.text("flow")
    proof: Signed = yield Work(lambda: _sign(place, Purpose.REISSUE, begun.text("nonce"), key, certificate))
    answer: Answer = yield _post("recoveries/proof", {"flow": flow, "proof": proof.as_json()})
    return Proven(flow=flow, accounts=answer.values["accounts"], contacts=answer.values["contacts"])


def begin_request(identity: str, birth_date: str) -> Call[Answer]:
    """Begin a reissue without certificate (SPEC B9): `flow`, `accounts`, `phone`, `email`, the same form for everybody."""
    return _post("recoveries/requests", {"identity": identity, "birth_date": birth_date})


def confirm_request(flow: str, account: str) -> Call[Answer]:
    """Have the link mailed, if the data are right; the answer does not say."""
    return _post("recoveries/requests/confirmation", {"flow": flow, "account": account})


def open_link(link: str, birth_date: str) -> Call[Answer]:
    """Open a mailed link, whole or the part after its `#`; answers `flow`. Sends nothing."""
    return _post("recoveries/links", {"link": link.rpartition("#")[2], "birth_date": birth_date})


def send_code(flow: str, *, account: str | None = None, contact: str | None = None) -> Call[Answer]:
    """Have the code sent: to the contact chosen after `prove`, to the phone on file after `open_link`."""
    return _post("recoveries/codes", {"flow": flow, "account": account, "contact": contact})


def check_code(flow: str, challenge: str, code: str) -> Call[str]:
    """Give the code; returns the initial password of this run, which is shown once."""
    body = {"flow": flow, "challenge": challenge, "code": code}
    return Call(
        method="POST",
        path="recoveries/codes/check",
        body=body,
        read=lambda answer: answer.text("initial_password"),
    )


def redeem(flow: str, initial_password: str, password: str) -> Call[Answer]:
    """Set the new password; then log in with it. Answers `unified` and `voice`."""
    return _post(
        "recoveries/password",
        {"flow": flow, "initial_password": initial_password, "password": password, "repeated": password},
    )


def cancel(flow: str) -> Call[Answer]:
    """End the run; the old password goes on."""
    return _post("recoveries/cancellation", {"flow": flow})


def _sign(
    place: Place, purpose: Purpose, nonce: str, key: PrivateKey, certificate: x509.Certificate
) -> Signed:
    structure = Proof(
        institution=place.institution,
        origin=place.origin,
        purpose=purpose.value,
        subject=keys.spki_sha256(key.public_key()),
        nonce=nonce,
        time=format_time(clock.now()),
    ).canonical()
    return Signed(structure, cms.sign_detached(structure, key, certificate))


def _post(path: str, body: Body) -> Call[Any]:
    return Call(method="POST", path=path, body=body, read=lambda answer: answer)
