"""What anybody may ask: the policy, the environment, the documents, the desktop helper's files."""

from dataclasses import asdict
from datetime import datetime
from enum import StrEnum
from importlib.metadata import version
from typing import Annotated, Final
from urllib.parse import quote

from ninja import Router
from pydantic import Field

from certcenter.api.doors import AnyVisitor, VisitRequest
from certcenter.api.openapi import operation
from certcenter.api.policy import policy_of, portal_of
from certcenter.api.policy_schemas import PolicyOut
from certcenter.api.values import Digest, Output
from certcenter.content import downloads as files
from certcenter.content import queries as content
from certcenter.content.downloads import System
from certcenter.content.models import Document, DocumentKind
from certcenter.core import clock

router = Router(tags=["centre"], auth=AnyVisitor())

API_VERSION: Final = "1"


class EnvironmentOut(Output):
    """The server's time and versions, for the environment check (SPEC A13)."""

    time: datetime
    """Now, UTC: compare the device's clock with it."""
    centre: str
    """Version of the centre."""
    api: str
    """Version of this interface."""
    test_environment: bool
    """Nothing here has legal effect."""


class DocumentsKind(StrEnum):
    """What documents there are."""

    ANNOUNCEMENTS = "announcements"
    INSTRUCTIONS = "instructions"
    FAQ = "faq"


class ParagraphOut(Output):
    """One block of a text: `heading`, `paragraph`, `list`, `steps` or `note`."""

    kind: str
    texts: tuple[str, ...]


class DocumentOut(Output):
    """One document in the chosen language."""

    key: str
    version: int
    title: str
    paragraphs: tuple[ParagraphOut, ...]
    published_at: datetime


class DocumentsOut(Output):
    """The documents of one kind in their order; announcements newest first."""

    documents: tuple[DocumentOut, ...]


class DownloadOut(Output):
    """One file of the desktop helper."""

    system: System
    file: str
    version: str
    size: Annotated[int, Field(ge=0)]
    """Bytes."""
    sha256: Digest
    """Compare it with the file's own before the file is run."""
    url: str
    """Where the file lies; nobody need be logged in."""


class DownloadsOut(Output):
    """The newest file for each system that one is offered for; none where keys live elsewhere than with the helper."""

    downloads: tuple[DownloadOut, ...]


@router.get("/policy", **operation(200, PolicyOut, is_open=True))
def policy(request: VisitRequest) -> PolicyOut:
    """What page and programs need to know of the institution's policy, in the chosen language."""
    return policy_of(request.auth.institution, language=request.auth.language, origin=request.auth.origin)


@router.get("/environment", **operation(200, EnvironmentOut, is_open=True))
def environment(request: VisitRequest) -> EnvironmentOut:
    """The server's time and versions."""
    return EnvironmentOut(
        time=clock.now(),
        centre=version("certcenter"),
        api=API_VERSION,
        test_environment=request.auth.institution.branding.test_environment,
    )


@router.get("/documents/{kind}", **operation(200, DocumentsOut, is_open=True))
def documents(request: VisitRequest, kind: DocumentsKind) -> DocumentsOut:
    """Announcements, instructions or questions and answers."""
    found = content.all_current(request.auth.institution.slug, _KINDS[kind])
    return DocumentsOut(documents=tuple(_document(each, request.auth.language) for each in found))


@router.get("/downloads", **operation(200, DownloadsOut, is_open=True))
def downloads(request: VisitRequest) -> DownloadsOut:
    """The desktop helper's files, as the institution's front page offers them (SPEC A14)."""
    institution = request.auth.institution
    if not institution.with_helper:
        return DownloadsOut(downloads=())
    place = f"{portal_of(institution, request.auth.origin)}/downloads"
    return DownloadsOut(
        downloads=tuple(
            DownloadOut(**asdict(each), url=f"{place}/{quote(each.file)}")
            for each in files.offered().values()
            if each is not None
        )
    )


def paragraphs(
    document: Document, language: str, values: dict[str, str] | None = None
) -> tuple[ParagraphOut, ...]:
    """Return a document's blocks in `language`, with the customer's values in it."""
    return tuple(
        ParagraphOut(kind=block.kind, texts=block.texts) for block in document.paragraphs(language, values)
    )


def _document(document: Document, language: str) -> DocumentOut:
    return DocumentOut(
        key=document.key,
        version=document.version,
        title=document.title(language),
        paragraphs=paragraphs(document, language),
        published_at=document.published_at,
    )


_KINDS: Final = {
    DocumentsKind.ANNOUNCEMENTS: DocumentKind.ANNOUNCEMENT,
    DocumentsKind.INSTRUCTIONS: DocumentKind.INSTRUCTION,
    DocumentsKind.FAQ: DocumentKind.FAQ,
}
