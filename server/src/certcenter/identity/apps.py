"""Django's entry for this room."""

from django.apps import AppConfig


class IdentityConfig(AppConfig):
    """The `identity` room."""

    name = "certcenter.identity"
    label = "identity"
