"""The demo's gateway: messages are kept for the outbox page."""

from collections.abc import Sequence

from certcenter.core import clock
from certcenter.notifications.messages import Message
from certcenter.notifications.models import DemoMessage


class DemoGateway:
    """Stores what would have been sent."""

    def send(self, message: Message) -> None:
        """Store the message, once for its key."""
        self.send_many([message])

    def send_many(self, messages: Sequence[Message]) -> None:
        """Store the messages, each once for its key, with one statement."""
        DemoMessage.objects.bulk_create(
            (
                DemoMessage(
                    key=message.key,
                    institution=message.institution,
                    channel=message.channel,
                    address=message.address,
                    subject=message.subject,
                    text=message.text,
                    created_at=clock.now(),
                )
                for message in messages
            ),
            ignore_conflicts=True,
        )
