"""The demo's gateway: messages are kept for the outbox page, mails signed as they would travel (SPEC D4.1)."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from cryptography import x509
from cryptography.x509.oid import NameOID
from django.db import transaction

from certcenter.core import clock
from certcenter.core.db.prepared import PreparedInsert
from certcenter.notifications.composing import compose, signing
from certcenter.notifications.messages import Message
from certcenter.notifications.models import DemoMessage


class DemoGateway:
    """Stores what would have been sent."""

    def send(self, message: Message) -> None:
        """Store the message, once for its key."""
        self.send_many([message])

    def send_many(self, messages: Sequence[Message]) -> None:
        """Store the messages, each once for its key."""
        stored = [
            DemoMessage(
                key=message.key,
                institution=message.institution,
                channel=message.channel,
                address=message.address,
                subject=message.subject,
                text=message.text,
                created_at=clock.now(),
                **_signed(message),
            )
            for message in messages
        ]
        with transaction.atomic():
            _INSERT.all(stored, ignore_conflicts=True)


_INSERT = PreparedInsert(DemoMessage)


def _signed(message: Message) -> dict[str, Any]:
    """The mail under its signature, and whose that is; nothing for text messages and unsigned mails."""
    signer = signing(message) if message.channel == "email" else None
    if signer is None:
        return {}
    mail, _ = compose(message, signer=lambda _institution: signer)
    return {"mail": mail, "signed_by": _named(signer.certificate)}


@lru_cache(maxsize=32)
def _named(certificate: x509.Certificate) -> str:
    """Name, address and issuer of the certificate, as a mail program would show them."""
    found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    address = ", ".join(found.get_values_for_type(x509.RFC822Name))
    return f"{_common_name(certificate.subject)} <{address}> / {_common_name(certificate.issuer)}"[:400]


def _common_name(name: x509.Name) -> str:
    return next((str(each.value) for each in name.get_attributes_for_oid(NameOID.COMMON_NAME)), "–")
