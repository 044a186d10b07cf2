"""Sends what lies in the outbox."""

import logging
from collections import defaultdict
from collections.abc import Iterator, Sequence

from certcenter.core import clock, sealing
from certcenter.notifications.gateways import Gateway, PermanentFailure, SendsMany, gateway
from certcenter.notifications.messages import TOPIC, Message
from certcenter.outbox.handlers import Hopeless, Outcome, Task, handles_many

log = logging.getLogger(__name__)


@handles_many(TOPIC)
def send(tasks: Sequence[Task]) -> list[Outcome]:
    """Send messages, together where their gateway can. An expired code is dropped: it would only confuse.

    An outcome is Hopeless where trying again can't help, TemporaryFailure where it can.
    """
    outcomes: list[Outcome] = [None] * len(tasks)
    waiting: dict[str, list[tuple[int, Message]]] = defaultdict(list)
    for number, task in enumerate(tasks):
        try:
            message = Message.unsealed(task.payload)
        except sealing.Unsealable:
            outcomes[number] = Hopeless("sealed under another key")
            continue
        if message.expires_at is not None and message.expires_at <= clock.now():
            log.warning("message %s expired before attempt %d", task.attempt.key, task.attempt)
            continue
        waiting[message.channel].append((number, message))
    for channel, messages in waiting.items():
        for number, outcome in _through(gateway(channel), messages, tasks):
            outcomes[number] = outcome
    return outcomes


def _through(
    way: Gateway, messages: Sequence[tuple[int, Message]], tasks: Sequence[Task]
) -> Iterator[tuple[int, Outcome]]:
    if isinstance(way, SendsMany):
        try:
            way.send_many([message for _, message in messages])
        except Exception as failure:  # noqa: BLE001 - as below
            yield from ((number, failure) for number, _ in messages)
        return
    for number, message in messages:
        try:
            tasks[number].begin()
            way.send(message)
        except PermanentFailure as failure:
            yield number, Hopeless(failure.detail)
        except Exception as failure:  # noqa: BLE001 - whatever it is, the next message is to be sent all the same
            yield number, failure
