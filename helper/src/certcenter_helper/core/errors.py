"""What can go wrong on this computer, each with what was kept and what to do next."""

from enum import StrEnum


class Kind(StrEnum):
    """Which family a trouble belongs to; the command line has one exit code for each."""

    REFUSED = "refused"
    """The centre, or a rule, says no."""
    NETWORK = "network"
    """The centre could not be reached, or somebody else answered."""
    LOGIN = "login"
    """Not logged in, or no longer."""
    PASSWORD = "password"  # noqa: S105 - the name of a family
    """A certificate or PFX password is wrong or missing."""
    STORE = "store"
    """The store on this computer: full, read-only, damaged, in use."""
    INPUT = "input"
    """What was typed or chosen can't be right."""
    NEEDS_REPAIR = "needs-repair"
    """The work broke off between the centre and this computer; repair goes on with it."""


class HelperError(Exception):
    """A trouble in the customer's words.

    Attributes:
        kind: the family.
        code: stable, for programs.
        title: one sentence: what happened.
        detail: more of it; may be empty.
        advice: what to do next; may be empty.
        kept: what of the work so far is safe; may be empty.
        reference: what the customer tells the help desk; may be empty.
        tries_left: guesses that are left, where they are counted.
    """

    def __init__(
        self,
        kind: Kind,
        code: str,
        title: str,
        *,
        detail: str = "",
        advice: str = "",
        kept: str = "",
        reference: str = "",
        tries_left: int | None = None,
    ) -> None:
        super().__init__(f"{code}: {title}")
        self.kind = kind
        self.code = code
        self.title = title
        self.detail = detail
        self.advice = advice
        self.kept = kept
        self.reference = reference
        self.tries_left = tries_left
