"""An institution's own face: names, colours, hosts."""

import re
from typing import Annotated, Self

from pydantic import Field, StringConstraints, field_validator, model_validator

from certcenter.core.texts import Text
from certcenter.institutions.base import PolicyModel

Colour = Annotated[str, StringConstraints(pattern=r"^#[0-9a-f]{6}$")]

MIN_CONTRAST = 4.5
"""WCAG 2.2, success criterion 1.4.3 (AA)."""

PAPER = {"light": ("#ffffff", "#f5f6f8"), "dark": ("#1a212b", "#10151c")}
"""The card and the ground behind it in the portal's style sheet; an accent must be readable on both."""


def relative_luminance(colour: str) -> float:
    """Relative luminance of `#rrggbb` by WCAG 2.2, from 0 (black) to 1 (white)."""

    def linear(channel: int) -> float:
        share = channel / 255
        return share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4  # noqa: PLR2004 - WCAG's formula

    red, green, blue = (linear(int(colour[at : at + 2], 16)) for at in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two colours by WCAG 2.2, from 1 to 21."""
    high, low = sorted((relative_luminance(one), relative_luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


class Accent(PolicyModel):
    """One accent colour in one colour scheme."""

    colour: Colour
    ink: Colour
    """Text on the accent: the primary button."""
    soft: Colour
    """The pale ground on which the accent itself is text: the current menu entry."""

    def weak_pairs(self, papers: tuple[str, ...]) -> tuple[str, ...]:
        """The pairs of this accent whose contrast is below 4.5:1, in words."""
        pairs = (
            (self.ink, self.colour),
            (self.colour, self.soft),
            *((self.colour, paper) for paper in papers),
        )
        return tuple(
            f"{text} on {ground} has {contrast(text, ground):.2f}:1"
            for text, ground in pairs
            if contrast(text, ground) < MIN_CONTRAST
        )


class Branding(PolicyModel):
    """Names, colours, hosts and the mark of a test environment."""

    name: Text
    legal_name: Text
    """As consents name the firm."""
    short_name: Text
    mark: Annotated[str, Field(min_length=1, max_length=2)]
    """What stands in the coloured square beside the name."""
    broker_code: Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9]{1,11}$")]
    """Stands in file names, such as A123456789_SAMPLE.pfx."""
    centre_name: Text
    """What the certificate centre calls itself: 憑證中心."""
    hosts: Annotated[tuple[str, ...], Field(min_length=1)]
    """Host names without port; `{slug}` is replaced. The first one stands in links."""
    test_environment: bool
    """Shows the 測試環境 mark."""
    light: Accent
    dark: Accent

    @field_validator("hosts")
    @classmethod
    def _host_names(cls, hosts: tuple[str, ...]) -> tuple[str, ...]:
        for host in hosts:
            if not re.fullmatch(r"(?!-)[a-z0-9.-]+(?<!-)", host.replace("{slug}", "slug")):
                raise ValueError(f"{host!r} is no host name in lower case without port")
        return hosts

    @model_validator(mode="after")
    def _readable(self) -> Self:
        weak = (*self.light.weak_pairs(PAPER["light"]), *self.dark.weak_pairs(PAPER["dark"]))
        if weak:
            raise ValueError(f"colours below {MIN_CONTRAST}:1: " + "; ".join(weak))
        return self
