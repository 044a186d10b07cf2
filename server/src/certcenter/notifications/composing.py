"""A message as a mail, signed by the institution where its policy has mail signed (SPEC D4.1).

Written line by line: the standard library's EmailMessage parses each header that it is given, and a fifth of what the
worker computed was that. Its parts that encode are used.
"""

from base64 import encodebytes
from collections.abc import Callable
from email.errors import MessageError
from email.header import Header
from email.headerregistry import Address as MailAddress
from email.utils import format_datetime, formataddr
from hashlib import sha256
from typing import Final

from certcenter.core import clock
from certcenter.core.taiwan import to_taipei
from certcenter.institutions import serving
from certcenter.notifications import smime
from certcenter.notifications.gateways.interface import PermanentFailure
from certcenter.notifications.messages import Message

_LINE: Final = "\r\n"


def compose(
    message: Message, *, signer: Callable[[str], smime.Signer | None] = smime.signer
) -> tuple[bytes, str]:
    """Return the mail as it travels, and the address that it comes from. Raises PermanentFailure for an address that is none."""
    notices = serving.get(message.institution).notices
    sender = notices.from_address
    head = {
        "From": _address(sender, notices.sender.get(message.locale)),
        "To": _address(message.address),
        "Subject": _encoded("Subject", message.subject),
        "Date": format_datetime(to_taipei(clock.now())),
        # Derived from the key: a mail sent twice is recognised as one by its reader's program.
        "Message-ID": f"<{sha256(message.key.encode()).hexdigest()[:32]}@{sender.rpartition('@')[2]}>",
        "Auto-Submitted": "auto-generated",  # RFC 3834 §5: no out-of-office answers to this
        "MIME-Version": "1.0",
    }
    by = signing(message, signer=signer)
    content = _content(message.text)
    lines = "".join(f"{name}: {value}{_LINE}" for name, value in head.items())
    return lines.encode("ascii") + (smime.signed(content, by) if by else content), sender


def signing(
    message: Message, *, signer: Callable[[str], smime.Signer | None] = smime.signer
) -> smime.Signer | None:
    """Who signs this message as a mail; None where policy has no mail signed, or no signer was issued yet."""
    return signer(message.institution) if serving.get(message.institution).notices.signed_mail else None


def _address(address: str, name: str = "") -> str:
    """An address of RFC 5322 with its owner's name. Raises PermanentFailure where it is none, or not ASCII."""
    try:
        return formataddr((name, MailAddress(addr_spec=address).addr_spec), "utf-8")
    except (ValueError, IndexError, MessageError):  # the library is of many minds
        raise PermanentFailure("smtp: the address is malformed") from None


def _encoded(name: str, value: str) -> str:
    """A header's value by RFC 2047, in one logical line whatever it holds: no header can be smuggled in."""
    line = " ".join(value.splitlines())
    charset = "us-ascii" if line.isascii() else "utf-8"
    return Header(line, charset, header_name=name).encode(linesep=_LINE)


def _content(text: str) -> bytes:
    """The text as a MIME entity (RFC 2045), its lines ended by CRLF as S/MIME signs them."""
    canonical = "".join(line + _LINE for line in text.splitlines()).encode()
    head = f'Content-Type: text/plain; charset="utf-8"{_LINE}Content-Transfer-Encoding: base64{_LINE}{_LINE}'
    return head.encode() + encodebytes(canonical).replace(b"\n", _LINE.encode())
