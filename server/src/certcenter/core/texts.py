"""A text in both languages (SPEC F4): Traditional Chinese first, English second, neither ever missing."""

from enum import StrEnum
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, StringConstraints


class Language(StrEnum):
    """The languages of the centre, named as Django names them."""

    ZH = "zh-hant"
    EN = "en"


Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


class Text(BaseModel):
    """The same words in Traditional Chinese and in English."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    zh: Line
    en: Line

    def get(self, language: str) -> str:
        """The words in `language` (`en`, `en-gb`, … give English, everything else Chinese, the default language)."""
        return self.en if language.lower().split("-")[0] == Language.EN else self.zh

    def format(self, **values: object) -> Self:
        """Both texts with `{name}` replaced. Raises KeyError where a text asks for a value that is not given."""
        return type(self)(zh=self.zh.format(**values), en=self.en.format(**values))
