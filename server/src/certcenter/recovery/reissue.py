"""密碼補發 from the chosen contact to the new password, with a certificate or by a link (SPEC B8, B9, manual M2).

The old password works until 送出. The initial password is no password of the centre's: it is random, never the code,
and opens nothing but the last step of its own run.
"""

import secrets
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from certcenter.audit.actions import record, record_refusal
from certcenter.core import clock, limits, sealing
from certcenter.core.actor import Actor
from certcenter.core.errors import CentreError, Invalid
from certcenter.core.events import Event
from certcenter.core.sealing import Use
from certcenter.core.taiwan import taipei_day
from certcenter.identity.models import Customer
from certcenter.institutions.policy import Institution
from certcenter.otp import actions as otp
from certcenter.otp.models import Purpose
from certcenter.passwords import actions as passwords
from certcenter.passwords import store, voice
from certcenter.passwords.admission import admitted
from certcenter.passwords.models import CredentialKind
from certcenter.passwords.store import Prepared
from certcenter.recovery import flows, links
from certcenter.recovery.checks import require_still
from certcenter.recovery.errors import FlowGone, InitialPasswordWrong, ReissuesUsedUp
from certcenter.recovery.lifecycle import FlowKind, FlowState, Step
from certcenter.recovery.models import Flow

#: The day's counter of reissues with a certificate: one of its own (SPEC B9).
WITH_CERTIFICATE: Final = "reissue-with-certificate"
#: Letters and digits that are not taken for one another.
_ALPHABET: Final = "abcdefghjkmnpqrstuvwxyz23456789"
_INITIAL_LENGTH: Final = 8
_DIFFER = _("The two passwords differ. Please type the same one twice.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """The code was right. `initial` is shown this once; `repr` leaves it out."""

    initial: str

    def __repr__(self) -> str:
        """Without the password."""
        return "Verified(…)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reissued:
    """The new password holds. `unified`: for everything; else for the chosen account alone (SPEC B10)."""

    unified: bool
    voice: bool


def send(
    institution: Institution, *, token: str, account_id: UUID | None, contact_id: UUID | None, actor: Actor
) -> otp.SentCode:
    """Send the code of this run: to the contact chosen, or to the phone of a link, which is fixed.

    The first sending of a run with certificate counts as the day's request. Raises FlowGone, ReissuesUsedUp, what
    `checks.require_still` and `otp.send_code` raise.
    """
    flow = flows.find(institution.slug, token, step=Step.SEND)
    with _Refusals(flow, actor):
        customer = require_still(flow)
        if flow.kind == FlowKind.CERTIFICATE:
            _choose(institution, flow, account_id=account_id, contact_id=contact_id, actor=actor)
        sent = otp.send_code(
            customer,
            purpose=Purpose.REISSUE,
            contact_id=flow.contact_id,
            account_id=flow.account_id,
            session=str(flow.pk),
            actor=actor,
        )
        flows.take(flow, Step.SEND)
    return sent


def check(institution: Institution, *, token: str, challenge_id: UUID, code: str, actor: Actor) -> Verified:
    """Check the code; a right one uses a link up and gives the initial password of this run.

    Raises FlowGone, LinkGone, what `checks.require_still` and `otp.check_code` raise.
    """
    flow = flows.find(institution.slug, token, step=Step.CHECK)
    with _Refusals(flow, actor, but=otp.CodeMalformed):
        customer = require_still(flow)
        grant = otp.check_code(
            customer,
            purpose=Purpose.REISSUE,
            challenge_id=challenge_id,
            code=code,
            session=str(flow.pk),
            consent_id=flow.account_id,
            actor=actor,
        )
        initial = "".join(secrets.choice(_ALPHABET) for _ in range(_INITIAL_LENGTH))
        with transaction.atomic():
            links.consume(flow)
            flows.take(flow, Step.CHECK, grant_id=grant.pk, initial_mac=_mac(flow, initial), tries=0)
            flows.supersede(customer, but=flow)
    return Verified(initial=initial)


@admitted
def redeem(
    institution: Institution, *, token: str, initial: str, password: str, repeated: str, actor: Actor
) -> Reissued:
    """送出: the new password takes the old one's place, everything that the old one locked or opened ends.

    Raises admission.Crowded, FlowGone, Invalid, PasswordRefused, InitialPasswordWrong, Busy, PasswordsMoved, GrantRefused, what
    `checks.require_still` raises.
    """
    flow = flows.find(institution.slug, token, step=Step.REDEEM)
    if password != repeated:
        raise Invalid({"repeated": _DIFFER})
    with _Refusals(flow, actor, but=Invalid):
        customer = require_still(flow)
        _require_initial(institution, flow, initial.strip())
        prepared = _prepared(institution, flow, customer, password)
        with transaction.atomic():
            flows.take(flow, Step.REDEEM, initial_mac="")
            require_still(flow)
            assert flow.grant_id is not None, "a verified run has its grant"
            otp.use_grant(
                flow.grant_id,
                customer=customer,
                purpose=Purpose.REISSUE,
                session=str(flow.pk),
                consent_id=flow.account_id,
            )
            passwords.put(
                prepared, actor=actor, event=Event.PASSWORD_REISSUED, clear_lock=True, by=str(flow.kind)
            )
    return Reissued(unified=prepared[0].account is None, voice=len(prepared) > 1)


def cancel(institution: Institution, *, token: str, actor: Actor) -> None:
    """取消: the run and its initial password end; the old password goes on. Raises FlowGone."""
    flow = flows.find(institution.slug, token, step=Step.CANCEL)
    with transaction.atomic():
        flows.take(flow, Step.CANCEL, initial_mac="")
        if flow.customer is not None:
            record(Event.REISSUE_CANCELLED, actor=actor, subject=flow.customer.subject)


def _choose(
    institution: Institution,
    flow: Flow,
    *,
    account_id: UUID | None,
    contact_id: UUID | None,
    actor: Actor,
) -> None:
    """Keep account and contact; count the request when they are chosen for the first time (SPEC B9)."""
    if flow.state == FlowState.SENT and (account_id, contact_id) == (flow.account_id, flow.contact_id):
        return
    day, limit = taipei_day(clock.now()).isoformat(), institution.passwords.reissues_a_day
    subject = flow.customer.subject if flow.customer else ""
    try:
        with transaction.atomic():
            if flow.state == FlowState.PROVEN:
                limits.take(WITH_CERTIFICATE, subject=subject, window=day, limit=limit)
                record(Event.REISSUE_REQUESTED, actor=actor, subject=subject, by="certificate")
            chosen = Flow.objects.filter(pk=flow.pk, state=flow.state)
            if not chosen.update(account_id=account_id, contact_id=contact_id):
                raise FlowGone
    except limits.LimitReached:
        raise ReissuesUsedUp(limit=limit) from None
    flow.refresh_from_db()


def _require_initial(institution: Institution, flow: Flow, initial: str) -> None:
    """Count the try, then compare; the last wrong one ends the run. Raises FlowGone, InitialPasswordWrong."""
    limit = institution.passwords.initial_tries
    mine = Flow.objects.filter(pk=flow.pk, state=FlowState.VERIFIED)
    if not mine.filter(tries__lt=limit).update(tries=F("tries") + 1):
        raise FlowGone
    if flow.initial_mac and sealing.same(flow.initial_mac, _mac(flow, initial)):
        mine.filter(tries__gt=0).update(tries=F("tries") - 1)
        return
    left = limit - mine.values_list("tries", flat=True).get()
    if left <= 0:
        mine.update(state=FlowState.ENDED, initial_mac="")
        raise FlowGone
    raise InitialPasswordWrong(tries_left=left)


def _prepared(institution: Institution, flow: Flow, customer: Customer, password: str) -> list[Prepared]:
    """Hash what this reissue changes; the voice password follows where policy syncs it (SPEC B10)."""
    prepared = [store.prepare(customer, password, account=flow.account_id)]
    if institution.passwords.voice_sync:
        prepared.append(
            store.prepare(
                customer,
                voice.to_digits(password),
                kind=CredentialKind.VOICE,
                account=flow.account_id,
                follows=True,
            )
        )
    return prepared


def _mac(flow: Flow, initial: str) -> str:
    return sealing.mac(Use.INITIAL, flow.pk.bytes, initial)


class _Refusals:
    """Writes what a step refuses into the history, after its transaction is undone (SPEC E9)."""

    def __init__(self, flow: Flow, actor: Actor, *, but: type[CentreError] = FlowGone) -> None:
        self._flow, self._actor, self._but = flow, actor, but

    def __enter__(self) -> None:
        """Begin the step."""

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        """Record a refusal; codes record their own (otp)."""
        own = ("code-", "codes-")
        if not isinstance(error, CentreError) or isinstance(error, self._but) or error.code.startswith(own):
            return
        subject = self._flow.customer.subject if self._flow.customer else ""
        record_refusal(Event.RECOVERY_REFUSED, actor=self._actor, subject=subject, reason=error.code)
