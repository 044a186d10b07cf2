"""What can go wrong on the way to a certificate, in words for the customer (SPEC E10)."""

from django.utils.translation import gettext_lazy as _

from certcenter.core.errors import CentreError, Conflict, Forbidden, NotFound, NotNow, TooMany
from certcenter.identity.branches import AskBranch

_STILL_VALID = _("The certificate that you have keeps working.")
_START_AGAIN = _("Please start again from the overview.")


class ProcedureGone(NotFound):
    """No such procedure for this customer and session, or its time is over."""

    code = "procedure-gone"
    message = _("This step has expired or was started in another window.")
    next_step = _START_AGAIN
    kept = _("Nothing was changed.")


class WrongStep(Conflict):
    """The procedure is not at the step that was asked for (back button, second tab, double click)."""

    code = "wrong-step"
    message = _("This step is not the one that comes next.")
    next_step = _("Please go on with the step that the page shows now.")


class BirthDateWrong(CentreError):
    """The date is readable but not the customer's (SPEC E3)."""

    code = "birth-date-wrong"
    status = 422
    kept = _("Nothing was changed.")
    message = _("The date does not match our records. Tries left: %(tries_left)s.")
    next_step = _(
        "Please enter your date of birth in ROC form, for example 761205. Companies enter their registration date."
    )


class BirthDateMalformed(CentreError):
    """The text is no date; it does not count as a try."""

    code = "birth-date-malformed"
    status = 422
    kept = _("This did not count as a try.")
    message = _("This is not a date in ROC form.")
    next_step = _("Please enter year, month and day as 6 or 7 digits, for example 761205.")


class BirthDateEnded(AskBranch, Forbidden):
    """Three wrong dates in a day: the application ends and counts as one login failure (SPEC E3)."""

    code = "birth-date-ended"
    message = _("The date was wrong three times, so this application has ended.")
    next_step = _(
        "Please check the date on your account documents and start again tomorrow, or ask your branch%(branch)s."
    )
    kept = _STILL_VALID


class NotAllowedNow(NotNow):
    """The lifecycle forbids this action in the present state."""

    code = "not-allowed-now"
    message = _("This is not possible in the certificate's present state.")
    next_step = _("Please look at the overview to see what can be done now.")


class AlreadyHasCertificate(NotAllowedNow):
    """One live certificate a holder (SPEC E8)."""

    code = "already-has-certificate"
    message = _("You already have a valid certificate.")
    next_step = _(
        "Import your backup on this device, renew it when its time comes, or revoke it and apply again."
    )
    kept = _STILL_VALID


class ApplicationOpen(NotAllowedNow):
    """An application is under way already (second tab, other device)."""

    code = "application-open"
    message = _("An application of yours is already under way.")
    next_step = _("Please go on with it on the device where you began, or revoke it from the overview.")


class ConsentNeeded(CentreError):
    """The institution's policy asks for the consent, and it was not given."""

    code = "consent-needed"
    status = 422
    message = _("Please read the text and agree to it first.")


class OldKeyNeeded(CentreError):
    """Renewal here needs a signature by the key of the certificate that is renewed (SPEC A4)."""

    code = "old-key-needed"
    status = 422
    message = _("To renew, the certificate that you have must be on this computer and sign.")
    next_step = _("Please import your backup of it, or renew on the computer that holds it.")
    kept = _STILL_VALID


class OutsideWindow(NotAllowedNow):
    """Renewal before or after its window (SPEC A4)."""

    code = "outside-renewal-window"
    message = _("The certificate can be renewed from %(opens)s to %(closes)s.")
    kept = _STILL_VALID


class NothingToRenew(NotAllowedNow):
    """There is no certificate that could be renewed."""

    code = "nothing-to-renew"
    message = _("There is no certificate to renew.")
    next_step = _("Please apply for a new one.")


class NothingToRevoke(NotAllowedNow):
    """There is no certificate that could be revoked."""

    code = "nothing-to-revoke"
    message = _("There is no certificate to revoke.")


class OnlineRevocationOff(AskBranch, Forbidden):
    """The institution's policy lets only staff revoke."""

    code = "online-revocation-off"
    message = _("Certificates are revoked at the branch.")
    next_step = _("Please ask the branch that opened your account%(branch)s.")


class RevocationsUsedUp(AskBranch, TooMany):
    """The year's online revocations are used up (SPEC A5)."""

    code = "revocations-used-up"
    message = _("The certificate was already revoked online %(limit)s times this year.")
    next_step = _(
        "Please bring two identity documents and your registered seal to the branch that opened your account%(branch)s."
    )
    kept = _STILL_VALID


class AnotherKey(Conflict):
    """The same request UUID came with another key (SPEC E8)."""

    code = "another-key"
    message = _("This application was already sent with another key.")
    next_step = _("Please go on in the window where you began, or start again.")
    kept = _("The first key and its application are untouched.")


class KeyAlreadyUsed(Conflict):
    """The public key belongs to another request or certificate."""

    code = "key-already-used"
    message = _("This key has been used before. A new certificate needs a new key.")
    next_step = _START_AGAIN
    kept = _("Nothing was issued; your proof of identity can be used again.")


class RequestRejected(CentreError):
    """The PKCS#10 request is malformed or its key is weak; `reason` is the SDK's code."""

    code = "request-rejected"
    status = 422
    message = _("The certificate request was not accepted.")
    next_step = _(
        "Please update your browser and start again. If this happens again, tell us the reference number."
    )
    kept = _("Nothing was issued; your proof of identity can be used again.")


class KeyTooWeak(RequestRejected):
    """The key can be guessed or was made by a faulty program (too short, a bad exponent, ROCA); `reason` says which."""

    message = _("The key of this request is not safe enough, so no certificate was issued for it.")
    next_step = _(
        "Please update the browser or program that made the key, and start again with a new one. If this happens again, tell us the reference number."
    )


class KeyTypeNotAllowed(RequestRejected):
    """The key is sound, but the institution's policy does not allow its type."""

    code = "key-type-not-allowed"
    message = _("This institution does not issue certificates for keys of type %(key_type)s.")


class RedownloadNotOffered(NotNow):
    """The institution's customers repair by themselves, or otherwise."""

    code = "redownload-not-offered"
    message = _("At this institution nothing is opened by staff for a download.")


class RedownloadHours(NotNow):
    """Staff open it on business days, within hours (SPEC, policy table: repair)."""

    code = "redownload-hours"
    message = _("Download again is opened on business days from %(opens)s to %(closes)s.")
    next_step = _("Please try again on the next business day.")


class NothingToRedownload(NotAllowedNow):
    """The host shows no certificate in force and none that waits for its device."""

    code = "nothing-to-redownload"
    message = _("There is no certificate that could be downloaded again.")


class RedownloadClosed(Forbidden):
    """Staff have not opened it, or it was used, or the day is over."""

    code = "redownload-closed"
    message = _("Download again is not open for you.")
    next_step = _(
        "Please call customer service on a business day; after checking your data, staff open it for that day."
    )
    kept = _("The key on the computer that applied is kept. Keep that computer as it is.")


class NotIssuedYet(Conflict):
    """The certificate is still being made."""

    code = "not-issued-yet"
    message = _("The certificate is still being made.")
    next_step = _("Please wait a moment; this page goes on by itself.")


class ApplicationRefused(Conflict):
    """The CA refused the request."""

    code = "application-refused"
    message = _("The certificate could not be issued.")
    next_step = _("Please start a new application. If this happens again, tell us the reference number.")
