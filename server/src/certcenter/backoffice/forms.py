"""The back office's forms: their form only."""

from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from certcenter.identity.contacts import ContactChange
from certcenter.identity.models import Channel, Customer
from certcenter.identity.queries import contacts
from certcenter.institutions.policy import Institution
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
