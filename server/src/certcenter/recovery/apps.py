"""Django's entry for this room."""

from django.apps import AppConfig


class RecoveryConfig(AppConfig):
    """The `recovery` room."""

    name = "certcenter.recovery"
    label = "recovery"

    def ready(self) -> None:
        """Register what this room does with the outbox's topics."""
        from certcenter.recovery import tasks  # noqa: F401 - importing registers
