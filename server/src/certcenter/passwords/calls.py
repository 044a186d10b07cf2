"""Staff unlock a login after a call (SPEC B3; manual M2: 「電話核對本人資料後，即可協助解鎖（僅限一次）」).

Within the institution's service hours alone, and only where enough of its questions were asked and answered rightly.
The history keeps which ones and whether the answers were right, never an answer. Outside the hours the customer's own
certificate unlocks (`recovery.devices`), and at the counter there is the password slip (`initial`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from certcenter.audit.actions import record, record_refusal
from certcenter.core import clock
from certcenter.core.actor import Actor
from certcenter.core.errors import CentreError, NotFound, NotNow
from certcenter.core.events import Event
from certcenter.core.ids import new_uuid
from certcenter.identity.models import CompanyUser, Customer
from certcenter.identity.queries import require_not_frozen
from certcenter.institutions import rules, serving
from certcenter.institutions.policy import Institution
from certcenter.notifications.actions import notify
from certcenter.passwords import login, users


class UnlockHours(NotNow):
    """Nobody answers the telephone now."""

    code = "unlock-hours"
    message = _("After a call, logins are unlocked within the service hours alone: %(hours)s.")
    next_step = _(
        "Until then the customer can unlock with a certificate, have the password reissued online, or get a password slip at the counter."
    )


class CallerNotKnown(NotNow):
    """Too few right answers, or too many wrong ones."""

    code = "caller-not-known"
    message = _("The caller is not known well enough: %(right)s right and %(wrong)s wrong answers.")
    next_step = _("If nothing more can be asked, please send the customer to a branch.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """What was asked: the policy's question → whether the answer was right. `note`: what else matters, without personal data."""

    answers: Mapping[str, bool] = field(default_factory=dict)
    note: str = ""


def is_open(institution: Institution) -> bool:
    """Whether staff unlock by telephone at this moment: a business day, within the service hours, in Taipei."""
    return rules.is_open(institution, institution.contact.hours, now=clock.now())


def unlock(customer: Customer, *, call: Call, user: CompanyUser | None = None, actor: Actor) -> None:
    """Open a locked login, once until the next successful one: the customer's, or that of a company's `user`.

    Raises UnlockHours, CallerNotKnown, CustomerFrozen, gates.GateNotLocked, GateHardLocked or UnlockUsed; NotFound for
    another company's or a disabled user.
    """
    if user and (user.customer_id != customer.pk or user.disabled_at):
        raise NotFound
    institution = serving.get(customer.institution)
    said: dict[str, Any] = {"asked": dict(call.answers), "note": call.note}
    if user:
        said["user"] = user.subject
    try:
        _require_hours(institution)
        _require_known(institution, call)
        require_not_frozen(customer)
        gate = users.gate(user) if user else login.gate(customer)
        gate.unlock(then=partial(_tell, customer, user, said, actor))
    except CentreError as refusal:
        record_refusal(
            Event.LOGIN_UNLOCK_REFUSED, actor=actor, subject=customer.subject, reason=refusal.code, **said
        )
        raise


def _require_hours(institution: Institution) -> None:
    if not is_open(institution):
        raise UnlockHours(hours=institution.contact.hours_text.get(get_language() or "zh-hant"))


def _require_known(institution: Institution, call: Call) -> None:
    """Count the answers to the policy's own questions; there are no others."""
    policy = institution.calls
    counted = [call.answers[each.key] for each in policy.questions if each.key in call.answers]
    right, wrong = counted.count(True), counted.count(False)
    if right < policy.right_answers or wrong > policy.wrong_answers:
        raise CallerNotKnown(right=right, wrong=wrong)


def _tell(customer: Customer, user: CompanyUser | None, said: Mapping[str, Any], actor: Actor) -> None:
    """Write the history and the notice with the gate's change, or there is none (SPEC E9)."""
    require_not_frozen(customer)
    event = Event.USER_UNLOCKED if user else Event.LOGIN_UNLOCKED
    record(event, actor=actor, subject=customer.subject, **said)
    notify(event, customer=customer, details={"user": user.code} if user else {}, key=f"unlock:{new_uuid()}")
