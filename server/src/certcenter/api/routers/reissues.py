"""The password reissue, step by step, for programs and for the page's script (SPEC B8, B9). Nobody is logged in."""

from typing import Annotated, Literal
from uuid import UUID

from django.http import HttpResponse
from ninja import Router, Status

from certcenter.api.doors import AnyVisitor, VisitRequest
from certcenter.api.openapi import operation
from certcenter.api.routers.procedures import CodeSentOut
from certcenter.api.routers.recoveries import (
    FlowToken,
    GiveProof,
    Holder,
    at_password_centre,
    handed,
    held,
    signed,
)
from certcenter.api.values import Input, Output, line
from certcenter.core.errors import Invalid, NotFound
from certcenter.identity import queries
from certcenter.identity.models import Channel, Line
from certcenter.identity.queries import CustomerFrozen
from certcenter.otp import errors as codes
from certcenter.passwords.errors import LoginTooOften, PasswordRefused
from certcenter.passwords.store import PasswordsMoved
from certcenter.proof.errors import NonceRefused
from certcenter.recovery import devices, links, reissue, requests
from certcenter.recovery.errors import (
    BirthDateDiffers,
    DetailsChanged,
    FlowGone,
    InitialPasswordWrong,
    LinkGone,
    RecoveryRefused,
    ReissuesUsedUp,
)

router = Router(tags=["recoveries"])

#: What a run may meet at each step: time, staff, a changed contact, a newer request.
_OVERTAKEN = (FlowGone, LinkGone, CustomerFrozen, DetailsChanged, NotFound)


class MaskedAccountOut(Output):
    """An account before a login: never its number."""

    id: UUID
    line: Line
    masked: str


class MaskedContactOut(Output):
    """Where the code can go."""

    id: UUID
    channel: Channel
    masked: str


class ProvenOut(Output):
    """The certificate was accepted: what there is to choose from."""

    accounts: tuple[MaskedAccountOut, ...]
    contacts: tuple[MaskedContactOut, ...]


class AskReissue(Input):
    """ID and birth date, where no certificate is at hand."""

    identity: Annotated[str, line(32)]
    birth_date: Annotated[str, line(16)]


class RequestOut(Output):
    """What everybody sees, right or wrong: masks of one form (SPEC B9)."""

    flow: str | None
    accounts: tuple[MaskedAccountOut, ...]
    phone: str
    email: str


class ConfirmRequest(Holder):
    """確定申請."""

    account: UUID


class AcceptedOut(Output):
    """If the data are right, the mail is on its way."""

    accepted: Literal[True]


class OpenLink(Input):
    """The token after `#` in the mailed link, and the birth date again."""

    link: FlowToken
    birth_date: Annotated[str, line(16)]


class OpenedOut(Output):
    """A run of the link has begun; nothing was sent, the link is not used yet."""

    flow: str | None


class AskCode(Holder):
    """Send the code of this run. With a certificate account and contact are chosen; a link has its own."""

    account: UUID | None = None
    contact: UUID | None = None


class GiveCode(Holder):
    """The code from the message; full-width digits are digits."""

    challenge: UUID
    code: Annotated[str, line(20, least=0)]


class VerifiedOut(Output):
    """The initial password of this run, shown this once; it opens nothing but the last step."""

    initial_password: str


class NewPassword(Holder):
    """送出."""

    initial_password: Annotated[str, line(32)]
    password: Annotated[str, line(128)]
    repeated: Annotated[str, line(128)]


class ReissuedOut(Output):
    """Log in with the new password."""

    unified: bool
    """It holds for all accounts; otherwise for the chosen one alone."""
    voice: bool
    """The voice password followed."""


@router.post(
    "/recoveries/proof",
    auth=AnyVisitor(),
    **operation(
        200, ProvenOut, FlowGone, RecoveryRefused, NonceRefused, CustomerFrozen, NotFound, is_open=True
    ),
)
def prove(request: VisitRequest, body: GiveProof) -> ProvenOut:
    """Prove the device for a reissue; accounts and contacts are shown after it."""
    visit = at_password_centre(request)
    flow = devices.prove(
        visit.institution, token=held(visit, body), proof=signed(visit, body.proof), actor=visit.actor
    )
    assert flow.customer is not None, "a proven run has its customer"
    return ProvenOut(
        accounts=tuple(
            MaskedAccountOut(id=each.id, line=each.line, masked=each.masked)
            for each in queries.accounts(flow.customer)
        ),
        contacts=tuple(
            MaskedContactOut(id=each.id, channel=each.channel, masked=each.masked)
            for each in queries.contacts(flow.customer)
        ),
    )


@router.post(
    "/recoveries/requests",
    auth=AnyVisitor(),
    **operation(201, RequestOut, Invalid, LoginTooOften, NotFound, is_open=True),
)
def begin(request: VisitRequest, response: HttpResponse, body: AskReissue) -> Status[RequestOut]:
    """Begin a reissue without a certificate."""
    visit = at_password_centre(request)
    token, shown = requests.begin(
        visit.institution, identity=body.identity, birth_date=body.birth_date, actor=visit.actor
    )
    answer = RequestOut(
        flow=handed(visit, response, token),
        accounts=tuple(
            MaskedAccountOut(id=each.id, line=each.line, masked=each.masked) for each in shown.accounts
        ),
        phone=shown.phone,
        email=shown.email,
    )
    return Status(201, answer)


@router.post(
    "/recoveries/requests/confirmation",
    auth=AnyVisitor(),
    **operation(202, AcceptedOut, Invalid, FlowGone, ReissuesUsedUp, NotFound, is_open=True),
)
def confirm(request: VisitRequest, body: ConfirmRequest) -> Status[AcceptedOut]:
    """Have the link mailed, if the data are right; the answer does not say."""
    visit = at_password_centre(request)
    requests.request(visit.institution, token=held(visit, body), account_id=body.account, actor=visit.actor)
    return Status(202, AcceptedOut(accepted=True))


@router.post(
    "/recoveries/links",
    auth=AnyVisitor(),
    **operation(
        201,
        OpenedOut,
        Invalid,
        LoginTooOften,
        LinkGone,
        BirthDateDiffers,
        CustomerFrozen,
        DetailsChanged,
        NotFound,
        is_open=True,
    ),
)
def open_link(request: VisitRequest, response: HttpResponse, body: OpenLink) -> Status[OpenedOut]:
    """Open a mailed link with the birth date."""
    visit = at_password_centre(request)
    token, _flow = links.open_link(
        visit.institution, link_token=body.link, birth_date=body.birth_date, actor=visit.actor
    )
    return Status(201, OpenedOut(flow=handed(visit, response, token)))


@router.post(
    "/recoveries/codes",
    auth=AnyVisitor(),
    **operation(
        201,
        CodeSentOut,
        *_OVERTAKEN,
        ReissuesUsedUp,
        codes.ContactUnknown,
        codes.CodeWait,
        codes.SendsUsedUp,
        codes.CodesStopped,
        is_open=True,
    ),
)
def send_code(request: VisitRequest, body: AskCode) -> Status[CodeSentOut]:
    """Have the code sent; a new one ends the one before it."""
    visit = at_password_centre(request)
    sent = reissue.send(
        visit.institution,
        token=held(visit, body),
        account_id=body.account,
        contact_id=body.contact,
        actor=visit.actor,
    )
    return Status(201, CodeSentOut.of(sent))


@router.post(
    "/recoveries/codes/check",
    auth=AnyVisitor(),
    **operation(
        200,
        VerifiedOut,
        *_OVERTAKEN,
        codes.CodeMalformed,
        codes.CodeWrong,
        codes.CodeUsedUp,
        codes.CodeExpired,
        codes.CodesStopped,
        is_open=True,
    ),
)
def check_code(request: VisitRequest, body: GiveCode) -> VerifiedOut:
    """Give the code. A right one uses a link up and gives this run's initial password."""
    visit = at_password_centre(request)
    done = reissue.check(
        visit.institution,
        token=held(visit, body),
        challenge_id=body.challenge,
        code=body.code,
        actor=visit.actor,
    )
    return VerifiedOut(initial_password=done.initial)


@router.post(
    "/recoveries/password",
    auth=AnyVisitor(),
    **operation(
        200,
        ReissuedOut,
        *_OVERTAKEN,
        Invalid,
        PasswordRefused,
        PasswordsMoved,
        InitialPasswordWrong,
        codes.GrantRefused,
        is_open=True,
    ),
)
def redeem(request: VisitRequest, body: NewPassword) -> ReissuedOut:
    """Set the new password. All sessions end; no login follows by itself."""
    visit = at_password_centre(request)
    done = reissue.redeem(
        visit.institution,
        token=held(visit, body),
        initial=body.initial_password,
        password=body.password,
        repeated=body.repeated,
        actor=visit.actor,
    )
    return ReissuedOut(unified=done.unified, voice=done.voice)


@router.post(
    "/recoveries/cancellation",
    auth=AnyVisitor(),
    **operation(204, None, FlowGone, NotFound, is_open=True),
)
def cancel(request: VisitRequest, body: Holder) -> Status[None]:
    """End the run and its initial password; the old password goes on."""
    visit = at_password_centre(request)
    reissue.cancel(visit.institution, token=held(visit, body), actor=visit.actor)
    return Status(204, None)
