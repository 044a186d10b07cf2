"""What can go wrong in the back office, in words for staff."""

from django.utils.translation import gettext_lazy as _

from certcenter.core.errors import CentreError, Forbidden


class StaffLoginRefused(CentreError):
    """Not signed in; why is nobody's business but the audit's (SPEC E4)."""

    code = "staff-login-refused"
    status = 401
    message = _("The user name or the password is wrong, or the login is locked.")
    next_step = _("After three wrong passwords a login is locked. An administrator can unlock it.")


class RoleMissing(Forbidden):
    """The member of staff has no role that may do this."""

    code = "role-missing"
    message = _("Your role may not do this.")
    next_step = _("Please ask a colleague who may. The attempt was noted.")
