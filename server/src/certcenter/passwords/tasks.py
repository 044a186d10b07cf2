"""What follows a login after its answer was given."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from certcenter.core.events import Event
from certcenter.identity.models import Customer
from certcenter.notifications.actions import notify
from certcenter.outbox.handlers import Attempt, handles
from certcenter.passwords.login import LOCKED_TOPIC


@handles(LOCKED_TOPIC)
def tell_of_lock(payload: Mapping[str, Any], *, attempt: Attempt) -> None:
    """Tell the customer that the login is locked; where there is none, nobody is told."""
    customer = Customer.objects.filter(pk=payload["customer"]).first()
    if customer is not None:
        user = payload.get("user")
        event = Event.USER_LOCKED if user else Event.LOGIN_LOCKED
        with transaction.atomic():
            notify(event, customer=customer, details={"user": user}, key=f"locked:{attempt.key}")
