"""A message as a mail, signed by the institution where its policy has mail signed (SPEC D4.1)."""

from collections.abc import Callable
from email.errors import MessageError
from email.headerregistry import Address as MailAddress
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from hashlib import sha256

from certcenter.core import clock
from certcenter.core.taiwan import to_taipei
from certcenter.institutions import serving
from certcenter.notifications import smime
from certcenter.notifications.gateways.interface import PermanentFailure
from certcenter.notifications.messages import Message


def compose(
    message: Message, *, signer: Callable[[str], smime.Signer | None] = smime.signer
) -> tuple[bytes, str]:
    """Return the mail as it travels, and the address that it comes from. Raises PermanentFailure for an address that is none."""
    notices = serving.get(message.institution).notices
    mail = EmailMessage(policy=SMTP)
    try:
        name = notices.sender.get(message.locale)
        mail["From"] = MailAddress(name, addr_spec=notices.from_address)
        mail["To"] = MailAddress(addr_spec=message.address)
    except (ValueError, IndexError, MessageError):  # the library is of many minds
        raise PermanentFailure("smtp: the address is malformed") from None
    mail["Subject"] = message.subject
    mail["Date"] = format_datetime(to_taipei(clock.now()))
    # Derived from the key: a mail sent twice is recognised as one by its reader's program.
    domain = notices.from_address.rpartition("@")[2]
    mail["Message-ID"] = f"<{sha256(message.key.encode()).hexdigest()[:32]}@{domain}>"
    mail["Auto-Submitted"] = "auto-generated"  # RFC 3834 §5: no out-of-office answers to this
    mail.set_content(message.text, charset="utf-8", cte="base64")
    by = signing(message, signer=signer)
    return (smime.sign(mail, by) if by else mail.as_bytes()), notices.from_address


def signing(
    message: Message, *, signer: Callable[[str], smime.Signer | None] = smime.signer
) -> smime.Signer | None:
    """Who signs this message as a mail; None where policy has no mail signed, or no signer was issued yet."""
    return signer(message.institution) if serving.get(message.institution).notices.signed_mail else None
