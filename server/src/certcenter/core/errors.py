"""Errors that a person may see: a stable code, parameters, an HTTP status and a translatable message (SPEC E10).

`api` and `portal` are the only places that turn them into answers.
"""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class CentreError(Exception):
    """Something that the caller can be told: what happened, what was kept, what to do next.

    Subclasses set `code` (stable, kebab-case), `status` (HTTP) and `message` (may hold %(name)s parameters).
    `next_step` names what the person can do now; `kept` what was not lost.
    """

    code: ClassVar[str] = "error"
    status: ClassVar[int] = 400
    message: ClassVar[str | Promise] = _("The request could not be carried out.")
    next_step: ClassVar[str | Promise] = ""
    kept: ClassVar[str | Promise] = ""

    def __init__(self, **params: Any) -> None:
        self.params: Mapping[str, Any] = params
        super().__init__(self.code, params)

    @property
    def detail(self) -> str:
        """The message in the active language with its parameters filled in."""
        return str(self.message) % self.params if self.params else str(self.message)

    @property
    def advice(self) -> str:
        """What to do next, in the active language; may be empty."""
        return str(self.next_step) % self.params if self.params else str(self.next_step)

    @property
    def reassurance(self) -> str:
        """What was kept, in the active language; may be empty."""
        return str(self.kept) % self.params if self.params else str(self.kept)

    def __str__(self) -> str:
        return self.detail


class NotFound(CentreError):
    """The thing asked for does not exist, or not for this customer (the two look the same, SPEC E4)."""

    code = "not-found"
    status = 404
    message = _("There is nothing at this address.")


class Forbidden(CentreError):
    """The actor may not do this."""

    code = "forbidden"
    status = 403
    message = _("You may not do this.")


class Conflict(CentreError):
    """The state changed meanwhile, or forbids the action."""

    code = "conflict"
    status = 409
    message = _("This was changed meanwhile. Please look at the current state and try again.")


class NotNow(Conflict):
    """The state, the hour or the policy forbids the action; nothing has changed since the caller looked."""


class Busy(CentreError):
    """Too much is under way at once, and nothing was done; trying again after `AFTER` seconds helps (SPEC E2: a full house answers "busy")."""

    AFTER: ClassVar[int] = 2

    code = "busy"
    status = 503
    message = _("The centre is busy.")
    next_step = _("Please try again in a few seconds.")


class TooMany(CentreError):
    """A counted limit is used up; `retry_after` is in seconds where known."""

    code = "too-many"
    status = 429
    message = _("That is enough for now.")
    next_step = _("Please try again later.")


class Invalid(CentreError):
    """An input is not of its form; `fields` maps field names to messages."""

    code = "invalid"
    status = 422
    message = _("Please check what you have entered.")

    def __init__(self, fields: Mapping[str, str | Promise] | None = None, **params: Any) -> None:
        super().__init__(**params)
        self.fields: Mapping[str, str | Promise] = fields or {}
