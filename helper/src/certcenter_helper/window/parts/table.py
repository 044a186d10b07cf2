"""A table whose cells are widgets: words wrap, columns share the width, each row is as high as its words need."""

from collections.abc import Mapping, Sequence
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHeaderView, QLabel, QTableWidget, QTableWidgetItem, QVBoxLayout, QWidget

from certcenter_helper.window.parts.basic import Pill, text
from certcenter_helper.window.theme import Theme

#: CSS pixels around what stands in a cell.
_EDGE: Final = 6


class Table(QTableWidget):
    """Columns with a share (of what the others leave) or, with the share 0, as wide as their widest cell.

    Where letters are too large for all columns, empty ones are left out, then those of `spare`, in that order.
    `nothing` is what a screen reader says in an empty cell.
    """

    def __init__(
        self,
        theme: Theme,
        name: str,
        heads: Sequence[str],
        shares: Sequence[int],
        *,
        spare: Sequence[int] = (),
        nothing: str = "",
    ) -> None:
        super().__init__(0, len(heads))
        self._nothing = nothing
        self._spare = tuple(spare)
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
            named = cell.accessibleName() if isinstance(cell, QWidget) else cell or self._nothing
            spoken = QTableWidgetItem()
            spoken.setData(Qt.ItemDataRole.AccessibleTextRole, named)
            self.setItem(at, column, spoken)
            if cell is None:
                continue
            holder = self._holder(text(cell) if isinstance(cell, str) else cell)
            self._cells[at, column] = holder
            self.setCellWidget(at, column, holder)

    def _holder(self, widget: QWidget) -> QWidget:
        widget.ensurePolished()
        holder = QWidget()
        box = QVBoxLayout(holder)
        edge = self._theme.pixels(_EDGE)
        box.setContentsMargins(edge, edge, edge, edge)
        words = isinstance(widget, QLabel) and not isinstance(widget, Pill)
        box.addWidget(widget, 0, Qt.AlignmentFlag(0) if words else Qt.AlignmentFlag.AlignLeft)
        box.addStretch(1)
        return holder

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """Another width: share it anew."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        for at in range(self.columnCount()):
            self.setColumnHidden(at, False)  # what is hidden has no width to be known
        least = {at: self._narrowest(at) for at in range(self.columnCount())}
        filled = {column for _, column in self._cells}
        for column in (*(at for at in range(self.columnCount()) if at not in filled), *self._spare):
            if sum(least.values()) <= self.viewport().width():
                break
            least.pop(column, None)
        for at in range(self.columnCount()):
            self.setColumnHidden(at, at not in least)
        for at, width in self._widths(least).items():
            self.setColumnWidth(at, width)
        for at in range(self.rowCount()):
            tallest = max(self._height(at, column) for column in range(self.columnCount()))
            self.setRowHeight(at, tallest + 1)  # and the line below it
        rows = sum(self.rowHeight(at) for at in range(self.rowCount()))
        height = self.horizontalHeader().height() + rows + 2
        if height != self.height():
            self.setFixedHeight(height)

    def _widths(self, least: Mapping[int, int]) -> dict[int, int]:
        """Each column its share, but room for its longest word; what that takes, the others give by their shares."""
        whole = self.viewport().width()
        widths = dict(least)
        open_ = {at for at in least if self._shares[at]}
        while open_:
            left = whole - sum(width for at, width in widths.items() if at not in open_)
            total = sum(self._shares[at] for at in open_)
            given = {at: left * self._shares[at] // total for at in open_}
            short = {at for at in open_ if given[at] < least[at]}
            if not short:
                widths |= given
                break
            open_ -= short
        widest = max(widths, key=lambda at: widths[at])
        widths[widest] = max(least[widest], widths[widest] + whole - sum(widths.values()))
        return widths

    def _narrowest(self, column: int) -> int:
        """The longest word, or the whole of what has no words to break."""
        held = [cell for (_, at), cell in self._cells.items() if at == column]
        shared = self._shares[column]
        widths = [(each.minimumSizeHint() if shared else each.sizeHint()).width() for each in held]
        return max(*widths, 0, self.horizontalHeader().sectionSizeHint(column))

    def _height(self, at: int, column: int) -> int:
        held = self._cells.get((at, column))
        if held is None or self.isColumnHidden(column):
            return 0
        width = self.columnWidth(column)
        return held.heightForWidth(width) if held.hasHeightForWidth() else held.sizeHint().height()
