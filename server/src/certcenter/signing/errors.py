"""Why an order is refused (SPEC A15, E10)."""

from django.utils.translation import gettext_lazy as _

from certcenter.core.errors import CentreError, Conflict

_NOTHING_PLACED = _("No order was placed.")


class OrderRefused(CentreError):
    """The order or its signature does not stand; `reason` is a stable code of the SDK or of this room."""

    code = "order-refused"
    status = 422
    message = _("The order was refused (%(reason)s).")
    next_step = _("Please look at the order again and sign it anew.")
    kept = _NOTHING_PLACED


class OrderMalformed(OrderRefused):
    """The bytes are not an order in its one canonical form."""

    code = "order-malformed"
    message = _("This is not an order in its agreed form (%(reason)s).")


class OrderNotYours(OrderRefused):
    """Institution, origin or account is not the one of this session."""

    code = "order-not-yours"
    message = _("The order names another institution, address or account than yours (%(reason)s).")


class SignatureWrong(OrderRefused):
    """The signature does not fit the order: it was changed after signing, or signed by another key."""

    code = "signature-wrong"
    message = _(
        "The signature does not fit this order: the order was changed after it was signed (%(reason)s)."
    )


class CertificateUnusable(OrderRefused):
    """The signer's certificate is not this customer's live one."""

    code = "certificate-unusable"
    message = _("The certificate that signed cannot be used for orders (%(reason)s).")
    next_step = _("Please look at the overview to see what your certificate needs.")


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
