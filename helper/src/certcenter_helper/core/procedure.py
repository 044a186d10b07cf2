"""From consent to proven: the steps that a person takes to apply, renew or revoke (SPEC A3–A5, D4, E3)."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from certcenter_helper.core.desk import Desk
from certcenter_helper.core.errors import HelperError, Kind
from certcenter_helper.core.texts import text
from certcenter_helper.core.values import Account, Contact, Document, Paragraph, Proof, SentCode
from certcenter_helper.core.values import Kind as What
from certcenter_sdk.client import Answer, calls

#: Proofs that a person gives by a step of its own; the rest goes with a code, or with `obtain`.
_STEPS = (Proof.SLIP, Proof.CONSENT, Proof.BIRTH_DATE, Proof.CODE)


class PolicyProcedure:
    """One run, by the proofs of the policy in their order. Not shared between threads."""

    def __init__(self, desk: Desk, kind: What) -> None:
        """Read the text to agree to, and who can be reached. Uses the network; begins nothing at the centre.

        Raises:
            HelperError: not logged in; the centre refuses or can't be reached.
        """
        self.kind = kind
        self._desk = desk
        self._line = desk.line()
        self.wanted = desk.policy.proofs(kind.value)
        self._due = [each for each in _STEPS if each in self.wanted]
        self._id: UUID | None = None
        self._challenge = ""
        try:
            self._read()
        except HelperError:
            self._line.close()
            raise

    def _read(self) -> None:
        self.consent = self._read_consent() if Proof.CONSENT in self.wanted else None
        me = self._line.send(calls.me()).values
        everywhere = self._desk.policy.code_goes_everywhere
        self.contacts = () if everywhere else tuple(map(_contact, me["contacts"]))
        self.accounts = tuple(map(account, me["accounts"])) if Proof.ACCOUNT in self.wanted else ()
        if Proof.CODE in self.wanted and not me["contacts"]:
            unreachable = self._desk.policy.values["application"]["unreachable"]
            raise HelperError(Kind.REFUSED, "no-contact", str(unreachable))
        if Proof.SLIP in self._due and self._slip_given():
            self._due.remove(Proof.SLIP)

    @property
    def next(self) -> Proof | None:
        """The step that is due; None: go on with `obtain` or `revoke`."""
        return self._due[0] if self._due else None

    @property
    def needs_old_key(self) -> bool:
        """Renewal is proven by the old certificate's key: its password is asked before `obtain`."""
        return Proof.OLD_KEY in self.wanted

    @property
    def id(self) -> UUID:
        """The centre's id of this run; begins it where no step has done so."""
        if self._id is None:
            self._begin(None)
        assert self._id is not None
        return self._id

    def agree(self) -> None:
        """我同意上述約定條款."""
        self._take(Proof.CONSENT)
        assert self.consent is not None
        self._begin(self.consent)
        self._done(Proof.CONSENT)

    def give_slip(self, password: str) -> None:
        """The initial secret from the counter; case matters."""
        self._take(Proof.SLIP)
        self._line.send(calls.give_slip(password))
        self._done(Proof.SLIP)

    def give_birth_date(self, given: str) -> None:
        """In ROC form (761205); a company's registration date."""
        self._take(Proof.BIRTH_DATE)
        self._line.send(calls.give_birth_date(self.id, given))
        self._done(Proof.BIRTH_DATE)

    def send_code(self, *, contact: UUID | None = None, account: UUID | None = None) -> SentCode:
        """取得認證碼; where one contact or account must be chosen and none is, the first one is taken."""
        self._take(Proof.CODE)
        if contact is None and self.contacts:
            contact = self.contacts[0].id
        if account is None and self.accounts:
            account = self.accounts[0].id
        sent = self._line.send(calls.send_code(self.id, contact=contact, account=account))
        found = sent_code(sent, ahead=self._line.ahead)
        self._challenge = found.challenge
        return found

    def check_code(self, code: str) -> None:
        """The code from the message."""
        self._take(Proof.CODE)
        try:
            self._line.send(calls.check_code(self.id, self._challenge, code.strip()))
        except HelperError as error:
            if error.kind is not Kind.NETWORK or not self._proven():
                raise
        self._done(Proof.CODE)

    def close(self) -> None:
        """Close the connection; the run stays open at the centre until it ends by itself."""
        self._line.close()

    def _take(self, proof: Proof) -> None:
        if self.next is not proof:
            raise HelperError(Kind.INPUT, "wrong-step", text("This step is not due now."), detail=proof.value)

    def _done(self, proof: Proof) -> None:
        self._due.remove(proof)

    def _begin(self, consent: Document | None) -> None:
        agreed: dict[str, Any] = {}
        if consent is not None:
            agreed = {"consent_version": consent.version, "consent_sha256": consent.sha256}
        begun = self._line.send(calls.start_procedure(self.kind.value, **agreed))
        self._id = UUID(begun.text("id"))

    def _proven(self) -> bool:
        """Was the code taken though its answer was lost? It can't be given twice, so the centre is asked."""
        try:
            return self._line.send(calls.procedure(self.id)).text("state") == "proven"
        except HelperError:
            return False

    def _slip_given(self) -> bool:
        return self._line.send(calls.slip()).values.get("accepted_until") is not None

    def _read_consent(self) -> Document:
        values = self._line.send(calls.consent(self.kind.value)).values
        return document({**values, "key": f"consent-{self.kind.value}"})


def sent_code(sent: Answer, *, ahead: timedelta) -> SentCode:
    """A code that is on its way, as the API says it; its moments as a clock here that is so far ahead will show them.

    What is counted down to must not be a day off.
    """
    return SentCode(
        challenge=sent.text("challenge"),
        identification=sent.text("identification"),
        masked=sent.text("masked"),
        digits=sent.number("digits"),
        tries_left=sent.number("tries_left"),
        expires_at=datetime.fromisoformat(sent.text("expires_at")) + ahead,
        resend_at=datetime.fromisoformat(sent.text("resend_at")) + ahead,
    )


def document(values: Any) -> Document:
    """A text as the API gives it."""
    published = values.get("published_at")
    return Document(
        key=str(values["key"]),
        version=int(values["version"]),
        title=str(values["title"]),
        paragraphs=tuple(
            Paragraph(kind=str(each["kind"]), texts=tuple(map(str, each["texts"])))
            for each in values["paragraphs"]
        ),
        published_at=datetime.fromisoformat(published) if published else None,
        sha256=str(values.get("sha256", "")),
    )


def _contact(row: Any) -> Contact:
    return Contact(id=UUID(row["id"]), channel=str(row["channel"]), masked=str(row["masked"]))


def account(row: Any) -> Account:
    """An account as the API gives it."""
    return Account(
        id=UUID(row["id"]), line=str(row["line"]), masked=str(row["masked"]), number=str(row["number"])
    )
