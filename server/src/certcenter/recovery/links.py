"""The link in the mail (SPEC E5): opening or submitting its page alone changes nothing; the birth date is typed again.

The token travels in the link's fragment and in the body of one POST: never in an address that a server logs.
"""

from django.db import transaction
from django.db.models import F, QuerySet

from certcenter.audit.actions import record, record_refusal
from certcenter.core import clock
from certcenter.core.actor import Actor
from certcenter.core.events import Event
from certcenter.identity import queries
from certcenter.identity.models import Customer
from certcenter.identity.queries import require_not_frozen
from certcenter.institutions.policy import Institution
from certcenter.passwords import login, sources
from certcenter.recovery import flows
from certcenter.recovery.errors import BirthDateDiffers, DetailsChanged, LinkGone
from certcenter.recovery.lifecycle import FlowKind, FlowState
from certcenter.recovery.models import Flow, Link
from certcenter.recovery.people import parse_birth_date


def open_link(
    institution: Institution, *, link_token: str, birth_date: str, actor: Actor
) -> tuple[str, Flow]:
    """Begin the run of a mailed link with the birth date; returns its token. Sends nothing, consumes nothing.

    Three wrong birth dates end the link and count as one login failure (SPEC E3). Raises Invalid (no date: nothing is
    counted), LinkGone, BirthDateDiffers, CustomerFrozen, DetailsChanged.
    """
    sources.arrive(actor.source)
    born = parse_birth_date(institution, birth_date)
    link = _counted(institution, link_token.strip(), actor)
    customer = link.customer
    assert customer is not None, "a link that leads nowhere is never live"
    if customer.birth_date != born:
        _differs(institution, link, customer, actor)
    _require_reachable(link, customer)
    with transaction.atomic():
        Link.objects.filter(pk=link.pk, tries__gt=0).update(tries=F("tries") - 1)
        token, flow = flows.begin(
            institution.slug,
            kind=FlowKind.LINK,
            customer=customer,
            matched=True,
            state=FlowState.PROVEN,
            link=link,
            account_id=link.account_id,
            contact_id=link.phone_id,
        )
        record(Event.REISSUE_LINK_OPENED, actor=actor, subject=customer.subject, link=str(link.pk))
    return token, flow


def consume(flow: Flow) -> None:
    """Use the link up, once, in the transaction of the right code. Raises LinkGone."""
    if flow.link is not None and not _live(flow.institution).filter(pk=flow.link.pk).update(
        used_at=clock.now()
    ):
        raise LinkGone


def _live(institution: str) -> QuerySet[Link]:
    return Link.objects.filter(
        institution=institution,
        customer__isnull=False,
        used_at__isnull=True,
        ended_at__isnull=True,
        expires_at__gt=clock.now(),
    )


def _counted(institution: Institution, link_token: str, actor: Actor) -> Link:
    """Find the link and count the try before anybody compares. Raises LinkGone."""
    mine = _live(institution.slug).filter(token_hash=flows.hashed(link_token))
    tries = institution.lock.birth_date_tries
    if not mine.filter(tries__lt=tries).update(tries=F("tries") + 1):
        record_refusal(Event.RECOVERY_REFUSED, actor=actor, subject="", reason=LinkGone.code)
        raise LinkGone
    return mine.select_related("customer").get()


def _differs(institution: Institution, link: Link, customer: Customer, actor: Actor) -> None:
    left = institution.lock.birth_date_tries - link.tries
    record_refusal(
        Event.RECOVERY_REFUSED, actor=actor, subject=customer.subject, reason=BirthDateDiffers.code
    )
    if left > 0:
        raise BirthDateDiffers(tries_left=left)
    Link.objects.filter(pk=link.pk).update(ended_at=clock.now())
    login.count_failure(customer, actor=actor)
    raise LinkGone


def _require_reachable(link: Link, customer: Customer) -> None:
    """The contacts that the request showed are still the person's. Raises CustomerFrozen, DetailsChanged."""
    require_not_frozen(customer)
    live = queries.live_contacts(customer).filter(pk__in=[link.phone_id, link.email_id])
    if live.count() != 2:  # noqa: PLR2004 - the phone and the address
        raise DetailsChanged
