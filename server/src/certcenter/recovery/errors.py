"""What can go wrong for somebody who can't log in. Before a proof one refusal serves all reasons (SPEC E4)."""

from django.utils.translation import gettext_lazy as _

from certcenter.core.errors import CentreError, Conflict, TooMany


class RecoveryRefused(CentreError):
    """ID, birth date and certificate don't belong together; which of them is wrong is the audit's business."""

    code = "recovery-refused"
    status = 422
    message = _("Your data could not be confirmed with the certificate on this device.")
    next_step = _(
        "Please check your ID and date of birth. Without a valid certificate here, use the password reissue or contact your branch."
    )


class FlowGone(CentreError):
    """The run has ended, is too old, or stands at another step."""

    code = "recovery-gone"
    status = 410
    message = _("This run of the password centre has ended or was continued elsewhere.")
    next_step = _("Please begin again. Your old password still works.")


class LinkGone(CentreError):
    """The link was used, is too old, was replaced by a newer one, or never existed."""

    code = "link-gone"
    status = 410
    message = _("This link is no longer valid.")
    next_step = _(
        "It works once, within the time named in the mail, and only the newest one does. Please request the reissue again."
    )


class BirthDateDiffers(CentreError):
    """The birth date on the link's page is not the one that we know; `tries_left` until the link ends."""

    code = "link-birth-date-wrong"
    status = 422
    message = _("The date of birth is not the one that we have on file. Tries left: %(tries_left)s.")


class ReissuesUsedUp(TooMany):
    """As many requests as policy allows in a day, for these data (SPEC B9)."""

    code = "reissues-used-up"
    message = _("A password can be reissued online %(limit)s times a day. Today's are used up.")
    next_step = _("Please try again tomorrow, or contact your branch.")


class DetailsChanged(Conflict):
    """Contact, certificate or a newer request: what the run was begun with no longer holds."""

    code = "recovery-overtaken"
    message = _("Your contact data or your certificate were changed, or a newer request was made meanwhile.")
    next_step = _("Please begin again, or contact your branch. Your old password still works.")


class InitialPasswordWrong(CentreError):
    """Not the initial password of this run."""

    code = "initial-password-wrong"
    status = 422
    message = _("This is not the initial password of this run. Tries left: %(tries_left)s.")
