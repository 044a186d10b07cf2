"""From a proven procedure to an installed certificate, and to a revoked one: `client.custody`, in the customer's words.

The store's record of the key is written before the first request; whatever breaks, `repairing` takes up the same record
(SPEC A3–A5, E8).
"""

from typing import Final

from certcenter_helper.core.desk import Desk
from certcenter_helper.core.errors import HelperError, Kind
from certcenter_helper.core.files import obtained
from certcenter_helper.core.policy import require_rule
from certcenter_helper.core.procedure import PolicyProcedure
from certcenter_helper.core.texts import text
from certcenter_helper.core.troubles import told
from certcenter_helper.core.values import Kind as What
from certcenter_helper.core.values import Obtained, Revoked, SecurityMode
from certcenter_helper.core.work import Cancel, Cancelled, Progress, Stage, Step
from certcenter_sdk.client import calls, custody
from certcenter_sdk.keys import KeyType
from certcenter_sdk.store import PendingKey, State, Unlocked
from certcenter_sdk.store import SecurityMode as Mode

STAGES: Final = {
    custody.Stage.KEY: Stage.MAKING_KEY,
    custody.Stage.REQUEST: Stage.SENDING,
    custody.Stage.ISSUING: Stage.WAITING,
    custody.Stage.INSTALL: Stage.INSTALLING,
    custody.Stage.CONFIRM: Stage.CONFIRMING,
    custody.Stage.DONE: Stage.DONE,
}


def reporting(progress: Progress) -> custody.Report:
    """The SDK's reports as this core's."""
    return lambda stage, percent: progress(Step(STAGES[stage], percent))


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
        HelperError: NEEDS_REPAIR where a key waits afterwards; `repair` goes on with it.
        Cancelled: the same holds.
    """
    require_rule(desk.policy.password_rule, password)
    if procedure.next is not None:
        raise HelperError(Kind.INPUT, "wrong-step", text("Something must be proven first."))
    old = _old_key(desk, procedure, old_password)
    waiting, used = _waiting(desk), list[PendingKey]()
    line = desk.line()
    try:
        entry = line.run(
            custody.obtain(
                line.place,
                desk.store,
                procedure.id,
                password,
                kind=procedure.kind.value,
                old=old,
                key_type=KeyType(desk.policy.key_type),
                security=Mode(security.value) if security else None,
                report=reporting(progress),
                chosen=used.append,
            ),
            cancel=cancel,
        )
    except (HelperError, Cancelled) as trouble:
        raise _afterwards(desk, trouble, waiting, used) from trouble
    finally:
        line.close()
    return obtained(desk, entry.spki_sha256, offer_backup=True)


def revoke(desk: Desk, procedure: PolicyProcedure) -> Revoked:
    """Revoke with a proven procedure; repeated, it counts once."""
    line = desk.line()
    try:
        answer = line.send(calls.revoke(procedure.id))
    finally:
        line.close()
    return Revoked(serial=answer.values["certificate"]["serial"], left=answer.number("revocations_left"))


def _old_key(desk: Desk, procedure: PolicyProcedure, old_password: str | None) -> Unlocked | None:
    """The certificate that is renewed, unlocked, where policy wants its signature or it is here (SPEC A4)."""
    if procedure.kind is not What.RENEW:
        return None
    with told():
        old = desk.store.current()
    if old is not None and old_password is not None:
        with told():
            return desk.store.unlock(old, old_password)
    if not procedure.needs_old_key:
        return None
    if old is not None:
        raise HelperError(
            Kind.PASSWORD, "password-needed", text("The password of the present certificate is needed.")
        )
    raise HelperError(
        Kind.REFUSED,
        "old-certificate-missing",
        text("The certificate that is to be renewed is not on this computer."),
        advice=text("Import your backup first, then renew."),
    )


def _waiting(desk: Desk) -> frozenset[str]:
    with told():
        return frozenset(record.spki_sha256 for record in desk.store.pending())


def _afterwards(
    desk: Desk, trouble: HelperError | Cancelled, before: frozenset[str], used: list[PendingKey]
) -> Exception:
    """The same trouble; where a key waits now, with what that means."""
    if isinstance(trouble, Cancelled):
        return trouble
    if trouble.kind is Kind.REFUSED:
        _give_up(desk, [each for each in used if each.spki_sha256 not in before])
        return trouble
    if not _waiting(desk) - before and trouble.kind is not Kind.NETWORK:
        return trouble
    return needs_repair(trouble)


def _give_up(desk: Desk, made: list[PendingKey]) -> None:
    """The centre said no to the request: the key made for it is put aside, so that nothing waits for ever. Never deleted.

    A key that another program has made meanwhile is that one's.
    """
    with told():
        for each in made:
            record = desk.store.pending_for(each.spki_sha256)
            if record is not None and record.state is State.GENERATED:
                desk.store.discard(record.request)


def needs_repair(error: HelperError) -> HelperError:
    """The same trouble, with what it means once a key waits here."""
    if error.kind is Kind.NEEDS_REPAIR:
        return error
    kept = text(
        "The key is safe on this computer, and the certificate in use still works. Repair goes on from here."
    )
    return HelperError(
        Kind.NEEDS_REPAIR,
        error.code,
        error.title,
        detail=error.detail,
        advice=error.advice or text("Repair goes on where this broke off."),
        kept=kept,
        reference=error.reference,
    )
