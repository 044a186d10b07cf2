"""密碼補發 without a certificate, up to the mail (SPEC B9, E4, E5): everybody sees the same pages and causes the same work.

Each request writes one link and one outbox row, whoever it is for; that there is nobody to write to shows only when
the outbox is worked (`tasks`). The day's limit answers alike too: it belongs to what was typed, and to the person only
where that is right, so a stranger can't use up the victim's requests.
"""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from certcenter.audit.actions import record, record_refusal
from certcenter.core import clock, limits, sealing
from certcenter.core.actor import Actor
from certcenter.core.errors import Invalid
from certcenter.core.events import Event
from certcenter.core.ids import new_uuid
from certcenter.core.sealing import Use
from certcenter.core.taiwan import taipei_day
from certcenter.identity import queries
from certcenter.identity.models import Channel, Contact, Customer
from certcenter.institutions.policy import Institution
from certcenter.outbox.actions import enqueue
from certcenter.passwords import sources
from certcenter.recovery import flows
from certcenter.recovery.decoys import Shown, ShownAccount, decoy
from certcenter.recovery.errors import ReissuesUsedUp
from certcenter.recovery.lifecycle import FlowKind, Step
from certcenter.recovery.models import Flow, Link
from certcenter.recovery.people import somebody

#: The outbox's topic for `tasks.mail_link`.
LINK_TOPIC = "reissue-link"
#: Counted limits: by what was typed; and, of wrong data, by ID and by source.
REQUESTS = "reissue-requests"
_OTHERS = "reissue-others"
_CHOOSE = _("Please choose an account.")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Real:
    """What is on file of a person who can be reached both ways."""

    shown: Shown
    phone_id: UUID
    email_id: UUID


def begin(institution: Institution, *, identity: str, birth_date: str, actor: Actor) -> tuple[str, Shown]:
    """Begin a request; returns its token and what the next page shows. Raises LoginTooOften (one source), Invalid."""
    sources.arrive(actor.source)
    who = somebody(institution, identity=identity, birth_date=birth_date)
    token, flow = flows.begin(
        institution.slug,
        kind=FlowKind.REQUEST,
        customer=who.customer,
        matched=who.matched,
        seed=who.seed,
        identity_mac=who.identity_mac,
    )
    return token, shown(institution, flow)


def shown(institution: Institution, flow: Flow) -> Shown:
    """What the page shows: the person's own data, masked, or a decoy. Both are made in any case (SPEC E4)."""
    real, other = _real(flow), decoy(institution, flow.seed)
    return real.shown if real is not None else other


def request(institution: Institution, *, token: str, account_id: UUID | None, actor: Actor) -> None:
    """Have the link mailed, if there is anybody to mail it to.

    Raises FlowGone, Invalid (no such account on the page), ReissuesUsedUp (for these data, right or wrong).
    """
    flow = flows.find(institution.slug, token, step=Step.REQUEST)
    real = _real(flow)
    offered = real.shown if real is not None else decoy(institution, flow.seed)
    if account_id not in {account.id for account in offered.accounts}:
        raise Invalid({"account": _CHOOSE})
    day, limit = taipei_day(clock.now()).isoformat(), institution.passwords.reissues_a_day
    try:
        with transaction.atomic():
            flows.take(flow, Step.REQUEST)
            limits.take(REQUESTS, subject=_subject(flow), window=day, limit=limit)
            _write(institution, flow, real, account_id, actor)
    except limits.LimitReached:
        record_refusal(
            Event.RECOVERY_REFUSED, actor=actor, subject=_subject(flow), reason=ReissuesUsedUp.code
        )
        raise ReissuesUsedUp(limit=limit) from None
    if not flow.matched:
        _count_stranger(flow, actor, day, limit)


def _write(
    institution: Institution, flow: Flow, real: _Real | None, account_id: UUID | None, actor: Actor
) -> None:
    """Replace the person's former links by a new one and queue its mail, in the caller's transaction."""
    now, token, link_id = clock.now(), flows.new_token(), new_uuid()
    reached = flow.customer if real is not None and flow.customer and not flow.customer.frozen_at else None
    former = Link.objects.filter(
        customer=reached.pk if reached else 0, used_at__isnull=True, ended_at__isnull=True
    )
    former.update(ended_at=now)
    Link.objects.create(
        id=link_id,
        token_hash=flows.hashed(token),
        institution=institution.slug,
        customer=reached,
        account_id=account_id,
        phone_id=real.phone_id if real else None,
        email_id=real.email_id if real else None,
        created_at=now,
        expires_at=now + timedelta(hours=institution.passwords.link_hours),
    )
    record(Event.REISSUE_REQUESTED, actor=actor, subject=_subject(flow), link=str(link_id), by="link")
    sealed = sealing.seal(Use.MESSAGE, token.encode(), owner=f"link:{link_id}")
    enqueue(LINK_TOPIC, {"link": str(link_id), "sealed": sealed}, key=str(link_id))


def _real(flow: Flow) -> _Real | None:
    """The person's own data where ID and birth date are right and both a phone and an address are on file."""
    person = flow.customer if flow.matched else None
    contacts = list(
        Contact.objects.filter(customer=person.pk if person else 0, retired_at__isnull=True).order_by(
            "since", "id"
        )
    )
    accounts = list(_accounts(person))
    phone = next((each for each in contacts if each.channel == Channel.SMS), None)
    email = next((each for each in contacts if each.channel == Channel.EMAIL), None)
    if phone is None or email is None or not accounts:
        return None
    return _Real(
        shown=Shown(
            accounts=tuple(accounts),
            phone=queries.mask_contact(phone.channel, phone.value),
            email=queries.mask_contact(email.channel, email.value),
        ),
        phone_id=phone.pk,
        email_id=email.pk,
    )


def _accounts(person: Customer | None) -> list[ShownAccount]:
    nobody = Customer(pk=0)
    return [
        ShownAccount(id=account.id, line=account.line, masked=account.masked)
        for account in queries.accounts(person or nobody)
    ]


def _subject(flow: Flow) -> str:
    return flow.customer.subject if flow.customer and flow.matched else f"nobody:{flow.seed[:32]}"


def _count_stranger(flow: Flow, actor: Actor, day: str, limit: int) -> None:
    """Count requests with wrong data by ID and by source: what exceeds is said to the audit, never to the page."""
    for subject in (f"id:{flow.identity_mac[:32]}", f"source:{actor.source}"):
        try:
            limits.take(_OTHERS, subject=subject, window=day, limit=limit)
        except limits.LimitReached:
            record_refusal(Event.RECOVERY_REFUSED, actor=actor, subject=subject, reason="others-used-up")
