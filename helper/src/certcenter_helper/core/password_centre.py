"""密碼中心: change, unify, unlock, reissue (SPEC B; manual M2). What needs a certificate takes the one on this computer."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from certcenter_helper.core.desk import Desk
from certcenter_helper.core.errors import HelperError, Kind
from certcenter_helper.core.line import Line
from certcenter_helper.core.policy import require_rule
from certcenter_helper.core.reissuing import Reissue, Request
from certcenter_helper.core.texts import text
from certcenter_helper.core.troubles import told
from certcenter_helper.core.values import (
    Masked,
    NewPassword,
    PasswordRow,
    PasswordRule,
    PasswordRules,
    PasswordTable,
)
from certcenter_sdk.client import passwords, recovery
from certcenter_sdk.client.calls import Signed
from certcenter_sdk.client.life import prove_key
from certcenter_sdk.proofs import Purpose
from certcenter_sdk.store import Entry, KeyStore, Unlocked, location_for

Ask = Callable[[], str]
"""Asks the person for the certificate password; called when, and only when, the security setting says so."""

_IN_FILES: Final = frozenset({"helper", "pfx-directory"})
_BIRTH_DATES: Final = {"gregorian": "20020201", "roc": "0910201"}


class PasswordCentre:
    """The password centre of one institution. Nobody need be logged in to unlock or reissue."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    @property
    def rules(self) -> PasswordRules:
        """What to say before asking. Raises HelperError (REFUSED) where this institution has no password centre."""
        row = self.desk.policy.values.get("password_centre")
        if row is None:
            row = self.desk.refresh_policy().values.get("password_centre")
        if row is None:
            raise HelperError(
                Kind.REFUSED,
                "no-password-centre",
                text("This institution has no password centre."),
                advice=text("Ask your branch."),
            )
        names = ("voice_sync", "wrong_limit", "final_limit", "reissues_a_day", "link_hours")
        return PasswordRules(
            login=_rule(row["login"]),
            withdrawal=_rule(row["withdrawal"]),
            birth_date=_BIRTH_DATES[row["birth_calendar"]],
            **{name: row[name] for name in names},
        )

    # Whoever is logged in

    def table(self) -> PasswordTable:
        """Every password: how it stands, never its text (SPEC B5)."""
        with self._logged_in() as line:
            return _table(line.send(passwords.table()).values)

    def change(
        self,
        *,
        account: UUID | None = None,
        login: NewPassword | None = None,
        sync_voice: bool = False,
        futures: UUID | None = None,
        withdrawal: NewPassword | None = None,
        ask: Ask,
    ) -> None:
        """Change one or both in one go; the certificate on this computer signs for a withdrawal password (SPEC B4–B6).

        `account`: whose login password, where each account has its own; `futures`: whose withdrawal password.
        """
        for given, rule in ((login, self.rules.login), (withdrawal, self.rules.withdrawal)):
            if given is not None:
                require_rule(rule, given.new)
        with self._logged_in() as line:
            network = leaving = None
            if login is not None:
                network = passwords.LoginChange(old=login.old, new=login.new, sync_voice=sync_voice)
            if withdrawal is not None and futures is not None:
                proof = self._sign_withdrawal(line, ask)
                leaving = passwords.WithdrawalChange(
                    account=futures, old=withdrawal.old, new=withdrawal.new, proof=proof
                )
            line.send(passwords.change(account=account, login=network, withdrawal=leaving))

    def unify(self, wanted: NewPassword) -> None:
        """One login password for all accounts; every session ends, this one too (SPEC B7)."""
        require_rule(self.rules.login, wanted.new)
        with self._logged_in() as line:
            line.send(passwords.unify(wanted.old, wanted.new))
        self.desk.end_session()

    # Anybody

    def voice_table(self) -> tuple[tuple[str, str], ...]:
        """轉換規則對照表: each key of the telephone with the letters on it."""
        with self._open() as line:
            return tuple(line.send(passwords.voice_table()).values["keys"].items())

    def has_certificate(self, identity: str) -> bool:
        """Does this computer hold a certificate of theirs that has not ended? Whether it was revoked, the centre says."""
        return self._certificate(identity) is not None

    def unlock(self, identity: str, birth_date: str, *, ask: Ask) -> None:
        """Open the locked login with the certificate on this computer, once; then log in with the old password."""
        with self._open() as line, self._key(identity, ask) as unlocked:
            line.run(
                recovery.unlock(line.place, identity, birth_date, unlocked.key, unlocked.entry.certificate)
            )

    def reissue(self, identity: str, birth_date: str, *, ask: Ask) -> Reissue:
        """Begin a reissue with the certificate on this computer (SPEC B8)."""
        line = self.desk.open_line()
        try:
            with self._key(identity, ask) as unlocked:
                proven = line.run(
                    recovery.prove(line.place, identity, birth_date, unlocked.key, unlocked.entry.certificate)
                )
        except HelperError:
            line.close()
            raise
        accounts, contacts = _masked(proven.accounts, "line"), _masked(proven.contacts, "channel")
        return Reissue(self.desk, line, proven.flow, identity, accounts=accounts, contacts=contacts)

    def request(self, identity: str, birth_date: str) -> Request:
        """Begin a reissue without certificate (SPEC B9): everybody gets the same answer."""
        line = self.desk.open_line()
        try:
            shown = line.send(recovery.begin_request(identity, birth_date))
        except HelperError:
            line.close()
            raise
        return Request(
            line,
            shown.text("flow"),
            accounts=_masked(shown.values["accounts"], "line"),
            phone=shown.text("phone"),
            email=shown.text("email"),
            hours=self.rules.link_hours,
        )

    def open_link(self, link: str, birth_date: str) -> Reissue:
        """Go on with the link from the mail; nothing is sent yet (SPEC E5)."""
        line = self.desk.open_line()
        try:
            flow = line.send(recovery.open_link(link.strip(), birth_date)).text("flow")
        except HelperError:
            line.close()
            raise
        return Reissue(self.desk, line, flow, "")

    @contextmanager
    def _logged_in(self) -> Iterator[Line]:
        line = self.desk.line()
        try:
            yield line
        finally:
            line.close()

    @contextmanager
    def _open(self) -> Iterator[Line]:
        line = self.desk.open_line()
        try:
            yield line
        finally:
            line.close()

    def _sign_withdrawal(self, line: Line, ask: Ask) -> Signed:
        without = text("Import your backup, or apply for a certificate first: it signs for the change.")
        with self._key(self.desk.identity, ask, otherwise=without) as unlocked:
            return line.run(
                prove_key(line.place, Purpose.WITHDRAWAL, unlocked.key, unlocked.entry.certificate)
            )

    @contextmanager
    def _key(self, identity: str, ask: Ask, *, otherwise: str = "") -> Iterator[Unlocked]:
        """The key on this computer, opened as the security setting says; without one, `otherwise` is the advice."""
        entry = self._certificate(identity)
        if entry is None:
            raise HelperError(
                Kind.STORE,
                "no-certificate",
                text("There is no valid certificate of this ID on this computer."),
                advice=otherwise
                or text("Import your backup, or have the password reissued without a certificate."),
            )
        with told(), self._store(identity).session(ask=lambda _entry: ask(), entry=entry) as session:
            yield session.unlocked()

    def _certificate(self, identity: str) -> Entry | None:
        if self.desk.policy.values["key"]["place"] not in _IN_FILES:
            return None
        with told():
            entry = self._store(identity).current()
        if entry is None or entry.not_after < self.desk.now():
            return None
        return entry

    def _store(self, identity: str) -> KeyStore:
        base = self.desk.home.base
        return KeyStore(location_for(self.desk.policy.values, identity, base=base, home=base))


def _rule(row: Any) -> PasswordRule:
    return PasswordRule(min_length=row["min_length"], max_length=row["max_length"], text=str(row["text"]))


def _table(values: Any) -> PasswordTable:
    return PasswordTable(
        unified=bool(values["unified"]),
        lines=tuple(map(str, values["lines"])),
        voice_sync=bool(values["voice_sync"]),
        must_change=bool(values["must_change"]),
        rows=tuple(_row(each) for each in values["passwords"]),
    )


def _row(each: Any) -> PasswordRow:
    return PasswordRow(
        kind=str(each["kind"]),
        account=UUID(each["account"]) if each["account"] else None,
        line=str(each["line"] or ""),
        branch=str(each["branch"]),
        branch_name=str(each["branch_name"]),
        masked=str(each["masked"]),
        same=each["same"],
        changed_at=_moment(each["changed_at"]),
        expires_at=_moment(each["expires_at"]),
        state=str(each["state"]),
    )


def _moment(value: str | None) -> datetime | None:
    return datetime.fromisoformat(value) if value else None


def _masked(rows: Any, name: str) -> tuple[Masked, ...]:
    return tuple(
        Masked(id=UUID(str(each["id"])), name=str(each[name]), masked=str(each["masked"])) for each in rows
    )
