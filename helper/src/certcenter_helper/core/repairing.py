"""憑證修復: take up whatever broke off, and say plainly what is missing where that can't be (SPEC A9)."""

from pathlib import Path

from certcenter_helper.core import panels
from certcenter_helper.core.desk import Desk
from certcenter_helper.core.errors import HelperError, Kind
from certcenter_helper.core.line import Line
from certcenter_helper.core.obtaining import Watch, carry_on
from certcenter_helper.core.texts import text
from certcenter_helper.core.troubles import told
from certcenter_helper.core.values import HostStatus, Repaired, RepairOutcome
from certcenter_helper.core.work import Cancel, Progress, Stage, Step
from certcenter_sdk.client import calls
from certcenter_sdk.errors import PfxRefused, StoreRefused
from certcenter_sdk.store import Damaged, PendingKey, State

_ENDED = frozenset({"refused", "ended"})


def repair(desk: Desk, *, password: str | None, progress: Progress, cancel: Cancel) -> Repaired:
    """Go on with every waiting key, then with damaged files, then look whether something is missing.

    Raises:
        HelperError: the centre can't be reached; PASSWORD where the waiting key's password is wrong or not given.
    """
    watch = Watch(progress, cancel)
    line = desk.line()
    try:
        watch.at(Stage.CONNECTING, 5)
        with told():
            pending, damaged = desk.store.pending(), desk.store.damaged()
        done = [_record(desk, line, record, password, watch) for record in pending]
        done += [_damaged(desk, each, password) for each in damaged if each.path.suffix == ".pfx"]
        found = [each for each in done if each is not None]
        progress(Step(Stage.DONE, 100))
        return _summed(found) if found else _missing(desk, line)
    finally:
        line.close()


def _record(
    desk: Desk, line: Line, record: PendingKey, password: str | None, watch: Watch
) -> Repaired | None:
    """One waiting key: finish it, or put it aside where the centre will never answer it."""
    if record.state.rank < State.ISSUED.rank:
        gone = _gone(desk, line, record)
        if gone is not None:
            return gone
    try:
        entry = carry_on(desk, line, record, _needed(password), watch)
    except HelperError as error:
        if error.code != "not-issued-yet":
            raise
        return Repaired(outcome=RepairOutcome.NOT_ISSUED, sentences=(error.title,), advice=(error.advice,))
    word = text("The certificate {serial} is installed, and the centre knows.")
    return Repaired(
        outcome=RepairOutcome.REPAIRED,
        sentences=(word.format(serial=desk.policy.serial(entry.serial)),),
        advice=(text("Export a backup of your new certificate, and keep it in another place."),),
    )


def _gone(desk: Desk, line: Line, record: PendingKey) -> Repaired | None:
    """The centre does not know the request, or has ended it: the key is put aside, never deleted."""
    try:
        state = line.send(calls.application(record.request)).text("state")
    except HelperError as error:
        if error.code != "not-found":
            raise
        state = ""
    if state and state not in _ENDED:
        if record.state is State.GENERATED:
            with told():
                desk.store.submitted(record.request)
        return None
    with told():
        kept = desk.store.discard(record.request)
    sentence = (
        text("The application was ended by the centre.")
        if state
        else text("The application never reached the centre.")
    )
    return _cleaned(sentence, kept)


def _cleaned(sentence: str, kept: Path) -> Repaired:
    return Repaired(
        outcome=RepairOutcome.CLEANED,
        sentences=(sentence, text("Its key was put aside: {path}").format(path=kept)),
        advice=(text("Apply or renew again."),),
    )


def _damaged(desk: Desk, damaged: Damaged, password: str | None) -> Repaired | None:
    """A PFX that the store did not write: known again by its password, or left as it is with a plain word."""
    try:
        with_password = _needed(password)
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


def _missing(desk: Desk, line: Line) -> Repaired:
    """Nothing waits here. Is the centre's certificate on this computer?"""
    values = line.send(calls.certificates()).values
    there, status = panels.there_of(values), HostStatus(values["status"])
    here = {each.id for each in panels.locals_of(desk)}
    if (
        there is None
        or there.spki in here
        or status
        not in {
            HostStatus.AWAITING,
            HostStatus.VALID,
            HostStatus.EXPIRING,
        }
    ):
        return Repaired(
            outcome=RepairOutcome.NOTHING, sentences=(text("Nothing on this computer needs a repair."),)
        )
    if status is HostStatus.AWAITING:
        return Repaired(
            outcome=RepairOutcome.KEY_MISSING,
            sentences=(text("The certificate was issued, but its private key is not on this computer."),),
            advice=(
                text("Repair on the computer that applied."),
                text("If that one is lost: revoke the certificate and apply again."),
            ),
        )
    return Repaired(
        outcome=RepairOutcome.KEY_MISSING,
        sentences=(text("The centre's certificate is not on this computer."),),
        advice=(
            text("Import your backup."),
            text("If there is none: revoke the certificate and apply again."),
        ),
    )


def _summed(done: list[Repaired]) -> Repaired:
    """Several repairs as one: the worst outcome, all sentences."""
    worst = (
        RepairOutcome.KEY_MISSING,
        RepairOutcome.NOT_ISSUED,
        RepairOutcome.REPAIRED,
        RepairOutcome.CLEANED,
        RepairOutcome.NOTHING,
    )
    return Repaired(
        outcome=min((each.outcome for each in done), key=worst.index),
        sentences=tuple(sentence for each in done for sentence in each.sentences),
        advice=tuple(dict.fromkeys(advice for each in done for advice in each.advice)),
    )
