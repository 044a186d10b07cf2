"""A table whose cells are widgets: words wrap, columns share the width, each row is as high as its words need."""

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHeaderView, QTableWidget, QTableWidgetItem, QVBoxLayout, QWidget

from certcenter_helper.window.parts.basic import text
from certcenter_helper.window.theme import Theme

#: CSS pixels around what stands in a cell.
_EDGE: Final = 6


class Table(QTableWidget):
    """Columns with a share (of what the others leave) or, with the share 0, as wide as their widest cell."""

    def __init__(self, theme: Theme, name: str, heads: Sequence[str], shares: Sequence[int]) -> None:
        super().__init__(0, len(heads))
        self._theme, self._shares = theme, tuple(shares)
        self._cells: dict[tuple[int, int], QWidget] = {}
        self.setAccessibleName(name)
        self.setHorizontalHeaderLabels(list(heads))
        self.verticalHeader().hide()
        self.setShowGrid(False)
        self.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        self.setSelectionMode(QTableWidget.SelectionMode.NoSelection)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # the buttons in it are reached by Tab
        self.setTabKeyNavigation(False)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        header = self.horizontalHeader()
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        header.setHighlightSections(False)

    def add_row(self, *cells: str | QWidget | None) -> None:
        """One more row of words and widgets; None leaves a cell empty."""
        at = self.rowCount()
        self.insertRow(at)
        for column, cell in enumerate(cells):
            if cell is None:
                continue
            spoken = QTableWidgetItem()
            spoken.setData(
                Qt.ItemDataRole.AccessibleTextRole, cell if isinstance(cell, str) else cell.accessibleName()
            )
            self.setItem(at, column, spoken)
            holder = self._holder(text(cell) if isinstance(cell, str) else cell)
            self._cells[at, column] = holder
            self.setCellWidget(at, column, holder)

    def _holder(self, widget: QWidget) -> QWidget:
        widget.ensurePolished()
        holder = QWidget()
        box = QVBoxLayout(holder)
        edge = self._theme.pixels(_EDGE)
        box.setContentsMargins(edge, edge, edge, edge)
        box.addWidget(widget)
        box.addStretch(1)
        return holder

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """Another width: share it anew."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        narrow = {at: self._narrowest(at) for at, share in enumerate(self._shares) if not share}
        left = max(0, self.viewport().width() - sum(narrow.values()))
        for at, share in enumerate(self._shares):
            self.setColumnWidth(at, narrow[at] if not share else left * share // sum(self._shares))
        for at in range(self.rowCount()):
            self.setRowHeight(at, max(self._height(at, column) for column in range(self.columnCount())))
        rows = sum(self.rowHeight(at) for at in range(self.rowCount()))
        height = self.horizontalHeader().height() + rows + 2
        if height != self.height():
            self.setFixedHeight(height)

    def _narrowest(self, column: int) -> int:
        held = [cell.sizeHint().width() for (_, at), cell in self._cells.items() if at == column]
        return max(*held, 0, self.horizontalHeader().sectionSizeHint(column))

    def _height(self, at: int, column: int) -> int:
        held = self._cells.get((at, column))
        if held is None:
            return 0
        width = self.columnWidth(column)
        return held.heightForWidth(width) if held.hasHeightForWidth() else held.sizeHint().height()
