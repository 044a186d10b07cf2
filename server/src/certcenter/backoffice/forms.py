"""The back office's forms: their form only."""

from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from certcenter.core.masks import mask_name
from certcenter.identity.contacts import ContactChange
from certcenter.identity.models import Channel, CompanyUser, Customer, Line
from certcenter.identity.queries import accounts, contacts
from certcenter.institutions import serving
from certcenter.institutions.policy import Institution
from certcenter.institutions.vocabulary import LoginMethod
from certcenter.passwords import store
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
    users = CompanyUser.objects.filter(customer=customer, disabled_at__isnull=True).order_by("code")
    if serving.get(customer.institution).login.method is LoginMethod.COMPANY_USER_AND_PASSWORD:
        return [(each.subject, f"{each.code} {mask_name(each.name)}") for each in users]
    everything = ("", str(_("All accounts")))
    if store.is_unified(customer):
        return [everything]
    lines = dict(Line.choices)
    return [
        everything,
        *((f"account:{each.id}", f"{lines[each.line]} {each.masked}") for each in accounts(customer)),
    ]
