"""What can go wrong with documents and consents."""

from django.utils.translation import gettext_lazy as _

from certcenter.core.errors import Conflict


class ConsentSuperseded(Conflict):
    """The customer agreed to a version that is no longer, or never was, the current one."""

    code = "consent-superseded"
    message = _("The consent text has changed since you opened this page.")
    next_step = _("Please read the current text and agree to it again.")
    kept = _("Nothing was applied for and nothing was changed.")


class DocumentChanged(Conflict):
    """Somebody else published or retired this document meanwhile."""

    code = "document-changed"
    message = _("Somebody else has changed this document meanwhile.")
    next_step = _("Please look at the current version and publish again.")
