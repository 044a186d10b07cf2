"""People who go through the rooms' public actions, at a centre that is ready to serve (`support/ready.py`, tests/README.md)."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest

if TYPE_CHECKING:
    from certcenter.certificates.lifecycle import ProcedureKind
    from certcenter.certificates.models import Application, Certificate
    from certcenter.core.actor import Actor
    from certcenter.identity.models import Customer
    from certcenter_sdk.keys import PrivateKey

SESSION = "session-1"
ORIGIN = "http://sample.localhost:8000"
_numbers = count(1)


def national_id(number: int) -> str:
    """The `number`-th valid national ID of a man born in Taipei (SPEC F1)."""
    body = f"1{number:07d}"
    weighed = (
        1 * 1 + 0 * 9 + sum(int(digit) * weight for digit, weight in zip(body, range(8, 0, -1), strict=True))
    )
    return f"A{body}{-weighed % 10}"


def newcomer(**changes: str) -> "Customer":
    """Import a customer whom nobody else has met, by the public action."""
    from tests.support import people

    number = next(_numbers)
    columns = {
        "national_id": national_id(number),
        "phones": f"09{number:08d}",
        "emails": f"customer{number}@example.com",
        "accounts": f"securities:1020-{number:07d}",
    }
    return people.import_(**{**columns, **changes})


def _new_key() -> "PrivateKey":
    from certcenter_sdk import keys

    return keys.generate()


@dataclass(kw_only=True)
class Person:
    """A customer at a device. `key` is the device's newest key, `request` the UUID of the newest request."""

    customer: "Customer" = field(default_factory=newcomer)
    key: "PrivateKey" = field(default_factory=_new_key)
    session: str = SESSION
    request: UUID = field(default_factory=uuid4)

    @property
    def actor(self) -> "Actor":
        """The customer in this session, at an address of their own (codes are counted by source, too)."""
        from tests.support import people

        address = f"198.18.{self.customer.pk // 256 % 256}.{self.customer.pk % 256}"
        return people.acting(self.customer, session=self.session, address=address)

    def start(self, kind: "ProcedureKind | str") -> UUID:
        """Consent to the text in force."""
        from certcenter.certificates import procedures
        from certcenter.certificates.lifecycle import ProcedureKind
        from certcenter.certificates.policy import consent_kind
        from certcenter.content import queries as content

        text = content.current(self.customer.institution, consent_kind(ProcedureKind(kind)))
        assert text is not None
        return procedures.start(
            self.customer,
            kind=ProcedureKind(kind),
            consent_version=text.version,
            consent_sha256=text.sha256,
            actor=self.actor,
        ).pk

    @property
    def roc_birth_date(self) -> str:
        """As the customer types it."""
        born = self.customer.birth_date
        return f"{born.year - 1911:03d}{born:%m%d}"

    def identify(self, procedure: UUID, text: str | None = None) -> None:
        """Give the birth date, the right one unless told otherwise."""
        from certcenter.certificates import procedures

        procedures.give_birth_date(
            procedure, self.roc_birth_date if text is None else text, customer=self.customer, actor=self.actor
        )

    def confirm(self, procedure: UUID) -> None:
        """Have a code sent, read it, give it."""
        from certcenter.certificates import procedures
        from certcenter.identity import queries

        sent = procedures.send_code(
            procedure,
            contact_id=queries.contacts(self.customer)[0].id,
            account_id=queries.accounts(self.customer)[0].id,
            customer=self.customer,
            actor=self.actor,
        )
        procedures.check_code(
            procedure,
            challenge_id=sent.challenge_id,
            code=code_of(sent.identification),
            customer=self.customer,
            actor=self.actor,
        )

    def prove(self, kind: "ProcedureKind | str") -> UUID:
        """Go through consent, birth date and code; return the proven procedure."""
        procedure = self.start(kind)
        self.identify(procedure)
        self.confirm(procedure)
        return procedure

    def csr(self) -> bytes:
        """A request for the device's key."""
        from certcenter_sdk import csr

        return csr.build(self.key)

    def submit(self, procedure: UUID, **changes: Any) -> "Application":
        """Submit the device's request under its UUID."""
        from certcenter.certificates import actions

        values = {
            "request_uuid": self.request,
            "csr": None,
            "old_key_proof": None,
            "actor": self.actor,
        } | changes
        values["csr"] = values["csr"] or self.csr()
        return actions.submit(self.customer, procedure_id=procedure, **values)

    def new_request(self) -> "PrivateKey":
        """Make the next key and the next UUID; return the old key."""
        from certcenter_sdk import keys

        old, self.key, self.request = self.key, keys.generate(), uuid4()
        return old

    def requested(self, kind: str = "apply") -> "Application":
        """Everything up to an accepted request."""
        return self.submit(self.prove(kind))

    def issued(self, kind: str = "apply") -> "Certificate":
        """Everything up to an issued certificate."""
        from certcenter.certificates import queries

        self.requested(kind)
        work()
        return queries.application(self.customer, self.request).certificate

    def installed(self, kind: str = "apply", *, days_ago: float = 0) -> "Certificate":
        """Everything up to an acknowledged certificate, `days_ago`.

        What follows from it (notices, the sequence of the history) is done when a worker next works: its time never
        runs backwards.
        """
        from certcenter.certificates import issuing
        from certcenter.core import clock

        with clock.at(clock.now() - timedelta(days=days_ago)):
            self.requested(kind)
            issuing.run_once()
            return self.acknowledge()

    def acknowledge(self, **changes: Any) -> "Certificate":
        """Tell the centre that the certificate is installed, signed by the new key."""
        from certcenter.certificates import actions

        values = {"request_uuid": self.request, "proof": None, "actor": self.actor} | changes
        values["proof"] = values["proof"] or self.proof("repair")
        return actions.acknowledge(self.customer, **values)

    def revoke(self, procedure: UUID | None = None) -> "Certificate":
        """Revoke online."""
        from certcenter.certificates import revoking

        return revoking.revoke(
            self.customer, procedure_id=procedure or self.prove("revoke"), actor=self.actor
        )

    def proof(self, purpose: str, *, certificate: "Certificate | None" = None, **changes: Any) -> Any:
        """Sign a fresh nonce with the device's key, or with `key`; by certificate where one is given."""
        from cryptography import x509

        from certcenter.certificates.actions import SignedProof
        from certcenter_sdk import cms

        key = changes.pop("key", self.key)
        structure = self._structure(purpose, key, **changes)
        if certificate is None:
            signature = cms.sign_with_key_id(structure, key)
        else:
            signature = cms.sign_detached(
                structure, key, x509.load_der_x509_certificate(bytes(certificate.der))
            )
        return SignedProof(structure=structure, signature=signature, origin=ORIGIN)

    def _structure(self, purpose: str, key: "PrivateKey", **changes: str) -> bytes:
        from certcenter.core import clock
        from certcenter.proof import nonces
        from certcenter_sdk import keys
        from certcenter_sdk.proofs import Proof
        from certcenter_sdk.structures import format_time

        values = {
            "institution": self.customer.institution,
            "origin": ORIGIN,
            "purpose": purpose,
            "subject": keys.spki_sha256(key.public_key()),
            "time": format_time(clock.now()),
        } | changes
        values.setdefault(
            "nonce",
            nonces.issue(
                self.customer.institution, purpose=purpose, customer=self.customer, session=self.session
            ),
        )
        return Proof(**values).canonical()


def code_of(identification: str) -> str:
    """Read the code in the queued message, as the customer reads it from the telephone."""
    from certcenter.notifications.messages import TOPIC, Message
    from certcenter.outbox.models import Message as Row

    for row in Row.objects.filter(topic=TOPIC, state=Row.State.WAITING).order_by("-id"):
        found = re.search(rf"{identification}\D*(\d{{4,8}})", Message.unsealed(row.payload).text)
        if found:
            return found.group(1)
    raise AssertionError(f"no message holds {identification}")


def work() -> None:
    """Let a worker do what waits."""
    from certcenter.worker import loop

    loop.until_idle()


def notices() -> list[str]:
    """The keys of all notices that were queued, one for each contact; delivered ones have lost their contents, not their keys."""
    from certcenter.notifications.messages import TOPIC
    from certcenter.outbox.models import Message as Row

    keys = Row.objects.filter(topic=TOPIC).order_by("id").values_list("key", flat=True)
    return [key.rpartition(":")[0] for key in keys if not key.startswith("code:")]


def events(*, after: int = 0) -> list[tuple[str, str, dict[str, Any]]]:
    """The history after the event `after`: (event, subject, details)."""
    from certcenter.audit.models import AuditEvent

    rows = AuditEvent.objects.filter(pk__gt=after).order_by("id")
    return [(row.event, row.subject, json.loads(row.details)) for row in rows]


def last_event() -> int:
    """The newest event's number."""
    from certcenter.audit.models import AuditEvent

    return AuditEvent.objects.order_by("-id").values_list("id", flat=True).first() or 0


@contextmanager
def refused(code: str) -> Iterator[Any]:
    """The block is refused with `code`, and the refusal stands in the history, once (SPEC E9)."""
    from certcenter.core.errors import CentreError

    before = last_event()
    with pytest.raises(CentreError) as caught:
        yield caught
    assert caught.value.code == code, caught.value
    found = [details for event, _, details in events(after=before) if event.endswith(":refused")]
    assert [details.get("code", details["reason"]) for details in found] == [code], found


@contextmanager
def recorded(*wanted: str) -> Iterator[None]:
    """The block writes exactly these events, in this order (SPEC E9)."""
    before = last_event()
    yield
    assert [event for event, _, _ in events(after=before) if event != "audit:writer:opened"] == list(wanted)
