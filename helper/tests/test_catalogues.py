"""Every sentence of core and command line is there in Traditional Chinese, and none is left over (SPEC F4)."""

import ast
import string
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

from certcenter_helper import core
from certcenter_helper.core.texts import LOCALE_FOLDER

ROOT = Path(core.__file__).resolve().parents[1]
SPEAKERS = {"core": {"text", "_", "marked"}, "cli": {"word", "_", "marked"}}
#: Click says these by itself; they are translated, but not by a call of ours.
CLICKS = {
    "Usage:", "Usage: ", "Options", "Arguments", "Show this message and exit.", "Error: {message}",
    "Try '{command} {option}' for help.", "Missing argument", "No such command {name!r}.", "No such option: {name}",
    "Aborted!", "Repeat for confirmation", "default: {default}",
}  # fmt: skip


def said(domain: str) -> set[str]:
    """All sentences that the code of a domain says."""
    return {each for path in (ROOT / domain).rglob("*.py") for each in sentences(path, SPEAKERS[domain])}


def sentences(path: Path, speakers: set[str]) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name) or not node.args:
            continue
        if node.func.id in speakers and isinstance(node.args[0], ast.Constant):
            yield node.args[0].value
        if node.func.id == "command" and "word" in speakers:
            yield ast.literal_eval(node.args[1])
            for option in node.keywords:
                if option.arg == "examples":
                    yield from (each.elts[1].value for each in option.value.elts)  # type: ignore[attr-defined]  # pairs of constants


def catalogue(domain: str) -> Catalog:
    with (LOCALE_FOLDER / "zh_Hant" / "LC_MESSAGES" / f"{domain}.po").open("rb") as file:
        return read_po(file, locale="zh_Hant")


@pytest.mark.spec("F4")
@pytest.mark.parametrize("domain", SPEAKERS)
def test_every_sentence_is_translated(domain):
    have = {message.id: message.string for message in catalogue(domain) if message.id}
    assert {each for each in said(domain) if not have.get(each)} == set()
    assert set(have) - said(domain) - (CLICKS if domain == "cli" else set()) == set()


@pytest.mark.parametrize("domain", SPEAKERS)
def test_the_figures_are_the_same_in_both_languages(domain):
    for message in catalogue(domain):
        names = [
            {name for _text, name, _spec, _conversion in string.Formatter().parse(each) if name}
            for each in (str(message.id), str(message.string))
        ]
        assert names[0] == names[1], message.id
