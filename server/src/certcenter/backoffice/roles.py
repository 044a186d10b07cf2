"""Who may do what to a customer (SPEC D5). Pure; server/tests/backoffice/test_roles.py tries every pair."""

from collections.abc import Iterable
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from certcenter.identity.models import Role


class Right(StrEnum):
    """What a member of staff may do."""

    SEARCH = "search"
    #: See names, birth date and full numbers: who has to compare them with a person or a paper.
    SEE_CLEAR = "see-clear"
    SUSPEND = "suspend"
    RESUME = "resume"
    REVOKE = "revoke"
    UNLOCK = "unlock"
    RESET_LIMITS = "reset-limits"
    #: Hand out, or void, the slip with which a customer applies for a first certificate.
    ISSUE_SLIP = "issue-slip"
    VOID_SLIP = "void-slip"
    #: 憑證重新下載: once, today, after asking who it is.
    OPEN_REDOWNLOAD = "open-redownload"
    FREEZE = "freeze"
    THAW = "thaw"
    FORCE_CHANGE = "force-change"
    SEPARATE = "separate"
    #: Asked for by one, approved by another (identity.approvals).
    CHANGE_CONTACT = "change-contact"
    COUNTER_REISSUE = "counter-reissue"
    APPROVE = "approve"
    AUDIT = "audit"


#: Freezing protects and is quick for whoever is on the phone; thawing opens again and is the officer's.
RIGHTS: Final = MappingProxyType(
    {
        Role.CUSTOMER_SERVICE: frozenset(
            {
                Right.SEARCH,
                Right.UNLOCK,
                Right.RESET_LIMITS,
                Right.OPEN_REDOWNLOAD,
                Right.FREEZE,
                Right.FORCE_CHANGE,
            }
        ),
        Role.REGISTRATION_OFFICER: frozenset(
            {
                Right.SEARCH,
                Right.SEE_CLEAR,
                Right.SUSPEND,
                Right.RESUME,
                Right.REVOKE,
                Right.ISSUE_SLIP,
                Right.VOID_SLIP,
                Right.OPEN_REDOWNLOAD,
                Right.FREEZE,
                Right.THAW,
                Right.FORCE_CHANGE,
                Right.SEPARATE,
                Right.CHANGE_CONTACT,
                Right.COUNTER_REISSUE,
                Right.APPROVE,
            }
        ),
        Role.AUDITOR: frozenset({Right.SEARCH, Right.AUDIT}),
        Role.ADMINISTRATOR: frozenset({Right.SEARCH}),
    }
)


def rights_of(roles: Iterable[str]) -> frozenset[Right]:
    """Return what these roles may do together; an unknown role may nothing."""
    known = {role.value: rights for role, rights in RIGHTS.items()}
    return frozenset().union(*(known.get(role, frozenset()) for role in roles))
