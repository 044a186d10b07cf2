"""The environment check (SPEC A13)."""

from dataclasses import dataclass
from enum import StrEnum

from certcenter_helper.core.values.standing import Fact


class CheckResult(StrEnum):
    """How a row of the environment check ended."""

    PASSED = "passed"
    WARNED = "warned"
    FAILED = "failed"
    UNKNOWN = "unknown"
    """Could not be checked (offline, say)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckRow:
    """One row of the environment check: 設定調整項目, 目的, 建議設定, 您目前的設定, 操作 (SPEC A13)."""

    key: str
    item: str
    purpose: str
    recommended: str
    current: str
    result: CheckResult
    advice: str = ""
    fixable: bool = False
    """變更設定 can mend it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvironmentReport:
    """目前您的電腦環境狀態, then the table."""

    machine: tuple[Fact, ...]
    rows: tuple[CheckRow, ...]

    @property
    def passed(self) -> bool:
        """Nothing failed."""
        return all(row.result is not CheckResult.FAILED for row in self.rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fixed:
    """What a fix did: the row anew, and what must be restarted for it (may be empty)."""

    row: CheckRow
    restart: str = ""
