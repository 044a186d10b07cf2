"""What can be wrong with a proof or a key share (SPEC E6; DESIGN, Keys in the page)."""

from django.utils.translation import gettext_lazy as _

from certcenter.core.errors import CentreError, Conflict, NotFound, TooMany


class ProofRefused(CentreError):
    """The signature does not prove what it should; `reason` is a stable code for programs and the audit."""

    code = "proof-refused"
    status = 422
    message = _("The certificate on this device could not be verified.")
    next_step = _("Please try again. If it fails again, check the certificate or contact your branch.")


class NonceRefused(Conflict):
    """The nonce was used, is too old, or was given for something else."""

    code = "nonce-refused"
    message = _("This request has expired or was used already.")
    next_step = _("Please try again.")


class ShareUnknown(NotFound):
    """The customer has no share for that key."""

    code = "share-unknown"
    message = _("The centre has no record for this key.")
    next_step = _("Please import your backup, or revoke the certificate and apply for a new one.")


class ShareExists(Conflict):
    """The key has a share already; another one needs a signature by the key (purpose `share`)."""

    code = "share-exists"
    message = _("This key is protected by the centre already.")


class VerifierWrong(CentreError):
    """The certificate password is wrong; `tries_left` until the key is locked."""

    code = "certificate-password-wrong"
    status = 422
    message = _("The certificate password is wrong. Tries left: %(tries_left)s.")
    next_step = _("Upper and lower case differ. Please try again.")


class ShareLocked(TooMany):
    """Too many wrong certificate passwords."""

    code = "certificate-password-locked"
    status = 423
    message = _("The certificate password was wrong too often. The key on this device is locked.")
    next_step = _("Please import your backup, or revoke the certificate and apply for a new one.")


class VisitorLocked(ShareLocked):
    """The same for somebody who has not logged in, and perhaps cannot: what helps is another."""

    message = _("The certificate password was wrong too often. It can't open the key here for now.")
    next_step = _("Please have your password reissued without the certificate, or call us.")
