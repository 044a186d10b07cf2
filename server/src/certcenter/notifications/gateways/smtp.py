"""Mail by SMTP (RFC 5321), signed by the institution where it has a mail certificate (SPEC D4.1)."""

import smtplib
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from certcenter.notifications import smime
from certcenter.notifications.composing import compose
from certcenter.notifications.gateways.interface import PermanentFailure, TemporaryFailure
from certcenter.notifications.messages import Message

_SECONDS = 15
_PERMANENT = 500  # RFC 5321 §4.2.1: 5yz is a permanent negative reply


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """The mail server to hand messages to."""

    host: str
    port: int
    tls: Literal["none", "starttls", "tls"]
    user: str = ""
    password: str = ""
    context: ssl.SSLContext | None = None


class SmtpGateway:
    """One connection a message: rare enough, and no half-dead connection has to be recognised."""

    def __init__(
        self, server: Server, *, signer: Callable[[str], smime.Signer | None] = smime.signer
    ) -> None:
        self._server = server
        self._signer = signer

    def send(self, message: Message) -> None:
        """Hand over one mail. Raises TemporaryFailure (no connection, 4yz, our login) or PermanentFailure (5yz, bad address)."""
        raw, sender = compose(message, signer=self._signer)
        try:
            with self._connect() as connection:
                connection.sendmail(sender, [message.address], raw)
        # `from None` everywhere: the library's errors hold the address, and causes end up in logs.
        except smtplib.SMTPRecipientsRefused as error:
            raise self._failure(next(iter(error.recipients.values()))[0]) from None
        except smtplib.SMTPAuthenticationError:
            raise TemporaryFailure("smtp: our login is refused") from None  # an operator can mend it
        except smtplib.SMTPResponseException as error:
            raise self._failure(error.smtp_code) from None
        except smtplib.SMTPNotSupportedError:
            raise TemporaryFailure("smtp: the server lacks STARTTLS, AUTH or SMTPUTF8") from None
        except (OSError, smtplib.SMTPException) as error:
            raise TemporaryFailure(f"smtp: {type(error).__name__}") from None

    def _connect(self) -> smtplib.SMTP:
        server = self._server
        context = server.context or ssl.create_default_context()
        if server.tls == "tls":
            connection: smtplib.SMTP = smtplib.SMTP_SSL(
                server.host, server.port, timeout=_SECONDS, context=context
            )
        else:
            connection = smtplib.SMTP(server.host, server.port, timeout=_SECONDS)
        try:
            if server.tls == "starttls":
                connection.starttls(context=context)
            if server.user:
                connection.login(server.user, server.password)
        except BaseException:
            connection.close()
            raise
        return connection

    @staticmethod
    def _failure(code: int) -> Exception:
        kind = PermanentFailure if code >= _PERMANENT else TemporaryFailure
        return kind(f"smtp: reply {code}")
