"""What customers are told: one sentence an event and one advice, in the customer's language (SPEC D7)."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from certcenter.core.events import Event


@dataclass(frozen=True, slots=True)
class Template:
    """`body` may use %(serial)s and whatever else the event's details hold, and %(time)s."""

    subject: str | Promise
    body: str | Promise
    advice: str | Promise


_NOT_YOU = _("If this was not you, call %(phone)s at once.")
_CALL = _("Questions? Call %(phone)s.")

TEMPLATES: dict[Event, Template] = {
    Event.LOGIN_LOCKED: Template(
        _("Your login password is locked"),
        _("Your login password was locked at %(time)s after too many wrong entries."),
        _("If you did not try to log in, somebody else did: call %(phone)s."),
    ),
    Event.LOGIN_NEW_DEVICE: Template(
        _("Login from a new device"),
        _("Somebody logged in with your password from a new device at %(time)s (address %(address)s)."),
        _NOT_YOU,
    ),
    Event.PASSWORD_SET: Template(
        _("Your login password was changed"),
        _("Your login password was changed at %(time)s."),
        _NOT_YOU,
    ),
    Event.PASSWORD_REISSUED: Template(
        _("Your password was reissued"),
        _(
            "Your password was reissued online and a new one was set at %(time)s. The old one no longer works."
        ),
        _NOT_YOU,
    ),
    Event.LOGIN_CODE_CHOSEN: Template(
        _("Your login code was changed"),
        _("The login code with which you log in was set, changed or removed at %(time)s."),
        _NOT_YOU,
    ),
    Event.PASSWORD_CHANGED: Template(
        _("Your password was changed"),
        _("Your password was changed at %(time)s."),
        _NOT_YOU,
    ),
    Event.PASSWORD_CHANGE_FORCED: Template(
        _("Please change your login password"),
        _(
            "At %(time)s your login password was marked for change: you will be asked for a new one when you log in."
        ),
        _CALL,
    ),
    Event.PASSWORD_HANDED_OUT: Template(
        _("A password slip was handed out at the counter"),
        _("At %(time)s an initial login password was printed for you at the counter. The old one has ended."),
        _NOT_YOU,
    ),
    Event.USER_PASSWORD_HANDED_OUT: Template(
        _("A user's password was reset"),
        _(
            "At %(time)s two people reset the password of your user %(user)s; it has to be changed at the next login."
        ),
        _NOT_YOU,
    ),
    Event.USER_PASSWORD_CHANGED: Template(
        _("A user's password was changed"),
        _("The password of your user %(user)s was changed at %(time)s."),
        _NOT_YOU,
    ),
    Event.USER_LOCKED: Template(
        _("A user's login is locked"),
        _("The login of your user %(user)s was locked at %(time)s after too many wrong entries."),
        _("If your user did not try to log in, somebody else did: call %(phone)s."),
    ),
    Event.USER_UNLOCKED: Template(
        _("A user's login was unlocked"),
        _(
            "The login of your user %(user)s was unlocked after a call at %(time)s. The password from before is the right one."
        ),
        _NOT_YOU,
    ),
    Event.PASSWORDS_UNIFIED: Template(
        _("Your accounts have one login password now"),
        _(
            "At %(time)s one login password was set for all your accounts. Only a branch can separate them again."
        ),
        _NOT_YOU,
    ),
    Event.PASSWORDS_SEPARATED: Template(
        _("Your accounts have separate login passwords now"),
        _("At %(time)s your branch separated your accounts: each login password can be changed by itself."),
        _NOT_YOU,
    ),
    Event.CUSTOMER_CONTACT_CHANGED: Template(
        _("Your contact data were changed"),
        _("The contact %(old)s was changed to %(new)s at %(time)s."),
        _NOT_YOU,
    ),
    Event.CODES_STOPPED: Template(
        _("No more verification codes today"),
        _("Too many wrong verification codes were entered for you today. New ones are sent after midnight."),
        _("If you did not enter them, somebody else did: call %(phone)s."),
    ),
    Event.SLIP_ISSUED: Template(
        _("A password slip was issued for you"),
        _("A password slip was handed out for you at the counter at %(time)s. Keep it to yourself."),
        _NOT_YOU,
    ),
    Event.SLIP_VOIDED: Template(
        _("Your password slip is void"),
        _("Since %(time)s your password slip can't be used any more. You get a new one at the counter."),
        _NOT_YOU,
    ),
    Event.APPLICATION_ACCEPTED: Template(
        _("Your certificate application was received"),
        _("We received your application for a certificate at %(time)s."),
        _NOT_YOU,
    ),
    Event.RENEWAL_ACCEPTED: Template(
        _("Your certificate renewal was received"),
        _("We received your request to renew your certificate at %(time)s."),
        _NOT_YOU,
    ),
    Event.CERTIFICATE_ISSUED: Template(
        _("Your certificate was issued"),
        _("Your certificate %(serial)s was issued at %(time)s. Please install it and keep a backup."),
        _NOT_YOU,
    ),
    Event.CERTIFICATE_INSTALLED: Template(
        _("Your certificate was installed"),
        _("Your certificate %(serial)s was installed at %(time)s. Please keep a backup of it."),
        _NOT_YOU,
    ),
    Event.CERTIFICATE_SUPERSEDED: Template(
        _("Your old certificate was replaced"),
        _("Your old certificate %(serial)s was replaced by the renewed one at %(time)s."),
        _NOT_YOU,
    ),
    Event.CERTIFICATE_REVOKED: Template(
        _("Your certificate was revoked"),
        _("Your certificate %(serial)s was revoked at %(time)s and can no longer be used."),
        _NOT_YOU,
    ),
    Event.CERTIFICATE_SUSPENDED: Template(
        _("Your certificate was suspended"),
        _("Your certificate %(serial)s was suspended at %(time)s and can't be used for now."),
        _NOT_YOU,
    ),
    Event.CERTIFICATE_RESUMED: Template(
        _("Your certificate can be used again"),
        _("The suspension of your certificate %(serial)s ended at %(time)s."),
        _NOT_YOU,
    ),
    Event.LOGIN_UNLOCKED: Template(
        _("Your login was unlocked"),
        _("Your login was unlocked at %(time)s. Please use the password that you had."),
        _NOT_YOU,
    ),
    Event.CUSTOMER_LIMITS_RESET: Template(
        _("Today's limits were lifted for you"),
        _("The limits on verification codes and birth dates were reset for you at %(time)s."),
        _NOT_YOU,
    ),
    Event.CUSTOMER_FROZEN: Template(
        _("Your electronic services are frozen"),
        _("Since %(time)s no certificate is issued and no login is unlocked for you."),
        _CALL,
    ),
    Event.CUSTOMER_THAWED: Template(
        _("Your electronic services are open again"),
        _("The freeze of your electronic services ended at %(time)s."),
        _NOT_YOU,
    ),
    Event.CERTIFICATE_REPAIRED: Template(
        _("Your certificate was downloaded again"),
        _("Your certificate %(serial)s was downloaded again at %(time)s."),
        _NOT_YOU,
    ),
    Event.REDOWNLOAD_OPENED: Template(
        _("Download again is open for you"),
        _("At your request our staff opened Download again for your certificate, until %(ends)s."),
        _NOT_YOU,
    ),
    Event.CERTIFICATE_EXPIRING: Template(
        _("Your certificate ends soon"),
        _(
            "Your certificate %(serial)s ends on %(ends)s. Please renew it in the certificate centre before that."
        ),
        _CALL,
    ),
    Event.TRANSFER_FETCHED: Template(
        _("Your certificate was sent to a phone"),
        _("Your certificate %(serial)s was handed to a phone that was logged in as you, at %(time)s."),
        _NOT_YOU,
    ),
    Event.KEY_SHARE_LOCKED: Template(
        _("Your certificate password is locked"),
        _(
            "A wrong certificate password was entered too often at %(time)s; the certificate on that device is locked."
        ),
        _("If you did not enter it, somebody else did: call %(phone)s."),
    ),
}

#: The code of a reissue, in manual M2's words; the identification code, where policy has one, stands first here too.
REISSUE_CODE = _(
    "The SMS passcode for your online password reissue at %(institution)s is %(code)s. Please finish within %(minutes)s minutes of asking for it; it is good for this account only."
)
#: The mail with the link, in manual M2's words.
LINK_SUBJECT = _("Online password reissue")
LINK = _(
    "You asked for your password to be reissued at %(requested)s. Please open the link below within %(hours)s hours; the website then sends a passcode to your phone. With that passcode you can set a new password."
)
LINK_LABEL = _("Activate the electronic login password:")
LINK_GREETING = _("Dear investor,")
LINK_NOTES = _("Please note the following:")
LINK_CARE = _(
    "We never ask for any information by e-mail. If you receive a suspicious mail, please do not answer it."
)
LINK_SIGNED = _("To protect you, this notice is digitally signed: it is secure e-mail.")
#: Not in the manual: who gets such a mail unasked should not have to call.
LINK_NOT_YOU = _("If you did not ask for this, you need do nothing: your password is unchanged.")
LINK_NO_ANSWER = _("This mail was sent by a system; please do not answer it.")
LINK_FOOT = _("%(institution)s customer service: %(phones)s | %(service)s. We are glad to help you!")
#: First comes what the customer compares with the page (識別碼), then the code.
CODE = _(
    "%(code)s is your verification code for: %(purpose)s (%(institution)s). Valid for %(minutes)s minutes."
)
CODE_ADVICE = _("Compare the letters with the page. Never tell the code to anybody, not even to our staff.")
CODE_SUBJECT = _("Your verification code")
GREETING = _("Dear %(name)s,")
REFERENCE = _("Reference: %(reference)s")
