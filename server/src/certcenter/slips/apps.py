"""Django's entry for this room."""

from django.apps import AppConfig


class SlipsConfig(AppConfig):
    """The `slips` room."""

    name = "certcenter.slips"
    label = "slips"
