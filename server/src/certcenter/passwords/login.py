"""Login with ID, password and captcha (SPEC B1, B2, E1, E2, E4, D7).

What an outsider can tell apart is decided here: unknown ID, no credential, wrong password and locked take the same
steps (one gate, one argon2id run, one audit row) and end in the same `LoginRefused`.
"""

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from certcenter.audit.actions import record, record_refusal
from certcenter.core import clock, sealing, taiwan
from certcenter.core.actor import Actor
from certcenter.core.db.prepared import Prepared, PreparedInsert, PreparedUpdate, place
from certcenter.core.errors import Busy, Invalid
from certcenter.core.events import Event
from certcenter.core.gates import Attempt, AttemptExpired, Gate, GateLocked, GateState, State
from certcenter.core.ids import new_uuid
from certcenter.core.sealing import Use
from certcenter.identity.models import CompanyUser, Customer, KnownDevice
from certcenter.identity.sessions import Scope
from certcenter.institutions import serving
from certcenter.institutions.policy import Institution
from certcenter.institutions.vocabulary import Captcha, LoginMethod
from certcenter.notifications.actions import notify
from certcenter.outbox.actions import enqueue
from certcenter.passwords import captcha as captchas
from certcenter.passwords import codes, hashing, sources, store
from certcenter.passwords.admission import admitted
from certcenter.passwords.errors import CaptchaRefused, LoginRefused, LoginTooOften
from certcenter.passwords.models import Credential, CredentialKind

__all__ = ["CaptchaRefused", "LoginRefused", "LoginTooOften", "SignedIn", "count_failure", "gate", "sign_in"]

#: The outbox's topic for `tasks.tell_of_lock`.
LOCKED_TOPIC = "login-locked"
_MOST_DEVICES = 20
_TOKEN_LENGTH = range(32, 201)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """Who logged in. The caller opens a session under a new key and keeps `device_token` with the device."""

    customer: Customer
    new_device: bool
    device_token: str
    #: An initial, an expired or a forced password: the session may do nothing but change it.
    must_change: bool
    #: The accounts that the password opens where each has its own (SPEC B5); None: all of them.
    opened: tuple[UUID, ...] | None = None
    #: Who acts for a company (SPEC B10).
    user: CompanyUser | None = None

    @property
    def scope(self) -> Scope:
        """What the session that follows may do."""
        user = self.user.pk if self.user else None
        return Scope(must_change=self.must_change, opened=self.opened, user=user)


@admitted
def sign_in(
    institution: Institution,
    *,
    identity: str,
    password: str,
    captcha: str,
    asked: Captcha | None = None,
    device_token: str | None,
    actor: Actor,
) -> SignedIn:
    """Log a customer in. No session is made here. `asked` is the captcha of a door that has one of its own.

    Raises admission.Crowded before anything is looked at; Invalid (empty or impossible input, whoever it names),
    LoginTooOften, CaptchaRefused, LoginRefused, Busy.
    """
    sources.arrive(actor.source)
    number = normalised(identity, password, institution=institution)
    with person(institution, captcha, asked=asked, actor=actor):
        return authenticate(
            institution, number=number, password=password, device_token=device_token, actor=actor
        )


@contextmanager
def person(
    institution: Institution, captcha: str, *, asked: Captcha | None = None, actor: Actor
) -> Iterator[None]:
    """Take the captcha's answer for what is tried inside; where nothing was compared it serves once more.

    Raises CaptchaRefused, which the audit hears of.
    """
    try:
        taken = captchas.check(institution, captcha, asked=asked)
    except CaptchaRefused as refusal:
        record_refusal(Event.LOGIN_REFUSED, actor=actor, subject="", reason=refusal.code)
        raise
    try:
        yield
    except ComparedTooLate:
        raise
    except Busy:
        taken.give_back()
        raise


class ComparedTooLate(Busy):
    """The password was compared, but the attempt had been counted as abandoned: for the customer, "busy"."""


def authenticate(
    institution: Institution, *, number: str, password: str, device_token: str | None, actor: Actor
) -> SignedIn:
    """Check a password for a normalised ID, after whatever stands in for the captcha. Raises LoginRefused, Busy."""
    customer = codes.find(institution, number)
    # Where companies log in by their users, nobody logs in without a user code.
    by_user = institution.login.method is LoginMethod.COMPANY_USER_AND_PASSWORD
    found = [] if by_user else store.rows(customer)
    arrival = Arrival(customer, device_token=device_token, actor=actor)
    right = compare(
        institution, customer, number=number, found=found, password=password, actor=actor, then=arrival.record
    )
    assert customer is not None, "nobody has no row that could be right"
    store.rehash(customer, found, right, password)
    return arrival.signed_in(right)


def compare(
    institution: Institution,
    customer: Customer | None,
    *,
    number: str,
    found: list[Credential],
    password: str,
    kind: CredentialKind = CredentialKind.NETWORK,
    actor: Actor,
    then: Callable[[], None] | None = None,
) -> list[Credential]:
    """Return the rows of `found` that the password opens, under the one gate of the person (SPEC E2).

    `then` as for `compare_at`. Raises LoginRefused, Busy.
    """
    subject = customer.subject if customer else nobody(institution, number)
    return compare_at(
        gate_of(institution, subject),
        found=found,
        password=password,
        kind=kind,
        locked=lambda state: tell_if_locked(customer, subject, state, actor),
        actor=actor,
        then=then,
    )


def compare_at(
    gate: Gate,
    *,
    found: list[Credential],
    password: str,
    kind: CredentialKind,
    locked: Callable[[GateState], None],
    actor: Actor,
    then: Callable[[], None] | None = None,
) -> list[Credential]:
    """Compare under a gate. `locked` is called, and committed, with the failure that locks it; `then` with the success.

    Whoever is asked about, and whether known, wrong or locked, it takes the same steps. Raises LoginRefused, Busy.
    """
    refused = Event.VOICE_REFUSED if kind is CredentialKind.VOICE else Event.LOGIN_REFUSED
    try:
        with gate.admit() as attempt:
            right = evaluate(attempt, found, password, kind=kind)
            if right:
                # Only the password that the lock protects clears its counters.
                attempt.withdraw() if kind is CredentialKind.VOICE else attempt.success(then=then)
                return right
            attempt.failure(then=locked)
    except GateLocked as closed:
        # A locked login costs what a wrong one costs, or the answer's time would tell (SPEC E4).
        hashing.verify(None, password)
        gate.spend()
        record_refusal(refused, actor=actor, subject=gate.subject, reason=closed.code)
        raise LoginRefused from None
    except AttemptExpired:
        raise ComparedTooLate from None
    reason = "wrong" if found else "unknown"
    record_refusal(refused, actor=actor, subject=gate.subject, reason=reason)
    raise LoginRefused


def gate(customer: Customer) -> Gate:
    """Return the gate of a customer's login: the same on every path (SPEC E2)."""
    return gate_of(serving.get(customer.institution), customer.subject)


def count_failure(customer: Customer, *, actor: Actor) -> None:
    """Count one login failure for something as good as a wrong password (three wrong birth dates, SPEC E3)."""
    try:
        with gate(customer).admit() as attempt:
            attempt.failure(then=lambda state: tell_if_locked(customer, customer.subject, state, actor))
    except (GateLocked, Busy):
        return
    record_refusal(Event.LOGIN_REFUSED, actor=actor, subject=customer.subject, reason="counted")


def nobody(institution: Institution, number: str) -> str:
    """Name the gate of an ID that no customer has.

    It is worked like any other but is not the gate of the customer who may open an account under that ID tomorrow:
    that one is named by the customer's own number. The ID itself, perhaps a stranger's, is not stored.
    """
    return f"nobody:{sealing.mac(Use.UNKNOWN_IDENTITY, institution.slug, number)[:32]}"


def gate_of(institution: Institution, subject: str) -> Gate:
    """Return the gate of a login: a person's, one user's of a company, or nobody's."""
    lock = institution.lock
    return Gate(
        "login",
        subject=subject,
        limit=lock.wrong_limit,
        hard_limit=lock.final_limit,
        abandoned_after=timedelta(seconds=lock.reservation_seconds),
    )


def normalised(identity: str, password: str, *, institution: Institution | None = None) -> str:
    """Return the ID in its normal form, or the user code where `institution` has such. Raises Invalid for what can be nobody's: it tells nothing about anybody."""
    problems = {}
    number = ""
    try:
        code = codes.parse(institution, identity) if institution else None
        number = code or taiwan.parse_identity(identity).value
    except taiwan.IdentityError as error:
        problems["identity"] = _MISSING if not identity.strip() else _IDENTITY[error.code]
    if not password:
        problems["password"] = _MISSING
    elif len(password) > hashing.MAX_LENGTH:
        problems["password"] = _TOO_LONG
    if problems:
        raise Invalid(problems)
    return number


_MISSING = _("Please fill this in.")
_TOO_LONG = _("This is longer than any password.")
_IDENTITY = {
    "identity-malformed": _("This is no national ID, ARC number or business ID."),
    "identity-checksum": _("The check digit of the identity number is wrong."),
}


def evaluate(
    attempt: Attempt,
    found: list[Credential],
    password: str,
    *,
    kind: CredentialKind = CredentialKind.NETWORK,
) -> list[Credential]:
    """Return the rows that the password opens. Where no slot was free nothing was evaluated: Busy, and nothing counts."""
    try:
        return store.matching(found, password, kind=kind)
    except Busy:
        attempt.withdraw()
        raise


class Arrival:
    """A login in the making: `record` within the success of its attempt, then `signed_in`."""

    def __init__(
        self,
        customer: Customer | None,
        *,
        device_token: str | None,
        actor: Actor,
        user: CompanyUser | None = None,
    ) -> None:
        self._customer, self._user, self._actor = customer, user, actor
        known = device_token or ""
        self._token = known if len(known) in _TOKEN_LENGTH else secrets.token_urlsafe(32)
        self._new_device = False

    def record(self) -> None:
        """Write the login into the history, notice a new device. The password has been compared."""
        customer, user, actor = self._customer, self._user, self._actor
        assert customer is not None, "nobody arrives by a right password"
        mine = actor.as_customer(customer.pk, session=actor.session, user=user.pk if user else None)
        self._new_device = _see_device(customer, self._token, actor)
        record(Event.LOGIN_SUCCEEDED, actor=mine, subject=customer.subject, new_device=self._new_device)
        if self._new_device and serving.get(customer.institution).login.new_device_notice:
            record(Event.LOGIN_NEW_DEVICE, actor=mine, subject=customer.subject)
            details = {"address": actor.address or "–"}
            notify(Event.LOGIN_NEW_DEVICE, customer=customer, details=details, key=f"device:{new_uuid()}")

    def signed_in(self, right: list[Credential]) -> SignedIn:
        """Return who logged in by the rows that the password opened."""
        assert self._customer is not None
        return SignedIn(
            customer=self._customer,
            new_device=self._new_device,
            device_token=self._token,
            must_change=any(store.is_due(row) for row in right),
            opened=store.opened(right),
            user=self._user,
        )


def _see_device(customer: Customer, token: str, actor: Actor) -> bool:
    """Remember the device; True when it was not known. The eldest beyond 20 are forgotten."""
    now, token_hash = clock.now(), sha256(token.encode()).hexdigest()
    if _SEEN_AGAIN.run(customer=customer.pk, token_hash=token_hash, now=now):
        return False
    device = KnownDevice(
        customer=customer,
        token_hash=token_hash,
        user_agent=actor.user_agent[:200],
        first_seen_at=now,
        last_seen_at=now,
    )
    _NEW_DEVICE.run(device)
    for eldest in _BEYOND.all(customer=customer.pk):
        eldest.delete()
    return True


_SEEN_AGAIN = PreparedUpdate(
    lambda: KnownDevice.objects.filter(customer_id=place("customer"), token_hash=place("token_hash")),
    last_seen_at=place("now"),
)
_NEW_DEVICE = PreparedInsert(KnownDevice)
_BEYOND = Prepared(
    lambda: KnownDevice.objects.filter(customer_id=place("customer")).order_by("-last_seen_at")[
        _MOST_DEVICES:
    ]
)


def tell_if_locked(customer: Customer | None, subject: str, state: GateState, actor: Actor) -> None:
    """Have the customer told of the lock, once and with it: nobody is admitted after the failure that locks (SPEC D7).

    The same two rows for an ID that nobody has; that there is nobody to tell shows only later (`tasks`).
    """
    if state.state is State.ACTIVE:
        return
    record(Event.LOGIN_LOCKED, actor=actor, subject=subject, hard=state.state is State.HARD_LOCKED)
    enqueue_lock(customer)


def enqueue_lock(customer: Customer | None, user: CompanyUser | None = None) -> None:
    """Have the notice of a lock sent later, inside the lock's transaction."""
    payload = {"customer": customer.pk if customer else None, "user": user.code if user else None}
    enqueue(LOCKED_TOPIC, payload, key=str(new_uuid()))
