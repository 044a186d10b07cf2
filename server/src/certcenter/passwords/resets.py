"""The password of a company's user is reset by two (SPEC B10): an administrator makes the request, a checker or another
administrator releases it, who asked hands the new password out.

The user whose password it is can do neither. A maker takes no part: who is handed a checker's initial password could release
what the same person has made (docs/adr/0025). The initial password is shown once and has to be changed.
"""

from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from certcenter.audit.actions import record_refusal
from certcenter.core.actor import Actor
from certcenter.core.errors import CentreError, NotFound, NotNow
from certcenter.core.events import Event
from certcenter.identity import approvals
from certcenter.identity.models import Approval, ApprovalKind, ApprovalState, CompanyUser, Customer
from certcenter.identity.queries import require_not_frozen
from certcenter.passwords import initial as initials
from certcenter.passwords.initial import Initial
from certcenter.passwords.users import require_administrator, require_reviewer

_KIND = ApprovalKind.USER_RESET


class OwnPassword(NotNow):
    """One's own password is changed, not reset."""

    code = "own-password"
    message = _("This is your own password.")
    next_step = _("Please change it yourself, or have another administrator ask for a reset.")


def users_of(company: Customer) -> list[CompanyUser]:
    """Return the company's active users by code."""
    found = CompanyUser.objects.select_related("customer").filter(customer=company, disabled_at__isnull=True)
    return list(found.order_by("code"))


def user_of(company: Customer, user_id: int) -> CompanyUser:
    """Return an active user of the company. Raises NotFound, also for another's."""
    found = CompanyUser.objects.select_related("customer").filter(customer=company, pk=user_id)
    user = found.filter(disabled_at__isnull=True).first()
    if user is None:
        raise NotFound
    return user


def waiting(company: Customer) -> list[Approval]:
    """Return the company's requests that wait to be decided or handed out."""
    return approvals.waiting(Q(customer=company), kinds=(_KIND,))


def of_company(company: Customer, approval_id: UUID) -> Approval:
    """Return one request of the company. Raises NotFound, also for another's."""
    found = Approval.objects.select_related("customer").filter(customer=company, kind=_KIND, pk=approval_id)
    approval = found.first()
    if approval is None:
        raise NotFound
    return approval


def target_of(approval: Approval) -> CompanyUser:
    """Return the user whose password it is about. Raises NotFound where the user is gone."""
    return user_of(approval.customer, int(approval.target.partition(":")[2]))


def ask(administrator: CompanyUser | None, target: CompanyUser, *, note: str, actor: Actor) -> Approval:
    """Ask a second person. Raises NotAdministrator, OwnPassword, CustomerFrozen, AlreadyAsked."""
    try:
        asker = require_administrator(administrator)
        if asker.pk == target.pk:
            raise OwnPassword
        require_not_frozen(target.customer)
    except CentreError as refusal:
        record_refusal(
            Event.APPROVAL_REFUSED,
            actor=actor,
            subject=target.customer.subject,
            reason=refusal.code,
            kind=_KIND,
        )
        raise
    return approvals.ask(
        _KIND, target.customer, terms={}, note=note, by=asker.subject, actor=actor, target=target.subject
    )


def approve(reviewer: CompanyUser | None, approval: Approval, *, actor: Actor) -> None:
    """Release another's request about a third. Raises NotReviewer, OwnRequest, NotOpen."""
    decider = require_reviewer(reviewer)
    if approval.target == decider.subject:
        raise approvals.OwnRequest
    approvals.approve(approval, by=decider.subject, actor=actor)


def decline(reviewer: CompanyUser | None, approval: Approval, *, actor: Actor) -> None:
    """Decline another's request, or withdraw one's own. Raises NotReviewer, NotOpen."""
    decider = require_reviewer(reviewer)
    approvals.decline(approval, note="", by=decider.subject, actor=actor)


def hand_out(administrator: CompanyUser | None, approval: Approval, *, actor: Actor) -> Initial:
    """Make the approved initial password, once, for who asked; it replaces the old one now, and lifts the user's lock.

    Raises NotAdministrator, NotOpen, CustomerFrozen, PasswordsMoved, Busy.
    """
    asker = require_administrator(administrator)
    if approval.state != ApprovalState.APPROVED:
        raise approvals.NotOpen
    initial = initials.prepare(approval.customer, user=target_of(approval))
    approvals.use(
        approval, by=asker.subject, actor=actor, then=lambda: initials.hand_out(initial, actor=actor)
    )
    return initial
