"""Django's entry for this room."""

from django.apps import AppConfig


class SigningConfig(AppConfig):
    """The `signing` room."""

    name = "certcenter.signing"
    label = "signing"
