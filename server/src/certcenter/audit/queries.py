"""Reads of the history, by keyset, newest first."""

from collections.abc import Collection, Iterator
from datetime import datetime

from django.db.models import QuerySet

from certcenter.audit.models import AuditEvent
from certcenter.core.taiwan import TAIPEI

PAGE = 200


def page(
    *, subject: str = "", institution: str | None = None, before: int | None = None, limit: int = PAGE
) -> list[AuditEvent]:
    """Return up to `limit` events below number `before`; `institution` None means all of them, empty the centre's own."""
    events: QuerySet[AuditEvent] = AuditEvent.objects.order_by("-pk")
    if subject:
        events = events.filter(subject=subject)
    if institution is not None:
        events = events.filter(institution=institution)
    if before is not None:
        events = events.filter(pk__lt=before)
    return list(events[:limit])


def of_subjects(subjects: Collection[str], *, limit: int) -> list[AuditEvent]:
    """Return the newest events about any of `subjects`, such as a customer and its certificates."""
    return list(AuditEvent.objects.filter(subject__in=subjects).order_by("-pk")[:limit])


def newest(
    *, subject: str = "", institution: str = "", before: int | None = None, since: datetime | None = None
) -> Iterator[AuditEvent]:
    """Yield events newest first, page by page, until one is older than `since` (without a zone: Taipei's clock).

    Numbers follow the commits to within a transaction's length, so the first older event is the end.
    """
    end = since.replace(tzinfo=TAIPEI) if since and since.tzinfo is None else since
    while events := page(subject=subject, institution=institution or None, before=before):
        for event in events:
            if end is not None and event.time < end:
                return
            yield event
        before = events[-1].pk
