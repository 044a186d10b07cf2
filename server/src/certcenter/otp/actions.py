"""Send a code, check it, spend the grant: all writes about verification codes (SPEC D4, E3)."""

import secrets
import string
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self
from uuid import UUID

from django.db import IntegrityError, connection, transaction
from django.db.models import F, QuerySet

from certcenter.audit.actions import record, record_refusal
from certcenter.core import clock, limits, sealing, taiwan
from certcenter.core.actor import Actor
from certcenter.core.db.prepared import PreparedUpdate, place
from certcenter.core.events import Event
from certcenter.core.ids import new_uuid
from certcenter.core.sealing import Use
from certcenter.identity import queries
from certcenter.identity.models import Account, Channel, Contact, Customer
from certcenter.institutions import serving
from certcenter.institutions.policy import CodePolicy, CodesPolicy
from certcenter.institutions.vocabulary import CodeDelivery, CodePurpose
from certcenter.notifications import actions as notifications
from certcenter.notifications.messages import Address
from certcenter.otp.errors import (
    CodeExpired,
    CodeMalformed,
    CodesStopped,
    CodeUsedUp,
    CodeWait,
    CodeWrong,
    ContactUnknown,
    GrantRefused,
    SendsUsedUp,
)
from certcenter.otp.models import Challenge, Grant, Purpose

__all__ = [
    "CodeExpired", "CodeMalformed", "CodeUsedUp", "CodeWait", "CodeWrong", "CodesStopped", "ContactUnknown",
    "GrantRefused", "Purpose", "SendsUsedUp", "SentCode", "check_code", "send_code", "use_grant",
]  # fmt: skip

_WRONG = "otp-wrong"
_SENT = "otp-sent"
_TOLD = "otp-stop-told"
_SENT_BY_SOURCE = "otp-sent-by-source"
#: Without I and O, which are misread as digits.
_LETTERS = "".join(letter for letter in string.ascii_uppercase if letter not in "IO")


@dataclass(frozen=True, slots=True, kw_only=True)
class SentCode:
    """What the page shows after sending: never the code."""

    challenge_id: UUID
    identification: str
    masked: str
    channel: Channel
    digits: int
    expires_at: datetime
    resend_at: datetime
    tries_left: int

    @classmethod
    def of(cls, challenge: Challenge, rule: CodePolicy) -> Self:
        """Return what may be shown of `challenge`, under the rule of its purpose."""
        return cls(
            challenge_id=challenge.pk,
            identification=challenge.identification,
            masked=challenge.masked,
            channel=Channel(challenge.channel),
            digits=challenge.digits,
            expires_at=challenge.expires_at,
            resend_at=challenge.resend_at,
            tries_left=max(0, rule.tries - challenge.tries),
        )


def send_code(
    customer: Customer,
    *,
    purpose: Purpose,
    contact_id: UUID | None,
    account_id: UUID | None,
    session: str,
    actor: Actor,
) -> SentCode:
    """Send a new code, which replaces any older one of this customer.

    `contact_id` None asks for every contact, where the policy delivers so; `account_id` is the account that the
    customer chose on the page, checked to be the customer's own. Raises ContactUnknown, CodeWait, SendsUsedUp, CodesStopped.
    """
    codes = serving.get(customer.institution).codes
    rule = codes.rule(CodePurpose(purpose))
    contacts = _contacts(customer, contact_id, rule)
    _require_own_account(customer, account_id)
    _require_not_stopped(customer, codes)
    code = f"{secrets.randbelow(10**rule.digits):0{rule.digits}}"
    challenge = _challenge(customer, contacts, code, purpose=purpose, session=session, rule=rule)
    try:
        with transaction.atomic():
            _take_sends(customer, codes, actor)
            _replace(challenge)
            record(
                Event.CODE_SENT,
                actor=actor,
                subject=customer.subject,
                challenge=str(challenge.pk),
                purpose=str(purpose),
                to=challenge.masked,
                account=str(account_id or ""),
            )
            notifications.send_code(
                f"{challenge.identification}-{code}" if challenge.identification else code,
                customer=customer,
                addresses=tuple(Address(contact.channel, contact.value) for contact in contacts),
                purpose=Purpose(purpose).label,
                minutes=rule.minutes,
                key=f"code:{challenge.pk}",
                expires_at=challenge.expires_at,
                of_reissue=purpose is Purpose.REISSUE,
            )
    except (CodeWait, SendsUsedUp) as refusal:
        record_refusal(Event.CODE_REFUSED, actor=actor, subject=customer.subject, reason=refusal.code)
        raise
    except IntegrityError:  # another code was sent in the same moment
        raise CodeWait(seconds=rule.resend_seconds) from None
    return SentCode.of(challenge, rule)


def check_code(
    customer: Customer,
    *,
    purpose: Purpose,
    challenge_id: UUID,
    code: str,
    session: str,
    consent_id: object,
    actor: Actor,
) -> Grant:
    """Check a code and give the grant for `purpose`, this session and that consent.

    The try is counted in a statement of its own before anything is compared. Raises CodeMalformed (not counted),
    CodeWrong, CodeUsedUp, CodeExpired, CodesStopped.
    """
    codes = serving.get(customer.institution).codes
    rule = codes.rule(CodePurpose(purpose))
    typed = taiwan.narrow_digits(code)
    if len(typed) != rule.digits or not (typed.isascii() and typed.isdigit()):
        # It can't be right, so it tells nobody anything: a slip of the finger costs no try.
        raise CodeMalformed(digits=rule.digits)
    mine = Challenge.objects.filter(
        pk=challenge_id, customer=customer, purpose=purpose, session=session, used_at__isnull=True
    )
    challenge = _count_try(customer, mine, rule, codes, actor=actor)
    if not sealing.same(challenge.code_mac, _mac(challenge.pk, typed)):
        _refuse(customer, challenge, rule, codes, actor)
    with transaction.atomic():
        grant = _consume(customer, challenge, consent_id, codes, actor)
    if grant is None:  # the same right answer came twice at once
        raise CodeExpired
    return grant


def use_grant(
    grant_id: UUID, *, customer: Customer, purpose: Purpose, session: str, consent_id: object
) -> None:
    """Spend a grant, once, inside the transaction of what it allows. Raises GrantRefused."""
    if not connection.in_atomic_block:
        raise RuntimeError("a grant is spent in the transaction of what it allows")
    spent = _SPEND.run(
        id=grant_id, customer=customer.pk, purpose=str(purpose), session=session,
        consent=_text(consent_id), now=clock.now(),
    )  # fmt: skip
    if not spent:
        raise GrantRefused


_SPEND = PreparedUpdate(
    lambda: Grant.objects.filter(
        pk=place("id"),
        customer_id=place("customer"),
        purpose=place("purpose"),
        session=place("session"),
        consent_id=place("consent"),
        used_at__isnull=True,
        expires_at__gt=place("now"),
    ),
    used_at=place("now"),
)


def _contacts(customer: Customer, contact_id: UUID | None, rule: CodePolicy) -> list[Contact]:
    live = queries.live_contacts(customer).filter(channel__in=[str(channel) for channel in rule.channels])
    if rule.delivery is CodeDelivery.EVERY:
        found = list(live)
    else:
        found = list(live.filter(pk=contact_id)) if contact_id is not None else []
    if not found:
        raise ContactUnknown
    return found


def _require_own_account(customer: Customer, account_id: UUID | None) -> None:
    if account_id is not None and not Account.objects.filter(pk=account_id, customer=customer).exists():
        raise ContactUnknown


def _challenge(
    customer: Customer,
    contacts: list[Contact],
    code: str,
    *,
    purpose: Purpose,
    session: str,
    rule: CodePolicy,
) -> Challenge:
    now, challenge_id = clock.now(), new_uuid()
    return Challenge(
        id=challenge_id,
        customer=customer,
        purpose=purpose,
        session=session,
        channel=contacts[0].channel,
        masked=", ".join(queries.mask_contact(contact.channel, contact.value) for contact in contacts),
        identification="".join(secrets.choice(_LETTERS) for _ in range(4))
        if rule.identification_code
        else "",
        code_mac=_mac(challenge_id, code),
        digits=rule.digits,
        created_at=now,
        expires_at=now + timedelta(minutes=rule.minutes),
        resend_at=now + timedelta(seconds=rule.resend_seconds),
    )


def _mac(challenge_id: UUID, code: str) -> str:
    return sealing.mac(Use.CODE, challenge_id.bytes, code)


def _take_sends(customer: Customer, codes: CodesPolicy, actor: Actor) -> None:
    """Count this sending for the person and for the source; a rollback gives both back."""
    hour = clock.now().strftime("%Y-%m-%dT%H")
    try:
        limits.take(_SENT, subject=customer.subject, window=_today(), limit=codes.daily_sends)
        if actor.source:
            limits.take(
                _SENT_BY_SOURCE, subject=actor.source, window=hour, limit=codes.hourly_sends_of_a_source
            )
    except limits.LimitReached:
        raise SendsUsedUp from None


def _replace(challenge: Challenge) -> None:
    """Kill the older code and store the new one. The partial unique index lets one of two parallel sends through."""
    own = Challenge.objects.filter(customer=challenge.customer_id, used_at__isnull=True)
    waits = own.filter(resend_at__gt=challenge.created_at).values_list("resend_at", flat=True).first()
    if waits is not None:
        raise CodeWait(seconds=int((waits - challenge.created_at).total_seconds()) + 1)
    own.filter(killed_at__isnull=True).update(killed_at=challenge.created_at)
    challenge.save(force_insert=True)


def _count_try(
    customer: Customer, mine: QuerySet[Challenge], rule: CodePolicy, codes: CodesPolicy, *, actor: Actor
) -> Challenge:
    """Count the try for this code and for the person's day before anybody compares (SPEC E3)."""
    now = clock.now()
    try:
        with transaction.atomic():
            alive = mine.filter(killed_at__isnull=True, expires_at__gt=now, tries__lt=rule.tries)
            alive = alive.exclude(queries.CONTACT_CHANGED)
            if not alive.update(tries=F("tries") + 1):
                raise CodeUsedUp if mine.filter(tries__gte=rule.tries).exists() else CodeExpired
            limits.take(_WRONG, subject=customer.subject, window=_today(), limit=codes.daily_wrong_limit)
            return mine.get()
    except limits.LimitReached:
        refusal: CodesStopped | CodeUsedUp | CodeExpired = CodesStopped()
    except (CodeUsedUp, CodeExpired) as dead:
        refusal = dead
    record_refusal(Event.CODE_REFUSED, actor=actor, subject=customer.subject, reason=refusal.code)
    raise refusal


def _refuse(
    customer: Customer, challenge: Challenge, rule: CodePolicy, codes: CodesPolicy, actor: Actor
) -> None:
    """Say that the code was wrong; the last try kills it, the day's last stops codes until midnight."""
    with transaction.atomic():
        dead = Challenge.objects.filter(pk=challenge.pk, tries__gte=rule.tries, killed_at__isnull=True)
        dead.update(killed_at=clock.now())
    record_refusal(
        Event.CODE_REFUSED,
        actor=actor,
        subject=customer.subject,
        reason="code-wrong",
        challenge=str(challenge.pk),
    )
    if limits.used(_WRONG, subject=customer.subject, window=_today()) >= codes.daily_wrong_limit:
        _stop(customer, actor)
        raise CodesStopped
    left = rule.tries - challenge.tries
    if left <= 0:
        raise CodeUsedUp
    raise CodeWrong(tries_left=left)


def _stop(customer: Customer, actor: Actor) -> None:
    """Tell the person, once a day, that codes are stopped."""
    with transaction.atomic():
        try:
            limits.take(_TOLD, subject=customer.subject, window=_today(), limit=1)
        except limits.LimitReached:
            return
        record(Event.CODES_STOPPED, actor=actor, subject=customer.subject)
        notifications.notify(
            Event.CODES_STOPPED, customer=customer, details={}, key=f"codes-stopped:{customer.pk}:{_today()}"
        )


def _consume(
    customer: Customer, challenge: Challenge, consent_id: object, codes: CodesPolicy, actor: Actor
) -> Grant | None:
    now = clock.now()
    used = Challenge.objects.filter(pk=challenge.pk, used_at__isnull=True, killed_at__isnull=True).update(
        used_at=now
    )
    # It was right, whether first or not. After the challenge, as when it was taken: no deadlock.
    limits.give_back(_WRONG, subject=customer.subject, window=_today())
    if not used:
        return None
    record(Event.CODE_ACCEPTED, actor=actor, subject=customer.subject, challenge=str(challenge.pk))
    return Grant.objects.create(
        challenge=challenge,
        customer=customer,
        purpose=challenge.purpose,
        session=challenge.session,
        consent_id=_text(consent_id),
        created_at=now,
        expires_at=now + timedelta(minutes=codes.grant_minutes),
    )


def _require_not_stopped(customer: Customer, codes: CodesPolicy) -> None:
    if limits.used(_WRONG, subject=customer.subject, window=_today()) >= codes.daily_wrong_limit:
        raise CodesStopped


def forget_day(customer: Customer) -> None:
    """Forget today's wrong codes and sendings of this person, inside the transaction of staff's reset (SPEC D5)."""
    for name in (_WRONG, _SENT, _TOLD):
        limits.reset(name, subject=customer.subject, window=_today())


def _today() -> str:
    return taiwan.taipei_day(clock.now()).isoformat()


def _text(consent_id: object) -> str:
    return "" if consent_id is None else str(consent_id)


def purge(*, before: datetime) -> int:
    """Delete codes (and their grants) that ended before `before`; returns how many. The audit keeps what happened."""
    return Challenge.objects.filter(expires_at__lt=before).delete()[0]
