"""The ways to customers, chosen by the configuration."""

from functools import lru_cache
from typing import TYPE_CHECKING

from django.conf import settings

from certcenter.notifications.gateways.demo import DemoGateway
from certcenter.notifications.gateways.http_sms import HttpSmsGateway
from certcenter.notifications.gateways.interface import (
    Gateway,
    PermanentFailure,
    SendingFailed,
    SendsMany,
    TemporaryFailure,
)
from certcenter.notifications.gateways.smtp import Server, SmtpGateway

if TYPE_CHECKING:
    from certcenter.settings.model import Config

__all__ = ["Gateway", "PermanentFailure", "SendingFailed", "SendsMany", "TemporaryFailure", "gateway"]


@lru_cache(maxsize=4)
def gateway(channel: str) -> Gateway:
    """Return the gateway for `sms` or `email`, once per process."""
    config: Config = settings.CONFIG
    chosen = config.sms_gateway if channel == "sms" else config.mail_gateway
    if chosen == "http":
        return HttpSmsGateway(config.sms_url, token=config.sms_token.get_secret_value())
    if chosen == "smtp":
        return SmtpGateway(
            Server(
                host=config.smtp_host,
                port=config.smtp_port,
                tls=config.smtp_tls,
                user=config.smtp_user,
                password=config.smtp_password.get_secret_value(),
            )
        )
    return DemoGateway()
