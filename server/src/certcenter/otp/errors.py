"""What can be wrong with a verification code (SPEC D4, E3)."""

from django.utils.translation import gettext_lazy as _

from certcenter.core.errors import CentreError, Conflict, NotFound, TooMany

_STEPS_KEPT = _("The steps before this one stand.")


class ContactUnknown(NotFound):
    """The contact or account is not this customer's, or its channel is not offered."""

    code = "contact-unknown"
    message = _("This way of receiving the code is not available.")
    next_step = _("Please choose one of the ways shown, or contact your branch.")


class CodeWait(TooMany):
    """The last code is too young; `seconds` until another may be sent."""

    code = "code-wait"
    message = _("A code was sent just now.")
    next_step = _("A new one can be sent in %(seconds)s seconds.")
    kept = _STEPS_KEPT


class SendsUsedUp(TooMany):
    """So many codes were sent that it looks like a flood."""

    code = "code-sends-used-up"
    message = _("Too many codes were sent.")
    next_step = _("Please try again later, or contact your branch.")


class CodesStopped(TooMany):
    """Too many wrong codes today; none until midnight in Taipei (SPEC E3)."""

    code = "codes-stopped"
    message = _("Too many wrong codes were entered today. No codes are accepted until midnight.")
    next_step = _("Please try again tomorrow, or contact your branch.")


class CodeMalformed(CentreError):
    """Not so many digits; not counted."""

    code = "code-malformed"
    status = 422
    message = _("The code has %(digits)s digits.")
    next_step = _("Please type the code from the newest message.")
    kept = _("This did not count as a try.")


class CodeWrong(CentreError):
    """Another code than the one sent; `tries_left` for this one."""

    code = "code-wrong"
    status = 422
    message = _("The code is wrong. Tries left: %(tries_left)s.")
    next_step = _("Please compare the letters before the code with the page and try again.")
    kept = _STEPS_KEPT


class CodeUsedUp(CentreError):
    """Three wrong answers killed the code."""

    code = "code-used-up"
    status = 422
    message = _("The code is wrong, and no try is left for it.")
    next_step = _("Please have a new code sent.")
    kept = _STEPS_KEPT


class CodeExpired(CentreError):
    """The code is past its time, replaced by a newer one, used, or of another session."""

    code = "code-expired"
    status = 410
    message = _("This code is no longer valid.")
    next_step = _("Please have a new code sent.")
    kept = _STEPS_KEPT


class GrantRefused(Conflict):
    """The grant was used, is too old, or is for something else."""

    code = "grant-refused"
    message = _("Your verification has expired or was used already.")
    next_step = _("Please begin again.")
