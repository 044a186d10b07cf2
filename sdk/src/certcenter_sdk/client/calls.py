"""Every call of the API (docs/contracts.md, HTTP API), as data: no call is made here.

To extend the client, add a function here that returns a `Call`; both clients can `send` it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from urllib.parse import quote
from uuid import UUID

from certcenter_sdk.client.answers import Answer, encode_bytes
from certcenter_sdk.orders import Order

T = TypeVar("T")
Body = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Call(Generic[T]):
    """One request and how its answer is read.

    Attributes:
        method: HTTP method.
        path: below `/api/v1/i/<slug>/`.
        read: from the answer to a typed value.
        body: the JSON object to send.
        query: the query's parameters.
        idempotency_key: sent as `Idempotency-Key`; makes a POST repeatable.
        repeatable: doing it twice has the same end, so that it may be retried.
    """

    method: str
    path: str
    read: Callable[[Answer], T]
    body: Body | None = None
    query: Mapping[str, str] | None = None
    idempotency_key: str | None = None
    repeatable: bool = False

    @property
    def may_retry(self) -> bool:
        """Is it safe to send this again without knowing what became of it?"""
        return self.repeatable or self.idempotency_key is not None or self.method in {"GET", "DELETE"}


@dataclass(frozen=True, slots=True)
class Session:
    """A program's login. The token is a secret: it is left out of `repr`."""

    token: str

    def __repr__(self) -> str:
        """Without the token."""
        return "Session(…)"


@dataclass(frozen=True, slots=True)
class Signed:
    """A structure's canonical bytes with the CMS signature over them."""

    structure: bytes
    signature: bytes

    def as_json(self) -> Body:
        """As the API takes it."""
        return {"structure": encode_bytes(self.structure), "signature": encode_bytes(self.signature)}


def _as_is(answer: Answer) -> Answer:
    return answer


def _nothing(_answer: Answer) -> None:
    return None


def _get(path: str, **query: str) -> Call[Answer]:
    return Call(method="GET", path=path, query=query or None, read=_as_is)


def _post(path: str, body: Body, **options: Any) -> Call[Answer]:
    return Call(method="POST", path=path, body=body, read=_as_is, **options)


def _step(value: object) -> str:
    """A value as one step of a path, whatever stands in it."""
    return quote(str(value), safe="")


# Sessions


def captcha() -> Call[Answer]:
    """A fresh challenge: altcha's, or a picture with a token."""
    return _get("captcha")


def captcha_sound(token: str) -> Call[Answer]:
    """A picture's letters, spoken (`sound`: WAV), for who can't see it."""
    return _get("captcha/sound", token=token)


def open_session(body: Body) -> Call[Session]:
    """Log in; see `flows.sign_in`. Sent once, since each attempt counts (SPEC E2); again only after "busy"."""
    return Call(method="POST", path="sessions", body=body, read=lambda answer: Session(answer.text("token")))


def close_session() -> Call[None]:
    """Log out."""
    return Call(method="DELETE", path="sessions/current", read=_nothing)


# What one may know


def me() -> Call[Answer]:
    """The customer, masked, with accounts and contacts."""
    return _get("me")


def policy() -> Call[Answer]:
    """What programs need to know of the institution's policy."""
    return _get("policy")


def environment() -> Call[Answer]:
    """Server time and versions."""
    return _get("environment")


def documents(kind: str) -> Call[Answer]:
    """Announcements, instructions or FAQ."""
    return _get(f"documents/{_step(kind)}")


def downloads() -> Call[Answer]:
    """The desktop helper's files, with version, size, SHA-256 and address."""
    return _get("downloads")


def consent(kind: str) -> Call[Answer]:
    """The current consent text with its version and SHA-256."""
    return _get(f"consents/{_step(kind)}")


# Certificates


def certificates(*, after: str = "") -> Call[Answer]:
    """Overview and history; `after` is the keyset's last value."""
    return _get("certificates", **({"after": after} if after else {}))


def certificate(serial: str) -> Call[Answer]:
    """One certificate with its chain; the serial in hex."""
    return _get(f"certificates/{_step(serial)}")


def slip() -> Call[Answer]:
    """Whether the password slip (憑證密碼單) is asked for now, and whether this session has given it."""
    return _get("slip")


def give_slip(password: str) -> Call[Answer]:
    """Give the password of the slip. Never repeated: a wrong one counts, the third voids the slip (SPEC E3)."""
    return _post("slip", {"password": password})


def start_procedure(
    kind: str, *, consent_version: int | None = None, consent_sha256: str | None = None
) -> Call[Answer]:
    """Agree to the text of this version, where policy asks for that, and begin to apply, renew or revoke."""
    if consent_version is None or consent_sha256 is None:
        return _post("procedures", {"kind": kind})
    agreed = {"version": consent_version, "sha256": consent_sha256}
    return _post("procedures", {"kind": kind, "consent": agreed})


def procedure(procedure_id: UUID) -> Call[Answer]:
    """How far a procedure is."""
    return _get(f"procedures/{_step(procedure_id)}")


def give_birth_date(procedure_id: UUID, birth_date: str) -> Call[Answer]:
    """The birth date in ROC form (761205), a company's registration date."""
    return _post(f"procedures/{_step(procedure_id)}/birth-date", {"birth_date": birth_date})


def send_code(procedure_id: UUID, *, contact: UUID | None, account: UUID | None) -> Call[Answer]:
    """Have a verification code sent; contact and account are ids of `me`, None where policy asks for none."""
    chosen = {"contact": contact and str(contact), "account": account and str(account)}
    return _post(f"procedures/{_step(procedure_id)}/codes", chosen)


def check_code(procedure_id: UUID, challenge: str, code: str) -> Call[Answer]:
    """Give the verification code."""
    return _post(f"procedures/{_step(procedure_id)}/codes/{_step(challenge)}", {"code": code})


def apply(
    procedure_id: UUID, *, request: UUID, csr: bytes, old_key_proof: Signed | None = None, wait: int = 0
) -> Call[Answer]:
    """Send the certificate request. The same UUID with the same key is the same application (SPEC E8).

    With `wait` (seconds, 20 at most) the answer is the certificate, status 200, where it is made by then.
    """
    body: dict[str, Any] = {"procedure": str(procedure_id), "request": str(request), "csr": encode_bytes(csr)}
    if old_key_proof is not None:
        body["old_key_proof"] = old_key_proof.as_json()
    query = {"wait": str(wait)} if wait else None
    return _post("applications", body, idempotency_key=str(request), query=query)


def application(request: UUID, *, wait: int = 0) -> Call[Answer]:
    """The application's progress; with `wait` (seconds, 20 at most) as soon as the certificate is made, or then."""
    return _get(f"applications/{_step(request)}", **({"wait": str(wait)} if wait else {}))


def issued_certificate(request: UUID) -> Call[Answer]:
    """The issued certificate with its chain."""
    return _get(f"applications/{_step(request)}/certificate")


def acknowledge(request: UUID, proof: Signed) -> Call[Answer]:
    """The certificate is installed; what it replaces ends now."""
    path = f"applications/{_step(request)}/acknowledgement"
    return _post(path, {"proof": proof.as_json()}, idempotency_key=str(request))


def redownload(proof: Signed) -> Call[Answer]:
    """憑證重新下載: the certificate once more, while staff have it open; the same session gets the same answer again."""
    return Call(method="POST", path="redownloads", body={"proof": proof.as_json()}, read=_as_is)


def revoke(procedure_id: UUID) -> Call[Answer]:
    """Revoke, with a procedure that is proven. Repeated, it returns the same certificate, counted once."""
    body = {"procedure": str(procedure_id)}
    return Call(method="POST", path="revocations", body=body, read=_as_is, repeatable=True)


# Proofs and shares of wrapped keys


def nonce(purpose: str) -> Call[str]:
    """A single-use nonce for a proof; a lost one hurts nobody."""
    read: Callable[[Answer], str] = lambda answer: answer.text("nonce")  # noqa: E731 - typed for mypy
    return Call(method="POST", path="nonces", body={"purpose": purpose}, read=read, repeatable=True)


def create_key_share(
    *, spki_sha256: str, verifier: bytes, proof: Signed | None = None, public_key: bytes | None = None
) -> Call[Answer]:
    """Make a share for one wrapping of a key.

    Each share of a key but its first needs a `proof` of the purpose `share`; `public_key` (SubjectPublicKeyInfo, DER)
    comes with the proof of a key that has no certificate yet.
    """
    body: dict[str, Any] = {"spki": spki_sha256, "verifier": encode_bytes(verifier)}
    if proof is not None:
        body["proof"] = proof.as_json()
    if public_key is not None:
        body["public_key"] = encode_bytes(public_key)
    return _post("key-shares", body)


def release_key_share(spki_sha256: str, *, verifier: bytes) -> Call[Answer]:
    """Ask for the server's share; a wrong verifier counts (SPEC E2), so this is never repeated."""
    return _post(f"key-shares/{_step(spki_sha256)}/release", {"verifier": encode_bytes(verifier)})


def change_key_share(spki_sha256: str, *, verifier: bytes, new_verifier: bytes) -> Call[Answer]:
    """Change the verifier. Never repeated: after a success whose answer was lost, the old verifier is a wrong guess."""
    body = {"verifier": encode_bytes(verifier), "new_verifier": encode_bytes(new_verifier)}
    return Call(method="PUT", path=f"key-shares/{_step(spki_sha256)}", body=body, read=_as_is)


# Orders


def draft_order(fields: Body) -> Call[Order]:
    """Have the server build an order: nonce and time are its own."""

    def read(answer: Answer) -> Order:
        return Order.parse(answer.octets("order"))

    return Call(method="POST", path="orders/drafts", body=fields, read=read, repeatable=True)


def submit_order(order: Order, signature: bytes) -> Call[Answer]:
    """Hand in a signed order. The nonce makes it single, so that a repetition returns the same evidence."""
    body = {"order": encode_bytes(order.canonical()), "signature": encode_bytes(signature)}
    return _post("orders", body, idempotency_key=order.nonce)


def orders(*, after: str = "") -> Call[Answer]:
    """The orders that the centre keeps as evidence, newest first."""
    return _get("orders", **({"after": after} if after else {}))


# Upload to a phone (SPEC A12)


def open_transfer(public_key: bytes) -> Call[Answer]:
    """A phone asks for a pairing: its fresh X25519 public key. An earlier pairing of the customer ends."""
    return _post("transfers", {"public_key": encode_bytes(public_key)})


def transfer(session: UUID, *, wait: int = 0, known: str = "open") -> Call[Answer]:
    """How far a pairing is; with `wait` (seconds, 20 at most) as soon as it is not `known` any more, or then."""
    return _get(f"transfers/{_step(session)}", **({"wait": str(wait), "known": known} if wait else {}))


def send_parcel(session: UUID, *, ciphertext: bytes, proof: Signed) -> Call[Answer]:
    """Hand the sealed PFX to the relay, with a proof of the purpose `phone` by its certificate. Once: never repeated."""
    body = {"ciphertext": encode_bytes(ciphertext), "proof": proof.as_json()}
    return _post(f"transfers/{_step(session)}/parcel", body)


def fetch_parcel(session: UUID) -> Call[bytes]:
    """The phone takes what was sent; the relay keeps nothing of it. Once: never repeated."""
    read: Callable[[Answer], bytes] = lambda answer: answer.octets("ciphertext")  # noqa: E731 - typed for mypy
    return Call(method="POST", path=f"transfers/{_step(session)}/collection", body={}, read=read)


def cancel_transfer(session: UUID) -> Call[None]:
    """End a pairing, such as after codes that do not match."""
    return Call(method="DELETE", path=f"transfers/{_step(session)}", read=_nothing)
