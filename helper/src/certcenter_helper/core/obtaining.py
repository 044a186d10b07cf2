"""From a proven procedure to an installed certificate, and from one to a revoked one (SPEC A3–A5, E8).

The store's record of the key is written before the first request; each answer moves it one step on. Whatever breaks,
`repairing` takes up the same record: the steps are written once, in `carry_on`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from cryptography import x509

from certcenter_helper.core.desk import Desk
from certcenter_helper.core.errors import HelperError, Kind
from certcenter_helper.core.files import check_new_password, obtained
from certcenter_helper.core.line import Line
from certcenter_helper.core.procedure import PolicyProcedure
from certcenter_helper.core.texts import text
from certcenter_helper.core.troubles import told
from certcenter_helper.core.values import Kind as What
from certcenter_helper.core.values import Obtained, Revoked, SecurityMode
from certcenter_helper.core.work import Cancel, Progress, Stage, Step
from certcenter_sdk.client import calls
from certcenter_sdk.client.answers import Answer
from certcenter_sdk.client.calls import Signed
from certcenter_sdk.client.life import prove_key
from certcenter_sdk.keys import KeyType
from certcenter_sdk.proofs import Purpose
from certcenter_sdk.store import Entry, PendingKey, State
from certcenter_sdk.store import SecurityMode as Mode

_UNDER_WAY: Final = frozenset({"accepted", "prepared", "submitted"})
_WAIT_SECONDS: Final = 3
"""Of one long question: short, so that cancelling is felt."""
_LONGEST_WAIT: Final = 120


@dataclass(frozen=True, slots=True)
class Watch:
    """Who waits, and may stop us."""

    progress: Progress
    cancel: Cancel

    def at(self, stage: Stage, percent: int) -> None:
        """Report a stage; stop here if somebody asked for that."""
        self.cancel.check()
        self.progress(Step(stage, percent))


def obtain(
    desk: Desk,
    procedure: PolicyProcedure,
    *,
    password: str,
    security: SecurityMode | None,
    old_password: str | None,
    progress: Progress,
    cancel: Cancel,
) -> Obtained:
    """Make the key, request, wait, check, install, confirm.

    Raises:
        HelperError: NEEDS_REPAIR once the request may have reached the centre; `repair` goes on with it.
        Cancelled: the same holds.
    """
    watch = Watch(progress, cancel)
    check_new_password(desk.policy, password)
    if procedure.next is not None:
        raise HelperError(Kind.INPUT, "wrong-step", text("Something must be proven first."))
    line = desk.line()
    try:
        old, proof = _old_key(desk, line, procedure, old_password)
        watch.at(Stage.MAKING_KEY, 10)
        with told():
            record = desk.store.new_key(
                password,
                kind=procedure.kind.value,
                key_type=KeyType(desk.policy.key_type),
                replaces=old,
                security=Mode(security.value) if security else None,
            )
        watch.at(Stage.SENDING, 25)
        _submit(desk, line, procedure, record, proof)
        entry = _carried(desk, line, record, password, watch)
    finally:
        line.close()
    progress(Step(Stage.DONE, 100))
    return obtained(desk, entry.spki_sha256, offer_backup=True)


def revoke(desk: Desk, procedure: PolicyProcedure) -> Revoked:
    """Revoke with a proven procedure; repeated, it counts once."""
    line = desk.line()
    try:
        answer = line.send(calls.revoke(procedure.id))
    finally:
        line.close()
    return Revoked(serial=answer.values["certificate"]["serial"], left=answer.number("revocations_left"))


def _old_key(
    desk: Desk, line: Line, procedure: PolicyProcedure, old_password: str | None
) -> tuple[Entry | None, Signed | None]:
    """The certificate that is renewed, and the signature of its key where policy wants one (SPEC A4)."""
    if procedure.kind is not What.RENEW:
        return None, None
    with told():
        old = desk.store.current()
    if old is None:
        if not procedure.needs_old_key:
            return None, None
        raise HelperError(
            Kind.REFUSED,
            "old-certificate-missing",
            text("The certificate that is to be renewed is not on this computer."),
            advice=text("Import your backup first, then renew."),
        )
    if old_password is None:
        if not procedure.needs_old_key:
            return old, None
        raise HelperError(
            Kind.PASSWORD, "password-needed", text("The password of the present certificate is needed.")
        )
    with told():
        unlocked = desk.store.unlock(old, old_password)
    proof = line.run(prove_key(line.place, Purpose.RENEW, unlocked.key, old.certificate))
    return old, proof


def _submit(
    desk: Desk, line: Line, procedure: PolicyProcedure, record: PendingKey, proof: Signed | None
) -> None:
    """Send the request; a refusal of the centre puts the key aside, anything unclear leaves it for repair."""
    try:
        line.send(calls.apply(procedure.id, request=record.request, csr=record.csr, old_key_proof=proof))
    except HelperError as error:
        if error.kind is Kind.NETWORK:
            raise needs_repair(error) from error
        with told():
            desk.store.discard(record.request)
        raise
    with told():
        desk.store.submitted(record.request)


def _carried(desk: Desk, line: Line, record: PendingKey, password: str, watch: Watch) -> Entry:
    try:
        return carry_on(desk, line, record, password, watch)
    except HelperError as error:
        raise needs_repair(error) from error


def carry_on(desk: Desk, line: Line, record: PendingKey, password: str, watch: Watch) -> Entry:
    """From a request that the centre has to an installed and confirmed certificate, from wherever it stands.

    Raises:
        HelperError: `not-issued-yet` after two minutes; the centre's refusal; the store's.
    """
    store = desk.store
    with told():
        record = store.shelf.record(record.request)
    if record.state.rank < State.ISSUED.rank:
        _await_issue(line, record, watch)
        watch.at(Stage.DOWNLOADING, 70)
        answer = line.send(calls.issued_certificate(record.request))
        with told():
            leaf, chain = _read(answer)
            store.issued(record.request, leaf, chain, export_file_name=answer.text("export_file_name"))
    watch.at(Stage.INSTALLING, 85)
    with told():
        entry = store.install(record.request, password, now=centre_time(line))
    watch.at(Stage.CONFIRMING, 95)
    with told():
        key = store.open_pending(record.request, password)
    proof = line.run(prove_key(line.place, Purpose.REPAIR, key, None))
    line.send(calls.acknowledge(record.request, proof))
    with told():
        return store.acknowledged(record.request) or entry


def _await_issue(line: Line, record: PendingKey, watch: Watch) -> None:
    """Ask until the CA has made it: 「下載憑證需 5~20 秒，請稍候」."""
    for asked in range(_LONGEST_WAIT // _WAIT_SECONDS):
        watch.at(Stage.WAITING, min(30 + asked * 2, 65))
        progress = line.send(calls.application(record.request, wait=_WAIT_SECONDS))
        if progress.text("state") not in _UNDER_WAY:
            return
    raise HelperError(
        Kind.NEEDS_REPAIR,
        "not-issued-yet",
        text("The certificate authority has not returned the certificate yet."),
        advice=text("Repair in a few minutes; nothing is lost."),
    )


def _read(answer: Answer) -> tuple[x509.Certificate, Sequence[x509.Certificate]]:
    try:
        chain = [Answer({"der": each}).octets("der") for each in answer.values["chain"]]
        return x509.load_der_x509_certificate(answer.octets("certificate")), tuple(
            map(x509.load_der_x509_certificate, chain)
        )
    except (ValueError, KeyError, TypeError) as error:
        raise HelperError(
            Kind.NETWORK,
            "unexpected-answer",
            text("Something else than the certificate centre has answered."),
            detail=str(error),
        ) from error


def centre_time(line: Line) -> datetime:
    """What time it is at the centre: a wrong clock here is no reason to refuse a new certificate."""
    values = line.send(calls.environment())
    return datetime.fromisoformat(values.text("time"))


def needs_repair(error: HelperError) -> HelperError:
    """The same trouble, with what it means once a key waits here."""
    if error.kind is Kind.NEEDS_REPAIR:
        return error
    return HelperError(
        Kind.NEEDS_REPAIR,
        error.code,
        error.title,
        detail=error.detail,
        advice=error.advice or text("Repair goes on where this broke off."),
        kept=text(
            "The key is safe on this computer, and the certificate in use still works. Repair goes on from here."
        ),
        reference=error.reference,
    )
