"""The calls of a company's users (SPEC B10): the list, one's own password, another's reset by two administrators.

Data, as in `calls`; where customers have no users the centre answers `not-found`.
"""

from uuid import UUID

from certcenter_sdk.client.answers import Answer
from certcenter_sdk.client.calls import Call

__all__ = [
    "approve_reset",
    "ask_reset",
    "change_password",
    "decline_reset",
    "hand_out_password",
    "resets",
    "users",
]


def users() -> Call[Answer]:
    """Who acts for the company, by code; names masked."""
    return Call(method="GET", path="users", read=_as_is)


def change_password(old: str, new: str) -> Call[None]:
    """Change one's own password; the user's other sessions end. Never repeated: a wrong `old` counts."""
    return Call(method="PUT", path="users/me/password", body={"old": old, "new": new}, read=_nothing)


def resets() -> Call[Answer]:
    """What waits for a second administrator, or to be handed out."""
    return Call(method="GET", path="user-resets", read=_as_is)


def ask_reset(user: int, note: str) -> Call[Answer]:
    """Ask another administrator to approve a new password for a user; `note` says why."""
    return Call(method="POST", path=f"users/{user}/resets", body={"note": note}, read=_as_is)


def approve_reset(reset: UUID) -> Call[Answer]:
    """Approve another's request about a third user."""
    return Call(method="POST", path=f"user-resets/{reset}/approval", read=_as_is)


def decline_reset(reset: UUID) -> Call[Answer]:
    """Decline another's request, or withdraw one's own."""
    return Call(method="POST", path=f"user-resets/{reset}/refusal", read=_as_is)


def hand_out_password(reset: UUID) -> Call[Answer]:
    """The initial password of an approved request, once, for who asked. Never repeated: it is shown one time."""
    return Call(method="POST", path=f"user-resets/{reset}/password", read=_as_is)


def _as_is(answer: Answer) -> Answer:
    return answer


def _nothing(_answer: Answer) -> None:
    return None
