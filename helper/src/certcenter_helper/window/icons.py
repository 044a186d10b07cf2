"""The few pictures of the window: the portal's own, as SVG paths on a 24 × 24 grid, stroked in the text's colour."""

from typing import Final

from PySide6.QtCore import QByteArray, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

PATHS: Final = {
    "overview": '<path d="M5 4h14v10H5zM8 8h8M8 11h5"/><circle cx="15.5" cy="16" r="2.5"/><path d="m14 18-1 3 2.5-1 2.5 1-1-3"/>',
    "apply": '<path d="M6 3h8l4 4v14H6zM14 3v4h4M12 10v7M8.500 13.500h7"/>',
    "renew": '<path d="M5 12a7 7 0 0 1 12-5l2 2m0-5v5h-5M19 12a7 7 0 0 1-12 5l-2-2m0 5v-5h5"/>',
    "redownload": '<path d="M12 4v9m-3.500-3.500L12 13l3.500-3.500M5 12v7h14v-7"/>',
    "revoke": '<circle cx="12" cy="12" r="8"/><path d="m6.500 6.500 11 11"/>',
    "import": '<path d="M12 4v11m-4-4 4 4 4-4M5 19h14"/>',
    "export": '<path d="M12 15V4m-4 4 4-4 4 4M5 19h14"/>',
    "repair": '<path d="M14.500 5.500a4 4 0 0 0 4.800 5L10 19.800 6.200 16l9.300-9.300M4 20l3-3"/>',
    "data-check": '<path d="M5 4h14v16H5z"/><path d="m9 12 2.200 2.200L15.500 10"/>',
    "environment-check": '<path d="M4 5h16v11H4zM9 20h6m-3-4v4"/><path d="m9.500 10.500 2 2 3.500-3.500"/>',
    "instructions": '<path d="M12 6c-2-1.500-4.500-2-8-2v14c3.500 0 6 .5 8 2 2-1.500 4.500-2 8-2V4c-3.500 0-6 .5-8 2v14"/>',
    "faq": '<circle cx="12" cy="12" r="8"/><path d="M9.800 9.600a2.300 2.300 0 1 1 3.200 2.300c-.7.3-1 .8-1 1.500M12 16.200v.1"/>',
    "announcements": '<path d="M4 10v4h3l7 4V6l-7 4zM18 9.500c1 1.500 1 3.500 0 5"/>',
    "logout": '<path d="M14 5H5v14h9M10 12h10m-3.500-3.500L20 12l-3.500 3.500"/>',
    "close": '<path d="M6 6l12 12M18 6 6 18"/>',
    "sign-order": '<path d="M4 20h16M6 16l1-4 8-8 3 3-8 8z"/>',
    "security-setting": '<path d="M12 3 5 6v5c0 4.500 2.800 8 7 10 4.200-2 7-5.500 7-10V6z"/>',
    "pfx-password": '<circle cx="8" cy="14" r="4"/><path d="m11 11 8-8m-3 3 3 3"/>',
    "passwords": '<circle cx="8" cy="14" r="4"/><path d="m11 11 8-8m-3 3 3 3"/>',
    "phone-upload": '<path d="M7 3h10v18H7zM11 18h2M12 14V8m-2 2 2-2 2 2"/>',
    "left": '<path d="m14 6-6 6 6 6"/>',
    "right": '<path d="m10 6 6 6-6 6"/>',
    "info": '<circle cx="12" cy="12" r="8.500"/><path d="M12 11v5m0-8.200v.1"/>',
    "ok": '<circle cx="12" cy="12" r="8.500"/><path d="m8.500 12.200 2.500 2.500 4.700-5.200"/>',
    "warn": '<path d="M12 4 3 19.500h18zM12 10v4.500m0 2.300v.1"/>',
    "bad": '<path d="M8 3.500h8l4.500 4.500v8L16 20.500H8L3.500 16V8zM12 8v5m0 2.900v.1"/>',
    "language": '<circle cx="12" cy="12" r="8.500"/><path d="M3.500 12h17M12 3.500c5 5 5 12 0 17-5-5-5-12 0-17"/>',
    "file": '<path d="M6 3h8l4 4v14H6zM14 3v4h4"/>',
    "eye": '<path d="M2.500 12C5 7.500 8.300 5.500 12 5.500s7 2 9.500 6.500c-2.500 4.500-5.800 6.500-9.500 6.500S5 16.500 2.500 12z"/><circle cx="12" cy="12" r="3"/>',
    "eye-shut": '<path d="M2.500 12C5 7.500 8.300 5.500 12 5.500s7 2 9.500 6.500c-2.500 4.500-5.800 6.500-9.500 6.500S5 16.500 2.500 12z"/><circle cx="12" cy="12" r="3"/><path d="m4 4 16 16"/>',
    "computer": '<path d="M5 5h14v10H5zM3 19h18"/>',
    "building": '<path d="M4 20h16M6 20V9m4 11V9m4 11V9m4 11V9M3.500 9 12 4l8.500 5z"/>',
}

_FRAME: Final = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" fill="none" stroke="{colour}" stroke-width="1.6" '
    'stroke-linecap="round" stroke-linejoin="round">{paths}</svg>'
)


def pixmap(name: str, colour: str, size: int, *, density: float = 2.0) -> QPixmap:
    """The picture `name` in `colour`, `size` pixels square, drawn finer for dense screens."""
    renderer = QSvgRenderer(QByteArray(_FRAME.format(colour=colour, paths=PATHS[name]).encode()))
    drawn = QPixmap(QSize(size, size) * density)
    drawn.fill(Qt.GlobalColor.transparent)
    painter = QPainter(drawn)
    renderer.render(painter, QRectF(0, 0, size * density, size * density))
    painter.end()
    drawn.setDevicePixelRatio(density)
    return drawn


def icon(name: str, colour: str, size: int, *, faint: str = "") -> QIcon:
    """The picture as an icon; `faint` is its colour where its button is disabled."""
    made = QIcon(pixmap(name, colour, size))
    if faint:
        made.addPixmap(pixmap(name, faint, size), QIcon.Mode.Disabled)
    return made


def house_mark(
    letter: str, colour: str, ink: str, size: int, font: QFont, *, density: float = 2.0
) -> QPixmap:
    """The house's coloured square with its letter."""
    drawn = QPixmap(QSize(size, size) * density)
    drawn.fill(Qt.GlobalColor.transparent)
    drawn.setDevicePixelRatio(density)
    painter = QPainter(drawn)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(colour))
    square = QRectF(0, 0, size, size)
    painter.drawRoundedRect(square, size / 5, size / 5)
    painter.setPen(QColor(ink))
    painter.setFont(font)
    painter.drawText(square, Qt.AlignmentFlag.AlignCenter, letter)
    painter.end()
    return drawn
