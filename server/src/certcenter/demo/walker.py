"""A customer who does everything through the rooms' own actions: fills the demo with lives already begun.

Nothing is written past the actions: consent, birth date, code from the outbox, CSR, issue, acknowledgement.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID, uuid4

from certcenter.certificates import actions, procedures, queries, revoking
from certcenter.certificates.lifecycle import ProcedureKind
from certcenter.certificates.models import Certificate
from certcenter.certificates.policy import consent_kind, proofs
from certcenter.content import queries as content
from certcenter.core import clock
from certcenter.core.actor import Actor, ActorKind
from certcenter.core.taiwan import format_roc_date
from certcenter.demo.people import Life
from certcenter.identity.models import Customer
from certcenter.identity.queries import accounts, contacts
from certcenter.institutions import serving
from certcenter.institutions.vocabulary import OnlineRevocation
from certcenter.institutions.vocabulary import Proof as Asked
from certcenter.notifications.models import DemoMessage
from certcenter.outbox import dispatcher
from certcenter.proof import nonces
from certcenter.slips import actions as slips
from certcenter.slips.models import SlipPurpose
from certcenter.worker import loop
from certcenter_sdk import cms, csr, keys
from certcenter_sdk.keys import PrivateKey
from certcenter_sdk.proofs import Proof
from certcenter_sdk.structures import format_time

#: The origin that the demo's lives pretend to have been lived at.
ORIGIN = "http://demo.localhost"


@dataclass(kw_only=True)
class Walker:
    """One customer at a device of their own. `key` and `chain` are what the device holds after `apply`."""

    customer: Customer
    key: PrivateKey = field(default_factory=keys.generate)
    chain: tuple[bytes, ...] = ()
    session: str = field(default_factory=lambda: uuid4().hex)

    @property
    def actor(self) -> Actor:
        """The customer, as the demo's own set-up: each at an address of their own, for so many codes go to one in an hour."""
        number = self.customer.pk
        return Actor(
            kind=ActorKind.CUSTOMER,
            institution=self.customer.institution,
            id=str(self.customer.pk),
            address=f"127.1.{number // 250 % 250}.{number % 250 + 1}",
            session=self.session,
            user_agent="demo set-up",
        )

    @property
    def _officer(self) -> Actor:
        return Actor(kind=ActorKind.STAFF, institution=self.customer.institution, id="officer")

    def steps(self, life: Life) -> Iterator[tuple[datetime, Callable[[], object]]]:
        """What has to be done when, for the customer to arrive at `life` today."""
        if life is Life.NONE:
            return
        days = {Life.EXPIRED: 400, Life.EXPIRING: 352}.get(life, 20)
        begun = clock.ago(days=days)
        yield begun, partial(self.apply, acknowledge=life is not Life.WAITING)
        if life is Life.REVOKED:
            yield begun + timedelta(days=1), self.revoke
        if life is Life.SUSPENDED:
            suspend = partial(revoking.suspend, self.customer, suspended=True, actor=self._officer)
            yield begun + timedelta(days=1), suspend

    def apply(self, *, acknowledge: bool) -> Certificate:
        """Apply, be issued, and acknowledge unless told to stop before."""
        request_uuid = uuid4()
        procedure_id = self.prove(ProcedureKind.APPLY)
        actions.submit(
            self.customer,
            procedure_id=procedure_id,
            request_uuid=request_uuid,
            csr=csr.build(self.key),
            old_key_proof=None,
            actor=self.actor,
        )
        loop.until_idle()
        self.chain = queries.chain(self.customer, request_uuid)
        if not acknowledge:
            return queries.application(self.customer, request_uuid).certificate
        return actions.acknowledge(
            self.customer, request_uuid=request_uuid, proof=self.proof("repair"), actor=self.actor
        )

    def revoke(self) -> Certificate:
        """Revoke online, by the proofs of the policy; where that is the staff's, have them do it."""
        if serving.get(self.customer.institution).revocation.online is not OnlineRevocation.REVOKE:
            return revoking.revoke_by_staff(self.customer, note="demo set-up", actor=self._officer)
        return revoking.revoke(self.customer, procedure_id=self.prove(ProcedureKind.REVOKE), actor=self.actor)

    def prove(self, kind: ProcedureKind) -> UUID:
        """Go through consent, birth date and code; return the proven procedure."""
        wanted = proofs(serving.get(self.customer.institution), kind)
        if Asked.SLIP in wanted:
            self._give_slip()
        text = content.current(self.customer.institution, consent_kind(kind))
        assert text is not None, "init has published the consents"
        procedure = procedures.start(
            self.customer,
            kind=kind,
            consent_version=text.version,
            consent_sha256=text.sha256,
            actor=self.actor,
        )
        if Asked.BIRTH_DATE in wanted:
            roc = format_roc_date(self.customer.birth_date)
            procedures.give_birth_date(procedure.pk, roc, customer=self.customer, actor=self.actor)
        if Asked.CODE in wanted:
            self._give_code(procedure.pk)
        return procedure.pk

    @property
    def needs_slip(self) -> bool:
        """Whether this customer applies with a password slip from the counter."""
        return Asked.SLIP in proofs(serving.get(self.customer.institution), ProcedureKind.APPLY)

    def fetch_slip(self) -> str:
        """Be handed a slip at the counter; its password."""
        purpose = SlipPurpose.CERTIFICATE
        handed = slips.issue(self.customer, purpose=purpose, note="demo set-up", actor=self._officer)
        return handed.secret

    def _give_slip(self) -> None:
        slips.check(
            self.customer,
            purpose=SlipPurpose.CERTIFICATE,
            secret=self.fetch_slip(),
            session=self.session,
            actor=self.actor,
        )

    def _give_code(self, procedure_id: UUID) -> None:
        sent = procedures.send_code(
            procedure_id,
            contact_id=contacts(self.customer)[0].id,
            account_id=accounts(self.customer)[0].id,
            customer=self.customer,
            actor=self.actor,
        )
        procedures.check_code(
            procedure_id,
            challenge_id=sent.challenge_id,
            code=self._code(sent.identification),
            customer=self.customer,
            actor=self.actor,
        )

    def proof(self, purpose: str) -> actions.SignedProof:
        """Sign a fresh nonce with the device's key (docs/contracts.md, proof by certificate)."""
        nonce = nonces.issue(
            self.customer.institution, purpose=purpose, customer=self.customer, session=self.session
        )
        structure = Proof(
            institution=self.customer.institution,
            origin=ORIGIN,
            purpose=purpose,
            subject=keys.spki_sha256(self.key.public_key()),
            nonce=nonce,
            time=format_time(clock.now()),
        ).canonical()
        return actions.SignedProof(
            structure=structure, signature=cms.sign_with_key_id(structure, self.key), origin=ORIGIN
        )

    def _code(self, identification: str) -> str:
        """Read the code from the outbox, as the customer reads it from the telephone."""
        while dispatcher.run_once():
            pass
        mine = [address.value for address in self.customer.addresses()]
        message = DemoMessage.objects.filter(address__in=mine, text__contains=identification).latest("pk")
        found = re.search(rf"{identification}\D*(\d{{4,8}})", message.text)
        assert found is not None, "the message holds the code after its identification"
        return found.group(1)
