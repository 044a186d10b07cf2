"""The runs of somebody who can't log in: their kinds, their states, and which step leads from which to which. Pure."""

from enum import StrEnum
from types import MappingProxyType
from typing import Final


class FlowKind(StrEnum):
    """What a run is for."""

    UNLOCK = "unlock"
    """密碼解鎖, by certificate (SPEC B3)."""
    CERTIFICATE = "certificate"
    """密碼補發, with a certificate on the device (SPEC B8)."""
    REQUEST = "request"
    """密碼補發 without one, until the mail is on its way (SPEC B9)."""
    LINK = "link"
    """The same, from the link in the mail on."""


class FlowState(StrEnum):
    """How far a run has come."""

    STARTED = "started"
    PROVEN = "proven"
    """The certificate, or on a link's page the birth date, was right."""
    SENT = "sent"
    """Account and contact are chosen and a code is on its way."""
    VERIFIED = "verified"
    """The code was right: the initial password of this run exists."""
    USED = "used"
    ENDED = "ended"


class Step(StrEnum):
    """What can be done in a run."""

    PROVE = "prove"
    UNLOCK = "unlock"
    REQUEST = "request"
    SEND = "send"
    CHECK = "check"
    REDEEM = "redeem"
    CANCEL = "cancel"


_ALIVE = (FlowState.STARTED, FlowState.PROVEN, FlowState.SENT, FlowState.VERIFIED)

#: Step → the kinds that have it, the states it may start from, the state it leads to.
STEPS: Final = MappingProxyType(
    {
        Step.PROVE: ((FlowKind.CERTIFICATE,), (FlowState.STARTED,), FlowState.PROVEN),
        Step.UNLOCK: ((FlowKind.UNLOCK,), (FlowState.STARTED,), FlowState.USED),
        Step.REQUEST: ((FlowKind.REQUEST,), (FlowState.STARTED,), FlowState.USED),
        Step.SEND: (
            (FlowKind.CERTIFICATE, FlowKind.LINK),
            (FlowState.PROVEN, FlowState.SENT),
            FlowState.SENT,
        ),
        Step.CHECK: ((FlowKind.CERTIFICATE, FlowKind.LINK), (FlowState.SENT,), FlowState.VERIFIED),
        Step.REDEEM: ((FlowKind.CERTIFICATE, FlowKind.LINK), (FlowState.VERIFIED,), FlowState.USED),
        Step.CANCEL: (tuple(FlowKind), _ALIVE, FlowState.ENDED),
    }
)


def allowed(step: Step, kind: FlowKind, state: FlowState) -> bool:
    """Whether a run of this kind in this state may take the step."""
    kinds, before, _after = STEPS[step]
    return kind in kinds and state in before
