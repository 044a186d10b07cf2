"""Django's entry for this room."""

from django.apps import AppConfig


class AuditConfig(AppConfig):
    """The `audit` room."""

    name = "certcenter.audit"
    label = "audit"
