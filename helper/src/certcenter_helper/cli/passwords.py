"""How the password centre looks on a terminal, and how new passwords are asked for."""

from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from rich import box
from rich.cells import cell_len
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from certcenter_helper.cli.asking import Secret, someone_is_there
from certcenter_helper.cli.shell import Shell
from certcenter_helper.cli.words import marked as _
from certcenter_helper.cli.words import word
from certcenter_helper.core.errors import HelperError, Kind
from certcenter_helper.core.policy import require_rule
from certcenter_helper.core.values import NewPassword, PasswordRow, PasswordRule, PasswordTable

_LINES: Final = {
    "securities": _("Securities"),
    "futures": _("Futures"),
    "sub-brokerage": _("Sub-brokerage"),
    "wealth": _("Wealth management"),
    "stock-agency": _("Stock agency"),
}
_KINDS: Final = {"network": _("Network"), "withdrawal": _("Withdrawal"), "voice": _("Voice")}
_STATES: Final = {
    "none": "",
    "soon": _("Expires soon"),
    "expired": _("Expired"),
    "must-change": _("Must be changed"),
    "unset": _("Not set"),
}
_TAIPEI: Final = ZoneInfo("Asia/Taipei")
_BAD: Final = frozenset({"expired", "must-change"})
_SAME: Final = {True: _("The same"), False: _("Different"), None: ""}


#: Columns of `table` whose words are not broken: all but the branch, whose name has several, and the last.
_WHOLE = (0, 1, 3, 4, 5, 6)


def lines() -> dict[str, str]:
    """The business lines in words."""
    return {name: word(called) for name, called in _LINES.items()}


def table(seen: PasswordTable) -> RenderableType:
    """商品別, 密碼別, 分公司, 交易帳號 …, as manual M2 has it; each kind numbered for itself.

    A column in which nothing stands is left out, and 未設定 stands where the day of the change would: a terminal is narrow.
    """
    headings = (
        word("Kind"), word("Business line"), word("Branch"), word("Account"),
        word("Compared with your login"), word("Changed on"), word("Expires on"), word("Expiry"),
    )  # fmt: skip
    rows = [
        (str(number) if row.account else "", *_cells(row))
        for kind in _KINDS
        for number, row in enumerate(seen.of_kind(kind), start=1)
    ]
    kept = [index for index in range(len(headings)) if any(str(row[index + 1]) != "–" for row in rows)]
    shown = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False, show_edge=False)
    shown.add_column("#", justify="right", style="dim")
    for index in kept:
        cells = [str(row[index + 1]) for row in rows]
        width = _width(headings[index], cells) if index in _WHOLE else None
        shown.add_column(headings[index], overflow="fold", width=width)
    for row in rows:
        shown.add_row(row[0], *(row[index + 1] for index in kept))
    return shown


def _width(heading: str, cells: list[str]) -> int:
    """As wide as what stands in the column; the words of its heading may stand one below another."""
    return max(map(cell_len, [*heading.split(), *cells]))


def _cells(row: PasswordRow) -> list[RenderableType]:
    unset = row.state == "unset"
    state = "" if unset else _STATES.get(row.state, row.state)
    same = _SAME[row.same]
    return [
        word(_KINDS[row.kind]),
        lines().get(row.line, row.line) or "–",
        row.branch_name or "–",
        row.masked or "–",
        Text(word(same) if same else "–", style="green" if row.same else ""),
        word(_STATES["unset"]) if unset else _day(row.changed_at),
        _day(row.expires_at),
        Text(word(state) if state else "–", style="red" if row.state in _BAD else ""),
    ]


def _day(value: datetime | None) -> str:
    return f"{value.astimezone(_TAIPEI):%Y-%m-%d}" if value else "–"


def voice(keys: tuple[tuple[str, str], ...]) -> RenderableType:
    """轉換規則對照表."""
    shown = Table(box=box.SIMPLE_HEAD, title=word("Conversion table"), title_justify="left")
    shown.add_column(word("Letters"))
    shown.add_column(word("Key"), justify="right")
    for digit, letters in keys:
        if letters:
            shown.add_row(" ".join(f"{each}{each.lower()}" for each in letters), digit)
    return shown


def choose_password(shell: Shell, rule: PasswordRule, old: Secret | None, new: Secret) -> NewPassword:
    """Ask for the old password (None: there is none) and, under its rule, for the new one twice."""
    given = shell.asking.give(old) if old else ""
    shell.say(rule.text)
    return NewPassword(old=given, new=by_rule(shell, rule, new))


def by_rule(shell: Shell, rule: PasswordRule, secret: Secret) -> str:
    """A new password that follows its rule: whoever types is asked again, whoever scripts is refused.

    Raises:
        HelperError: INPUT.
    """
    while True:
        chosen = shell.asking.give(secret, twice=True)
        try:
            require_rule(rule, chosen)
        except HelperError as error:
            if not shell.asking.can_retype(secret):
                raise
            shell.say(f"{error.title} {error.advice}", style="yellow")
            shell.event("refused", code=error.code, title=error.title)
        else:
            return chosen


def require_terminal_or(shell: Shell, option: str) -> None:
    """Somebody must be there to choose, or have chosen by `option`.

    Raises:
        HelperError: INPUT.
    """
    if shell.json or not someone_is_there():
        raise HelperError(
            Kind.INPUT,
            "choice-needed",
            word("One of several must be chosen."),
            advice=word("Give its number by {option}; `certcenter password show` lists them.").format(
                option=option
            ),
        )
