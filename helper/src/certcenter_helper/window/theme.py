"""How the window looks: the portal's tokens, the institution's accent, light and dark, one style sheet made from both.

The tokens are those of the portal's style sheet (portal.css, part 1), so that a customer who knows the pages knows the
window. Sizes are in points: they follow the system's text size; `zoom` is the customer's own choice on top of it.
"""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Self

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFont, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication

_PICTURES: Final = Path(__file__).with_name("pictures")
SANS: Final = (
    "Noto Sans TC",
    "Noto Sans CJK TC",
    "PingFang TC",
    "Microsoft JhengHei UI",
    "Microsoft JhengHei",
    "Segoe UI",
    "Roboto",
    "sans-serif",
)
MONO: Final = ("Cascadia Mono", "SF Mono", "Noto Sans Mono", "DejaVu Sans Mono", "Consolas", "monospace")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """The colours of one scheme, each `#rrggbb`; named as in portal.css."""

    ink: str
    ink_2: str
    line: str
    line_2: str
    paper: str
    ground: str
    sunk: str
    accent: str
    accent_ink: str
    accent_soft: str
    ok: str
    ok_soft: str
    warn: str
    warn_soft: str
    bad: str
    bad_soft: str
    mark: str
    focus: str

    def wearing(self, colour: str, ink: str, soft: str) -> Self:
        """The same scheme with an institution's accent."""
        return replace(self, accent=colour, accent_ink=ink, accent_soft=soft)


LIGHT: Final = Tokens(
    ink="#1b2430", ink_2="#525d6b", line="#d9dee5", line_2="#818c9a", paper="#ffffff", ground="#f5f6f8", sunk="#eef1f5",
    accent="#2f4f6f", accent_ink="#ffffff", accent_soft="#e8edf2", ok="#1b6536", ok_soft="#e4f3e9", warn="#7f4c00",
    warn_soft="#fdf1dc", bad="#9f2218", bad_soft="#fbeae8", mark="#f2b705", focus="#1b2430",
)  # fmt: skip
DARK: Final = Tokens(
    ink="#e7ebf0", ink_2="#a9b4c1", line="#313b47", line_2="#7d8997", paper="#1a212b", ground="#10151c", sunk="#232c36",
    accent="#9cbcd8", accent_ink="#0e1419", accent_soft="#22303c", ok="#8fd6a8", ok_soft="#17301f", warn="#f0c274",
    warn_soft="#362a12", bad="#f4a59d", bad_soft="#3b1d1a", mark="#f2b705", focus="#f2b705",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Theme:
    """One look of the window.

    Attributes:
        tokens: the colours.
        zoom: the customer's own enlargement, 1.0 without one.
        dark: which scheme it is.
    """

    tokens: Tokens = LIGHT
    zoom: float = 1.0
    dark: bool = False

    def points(self, pixels: float) -> float:
        """A size of the portal's (CSS pixels at 96 dpi) in points."""
        return pixels * 0.75 * self.zoom

    def pixels(self, pixels: float) -> int:
        """A length of the portal's on this screen: it grows with the text."""
        screen = QGuiApplication.primaryScreen()
        density = screen.logicalDotsPerInch() / 96
        return round(pixels * density * self.zoom)

    def font(self, pixels: float = 16, *, bold: bool = False, mono: bool = False) -> QFont:
        """A font of the portal's scale."""
        font = QFont()
        font.setFamilies(list(MONO if mono else SANS))
        font.setPointSizeF(self.points(pixels))
        if bold:
            font.setWeight(QFont.Weight.DemiBold)
        return font


def current_scheme() -> bool:
    """Whether the system asks for dark colours."""
    hints = QGuiApplication.styleHints()
    return hints.colorScheme() is Qt.ColorScheme.Dark


def dress(application: QApplication, theme: Theme) -> None:
    """Give the whole application this look."""
    application.setStyle("Fusion")
    application.setFont(theme.font())
    application.setPalette(_palette(theme.tokens))
    application.setStyleSheet(style_sheet(theme))


def _palette(tokens: Tokens) -> QPalette:
    palette = QPalette()
    role = QPalette.ColorRole
    for which, colour in (
        (role.Window, tokens.ground),
        (role.WindowText, tokens.ink),
        (role.Base, tokens.paper),
        (role.AlternateBase, tokens.sunk),
        (role.Text, tokens.ink),
        (role.PlaceholderText, tokens.ink_2),
        (role.Button, tokens.paper),
        (role.ButtonText, tokens.ink),
        (role.ToolTipBase, tokens.paper),
        (role.ToolTipText, tokens.ink),
        (role.Highlight, tokens.accent),
        (role.HighlightedText, tokens.accent_ink),
        (role.Link, tokens.accent),
        (role.LinkVisited, tokens.accent),
        (role.Accent, tokens.accent),
    ):
        palette.setColor(which, QColor(colour))
    for which in (role.WindowText, role.Text, role.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, which, QColor(tokens.ink_2))
    return palette


def style_sheet(theme: Theme) -> str:
    """The one style sheet. Widgets name their part by the dynamic property `part` and their state by `tone`."""
    names = {name: getattr(theme.tokens, name) for name in Tokens.__slots__}
    sizes = {
        f"s{number}": theme.pixels(length) for number, length in enumerate((4, 8, 12, 16, 24, 32, 44, 10))
    }
    fonts = {f"t{size}": f"{theme.points(size):.2f}pt" for size in (13, 14, 16, 18, 19, 21, 27)}
    mono = ", ".join(f'"{family}"' for family in MONO)
    dot, ring = theme.pixels(16), theme.pixels(6)
    controls = {
        "dot": dot,
        "ring": ring,
        "hole": dot + 4 - 2 * ring,
        "round": (dot + 4) // 2,
        "menu": theme.pixels(34),
    }
    scheme = "dark" if theme.dark else "light"
    tick, down = _PICTURES / f"tick-{scheme}.svg", _PICTURES / f"down-{scheme}.svg"
    return _SHEET.format_map(
        names
        | sizes
        | fonts
        | controls
        | {"tick": tick.as_posix(), "down": down.as_posix(), "mono": mono, "line_thick": theme.pixels(3)}
    )


_SHEET = """
QWidget {{ color: {ink}; }}
QMainWindow, QDialog, QWidget[part="ground"], QScrollArea, QScrollArea > QWidget > QWidget[part="ground"] {{ background: {ground}; border: 0 }}
QDialog {{ background: {paper} }}
QToolTip {{ background: {paper}; color: {ink}; border: 1px solid {line_2}; padding: {s0}px {s1}px }}

QFrame[part="top"] {{ background: {paper}; border: 0; border-top: {s0}px solid {accent}; border-bottom: 1px solid {line} }}
QFrame[part="foot"] {{ background: {paper}; border: 0; border-top: 1px solid {line} }}
QLabel[part="brand"] {{ font-size: {t18}; font-weight: 600 }}
QLabel[part="trial"] {{ color: {warn}; border: 1px solid {warn}; border-radius: {s2}px; padding: 0 {s1}px; font-size: {t13} }}
QLabel[part="offline"] {{ color: {bad}; border: 1px solid {bad}; border-radius: {s2}px; padding: 0 {s1}px; font-size: {t13} }}

QLabel[part="h1"] {{ font-size: {t27}; font-weight: 600 }}
QLabel[part="h2"] {{ font-size: {t19}; font-weight: 600 }}
QLabel[part="h3"], QLabel[part="label"] {{ font-weight: 600 }}
QLabel[part="lead"] {{ font-size: {t18}; color: {ink_2} }}
QLabel[part="quiet"], QLabel[part="term"] {{ color: {ink_2} }}
QLabel[part="small"], QLabel[part="hint"] {{ color: {ink_2}; font-size: {t14} }}
QLabel[part="error"] {{ color: {bad}; font-weight: 600; font-size: {t14} }}
QLabel[part="mono"] {{ font-family: {mono} }}
QLabel[part="matching"] {{ font-family: {mono}; font-size: {t27}; font-weight: 600; background: {sunk}; border-radius: {s1}px; padding: {s2}px {s4}px }}

QFrame[part="card"] {{ background: {paper}; border: 1px solid {line}; border-radius: {s1}px }}
QFrame[part="card"] QLabel, QDialog QLabel {{ background: transparent }}
QFrame[part="rule"] {{ background: {line}; border: 0; max-height: 1px; min-height: 1px }}
QFrame[part="upright"] {{ background: {line}; border: 0; max-width: 1px; min-width: 1px }}

QFrame[part="notice"] {{ border: 0; border-left: {s0}px solid {line_2}; border-radius: {s1}px; background: {sunk} }}
QFrame[part="notice"][tone="ok"] {{ border-color: {ok}; background: {ok_soft} }}
QFrame[part="notice"][tone="warn"] {{ border-color: {warn}; background: {warn_soft} }}
QFrame[part="notice"][tone="bad"] {{ border-color: {bad}; background: {bad_soft} }}
QFrame[part="notice"] QLabel {{ background: transparent }}

QLabel[part="pill"] {{ border-radius: {s2}px; padding: {line_thick}px {s2}px; font-size: {t14}; font-weight: 600; background: {sunk}; color: {ink_2} }}
QLabel[part="pill"][tone="idle"] {{ background: {sunk} }}
QLabel[part="pill"][tone="ok"] {{ background: {ok_soft}; color: {ok} }}
QLabel[part="pill"][tone="warn"] {{ background: {warn_soft}; color: {warn} }}
QLabel[part="pill"][tone="bad"] {{ background: {bad_soft}; color: {bad} }}

QPushButton {{ font-weight: 600; min-height: {s6}px; padding: 0 {s4}px; border-radius: {s1}px; border: 1px solid {accent}; background: {paper}; color: {accent} }}
QPushButton:hover {{ background: {accent_soft} }}
QPushButton:focus {{ border: 2px solid {focus} }}
QPushButton[tone="first"] {{ background: {accent}; color: {accent_ink} }}
QPushButton[tone="grave"] {{ border-color: {bad}; color: {bad} }}
QPushButton[tone="grave"]:hover {{ background: {bad_soft} }}
QPushButton:disabled {{ border: 1px solid {line}; color: {ink_2}; background: {sunk} }}
QPushButton[tone="slim"] {{ min-height: {s5}px; padding: 0 {s3}px; font-size: {t14} }}
QPushButton[tone="picture"] {{ min-height: {s5}px; min-width: {s5}px; padding: 0 }}
QPushButton[tone="eye"] {{ border: 1px solid transparent; background: transparent; padding: 0; min-height: 0; min-width: 0 }}
QPushButton[tone="eye"]:hover {{ background: {sunk} }}
QPushButton[tone="eye"]:focus {{ border: 2px solid {focus} }}
QPushButton[tone="link"] {{ border: 1px solid transparent; background: transparent; text-decoration: underline; padding: 0 {s0}px; font-weight: 400; min-height: {s5}px; font-size: {t14} }}
QPushButton[tone="link"]:focus {{ border: 2px solid {focus} }}

QPushButton[part="menu"] {{ text-align: left; font-weight: 400; color: {ink}; background: transparent; border: 0; border-left: {line_thick}px solid transparent; border-radius: {s1}px; padding: {s0}px {s2}px; min-height: {menu}px }}
QPushButton[part="menu"]:hover {{ background: {sunk} }}
QPushButton[part="menu"][chosen="true"] {{ background: {accent_soft}; color: {accent}; font-weight: 600; border-left: {line_thick}px solid {accent} }}
QPushButton[part="menu"] QLabel {{ background: transparent }}
QPushButton[part="menu"][chosen="true"] QLabel {{ color: {accent}; font-weight: 600 }}
QPushButton[part="menu"]:focus {{ border: 2px solid {focus} }}
QPushButton[part="menu"]:disabled {{ color: {line_2}; background: transparent }}

QLineEdit, QPlainTextEdit, QComboBox {{ background: {paper}; color: {ink}; border: 1px solid {line_2}; border-radius: {s1}px; padding: 0 {s2}px; min-height: {s6}px; selection-background-color: {accent}; selection-color: {accent_ink} }}
QPlainTextEdit {{ padding: {s1}px {s2}px; font-family: {mono} }}
QLineEdit:focus, QPlainTextEdit:focus, QComboBox:focus {{ border: 2px solid {focus} }}
QLineEdit[wrong="true"] {{ border: 2px solid {bad} }}
QLineEdit:disabled, QComboBox:disabled {{ background: {sunk}; color: {ink_2} }}
QLineEdit[part="code"] {{ font-family: {mono}; font-size: {t21}; font-weight: 600 }}
QComboBox::drop-down {{ border: 0; width: {s5}px }}
QComboBox::down-arrow {{ image: url({down}); width: {s3}px; height: {s3}px }}
QComboBox QAbstractItemView {{ background: {paper}; color: {ink}; border: 1px solid {line_2}; selection-background-color: {accent_soft}; selection-color: {accent}; outline: 0 }}

QRadioButton, QCheckBox {{ spacing: {s1}px; min-height: {s5}px; background: transparent; border: 1px solid transparent; border-radius: {s0}px; padding: 0 {s0}px }}
QRadioButton:focus, QCheckBox:focus {{ border: 1px solid {focus} }}
QRadioButton::indicator {{ width: {dot}px; height: {dot}px; border: 2px solid {line_2}; border-radius: {round}px; background: {paper} }}
QRadioButton::indicator:checked {{ width: {hole}px; height: {hole}px; border: {ring}px solid {accent} }}
QCheckBox::indicator {{ width: {dot}px; height: {dot}px; border: 2px solid {line_2}; border-radius: {s0}px; background: {paper} }}
QCheckBox::indicator:checked {{ border-color: {accent}; background: {accent}; image: url({tick}) }}
QCheckBox:disabled, QRadioButton:disabled {{ color: {ink_2} }}

QTextBrowser {{ background: {paper}; color: {ink}; border: 1px solid {line}; border-radius: {s1}px; padding: {s2}px; selection-background-color: {accent}; selection-color: {accent_ink} }}
QTextBrowser:focus {{ border: 2px solid {focus} }}
QTextEdit[part="unbroken"] {{ border: 0; padding: 0; background: transparent; font-family: {mono}; font-size: {t14} }}
QTextBrowser[part="plain"] {{ border: 0; padding: 0; background: transparent }}

QDialogButtonBox {{ dialogbuttonbox-buttons-have-icons: 0 }}
QFileDialog QToolButton {{ min-width: {s5}px; min-height: {s5}px }}
QFileDialog QPushButton {{ min-height: {s5}px }}
QProgressBar {{ background: {sunk}; border: 0; border-radius: {line_thick}px; min-height: {s2}px; max-height: {s2}px }}
QProgressBar[part="busy"] {{ background: transparent; border-radius: 0; min-height: {line_thick}px; max-height: {line_thick}px }}
QProgressBar[part="busy"]::chunk {{ border-radius: 0 }}
QProgressBar::chunk {{ background: {accent}; border-radius: {line_thick}px }}

QTableWidget {{ background: {paper}; border: 0; gridline-color: {line} }}
QTableWidget::item {{ padding: 0; border-bottom: 1px solid {line} }}
QTableWidget::item:selected {{ background: {accent_soft}; color: {ink} }}
QHeaderView::section {{ background: {paper}; color: {ink_2}; border: 0; border-bottom: 1px solid {line_2}; padding: {s1}px; font-weight: 600; font-size: {t14} }}

QFrame[part="drop"] {{ border: 2px dashed {line_2}; border-radius: {s1}px; background: {sunk} }}
QFrame[part="drop"][tone="over"] {{ border-color: {accent}; background: {accent_soft} }}
QFrame[part="drop"] QLabel {{ background: transparent }}

QScrollBar:vertical {{ background: transparent; width: {s2}px; margin: 0 }}
QScrollBar::handle:vertical {{ background: {line_2}; border-radius: {s0}px; min-height: {s5}px; margin: 0 {line_thick}px }}
QScrollBar:horizontal {{ background: transparent; height: {s2}px; margin: 0 }}
QScrollBar::handle:horizontal {{ background: {line_2}; border-radius: {s0}px; min-width: {s5}px; margin: {line_thick}px 0 }}
QScrollBar::add-line, QScrollBar::sub-line {{ width: 0; height: 0 }}
QScrollBar::add-page, QScrollBar::sub-page {{ background: transparent }}
"""
