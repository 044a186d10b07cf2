"""Why an upload to a phone is refused, in words for the customer (SPEC A12, E10)."""

from django.utils.translation import gettext_lazy as _

from certcenter.core.errors import CentreError, Conflict, Forbidden, NotFound, TooMany

_UNTOUCHED = _("The certificate on your computer is untouched.")


class PhoneUploadOff(Forbidden):
    """The institution's policy has no upload to a phone."""

    code = "phone-upload-off"
    message = _("This institution does not offer the upload to a phone.")


class NothingToUpload(Conflict):
    """The customer has no live certificate at the centre."""

    code = "nothing-to-upload"
    message = _("You have no valid certificate that could be uploaded to a phone.")
    next_step = _("Please look at the overview to see what your certificate needs.")


class TransferGone(NotFound):
    """No such pairing for this customer and session, or its time is over, or it was used: they look the same (E4)."""

    code = "transfer-gone"
    message = _("This pairing code has expired, was used already, or belongs to somebody else.")
    next_step = _(
        "Please log in on the phone and on the computer as the same customer, and show a new code on the phone."
    )
    kept = _UNTOUCHED


class AlreadySent(Conflict):
    """The relay takes one parcel a pairing."""

    code = "already-sent"
    message = _("A certificate was already sent with this pairing code.")
    next_step = _("If the phone did not get it, show a new code on the phone and send again.")
    kept = _UNTOUCHED


class ClientMismatch(Conflict):
    """「主機資料庫目前的憑證資訊」 and 「用戶端的憑證資訊」 differ (manual M3 §5)."""

    code = "client-mismatch"
    message = _("The certificate on this computer is not the one that the centre holds.")
    next_step = _("Please import your latest valid certificate on this computer first.")
    kept = _("Nothing was sent to the phone.")


class ParcelTooLarge(CentreError):
    """More than a certificate file can have."""

    code = "parcel-too-large"
    status = 413
    message = _("This is too large to be a certificate file: at most %(limit)s bytes are passed on.")
    kept = _UNTOUCHED


class PhoneKeyUnfit(CentreError):
    """The phone's public key is a point of low order (RFC 7748 §6.1)."""

    code = "phone-key-unfit"
    status = 422
    message = _("The phone's key is of no use.")
    next_step = _("Please load the page on the phone again.")


class PairingsUsedUp(TooMany):
    """The day's pairings are used up."""

    code = "pairings-used-up"
    message = _("A phone was paired %(limit)s times today. More is possible after midnight.")
    kept = _UNTOUCHED
