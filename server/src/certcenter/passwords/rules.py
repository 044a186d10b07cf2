"""What a new password may be (SPEC B1, B6): its form, and never what others know of the customer or try first."""

import re
from collections.abc import Iterable
from functools import lru_cache
from importlib.resources import files
from itertools import pairwise

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from certcenter.core.sealing import Use
from certcenter.identity.models import Account, Channel, Contact, Customer
from certcenter.institutions.access_policy import CredentialRule
from certcenter.institutions.base import PasswordFailure
from certcenter.institutions.policy import Institution, PasswordPolicy, PasswordRule
from certcenter.passwords.errors import PasswordRefused
from certcenter.passwords.models import CredentialKind

#: A pepper of its own for each kind: the same word as two kinds of password has nothing in common in the table.
USES = {
    CredentialKind.NETWORK: Use.PASSWORD,
    CredentialKind.VOICE: Use.VOICE_PASSWORD,
    CredentialKind.WITHDRAWAL: Use.WITHDRAWAL_PASSWORD,
    CredentialKind.USER: Use.USER_PASSWORD,
}
#: Shorter numbers stand in too many passwords by chance.
_LEAST_TELLING = 6
_FAILURES: dict[PasswordFailure, Promise] = {
    PasswordFailure.TOO_SHORT: _("At least %(min)s characters."),
    PasswordFailure.TOO_LONG: _("At most %(max)s characters."),
    PasswordFailure.SYMBOLS: _("Letters and digits only."),
    PasswordFailure.NOT_DIGITS: _("Digits only."),
    PasswordFailure.IS_IDENTITY: _("Not your identity number."),
    PasswordFailure.IS_PERSONAL: _("Not your date of birth, phone number or account number."),
    PasswordFailure.IS_COMMON: _("This password is among the first that others would try."),
    PasswordFailure.IS_FORMER: _("Not one of your recent passwords."),
}


def rule_of(institution: Institution, kind: CredentialKind) -> CredentialRule:
    """Return the rule for passwords of `kind`."""
    passwords: PasswordPolicy = institution.passwords
    if kind is CredentialKind.WITHDRAWAL:
        return passwords.withdrawal
    return passwords.voice if kind is CredentialKind.VOICE else passwords.login


def failures(
    rule: PasswordRule, password: str, *, customer: Customer, kind: CredentialKind
) -> list[PasswordFailure]:
    """Return all that is wrong with a new password, but for its history, which costs a hash (`store.prepare`)."""
    found = list(rule.failures(password, identity=customer.national_id))
    if kind is CredentialKind.VOICE and not (password.isascii() and password.isdigit()):
        found.append(PasswordFailure.NOT_DIGITS)
    if PasswordFailure.IS_IDENTITY not in found and _holds(password, [customer.national_id]):
        found.append(PasswordFailure.IS_IDENTITY)
    if _holds(password, personal_values(customer)):
        found.append(PasswordFailure.IS_PERSONAL)
    if is_common(password):
        found.append(PasswordFailure.IS_COMMON)
    return found


def form_words(rule: PasswordRule, password: str) -> str:
    """Say what is wrong with the form of a new password: length and characters, which need no knowledge of the customer; empty if nothing is."""
    return _words(rule, rule.failures(password))


def refused(rule: PasswordRule, found: list[PasswordFailure], *, field: str = "password") -> PasswordRefused:
    """Return the error that says everything that is wrong at once."""
    return PasswordRefused({field: _words(rule, found)})


def personal_values(customer: Customer) -> list[str]:
    """Return what others may know of the customer: the digits of birth date, phones, accounts and ID."""
    born = customer.birth_date
    dates = [
        born.strftime("%Y%m%d"),
        f"{born.year - 1911}{born:%m%d}",
        born.strftime("%d%m%Y"),
        born.strftime("%m%d%Y"),
    ]
    accounts = Account.objects.filter(customer=customer).values_list("branch", "number")
    numbers = [value for branch, number in accounts for value in (number, branch + number)]
    contacts = Contact.objects.filter(customer=customer, retired_at__isnull=True, channel=Channel.SMS)
    phones = list(contacts.values_list("value", flat=True))
    return [*dates, *numbers, *phones, re.sub(r"\D", "", customer.national_id)]


def is_common(password: str) -> bool:
    """Whether it is on the list of what others try first, one character again and again, or a run such as 2345678."""
    plain = password.casefold()
    steps = {ord(after) - ord(before) for before, after in pairwise(plain)}
    return plain in _common() or (len(plain) > 1 and len(steps) == 1 and steps <= {-1, 0, 1})


def _holds(password: str, values: list[str]) -> bool:
    plain = password.casefold()
    return any(len(value) >= _LEAST_TELLING and value.casefold() in plain for value in values)


def _words(rule: PasswordRule, found: Iterable[PasswordFailure]) -> str:
    return " ".join(str(_FAILURES[each]) % _limits(rule) for each in found)


def _limits(rule: PasswordRule) -> dict[str, int]:
    return {"min": rule.min_length, "max": rule.max_length or 128}


@lru_cache(maxsize=1)
def _common() -> frozenset[str]:
    """Read `common.txt`, which ships with the centre: nobody is asked over the network."""
    text = files("certcenter.passwords").joinpath("common.txt").read_text(encoding="ascii")
    return frozenset(line for line in text.split() if line)
