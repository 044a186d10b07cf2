"""Sending, reading and checking a code, as the tests of this room do."""

import re
from datetime import timedelta

from django.db import transaction
from tests.support import people

from certcenter.core import clock
from certcenter.identity.models import Contact
from certcenter.notifications.messages import Message
from certcenter.otp import actions
from certcenter.otp.actions import (
    Purpose,
)
from certcenter.outbox.models import Message as OutboxRow

SESSION = "session-1"


def send(customer, *, purpose=Purpose.APPLY, session=SESSION, channel="sms", later=0, address="192.0.2.7"):
    """Send a code; `later` seconds from now, since a resend has to wait."""
    contact = Contact.objects.get(customer=customer, channel=channel, retired_at__isnull=True)
    with clock.at(clock.now() + timedelta(seconds=later)):
        return actions.send_code(
            customer,
            purpose=purpose,
            contact_id=contact.pk,
            account_id=None,
            session=session,
            actor=people.acting(customer, session=session, address=address),
        )


def texts():
    return [Message.unsealed(row.payload) for row in OutboxRow.objects.filter(topic="message").order_by("id")]


def code_of(sent):
    """The code as the customer reads it in the newest message."""
    found = re.match(r"([A-Z]{4})-(\d+)", texts()[-1].text)
    assert found
    assert found[1] == sent.identification
    return found[2]


def check(customer, sent, code, *, purpose=Purpose.APPLY, session=SESSION, consent=7):
    return actions.check_code(
        customer,
        purpose=purpose,
        challenge_id=sent.challenge_id,
        code=code,
        session=session,
        consent_id=consent,
        actor=people.acting(customer, session=session),
    )


def wrong(code):
    return f"{(int(code) + 1) % 10 ** len(code):0{len(code)}}"


def use(customer, grant, **changes):
    bound = {"customer": customer, "purpose": Purpose.APPLY, "session": SESSION, "consent_id": 7, **changes}
    with transaction.atomic():
        actions.use_grant(grant.pk, **bound)
