"""Django's entry for this room."""

from django.apps import AppConfig


class BackofficeConfig(AppConfig):
    """The `backoffice` room."""

    name = "certcenter.backoffice"
    label = "backoffice"
