"""The only writers of documents and consents."""

from django.db import IntegrityError, transaction

from certcenter.audit.actions import record
from certcenter.content.blocks import Body
from certcenter.content.errors import ConsentSuperseded, DocumentChanged
from certcenter.content.models import ConsentGiven, Document
from certcenter.content.queries import CONSENT_KEY, current
from certcenter.content.texts import SHIPPED_BY, ShippedText, Tenants, texts_for
from certcenter.core import clock
from certcenter.core.actor import Actor, system
from certcenter.core.events import Event


def publish(
    institution: str,
    *,
    kind: str,
    key: str,
    body: Body,
    after_version: int,
    actor: Actor,
    rank: int = 0,
) -> Document:
    """Publish a new version in place of `after_version` (0: the first one), which retires at the same moment.

    Raises DocumentChanged when `after_version` is no longer the latest.
    """
    try:
        with transaction.atomic():
            now = clock.now()
            same = Document.objects.filter(institution=institution, kind=kind, key=key)
            if same.filter(version__gt=after_version).exists():
                raise DocumentChanged
            same.filter(version=after_version, retired_at__isnull=True).update(
                retired_at=now, retired_by=actor.id
            )
            document = Document.objects.create(
                institution=institution,
                kind=kind,
                key=key,
                version=after_version + 1,
                rank=rank,
                title_zh=body.title.zh,
                title_en=body.title.en,
                body=body.model_dump(),
                sha256=body.sha256(),
                published_at=now,
                published_by=actor.id,
            )
            _record(document, actor, "published")
            return document
    except IntegrityError as error:
        # Two publishers at once: the unique constraints let one of them through.
        raise DocumentChanged from error


def retire(document: Document, *, actor: Actor) -> None:
    """Take a document off the pages. Raises DocumentChanged when it is retired already."""
    with transaction.atomic():
        changed = Document.objects.filter(pk=document.pk, retired_at__isnull=True).update(
            retired_at=clock.now(), retired_by=actor.id
        )
        if not changed:
            raise DocumentChanged
        _record(document, actor, "retired")


def give_consent(
    customer_id: int,
    *,
    institution: str,
    kind: str,
    version: int,
    sha256: str,
    purpose: str,
    actor: Actor,
) -> ConsentGiven:
    """Keep that a customer agreed to this version of the consent `kind`, with time, address and session.

    Belongs into the transaction of what the consent is for. Raises ConsentSuperseded when version and hash are not
    those of the text in force.
    """
    with transaction.atomic():
        document = current(institution, kind, CONSENT_KEY)
        if document is None or (document.version, document.sha256) != (version, sha256):
            raise ConsentSuperseded
        consent = ConsentGiven.objects.create(
            institution=institution,
            customer_id=customer_id,
            document=document,
            version=version,
            sha256=sha256,
            purpose=purpose,
            session=actor.session,
            address=actor.address or None,
            user_agent=actor.user_agent[:300],
            given_at=clock.now(),
        )
        record(
            Event.CONSENT_GIVEN,
            actor=actor,
            subject=f"customer:{customer_id}",
            consent=consent.pk,
            kind=kind,
            version=version,
            sha256=sha256,
            purpose=purpose,
        )
        return consent


def load_texts(registry: Tenants) -> int:
    """Publish the shipped texts of every institution; returns how many versions are new. Safe to repeat.

    A policy's numbers stand in these texts, so a changed number publishes a new version. What staff published or
    retired is left alone. Shipped texts that no longer apply to an institution's policy are retired.
    """
    actor = system(SHIPPED_BY)
    published = 0
    for tenant in registry.all():
        shipped = texts_for(tenant)
        latest = _latest(tenant.slug)
        for text in shipped:
            published += _refresh(tenant.slug, text, latest.get((text.kind, text.key)), actor)
        keep = {(text.kind, text.key) for text in shipped}
        for name, document in latest.items():
            if name not in keep and document.published_by == SHIPPED_BY and document.retired_at is None:
                retire(document, actor=actor)
    return published


def _refresh(institution: str, text: ShippedText, latest: Document | None, actor: Actor) -> int:
    if latest is not None:
        by_staff = latest.published_by != SHIPPED_BY or latest.retired_by not in {"", SHIPPED_BY}
        unchanged = latest.retired_at is None and (latest.sha256, latest.rank) == (
            text.body.sha256(),
            text.rank,
        )
        if by_staff or unchanged:
            return 0
    try:
        publish(
            institution,
            kind=text.kind,
            key=text.key,
            body=text.body,
            rank=text.rank,
            after_version=latest.version if latest else 0,
            actor=actor,
        )
    except DocumentChanged:
        return 0  # another node has just published it
    return 1


def _latest(institution: str) -> dict[tuple[str, str], Document]:
    rows = Document.objects.filter(institution=institution).order_by("version")
    return {(row.kind, row.key): row for row in rows}


def _record(document: Document, actor: Actor, change: str) -> None:
    record(
        Event.DOCUMENT_PUBLISHED,
        actor=actor,
        subject=f"document:{document.pk}",
        change=change,
        institution=document.institution,
        kind=document.kind,
        key=document.key,
        version=document.version,
        sha256=document.sha256,
    )
