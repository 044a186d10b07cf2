"""Django's entry for this room."""

from django.apps import AppConfig


class CertificatesConfig(AppConfig):
    """The `certificates` room."""

    name = "certcenter.certificates"
    label = "certificates"
