"""Sends what lies in the outbox."""

import logging
from collections.abc import Mapping
from typing import Any

from certcenter.core import clock, sealing
from certcenter.notifications.gateways import PermanentFailure, gateway
from certcenter.notifications.messages import TOPIC, Message
from certcenter.outbox.handlers import Attempt, Hopeless, handles

log = logging.getLogger(__name__)


@handles(TOPIC)
def send(payload: Mapping[str, Any], *, attempt: Attempt) -> None:
    """Send one message. A code that has expired meanwhile is dropped: it would only confuse.

    Raises Hopeless where trying again can't help, TemporaryFailure where it can.
    """
    try:
        message = Message.unsealed(payload)
    except sealing.Unsealable:
        raise Hopeless("sealed under another key") from None
    if message.expires_at is not None and message.expires_at <= clock.now():
        log.warning("message %s expired before attempt %d", attempt.key, attempt)
        return
    try:
        gateway(message.channel).send(message)
    except PermanentFailure as failure:
        raise Hopeless(failure.detail) from None
