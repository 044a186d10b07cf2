"""What can go wrong with a slip, in words for the customer (SPEC E10)."""

from django.utils.translation import gettext_lazy as _

from certcenter.core.errors import CentreError, Forbidden, NotNow
from certcenter.identity.branches import AskBranch

_COUNTER = _("Please get a new slip at the counter of the office that opened your account%(branch)s.")


class SlipMalformed(CentreError):
    """It can't be a slip's password, so it is not counted."""

    code = "slip-malformed"
    status = 422
    message = _("The password on the slip has %(length)s letters and digits.")
    next_step = _("Please copy it from the slip; upper and lower case differ.")


class SlipWrong(CentreError):
    """Of the right form, but wrong (SPEC E3)."""

    code = "slip-wrong"
    status = 422
    message = _("The password does not match your slip. Tries left: %(tries_left)s.")
    next_step = _("Please copy it from the slip; upper and lower case differ.")


class SlipVoided(AskBranch, Forbidden):
    """The last try was wrong as well: the slip is void (SPEC E3)."""

    code = "slip-voided"
    message = _("The password was wrong too often, so the slip is void.")
    next_step = _COUNTER


class SlipUnusable(AskBranch, NotNow):
    """No slip is open for this customer: none was issued, or it was used, has expired or is void."""

    code = "slip-unusable"
    message = _("There is no slip for you that could be used.")
    next_step = _COUNTER


class SlipNeeded(AskBranch, NotNow):
    """The session has not given the slip's password, or too long ago."""

    code = "slip-needed"
    message = _("Please enter the password of your slip first.")
    next_step = _("You get the slip at the counter of the office that opened your account%(branch)s.")


class SlipNotOffered(NotNow):
    """The institution's policy asks for no such slip."""

    code = "slip-not-offered"
    message = _("This institution uses no such slip.")
