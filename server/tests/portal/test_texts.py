"""Both languages are complete (SPEC F4)."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from django.utils.translation import gettext, ngettext, override, pgettext

ROOMS = Path(__file__).resolve().parents[2] / "src/certcenter"
EXTRACTED = re.compile(
    r'^(?:msgctxt "(?P<context>.*)"\n)?msgid (?P<id>(?:".*"\n)+)(?:msgid_plural (?P<plural>(?:".*"\n)+))?msgstr',
    re.MULTILINE,
)
#: The same in both languages.
ALIKE = {"ID"}

pytestmark = pytest.mark.skipif(
    shutil.which("xgettext") is None, reason="xgettext (gettext) is not installed"
)


def _joined(text: str) -> str:
    return (
        "".join(re.findall(r'"(.*)"\n', text)).replace('\\"', '"').replace("\\n", "\n").replace("\\\\", "\\")
    )


def _msgids(room: str, folder: Path) -> list[tuple[str | None, str, str | None]]:
    """All msgids of a room's Python and templates, by Django's own extraction."""
    shutil.copytree(
        ROOMS / room, folder / room, ignore=shutil.ignore_patterns("locale", "static", "__pycache__")
    )
    (folder / room / "locale").mkdir()
    command = [sys.executable, "-m", "django", "makemessages", "-l", "zh_Hant", "--no-location"]
    subprocess.run(command, cwd=folder / room, check=True, capture_output=True)
    text = (folder / room / "locale/zh_Hant/LC_MESSAGES/django.po").read_text(encoding="utf-8")
    found = [
        (match["context"], _joined(match["id"]), _joined(match["plural"]) if match["plural"] else None)
        for match in EXTRACTED.finditer(text)
    ]
    return [each for each in found if each[1]]


@pytest.mark.spec("F4")
@pytest.mark.parametrize("room", ["portal", "certificates", "signing"])
def test_every_text_has_its_chinese(room, tmp_path):
    ids = _msgids(room, tmp_path)
    assert ids
    with override("zh-hant"):
        missing = [
            msgid
            for context, msgid, plural in ids
            if msgid not in ALIKE
            and (
                pgettext(context, msgid)
                if context
                else ngettext(msgid, plural, 2)
                if plural
                else gettext(msgid)
            )
            in (msgid, plural)
        ]
    assert missing == []


@pytest.mark.spec("F4")
def test_placeholders_survive_translation():
    text = (ROOMS / "portal/locale/zh_Hant/LC_MESSAGES/django.po").read_text(encoding="utf-8")
    pairs = re.findall(r'^msgid "(.+)"\nmsgstr "(.+)"$', text, re.MULTILINE)
    assert len(pairs) > 300
    for english, chinese in pairs:
        for form in (r"%\(\w+\)[sd]", r"\{\w+\}", r"<[^>]+>"):
            assert sorted(re.findall(form, english)) == sorted(re.findall(form, chinese)), english


def test_scripts_find_every_text_they_ask_for():
    """Each key that a page's controller names stands in texts.py."""
    from certcenter.portal.texts import script_texts

    pages = ROOMS.parents[2] / "browser/src/pages"
    for controller in pages.glob("*.ts"):
        known = script_texts(controller.stem)
        asked = re.findall(r'\btext\(\s*"([a-z0-9.-]+)"', controller.read_text(encoding="utf-8"))
        assert [key for key in asked if key not in known] == [], controller.stem
