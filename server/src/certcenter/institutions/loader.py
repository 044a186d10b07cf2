"""Policy files: TOML → models, with every error named by file, key and reason."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from certcenter.institutions.policy import Institution

COMMON = "_common.toml"
"""What the files of a directory share; a file's own values win."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One reason why a policy file cannot be used."""

    file: str
    key: str
    reason: str

    def __str__(self) -> str:
        return f"{self.file}: {self.key}: {self.reason}" if self.key else f"{self.file}: {self.reason}"


class PolicyError(Exception):
    """Policy files that cannot be used; `problems` holds all reasons, not only the first."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = tuple(problems)


def merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """`below` overlaid with `above`: tables are merged key by key, everything else is replaced."""
    result = dict(below)
    for key, value in above.items():
        under = result.get(key)
        both_tables = isinstance(under, Mapping) and isinstance(value, Mapping)
        result[key] = merged(under, value) if both_tables else value  # type: ignore[arg-type]  # both_tables says so
    return result


def load_institutions(directory: Path) -> list[Institution]:
    """All institutions of `directory` (one `<slug>.toml` each), ordered by slug.

    Raises PolicyError with all problems of all files.
    """
    problems: list[Problem] = []
    if not directory.is_dir():
        raise PolicyError([Problem(directory.name, "", "no such directory")])
    common = _read(directory / COMMON, problems) if (directory / COMMON).exists() else {}
    holidays = _load_holidays(directory / "holidays", problems)
    files = sorted(path for path in directory.glob("*.toml") if not path.name.startswith("_"))
    if not files:
        problems.append(Problem(directory.name, "", "holds no policy file"))
    institutions = [_load_one(path, common, holidays, problems) for path in files]
    if problems:
        raise PolicyError(problems)
    return [institution for institution in institutions if institution is not None]


def _load_one(
    path: Path, common: Mapping[str, Any], holidays: frozenset[date], problems: list[Problem]
) -> Institution | None:
    before = len(problems)
    data = _read(path, problems)
    for reserved in ("slug", "holidays"):
        if reserved in data:
            where = "the file's name" if reserved == "slug" else "the folder holidays/"
            problems.append(Problem(path.name, reserved, f"comes from {where} and may not be given"))
    if len(problems) > before:
        return None
    try:
        return Institution.model_validate(merged(common, data) | {"slug": path.stem, "holidays": holidays})
    except ValidationError as error:
        problems.extend(
            Problem(path.name, ".".join(map(str, item["loc"])), _reason(item["msg"]))
            for item in error.errors()
        )
        return None


def _reason(message: str) -> str:
    return message.removeprefix("Value error, ")


def _read(path: Path, problems: list[Problem]) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        problems.append(Problem(path.name, "", str(error)))
        return {}


def _load_holidays(directory: Path, problems: list[Problem]) -> frozenset[date]:
    """The days in the tables `[days]` of `directory/*.toml`: ISO date = name."""
    days: set[date] = set()
    for path in sorted(directory.glob("*.toml")):
        for key in _read(path, problems).get("days", {}):
            try:
                days.add(date.fromisoformat(key))
            except ValueError:
                problems.append(
                    Problem(f"holidays/{path.name}", f"days.{key}", "is no date such as 2026-01-01")
                )
    return frozenset(days)
