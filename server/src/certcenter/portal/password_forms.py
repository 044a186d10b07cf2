"""The forms of the password centre (manual M2): their form only, what is right is for `passwords` to say."""

from typing import Any, ClassVar

from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from certcenter.identity.models import Account
from certcenter.institutions.access_policy import PasswordPolicy
from certcenter.institutions.base import PasswordRule
from certcenter.passwords import rules
from certcenter.portal.forms import PageForm


def _password(label: Any, *, complete: str = "new-password") -> forms.CharField:
    return forms.CharField(
        label=label,
        max_length=128,
        strip=False,
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": complete, "class": "middle"}),
    )


_MISSING = _("Please fill in this field.")
_DIFFERENT = _("The two passwords differ. Please type the same one twice.")


class UnifyForm(PageForm):
    """原(舊)密碼, 登入歸戶密碼, 再確認登入密碼."""

    old = _password(_("Old password"), complete="current-password")
    new = _password(_("New password"))
    confirm = _password(_("New password again"))

    #: How manual M2 calls the three fields on this page.
    words: ClassVar[dict[str, Any]] = {
        "old": _("The present (old) password"),
        "new": _("One login password for all accounts"),
        "confirm": _("The one login password again"),
    }

    def __init__(self, *args: Any, policy: PasswordPolicy, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.policy = policy
        for name, label in self.words.items():
            self.fields[name].label = label
        self.fields["new"].help_text = _("%(least)d to %(most)d letters and digits; capitals matter.") % {
            "least": policy.login.min_length,
            "most": policy.login.max_length or 128,
        }

    def clean(self) -> dict[str, Any]:
        """Ask for all three, and for the same new one twice."""
        data = super().clean() or {}
        self.require_triple(self.policy.login, "old", "new", "confirm")
        return data

    def require_triple(self, rule: PasswordRule, old: str | None, new: str, confirm: str) -> None:
        """Say what is missing, what the new one's form lacks, and where the repetition differs: all at once."""
        for name in filter(None, (old, new, confirm)):
            if not self.cleaned_data.get(name) and name not in self.errors:
                self.add_error(name, _MISSING)
        if new in self.errors:
            return
        chosen = self.cleaned_data[new]
        if wrong := rules.form_words(rule, chosen):
            self.add_error(new, wrong)
        if chosen != self.cleaned_data.get(confirm):
            self.add_error(confirm, _DIFFERENT)


class ChangeForm(UnifyForm):
    """網路登入密碼變更 and 網路出金密碼變更, chosen by tick boxes where there is a futures account."""

    words: ClassVar[dict[str, Any]] = {}
    change_network = forms.BooleanField(label=_("Change the login password"), required=False, initial=True)
    sync_voice = forms.BooleanField(
        label=_("Change the voice password along with the login password"), required=False
    )
    change_withdrawal = forms.BooleanField(label=_("Change the withdrawal password"), required=False)
    futures = forms.ChoiceField(label=_("Account"), required=False)
    withdrawal_old = _password(_("Old password"), complete="off")
    withdrawal_new = _password(_("New password"), complete="off")
    withdrawal_confirm = _password(_("New password again"), complete="off")
    #: The proof of the customer's certificate, put in by the page's script.
    structure = forms.CharField(max_length=4096, required=False, widget=forms.HiddenInput)
    signature = forms.CharField(max_length=16384, required=False, widget=forms.HiddenInput)

    def __init__(
        self, *args: Any, policy: PasswordPolicy, futures: list[tuple[Account, str, bool]], **kwargs: Any
    ) -> None:
        """`futures`: the accounts whose withdrawal password can be changed here, their masks, whether they have one."""
        super().__init__(*args, policy=policy, **kwargs)
        self._has_old = {str(account.id): has_old for account, _masked, has_old in futures}
        choice = self.fields["futures"]
        assert isinstance(choice, forms.ChoiceField)
        choice.choices = [(str(account.id), masked) for account, masked, _has_old in futures]
        if not policy.voice_sync:
            del self.fields["sync_voice"]
        self.fields["withdrawal_new"].help_text = policy.withdrawal.describe().get(
            get_language() or "zh-hant"
        )
        self.fields["withdrawal_old"].help_text = _("Leave this empty if you have none yet.")

    def clean(self) -> dict[str, Any]:
        """Ask for what the tick boxes choose."""
        data = forms.Form.clean(self) or {}
        if not self._has_old:
            data["change_network"], data["change_withdrawal"] = True, False
        if data.get("change_network"):
            self.require_triple(self.policy.login, "old", "new", "confirm")
        if data.get("change_withdrawal"):
            needs_old = self._has_old.get(data.get("futures", ""), False)
            self.require_triple(
                self.policy.withdrawal,
                "withdrawal_old" if needs_old else None,
                "withdrawal_new",
                "withdrawal_confirm",
            )
            if not (data.get("structure") and data.get("signature")) and not self.errors:
                self.add_error(
                    "change_withdrawal", _("Your certificate must sign for this. Is it in this browser?")
                )
        if not (data.get("change_network") or data.get("change_withdrawal")):
            self.add_error("change_network", _("Please choose what to change."))
        return data
