"""Versioned documents, and who agreed to which of them (SPEC, terms: consent; D5, D6)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from certcenter.content.blocks import Body, personal


class DocumentKind(models.TextChoices):
    """What a document is for."""

    CONSENT_APPLY = "consent-apply", _("consent to apply or renew")
    CONSENT_REVOKE = "consent-revoke", _("consent to revoke")
    CONSENT_TOKEN = "consent-token", _("terms of the token")
    ANNOUNCEMENT = "announcement", _("announcement")
    INSTRUCTION = "instruction", _("instructions")
    FAQ = "faq", _("question and answer")


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A block in one language, ready to be shown: `heading`, `paragraph`, `list`, `steps` or `note`."""

    kind: str
    texts: tuple[str, ...]


class Document(models.Model):
    """One version of one text of one institution. Never changed after publication, but for its retirement."""

    institution = models.SlugField(max_length=40)
    kind = models.CharField(max_length=16, choices=DocumentKind)
    key = models.SlugField(max_length=60)
    version = models.PositiveIntegerField()
    #: Where it stands among its kind's; lower comes first.
    rank = models.PositiveIntegerField(default=0)
    title_zh = models.CharField(max_length=200)
    title_en = models.CharField(max_length=200)
    #: `Body` as JSON, both languages: the bytes behind `sha256` are its canonical form.
    body = models.JSONField()
    sha256 = models.CharField(max_length=64)
    published_at = models.DateTimeField()
    #: Who published or retired it: a staff member's id, or `texts` for the shipped texts.
    published_by = models.CharField(max_length=64)
    retired_at = models.DateTimeField(null=True, blank=True)
    retired_by = models.CharField(max_length=64, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["institution", "kind", "key", "version"], name="document_version_once"
            ),
            models.UniqueConstraint(
                fields=["institution", "kind", "key"],
                condition=Q(retired_at__isnull=True),
                name="document_one_current",
            ),
            models.CheckConstraint(
                condition=Q(retired_at__isnull=True) | Q(retired_at__gte=F("published_at")),
                name="document_retired_after_publication",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.institution}/{self.kind}/{self.key} v{self.version}"

    @property
    def content(self) -> Body:
        """Title and blocks in both languages."""
        return Body.model_validate(self.body)

    def title(self, language: str) -> str:
        """The title in `language`."""
        return self.content.title.get(language)

    def paragraphs(self, language: str, values: Mapping[str, str] | None = None) -> tuple[Paragraph, ...]:
        """The body in `language`, with the customer's `values` (customer_name, masked_id, roc_date) in it."""
        given: Mapping[str, Any] = values or {}
        return tuple(
            Paragraph(block.kind, tuple(personal(text.get(language), given) for text in block.texts))
            for block in self.content.blocks
        )


class ConsentGiven(models.Model):
    """A customer agreed to one version of a consent. Append-only; kept as long as evidence is (SPEC D6)."""

    institution = models.SlugField(max_length=40)
    #: `identity.Customer.id`; no foreign key, since identity stands above this room.
    customer_id = models.BigIntegerField()
    document = models.ForeignKey(Document, on_delete=models.PROTECT, related_name="+")
    #: Repeated from the document, so that the row is evidence by itself.
    version = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    purpose = models.CharField(max_length=20)
    session = models.CharField(max_length=64)
    address = models.GenericIPAddressField(null=True, blank=True)
    user_agent = models.CharField(max_length=300, blank=True)
    given_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["customer_id", "-given_at"], name="consent_of_customer")]

    def __str__(self) -> str:
        return f"consent {self.pk} to {self.document_id}"
