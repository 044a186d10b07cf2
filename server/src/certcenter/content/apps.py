"""Django's entry for this room."""

from django.apps import AppConfig


class ContentConfig(AppConfig):
    """The `content` room."""

    name = "certcenter.content"
    label = "content"
