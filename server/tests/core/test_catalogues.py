"""The rooms' translation catalogues are complete and agree with one another (SPEC F4)."""

import re
from collections import defaultdict
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po

ROOMS = Path(__file__).resolve().parents[2] / "src/certcenter"
FILES = sorted(ROOMS.glob("*/locale/zh_Hant/LC_MESSAGES/django.po"))
#: Python's two ways to format, and the marks that templates put around words.
PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|(?<!%)%[sd]|\{\w*\}|</?\w+[^>]*>")


def _catalogue(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, locale="zh_Hant", domain="django", abort_invalid=True)


def _messages(path: Path) -> list[Message]:
    return [message for message in _catalogue(path) if message.id]


def _forms(words: str | tuple[str, ...] | list[str]) -> tuple[str, ...]:
    return (words,) if isinstance(words, str) else tuple(words)


def test_all_rooms_are_read():
    assert len(FILES) >= 12


@pytest.mark.spec("F4")
def test_one_text_has_one_translation():
    """Django merges the catalogues: of two translations of one msgid, only one would ever be shown."""
    translations = defaultdict(lambda: defaultdict(list))
    for path in FILES:
        for message in _messages(path):
            key = (message.context, _forms(message.id)[0])
            translations[key][_forms(message.string)].append(path.relative_to(ROOMS).parts[0])
    assert {key: dict(said) for key, said in translations.items() if len(said) > 1} == {}


@pytest.mark.spec("F4")
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(ROOMS).parts[0])
def test_nothing_is_left_untranslated(path):
    messages = _messages(path)
    assert messages
    assert [m.id for m in messages if m.fuzzy or not all(_forms(m.string))] == []
    assert list(_catalogue(path).obsolete) == []


@pytest.mark.spec("F4")
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(ROOMS).parts[0])
def test_placeholders_are_those_of_the_english(path):
    """A plural's number may stand in one form alone ("one hour"); every other name stands in both languages."""
    differing = []
    for message in _messages(path):
        english = {frozenset(PLACEHOLDER.findall(form)) for form in _forms(message.id)}
        differing += [
            (form, message.id)
            for form in _forms(message.string)
            if frozenset(PLACEHOLDER.findall(form)) not in english
        ]
    assert differing == []
