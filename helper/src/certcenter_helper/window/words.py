"""The window's own words, in Traditional Chinese and in English. Words of policies, consents and refusals come from elsewhere.

Manuals M0 and M3 are followed word for word where they have words. A key without both languages can't be written.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

from certcenter_helper.window import vocabulary


class Said(NamedTuple):
    """The same words in both languages."""

    zh: str
    en: str


ALL: Final[Mapping[str, Said]] = {key: Said(*pair) for key, pair in vocabulary.WORDS.items()}


@dataclass(frozen=True, slots=True)
class Words:
    """The words in one language, as one profile says them: `words("login.heading")`."""

    english: bool
    profile: str = ""

    def __call__(self, key: str, **values: object) -> str:
        """The words of `key` with `{name}` replaced; the profile's own, where it has some. Raises KeyError for an unknown key."""
        said = ALL.get(f"{key}@{self.profile}") or ALL[key]
        text = said.en if self.english else said.zh
        return text.format(**values) if values else text

    def has(self, key: str) -> bool:
        """Are there words for this, in this profile or in all?"""
        return key in ALL or f"{key}@{self.profile}" in ALL

    @property
    def tag(self) -> str:
        """As Accept-Language and the documents name it."""
        return "en" if self.english else "zh-Hant"

    def number(self, count: int) -> str:
        """A small number as a word: 三, three."""
        names = (
            ("zero", "one", "two", "three", "four", "five")
            if self.english
            else ("零", "一", "二", "三", "四", "五")
        )
        return names[count] if count < len(names) else str(count)

    def colon(self) -> str:
        """What stands between a name and its value."""
        return ": " if self.english else "："
