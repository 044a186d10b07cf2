"""Every event type, once: `<subject>:<action>:<outcome>`. The audit stores them, notices are chosen by them."""

from enum import StrEnum


class Event(StrEnum):
    """What can happen in a centre."""

    # identity
    CUSTOMER_IMPORTED = "customer:import:done"
    CUSTOMER_CONTACT_CHANGED = "customer:contact:changed"
    CUSTOMER_FROZEN = "customer:freeze:done"
    CUSTOMER_THAWED = "customer:freeze:ended"
    CUSTOMER_VIEWED = "customer:view:done"
    CUSTOMER_LIMITS_RESET = "customer:limits:reset"
    STAFF_CREATED = "staff:create:done"
    STAFF_SIGNED_IN = "staff:login:succeeded"
    STAFF_SIGN_IN_REFUSED = "staff:login:refused"
    STAFF_LOCKED = "staff:lock:set"
    STAFF_UNLOCKED = "staff:lock:cleared"
    STAFF_SIGNED_OUT = "staff:session:ended"
    STAFF_REFUSED = "staff:action:refused"
    APPROVAL_ASKED = "approval:ask:done"
    APPROVAL_GIVEN = "approval:decide:given"
    APPROVAL_DECLINED = "approval:decide:declined"
    APPROVAL_WITHDRAWN = "approval:ask:withdrawn"
    APPROVAL_USED = "approval:use:done"
    APPROVAL_REFUSED = "approval:decide:refused"
    # login and sessions
    LOGIN_SUCCEEDED = "login:password:succeeded"
    LOGIN_REFUSED = "login:password:refused"
    LOGIN_LOCKED = "login:lock:set"
    LOGIN_NEW_DEVICE = "login:device:new"
    LOGIN_UNLOCKED = "login:lock:cleared"
    LOGIN_UNLOCK_REFUSED = "login:unlock:refused"
    RECOVERY_STARTED = "recovery:start:done"
    RECOVERY_REFUSED = "recovery:step:refused"
    RECOVERY_PROVEN = "recovery:certificate:accepted"
    REISSUE_REQUESTED = "password:reissue:requested"
    REISSUE_LINK_OPENED = "password:reissue:opened"
    REISSUE_CANCELLED = "password:reissue:cancelled"
    PASSWORD_REISSUED = "password:reissue:done"  # noqa: S105 - an event
    PASSWORD_SET = "password:set:done"  # noqa: S105 - an event
    PASSWORD_CHANGED = "password:change:done"  # noqa: S105 - an event
    PASSWORD_CHANGE_REFUSED = "password:change:refused"  # noqa: S105 - an event
    PASSWORD_CHANGE_FORCED = "password:change:forced"  # noqa: S105 - an event
    PASSWORD_HANDED_OUT = "password:hand-out:done"  # noqa: S105 - an event
    USER_PASSWORD_HANDED_OUT = "user:password:handed-out"  # noqa: S105 - an event
    USER_PASSWORD_CHANGED = "user:password:changed"  # noqa: S105 - an event
    USER_LOCKED = "user:lock:set"
    USER_UNLOCKED = "user:lock:cleared"
    USERS_IMPORTED = "user:import:done"
    PASSWORDS_UNIFIED = "password:unify:done"
    PASSWORDS_SEPARATED = "password:separate:done"
    PASSWORDS_SEPARATION_REFUSED = "password:separate:refused"
    VOICE_ACCEPTED = "voice:password:accepted"
    VOICE_REFUSED = "voice:password:refused"
    LOGIN_CODE_CHOSEN = "login:code:chosen"
    CLIENT_REGISTERED = "client:register:done"
    CLIENT_DISABLED = "client:disable:done"
    CLIENT_REFUSED = "client:secret:refused"
    LOGOUT = "login:session:ended"
    # consent, birth date, codes
    CONSENT_GIVEN = "consent:give:done"
    CONSENT_REFUSED = "consent:give:refused"
    BIRTH_DATE_REFUSED = "application:birth-date:refused"
    CODE_SENT = "code:send:done"
    CODE_REFUSED = "code:check:refused"
    CODE_ACCEPTED = "code:check:accepted"
    CODES_STOPPED = "code:day:stopped"
    # slips from the counter
    SLIP_ISSUED = "slip:issue:done"
    SLIP_ISSUE_REFUSED = "slip:issue:refused"
    SLIP_ACCEPTED = "slip:check:accepted"
    SLIP_REFUSED = "slip:check:refused"
    SLIP_USED = "slip:use:done"
    SLIP_VOIDED = "slip:void:done"
    # certificates
    APPLICATION_ACCEPTED = "certificate:apply:requested"
    APPLICATION_REFUSED = "certificate:apply:refused"
    RENEWAL_ACCEPTED = "certificate:renew:requested"
    RENEWAL_REFUSED = "certificate:renew:refused"
    CERTIFICATE_ISSUED = "certificate:issue:done"
    CERTIFICATE_ISSUE_REFUSED = "certificate:issue:refused"
    CERTIFICATE_CHECK_FAILED = "certificate:check:failed"
    CERTIFICATE_VOIDED = "certificate:issue:voided"
    CERTIFICATE_INSTALLED = "certificate:install:acknowledged"
    INSTALL_REFUSED = "certificate:install:refused"
    CERTIFICATE_SUPERSEDED = "certificate:revoke:superseded"
    CERTIFICATE_LAPSED = "certificate:end:lapsed"
    CERTIFICATE_REVOKED = "certificate:revoke:done"
    REVOCATION_REFUSED = "certificate:revoke:refused"
    CERTIFICATE_SUSPENDED = "certificate:suspend:done"
    CERTIFICATE_RESUMED = "certificate:resume:done"
    SUSPENSION_REFUSED = "certificate:suspend:refused"
    CERTIFICATE_REPAIRED = "certificate:repair:done"
    REDOWNLOAD_OPENED = "certificate:redownload:opened"
    REDOWNLOAD_REFUSED = "certificate:redownload:refused"
    CERTIFICATE_EXPIRING = "certificate:expiry:near"
    # key shares and proofs
    KEY_SHARE_CREATED = "key-share:create:done"
    KEY_SHARE_RELEASED = "key-share:release:done"
    KEY_SHARE_CHANGED = "key-share:change:done"
    KEY_SHARE_REFUSED = "key-share:release:refused"
    KEY_SHARE_LOCKED = "key-share:lock:set"
    # upload to a phone
    TRANSFER_OPENED = "transfer:pair:opened"
    TRANSFER_SEALED = "transfer:send:accepted"
    TRANSFER_FETCHED = "transfer:fetch:done"
    TRANSFER_CANCELLED = "transfer:pair:cancelled"
    TRANSFER_REFUSED = "transfer:step:refused"
    # signing
    ORDER_ACCEPTED = "order:verify:accepted"
    ORDER_REFUSED = "order:verify:refused"
    # content, centre
    DOCUMENT_PUBLISHED = "content:publish:done"
    CENTRE_INITIALISED = "centre:init:done"
    CA_CREATED = "ca:create:done"
    MAIL_SIGNER_ISSUED = "mail-signer:issue:done"
    MAIL_SIGNER_REVOKED = "mail-signer:revoke:done"
    # the history itself
    AUDIT_WRITER_OPENED = "audit:writer:opened"
    REFUSALS_COUNTED = "audit:refusals:counted"
