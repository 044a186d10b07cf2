"""下單簽章: one order, signed under the security setting (SPEC A11, A15)."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from PySide6.QtWidgets import QComboBox, QGridLayout

from certcenter_helper.core.values import OrderFields, SignedOrder
from certcenter_helper.window.pages.base import Page
from certcenter_helper.window.parts.basic import button, row, text
from certcenter_helper.window.parts.dialogs import PasswordDialog
from certcenter_helper.window.parts.forms import Field, line, value_of
from certcenter_helper.window.questions import Question

if TYPE_CHECKING:
    from certcenter_helper.window.shell import Shell

_FIELDS = ("account", "symbol", "quantity", "price")


class OrderPage(Page):
    """The fields, then the password where the setting asks for it."""

    function: ClassVar[str] = "sign-order"
    heading_key: ClassVar[str] = "do.sign"

    def __init__(self, shell: Shell, *, panel_id: str = "") -> None:
        super().__init__(shell)
        words, theme = self.words, self.theme
        self._panel = panel_id
        self.add(text(words("order.words"), "quiet"))
        self.side = QComboBox()
        self.side.addItem(words("order.buy"), "buy")
        self.side.addItem(words("order.sell"), "sell")
        self.fields = {
            name: Field(
                theme,
                words(f"order.{name}"),
                line(theme, short=True, most=24),
                hint=words("order.account.hint") if name == "account" else "",
                name=f"order-{name}",
            )
            for name in _FIELDS
        }
        grid = QGridLayout()
        grid.setHorizontalSpacing(theme.pixels(24))
        grid.setVerticalSpacing(theme.pixels(12))
        shown = (self.fields["account"], Field(theme, words("order.side"), self.side, name="order-side"))
        for at, field in enumerate((*shown, *(self.fields[name] for name in _FIELDS[1:]))):
            grid.addWidget(field, at // 2, at % 2)
        self.go = button(words("order.go"), self._sign, tone="first", name="sign")
        self.card(grid, row(self.go))

    def _sign(self) -> None:
        values = {name: value_of(field).strip() for name, field in self.fields.items()}
        for name, field in self.fields.items():
            field.wrong("" if values[name] else self.words("order.missing"))
        if not all(values.values()):
            return
        order = OrderFields(side=str(self.side.currentData()), **values)
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
