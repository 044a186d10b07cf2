"""From consent to proven identity: what applying, renewing and revoking begin with (SPEC A3–A5, D4, E3)."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from django.http import HttpResponse
from ninja import Router, Status

from certcenter.api.doors import CallerRequest
from certcenter.api.openapi import operation
from certcenter.api.routers.centre import ParagraphOut, paragraphs
from certcenter.api.values import Digest, Input, Output, Whole, line
from certcenter.certificates import errors, policy, procedures, queries
from certcenter.certificates.lifecycle import ProcedureKind, ProcedureState
from certcenter.certificates.models import Procedure
from certcenter.content import queries as content
from certcenter.content.errors import ConsentSuperseded
from certcenter.core.errors import NotFound
from certcenter.identity.models import Channel, SessionKind
from certcenter.identity.queries import CustomerFrozen
from certcenter.otp import errors as codes
from certcenter.otp.actions import SentCode
from certcenter.slips.errors import SlipNeeded

router = Router(tags=["procedures"])

FOUND_NOT = (errors.ProcedureGone,)


class ConsentOut(Output):
    """The text in force. Agree to it by `version` and `sha256`."""

    kind: ProcedureKind
    version: int
    sha256: Digest
    """Over the text in both languages, before the customer's own values stand in it."""
    title: str
    paragraphs: tuple[ParagraphOut, ...]
    published_at: datetime


class ConsentAnswer(Input):
    """What the customer agreed to."""

    version: Whole
    sha256: Digest


class StartProcedure(Input):
    """The customer agrees to the consent text and begins."""

    kind: ProcedureKind
    consent: ConsentAnswer | None = None
    """Null where policy asks for none (`GET policy`, the proofs)."""


class ProcedureOut(Output):
    """How far the proof of identity has come."""

    id: UUID
    kind: ProcedureKind
    state: ProcedureState
    """`consented`: the birth date comes next; `identified`: the code; `proven`: nothing more."""
    expires_at: datetime
    """Until when it can be gone on with."""


class BirthDate(Input):
    """The customer's birth date, a company's registration date."""

    birth_date: Annotated[str, line(16)]
    """In ROC form, such as 761205; full-width digits are digits."""


class ChooseContact(Input):
    """Where the code goes, and for which account."""

    contact: UUID | None = None
    """The id of a contact of `GET me`; null where policy sends to every contact."""
    account: UUID | None = None
    """The id of an account of `GET me`."""


class CodeSentOut(Output):
    """A code is on its way. The code itself is in the message alone."""

    challenge: UUID
    identification: str
    """Stands first in the message too: compare (識別碼). Empty where policy has none."""
    masked: str
    """Where it went."""
    channel: Channel
    digits: int
    expires_at: datetime
    resend_at: datetime
    tries_left: int

    @classmethod
    def of(cls, sent: SentCode) -> Self:
        """Say what was sent, and where."""
        return cls(
            challenge=sent.challenge_id,
            identification=sent.identification,
            masked=sent.masked,
            channel=sent.channel,
            digits=sent.digits,
            expires_at=sent.expires_at,
            resend_at=sent.resend_at,
            tries_left=sent.tries_left,
        )


class Code(Input):
    """The code from the message."""

    code: Annotated[str, line(16)]


@router.get("/consents/{kind}", **operation(200, ConsentOut, NotFound))
def consent(request: CallerRequest, kind: ProcedureKind) -> ConsentOut:
    """The consent text that a procedure of this kind begins with, with the customer's own values in it."""
    caller = request.auth
    document = content.current(caller.institution.slug, policy.consent_kind(kind))
    if document is None:
        raise NotFound
    return ConsentOut(
        kind=kind,
        version=document.version,
        sha256=document.sha256,
        title=document.title(caller.language),
        paragraphs=paragraphs(document, caller.language, queries.consent_values(caller.customer)),
        published_at=document.published_at,
    )


@router.post(
    "/procedures",
    **operation(
        201,
        ProcedureOut,
        ConsentSuperseded,
        errors.ConsentNeeded,
        SlipNeeded,
        errors.NotAllowedNow,
        CustomerFrozen,
        errors.AlreadyHasCertificate,
        errors.ApplicationOpen,
        errors.OutsideWindow,
        errors.NothingToRenew,
        errors.NothingToRevoke,
        errors.OnlineRevocationOff,
        errors.RevocationsUsedUp,
    ),
)
def start_procedure(
    request: CallerRequest, response: HttpResponse, body: StartProcedure
) -> Status[ProcedureOut]:
    """Agree and begin to apply, renew or revoke."""
    caller = request.auth
    begun = procedures.start(
        caller.customer,
        kind=body.kind,
        consent_version=body.consent.version if body.consent else None,
        consent_sha256=body.consent.sha256 if body.consent else None,
        actor=caller.actor,
    )
    response["Location"] = f"{request.path}/{begun.pk}"
    return Status(201, shown(begun))


@router.get("/procedures/{uuid:procedure_id}", **operation(200, ProcedureOut, *FOUND_NOT))
def procedure(request: CallerRequest, procedure_id: UUID) -> ProcedureOut:
    """How far a procedure of this session is."""
    caller = request.auth
    return shown(procedures.find(procedure_id, customer=caller.customer, actor=caller.actor))


@router.post(
    "/procedures/{uuid:procedure_id}/birth-date",
    **operation(
        200,
        ProcedureOut,
        *FOUND_NOT,
        errors.WrongStep,
        errors.BirthDateWrong,
        errors.BirthDateMalformed,
        errors.BirthDateEnded,
    ),
)
def give_birth_date(request: CallerRequest, procedure_id: UUID, body: BirthDate) -> ProcedureOut:
    """Give the birth date. Three wrong ones end the procedure and count as one login failure."""
    caller = request.auth
    return shown(
        procedures.give_birth_date(
            procedure_id, body.birth_date, customer=caller.customer, actor=caller.actor
        )
    )


@router.post(
    "/procedures/{uuid:procedure_id}/codes",
    **operation(
        201,
        CodeSentOut,
        *FOUND_NOT,
        errors.WrongStep,
        codes.ContactUnknown,
        codes.CodeWait,
        codes.SendsUsedUp,
        codes.CodesStopped,
    ),
)
def send_code(request: CallerRequest, procedure_id: UUID, body: ChooseContact) -> Status[CodeSentOut]:
    """Have a code sent; a new one ends the one before it."""
    caller = request.auth
    sent = procedures.send_code(
        procedure_id,
        contact_id=body.contact,
        account_id=body.account,
        customer=caller.customer,
        actor=caller.actor,
    )
    return Status(201, CodeSentOut.of(sent))


@router.post(
    "/procedures/{uuid:procedure_id}/codes/{uuid:challenge}",
    **operation(
        200,
        ProcedureOut,
        *FOUND_NOT,
        errors.WrongStep,
        codes.CodeMalformed,
        codes.CodeWrong,
        codes.CodeUsedUp,
        codes.CodeExpired,
        codes.CodesStopped,
    ),
)
def check_code(request: CallerRequest, procedure_id: UUID, challenge: UUID, body: Code) -> ProcedureOut:
    """Give the code. A right one proves the procedure; it must be used within the grant's minutes."""
    caller = request.auth
    proven = procedures.check_code(
        procedure_id, challenge_id=challenge, code=body.code, customer=caller.customer, actor=caller.actor
    )
    if caller.kind is SessionKind.BROWSER:
        caller.cookies.step_up()
    return shown(proven)


def shown(procedure: Procedure) -> ProcedureOut:
    """Return what its owner may know of a procedure."""
    return ProcedureOut(
        id=procedure.pk,
        kind=ProcedureKind(procedure.kind),
        state=ProcedureState(procedure.state),
        expires_at=procedure.expires_at,
    )
