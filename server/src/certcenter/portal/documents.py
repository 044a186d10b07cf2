"""Consents, announcements, instructions and questions as the pages show them: one language, ready to print."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import get_language

from certcenter.content import queries
from certcenter.content.models import Document, DocumentKind, Paragraph
from certcenter.core.errors import NotFound


@dataclass(frozen=True, slots=True)
class Shown:
    """A document in the page's language."""

    key: str
    title: str
    body: tuple[Paragraph, ...]
    version: int
    sha256: str
    date: datetime


def consent(institution: str, kind: str, values: Mapping[str, str]) -> Shown:
    """The consent text in force with the customer's values in it. Raises NotFound where none was published."""
    found = queries.current(institution, kind)
    if found is None:
        raise NotFound
    return _shown(found, values)


def announcements(institution: str) -> list[Shown]:
    """The announcements in force, newest first."""
    return [_shown(each) for each in queries.all_current(institution, DocumentKind.ANNOUNCEMENT)]


def instructions(institution: str) -> list[Shown]:
    """The instructions in their order."""
    return [_shown(each) for each in queries.all_current(institution, DocumentKind.INSTRUCTION)]


def questions(institution: str) -> list[Shown]:
    """Questions and answers in their order."""
    return [_shown(each) for each in queries.all_current(institution, DocumentKind.FAQ)]


def _shown(document: Document, values: Mapping[str, str] | None = None) -> Shown:
    language = get_language() or "zh-hant"
    return Shown(
        key=document.key,
        title=document.title(language),
        body=document.paragraphs(language, values),
        version=document.version,
        sha256=document.sha256,
        date=document.published_at,
    )
