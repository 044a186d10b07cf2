"""Why an order is refused (SPEC A15, E10)."""

from django.utils.translation import gettext_lazy as _

from certcenter.core.errors import CentreError, Conflict

#: Why a certificate signs no orders, by `StatusAt.reason` and this room's own.
_UNUSABLE = {
    "revoked": _("The certificate that signed was revoked, so it signs no more orders."),
    "suspended": _("The certificate that signed is suspended, so it signs no orders for now."),
    "expired": _("The certificate that signed has expired, so it signs no more orders."),
    "not-yours": _("The certificate that signed is not one of yours."),
}
_NOTHING_PLACED = _("No order was placed.")


class OrderRefused(CentreError):
    """The order or its signature does not stand; `reason` is a stable code of the SDK or of this room."""

    code = "order-refused"
    status = 422
    message = _("The order was refused.")
    next_step = _("Please look at the order again and sign it anew.")
    kept = _NOTHING_PLACED


class OrderMalformed(OrderRefused):
    """The bytes are not an order in its one canonical form."""

    code = "order-malformed"
    message = _("This is not an order in its agreed form.")


class OrderNotYours(OrderRefused):
    """Institution, origin or account is not the one of this session."""

    code = "order-not-yours"
    message = _("The order names another institution, address or account than yours.")


class SignatureWrong(OrderRefused):
    """The signature does not fit the order: it was changed after signing, or signed by another key."""

    code = "signature-wrong"
    message = _("The signature does not fit this order: the order was changed after it was signed.")


class CertificateUnusable(OrderRefused):
    """The signer's certificate is not this customer's live one."""

    code = "certificate-unusable"
    message = _("The certificate that signed cannot be used for orders.")
    next_step = _("Please look at the overview to see what your certificate needs.")

    @property
    def detail(self) -> str:
        """The reason in words, where it has some."""
        return str(_UNUSABLE.get(self.params.get("reason", ""), self.message))


class OrderStale(OrderRefused):
    """The order's time is too far from now; a clock that is wrong looks the same."""

    code = "order-stale"
    message = _("The order was built too long ago, or a clock is wrong.")
    next_step = _("Please check the clock of this computer and build the order again.")


class OrderSeenBefore(Conflict):
    """The nonce was used for another order or signature."""

    code = "order-seen-before"
    message = _("This order was already sent in another form.")
    next_step = _("Please build a new order.")
    kept = _("The first order stands as it was accepted.")
