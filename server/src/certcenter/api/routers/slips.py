"""The password slip from the counter (憑證密碼單): asked for before a first certificate (SPEC E3, manual M3)."""

from datetime import datetime
from typing import Annotated

from ninja import Router, Status

from certcenter.api.doors import Caller, CallerRequest
from certcenter.api.openapi import operation
from certcenter.api.values import Input, Output, line
from certcenter.certificates import policy, queries
from certcenter.certificates.lifecycle import ProcedureKind
from certcenter.certificates.policy import Action
from certcenter.identity.models import SessionKind
from certcenter.institutions.vocabulary import Proof
from certcenter.slips import actions, errors
from certcenter.slips import queries as slips
from certcenter.slips.models import SlipPurpose

router = Router(tags=["slips"])


class SlipOut(Output):
    """Whether the slip dialog (送出/關閉) is due, and what this session has given already."""

    asked: bool
    """Policy asks for the slip, the customer could apply now, and this session has not given it."""
    accepted_until: datetime | None
    """Until when an application may be handed in on the strength of it."""
    length: int
    """Letters and digits on the slip; spaces and hyphens between its groups may be typed or left out."""


class GiveSlip(Input):
    """送出: the password of the slip. Closing the dialog needs no call."""

    password: Annotated[str, line(64)]
    """Upper and lower case differ."""


@router.get("/slip", **operation(200, SlipOut))
def slip(request: CallerRequest) -> SlipOut:
    """Whether the slip dialog is due."""
    caller = request.auth
    held = slips.accepted_until(caller.customer, SlipPurpose.CERTIFICATE, session=caller.session)
    return _shown(caller, held)


@router.post(
    "/slip",
    **operation(200, SlipOut, errors.SlipMalformed, errors.SlipWrong, errors.SlipVoided, errors.SlipUnusable),
)
def give_slip(request: CallerRequest, body: GiveSlip) -> Status[SlipOut]:
    """Give the slip's password. The right one lets this session apply; the third wrong one voids the slip."""
    caller = request.auth
    until = actions.check(
        caller.customer,
        purpose=SlipPurpose.CERTIFICATE,
        secret=body.password,
        session=caller.session,
        actor=caller.actor,
    )
    if caller.kind is SessionKind.BROWSER:
        caller.cookies.step_up()
    return Status(200, _shown(caller, until))


def _shown(caller: Caller, held: datetime | None) -> SlipOut:
    wanted = Proof.SLIP in policy.proofs(caller.institution, ProcedureKind.APPLY)
    may_apply = wanted and Action.APPLY in policy.actions(queries.situation(caller.customer))
    return SlipOut(asked=may_apply and held is None, accepted_until=held, length=actions.LENGTH)
