"""What follows a request after its answer was given: the mail, where there is somebody to write to."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from certcenter.core import clock, sealing
from certcenter.core.sealing import Use
from certcenter.identity import queries
from certcenter.identity.models import Channel
from certcenter.institutions import serving
from certcenter.notifications.actions import send_link
from certcenter.notifications.messages import Address
from certcenter.outbox.handlers import Attempt, Hopeless, handles
from certcenter.recovery.models import Link
from certcenter.recovery.requests import LINK_TOPIC


@handles(LINK_TOPIC)
def mail_link(payload: Mapping[str, Any], *, attempt: Attempt) -> None:
    """Mail the link to the address that the request's page showed; for nobody, or a frozen person, do nothing."""
    link = Link.objects.select_related("customer").filter(pk=payload["link"]).first()
    if link is None or link.customer is None or link.ended_at or link.expires_at <= clock.now():
        return
    customer = link.customer
    assert link.email_id is not None, "a link with a customer has the address that was shown"
    contact = queries.live_contacts(customer).filter(pk=link.email_id, channel=Channel.EMAIL).first()
    if contact is None or customer.frozen_at is not None:
        return
    try:
        token = sealing.unseal(Use.MESSAGE, payload["sealed"], owner=f"link:{link.pk}").decode()
    except sealing.Unsealable:
        raise Hopeless("sealed under another key") from None
    base = serving.base_url(serving.get(link.institution))
    with transaction.atomic():
        send_link(
            f"{base}/passwords/reissue/link/#{token}",
            customer=customer,
            address=Address(contact.channel, contact.value),
            requested_at=link.created_at,
            expires_at=link.expires_at,
            hours=serving.get(link.institution).passwords.link_hours,
            key=f"link:{attempt.key}",
        )
