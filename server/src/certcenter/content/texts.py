"""The texts that Certcenter ships, chosen and filled in by each institution's policy.

Each `shipped/*.toml` holds tables `[[documents]]`: kind, key, title, blocks, `needs` (tags of the policy that must all be
there), `unless` (tags that must not) and `institutions` (slugs; none: every institution). Where two apply under one key,
the one that asks for more wins: a special text before a general one.
"""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Annotated, Protocol

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from certcenter.content.blocks import Block, Body
from certcenter.content.models import DocumentKind
from certcenter.core.texts import Text

FOLDER = Path(__file__).parent / "shipped"

SHIPPED_BY = "texts"
"""Stands as publisher of shipped texts."""


class Tenant(Protocol):
    """What this room needs to know of an institution (institutions.policy.Institution is one)."""

    @property
    def slug(self) -> str:
        """The institution's short name."""

    def text_tags(self) -> frozenset[str]:
        """What the policy offers, for `needs` and `unless`."""

    def text_values(self) -> Mapping[str, Text]:
        """What texts may name in braces."""


class Tenants(Protocol):
    """All institutions of the centre (institutions.registry.Registry is one)."""

    def all(self) -> Iterable[Tenant]:
        """Every institution."""


@dataclass(frozen=True, slots=True)
class ShippedText:
    """A text ready to be published for one institution."""

    kind: str
    key: str
    rank: int
    body: Body


class _Source(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: DocumentKind
    key: Annotated[str, Field(pattern=r"^[a-z0-9-]{1,60}$")] = "terms"
    title: Text
    blocks: Annotated[tuple[Block, ...], Field(min_length=1)]
    needs: frozenset[str] = frozenset()
    unless: frozenset[str] = frozenset()
    institutions: frozenset[str] = frozenset()

    def applies(self, tenant: Tenant) -> bool:
        tags = tenant.text_tags()
        mine = not self.institutions or tenant.slug in self.institutions
        return mine and self.needs <= tags and not self.unless & tags

    @property
    def weight(self) -> int:
        return len(self.needs) + (100 if self.institutions else 0)


@cache
def _sources() -> tuple[_Source, ...]:
    found: list[_Source] = []
    for path in sorted(FOLDER.glob("*.toml")):
        try:
            documents = tomllib.loads(path.read_text(encoding="utf-8"))["documents"]
            found.extend(TypeAdapter(list[_Source]).validate_python(documents))
        except (tomllib.TOMLDecodeError, KeyError, ValidationError) as error:
            raise ValueError(f"{path.name}: {error}") from error
    return tuple(found)


def texts_for(tenant: Tenant) -> list[ShippedText]:
    """The shipped texts of one institution, its policy's values filled in, in their order.

    Raises ValueError naming file or document where a shipped text is wrong.
    """
    chosen: dict[tuple[str, str], tuple[int, _Source]] = {}
    for rank, source in enumerate(_sources(), start=1):
        name = (source.kind.value, source.key)
        if source.applies(tenant) and (name not in chosen or source.weight > chosen[name][1].weight):
            chosen[name] = (rank, source)
    values = tenant.text_values()
    return [
        ShippedText(kind, key, rank, Body(title=source.title, blocks=source.blocks).filled(values))
        for (kind, key), (rank, source) in chosen.items()
    ]
