"""Django's entry for this room."""

from django.apps import AppConfig


class PasswordsConfig(AppConfig):
    """The `passwords` room."""

    name = "certcenter.passwords"
    label = "passwords"

    def ready(self) -> None:
        """Register what this room does with the outbox's topics."""
        from certcenter.passwords import tasks  # noqa: F401 - importing registers
