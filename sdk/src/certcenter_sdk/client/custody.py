"""A certificate's life on disk: apply, renew, repair, re-download, over a client and a key store (SPEC A3, A4, A9).

Each step is written down before the next is asked for, so a flow that a crash or a cut broke off is taken up by
`repair`, whatever it was doing. Nothing is asked of the centre twice that counts, and nothing is installed that was
not checked. `Client.run` and `AsyncClient.run` run these flows; disk and key work is done as `Work`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import partial
from typing import Final
from uuid import UUID

from cryptography import x509

from certcenter_sdk import clock
from certcenter_sdk.client import calls, life
from certcenter_sdk.client.answers import Answer, ApiProblem, unexpected
from certcenter_sdk.client.flows import Flow, Work
from certcenter_sdk.client.life import Customer, Place
from certcenter_sdk.errors import StoreRefused
from certcenter_sdk.keys import KeyType, PrivateKey
from certcenter_sdk.octets import decode_bytes
from certcenter_sdk.proofs import Purpose
from certcenter_sdk.store import Entry, KeyStore, PendingKey, SecurityMode, State, Unlocked

_WAIT_SECONDS: Final = 20
_UNDER_WAY: Final = frozenset({"accepted", "prepared", "submitted"})
_OVER: Final = frozenset({"refused", "ended"})
_UNKNOWN: Final = "not-found"


class Stage(StrEnum):
    """What is being done, for a progress display (「下載憑證需 5~20 秒，請稍候」)."""

    KEY = "key"
    REQUEST = "request"
    ISSUING = "issuing"
    INSTALL = "install"
    CONFIRM = "confirm"
    DONE = "done"


class Outcome(StrEnum):
    """What became of a pending key in a repair."""

    FINISHED = "finished"
    """The certificate is installed, and the centre knows."""
    NOT_SENT = "not-sent"
    """The centre never heard of the request: apply (or renew) again, this key will be used."""
    REFUSED = "refused"
    """The centre has refused or ended the application; the key is kept until its owner gives it up."""
    NOT_OPENED = "not-opened"
    """The centre does not give the certificate out now: staff have to open the re-download (`pfxdir`)."""
    KEY_MISSING = "key-missing"
    """The centre waits for a key that is not on this machine: repair where it was made, or revoke and apply."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Repaired:
    """What was found about one application.

    Attributes:
        request: the application's UUID.
        outcome: see `Outcome`.
        entry: the certificate, where it is FINISHED.
        problem: what the centre said, where it refused.
    """

    request: UUID
    outcome: Outcome
    entry: Entry | None = None
    problem: ApiProblem | None = None


Report = Callable[[Stage, int], None]
Chosen = Callable[[PendingKey], None]
Passwords = Callable[[PendingKey], str]


def _silent(_stage: Stage, _percent: int) -> None:
    return


def _unheard(_record: PendingKey) -> None:
    return


def apply(
    place: Place,
    customer: Customer,
    store: KeyStore,
    password: str,
    *,
    key_type: KeyType = KeyType.P256,
    security: SecurityMode | None = None,
    report: Report = _silent,
) -> Flow[Entry]:
    """Apply, from consent to acknowledged: `life.prove`, then `obtain`.

    Raises:
        ApiProblem: the centre refuses. StoreRefused, PfxRefused, ChainRefused: as `KeyStore`.
    """
    procedure: UUID = yield from life.prove("apply", customer)
    entry: Entry = yield from obtain(
        place, store, procedure, password, key_type=key_type, security=security, report=report
    )
    return entry


def renew(
    place: Place,
    customer: Customer,
    store: KeyStore,
    password: str,
    *,
    old: Unlocked | None,
    key_type: KeyType = KeyType.P256,
    report: Report = _silent,
) -> Flow[Entry]:
    """Renew; `old` (`KeyStore.unlock`) signs for it, and works until the new one is acknowledged (SPEC A4).

    Raises:
        As `apply`.
    """
    procedure: UUID = yield from life.prove("renew", customer)
    entry: Entry = yield from obtain(
        place, store, procedure, password, kind="renew", old=old, key_type=key_type, report=report
    )
    return entry


def obtain(
    place: Place,
    store: KeyStore,
    procedure: UUID,
    password: str,
    *,
    kind: str = "apply",
    old: Unlocked | None = None,
    key_type: KeyType = KeyType.P256,
    security: SecurityMode | None = None,
    report: Report = _silent,
    chosen: Chosen = _unheard,
) -> Flow[Entry]:
    """With a proven procedure: make a key, write it down, request, fetch, install, acknowledge.

    A key that an earlier try left and the centre never heard of is used again, if `password` opens it; `chosen` is told
    which key it is, before the centre is.

    Raises:
        As `apply`.
    """
    report(Stage.KEY, 0)
    record: PendingKey | None = yield from _left_over(store, password, kind, old)
    if record is None:
        record = yield Work(
            lambda: store.new_key(
                password,
                kind=kind,
                key_type=key_type,
                replaces=old.entry if old else None,
                security=security,
            )
        )
    chosen(record)
    proof = None
    if old is not None:
        proof = yield from life.prove_key(place, Purpose.RENEW, old.key, old.entry.certificate)
    report(Stage.REQUEST, 10)
    yield calls.apply(procedure, request=record.request, csr=record.csr, old_key_proof=proof)
    yield Work(partial(store.submitted, record.request))
    entry: Entry = yield from finish(place, store, record.request, password, report=report)
    return entry


def finish(
    place: Place,
    store: KeyStore,
    request: UUID,
    password: str,
    *,
    roots: Sequence[x509.Certificate] = (),
    report: Report = _silent,
) -> Flow[Entry]:
    """Go on from wherever an application is: fetch, check, install, acknowledge; as often as it takes (SPEC A9).

    Args:
        place: where proofs are made out.
        store: the store that has the pending key.
        request: the application.
        password: opens the pending key; the PFX gets the same.
        roots: whom to trust; if empty, the root that the centre sends.
        report: is told what is being done, with a percentage.

    Raises:
        ApiProblem: the centre refuses, or is not asked a second time for what it answered wrongly.
        StoreRefused: `wrong-password`, `key-mismatch`, `not-yours`, `disk-full`, … Nothing is lost by any of them.
        ChainRefused: `untrusted`; `not-yet-valid` where the centre's own time says so.
    """
    record: PendingKey = yield Work(lambda: store.shelf.record(request))
    key: PrivateKey = yield Work(
        partial(store.open_pending, request, password)
    )  # before anything is asked for
    if record.state.rank < State.ISSUED.rank:
        yield from _await_issue(request, report)
        answer: Answer = yield calls.issued_certificate(request)
        yield Work(partial(_keep, store, request, answer))
    report(Stage.INSTALL, 80)
    now: datetime = yield from _centre_time()
    yield Work(lambda: store.install(request, password, roots=roots, now=now))
    report(Stage.CONFIRM, 90)
    proof = yield from life.prove_key(place, Purpose.REPAIR, key, None)
    yield calls.acknowledge(request, proof)
    entry: Entry = yield Work(partial(store.acknowledged, request))
    report(Stage.DONE, 100)
    return entry


def repair(
    place: Place, store: KeyStore, passwords: Passwords, *, report: Report = _silent
) -> Flow[tuple[Repaired, ...]]:
    """Go on with everything that broke off; says what can't be mended, and why (SPEC A9).

    `passwords` is asked for a key's password when, and only when, there is something to be done with it; it may raise.

    Raises:
        ApiProblem: the centre can't say how an application is. StoreRefused, ChainRefused: as `finish`.
    """
    found: list[Repaired] = []
    waiting: tuple[PendingKey, ...] = yield Work(store.pending)
    for record in waiting:
        one: Repaired = yield from _repair_one(place, store, record, passwords, report)
        found += [one]
    missing: Repaired | None = yield from _missing(store)
    return (*found, missing) if missing else tuple(found)


def redownload(place: Place, store: KeyStore, password: str, *, report: Report = _silent) -> Flow[Entry]:
    """憑證重新下載: fetch once more what staff have opened, on the machine that applied (manual M3 §3, SPEC A9).

    `password` is the one that the key was made with.

    Raises:
        ApiProblem: `redownload-closed` where staff have opened nothing, or it was used, or the day is over.
        StoreRefused: `pending-unknown` where the key was made elsewhere; as `finish`.
    """
    overview: Answer = yield calls.certificates()
    opened = overview.values.get("redownload")
    record: PendingKey | None = yield Work(partial(_waiting_for, store, opened))
    if record is None:
        raise StoreRefused("pending-unknown", "the key of that certificate is not on this machine")
    if record.state.rank < State.ISSUED.rank:
        key: PrivateKey = yield Work(partial(store.open_pending, record.request, password))
        proof = yield from life.prove_key(place, Purpose.REPAIR, key, None)
        answer: Answer = yield calls.redownload(proof)
        yield Work(partial(_keep, store, record.request, answer))
    entry: Entry = yield from finish(place, store, record.request, password, report=report)
    return entry


def _waiting_for(store: KeyStore, opened: object) -> PendingKey | None:
    """The key that staff have opened it for; the newest one, for the centre to say why not, where they have not."""
    if isinstance(opened, dict):
        return store.pending_for(str(opened["spki_sha256"]))
    waiting = store.pending()
    return waiting[-1] if waiting else None


def _repair_one(
    place: Place, store: KeyStore, record: PendingKey, passwords: Passwords, report: Report
) -> Flow[Repaired]:
    try:
        progress: Answer = yield calls.application(record.request)
    except ApiProblem as problem:
        if problem.code != _UNKNOWN:
            raise
        return Repaired(request=record.request, outcome=Outcome.NOT_SENT, problem=problem)
    if progress.text("state") in _OVER:
        return Repaired(request=record.request, outcome=Outcome.REFUSED)
    try:
        password = yield Work(partial(passwords, record))
        entry: Entry = yield from finish(place, store, record.request, password, report=report)
    except ApiProblem as problem:
        if problem.status not in _FINAL:
            raise
        outcome = Outcome.NOT_OPENED if problem.code.startswith("redownload") else Outcome.REFUSED
        return Repaired(request=record.request, outcome=outcome, problem=problem)
    return Repaired(request=record.request, outcome=Outcome.FINISHED, entry=entry)


_FINAL: Final = frozenset({403, 404, 409, 410, 422})
"""The centre has decided; asking again changes nothing."""


def _missing(store: KeyStore) -> Flow[Repaired | None]:
    """Does the centre wait for a key that is not here?"""
    overview: Answer = yield calls.certificates()
    application = overview.values.get("application")
    if not isinstance(application, dict):
        return None
    here: PendingKey | None = yield Work(partial(store.pending_for, str(application["spki_sha256"])))
    if here is not None:
        return None
    return Repaired(request=UUID(application["request"]), outcome=Outcome.KEY_MISSING)


def _left_over(store: KeyStore, password: str, kind: str, old: Unlocked | None) -> Flow[PendingKey | None]:
    """A key made for the same, never sent, that the password opens."""
    replaces = old.entry.spki_sha256 if old else ""
    waiting: tuple[PendingKey, ...] = yield Work(store.pending)
    for record in waiting:
        if (record.state, record.kind, record.replaces) != (State.GENERATED, kind, replaces):
            continue
        try:
            yield calls.application(record.request)
        except ApiProblem as problem:
            if problem.code == _UNKNOWN and (yield Work(partial(_opens, store, record.request, password))):
                return record
    return None


def _opens(store: KeyStore, request: UUID, password: str) -> bool:
    try:
        store.open_pending(request, password)
    except StoreRefused:
        return False
    return True


def _await_issue(request: UUID, report: Report) -> Flow[None]:
    while True:
        progress: Answer = yield calls.application(request, wait=_WAIT_SECONDS)
        report(Stage.ISSUING, 20 + progress.number("percent") * 60 // 100)
        if progress.text("state") not in _UNDER_WAY:
            return


def _keep(store: KeyStore, request: UUID, answer: Answer) -> None:
    """Write the certificate down beside its key; what is not a certificate is nobody's answer."""
    try:
        certificate = x509.load_der_x509_certificate(answer.octets("certificate"))
        chain = [x509.load_der_x509_certificate(decode_bytes(each)) for each in answer.values["chain"]]
    except (ValueError, KeyError, TypeError, AttributeError):
        raise unexpected(answer.status, "not a certificate with its chain") from None
    store.issued(request, certificate, chain, export_file_name=answer.text("export_file_name"))


def _centre_time() -> Flow[datetime]:
    """The centre's time: a wrong clock on this machine must not keep a good certificate out."""
    answer: Answer = yield calls.environment()
    try:
        return datetime.fromisoformat(answer.text("time")).astimezone(UTC)
    except ValueError:
        raise unexpected(answer.status, "'time' is not a time") from None


def clock_skew(answer: Answer) -> timedelta:
    """How far this machine's clock is ahead of the centre's (negative: behind), from `calls.environment()`."""
    return clock.now() - datetime.fromisoformat(answer.text("time"))


__all__ = [
    "Outcome",
    "Repaired",
    "Stage",
    "apply",
    "clock_skew",
    "finish",
    "obtain",
    "redownload",
    "renew",
    "repair",
]
