"""憑證查詢, 憑證資料檢核, documents: what only looks (SPEC A1, A8, A14)."""

from datetime import datetime
from typing import Any

from certcenter_helper.core import panels
from certcenter_helper.core.desk import Desk
from certcenter_helper.core.errors import HelperError, Kind
from certcenter_helper.core.texts import text
from certcenter_helper.core.troubles import told
from certcenter_helper.core.values import (
    Action,
    ClientPanel,
    ClientStatus,
    DataCheck,
    DataRow,
    Document,
    HostStatus,
    Overview,
)
from certcenter_sdk.store import State

_REMINDED = frozenset({HostStatus.EXPIRING, HostStatus.EXPIRED})


def overview(desk: Desk, *, offline: bool) -> Overview:
    """Both panels and what makes sense now; offline where nobody answers, which it says."""
    values, trouble = (None, None) if offline else _asked(desk)
    if values is None:
        return _alone(desk, trouble)
    policy, there = desk.policy, panels.there_of(values)
    redownload = bool(values.get("redownload") or "redownload" in values["actions"])
    with told():
        clients = panels.client_panels(desk, there, asked=True, redownload=redownload)
    host = panels.host_panel(desk, values)
    window = values["window"]
    return Overview(
        name=desk.login.name if desk.login else "",
        identity=desk.masked,
        host=host,
        clients=clients,
        actions=_actions(values["actions"], clients),
        revocations_left=values["revocations_left"] if policy.revokes_online else None,
        notice=str(policy.values["revocation"]["notice"]),
        reminder=host.word.advice if host.status in _REMINDED else "",
        window=tuple(datetime.fromisoformat(window[end]) for end in ("opens", "closes")) if window else None,  # type: ignore[arg-type]  # two of them
        asked_at=desk.now(),
    )


def _asked(desk: Desk) -> tuple[Any, HelperError | None]:
    """The centre's answer; None with the reason where it can't be reached. Other refusals are raised."""
    from certcenter_sdk.client import calls

    line = desk.line()
    try:
        values = line.send(calls.certificates()).values
        desk.refresh_policy(line)
        desk.learn_time(line)
    except HelperError as error:
        if error.kind is not Kind.NETWORK:
            raise
        return None, error
    finally:
        line.close()
    return values, None


def _alone(desk: Desk, trouble: HelperError | None) -> Overview:
    with told():
        clients = panels.client_panels(desk, None, asked=False)
    unknown = [
        text(
            "Whether the centre holds the same certificate, and whether it was revoked, can't be known now."
        ),
        text("Applying, renewing, revoking, repairing and signing orders need the centre."),
    ]
    if trouble is not None:
        unknown.insert(0, trouble.title)
    return Overview(
        name=desk.login.name if desk.login else "",
        identity=desk.masked,
        host=panels.host_panel(desk, None),
        clients=clients,
        actions=tuple(dict.fromkeys(action for each in clients for action in each.actions)),
        reminder=_reminder(desk, clients[0]),
        offline=True,
        unknown=tuple(unknown),
    )


def _reminder(desk: Desk, panel: ClientPanel) -> str:
    """The expiry reminder needs no network where a certificate is here (SPEC A14)."""
    if panel.status is not ClientStatus.EXPORTABLE or panel.not_after is None:
        return ""
    days = (panel.not_after - desk.now()).days
    if days > int(desk.policy.values["expiring_days"]):
        return ""
    return desk.policy.host_word(HostStatus.EXPIRING).advice


def _actions(offered: list[str], clients: tuple[ClientPanel, ...]) -> tuple[Action, ...]:
    """The centre's likeliest first, then those of the first page. A download makes sense where its key is (SPEC A9)."""
    known = {each.value for each in Action} - {Action.REDOWNLOAD.value}
    found = [Action(each) for each in offered if each in known]
    has_key = any(each.status is ClientStatus.KEY_ONLY for each in clients)
    if any(Action.REDOWNLOAD in each.actions for each in clients):  # not once the certificate is here
        found = [Action.REDOWNLOAD, *(each for each in found if each is not Action.DOWNLOAD)]
    elif Action.DOWNLOAD in found and not has_key:
        found.remove(Action.DOWNLOAD)
    return tuple(dict.fromkeys([*found, *clients[0].actions]))


def data_check(desk: Desk) -> DataCheck:
    """Valid → export, none → import, invalid → remove; a waiting key → repair (SPEC A8)."""
    seen = overview(desk, offline=False)
    todo = {
        ClientStatus.EXPORTABLE: Action.EXPORT,
        ClientStatus.INVALID: Action.REMOVE,
        ClientStatus.MISMATCH: Action.REMOVE,
        ClientStatus.KEY_ONLY: Action.DOWNLOAD,
        ClientStatus.DAMAGED: Action.DOWNLOAD,
    }
    rows = tuple(DataRow(panel=each, do=todo.get(each.status)) for each in seen.clients if each.id)
    if any(each.panel.status is ClientStatus.EXPORTABLE for each in rows):
        return DataCheck(
            sentence=text("This computer holds your valid certificate. Export a backup."),
            rows=rows,
            do=Action.EXPORT,
        )
    if rows:
        return DataCheck(
            sentence=text("This computer holds no valid certificate of yours; see below what to do."),
            rows=rows,
            do=rows[0].do,
        )
    return DataCheck(
        sentence=text("No valid certificate of yours was found on this computer."), rows=(), do=Action.IMPORT
    )


def documents(desk: Desk, kind: str) -> tuple[Document, ...]:
    """Announcements, instructions, questions and answers."""
    from certcenter_helper.core.procedure import document
    from certcenter_sdk.client import calls

    line = desk.open_line()
    try:
        found = line.send(calls.documents(kind)).values["documents"]
    finally:
        line.close()
    return tuple(document(each) for each in found)


def unfinished(desk: Desk) -> int:
    """How many keys of this computer still wait for their certificate; no network."""
    with told():
        return sum(record.state is not State.ACKED for record in desk.view.pending())
