"""What the verifier says: each finding names what is wrong and where (SPEC D6)."""

from dataclasses import dataclass, field
from enum import StrEnum

from certcenter.audit.tree import Frontier

#: So many findings are kept in full; beyond them only their number.
KEPT = 1000


class Wrong(StrEnum):
    """The kinds of damage that the verifier tells apart."""

    CHANGED = "changed"
    REMOVED = "removed"
    INSERTED = "inserted"
    REORDERED = "reordered"
    GAP = "gap"
    TREE = "tree"
    CHECKPOINT = "checkpoint"
    TRUNCATED = "truncated"
    PENDING_TOO_LONG = "pending-too-long"


@dataclass(frozen=True, slots=True)
class Finding:
    """One wrong thing. `row` names it, such as `event 17` or `position 4`; `detail` says what was expected."""

    wrong: Wrong
    row: str
    detail: str

    def __str__(self) -> str:
        return f"{self.wrong}: {self.row}: {self.detail}"


@dataclass(slots=True)
class Report:
    """The outcome of one verification: `first` to `size` were checked, the tree over all `size` has `root`."""

    tree: Frontier
    first: int = 0
    size: int = 0
    root: bytes = b""
    events: int = 0
    checkpoints: int = 0
    pending: int = 0
    found: int = 0
    findings: list[Finding] = field(default_factory=list)

    @property
    def clean(self) -> bool:
        """Whether nothing was wrong."""
        return self.found == 0

    def add(self, wrong: Wrong, row: str, detail: str) -> None:
        """Note a finding."""
        self.found += 1
        if len(self.findings) < KEPT:
            self.findings.append(Finding(wrong, row, detail))

    def kinds(self) -> set[Wrong]:
        """Return the kinds of damage that were found."""
        return {finding.wrong for finding in self.findings}
