"""Customers from a CSV file (docs/guides/customers-csv.md): a million rows in little memory, each row for itself.

A row that can't be taken is reported with its line, column and reason and stops no other. Each batch is one
transaction with its audit row, so a killed import has done whole batches, and running it again does the rest.
"""

import csv
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Literal

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from certcenter.core.actor import Actor
from certcenter.core.errors import CentreError
from certcenter.core.texts import Text
from certcenter.identity import bulk
from certcenter.identity.bulk import Imported, Outcome
from certcenter.identity.rows import COLUMNS, REQUIRED_COLUMNS, CustomerRow, RowRefused

BATCH = 500
#: A longer line is no customer.
MAX_LINE_BYTES = 16 * 1024
_BOM = b"\xef\xbb\xbf"
#: What the columns may be called as well.
ALIASES = {
    "身分證字號": "national_id",
    "身分證字號/統編": "national_id",
    "姓名": "name",
    "客戶姓名": "name",
    "出生日期": "birth_date",
    "手機號碼": "phones",
    "電子信箱": "emails",
    "帳號": "accounts",
    "語言": "locale",
}

Encoding = Literal["utf-8", "cp950"]


class FileRefused(CentreError):
    """The file as a whole can't be read as customers; `reason` says why in the active language."""

    code = "customers-file-refused"
    status = 422
    message = _("The file can't be read as customers: %(reason)s")


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """A row that was not taken: `line` counts from 1, the heading included."""

    line: int
    column: str
    code: str
    reason: Text


@dataclass(slots=True)
class Totals:
    """What an import did."""

    rows: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    refused: int = 0


@dataclass(frozen=True, slots=True)
class _Numbered:
    line: int
    row: CustomerRow


def import_file(
    path: Path,
    *,
    institution: str,
    actor: Actor,
    on_refused: Callable[[RefusedRow], None],
    on_progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> Totals:
    """Import `path` into `institution`; calls `on_refused` for each row not taken and `on_progress(bytes done, of)`.

    Raises FileRefused when there is no usable heading, OSError when the file can't be read.
    """
    totals, size = Totals(), path.stat().st_size
    run = _Run(institution, actor, totals, on_refused)
    encoding = _encoding(path)
    with path.open("rb") as file:
        lines = _lines(file)
        columns = _heading(lines, encoding)
        batch: dict[str, _Numbered] = {}
        for number, raw in lines:
            parsed = run.parse(number, raw, encoding, columns)
            if parsed is None:
                continue
            if parsed.row.national_id in batch or len(batch) >= BATCH:
                run.write(list(batch.values()))
                batch.clear()
                on_progress(file.tell(), size)
            batch[parsed.row.national_id] = parsed
        run.write(list(batch.values()))
    on_progress(size, size)
    return totals


class _Run:
    """One import under way: counts, and reports what is refused."""

    def __init__(
        self, institution: str, actor: Actor, totals: Totals, on_refused: Callable[[RefusedRow], None]
    ) -> None:
        self._institution, self._actor = institution, actor
        self._totals, self._on_refused = totals, on_refused

    def parse(
        self, number: int, raw: bytes | None, encoding: Encoding, columns: Sequence[str]
    ) -> _Numbered | None:
        """Read one line; None where it is empty or was refused."""
        if raw is not None and not raw.strip():
            return None
        self._totals.rows += 1
        try:
            return _Numbered(number, CustomerRow.parse(_fields(raw, encoding, columns)))
        except RowRefused as refused:
            self._refuse(number, refused)
            return None

    def write(self, batch: Sequence[_Numbered]) -> None:
        """Write a batch in one transaction; where another import was faster, row by row."""
        if not batch:
            return
        try:
            results = self._written([each.row for each in batch])
        except IntegrityError:
            results = [self._alone(each.row) for each in batch]
        for each, result in zip(batch, results, strict=True):
            if isinstance(result, RowRefused):
                self._refuse(each.line, result)
            else:
                self._count(result)

    def _written(self, rows: list[CustomerRow]) -> list[Imported | RowRefused]:
        with transaction.atomic():
            return bulk.write(rows, institution=self._institution, actor=self._actor)

    def _alone(self, row: CustomerRow) -> Imported | RowRefused:
        try:
            return self._written([row])[0]
        except IntegrityError:
            return RowRefused("national_id", "changed-meanwhile", _MEANWHILE)

    def _refuse(self, number: int, refused: RowRefused) -> None:
        self._totals.refused += 1
        self._on_refused(RefusedRow(number, refused.column, refused.code, refused.reason))

    def _count(self, imported: Imported) -> None:
        name = imported.outcome.value
        setattr(self._totals, name, getattr(self._totals, name) + 1)
        assert imported.outcome in Outcome


def _encoding(path: Path) -> Encoding:
    """Tell UTF-8 from Big5 (cp950) by which reads more of the lines that are not ASCII; a BOM decides at once."""
    utf8 = big5 = 0
    with path.open("rb") as file:
        for number, raw in _lines(file):
            if number == 1 and raw is not None and raw.startswith(_BOM):
                return "utf-8"
            if raw is None or raw.isascii():
                continue
            if _decodes(raw, "utf-8"):
                utf8 += 1
            elif _decodes(raw, "cp950"):
                big5 += 1
    return "cp950" if big5 > utf8 else "utf-8"


def _decodes(raw: bytes, encoding: Encoding) -> bool:
    try:
        raw.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _lines(file: BinaryIO) -> Iterator[tuple[int, bytes | None]]:
    """Yield numbered lines without their ends; None for one that is too long, which is skipped unread."""
    number = 0
    while raw := file.readline(MAX_LINE_BYTES + 1):
        number += 1
        if len(raw) <= MAX_LINE_BYTES or raw.endswith(b"\n"):
            yield number, raw.rstrip(b"\r\n")
            continue
        while raw and not raw.endswith(b"\n"):
            raw = file.readline(MAX_LINE_BYTES)
        yield number, None


def _heading(lines: Iterator[tuple[int, bytes | None]], encoding: Encoding) -> list[str]:
    _number, raw = next(lines, (0, b""))
    text = (raw or b"").removeprefix(_BOM).decode(encoding, "replace")
    names = [ALIASES.get(name.strip(), name.strip().lower()) for name in next(csv.reader([text]), [])]
    unknown = [name for name in names if name not in COLUMNS]
    missing = [name for name in REQUIRED_COLUMNS if name not in names]
    if missing:
        raise FileRefused(reason=_("missing columns: %(names)s") % {"names": ", ".join(missing)})
    if unknown or len(set(names)) < len(names):
        wrong = unknown or sorted({name for name in names if names.count(name) > 1})
        raise FileRefused(
            reason=_("unknown or doubled columns: %(names)s") % {"names": ", ".join(wrong)[:200]}
        )
    return names


def _fields(raw: bytes | None, encoding: Encoding, columns: Sequence[str]) -> dict[str, str]:
    """Split a line. Each is read by itself: a stray quotation mark costs one row, not the rest of the file."""
    if raw is None:
        raise RowRefused("", "line-too-long", _LONG)
    try:
        cells = next(csv.reader([raw.decode(encoding)], strict=True))
    except UnicodeDecodeError:
        raise RowRefused("", "encoding", _ENCODING) from None
    except csv.Error:
        raise RowRefused("", "quotes", _QUOTES) from None
    if len(cells) != len(columns):
        raise RowRefused("", "columns", _COUNT.format(found=len(cells), wanted=len(columns)))
    return dict(zip(columns, cells, strict=True))


_LONG = Text(zh="此列過長。", en="The line is too long.")
_ENCODING = Text(
    zh="此列含有無法辨識的文字編碼。", en="The line holds bytes that are no text in the file's encoding."
)
_QUOTES = Text(
    zh="引號不成對，或換行在引號之內。", en="Quotation marks don't match, or a line break stands inside them."
)
_COUNT = Text(
    zh="此列有 {found} 欄，應為 {wanted} 欄。", en="The row has {found} columns instead of {wanted}."
)
_MEANWHILE = Text(
    zh="資料已由其他作業變更，請再匯入一次。",
    en="Somebody else changed this meanwhile; please import it again.",
)
