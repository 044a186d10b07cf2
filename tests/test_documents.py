"""What the documents name is there: links, commands, and the names of docs/contracts.md."""

import re
from importlib import import_module
from pathlib import Path

import pytest

HOUSE = Path(__file__).resolve().parents[1]
DOCUMENTS = sorted(
    path
    for pattern in ("*.md", "docs/**/*.md", "sdk/*.md", "browser/*.md", "tests/*.md")
    for path in HOUSE.glob(pattern)
)
LINK = re.compile(r"\]\((?!https?:|#)([^)#\s]+)")
MAKE = re.compile(r"`make ([a-z-]+)`|^make ([a-z-]+)", re.MULTILINE)
#: `room.module.name(` at the beginning of a line of a code block.
NAME = re.compile(r"^([a-z_]+(?:\.[a-z_]+)+)\.([A-Za-z_]+)[(,; ]", re.MULTILINE)


def _names() -> list[tuple[str, str]]:
    text = (HOUSE / "docs/contracts.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    return [found for block in blocks for found in NAME.findall(block)]


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(HOUSE)))
def test_links_lead_somewhere(path):
    text = path.read_text(encoding="utf-8")
    assert [link for link in LINK.findall(text) if not (path.parent / link).exists()] == []


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(HOUSE)))
def test_make_has_the_targets_that_are_named(path):
    targets = set(re.findall(r"^([a-z-]+):", (HOUSE / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = {one or other for one, other in MAKE.findall(path.read_text(encoding="utf-8"))}
    assert named <= targets


def test_there_are_names_to_look_for():
    assert len(_names()) > 25


@pytest.mark.parametrize(("module", "name"), _names())
def test_the_contracts_name_what_exists(module, name):
    try:
        found = import_module(f"certcenter.{module}")
    except ModuleNotFoundError:  # room.module.Class.attribute
        above, _, holder = module.rpartition(".")
        found = getattr(import_module(f"certcenter.{above}"), holder)
    assert hasattr(found, name) or name in getattr(found, "__annotations__", {}), f"{module}.{name}"
