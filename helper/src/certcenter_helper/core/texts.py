"""Words in the customer's language. English stands in the code (docs/adr/0011), Traditional Chinese in the catalogues.

Core, command line and window have a catalogue each (`locale/zh_Hant/LC_MESSAGES/<domain>.po`).
"""

import gettext as _gettext
import os
from functools import cache
from pathlib import Path
from typing import Final

LOCALE_FOLDER: Final = Path(__file__).resolve().parents[1] / "locale"
CHINESE: Final = "zh-Hant"
ENGLISH: Final = "en"

_chosen: list[str] = []


def use_language(language: str) -> None:
    """Speak `zh-Hant` or `en` from now on; call it before any word is asked for."""
    _chosen[:] = [CHINESE if language.lower().startswith("zh") else ENGLISH]


def language() -> str:
    """The language in use: the chosen one, else the one of the locale."""
    return _chosen[0] if _chosen else language_of_locale()


def language_of_locale() -> str:
    """`zh-Hant` under a Chinese locale, else `en`: CERTCENTER_LANG, then LC_ALL, LC_MESSAGES, LANG as POSIX has it."""
    for name in ("CERTCENTER_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        if value := os.environ.get(name):
            return CHINESE if value.lower().startswith("zh") else ENGLISH
    return ENGLISH


@cache
def catalogue(domain: str, which: str) -> _gettext.NullTranslations:
    """The catalogue of a domain; English has none and needs none."""
    if which == ENGLISH:
        return _gettext.NullTranslations()
    return _gettext.translation(domain, str(LOCALE_FOLDER), languages=["zh_Hant"], fallback=True)


def text(message: str) -> str:
    """A sentence of the core in the language in use."""
    return catalogue("core", language()).gettext(message)


def marked(message: str) -> str:
    """The same sentence: it stands in a table and is translated where it is shown."""
    return message


__all__ = [
    "CHINESE",
    "ENGLISH",
    "LOCALE_FOLDER",
    "catalogue",
    "language",
    "language_of_locale",
    "marked",
    "text",
    "use_language",
]
