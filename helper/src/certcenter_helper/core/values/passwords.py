"""What the commands of the password centre take and return (SPEC B; manual M2): frozen data, ready to be shown."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from certcenter_helper.core.values.acting import PasswordRule


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordRules:
    """What is said before anything is asked, by the institution's policy.

    Attributes:
        wrong_limit: wrong passwords until the lock.
        final_limit: wrong ones in all, after the unlock; then only reissue or the branch.
        birth_date: how a birth date is written here, such as `20020201`.
    """

    login: PasswordRule
    withdrawal: PasswordRule
    voice_sync: bool
    wrong_limit: int
    final_limit: int
    reissues_a_day: int
    link_hours: int
    birth_date: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordRow:
    """One password of manual M2's table; `account` None: it opens all accounts.

    Attributes:
        kind: `network`, `withdrawal` or `voice`.
        branch: its code, as it stands in account numbers; `branch_name` is for people.
        same: whether it is the password that logged in here; None where that says nothing.
        state: `none`, `soon`, `expired`, `must-change` or `unset`.
    """

    kind: str
    account: UUID | None
    line: str
    branch: str
    branch_name: str
    masked: str
    same: bool | None
    changed_at: datetime | None
    expires_at: datetime | None
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordTable:
    """All passwords of the customer.

    Attributes:
        lines: the business lines that unifying joins.
        must_change: nothing else is allowed until the login password is changed.
    """

    unified: bool
    lines: tuple[str, ...]
    voice_sync: bool
    must_change: bool
    rows: tuple[PasswordRow, ...]

    def of_kind(self, kind: str) -> tuple[PasswordRow, ...]:
        """The rows of one kind, in the table's order: commands number them from 1."""
        return tuple(row for row in self.rows if row.kind == kind)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPassword:
    """An old password and the one that takes its place; `old` is empty where there was none."""

    old: str
    new: str

    def __repr__(self) -> str:
        """Without either."""
        return "NewPassword(…)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Masked:
    """An account or a contact to choose from, masked; `name` is its line or channel."""

    id: UUID
    name: str
    masked: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailed:
    """Where the link goes and the code will, if the data are right; the centre does not say (SPEC B9)."""

    phone: str
    email: str
    hours: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Reissued:
    """The new password holds: for everything, or for the chosen account alone (SPEC B10)."""

    unified: bool
    voice: bool
