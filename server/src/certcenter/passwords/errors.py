"""What can go wrong at login and with passwords. One refusal serves unknown, wrong, locked and no credential (SPEC E4)."""

from django.utils.translation import gettext_lazy as _

from certcenter.core.errors import CentreError, Forbidden, Invalid, TooMany


class LoginRefused(CentreError):
    """Not logged in; why is nobody's business but the audit's."""

    code = "login-refused"
    status = 401
    message = _("The ID or the password is wrong, or the login is locked.")
    next_step = _(
        "After several wrong passwords the login is locked. Please unlock it or contact your branch."
    )


class CaptchaRefused(CentreError):
    """The captcha is wrong, too old, answered before, or another institution's."""

    code = "captcha-refused"
    status = 422
    message = _("The check that you are a person has failed or expired.")
    next_step = _("Please do the check again.")


class ClientRefused(CentreError):
    """The program's own credential is unknown, disabled or wrong."""

    code = "client-refused"
    status = 401
    message = _("This program's credential is not accepted.")


class LoginTooOften(TooMany):
    """One source tries too often, whoever it tries to be."""

    code = "login-too-often"
    message = _("There were too many attempts to log in from here.")
    next_step = _("Please try again in %(retry_after)s seconds.")


class PasswordRefused(Invalid):
    """A new password breaks the institution's rule."""

    code = "password-refused"


class OldPasswordWrong(Invalid):
    """The present password was not the one given; it counted as a wrong login (SPEC E2)."""

    code = "old-password-wrong"
    next_step = _("After several wrong passwords the login is locked.")
    words = _("The old password is wrong. Capitals matter.")


class VoiceNotSynced(CentreError):
    """The institution's policy does not let the voice password follow the network password (SPEC B4)."""

    code = "voice-not-synced"
    status = 409
    message = _("Here the voice password is separate from the network password.")
    next_step = _("Please change it over the voice order line.")


class PasswordMustChange(Forbidden):
    """The session was begun with an initial, a forced or an expired password: it may only change it (SPEC B8)."""

    code = "password-must-change"
    message = _("Please set a new login password first.")
    next_step = _("Afterwards everything else is open to you.")
