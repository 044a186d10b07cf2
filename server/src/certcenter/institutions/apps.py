"""Django's entry for this room."""

from django.apps import AppConfig


class InstitutionsConfig(AppConfig):
    """The `institutions` room."""

    name = "certcenter.institutions"
    label = "institutions"
