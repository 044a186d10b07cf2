"""The demo's gateway: messages are kept for the outbox page."""

from certcenter.core import clock
from certcenter.notifications.messages import Message
from certcenter.notifications.models import DemoMessage


class DemoGateway:
    """Stores what would have been sent."""

    def send(self, message: Message) -> None:
        """Store the message, once for its key."""
        DemoMessage.objects.get_or_create(
            key=message.key,
            defaults={
                "institution": message.institution,
                "channel": message.channel,
                "address": message.address,
                "subject": message.subject,
                "text": message.text,
                "created_at": clock.now(),
            },
        )
