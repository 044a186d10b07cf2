"""Django's entry for this room."""

from django.apps import AppConfig


class ApiConfig(AppConfig):
    """The `api` room."""

    name = "certcenter.api"
    label = "api"
