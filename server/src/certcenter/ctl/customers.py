"""`certcenterctl customers`: customers from a CSV file, and the initial password of one."""

import csv
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

import click
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from certcenter.core import taiwan
from certcenter.core.actor import system
from certcenter.core.errors import CentreError, Invalid
from certcenter.identity import importing, queries
from certcenter.identity.importing import RefusedRow, Totals
from certcenter.identity.models import Customer
from certcenter.institutions import serving
from certcenter.passwords import login
from certcenter.passwords.actions import set_password

#: All rows were taken: 0. Some were refused: this. The file or the call was wrong: 1 and 2, as everywhere.
SOME_REFUSED = 3
_REPORT_COLUMNS = ("line", "column", "code", "reason_zh", "reason_en")
#: Without a terminal, one line of progress for so many hundredths of the file.
_STEP = 10

Advance = Callable[[int, int], None]


@click.group()
def customers() -> None:
    """Import customers, set initial passwords. 匯入客戶、設定初始密碼。"""


def _institution(context: click.Context, parameter: click.Parameter, slug: str) -> str:
    del context, parameter
    known = [institution.slug for institution in serving.served().all()]
    if slug not in known:
        raise click.BadParameter(f"no institution {slug!r} 沒有此機構; known 已知: {', '.join(known)}")
    return slug


_of_institution = click.option(
    "--institution", required=True, callback=_institution, metavar="SLUG", help="Whose customers. 機構代號。"
)


@customers.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@_of_institution
@click.option(
    "--report",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write refused rows to this CSV file instead of the screen. 將被拒的列寫入此檔。",
)
def import_(file: Path, institution: str, report: Path | None) -> None:
    """Create and update customers from FILE, a CSV file. 由 CSV 檔新增及更新客戶。

    Columns: docs/guides/customers-csv.md. Each row stands for itself; importing the same file again changes nothing.

    Exit code 0: all rows taken. 3: some refused, see the report. 1: the file can't be read.
    結束代碼 0 全部匯入，3 部分列被拒，1 檔案無法讀取。
    """
    try:
        with _report_to(report) as refuse, _progress(file.name) as advance:
            totals = importing.import_file(
                file,
                institution=institution,
                actor=system("import", institution=institution),
                on_refused=refuse,
                on_progress=advance,
            )
    except importing.FileRefused as refused:
        raise click.ClickException(f"{file.name}: {refused.detail}") from refused
    except OSError as error:
        raise click.ClickException(f"{error.filename}: {error.strerror}") from error
    click.echo(_summary(totals))
    if totals.refused:
        if report is not None:
            click.echo(f"refused rows 被拒的列: {report}")
        raise SystemExit(SOME_REFUSED)


def _summary(totals: Totals) -> str:
    return (
        f"{totals.rows} rows 列: {totals.created} created 新增, {totals.updated} updated 更新, "
        f"{totals.unchanged} unchanged 未變, {totals.refused} refused 被拒"
    )


@contextmanager
def _report_to(report: Path | None) -> Iterator[Callable[[RefusedRow], None]]:
    """Yield what takes a refused row: it goes to the report file, else as a line to stdout."""
    if report is None:
        yield _print_refused
        return
    with report.open("w", encoding="utf-8-sig", newline="") as file:  # spreadsheets need the BOM to see UTF-8
        yield _writer(file)


def _writer(file: TextIO) -> Callable[[RefusedRow], None]:
    rows = csv.writer(file)
    rows.writerow(_REPORT_COLUMNS)
    return lambda row: rows.writerow([row.line, row.column, row.code, row.reason.zh, row.reason.en])


def _print_refused(row: RefusedRow) -> None:
    print(f"line 第 {row.line} 列, {row.column or '-'}: {row.code}: {row.reason.zh} {row.reason.en}")


@contextmanager
def _progress(name: str) -> Iterator[Advance]:
    """Yield what takes (bytes done, of all): a bar where stderr is a terminal, else a line for every tenth."""
    if not sys.stderr.isatty():
        yield _lines_of_progress()
        return
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, transient=True, redirect_stdout=sys.stdout.isatty()) as bar:
        task = bar.add_task(name, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _lines_of_progress() -> Advance:
    told = 0

    def advance(done: int, total: int) -> None:
        nonlocal told
        percent = 100 * done // total if total else 100
        if percent >= told + _STEP:
            told = percent - percent % _STEP
            click.echo(f"{told} %", err=True)

    return advance


@customers.command()
@click.argument("identity", metavar="ID")
@_of_institution
@click.option(
    "--password-fd",
    type=click.IntRange(min=0),
    metavar="N",
    help="Read the password from file descriptor N, its first line; 0 is stdin. 由檔案描述子讀取密碼。",
)
def password(identity: str, institution: str, password_fd: int | None) -> None:
    """Set the initial login password of the customer ID. 設定客戶的初始登入密碼。

    It is asked for twice without being shown, or read from a file descriptor, never from the command line, where other
    users of this machine could read it. A lock of the login is cleared. 密碼不得出現在指令列；登入鎖定一併解除。
    """
    customer = _customer(institution, identity)
    actor = system("operator", institution=institution)
    try:
        set_password(customer, read_secret(password_fd), actor=actor, must_change=True)
    except Invalid as refused:
        words = " ".join(str(text) for text in refused.fields.values())
        raise click.ClickException(words or refused.detail) from refused
    except CentreError as refused:
        raise click.ClickException(refused.detail) from refused
    login.gate(customer).clear()
    click.echo("password set; to be changed at the next login. 密碼已設定，下次登入須變更。")


def _customer(institution: str, identity: str) -> Customer:
    try:
        found = queries.by_identity(institution, taiwan.parse_identity(identity).value)
    except taiwan.IdentityError as error:
        raise click.BadParameter(
            f"no identity number 不是有效的證號 ({error.code})", param_hint="ID"
        ) from error
    if found is None:
        raise click.ClickException("no such customer. 查無此客戶。")
    return found


def read_secret(descriptor: int | None) -> str:
    """Ask for a secret twice, or read the first line of a file descriptor. Raises ClickException."""
    if descriptor is None:
        answer: str = click.prompt("password 密碼", hide_input=True, confirmation_prompt="again 再輸入一次")
        return answer
    try:
        with os.fdopen(descriptor, encoding="utf-8", closefd=descriptor > 2) as file:  # noqa: PLR2004 - past stderr
            return file.readline().rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise click.ClickException(
            f"can't read file descriptor {descriptor}. 無法讀取檔案描述子。"
        ) from error
