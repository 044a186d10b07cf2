"""`certcenterctl audit`: verify the history, read it."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from itertools import islice

import click
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from certcenter.audit import queries, sequencer, verifier
from certcenter.audit.findings import Report
from certcenter.audit.models import AuditEvent
from certcenter.audit.verifier import OnProgress
from certcenter.core.taiwan import to_taipei


@click.group()
def audit() -> None:
    """Verify the audit trail, list its events. 驗證稽核軌跡、列出事件。"""


@audit.command()
@click.option(
    "--full",
    is_flag=True,
    help="From the first event, not from where the last clean run ended. 自第一筆起驗證。",
)
@click.option(
    "--sequence",
    is_flag=True,
    help="First give waiting events their place (after a restore). 先編排待處理事件。",
)
def verify(*, full: bool, sequence: bool) -> None:
    """Check every event's MAC, chain and place, and all signed checkpoints. 檢查每筆事件的驗證碼、鏈結、次序及簽署的檢查點。

    Begins where the last clean run ended, unless told otherwise. Findings name the rows; each is a sign of tampering or of
    damage. Exit code 0: nothing found. 1: findings. 結束代碼 0 無異常，1 有異常。
    """
    if sequence:
        while sequencer.run_once():
            pass
    with _progress() as on_progress:
        report = verifier.verify(since=None if full else verifier.remembered(), on_progress=on_progress)
    for finding in report.findings:
        click.echo(str(finding))
    click.echo(_summary(report))
    if not report.clean:
        raise SystemExit(1)
    verifier.remember(report)


def _summary(report: Report) -> str:
    outcome = "in order 正確" if report.clean else f"{report.found} findings 項異常"
    return (
        f"{outcome}: {report.events} events 事件 (from 自 {report.first} to 至 {report.size}), "
        f"{report.checkpoints} checkpoints 檢查點, {report.pending} waiting 待編排, root {report.root.hex()[:16]}"
    )


@contextmanager
def _progress() -> Iterator[OnProgress | None]:
    """Yield what takes (events done, of all): a bar where stderr is a terminal, else nothing."""
    if not sys.stderr.isatty():
        yield None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, transient=True) as bar:
        task = bar.add_task("audit 稽核", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


@audit.command()
@click.option("--subject", default="", help="Such as customer:12 or certificate:<serial>. 事件對象。")
@click.option("--institution", default="", metavar="SLUG", help="Of this institution alone. 機構代號。")
@click.option(
    "--since", type=click.DateTime(), help="Not older than this moment in Taipei. 此時間（台北）之後。"
)
@click.option(
    "--before", type=click.IntRange(min=1), help="Only events numbered below this one. 此編號之前。"
)
@click.option(
    "--limit", default=100, show_default=True, type=click.IntRange(min=1), help="At most so many. 最多筆數。"
)
def show(subject: str, institution: str, since: datetime | None, before: int | None, limit: int) -> None:
    """List events, newest first, one a line. 列出事件，新的在前，一行一筆。"""
    events = queries.newest(subject=subject, institution=institution, before=before, since=since)
    last = None
    for last in islice(events, limit):
        click.echo(_line(last))
    if last is not None and next(events, None) is not None:
        click.echo(f"more 尚有: --before {last.pk}", err=True)


def _line(event: AuditEvent) -> str:
    who = f"{event.actor_kind}:{event.actor_id}" if event.actor_id else event.actor_kind
    parts = (
        f"{event.pk}",
        f"{to_taipei(event.time):%Y-%m-%d %H:%M:%S}",
        event.institution or "-",
        event.event,
        event.subject or "-",
        f"{who}@{event.address}" if event.address else who,
        event.details,
    )
    return "  ".join(parts)
