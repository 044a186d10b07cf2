"""From consent to proven identity (SPEC A3–A5, E3): slip → consent → birth date → code → grant. Writes procedures only.

Which of these an institution asks for is policy; a step that it does not ask for is passed. Each function is one step of
the manuals' wizards and of the API; the order is enforced by conditional statements, so the back button, a second tab and
a double click find the step taken or not, never half taken.
"""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from certcenter.audit.actions import record, record_refusal
from certcenter.certificates import errors, policy, queries
from certcenter.certificates.lifecycle import ProcedureKind, ProcedureState
from certcenter.certificates.models import Procedure
from certcenter.content.actions import give_consent
from certcenter.content.errors import ConsentSuperseded
from certcenter.core import clock, limits
from certcenter.core.actor import Actor
from certcenter.core.db.prepared import Prepared, PreparedUpdate, place
from certcenter.core.errors import CentreError
from certcenter.core.events import Event
from certcenter.core.ids import new_uuid
from certcenter.core.taiwan import parse_roc_date, taipei_day
from certcenter.identity.models import Customer
from certcenter.identity.queries import require_not_frozen
from certcenter.institutions import serving
from certcenter.institutions.vocabulary import Proof
from certcenter.notifications.actions import notify
from certcenter.otp import actions as otp
from certcenter.otp.models import Purpose
from certcenter.passwords import login
from certcenter.slips import actions as slips
from certcenter.slips.models import SlipPurpose

#: How long a customer may take from consent to submission.
LIFETIME = timedelta(minutes=30)
#: Wrong birth dates of a person in a day, over all procedures (SPEC E3); the counted limit's name.
BIRTH_DATES = "birth-date"


def start(
    customer: Customer,
    *,
    kind: ProcedureKind,
    consent_version: int | None,
    consent_sha256: str | None,
    actor: Actor,
) -> Procedure:
    """Begin a procedure with the customer's consent to the current text, where policy asks for one.

    Raises CustomerFrozen (only revoking is open to a frozen customer), NotAllowedNow (and its kinds) when the overview
    would not offer the action, OutsideWindow, RevocationsUsedUp, slips' SlipNeeded, ConsentNeeded, and content's
    ConsentSuperseded when the text has changed meanwhile.
    """
    wanted = policy.proofs(serving.get(customer.institution), kind)
    try:
        if kind is not ProcedureKind.REVOKE:
            require_not_frozen(customer)
        policy.require_allowed(kind, queries.situation(customer))
        if Proof.SLIP in wanted:
            slips.require_accepted(customer, purpose=SlipPurpose.CERTIFICATE, session=actor.session)
        if Proof.CONSENT in wanted and (consent_version is None or consent_sha256 is None):
            raise errors.ConsentNeeded
    except CentreError as refusal:
        record_refusal(_REFUSED[kind], actor=actor, subject=f"customer:{customer.pk}", reason=refusal.code)
        raise
    try:
        with transaction.atomic():
            return Procedure.objects.create(
                institution=customer.institution,
                customer=customer,
                kind=kind,
                state=policy.begins_at(wanted),
                session=actor.session,
                consent_id=_consented(customer, kind, wanted, consent_version, consent_sha256, actor=actor),
                created_at=clock.now(),
                expires_at=clock.now() + LIFETIME,
            )
    except ConsentSuperseded as refusal:
        record_refusal(Event.CONSENT_REFUSED, actor=actor, subject=customer.subject, reason=refusal.code)
        raise


def give_birth_date(procedure_id: UUID, text: str, *, customer: Customer, actor: Actor) -> Procedure:
    """Compare the birth (registration) date, given in ROC form (SPEC F3).

    The try is counted before the comparison, per person and day in Taipei, so starting again gives no further guesses.
    Raises BirthDateMalformed (not counted), BirthDateWrong, BirthDateEnded at the last (the third, one login failure) and for the
    rest of the day, ProcedureGone, WrongStep.
    """
    procedure = _at_step(
        procedure_id, ProcedureState.CONSENTED, Event.BIRTH_DATE_REFUSED, customer=customer, actor=actor
    )
    try:
        date = parse_roc_date(text)
    except ValueError as error:
        raise errors.BirthDateMalformed from error
    day = taipei_day(clock.now()).isoformat()
    try:
        tries = serving.get(customer.institution).lock.birth_date_tries
        taken = limits.take(BIRTH_DATES, subject=customer.subject, window=day, limit=tries)
    except limits.LimitReached as full:
        _end_for_birth_date(procedure, actor=actor)
        raise errors.BirthDateEnded(customer) from full
    if date == customer.birth_date:
        with transaction.atomic():
            limits.reset(BIRTH_DATES, subject=customer.subject, window=day)
            wanted = policy.proofs(serving.get(customer.institution), ProcedureKind(procedure.kind))
            return _advance(procedure, ProcedureState.CONSENTED, policy.identified_as(wanted))
    if taken.left:
        record_refusal(
            Event.BIRTH_DATE_REFUSED, actor=actor, subject=customer.subject, reason="birth-date-wrong"
        )
        raise errors.BirthDateWrong(tries_left=taken.left)
    _end_for_birth_date(procedure, actor=actor)
    login.count_failure(customer, actor=actor)
    raise errors.BirthDateEnded(customer)


def reset_day_limits(customer: Customer, *, note: str, actor: Actor) -> None:
    """Let the customer try again today: birth dates, wrong codes, sendings (SPEC D5); staff says why in `note`."""
    with transaction.atomic():
        otp.forget_day(customer)
        limits.reset(BIRTH_DATES, subject=customer.subject, window=taipei_day(clock.now()).isoformat())
        record(Event.CUSTOMER_LIMITS_RESET, actor=actor, subject=customer.subject, note=note)
        notify(Event.CUSTOMER_LIMITS_RESET, customer=customer, details={}, key=f"limits:{new_uuid()}")


def send_code(
    procedure_id: UUID, *, contact_id: UUID | None, account_id: UUID | None, customer: Customer, actor: Actor
) -> otp.SentCode:
    """Send a verification code to the chosen contact (SPEC D4). Raises what `otp.send_code` raises, ProcedureGone, WrongStep."""
    procedure = _at_step(
        procedure_id, ProcedureState.IDENTIFIED, Event.CODE_REFUSED, customer=customer, actor=actor
    )
    return otp.send_code(
        customer,
        purpose=Purpose(procedure.kind),
        contact_id=contact_id,
        account_id=account_id,
        session=actor.session,
        actor=actor,
    )


def check_code(
    procedure_id: UUID, *, challenge_id: UUID, code: str, customer: Customer, actor: Actor
) -> Procedure:
    """Check the code; a right one proves the procedure. Raises what `otp.check_code` raises, ProcedureGone, WrongStep."""
    procedure = _at_step(
        procedure_id, ProcedureState.IDENTIFIED, Event.CODE_REFUSED, customer=customer, actor=actor
    )
    grant = otp.check_code(
        customer,
        purpose=Purpose(procedure.kind),
        challenge_id=challenge_id,
        code=code,
        session=actor.session,
        consent_id=procedure.consent_id,
        actor=actor,
    )
    with transaction.atomic():
        return _advance(procedure, ProcedureState.IDENTIFIED, ProcedureState.PROVEN, grant_id=grant.id)


def find(procedure_id: UUID, *, customer: Customer, actor: Actor) -> Procedure:
    """Return the customer's procedure of this session. Raises ProcedureGone for any other, or an expired one."""
    procedure = _OWN.first(id=procedure_id, customer=customer.pk, session=actor.session, now=clock.now())
    if procedure is None or procedure.state == ProcedureState.ENDED:
        raise errors.ProcedureGone
    return procedure


_OWN = Prepared(
    lambda: Procedure.objects.filter(
        pk=place("id"), customer_id=place("customer"), session=place("session"), expires_at__gt=place("now")
    )
)


def use(procedure: Procedure, *, customer: Customer, actor: Actor) -> None:
    """Spend the procedure with its grant and its slip, once, inside the caller's transaction.

    Raises WrongStep when it is not proven or spent already, and what `otp.use_grant` and `slips.use` raise.
    """
    wanted = policy.proofs(serving.get(customer.institution), ProcedureKind(procedure.kind))
    if not _USE.run(id=procedure.pk):
        raise errors.WrongStep
    if Proof.CODE in wanted:
        if procedure.grant_id is None:  # begun when policy asked for no code
            raise errors.WrongStep
        otp.use_grant(
            procedure.grant_id,
            customer=customer,
            purpose=Purpose(procedure.kind),
            session=actor.session,
            consent_id=procedure.consent_id,
        )
    if Proof.SLIP in wanted:
        slips.use(customer, purpose=SlipPurpose.CERTIFICATE, session=actor.session, actor=actor)


_USE = PreparedUpdate(
    lambda: Procedure.objects.filter(pk=place("id"), state=ProcedureState.PROVEN), state=ProcedureState.USED
)


def purge(*, before: datetime) -> int:
    """Delete procedures that ended before `before`; consents and audit keep what was agreed and done."""
    return Procedure.objects.filter(expires_at__lt=before).delete()[0]


def _consented(
    customer: Customer,
    kind: ProcedureKind,
    wanted: frozenset[Proof],
    version: int | None,
    sha256: str | None,
    *,
    actor: Actor,
) -> int | None:
    """Write down the consent where policy asks for one, inside the caller's transaction. Raises ConsentSuperseded."""
    if Proof.CONSENT not in wanted or version is None or sha256 is None:
        return None
    given = give_consent(
        customer.pk,
        institution=customer.institution,
        kind=policy.consent_kind(kind),
        version=version,
        sha256=sha256,
        purpose=kind,
        actor=actor,
    )
    return int(given.pk)


def _advance(
    procedure: Procedure, before: ProcedureState, after: ProcedureState, **changes: object
) -> Procedure:
    changed = Procedure.objects.filter(pk=procedure.pk, state=before).update(state=after, **changes)
    if not changed:
        raise errors.WrongStep
    procedure.refresh_from_db()
    return procedure


def _at_step(
    procedure_id: UUID, state: ProcedureState, event: Event, *, customer: Customer, actor: Actor
) -> Procedure:
    """`find`, and the procedure stands at this step; a refusal is audited as `event`."""
    try:
        procedure = find(procedure_id, customer=customer, actor=actor)
        if procedure.state != state:
            raise errors.WrongStep
    except CentreError as refusal:
        record_refusal(event, actor=actor, subject=customer.subject, reason=refusal.code)
        raise
    return procedure


def _end_for_birth_date(procedure: Procedure, *, actor: Actor) -> None:
    """End it; that it was refused is written once, with the change where there is one."""
    reason = errors.BirthDateEnded.code
    with transaction.atomic():
        ended = Procedure.objects.filter(pk=procedure.pk, state=ProcedureState.CONSENTED).update(
            state=ProcedureState.ENDED
        )
        if ended:
            record(Event.BIRTH_DATE_REFUSED, actor=actor, subject=f"procedure:{procedure.pk}", reason=reason)
    if not ended:
        record_refusal(
            Event.BIRTH_DATE_REFUSED, actor=actor, subject=f"procedure:{procedure.pk}", reason=reason
        )


_REFUSED = {
    ProcedureKind.APPLY: Event.APPLICATION_REFUSED,
    ProcedureKind.RENEW: Event.RENEWAL_REFUSED,
    ProcedureKind.REVOKE: Event.REVOCATION_REFUSED,
}
