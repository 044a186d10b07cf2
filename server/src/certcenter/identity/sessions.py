"""Sessions of browsers and programs (SPEC E7); also Django's SESSION_ENGINE.

A key is 256 random bits that only the other end holds: the table has its SHA-256, and what a session remembers is
sealed under a key derived from it. A session belongs to one institution; presented at another it is nothing.
"""

import hashlib
import json
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.base import CreateError, SessionBase, UpdateError
from django.db import connection, transaction

from certcenter.audit.actions import record
from certcenter.core import clock, sealing
from certcenter.core.actor import Actor
from certcenter.core.db.fleeting import fleeting
from certcenter.core.db.prepared import Prepared, PreparedInsert, PreparedUpdate, place
from certcenter.core.events import Event
from certcenter.identity.models import CompanyUser, Customer, Session, SessionKind
from certcenter.institutions import serving

#: Staff and the index page belong to no institution.
STAFF: Final = ""
_STAFF_IDLE = timedelta(minutes=15)
_STAFF_ABSOLUTE = timedelta(hours=10)
#: Moving the idle end is a write: not at every request.
_TOUCH_EVERY = timedelta(seconds=30)
#: Ended sessions that opening a new one clears away.
_CLEARED_AT_ONCE = 20
_TOKEN_PREFIX = "cc_"  # noqa: S105 - lets secret scanners recognise a leaked token


@dataclass(frozen=True, slots=True)
class _Ends:
    idle: timedelta
    absolute: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What the password that began a session allows (SPEC B5, B8)."""

    #: Nothing but changing it.
    must_change: bool = False
    #: The accounts that it opens; None: all of them.
    opened: tuple[UUID, ...] | None = None
    #: Number of the company's user who acts (SPEC B10); None for a person.
    user: int | None = None

    @classmethod
    def of(cls, session: Session) -> "Scope":
        """Return what a session was begun with."""
        accounts = None if session.opened is None else tuple(UUID(text) for text in session.opened)
        return cls(must_change=session.must_change, opened=accounts, user=session.user_id)


def widen(session_id: str | UUID, scope: Scope) -> None:
    """Give a session another scope, inside the change of password that demands it."""
    accounts = None if scope.opened is None else [str(account) for account in scope.opened]
    Session.objects.filter(pk=session_id).update(must_change=scope.must_change, opened=accounts)


def _ends(institution: str, kind: SessionKind) -> _Ends:
    if institution == STAFF:
        return _Ends(_STAFF_IDLE, _STAFF_ABSOLUTE)
    policy = serving.get(institution)
    if kind is SessionKind.PROGRAM:
        life = timedelta(minutes=policy.api.session_minutes)
        return _Ends(life, life)
    return _Ends(
        timedelta(minutes=policy.session.idle_minutes), timedelta(minutes=policy.session.absolute_minutes)
    )


def _hash(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


def _live(institution: str, key: str, kind: SessionKind) -> Session | None:
    """Find a session that has not ended; one that has is deleted on the way."""
    if not key or len(key) > 200:  # noqa: PLR2004 - longer than any key that we ever gave
        return None
    row = _BY_KEY.first(key=_hash(key), institution=institution, kind=str(kind))
    if row is None:
        return None
    if min(row.idle_ends_at, row.absolute_ends_at) <= clock.now():
        row.delete()
        return None
    return row


_BY_KEY = Prepared(
    lambda: Session.objects.select_related("customer", "user").filter(
        key_hash=place("key"), institution=place("institution"), kind=place("kind")
    )
)


def _touch(row: Session) -> None:
    """Move the idle end, seldom."""
    now = clock.now()
    if now - row.seen_at >= _TOUCH_EVERY:
        row.seen_at = now
        row.idle_ends_at = now + _ends(row.institution, SessionKind(row.kind)).idle
        _TOUCH.run(id=row.pk, seen_at=row.seen_at, idle_ends_at=row.idle_ends_at)


_TOUCH = PreparedUpdate(
    lambda: Session.objects.filter(pk=place("id")),
    seen_at=place("seen_at"),
    idle_ends_at=place("idle_ends_at"),
)


def _open(
    key: str,
    institution: str,
    kind: SessionKind,
    *,
    customer: Customer | None,
    scope: "Scope | None" = None,
) -> Session:
    now, ends, allowed = clock.now(), _ends(institution, kind), scope or Scope()
    session = Session(
        key_hash=_hash(key),
        institution=institution,
        kind=kind,
        customer=customer,
        must_change=allowed.must_change,
        opened=None if allowed.opened is None else [str(account) for account in allowed.opened],
        user_id=allowed.user,
        created_at=now,
        seen_at=now,
        idle_ends_at=now + ends.idle,
        absolute_ends_at=now + ends.absolute,
    )
    # Who loses a session to a power cut logs in again.
    with fleeting():
        clear_ended(limit=_CLEARED_AT_ONCE)
        return _INSERT.run(session)


_INSERT = PreparedInsert(Session)


class SessionStore(SessionBase):
    """A browser's session. The institution's middleware names the institution; Django's own use is the staff's."""

    def __init__(
        self, session_key: str | None = None, *, institution: str = STAFF, touch: bool = True
    ) -> None:
        """Bind to `institution`. `touch=False` for requests that a page makes by itself: they keep nobody logged in."""
        super().__init__(session_key)
        self.institution = institution
        self._touches = touch
        self._row: Session | None = None

    @property
    def binding(self) -> str:
        """What codes, grants and nonces are bound to: stable while the key changes at a step-up. Empty without a session."""
        self._remembered()
        return str(self._row.pk) if self._row else ""

    @property
    def customer(self) -> Customer | None:
        """The customer who is logged in here."""
        self._remembered()
        return self._row.customer if self._row else None

    @property
    def user(self) -> CompanyUser | None:
        """The company's user who is logged in here."""
        self._remembered()
        return self._row.user if self._row else None

    @property
    def idle_ends_at(self) -> datetime | None:
        """When the session ends if nothing is done; None without a session."""
        self._remembered()
        return min(self._row.idle_ends_at, self._row.absolute_ends_at) if self._row else None

    @property
    def scope(self) -> "Scope":
        """What the password that began this session allows."""
        self._remembered()
        return Scope.of(self._row) if self._row else Scope()

    def sign_in(self, customer: Customer, scope: "Scope | None" = None) -> None:
        """Begin a session for `customer` under a new key: whatever was known before the login is worthless (SPEC E7)."""
        if customer.institution != self.institution:
            raise ValueError("a session is bound to its institution")
        self.flush()
        self._begin(customer=customer, scope=scope)
        self._session_cache: dict[str, Any] = {}

    def step_up(self) -> None:
        """Give the same session a new key, after a further factor was shown (SPEC E7); one that was ended meanwhile stays so."""
        try:
            self.cycle_key()
        except UpdateError:
            self._session_key, self._row, self._session_cache = None, None, {}

    def exists(self, session_key: str) -> bool:
        """Whether a session with that key has a row."""
        return Session.objects.filter(key_hash=_hash(session_key)).exists()

    def create(self) -> None:
        """Begin an empty anonymous session."""
        self._begin(customer=None)
        self.modified = True

    def load(self) -> dict[str, Any]:
        """Read what the session remembers; a session that ended, or another institution's, is an empty new one."""
        row = _live(self.institution, self.session_key or "", SessionKind.BROWSER)
        if row is None:
            self._session_key = None
            return {}
        if self._touches:
            _touch(row)
        self._row = row
        return self._unsealed(row)

    def save(self, must_create: bool = False) -> None:  # noqa: FBT001, FBT002 - Django's signature
        """Write what the session remembers. Raises UpdateError when the session was ended meanwhile."""
        if self.session_key is None or self._row is None:
            data = {} if must_create else self._remembered()
            self._begin(customer=None)
            self._session_cache = data
        elif must_create:
            raise CreateError
        assert self._row is not None
        assert self.session_key is not None
        mine = Session.objects.filter(pk=self._row.pk, key_hash=_hash(self.session_key))
        if not mine.update(data=self._sealed(self._remembered()), staff_id=self._staff_id()):
            raise UpdateError

    def delete(self, session_key: str | None = None) -> None:
        """End the session with that key, by default this one."""
        key = session_key or self.session_key
        if key:
            Session.objects.filter(key_hash=_hash(key), institution=self.institution).delete()
        if key == self.session_key:
            self._row = None

    def cycle_key(self) -> None:
        """Change the key and keep the rest; the old key is dead at once."""
        data = self._remembered()
        if self._row is None or self.session_key is None:
            self._begin(customer=None)
        else:
            old, self._session_key = self.session_key, self._new_key()
            mine = Session.objects.filter(pk=self._row.pk, key_hash=_hash(old))
            if not mine.update(key_hash=_hash(self._session_key), data=self._sealed(data)):
                raise UpdateError
        self._session_cache = data
        self.modified = True

    @classmethod
    def clear_expired(cls) -> None:
        """Delete all ended sessions (`django-admin clearsessions`)."""
        while clear_ended(limit=1000):
            pass

    def _remembered(self) -> dict[str, Any]:
        """Return what the session remembers, read at the first use (Django's own name for it is private)."""
        remembered: dict[str, Any] = self._get_session()  # type: ignore[attr-defined]  # not in the stubs
        return remembered

    def _begin(self, *, customer: Customer | None, scope: "Scope | None" = None) -> None:
        self._session_key = self._new_key()
        self._row = _open(
            self._session_key, self.institution, SessionKind.BROWSER, customer=customer, scope=scope
        )
        self.modified = True

    @staticmethod
    def _new_key() -> str:
        return secrets.token_urlsafe(32)

    def _staff_id(self) -> int | None:
        """Return whom Django's login put in, so that a member of staff's sessions can be ended."""
        value = self._remembered().get(SESSION_KEY) if self.institution == STAFF else None
        return int(value) if value is not None else None

    def _sealed(self, data: dict[str, Any]) -> str:
        assert self._row is not None
        if not data:
            return ""
        return sealing.seal_with(self._data_key(), json.dumps(data).encode(), owner=str(self._row.pk))

    def _unsealed(self, row: Session) -> dict[str, Any]:
        if not row.data:
            return {}
        try:
            remembered: dict[str, Any] = json.loads(
                sealing.unseal_with(self._data_key(), row.data, owner=str(row.pk))
            )
        except sealing.Unsealable:
            return {}
        return remembered

    def _data_key(self) -> bytes:
        assert self.session_key is not None
        return hashlib.sha256(b"certcenter session data" + self.session_key.encode()).digest()


def open_program_session(
    customer: Customer, *, actor: Actor, scope: "Scope | None" = None
) -> tuple[str, Session]:
    """Open a session for a program that has logged `customer` in; returns its bearer token, shown this once.

    The login itself was recorded by `passwords.login`.
    """
    if actor.institution != customer.institution:
        raise ValueError("a session is bound to its institution")
    token = _TOKEN_PREFIX + secrets.token_urlsafe(32)
    return token, _open(token, customer.institution, SessionKind.PROGRAM, customer=customer, scope=scope)


def by_token(institution: str, token: str) -> Session | None:
    """Return the program's live session with that bearer token at that institution, or None."""
    row = _live(institution, token, SessionKind.PROGRAM)
    if row is not None:
        _touch(row)
    return row


def close(session_id: str | UUID, *, customer: Customer, actor: Actor) -> None:
    """End one session of `customer` (logout). Ending one that is gone already is no error."""
    with transaction.atomic():
        if Session.objects.filter(pk=session_id, customer=customer).delete()[0]:
            record(Event.LOGOUT, actor=actor, subject=customer.subject)


def end_all(customer: Customer, *, keep: str = "") -> int:
    """End all sessions of `customer`, inside the change that demands it and records it; returns how many.

    `keep` is the binding of the one that goes on.
    """
    ending = Session.objects.filter(customer=customer)
    return (ending.exclude(pk=keep) if keep else ending).delete()[0]


def end_all_of_user(user: CompanyUser, *, keep: str = "") -> int:
    """End all sessions of one user of a company, as `end_all`."""
    ending = Session.objects.filter(user=user)
    return (ending.exclude(pk=keep) if keep else ending).delete()[0]


def clear_ended(*, limit: int) -> int:
    """Delete up to `limit` ended sessions; returns how many."""
    now = connection.ops.adapt_datetimefield_value(clock.now())
    with connection.cursor() as cursor:
        cursor.execute(_CLEAR_ENDED, [now, now, limit])
        return int(cursor.rowcount)


#: Nothing refers to a session by a foreign key.
_CLEAR_ENDED = """
    DELETE FROM identity_session
    WHERE id IN (SELECT id FROM identity_session WHERE idle_ends_at <= %s OR absolute_ends_at <= %s LIMIT %s)
"""
