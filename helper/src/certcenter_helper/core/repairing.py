"""憑證修復: take up whatever broke off, and say plainly what is missing where that can't be (SPEC A9)."""

from uuid import UUID

from certcenter_helper.core import panels
from certcenter_helper.core.desk import Desk
from certcenter_helper.core.errors import HelperError, Kind
from certcenter_helper.core.line import Line
from certcenter_helper.core.obtaining import reporting
from certcenter_helper.core.statuses import There
from certcenter_helper.core.texts import text
from certcenter_helper.core.troubles import told
from certcenter_helper.core.values import HostStatus, Repaired, RepairOutcome
from certcenter_helper.core.values import Kind as What
from certcenter_helper.core.work import Cancel, Progress, Stage, Step
from certcenter_sdk.client import calls, custody
from certcenter_sdk.client.custody import Outcome
from certcenter_sdk.errors import PfxRefused, StoreRefused
from certcenter_sdk.store import Damaged, Entry, PendingKey

_LIVE = frozenset({HostStatus.VALID, HostStatus.EXPIRING})
_SETTLED = frozenset({RepairOutcome.REPAIRED, RepairOutcome.KEY_MISSING})


def repair(desk: Desk, *, password: str | None, progress: Progress, cancel: Cancel) -> Repaired:
    """Go on with every waiting key, then with damaged files, then look whether something is missing.

    Raises:
        HelperError: the centre can't be reached; PASSWORD where the waiting key's password is wrong or not given.
    """
    line = desk.line()
    try:
        progress(Step(Stage.CONNECTING, 5))
        done = _redownloaded(desk, line, password, progress, cancel)
        found = line.run(
            custody.repair(
                line.place, desk.store, lambda _record: _needed(password), report=reporting(progress)
            ),
            cancel=cancel,
        )
        with told():
            damaged = [each for each in desk.store.damaged() if each.path.suffix == ".pfx"]
        done += [_told(desk, line, each) for each in found]
        done += [_damaged(desk, each, password) for each in damaged]
        if not {each.outcome for each in done} & _SETTLED:
            done += _missing(line, desk)
        progress(Step(Stage.DONE, 100))
        return _summed(done) if done else _nothing()
    finally:
        line.close()


def _redownloaded(
    desk: Desk, line: Line, password: str | None, progress: Progress, cancel: Cancel
) -> list[Repaired]:
    """憑證重新下載, where staff have opened it for a key that waits here."""
    if not desk.policy.repaired_by_staff:
        return []
    opened = line.send(calls.certificates()).values.get("redownload")
    if opened is None or desk.store.pending_for(str(opened["spki_sha256"])) is None:
        return []
    flow = custody.redownload(line.place, desk.store, _needed(password), report=reporting(progress))
    return [_installed(desk, line.run(flow, cancel=cancel))]


def _told(desk: Desk, line: Line, one: custody.Repaired) -> Repaired:
    """What became of one application."""
    if one.outcome is Outcome.FINISHED:
        return _installed(desk, one.entry)
    if one.outcome is Outcome.NOT_SENT:
        return _not_sent(desk, line, one)
    if one.outcome is Outcome.REFUSED:
        return _put_aside(desk, one.request, text("The application was ended by the centre."))
    if one.outcome is Outcome.NOT_OPENED:
        return Repaired(
            outcome=RepairOutcome.NOT_ISSUED,
            sentences=(text("Staff must open the download first."),),
            advice=(str(desk.policy.values["repair"]["note"]),),
        )
    return _key_missing()


def _installed(desk: Desk, entry: Entry | None) -> Repaired:
    serial = desk.policy.serial(entry.serial) if entry else ""
    return Repaired(
        outcome=RepairOutcome.REPAIRED,
        sentences=(
            text("The certificate {serial} is installed, and the centre knows.").format(serial=serial),
        ),
        advice=desk.policy.advice_afterwards
        or (text("Export a backup of your new certificate, and keep it in another place."),),
    )


def _not_sent(desk: Desk, line: Line, one: custody.Repaired) -> Repaired:
    """The centre never heard of the request: its key waits for the next one, unless that will never come."""
    never = text("The application never reached the centre.")
    there = panels.there_of(line.send(calls.certificates()).values)
    with told():
        record = desk.store.shelf.record(one.request)
    if not _wanted(record, there):
        return _put_aside(desk, one.request, never)
    return Repaired(
        outcome=RepairOutcome.NOT_SENT,
        sentences=(
            never,
            text("Its key stays on this computer and is used when you try again with the same password."),
        ),
        advice=(text("Apply or renew again."),),
    )


def _wanted(record: PendingKey, there: There | None) -> bool:
    """Can its owner still ask for what this key was made for?"""
    if record.kind == What.APPLY.value:
        return there is None or there.status not in _LIVE
    return there is not None and record.replaces in {"", there.spki}


def _put_aside(desk: Desk, request: UUID, why: str) -> Repaired:
    """Nothing will come of this key: it is put aside, never deleted."""
    with told():
        kept = desk.store.discard(request)
    return Repaired(
        outcome=RepairOutcome.CLEANED,
        sentences=(why, text("Its key was put aside: {path}").format(path=kept)),
        advice=(text("Apply or renew again."),),
    )


def _key_missing() -> Repaired:
    return Repaired(
        outcome=RepairOutcome.KEY_MISSING,
        sentences=(text("The certificate was issued, but its private key is not on this computer."),),
        advice=(
            text("Repair on the computer that applied."),
            text("If that one is lost: revoke the certificate and apply again."),
        ),
    )


def _damaged(desk: Desk, damaged: Damaged, password: str | None) -> Repaired:
    """A PFX that the store did not write: known again by its password, or left as it is with a plain word."""
    with_password = _needed(password)
    try:
        entry = desk.store.adopt(damaged, with_password)
    except (PfxRefused, StoreRefused) as refused:
        if refused.code == "wrong-password":
            with told():
                raise
        return Repaired(
            outcome=RepairOutcome.KEY_MISSING,
            sentences=(text("{path} can't be read any more.").format(path=damaged.path),),
            advice=(text("Import your backup. Without one: revoke the certificate and apply again."),),
        )
    return Repaired(
        outcome=RepairOutcome.REPAIRED,
        sentences=(text("{path} is in order again.").format(path=entry.path),),
    )


def _needed(password: str | None) -> str:
    if password is None:
        raise HelperError(
            Kind.PASSWORD,
            "password-needed",
            text("The certificate password is needed: the one that you chose when you applied."),
        )
    return password


def _missing(line: Line, desk: Desk) -> list[Repaired]:
    """Is the centre's certificate on this computer? Empty if so, or if it has none that works."""
    values = line.send(calls.certificates()).values
    there, status = panels.there_of(values), HostStatus(values["status"])
    with told():
        here = {each.id for each in panels.locals_of(desk)}
    if there is None or there.spki in here or status not in _LIVE:
        return []
    return [
        Repaired(
            outcome=RepairOutcome.KEY_MISSING,
            sentences=(text("The centre's certificate is not on this computer."),),
            advice=(
                text("Import your backup."),
                text("If there is none: revoke the certificate and apply again."),
            ),
        )
    ]


def _nothing() -> Repaired:
    return Repaired(
        outcome=RepairOutcome.NOTHING, sentences=(text("Nothing on this computer needs a repair."),)
    )


def _summed(done: list[Repaired]) -> Repaired:
    """Several repairs as one: the worst outcome, all sentences."""
    worst = (
        RepairOutcome.KEY_MISSING,
        RepairOutcome.NOT_ISSUED,
        RepairOutcome.NOT_SENT,
        RepairOutcome.REPAIRED,
        RepairOutcome.CLEANED,
        RepairOutcome.NOTHING,
    )
    return Repaired(
        outcome=min((each.outcome for each in done), key=worst.index),
        sentences=tuple(sentence for each in done for sentence in each.sentences),
        advice=tuple(dict.fromkeys(advice for each in done for advice in each.advice)),
    )
