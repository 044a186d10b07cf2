"""Who it may be that typed an ID and a birth date; the same steps for everybody (SPEC E4)."""

from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext_lazy as _

from certcenter.core import sealing, taiwan
from certcenter.core.errors import Invalid
from certcenter.core.sealing import Use
from certcenter.identity import queries
from certcenter.identity.models import Customer
from certcenter.institutions.policy import Institution
from certcenter.institutions.vocabulary import Calendar

_MISSING = _("Please fill this in.")
_IDENTITY = {
    "identity-malformed": _("This is no national ID, ARC number or business ID."),
    "identity-checksum": _("The check digit of the identity number is wrong."),
}
_DATE = {
    Calendar.GREGORIAN: _("Please type the date as eight digits, for example 20020201."),
    Calendar.ROC: _("Please type the date as six or seven digits, for example 761205."),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Somebody:
    """Who has the ID, if anybody has; whether the birth date is right; an HMAC of both for decoys and counters."""

    customer: Customer | None
    matched: bool
    seed: str
    #: An HMAC of the ID alone.
    identity_mac: str

    @property
    def person(self) -> Customer | None:
        """The customer, where the birth date was right."""
        return self.customer if self.matched else None

    @property
    def subject(self) -> str:
        """How audit and counters name these data: the customer's number where they are right."""
        return (
            self.customer.subject
            if self.customer is not None and self.matched
            else f"nobody:{self.seed[:32]}"
        )


def somebody(institution: Institution, *, identity: str, birth_date: str) -> Somebody:
    """Look a person up. Raises Invalid for what can be nobody's, whoever it names: it tells nothing about anybody."""
    number, born = _parsed(institution, identity, birth_date)
    customer = queries.by_identity(institution.slug, number)
    return Somebody(
        customer=customer,
        matched=customer is not None and customer.birth_date == born,
        seed=sealing.mac(Use.DECOY, institution.slug, number, born.isoformat()),
        identity_mac=sealing.mac(Use.UNKNOWN_IDENTITY, institution.slug, number),
    )


def parse_birth_date(institution: Institution, text: str) -> date:
    """Return the date in the password centre's calendar. Raises Invalid."""
    calendar = institution.passwords.birth_calendar
    parse = taiwan.parse_roc_date if calendar is Calendar.ROC else taiwan.parse_gregorian_date
    try:
        return parse(text.strip())
    except taiwan.DateError:
        raise Invalid({"birth_date": _DATE[calendar] if text.strip() else _MISSING}) from None


def _parsed(institution: Institution, identity: str, birth_date: str) -> tuple[str, date]:
    problems = {}
    number, born = "", date.min
    try:
        number = taiwan.parse_identity(identity).value
    except taiwan.IdentityError as error:
        problems["identity"] = _IDENTITY[error.code] if identity.strip() else _MISSING
    try:
        born = parse_birth_date(institution, birth_date)
    except Invalid as error:
        problems |= error.fields  # type: ignore[arg-type] # lazy texts
    if problems:
        raise Invalid(problems)
    return number, born
