"""The branches that opened a customer's accounts, by name and telephone: whom who is sent to a branch can ask.

Only who is logged in, or has proven who it is, is told: to anybody else the name would say who is a customer (SPEC E4).
"""

from typing import Any

from django.utils.translation import get_language

from certcenter.core.errors import CentreError
from certcenter.identity.models import Account, Customer
from certcenter.institutions import serving
from certcenter.institutions.base import Branch


def of(customer: Customer) -> list[Branch]:
    """Return those that have a name in policy, each once, in the order in which all lists show the accounts."""
    named = serving.get(customer.institution).branches
    accounts = Account.objects.filter(customer=customer).order_by("line", "branch", "number")
    codes = accounts.values_list("branch", flat=True)
    return [named[code] for code in dict.fromkeys(codes) if code in named]


def words(customer: Customer) -> str:
    """「台北分公司 02-5550-0210、複委託」 in the active language; empty where policy names none of them."""
    language = get_language() or "zh-hant"
    names = [" ".join(filter(None, (each.get(language), each.phone))) for each in of(customer)]
    return ("; " if language.startswith("en") else "、").join(names)


class Named:
    """Their names in brackets, behind the words for the branch: looked up when they are shown, in the language of that moment."""

    def __init__(self, customer: Customer | None) -> None:
        """Nobody, and who has no branch with a name, is the empty text."""
        self._customer = customer

    def __str__(self) -> str:
        """「（台北分公司 02-5550-0210、複委託）」, " (Taipei Branch 02-5550-0210; Sub-brokerage)"."""
        names = words(self._customer) if self._customer else ""
        if not names:
            return ""
        return f" ({names})" if (get_language() or "").startswith("en") else f"（{names}）"


class AskBranch(CentreError):
    """A refusal that sends the customer to the branch that opened the account: `%(branch)s` in its advice is `Named`."""

    def __init__(self, customer: Customer | None = None, **params: Any) -> None:
        """`customer`: who is told."""
        super().__init__(**params)
        self._branch = Named(customer)

    @property
    def advice(self) -> str:
        """What to do next, and at which branch."""
        return str(self.next_step) % {**self.params, "branch": self._branch}
