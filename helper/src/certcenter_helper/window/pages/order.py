"""下單簽章: one order, signed under the security setting (SPEC A11, A15)."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from certcenter_helper.core.values import Account, OrderFields, SignedOrder
from certcenter_helper.window.pages.base import Page
from certcenter_helper.window.parts.basic import button, row, text
from certcenter_helper.window.parts.dialogs import PasswordDialog
from certcenter_helper.window.parts.forms import Field, choice, line, on_enter, value_of
from certcenter_helper.window.questions import Question

if TYPE_CHECKING:
    from certcenter_helper.window.shell import Shell

#: Lines of business that have a name here.
LINES: Final = frozenset({"securities", "futures", "sub-brokerage", "wealth", "stock-agency"})
_FIELDS: Final = ("symbol", "quantity", "price")


class OrderPage(Page):
    """The account and the fields, then the password where the setting asks for it."""

    function: ClassVar[str] = "sign-order"
    heading_key: ClassVar[str] = "do.sign"

    def __init__(self, shell: Shell, *, panel_id: str = "") -> None:
        super().__init__(shell)
        words, theme = self.words, self.theme
        self._panel = panel_id
        self.add(text(words("order.words"), "quiet"))
        self.account, self.side = choice(theme), choice(theme)
        for key in ("buy", "sell"):
            self.side.addItem(words(f"order.{key}"), key)
        self.fields = {
            name: Field(theme, words(f"order.{name}"), line(theme, short=True, most=24), name=f"order-{name}")
            for name in _FIELDS
        }
        self.go = button(words("order.go"), self._sign, tone="first", name="sign")
        self.go.setEnabled(False)
        on_enter(self.go.click, *self.fields.values())
        self.card(
            row(
                Field(theme, words("order.account"), self.account, name="order-account"),
                Field(theme, words("order.side"), self.side, name="order-side"),
                gap=theme.pixels(24),
            ),
            row(*self.fields.values(), gap=theme.pixels(24)),
            row(self.go, self.cancel_button()),
        )

    def begin(self) -> None:
        """Ask which accounts the customer has."""
        self.shell.run(lambda _progress, _cancel: self.core.accounts(), self._offer)

    def _offer(self, accounts: tuple[Account, ...]) -> None:
        for each in accounts:
            named = self.words(f"line.{each.line}") if each.line in LINES else each.line
            self.account.addItem(
                self.words("order.account.named", number=each.masked, line=named), each.number
            )
        self.go.setEnabled(bool(accounts))
        if not accounts:
            self.notice("info", self.words("order.account.none"))

    def _sign(self) -> None:
        values = {name: value_of(field).strip() for name, field in self.fields.items()}
        for name, field in self.fields.items():
            field.wrong("" if values[name] else self.words("order.missing"))
        if not all(values.values()):
            return
        order = OrderFields(
            account=str(self.account.currentData()), side=str(self.side.currentData()), **values
        )
        question = Question(self._ask)
        self.quiet()
        self.shell.run_long(
            lambda progress, cancel: self.core.sign_orders(
                (order,), ask=lambda: str(question.ask(None, cancel)), progress=progress, cancel=cancel
            ),
            self._signed,
            title=self.words("order.going"),
        )

    def _ask(self, _nothing: object, answer: Question) -> None:
        def given(typed: str, dialog: PasswordDialog) -> None:
            answer.give(typed)
            dialog.accept()

        dialog = PasswordDialog(
            self.shell,
            self.theme,
            self.words,
            title=self.words("order.ask"),
            label=self.words("password.certificate"),
            given=given,
            name="order-password",
        )
        dialog.rejected.connect(lambda: answer.give(""))
        dialog.open()

    def _signed(self, signed: tuple[SignedOrder, ...]) -> None:
        told = [self.words("order.evidence", evidence=each.evidence) for each in signed]
        self.notice("ok", self.words("order.done"), told)
