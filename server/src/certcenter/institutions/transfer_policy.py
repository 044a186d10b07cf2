"""The row of the policy table about the upload to a phone (SPEC A12)."""

from typing import Annotated

from pydantic import Field

from certcenter.institutions.base import Count, PolicyModel


class PhonePolicy(PolicyModel):
    """How long and how often a phone may wait for a certificate, and how large that may be."""

    minutes: Annotated[int, Field(ge=1, le=5)] = 5
    """How long a pairing lasts; what was sent is gone after it at the latest."""
    pairings_a_day: Count = 20
    """Pairings of one customer until midnight in Taipei."""
    largest_bytes: Annotated[int, Field(ge=4096, le=20_000)] = 16_384
    """Of the sealed file; one with an RSA key of 4096 bits and its chain has about 9,000."""
