"""What is wrong with a request before any room sees it (SPEC E10). The rooms' own errors come through unchanged."""

from django.utils.translation import gettext_lazy as _

from certcenter.core.errors import CentreError, Forbidden, NotFound


class MalformedBody(CentreError):
    """The body is not JSON, or names a member twice (RFC 8259 §4)."""

    code = "malformed-json"
    message = _("The request's body is not a JSON object that can be read.")
    next_step = _("Please send one JSON object, encoded in UTF-8, naming each member once.")


class UnreadableBody(CentreError):
    """The connection ended before the body did."""

    code = "unreadable-body"
    message = _("The request's body ended too early.")
    next_step = _("Please send the request again.")


class BodyTooLarge(CentreError):
    """More bytes than this operation takes."""

    code = "too-large"
    status = 413
    message = _("The request is too large: at most %(limit)s bytes are accepted here.")


class WrongMediaType(CentreError):
    """Only JSON is taken (RFC 9110 §15.5.16)."""

    code = "unsupported-media-type"
    status = 415
    message = _("The request's body must be of the type application/json.")


class MethodUnknown(CentreError):
    """The address exists, the method does not (RFC 9110 §15.5.6)."""

    code = "method-not-allowed"
    status = 405
    message = _("This address does not take the method %(method)s.")


class NoSuchAddress(NotFound):
    """No operation has this path."""

    code = "no-such-address"
    next_step = _("All addresses are listed in /api/v1/openapi.json.")


class NoSuchInstitution(NotFound):
    """The path or the host names no institution of this centre."""

    code = "no-such-institution"
    message = _("There is no such institution here.")


class SignInNeeded(CentreError):
    """No session, one that has ended, or one of another institution (SPEC E7)."""

    code = "sign-in-needed"
    status = 401
    message = _("Please log in first; the session may have ended.")
    next_step = _("Log in again and repeat the last step.")


class CsrfFailed(Forbidden):
    """A request with a cookie that did not come from the page itself (SPEC E7)."""

    code = "csrf-failed"
    message = _(
        "For your safety this request was not accepted, because it did not come from the page itself."
    )
    next_step = _("Please load the page again and repeat the last step.")
    kept = _("Nothing was changed.")


class KeyMismatch(CentreError):
    """The header `Idempotency-Key` and `request` in the body disagree."""

    code = "idempotency-mismatch"
    message = _("The header Idempotency-Key and `request` in the body must be the same UUID.")


class InternalFault(CentreError):
    """Our own mistake. What happened stands in the log under the reference number, never in the answer."""

    code = "internal"
    status = 500
    message = _("The centre made a mistake. This is our fault, not yours.")
    next_step = _("Please try again. If it happens again, call us and give the reference number.")
