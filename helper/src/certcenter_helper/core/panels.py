"""The panels of the overview: what the centre holds beside what this computer holds (SPEC A1, A2)."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, Final

from certcenter_helper.core.desk import Desk
from certcenter_helper.core.statuses import Here, Standing, There, client_actions, client_status, ordered
from certcenter_helper.core.texts import text
from certcenter_helper.core.values import ClientPanel, ClientStatus, Fact, HostPanel, HostStatus, SecurityMode
from certcenter_sdk.store import Damaged, Entry, PendingKey, State
from certcenter_sdk.store import Standing as Kept

TAIPEI: Final = timezone(timedelta(hours=8), "Asia/Taipei")  # no summer time since 1980
_BACKDATE: Final = timedelta(minutes=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Local(Here):
    """A certificate, a waiting key or a damaged file of this computer."""

    entry: Entry | None = None
    record: PendingKey | None = None
    damaged: Damaged | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """How an institution writes things."""

    keeps_file: bool
    masked: str
    backdate: timedelta = _BACKDATE

    def moment(self, value: datetime | None) -> str:
        """`2022-03-25 12:10:58` in Taipei; `2013/04/11 16:29:01` where the customer sees files (M3)."""
        if value is None:
            return ""
        pattern = "%Y/%m/%d %H:%M:%S" if self.keeps_file else "%Y-%m-%d %H:%M:%S"
        return value.astimezone(TAIPEI).strftime(pattern)


def shown(desk: Desk) -> Shown:
    """How this institution writes things."""
    minutes = desk.policy.values.get("validity", {}).get("backdate_minutes", 5)
    return Shown(
        keeps_file=desk.policy.keeps_file, masked=desk.masked, backdate=timedelta(minutes=int(minutes))
    )


def locals_of(desk: Desk) -> list[Local]:
    """All that lies on this computer for this customer, unordered."""
    store = desk.view
    entries, damaged = store.certificates(), store.damaged()
    have = {entry.spki_sha256 for entry in entries}
    found = [_of_entry(entry) for entry in entries]
    found += [_of_record(record) for record in store.pending() if record.spki_sha256 not in have]
    found += [
        Local(id=f"file:{each.path.name}", standing=Standing.DAMAGED, damaged=each)
        for each in damaged
        if each.path.exists()
    ]
    return found


def _of_entry(entry: Entry) -> Local:
    standing = Standing.REPLACED if entry.standing is Kept.REPLACED else Standing.INSTALLED
    return Local(
        id=entry.spki_sha256,
        standing=standing,
        not_after=entry.not_after,
        confirmed=entry.standing is not Kept.INSTALLED,
        entry=entry,
    )


def _of_record(record: PendingKey) -> Local:
    """A key without a file: waiting, or its file was deleted behind the store's back."""
    lost = record.state is State.INSTALLED
    return Local(
        id=record.spki_sha256,
        standing=Standing.DAMAGED if lost else Standing.PENDING,
        record=record,
        confirmed=False,
    )


def there_of(values: Any) -> There | None:
    """What of the centre's certificate matters for this computer."""
    status, host = HostStatus(values["status"]), values["host"]
    if host is not None:
        return There(spki=host["spki_sha256"], status=status)
    application = values["application"]
    if application is not None:
        return There(spki=application["spki_sha256"], status=status)
    return None


def host_panel(desk: Desk, values: Any | None) -> HostPanel:
    """主機端; `values` is the answer of `GET certificates`, None offline."""
    if values is None:
        return HostPanel(status=HostStatus.UNKNOWN, word=desk.policy.host_word(HostStatus.UNKNOWN))
    status = HostStatus(values["status"])
    word = desk.policy.host_word(status)
    host = values["host"]
    if host is None:
        return HostPanel(status=status, word=word, facts=_host_facts(desk, None))
    issued, ends = (datetime.fromisoformat(host[name]) for name in ("issued_at", "not_after"))
    return HostPanel(
        status=status,
        word=word,
        facts=_host_facts(desk, (host["serial"], issued, ends)),
        serial=host["serial"],
        issued_at=issued,
        not_after=ends,
        spki_sha256=host["spki_sha256"],
    )


def certificate_facts(desk: Desk, serial: str, subject: str, ends: datetime) -> tuple[Fact, ...]:
    """A certificate that lies in a file, to be looked at before it is installed."""
    how = shown(desk)
    return (
        Fact(key="serial", name=text("Serial number"), value=desk.policy.serial(serial)),
        Fact(key="subject", name=text("Certificate subject"), value=subject),
        Fact(key="ends", name=_ends(how), value=how.moment(ends)),
    )


def _host_facts(desk: Desk, host: tuple[str, datetime, datetime] | None) -> tuple[Fact, ...]:
    how = shown(desk)
    serial, issued, ends = host or ("", None, None)
    return (
        _who(how),
        Fact(key="serial", name=text("Serial number"), value=desk.policy.serial(serial)),
        Fact(key="issued", name=_begins(how), value=how.moment(issued)),
        Fact(key="ends", name=_ends(how), value=how.moment(ends)),
    )


def client_panels(
    desk: Desk, there: There | None, *, asked: bool, redownload: bool = False
) -> tuple[ClientPanel, ...]:
    """客戶端, one for each page of the pager; one that says so where there is nothing."""
    found, mode = locals_of(desk), SecurityMode(desk.view.security().value)
    moment = desk.now()
    panels = [
        _panel(desk, each, there, mode, asked=asked, redownload=redownload, now=moment)
        for each in ordered(found, there)
    ]
    return tuple(panels) or (_empty(desk, there, asked=asked, redownload=redownload, now=moment),)


def _empty(desk: Desk, there: There | None, *, asked: bool, redownload: bool, now: datetime) -> ClientPanel:
    status = client_status(None, there, now=now, asked=asked)
    return ClientPanel(
        status=status,
        word=desk.policy.client_word(status),
        facts=_client_facts(desk, None, None),
        actions=client_actions(status, asked=asked, redownload=redownload),
        path=desk.view.location.folder,
    )


def _panel(
    desk: Desk,
    here: Local,
    there: There | None,
    mode: SecurityMode,
    *,
    asked: bool,
    redownload: bool,
    now: datetime,
) -> ClientPanel:
    status = client_status(here, there, now=now, asked=asked)
    entry, word = here.entry, desk.policy.client_word(status)
    if status is ClientStatus.EXPORTABLE and not asked:
        word = replace(word, advice="")  # that one can trade only the centre knows
    return ClientPanel(
        status=status,
        word=word,
        id=here.id,
        facts=_client_facts(desk, here, mode),
        serial=entry.serial if entry else "",
        not_before=entry.not_before if entry else None,
        not_after=entry.not_after if entry else None,
        security=mode,
        path=_path(here) or desk.view.location.folder,
        actions=client_actions(status, asked=asked, redownload=redownload),
    )


def _path(here: Local) -> Path | None:
    if here.entry:
        return here.entry.path
    return here.damaged.path if here.damaged else None


def _client_facts(desk: Desk, here: Local | None, mode: SecurityMode | None) -> tuple[Fact, ...]:
    how, entry = shown(desk), here.entry if here else None
    facts = []
    if how.keeps_file:
        place = (_path(here) if here else None) or desk.view.location.file or desk.view.location.folder
        facts += [
            Fact(key="path", name=text("Folder"), value=str(place.parent)),
            Fact(key="file", name=text("File"), value=place.name),
            Fact(key="security", name=text("Security setting"), value=_setting(desk, mode)),
        ]
    begins = entry.not_before + how.backdate if entry else None
    ends = entry.not_after if entry else None
    facts += [
        _who(how),
        Fact(
            key="serial", name=text("Serial number"), value=desk.policy.serial(entry.serial if entry else "")
        ),
        Fact(key="issued", name=_begins(how), value=how.moment(begins)),
        Fact(key="ends", name=_ends(how), value=how.moment(ends)),
    ]
    if here and here.record:
        facts.append(Fact(key="made", name=text("Key made"), value=how.moment(here.record.created_at)))
    if not how.keeps_file:
        facts.append(Fact(key="security", name=text("Security setting"), value=_setting(desk, mode)))
    return tuple(facts)


def _setting(desk: Desk, mode: SecurityMode | None) -> str:
    """`2 (登入後第一次下單詢問憑證密碼)`, as M3 shows it."""
    return f"{mode.value} ({desk.policy.security_setting(mode).label})" if mode else ""


def _who(how: Shown) -> Fact:
    return Fact(
        key="id", name=text("Certificate CN") if how.keeps_file else text("ID number"), value=how.masked
    )


def _begins(how: Shown) -> str:
    return text("Certificate start date") if how.keeps_file else text("Valid from")


def _ends(how: Shown) -> str:
    return text("Certificate end date") if how.keeps_file else text("Valid until")
