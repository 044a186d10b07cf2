"""A certificate's life as flows: apply, fetch, renew, revoke. Both clients run the same ones (`Client.run`).

The private key never leaves the caller. What a person must do (read the code, choose where it goes) are callables.
"""

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from http import HTTPStatus
from typing import Any, Final
from uuid import UUID, uuid4

from cryptography import x509

from certcenter_sdk import clock, cms, csr, keys
from certcenter_sdk.client import calls
from certcenter_sdk.client.answers import Answer, ApiProblem, unexpected
from certcenter_sdk.client.calls import Signed
from certcenter_sdk.client.flows import Flow, Work
from certcenter_sdk.keys import PrivateKey
from certcenter_sdk.proofs import Proof, Purpose
from certcenter_sdk.structures import format_time

_WAIT_SECONDS: Final = 20
#: Which part of the policy says what a procedure asks for.
_POLICY_OF: Final = {"apply": "application", "renew": "renewal", "revoke": "revocation"}
_UNDER_WAY: Final = frozenset({"accepted", "prepared", "submitted"})


@dataclass(frozen=True, slots=True)
class Place:
    """Where proofs are made out: the institution, and the API's origin as the caller knows it (`client.core.place`)."""

    institution: str
    origin: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SentCode:
    """A verification code is on its way.

    Attributes:
        identification: four letters that stand first in the message too; empty where policy has none.
        masked: where it went.
        digits: how many the code has.
        tries_left: guesses until the code is dead.
    """

    identification: str
    masked: str
    digits: int
    tries_left: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """What the person behind the program gives.

    Attributes:
        read_code: returns the code from the message; called again after a wrong one.
        birth_date: in ROC form (`761205`), a company's registration date; where policy asks for it.
        slip: returns the password of the slip from the counter; where policy asks for it.
        choose_contact: picks one of `me`'s contacts; the first one if not given. Not asked where the code goes to all.
    """

    read_code: Callable[[SentCode], str]
    birth_date: str = ""
    slip: Callable[[], str] = str
    choose_contact: Callable[[Sequence[Mapping[str, Any]]], Mapping[str, Any]] = field(
        default=lambda contacts: contacts[0]
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """A key whose certificate is under way: keep it (encrypted, `keys.dump`) before the request is sent."""

    key: PrivateKey
    request: UUID = field(default_factory=uuid4)

    @classmethod
    def new(cls, key_type: keys.KeyType = keys.KeyType.P256) -> "Pending":
        """Make a key for a new application."""
        return cls(key=keys.generate(key_type))


@dataclass(frozen=True, slots=True, kw_only=True)
class Installed:
    """A certificate with its key, as it is kept on this device.

    Attributes:
        chain: the CA's certificates, issuing CA first.
        file_name: what an exported PFX is called, by the institution's policy.
    """

    key: PrivateKey
    certificate: x509.Certificate
    chain: tuple[x509.Certificate, ...]
    serial: str
    file_name: str


Keep = Callable[[Installed], None]


def apply(place: Place, customer: Customer, pending: Pending, *, keep: Keep) -> Flow[Installed]:
    """Apply, from consent to installed.

    `keep` stores key and certificate for good; only after it has returned is the centre told that it is installed. A
    flow that broke off is gone on with by `fetch` and the same `pending`.

    Raises:
        ApiProblem: the centre refuses.
    """
    procedure: UUID = yield from prove("apply", customer)
    installed: Installed = yield from _hand_in(place, procedure, pending, None, keep=keep)
    return installed


def renew(
    place: Place, customer: Customer, pending: Pending, *, old: Installed | None, keep: Keep
) -> Flow[Installed]:
    """Renew. With `old` its key signs, too; the old certificate works until the new one is installed (SPEC A4).

    Raises:
        ApiProblem: the centre refuses.
    """
    procedure: UUID = yield from prove("renew", customer)
    proof: Signed | None = None
    if old is not None:
        proof = yield from prove_key(place, Purpose.RENEW, old.key, old.certificate)
    installed: Installed = yield from _hand_in(place, procedure, pending, proof, keep=keep)
    return installed


def _hand_in(
    place: Place, procedure: UUID, pending: Pending, old_key_proof: Signed | None, *, keep: Keep
) -> Flow[Installed]:
    """Send the request; its answer is the certificate, unless the centre needs longer."""
    answer: Answer = yield calls.apply(
        procedure,
        request=pending.request,
        csr=csr.build(pending.key),
        old_key_proof=old_key_proof,
        wait=_WAIT_SECONDS,
    )
    installed: Installed
    if answer.status == HTTPStatus.OK:
        installed = yield from _install(place, pending, answer, keep=keep)
    else:
        installed = yield from fetch(place, pending, keep=keep)
    return installed


def fetch(place: Place, pending: Pending, *, keep: Keep) -> Flow[Installed]:
    """Wait for the certificate, fetch it, keep it, and tell the centre; as often as it takes (SPEC A9).

    Raises:
        ApiProblem: the centre refuses; `unexpected-answer` where the certificate is for another key.
    """
    while True:
        progress: Answer = yield calls.application(pending.request, wait=_WAIT_SECONDS)
        if progress.text("state") not in _UNDER_WAY:
            break
    answer: Answer = yield calls.issued_certificate(pending.request)
    installed: Installed = yield from _install(place, pending, answer, keep=keep)
    return installed


def redownload(place: Place, pending: Pending, *, keep: Keep) -> Flow[Installed]:
    """Fetch once more what staff have opened (憑證重新下載), keep it, and tell the centre.

    Only for the key of the request that the overview's `redownload` names, on the computer that made it.

    Raises:
        ApiProblem: `redownload-closed` where staff have opened nothing, or it was used, or the day is over.
    """
    shown: Signed = yield from prove_key(place, Purpose.REPAIR, pending.key, None)
    answer: Answer = yield calls.redownload(shown)
    installed: Installed = yield from _install(place, pending, answer, keep=keep)
    return installed


def _install(place: Place, pending: Pending, answer: Answer, *, keep: Keep) -> Flow[Installed]:
    """Keep the certificate of an answer, then tell the centre that it is on the device."""
    installed = _read(answer, pending.key)
    yield Work(lambda: keep(installed))
    proof: Signed = yield from prove_key(place, Purpose.REPAIR, pending.key, None)
    yield calls.acknowledge(pending.request, proof)
    return installed


def revoke(customer: Customer) -> Flow[Answer]:
    """Revoke the certificate; the answer says how often that can be done again this year (SPEC A5).

    Raises:
        ApiProblem: the centre refuses.
    """
    procedure: UUID = yield from prove("revoke", customer)
    answer: Answer = yield calls.revoke(procedure)
    return answer


def prove(kind: str, customer: Customer) -> Flow[UUID]:
    """Go to a proven procedure of the kind `apply`, `renew` or `revoke`, by the proofs of the policy; returns its id.

    Raises:
        ApiProblem: the centre refuses; a wrong code is asked for again as long as there are tries.
    """
    policy: Answer = yield calls.policy()
    wanted = policy.values[_POLICY_OF[kind]]["proofs"]
    if "slip" in wanted:
        yield from _give_slip(customer)
    procedure: UUID = yield from _begin(kind, agree="consent" in wanted)
    if "birth-date" in wanted:
        yield calls.give_birth_date(procedure, customer.birth_date)
    if "code" in wanted:
        everywhere = policy.values["codes"]["delivery"] == "every"
        sent: Answer = yield from _send_code(procedure, customer, wanted, everywhere=everywhere)
        yield from _give_code(procedure, sent, customer)
    return procedure


def prove_key(
    place: Place, purpose: Purpose, key: PrivateKey, certificate: x509.Certificate | None
) -> Flow[Signed]:
    """Show that a key is here: sign a fresh nonce, with its certificate where it has one (docs/contracts.md).

    Raises:
        ApiProblem: the centre gives no nonce.
    """
    nonce: str = yield calls.nonce(purpose.value)
    structure = Proof(
        institution=place.institution,
        origin=place.origin,
        purpose=purpose.value,
        subject=keys.spki_sha256(key.public_key()),
        nonce=nonce,
        time=format_time(clock.now()),
    ).canonical()
    if certificate is None:
        return Signed(structure, cms.sign_with_key_id(structure, key))
    return Signed(structure, cms.sign_detached(structure, key, certificate))


def _give_slip(customer: Customer) -> Generator[Any, Any, None]:
    """Give the slip's password unless this session has done so."""
    seen: Answer = yield calls.slip()
    if seen.values["accepted_until"] is None:
        password: str = yield Work(customer.slip)
        yield calls.give_slip(password)


def _begin(kind: str, *, agree: bool) -> Flow[UUID]:
    if not agree:
        begun: Answer = yield calls.start_procedure(kind)
        return UUID(begun.text("id"))
    text: Answer = yield calls.consent(kind)
    begun = yield calls.start_procedure(
        kind, consent_version=text.number("version"), consent_sha256=text.text("sha256")
    )
    return UUID(begun.text("id"))


def _send_code(
    procedure: UUID, customer: Customer, wanted: Sequence[str], *, everywhere: bool
) -> Flow[Answer]:
    """Have a code sent: to the contact that the person chooses, or to all of them at once."""
    me: Answer = yield calls.me()
    contact = None if everywhere else UUID(customer.choose_contact(me.values["contacts"])["id"])
    account = UUID(me.values["accounts"][0]["id"]) if "account" in wanted else None
    sent: Answer = yield calls.send_code(procedure, contact=contact, account=account)
    return sent


def _give_code(procedure: UUID, sent: Answer, customer: Customer) -> Generator[Any, Any, None]:
    tries_left = sent.number("tries_left")
    while True:
        shown = SentCode(
            identification=sent.text("identification"),
            masked=sent.text("masked"),
            digits=sent.number("digits"),
            tries_left=tries_left,
        )
        code: str = yield Work(partial(customer.read_code, shown))
        try:
            yield calls.check_code(procedure, sent.text("challenge"), code)
        except ApiProblem as problem:
            if problem.code != "code-wrong":
                raise
            tries_left -= 1
        else:
            return


def _read(answer: Answer, key: PrivateKey) -> Installed:
    """Read a certificate and make sure that it is for the key that is here."""
    certificate = x509.load_der_x509_certificate(answer.octets("certificate"))
    if keys.spki_sha256(certificate.public_key()) != keys.spki_sha256(key.public_key()):  # type: ignore[arg-type]  # any type of key has an SPKI
        raise unexpected(answer.status, "the certificate is for another key")
    chain = [Answer({"der": each}).octets("der") for each in answer.values["chain"]]
    return Installed(
        key=key,
        certificate=certificate,
        chain=tuple(map(x509.load_der_x509_certificate, chain)),
        serial=answer.text("serial"),
        file_name=answer.text("export_file_name"),
    )
