"""Django's entry for this room."""

from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    """The `notifications` room."""

    name = "certcenter.notifications"
    label = "notifications"

    def ready(self) -> None:
        """Register what this room does with the outbox's topics."""
        from certcenter.notifications import tasks  # noqa: F401 - importing registers
