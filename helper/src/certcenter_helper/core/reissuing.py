"""密碼補發, step by step: what a person does in between cuts it into calls (SPEC B8, B9)."""

from typing import TYPE_CHECKING

from certcenter_helper.core.procedure import sent_code
from certcenter_helper.core.values import Mailed, Masked, Reissued, SentCode
from certcenter_sdk.client import recovery

if TYPE_CHECKING:
    from uuid import UUID

    from certcenter_helper.core.desk import Desk
    from certcenter_helper.core.line import Line


class Request:
    """A reissue without certificate, up to the mail. Who is not there sees decoys."""

    def __init__(
        self, line: "Line", flow: str, *, accounts: tuple[Masked, ...], phone: str, email: str, hours: int
    ) -> None:
        self._line, self._flow = line, flow
        self.accounts = accounts
        self.shown = Mailed(phone=phone, email=email, hours=hours)

    def confirm(self, account: "UUID") -> Mailed:
        """確定申請: the link is mailed, if the data are right; the answer does not say."""
        self._line.send(recovery.confirm_request(self._flow, str(account)))
        return self.shown

    def close(self) -> None:
        """Close the connection."""
        self._line.close()


class Reissue:
    """A reissue from the proof (certificate, or link and birth date) to the new password.

    `accounts` and `contacts` are there to choose from after a certificate; a link has named both before.
    """

    def __init__(
        self,
        desk: "Desk",
        line: "Line",
        flow: str,
        identity: str,
        *,
        accounts: tuple[Masked, ...] = (),
        contacts: tuple[Masked, ...] = (),
    ) -> None:
        self._desk, self._line, self._flow, self._identity = desk, line, flow, identity
        self._challenge = self._initial = ""
        self.accounts, self.contacts = accounts, contacts

    def send_code(self, *, account: "UUID | None" = None, contact: "UUID | None" = None) -> SentCode:
        """取得暫時通行碼; again after `resend_at`."""
        call = recovery.send_code(
            self._flow, account=str(account) if account else None, contact=str(contact) if contact else None
        )
        sent = sent_code(self._line.send(call), ahead=self._line.ahead)
        self._challenge = sent.challenge
        return sent

    def check_code(self, code: str) -> str:
        """驗證通行碼; returns the initial password of this run, shown this once. The old one still works."""
        self._initial = self._line.send(recovery.check_code(self._flow, self._challenge, code.strip()))
        return self._initial

    def redeem(self, password: str) -> Reissued:
        """送出: the new password holds; every session of the customer has ended."""
        done = self._line.send(recovery.redeem(self._flow, self._initial, password)).values
        login = self._desk.login
        if login is not None and self._identity in {"", login.identity}:
            self._desk.end_session()
        return Reissued(unified=bool(done["unified"]), voice=bool(done["voice"]))

    def cancel(self) -> None:
        """取消: the run and its initial password end, the old password goes on."""
        self._line.send(recovery.cancel(self._flow))

    def close(self) -> None:
        """Close the connection."""
        self._line.close()
