"""系統環境檢測, 憑證作業環境檢查: what this computer is, and a table with 變更設定 and 全部變更設定 (SPEC A13; M3 10)."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, ClassVar, Final

from PySide6.QtWidgets import QPushButton, QVBoxLayout

from certcenter_helper.core.values import CheckResult, CheckRow, EnvironmentReport, Fixed
from certcenter_helper.window.pages.base import Page
from certcenter_helper.window.parts.basic import Card, Facts, button, empty, heading, pill, row
from certcenter_helper.window.parts.table import Table

if TYPE_CHECKING:
    from certcenter_helper.window.shell import Shell

_TONES: Final = {
    CheckResult.PASSED: "ok",
    CheckResult.WARNED: "warn",
    CheckResult.FAILED: "bad",
    CheckResult.UNKNOWN: "idle",
}
#: The table's columns and their shares of the width; 0 is as wide as its widest cell.
_COLUMNS: Final = {
    "number": 0,
    "item": 19,
    "purpose": 24,
    "recommended": 22,
    "current": 35,
    "result": 0,
    "action": 0,
}
#: What large letters leave out first: the purpose, then the number, then what is recommended.
_SPARE: Final = tuple(list(_COLUMNS).index(each) for each in ("purpose", "number", "recommended"))


class EnvironmentPage(Page):
    """It begins to check as soon as it is open."""

    function: ClassVar[str] = "environment-check"
    heading_key: ClassVar[str] = "environment"

    def __init__(self, shell: Shell) -> None:
        super().__init__(shell)
        self._space = QVBoxLayout()
        self._space.setSpacing(self.theme.pixels(16))
        self.add(self._space)
        self.report: EnvironmentReport | None = None

    def begin(self) -> None:
        """Check everything."""
        self.shell.run_long(
            lambda progress, cancel: self.core.check_environment(progress=progress, cancel=cancel),
            self._show,
            title=self.words("environment.going"),
        )

    def _show(self, report: EnvironmentReport) -> None:
        words = self.words
        self.report = report
        empty(self._space)
        machine = Card(self.theme)
        machine.add(heading(words("environment.machine"), "h2"))
        facts = [(each.name, each.value, each.key) for each in report.machine]
        facts.insert(
            1, (words("environment.screen"), self._screen(), "screen")
        )  # as M3 has it, below the system
        machine.add(Facts(self.theme, facts))
        self._space.addWidget(machine)
        failed = sum(each.result is CheckResult.FAILED for each in report.rows)
        warned = sum(each.result is CheckResult.WARNED for each in report.rows)
        if failed:
            self.notice(
                "bad", words("environment.failed", count=failed), self._named(report, CheckResult.FAILED)
            )
        elif warned:
            self.notice(
                "warn", words("environment.warned", count=warned), self._named(report, CheckResult.WARNED)
            )
        else:
            self.notice("ok", words("environment.passed"))
        card = Card(self.theme)
        card.add(heading(words("environment.table"), "h2"))
        fixable = any(each.fixable for each in report.rows)
        self.fix_all = button(words("environment.fix-all"), self._fix_all, tone="first", name="fix-all")
        self.fix_all.setEnabled(fixable)
        card.add(row(self.fix_all, button(words("environment.again"), self.begin, name="check-again")))
        card.add(self._table(report))
        self._space.addWidget(card)

    def _screen(self) -> str:
        screen = self.screen()
        size = screen.size()
        return self.words(
            "environment.pixels", width=size.width(), height=size.height(), depth=screen.depth()
        )

    def _table(self, report: EnvironmentReport) -> Table:
        words = self.words
        heads = [words(f"environment.{each}") for each in _COLUMNS]
        table = Table(
            self.theme,
            words("environment.table"),
            heads,
            tuple(_COLUMNS.values()),
            spare=_SPARE,
            nothing=words("environment.nothing"),
        )
        table.setObjectName("environment-table")
        for at, check in enumerate(report.rows):
            is_good = check.result is CheckResult.PASSED
            current = check.current if is_good else "\n".join(filter(None, (check.current, check.advice)))
            result = pill(self.theme, words(f"result.{check.result.value}"), _TONES[check.result])
            table.add_row(
                str(at + 1),
                check.item,
                check.purpose,
                check.recommended,
                current,
                result,
                self._mend(check) if check.fixable else None,
            )
        return table

    def _mend(self, check: CheckRow) -> QPushButton:
        words = self.words
        fix = button(
            words("environment.fix"), partial(self._fix, check), tone="slim", name=f"fix-{check.key}"
        )
        fix.setAccessibleName(f"{words('environment.fix')}{words.colon()}{check.item}")
        return fix

    # 變更設定

    def _fix(self, check: CheckRow) -> None:
        self.shell.run(lambda _progress, _cancel: (self.core.fix(check.key),), self._fixed)

    def _fix_all(self) -> None:
        self.shell.run_long(
            lambda _progress, _cancel: self.core.fix_all(),
            self._fixed,
            title=self.words("environment.fixing"),
        )

    def _fixed(self, fixed: tuple[Fixed, ...]) -> None:
        report = self.report
        assert report is not None
        anew = {each.row.key: each.row for each in fixed}
        self._show(
            EnvironmentReport(
                machine=report.machine, rows=tuple(anew.get(each.key, each) for each in report.rows)
            )
        )
        restart = sorted({each.restart for each in fixed if each.restart})
        good = all(each.row.result is CheckResult.PASSED for each in fixed)
        told = [each.row.advice for each in fixed if each.row.result is not CheckResult.PASSED]
        title = self.words("environment.fixed" if good else "environment.not-fixed")
        self.notice("ok" if good else "warn", title, [*restart, *told])

    def _named(self, report: EnvironmentReport, result: CheckResult) -> list[str]:
        """The rows with this result, each with what to do about it."""
        colon = self.words.colon()
        return [
            f"{each.item}{colon}{each.advice or each.current}"
            for each in report.rows
            if each.result is result
        ]
