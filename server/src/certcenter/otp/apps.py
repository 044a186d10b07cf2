"""Django's entry for this room."""

from django.apps import AppConfig


class OtpConfig(AppConfig):
    """The `otp` room."""

    name = "certcenter.otp"
    label = "otp"
