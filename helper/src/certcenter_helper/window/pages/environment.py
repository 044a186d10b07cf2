"""系統環境檢測, 憑證作業環境檢查: what this computer is, and a table with 變更設定 and 全部變更設定 (SPEC A13; M3 10)."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, ClassVar, Final

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHeaderView, QTableWidget, QTableWidgetItem, QVBoxLayout, QWidget

from certcenter_helper.core.values import CheckResult, CheckRow, EnvironmentReport, Fixed
from certcenter_helper.window.pages.base import Page
from certcenter_helper.window.parts.basic import Card, Facts, button, empty, heading, pill, row

if TYPE_CHECKING:
    from certcenter_helper.window.shell import Shell

_TONES: Final = {
    CheckResult.PASSED: "ok",
    CheckResult.WARNED: "warn",
    CheckResult.FAILED: "bad",
    CheckResult.UNKNOWN: "idle",
}


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
        machine.add(Facts(self.theme, [(each.name, each.value, each.key) for each in report.machine]))
        self._space.addWidget(machine)
        failed = sum(each.result is CheckResult.FAILED for each in report.rows)
        warned = sum(each.result is CheckResult.WARNED for each in report.rows)
        if failed:
            self.notice("bad", words("environment.failed", count=failed))
        elif warned:
            self.notice("warn", words("environment.warned", count=warned))
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

    def _table(self, report: EnvironmentReport) -> QTableWidget:
        words = self.words
        heads = ("number", "item", "purpose", "recommended", "current", "result", "action")
        table = QTableWidget(len(report.rows), len(heads))
        table.setObjectName("environment-table")
        table.setAccessibleName(words("environment.table"))
        table.setHorizontalHeaderLabels([words(f"environment.{each}") for each in heads])
        table.verticalHeader().hide()
        table.setShowGrid(False)
        table.setWordWrap(True)
        table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        table.setSelectionBehavior(QTableWidget.SelectionBehavior.SelectRows)
        table.setTabKeyNavigation(False)
        for at, check in enumerate(report.rows):
            current = (
                f"{check.current}\n{check.advice}"
                if check.advice and check.result is not CheckResult.PASSED
                else check.current
            )
            for column, told in enumerate(
                (str(at + 1), check.item, check.purpose, check.recommended, current)
            ):
                item = QTableWidgetItem(told)
                item.setTextAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
                table.setItem(at, column, item)
            table.setCellWidget(
                at, 5, self._in_cell(pill(words(f"result.{check.result.value}"), _TONES[check.result]))
            )
            if check.fixable:
                fix = button(
                    words("environment.fix"),
                    partial(self._fix, check),
                    tone="slim",
                    name=f"fix-{check.key}",
                )
                fix.setAccessibleName(f"{words('environment.fix')}{words.colon()}{check.item}")
                table.setCellWidget(at, 6, self._in_cell(fix))
        self._fit(table)
        return table

    def _in_cell(self, widget: QWidget) -> QWidget:
        holder = QWidget()
        box = QVBoxLayout(holder)
        edge = self.theme.pixels(6)
        box.setContentsMargins(edge, edge, edge, edge)
        box.addWidget(widget, 0, Qt.AlignmentFlag.AlignTop)
        return holder

    def _fit(self, table: QTableWidget) -> None:
        header = table.horizontalHeader()
        for column in range(7):
            mode = QHeaderView.ResizeMode.Stretch if column in {1, 2, 3, 4} else QHeaderView.ResizeMode.Fixed
            header.setSectionResizeMode(column, mode)
            held: list[QWidget | None] = [table.cellWidget(at, column) for at in range(table.rowCount())]
            widest = max((each.sizeHint().width() for each in held if each is not None), default=0)
            table.setColumnWidth(column, max(widest + self.theme.pixels(8), self.theme.pixels(64)))
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft)
        table.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        table.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)

        def fit() -> None:
            table.resizeRowsToContents()
            height = header.height() + sum(table.rowHeight(at) for at in range(table.rowCount())) + 4
            table.setFixedHeight(height)

        header.sectionResized.connect(lambda *_: self.shell.later(0, fit) if table.isVisible() else None)
        self.shell.later(0, fit)

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
