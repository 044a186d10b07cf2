"""Django's entry for this room."""

from django.apps import AppConfig


class PortalConfig(AppConfig):
    """The `portal` room."""

    name = "certcenter.portal"
    label = "portal"
