"""The login code (使用者代號): a name of the customer's own to log in with instead of the ID, which others know.

Where policy has it (`login.user_code`) and a customer has chosen one, the ID opens nothing: whoever knows only the ID can
neither guess passwords nor lock the customer out. Whether somebody has a code is told to nobody (SPEC E4).
"""

import re

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from certcenter.audit.actions import record
from certcenter.core.actor import Actor
from certcenter.core.errors import Invalid, NotFound
from certcenter.core.events import Event
from certcenter.core.ids import new_uuid
from certcenter.identity import queries
from certcenter.identity.models import Customer
from certcenter.institutions import serving
from certcenter.institutions.policy import Institution
from certcenter.notifications.actions import notify
from certcenter.passwords.models import LoginCode

#: Begins with two letters: no identity number does, but for old ARC numbers, and those have ten characters.
_FORM = re.compile(r"(?!.{10}$)[a-z]{2}[a-z0-9]{4,14}")
_WRONG_FORM = _("6 to 16 letters and digits, beginning with two letters, but not exactly ten characters.")
_PERSONAL = _("Not a part of your ID number.")
_TAKEN = _("Please choose another code.")


def parse(institution: Institution, typed: str) -> str | None:
    """Return the code in its normal form, or None where `typed` can be none here."""
    code = typed.strip().casefold()
    return code if institution.login.user_code and code.isascii() and _FORM.fullmatch(code) else None


def find(institution: Institution, name: str) -> Customer | None:
    """Return whom a normalised ID or code names. The same queries for everybody (SPEC E4)."""
    by_identity = queries.by_identity(institution.slug, name)
    if not institution.login.user_code:
        return by_identity
    by_code = (
        LoginCode.objects.select_related("customer").filter(institution=institution.slug, code=name).first()
    )
    hidden = LoginCode.objects.filter(customer=by_identity.pk if by_identity else 0).exists()
    return by_code.customer if by_code else None if hidden else by_identity


def current(customer: Customer) -> str:
    """Return the customer's own code; empty: none, the ID logs in."""
    found = LoginCode.objects.filter(customer=customer).first()
    return found.code if found else ""


def choose(customer: Customer, typed: str, *, actor: Actor) -> None:
    """Set, change or (empty) give up the code of a signed-in customer.

    Raises NotFound where policy has none, Invalid (form, a part of the ID, taken).
    """
    institution = serving.get(customer.institution)
    if not institution.login.user_code:
        raise NotFound
    code = parse(institution, typed) if typed.strip() else ""
    if code is None:
        raise Invalid({"code": _WRONG_FORM})
    if code and re.sub(r"\D", "", customer.national_id) in code:
        raise Invalid({"code": _PERSONAL})
    try:
        with transaction.atomic():
            if code:
                LoginCode.objects.update_or_create(
                    customer=customer, defaults={"institution": customer.institution, "code": code}
                )
            else:
                LoginCode.objects.filter(customer=customer).delete()
            record(Event.LOGIN_CODE_CHOSEN, actor=actor, subject=customer.subject, removed=not code)
            notify(Event.LOGIN_CODE_CHOSEN, customer=customer, details={}, key=f"code:{new_uuid()}")
    except IntegrityError:
        raise Invalid({"code": _TAKEN}) from None
