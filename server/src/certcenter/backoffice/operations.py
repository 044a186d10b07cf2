"""What staff can do to a customer: the right that it needs, the words, the action that does it."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from certcenter.backoffice import approvals
from certcenter.backoffice.forms import CallForm, ContactForm, HandOutForm, ReasonForm
from certcenter.backoffice.roles import Right
from certcenter.certificates import procedures, redownloads, revoking
from certcenter.certificates.lifecycle import CertificateState
from certcenter.core.gates import State
from certcenter.identity import actions as identity
from certcenter.institutions.base import ServiceHours
from certcenter.institutions.policy import Institution
from certcenter.passwords import actions as passwords
from certcenter.passwords import calls
from certcenter.slips import actions as slips
from certcenter.slips.models import SlipPurpose

NO_PERSONAL_DATA = _("It is kept in the audit trail: no names, numbers or addresses, please.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """What an operation depends on."""

    states: frozenset[str]
    lock: State
    frozen: bool
    #: The institution's customers apply with a slip; and one is open.
    slips: bool
    slip_open: bool
    #: Staff open re-downloads here.
    redownloads: bool
    #: All accounts have one password, and there are accounts to separate.
    unified: bool
    has_password: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One thing to do. `run(customer, actor=…, **form.given())` is the room's own action; `fits` says whether it makes sense now."""

    right: Right
    label: str | Promise
    explained: str | Promise
    done: str | Promise
    run: Callable[..., Any]
    fits: Callable[[Situation], bool]
    hint: str | Promise = NO_PERSONAL_DATA
    grave: bool = False
    #: What is asked besides the reason.
    form: type[ReasonForm] = ReasonForm
    #: A colleague approves it first (SPEC D5): the customer is told of the change, not of the request.
    asks: bool = False
    #: The page that shows what `run` returned, once; without it the customer's page comes next.
    result: str = ""
    #: When it can be done at all, where that depends on the clock; the action itself decides.
    hours: Callable[[Institution], ServiceHours | None] = lambda _house: None


def _has(*states: CertificateState) -> Callable[[Situation], bool]:
    return lambda now: bool(now.states & set(states))


_DOWNLOADABLE: Final = (CertificateState.ISSUED, CertificateState.ACTIVE)

OPERATIONS: Final[dict[str, Operation]] = {
    each.right.value: each
    for each in (
        Operation(
            right=Right.SUSPEND,
            label=_("Suspend the certificate"),
            explained=_("Orders signed with it are refused until it is resumed."),
            done=_("The certificate is suspended."),
            run=partial(revoking.suspend, suspended=True),
            fits=_has(CertificateState.ACTIVE),
        ),
        Operation(
            right=Right.RESUME,
            label=_("Resume the certificate"),
            explained=_("The suspension ends; the certificate can be used again."),
            done=_("The certificate can be used again."),
            run=partial(revoking.suspend, suspended=False),
            fits=_has(CertificateState.SUSPENDED),
        ),
        Operation(
            right=Right.REVOKE,
            label=_("Revoke the certificate"),
            explained=_("This can't be undone. It does not count as one of the customer's own revocations."),
            done=_("The certificate is revoked."),
            run=revoking.revoke_by_staff,
            fits=_has(CertificateState.ACTIVE, CertificateState.SUSPENDED, CertificateState.ISSUED),
            grave=True,
        ),
        Operation(
            right=Right.ISSUE_SLIP,
            label=_("Issue a password slip"),
            explained=_(
                "The slip is shown once, to be printed and handed over. An earlier slip that is still open becomes void."
            ),
            done=_("The slip is issued."),
            run=partial(slips.issue, purpose=SlipPurpose.CERTIFICATE),
            fits=lambda now: now.slips and not now.frozen,
            hint=_("Note which documents you have seen, without their numbers."),
            result="backoffice/slip.html",
        ),
        Operation(
            right=Right.VOID_SLIP,
            label=_("Void the password slip"),
            explained=_("Nobody can use the slip any more: the paper was lost, for example."),
            done=_("The slip is void."),
            run=partial(slips.void, purpose=SlipPurpose.CERTIFICATE),
            fits=lambda now: now.slip_open,
        ),
        Operation(
            right=Right.OPEN_REDOWNLOAD,
            label=_("Open Download again"),
            explained=_(
                "The customer can download the certificate once more, until the counter closes today, on the computer that applied or renewed."
            ),
            done=_("Download again is open until the counter closes today."),
            run=redownloads.open_for,
            hours=lambda house: house.repair.hours,
            fits=lambda now: now.redownloads and _has(*_DOWNLOADABLE)(now) and not now.frozen,
            hint=_("Note what was asked and that the answers were right, without the answers themselves."),
        ),
        Operation(
            right=Right.UNLOCK,
            label=_("Unlock the login"),
            explained=_(
                "After a call, once until the next successful login; the customer uses the password from before. Mark what was asked and whether the answer was right. The answers themselves are noted nowhere."
            ),
            done=_("The login is unlocked."),
            run=calls.unlock,
            fits=lambda now: now.lock is State.LOCKED and not now.frozen,
            form=CallForm,
            hours=lambda house: house.contact.hours,
        ),
        Operation(
            right=Right.RESET_LIMITS,
            label=_("Reset today's limits"),
            explained=_("Birth dates, wrong codes and sendings of today are forgotten."),
            done=_("Today's limits are reset."),
            run=procedures.reset_day_limits,
            fits=lambda now: not now.frozen,
        ),
        Operation(
            right=Right.FREEZE,
            label=_("Freeze the customer"),
            explained=_(
                "Nothing is issued or unlocked until an officer ends it. The certificate stays as it is."
            ),
            done=_("The customer is frozen."),
            run=partial(identity.freeze, frozen=True),
            fits=lambda now: not now.frozen,
            grave=True,
        ),
        Operation(
            right=Right.THAW,
            label=_("End the freeze"),
            explained=_("Certificates can be issued and logins unlocked again."),
            done=_("The freeze has ended."),
            run=partial(identity.freeze, frozen=False),
            fits=lambda now: now.frozen,
        ),
        Operation(
            right=Right.FORCE_CHANGE,
            label=_("Have the password changed"),
            explained=_(
                "All sessions end, and at the next login nothing is possible but choosing a new password."
            ),
            done=_("The customer has to choose a new password at the next login."),
            run=passwords.force_change,
            fits=lambda now: now.has_password,
        ),
        Operation(
            right=Right.SEPARATE,
            label=_("Separate the passwords"),
            explained=_(
                "From now on each account has a password of its own; today's opens each of them until it is changed. All sessions end."
            ),
            done=_("Each account has a password of its own now."),
            run=passwords.separate,
            fits=lambda now: now.unified and now.has_password and not now.frozen,
            hint=_("Note which papers the customer has shown, without their numbers."),
        ),
        Operation(
            right=Right.COUNTER_REISSUE,
            label=_("Reissue by password slip"),
            explained=_(
                "A colleague approves it; then you print a slip with an initial password, once. The old password ends with the print, locks are lifted, and the customer chooses a new password at the first login."
            ),
            done=_("The slip waits for a colleague's approval."),
            run=approvals.ask_slip,
            fits=lambda now: not now.frozen,
            hint=_("Note which papers the customer has shown, without their numbers."),
            form=HandOutForm,
            asks=True,
        ),
        Operation(
            right=Right.CHANGE_CONTACT,
            label=_("Change a contact"),
            explained=_(
                "A colleague compares it with the signed form and approves it. Then the old and the new contact are told, and codes sent before are worth nothing."
            ),
            done=_("The change waits for a colleague's approval."),
            run=approvals.ask_contact_change,
            fits=lambda now: not now.frozen,
            form=ContactForm,
            asks=True,
        ),
    )
}


def offered(rights: frozenset[Right], situation: Situation) -> list[tuple[str, Operation]]:
    """Return the operations that this member of staff may do and that make sense now."""
    return [
        (name, each) for name, each in OPERATIONS.items() if each.right in rights and each.fits(situation)
    ]
