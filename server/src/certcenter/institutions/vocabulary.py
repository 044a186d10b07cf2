"""The words that policy files may use where a row of the SPEC's policy table offers a choice."""

from enum import StrEnum


class Captcha(StrEnum):
    """What tells a person from a program at login."""

    NONE = "none"
    WORK = "work"
    """altcha: a proof of work, hosted by ourselves."""
    IMAGE = "image"


class LoginMethod(StrEnum):
    """What a customer types to log in, besides the captcha."""

    ID_AND_PASSWORD = "id-and-password"  # noqa: S105 - the name of a method
    COMPANY_USER_AND_PASSWORD = "company-user-and-password"  # noqa: S105 - the name of a method


class Calendar(StrEnum):
    """Which calendar a form takes (SPEC F3)."""

    ROC = "roc"
    GREGORIAN = "gregorian"


class Function(StrEnum):
    """What a menu entry or an action on the overview leads to."""

    OVERVIEW = "overview"
    APPLY = "apply"
    RENEW = "renew"
    REVOKE = "revoke"
    SUSPEND = "suspend"
    DOWNLOAD = "download"
    REDOWNLOAD = "redownload"
    REPAIR = "repair"
    IMPORT = "import"
    EXPORT = "export"
    DATA_CHECK = "data-check"
    PHONE_UPLOAD = "phone-upload"
    PFX_PASSWORD = "pfx-password"  # noqa: S105 - the name of a function
    SECURITY_SETTING = "security-setting"
    ENVIRONMENT_CHECK = "environment-check"
    SIGN_ORDER = "sign-order"
    FEE = "fee"
    FEE_STATUS = "fee-status"
    PIN_CHANGE = "pin-change"
    TOKEN_CONTENTS = "token-contents"  # noqa: S105 - the name of a function
    PASSWORDS = "passwords"
    USERS = "users"
    """A company's users, and their passwords under four eyes (SPEC B10)."""
    OWN_PASSWORD = "own-password"  # noqa: S105 - the name of a function
    ANNOUNCEMENTS = "announcements"
    INSTRUCTIONS = "instructions"
    FAQ = "faq"
    LOGOUT = "logout"
    CLOSE = "close"


class Availability(StrEnum):
    """When a menu entry can be used."""

    ALWAYS = "always"
    RENEWAL_WINDOW = "renewal-window"
    """Shown grey outside the renewal window."""
    OPENED_BY_STAFF = "opened-by-staff"
    """Hidden until staff opened it for this customer."""


class KeyPlace(StrEnum):
    """Where the private key lives; it never leaves that place unencrypted (SPEC A3)."""

    HELPER = "helper"
    BROWSER = "browser"
    PFX_DIRECTORY = "pfx-directory"
    TOKEN = "token"  # noqa: S105 - a hardware token


class KeyType(StrEnum):
    """Key types that the centre certifies or signs with."""

    P256 = "p256"
    RSA2048 = "rsa2048"
    RSA3072 = "rsa3072"


class Proof(StrEnum):
    """One thing that a customer shows to be let through."""

    CONSENT = "consent"
    BIRTH_DATE = "birth-date"
    """A company gives its registration date."""
    ACCOUNT = "account"
    """One of the own accounts is chosen."""
    CODE = "code"
    SLIP = "slip"
    """The password slip from the counter; case matters."""
    COUNTER = "counter"
    """Authorised at the counter beforehand."""
    PIN = "pin"
    OLD_KEY = "old-key"
    """A signature by the key of a certificate that is valid for renewal (SPEC A4)."""
    OLD_KEY_IF_HERE = "old-key-if-here"
    """The same, but only if that key is on this device."""
    FEE = "fee"


class WindowUnit(StrEnum):
    """How a renewal window is measured, on Taipei's clock."""

    HOURS = "hours"
    DAYS = "days"
    MONTHS = "months"
    """Calendar months, clipped to the month's last day."""


class ValidityEnd(StrEnum):
    """At which moment of its last day a certificate ends."""

    END_OF_DAY = "end-of-day"
    """23:59:59 in Taipei."""
    TO_THE_SECOND = "to-the-second"


class RenewalBase(StrEnum):
    """From when a renewed certificate's year is counted."""

    ISSUE = "issue"
    OLD_END = "old-end"


class AfterRenewal(StrEnum):
    """What becomes of the old certificate once the new one is installed."""

    REVOKE_OLD = "revoke-old"
    KEEP_BOTH = "keep-both"


class HowMany(StrEnum):
    """Of whom there is at most one live certificate."""

    PER_IDENTITY = "per-identity"
    PER_TOKEN_USER = "per-token-user"  # noqa: S105 - a hardware token


class OnlineRevocation(StrEnum):
    """What the customer may do online to stop a certificate."""

    REVOKE = "revoke"
    SUSPEND = "suspend"
    STAFF_ONLY = "staff-only"


class ExportPassword(StrEnum):
    """Which password locks an exported PFX."""

    NEW_TWICE = "new-twice"
    EXISTING_ONCE = "existing-once"


class RepairMode(StrEnum):
    """How a certificate whose download failed is fetched again (SPEC A9)."""

    SELF_SERVICE = "self-service"
    OPENED_BY_STAFF = "opened-by-staff"
    DOWNLOAD_REPEATS = "download-repeats"


class HostStatus(StrEnum):
    """The state of the certificate that the centre holds (SPEC A2)."""

    NONE = "none"
    AWAITING = "awaiting"
    """Issued, the device has not collected it: 憑證申請成功，等待CA傳回憑證."""
    VALID = "valid"
    EXPIRING = "expiring"
    EXPIRED = "expired"
    SUSPENDED = "suspended"
    REVOKED = "revoked"


class ClientStatus(StrEnum):
    """The state of a certificate that this device holds (SPEC A2)."""

    NONE = "none"
    EXPORTABLE = "exportable"
    """Valid, the same as the host's, its key is here: 有效 (可匯出)."""
    ABSENT = "absent"
    """The host's certificate is not on this device: 您的電腦中沒有與主機相同之憑證."""
    MISMATCH = "mismatch"
    INVALID = "invalid"
    KEY_ONLY = "key_only"
    """A private key waits for its certificate: 只有私鑰 (待修復)."""


class Channel(StrEnum):
    """How a message reaches a contact."""

    SMS = "sms"
    EMAIL = "email"


class CodeDelivery(StrEnum):
    """To which contacts a verification code goes."""

    CHOSEN = "chosen"
    """The customer chooses one."""
    EVERY = "every"
    """The same code to every contact on file."""


class CodePurpose(StrEnum):
    """What a verification code is good for; a grant counts for one purpose only (SPEC E3)."""

    APPLY = "apply"
    RENEW = "renew"
    REVOKE = "revoke"
    REISSUE = "reissue"
    UNLOCK = "unlock"


class SecurityMode(StrEnum):
    """When signing an order asks for the certificate password (SPEC A11)."""

    EVERY_ORDER = "1"
    FIRST_ORDER = "2"
    NEVER = "3"


class CAOwnership(StrEnum):
    """Whether an institution has a CA of its own or shares one."""

    OWN = "own"
    SHARED = "shared"


class SerialForm(StrEnum):
    """How a serial number is shown."""

    HEX = "hex"
    DECIMAL = "decimal"


class SequenceOwner(StrEnum):
    """Who a subject's sequence number belongs to."""

    CERTIFICATE = "certificate"
    """Each certificate takes the customer's next number."""
    USER = "user"
    """The token user's own number, which survives renewal."""
