"""The rows of the policy table about the house itself: menu, contacts, links, notices, retention, recommended devices."""

from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from certcenter.core.texts import Text
from certcenter.institutions.base import Phone, PolicyModel, ServiceHours, Slug
from certcenter.institutions.vocabulary import Availability, Channel, Function


class MenuItem(PolicyModel):
    """One entry of the menu."""

    function: Function
    label: Text
    availability: Availability = Availability.ALWAYS


class MenuPolicy(PolicyModel):
    """The menu in its order, and what the overview offers besides."""

    heading: Text
    items: Annotated[tuple[MenuItem, ...], Field(min_length=1)]
    overview_actions: tuple[Function, ...] = ()
    """Functions without an entry of their own, offered on the overview where they make sense."""

    @model_validator(mode="after")
    def _once(self) -> Self:
        functions = [item.function for item in self.items] + list(self.overview_actions)
        twice = sorted({function.value for function in functions if functions.count(function) > 1})
        if twice:
            raise ValueError("offered twice: " + ", ".join(twice))
        return self

    def offers(self, function: Function) -> bool:
        """Whether customers have `function` at all, in the menu or on the overview."""
        return function in self.overview_actions or any(item.function is function for item in self.items)


class ContactLine(PolicyModel):
    """A telephone line."""

    label: Text
    phone: Phone


class ContactPolicy(PolicyModel):
    """Whom a customer calls, and where the counter is."""

    lines: Annotated[tuple[ContactLine, ...], Field(min_length=1)]
    hours: ServiceHours
    hours_text: Text
    email: Annotated[str, StringConstraints(pattern=r"^[^@\s]+@[^@\s]+$")]
    address: Text
    branch: Text
    """Which way to the counter, and what to bring."""


class Link(PolicyModel):
    """A way out of the centre."""

    key: Slug
    label: Text
    url: Annotated[str, StringConstraints(pattern=r"^https://[^\s]+$")]


class NoticePolicy(PolicyModel):
    """Messages to the customer (SPEC D7, A14)."""

    sender: Text
    """The name before each message."""
    from_address: Annotated[str, StringConstraints(pattern=r"^[^@\s]+@[^@\s]+$")]
    channels: Annotated[tuple[Channel, ...], Field(min_length=1)] = (Channel.SMS, Channel.EMAIL)
    """A notice goes to all contacts of these channels."""
    reminder_days: tuple[Annotated[int, Field(ge=0, le=90)], ...] = (30, 14, 7, 1)
    """Days before the end at which a reminder is sent."""
    signed_mail: bool = True
    """Mail is signed with the institution's S/MIME certificate."""


class RetentionPolicy(PolicyModel):
    """How long evidence is kept (SPEC D6)."""

    years_after_end: Annotated[int, Field(ge=5, le=50)] = 5
    """Orders, evidence, consents, audit: years after the certificate's end."""


class EnvironmentPolicy(PolicyModel):
    """What the environment check recommends (SPEC A13)."""

    chromium: Annotated[int, Field(ge=100)] = 120
    """Major version of Chrome and Edge; the next two likewise."""
    firefox: Annotated[int, Field(ge=100)] = 115
    safari: Annotated[int, Field(ge=15)] = 17
    clock_skew_seconds: Annotated[int, Field(ge=1, le=3600)] = 120
    """By how much the device's clock may differ."""
    helper: Annotated[str, StringConstraints(pattern=r"^[0-9]+(\.[0-9]+){1,2}$")] = "0.1"
    """The oldest desktop helper and command line that this centre serves."""
    screen_width: Annotated[int, Field(ge=320)] = 360
    """CSS pixels."""
