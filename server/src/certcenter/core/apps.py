"""Django's entry for this room."""

from django.apps import AppConfig


class CoreConfig(AppConfig):
    """The `core` room."""

    name = "certcenter.core"
    label = "core"
