"""Queue messages: rendered now, in the customer's language, and sent after the commit by the outbox."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import override

from certcenter.core import clock, ids, logs
from certcenter.core.events import Event
from certcenter.core.masks import mask_name, short_serial
from certcenter.core.taiwan import to_taipei
from certcenter.institutions import serving
from certcenter.institutions.policy import Institution
from certcenter.notifications import smime, templates
from certcenter.notifications.messages import TOPIC, Address, Addressee, Message
from certcenter.outbox.actions import enqueue_all


class _Details(dict[str, str]):
    """A detail that an event lacks must not cost the customer the whole notice."""

    def __missing__(self, key: str) -> str:
        return "–"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Words:
    """What a message says, in the customer's language."""

    subject: str
    body: str
    advice: str
    #: Of a mail that greets and ends in words of its own; otherwise by name, with the institution's.
    greeting: str = ""
    foot: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """Who is to be told of an event: `details` fill the template, `key` is the notice's own."""

    customer: Addressee
    details: Mapping[str, Any]
    key: str
    also: tuple[Address, ...] = ()


def notify(
    event: Event, *, customer: Addressee, details: Mapping[str, Any], key: str, also: tuple[Address, ...] = ()
) -> int:
    """Tell `customer` of `event` at every contact in force (SPEC D7), and at `also`; returns how many rows it wrote.

    Inside the change's `atomic()`. `details` fill the template and hold nothing secret; datetimes are shown on
    Taipei's clock. The same `key` again queues nothing.
    """
    return notify_all(event, [Notice(customer=customer, details=details, key=key, also=also)])


def notify_all(event: Event, notices: Iterable[Notice]) -> int:
    """Tell several customers of the same event, with one statement; otherwise as `notify`."""
    queued: dict[str, dict[str, str]] = {}
    for notice in notices:
        queued |= _written(event, notice)
    enqueue_all(TOPIC, queued)
    return len(queued)


def _written(event: Event, notice: Notice) -> dict[str, dict[str, str]]:
    """Return the outbox rows of one notice."""
    customer = notice.customer
    institution = serving.get(customer.institution)
    template = templates.TEMPLATES[event]
    channels = {str(channel) for channel in institution.notices.channels}
    reached = [
        address
        for address in dict.fromkeys((*customer.addresses(), *notice.also))
        if address.channel in channels
    ]
    with override(customer.locale):
        values = _values(institution, customer, notice.details)
        words = _Words(
            subject=str(template.subject),
            body=str(template.body) % values,
            advice=str(template.advice) % values,
        )
        return _rows(words, reached, institution=institution, customer=customer, key=notice.key)


def send_code(
    code: str,
    *,
    customer: Addressee,
    addresses: tuple[Address, ...],
    purpose: str | Promise,
    minutes: int,
    key: str,
    expires_at: datetime,
    of_reissue: bool = False,
) -> None:
    """Queue a verification code to `addresses`; `code` is as the customer compares it (`HFCR-123456`).

    `of_reissue`: in the password centre's words, which name the one account that it is good for (SPEC B9).
    """
    institution = serving.get(customer.institution)
    with override(customer.locale):
        values = _values(institution, customer, {"code": code, "purpose": str(purpose), "minutes": minutes})
        words = _Words(
            subject=str(templates.CODE_SUBJECT),
            body=str(templates.REISSUE_CODE if of_reissue else templates.CODE) % values,
            advice=str(templates.CODE_ADVICE),
        )
        rows = _rows(
            words, addresses, institution=institution, customer=customer, key=key, expires_at=expires_at
        )
    enqueue_all(TOPIC, rows)


def send_link(
    url: str,
    *,
    customer: Addressee,
    address: Address,
    requested_at: datetime,
    expires_at: datetime,
    hours: int,
    key: str,
) -> None:
    """Queue the mail whose link begins a reissue without certificate (SPEC B9); the link lies sealed in the outbox."""
    institution = serving.get(customer.institution)
    with override(customer.locale):
        contact, comma = institution.contact, "、" if customer.locale.startswith("zh") else ", "
        values = _values(
            institution,
            customer,
            {
                "requested": to_taipei(requested_at).strftime("%Y/%m/%d %H:%M:%S"),
                "hours": hours,
                # The lines that people answer; policy names them first.
                "phones": comma.join(line.phone for line in contact.lines[:2]),
                "service": contact.hours_text.get(customer.locale),
            },
        )
        words = _Words(
            subject=str(templates.LINK_SUBJECT),
            greeting=str(templates.LINK_GREETING),
            body=f"{str(templates.LINK) % values}\n\n{templates.LINK_LABEL}\n{url}\n",
            advice=_link_notes(institution),
            foot=str(templates.LINK_FOOT) % values,
        )
        rows = _rows(
            words, [address], institution=institution, customer=customer, key=key, expires_at=expires_at
        )
    enqueue_all(TOPIC, rows)


def _link_notes(institution: Institution) -> str:
    """【注意事項】 of manual M2's mail; that it is signed is said where it is."""
    signed = institution.notices.signed_mail and smime.signer(institution.slug) is not None
    notes = [templates.LINK_CARE, *([templates.LINK_SIGNED] if signed else []), templates.LINK_NOT_YOU]
    return "\n".join(
        [str(templates.LINK_NOTES), *(f"- {each}" for each in notes), "", str(templates.LINK_NO_ANSWER)]
    )


def _values(institution: Institution, customer: Addressee, details: Mapping[str, Any]) -> _Details:
    known = {
        "institution": institution.notices.sender.get(customer.locale),
        "phone": institution.contact.lines[0].phone,
        "time": _shown(clock.now()),
    }
    shown = {name: _shown(value) for name, value in details.items()}
    if serial := shown.get("serial"):
        shown["serial"] = short_serial(serial)  # as the overview's table has it; 34 digits tell nobody more
    return _Details(known | shown)


def _shown(value: Any) -> str:
    if isinstance(value, datetime):
        return to_taipei(value).strftime("%Y-%m-%d %H:%M")
    return str(value)


def _rows(
    words: _Words,
    addresses: Iterable[Address],
    *,
    institution: Institution,
    customer: Addressee,
    key: str,
    expires_at: datetime | None = None,
) -> dict[str, dict[str, str]]:
    sender = institution.notices.sender.get(customer.locale)
    queued = {}
    for number, address in enumerate(addresses):
        sms = address.channel == "sms"
        message = Message(
            key=f"{key}:{number}",
            institution=institution.slug,
            locale=customer.locale,
            channel=address.channel,
            address=address.value,
            subject="" if sms else f"[{sender}] {words.subject}",
            text=_sms(words, sender) if sms else _mail(words, institution, customer),
            expires_at=expires_at,
        )
        queued[message.key] = message.sealed()
    return queued


def _sms(words: _Words, sender: str) -> str:
    """One paragraph. The identification code stands first in a code's SMS, so the sender comes last in every SMS."""
    return f"{words.body} {words.advice} [{sender}]"


def _mail(words: _Words, institution: Institution, customer: Addressee) -> str:
    reference = str(templates.REFERENCE) % {"reference": logs.reference.get() or ids.reference_number()}
    greeting = words.greeting or str(templates.GREETING) % {"name": mask_name(customer.name)}
    foot = (
        words.foot
        or f"{institution.notices.sender.get(customer.locale)}\n{institution.contact.lines[0].phone}"
    )
    return f"{greeting}\n\n{words.body}\n{words.advice}\n\n{foot}\n{reference}\n"
