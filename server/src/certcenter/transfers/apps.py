"""Django's entry for this room."""

from django.apps import AppConfig


class TransfersConfig(AppConfig):
    """The `transfers` room."""

    name = "certcenter.transfers"
    label = "transfers"
