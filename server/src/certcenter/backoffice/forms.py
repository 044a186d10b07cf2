"""The back office's forms: their form only."""

from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from certcenter.core import gates
from certcenter.core.gates import State
from certcenter.core.masks import mask_name
from certcenter.identity.contacts import ContactChange
from certcenter.identity.models import Channel, Customer, Line
from certcenter.identity.queries import accounts, contacts
from certcenter.institutions import serving
from certcenter.institutions.policy import Institution
from certcenter.passwords import resets, store, users
from certcenter.passwords.calls import Call
from certcenter.portal.forms import PageForm


class StaffLoginForm(PageForm):
    """User name and password; the captcha's field is read by the view."""

    username = forms.CharField(
        label=_("User name"),
        max_length=64,
        widget=forms.TextInput(
            attrs={
                "autocomplete": "username",
                "autocapitalize": "none",
                "spellcheck": "false",
                "class": "middle",
            }
        ),
    )
    password = forms.CharField(
        label=_("Password"),
        max_length=128,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password", "class": "middle"}),
    )


class SearchForm(PageForm):
    """Whom to look for: an ID, an account, or the beginning of a name. Posted, so that it stands in no address or log."""

    institution = forms.ChoiceField(label=_("Institution"))
    query = forms.CharField(
        label=_("ID, account or beginning of the name"),
        max_length=100,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "class": "middle"}),
    )
    after = forms.IntegerField(required=False, min_value=0, widget=forms.HiddenInput)
    missing = {"query": _("Please enter whom you look for.")}

    def __init__(self, *args: Any, institutions: list[Institution], language: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choice = self.fields["institution"]
        assert isinstance(choice, forms.ChoiceField)
        choice.choices = [(each.slug, each.branding.name.get(language)) for each in institutions]


class ReasonForm(PageForm):
    """Why staff does something. It is kept with the event for years, so it holds no personal data."""

    note = forms.CharField(
        label=_("Reason"),
        min_length=4,
        max_length=300,
        widget=forms.Textarea(attrs={"rows": "3", "autocomplete": "off"}),
    )
    missing = {"note": _("Please give a reason.")}

    def __init__(self, *args: Any, customer: Customer | None = None, hint: Any = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.customer = customer
        self.fields["note"].help_text = hint

    def given(self) -> dict[str, Any]:
        """Return what the operation takes besides the customer and the actor."""
        return dict(self.cleaned_data)


class ContactForm(ReasonForm):
    """Which contact goes and which one comes; a colleague approves it."""

    old = forms.ChoiceField(label=_("Contact to be replaced"), required=False)
    channel = forms.ChoiceField(label=_("Kind of the new contact"), choices=Channel.choices)
    value = forms.CharField(
        label=_("New contact"),
        required=False,
        max_length=254,
        help_text=_("As on the signed form. Empty if the old one goes without another."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "class": "middle"}),
    )
    field_order = ("old", "channel", "value", "note")

    def __init__(self, *args: Any, customer: Customer | None = None, **kwargs: Any) -> None:
        super().__init__(*args, customer=customer, **kwargs)
        choice = self.fields["old"]
        assert isinstance(choice, forms.ChoiceField)
        mine = contacts(customer) if customer else []
        choice.choices = [("", _("None: this one is added")), *((str(each.id), each.masked) for each in mine)]

    def given(self) -> dict[str, Any]:
        """Return the change as the room takes it. Raises Invalid."""
        typed = self.cleaned_data
        wanted = ContactChange.parse(
            old=UUID(typed["old"]) if typed["old"] else None, channel=typed["channel"], value=typed["value"]
        )
        return {"wanted": wanted, "note": typed["note"]}


class CallForm(ReasonForm):
    """What the caller was asked, answer by answer, before a login is unlocked; and of a company, whose login."""

    note = forms.CharField(
        label=_("Anything else that matters"),
        required=False,
        max_length=300,
        widget=forms.Textarea(attrs={"rows": "2", "autocomplete": "off"}),
    )

    def __init__(self, *args: Any, customer: Customer, **kwargs: Any) -> None:
        super().__init__(*args, customer=customer, **kwargs)
        self._house = serving.get(customer.institution)
        self._users = {each.subject: each for each in resets.users_of(customer)}
        allowed = {"right": self._house.calls.right_answers, "wrong": self._house.calls.wrong_answers}
        self.guide = (
            _("At least %(right)d right answers are needed, and at most %(wrong)d wrong.")
            if allowed["wrong"]
            else _("At least %(right)d right answers are needed, and no wrong one.")
        ) % allowed
        language, order = get_language() or "zh-hant", []
        if users.has_users(self._house):
            self.fields["user"] = forms.ChoiceField(label=_("Whose login"), choices=self._locked())
            order.append("user")
        for each in self._house.calls.questions:
            self.fields[each.key] = forms.ChoiceField(
                label=each.label.get(language), choices=_ANSWERS, required=False, widget=forms.RadioSelect
            )
            order.append(each.key)
        self.order_fields([*order, "note"])

    def _locked(self) -> list[tuple[str, str]]:
        locks = gates.states([users.gate(each) for each in self._users.values()])
        return [
            (name, f"{each.code} {mask_name(each.name)}")
            for (name, each), seen in zip(self._users.items(), locks, strict=True)
            if seen.state is State.LOCKED
        ]

    def given(self) -> dict[str, Any]:
        """Return the call, and whose login it is about."""
        typed = self.cleaned_data
        answers = {
            each.key: typed[each.key] == "right"
            for each in self._house.calls.questions
            if typed.get(each.key)
        }
        call = Call(answers=answers, note=typed["note"])
        return {"call": call, "user": self._users.get(typed.get("user", ""))}


#: How an answer was; never what it was.
_ANSWERS = (("", _("not asked")), ("right", _("right")), ("wrong", _("wrong")))


class HandOutForm(ReasonForm):
    """Whose password the slip is for: everything, one of separate accounts, or one user of a company."""

    scope = forms.ChoiceField(label=_("The slip is for"), required=False)
    field_order = ("scope", "note")

    def __init__(self, *args: Any, customer: Customer | None = None, **kwargs: Any) -> None:
        super().__init__(*args, customer=customer, **kwargs)
        choice = self.fields["scope"]
        assert isinstance(choice, forms.ChoiceField)
        choice.choices = scopes(customer) if customer else []

    def given(self) -> dict[str, Any]:
        """Return the scope besides the reason."""
        return {"scope": self.cleaned_data["scope"], "note": self.cleaned_data["note"]}


def scopes(customer: Customer) -> list[tuple[str, str]]:
    """Return what one slip may open, as the form's choices: `account:<id>`, `user:<id>`, or everything."""
    if users.has_users(serving.get(customer.institution)):
        return [(each.subject, f"{each.code} {mask_name(each.name)}") for each in resets.users_of(customer)]
    everything = ("", str(_("All accounts")))
    if store.is_unified(customer):
        return [everything]
    lines = dict(Line.choices)
    return [
        everything,
        *((f"account:{each.id}", f"{lines[each.line]} {each.masked}") for each in accounts(customer)),
    ]
