"""Orders: signed under the security setting, handed in, verified (SPEC A11, A15)."""

from collections.abc import Callable, Generator
from dataclasses import asdict
from typing import Any, Final

from certcenter_helper.core.desk import Desk
from certcenter_helper.core.troubles import told
from certcenter_helper.core.values import Account, OrderFields, SignedOrder, Verified
from certcenter_helper.core.work import Cancel, Progress, Stage, Step

#: Securities first, as people look for them; the portal has the same order.
_LINES: Final = ("securities", "futures", "sub-brokerage", "wealth", "stock-agency")


def accounts(desk: Desk) -> tuple[Account, ...]:
    """The customer's accounts, to choose one for an order."""
    from certcenter_helper.core.procedure import account
    from certcenter_sdk.client import calls

    line = desk.line()
    try:
        found = [account(row) for row in line.send(calls.me()).values["accounts"]]
    finally:
        line.close()
    return tuple(
        sorted(found, key=lambda each: _LINES.index(each.line) if each.line in _LINES else len(_LINES))
    )


def sign_orders(
    desk: Desk,
    orders: tuple[OrderFields, ...],
    *,
    ask: Callable[[], str],
    progress: Progress,
    cancel: Cancel,
) -> tuple[SignedOrder, ...]:
    """One trading session: setting 1 asks at every order, 2 at the first one, 3 never (SPEC A11)."""
    line, done = desk.line(), []
    try:
        with told(), desk.store.session(ask=lambda _entry: ask()) as session:
            for number, fields in enumerate(orders):
                cancel.check()
                progress(Step(Stage.SIGNING, number * 100 // len(orders)))
                done.append(line.run(_placed(asdict(fields), session)))
    finally:
        line.close()
    progress(Step(Stage.DONE, 100))
    return tuple(done)


def _placed(fields: dict[str, str], session: Any) -> Generator[Any, Any, SignedOrder]:
    """As `flows.place_order`, with the key unlocked for as long as the setting says."""
    from certcenter_sdk.client import flows

    unlocked = session.unlocked()
    signed = yield from flows.place_order(fields, unlocked.key, unlocked.entry.certificate)
    return SignedOrder(
        order=signed.order.canonical(), signature=signed.signature, evidence=signed.receipt.text("id")
    )


def verify_order(desk: Desk, order: bytes, signature: bytes) -> Verified:
    """Check shape, digest, signature and chain on this computer; only the centre knows about revocation.

    Raises:
        HelperError: what is wrong, by its code.
    """
    from certcenter_helper.core.texts import text
    from certcenter_sdk import chain, cms
    from certcenter_sdk.orders import Order
    from certcenter_sdk.store.shelf import common_name

    with told():
        parsed = Order.parse(order)
        signer = cms.verify_detached(order, signature).certificate
        assert signer is not None, "an order's signature embeds its certificate"
        issuers = [each for entry in desk.store.certificates() for each in entry.issued.chain]
        roots = [each for each in issuers if each.subject == each.issuer]
        notes = [text("Whether it was revoked at that time, the centre alone knows.")]
        if roots:
            at = min(max(parsed.moment, signer.not_valid_before_utc), desk.now())
            chain.verify_chain(signer, [each for each in issuers if each not in roots], roots, at)
        else:
            notes.append(text("No root certificate is here, so who issued the certificate was not checked."))
    fields = {
        name: str(getattr(parsed, name))
        for name in ("institution", "account", "side", "symbol", "quantity", "price", "currency", "time")
    }
    return Verified(
        signer=common_name(signer), serial=f"{signer.serial_number:x}", fields=fields, notes=tuple(notes)
    )
