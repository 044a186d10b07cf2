"""The portal's forms: their form only. Whether an answer is right is for the actions to say."""

from typing import Any, ClassVar

from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from certcenter.identity.models import Line
from certcenter.identity.queries import MaskedAccount, MaskedContact
from certcenter.institutions.policy import Institution
from certcenter.institutions.vocabulary import Calendar
from certcenter.passwords.users import has_users


class PageForm(forms.Form):
    """A form whose errors stand in the error summary on top and beside their fields."""

    required_css_class = "required"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # The browser's own bubbles can't be styled, translated or read again: the summary does it (GOV.UK pattern).
        self.use_required_attribute = False
        for name, bound in self.fields.items():
            bound.error_messages["required"] = self.missing.get(name, _("Please fill in this field."))

    #: Field name → what to say when nothing was given.
    missing: ClassVar[dict[str, Any]] = {}

    @property
    def problems(self) -> list[tuple[str, str]]:
        """Pairs of input id and message for the error summary."""
        return [(f"id_{name}", str(words)) for name, found in self.errors.items() for words in found]


class LoginForm(PageForm):
    """ID and password; the captcha's field has the name of its kind and is read by the view."""

    identity = forms.CharField(
        label=_("National ID, ARC number or business ID"),
        max_length=40,
        strip=True,
        widget=forms.TextInput(
            attrs={
                "autocomplete": "username",
                "autocapitalize": "characters",
                "spellcheck": "false",
                "class": "middle",
            }
        ),
    )
    user_code = forms.CharField(
        label=_("User code"),
        max_length=40,
        widget=forms.TextInput(
            attrs={
                "autocomplete": "off",
                "autocapitalize": "characters",
                "spellcheck": "false",
                "class": "middle",
            }
        ),
    )
    password = forms.CharField(
        label=_("Login password"),
        max_length=128,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password", "class": "middle"}),
    )
    missing = {
        "identity": _("Please enter your ID."),
        "user_code": _("Please enter your user code."),
        "password": _("Please enter your password."),
    }

    def __init__(self, *args: Any, institution: Institution, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if has_users(institution):
            self.fields["identity"].label = _("Business ID")
        else:
            del self.fields["user_code"]
        rule = institution.passwords.login
        self.fields["password"].help_text = _(
            "%(least)d to %(most)d letters and digits; capitals matter."
        ) % {
            "least": rule.min_length,
            "most": rule.max_length or 128,
        }


class WhoForm(PageForm):
    """ID and birth date, for people who can't log in."""

    identity = forms.CharField(max_length=32)
    birth_date = forms.CharField(max_length=16)
    missing = {"identity": _("Please enter your ID."), "birth_date": _("Please enter the date.")}

    def __init__(self, *args: Any, institution: Institution, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        roc = institution.passwords.birth_calendar is Calendar.ROC
        self.fields["birth_date"].label = _("Date of birth") if roc else _("Date of birth (YYYYMMDD)")
        self.fields["birth_date"].help_text = (
            _(
                "Six or seven digits of the ROC calendar, for example 761205. Companies enter the date of their registration."
            )
            if roc
            else _(
                "Eight digits of the Western calendar, for example 20020201. Companies enter the date of their registration."
            )
        )


class LinkForm(WhoForm):
    """The mailed link's token, which the script takes from the address, and the birth date."""

    token = forms.CharField(
        label=_("The part of the link after #"),
        max_length=64,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "class": "wide"}),
    )
    missing = {
        "birth_date": _("Please enter the date."),
        "token": _("Please open the whole link of the mail, or copy the part after # into this field."),
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["identity"]


class NewPasswordForm(PageForm):
    """The initial password of a reissue and the new one, twice."""

    initial_password = forms.CharField(
        label=_("Initial password of this reissue"),
        max_length=32,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "class": "middle mono"}),
    )
    password = forms.CharField(
        label=_("New password for electronic trading"),
        max_length=128,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password", "class": "middle"}),
    )
    repeated = forms.CharField(
        label=_("The new password again"),
        max_length=128,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password", "class": "middle"}),
    )
    missing = {
        "initial_password": _("Please enter the initial password of this reissue."),
        "password": _("Please enter the new password."),
        "repeated": _("Please enter the new password again."),
    }

    def __init__(self, *args: Any, institution: Institution, shown: str = "", **kwargs: Any) -> None:
        """`shown` stands in its field, this once."""
        super().__init__(*args, **kwargs)
        rule = institution.passwords.login
        if institution.passwords.voice_sync:
            self.fields["password"].label = _("New password for electronic and voice login")
        self.fields["password"].help_text = _(
            "%(least)d to %(most)d letters and digits; capitals matter."
        ) % {
            "least": rule.min_length,
            "most": rule.max_length or 128,
        }
        if shown:
            self.fields["initial_password"].initial = shown
            self.fields["initial_password"].widget.attrs["readonly"] = True


class ConsentForm(PageForm):
    """Consent and birth (registration) date, as manual M1 asks for them on one page."""

    birth_date = forms.CharField(
        label=_("Date of birth"),
        max_length=20,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off", "class": "short"}),
    )
    version = forms.IntegerField(widget=forms.HiddenInput)
    sha256 = forms.RegexField(regex=r"^[0-9a-f]{64}$", widget=forms.HiddenInput)
    procedure = forms.UUIDField(required=False, widget=forms.HiddenInput)
    missing = {"birth_date": _("Please enter the date.")}

    def __init__(self, *args: Any, example: str = "761205", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["birth_date"].help_text = _(
            "In the ROC calendar, for example %(example)s. Companies enter the date of their registration."
        ) % {"example": example}


class SendForm(PageForm):
    """Which account is verified, and where the code goes."""

    account = forms.ChoiceField(label=_("Account"))
    contact = forms.ChoiceField(label=_("Where should the code go?"), widget=forms.RadioSelect)
    missing = {
        "contact": _("Please choose where the code should go."),
        "account": _("Please choose an account."),
    }

    def __init__(
        self, *args: Any, accounts: list[MaskedAccount], contacts: list[MaskedContact], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        lines = dict(Line.choices)
        choice = self.fields["account"], self.fields["contact"]
        assert isinstance(choice[0], forms.ChoiceField)
        assert isinstance(choice[1], forms.ChoiceField)
        choice[0].choices = [(str(each.id), f"{each.masked} ({lines[each.line]})") for each in accounts]
        choice[1].choices = [(str(each.id), each.masked) for each in contacts]


class CodeForm(PageForm):
    """The verification code."""

    code = forms.CharField(
        label=_("Verification code"),
        max_length=20,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "one-time-code"}),
    )
    challenge = forms.UUIDField(widget=forms.HiddenInput)
    missing = {"code": _("Please enter the verification code.")}


class ResetForm(PageForm):
    """Why a user's password is reset; kept with the event."""

    note = forms.CharField(
        label=_("Reason"),
        min_length=2,
        max_length=300,
        help_text=_("Seen by the administrator who approves it. No passwords, please."),
        widget=forms.Textarea(attrs={"rows": "2", "autocomplete": "off"}),
    )
    missing = {"note": _("Please give a reason.")}


def _password(label: Any, complete: str) -> forms.CharField:
    widget = forms.PasswordInput(attrs={"autocomplete": complete, "class": "middle"})
    return forms.CharField(label=label, max_length=128, strip=False, widget=widget)


class OwnPasswordForm(PageForm):
    """Old, new, once more."""

    old = _password(_("Old password"), "current-password")
    new = _password(_("New password"), "new-password")
    again = _password(_("New password once more"), "new-password")

    def __init__(self, *args: Any, institution: Institution, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["new"].help_text = institution.passwords.login.describe().get(get_language() or "zh-hant")

    def clean_again(self) -> str:
        """The same twice."""
        again: str = self.cleaned_data["again"]
        if again != self.cleaned_data.get("new"):
            raise forms.ValidationError(_("This is not the same as above."))
        return again
