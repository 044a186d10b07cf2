"""Reading documents: always of one institution."""

from datetime import datetime

from django.db.models import Q, QuerySet

from certcenter.content.models import ConsentGiven, Document
from certcenter.core import clock

CONSENT_KEY = "terms"
"""A consent kind has one text; this is its key."""


def current(
    institution: str, kind: str, key: str = CONSENT_KEY, *, at: datetime | None = None
) -> Document | None:
    """The version in force at `at` (now, if not given)."""
    return _in_force(institution, kind, at).filter(key=key).order_by("-version").first()


def all_current(institution: str, kind: str, *, at: datetime | None = None) -> list[Document]:
    """All documents of `kind` in force at `at`, in their order; announcements newest first."""
    order = ("-published_at", "rank", "key") if kind == "announcement" else ("rank", "key")
    return list(_in_force(institution, kind, at).order_by(*order))


def versions(institution: str, kind: str, key: str) -> list[Document]:
    """Every version of one document, newest first (for staff)."""
    return list(Document.objects.filter(institution=institution, kind=kind, key=key).order_by("-version"))


def consents_of(institution: str, customer_id: int) -> list[ConsentGiven]:
    """What a customer agreed to, newest first."""
    rows = ConsentGiven.objects.filter(institution=institution, customer_id=customer_id)
    return list(rows.select_related("document").order_by("-given_at", "-pk"))


def _in_force(institution: str, kind: str, at: datetime | None) -> QuerySet[Document]:
    moment = at or clock.now()
    return Document.objects.filter(
        Q(retired_at__isnull=True) | Q(retired_at__gt=moment),
        institution=institution,
        kind=kind,
        published_at__lte=moment,
    )
