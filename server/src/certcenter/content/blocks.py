"""Structured text: what a document's body may be made of. No Markdown, no HTML: nothing to escape wrongly."""

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from certcenter.core.texts import Text

CUSTOMER_VALUES = frozenset({"customer_name", "masked_id", "roc_date"})
"""Placeholders that stay in a published text and are filled in for the customer who reads it."""

_PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")


class Block(BaseModel):
    """One part of a body; a list or steps hold several texts, the others exactly one each."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["heading", "paragraph", "list", "steps", "note"]
    texts: Annotated[tuple[Text, ...], Field(min_length=1)]


class Body(BaseModel):
    """Title and blocks of a document, complete in both languages."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: Text
    blocks: Annotated[tuple[Block, ...], Field(min_length=1)]

    def filled(self, values: Mapping[str, Text]) -> "Body":
        """The body with the institution's values in it; the customer's placeholders stay.

        Raises UnknownPlaceholder where the text asks for something that is neither.
        """
        return Body(
            title=_filled(self.title, values),
            blocks=tuple(
                Block(kind=block.kind, texts=tuple(_filled(text, values) for text in block.texts))
                for block in self.blocks
            ),
        )

    def canonical(self) -> bytes:
        """The one serialisation that `sha256` is taken over: JSON, sorted keys, UTF-8."""
        return json.dumps(
            self.model_dump(), sort_keys=True, ensure_ascii=False, separators=(",", ":")
        ).encode()

    def sha256(self) -> str:
        """Lower-case hex SHA-256 of both languages: what a consent refers to."""
        return hashlib.sha256(self.canonical()).hexdigest()


class UnknownPlaceholder(ValueError):
    """A text asks in braces for a value that nobody gives."""


def _filled(text: Text, values: Mapping[str, Text]) -> Text:
    def fill(words: str, language: str) -> str:
        def value(match: re.Match[str]) -> str:
            name = match[1]
            if name in CUSTOMER_VALUES:
                return match[0]
            if name not in values:
                raise UnknownPlaceholder(f"unknown placeholder {{{name}}}")
            return values[name].get(language)

        return _PLACEHOLDER.sub(value, words)

    return Text(zh=fill(text.zh, "zh-hant"), en=fill(text.en, "en"))


def personal(words: str, values: Mapping[str, str]) -> str:
    """`words` with the customer's own values in it; a missing one is shown as a blank to fill in by hand."""
    return _PLACEHOLDER.sub(lambda match: values.get(match[1], "＿＿＿＿"), words)
