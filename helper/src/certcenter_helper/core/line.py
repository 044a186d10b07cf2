"""The connection to one institution. Everything that goes over the network passes here, and can be stopped here."""

import time
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final, TypeVar

from certcenter_helper.core.errors import HelperError, Kind
from certcenter_helper.core.texts import language, text
from certcenter_helper.core.troubles import told
from certcenter_helper.core.values import House
from certcenter_helper.core.work import Cancel
from certcenter_sdk.client import Call, Client, Retry, Session
from certcenter_sdk.client.flows import Flow, Work

T = TypeVar("T")

_SHORT_WAIT: Final = "3"
"""Seconds of one long question, so that cancelling is felt; the centre would hold it for 20."""

_LONGEST_WAIT: Final = 120.0
"""Seconds until a CA that does not answer is left to `repair`."""


class Line:
    """One institution's API, with or without a session. Not shared between threads."""

    def __init__(self, house: House, *, token: str = "", patient: bool = True) -> None:
        """Nothing is sent yet. `patient` repeats what may be repeated for a few seconds; else twice at most."""
        self._client = Client(
            house.url,
            house.slug,
            session=Session(token) if token else None,
            language=language(),
            retry=Retry() if patient else Retry(attempts=2),
        )

    @property
    def place(self) -> Any:
        """Where proofs are made out (`client.life.Place`)."""
        return self._client.core.place

    @property
    def ahead(self) -> timedelta:
        """How far this computer's clock is ahead of the centre's (negative: behind), by the last answer."""
        return self._client.core.ahead or timedelta()

    def send(self, call: Call[T]) -> T:
        """Make one call.

        Raises:
            HelperError: the centre refuses or can't be reached.
        """
        with told():
            return self._client.send(call)

    def run(self, flow: Flow[T], *, cancel: Cancel | None = None) -> T:
        """Run a flow of the SDK; cancelling takes effect between two steps.

        Raises:
            HelperError: as `send`; NEEDS_REPAIR where the CA has not answered for two minutes; Cancelled.
        """
        with told():
            return self._client.run(_watched(flow, cancel or Cancel()))

    def close(self) -> None:
        """Close the connections."""
        self._client.close()


def _watched(flow: Flow[T], cancel: Cancel) -> Flow[T]:
    """The same flow, with a look at the cancel token between its steps and an end to waiting."""
    result: Any = None
    problem: BaseException | None = None
    patience = time.monotonic() + _LONGEST_WAIT
    try:
        while True:
            cancel.check()
            try:
                step = flow.throw(problem) if problem else flow.send(result)
            except StopIteration as end:
                return end.value  # type: ignore[no-any-return]  # the flow's return value, T
            cancel.check()
            problem = None
            try:
                result = yield _shortened(step, patience)
            except Exception as error:  # noqa: BLE001 - it is the flow's to catch
                problem = error
    finally:
        flow.close()


def _shortened(step: Call[Any] | Work, patience: float) -> Call[Any] | Work:
    """A long question cut short, and refused once patience has ended."""
    if isinstance(step, Work) or not step.query or "wait" not in step.query:
        return step
    if time.monotonic() > patience:
        raise HelperError(
            Kind.NEEDS_REPAIR,
            "not-issued-yet",
            text("The certificate authority has not returned the certificate yet."),
            advice=text("Repair in a few minutes; nothing is lost."),
        )
    return replace(step, query={**step.query, "wait": _SHORT_WAIT})
