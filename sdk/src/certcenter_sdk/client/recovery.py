"""For customers who can't log in: unlock the login, reissue the password (docs/contracts.md, recoveries).

No session is needed: what a device proves is its certificate, over a nonce that the centre gives to anybody.
"""

from datetime import UTC, datetime
from typing import Any

from cryptography import x509

from certcenter_sdk import cms, keys
from certcenter_sdk.client.answers import Answer
from certcenter_sdk.client.calls import Body, Call, Signed
from certcenter_sdk.client.flows import Flow, Work
from certcenter_sdk.client.life import Place
from certcenter_sdk.keys import PrivateKey
from certcenter_sdk.proofs import Proof, Purpose
from certcenter_sdk.structures import format_time


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


def _sign(
    place: Place, purpose: Purpose, nonce: str, key: PrivateKey, certificate: x509.Certificate
) -> Signed:
    structure = Proof(
        institution=place.institution,
        origin=place.origin,
        purpose=purpose.value,
        subject=keys.spki_sha256(key.public_key()),
        nonce=nonce,
        time=format_time(datetime.now(UTC)),
    ).canonical()
    return Signed(structure, cms.sign_detached(structure, key, certificate))


def _post(path: str, body: Body) -> Call[Any]:
    return Call(method="POST", path=path, body=body, read=lambda answer: answer)
