"""The connection to one institution. Everything that goes over the network passes here, and can be stopped here."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final, TypeVar

from certcenter_helper.core.texts import language
from certcenter_helper.core.troubles import told
from certcenter_helper.core.values import House
from certcenter_helper.core.work import Cancel, Progress, Stage, Step, silent
from certcenter_sdk.client import Call, Client, Retry, Session
from certcenter_sdk.client.flows import Flow, Work

T = TypeVar("T")

_SHORT_WAIT: Final = "3"
"""Seconds of one long question, so that cancelling is felt; the centre would hold it for 20."""

#: Which stage a call belongs to, by method and the last fixed step of its path.
_STAGES: Final[Mapping[tuple[str, str], Step]] = {
    ("POST", "applications"): Step(Stage.SENDING, 25),
    ("GET", "applications"): Step(Stage.WAITING, 45),
    ("GET", "certificate"): Step(Stage.DOWNLOADING, 70),
    ("POST", "acknowledgement"): Step(Stage.CONFIRMING, 95),
    ("GET", "captcha"): Step(Stage.CONNECTING, 10),
    ("POST", "sessions"): Step(Stage.CONNECTING, 80),
}


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

    def send(self, call: Call[T]) -> T:
        """Make one call.

        Raises:
            HelperError: the centre refuses or can't be reached.
        """
        with told():
            return self._client.send(call)

    def run(self, flow: Flow[T], *, progress: Progress = silent, cancel: Cancel | None = None) -> T:
        """Run a flow of the SDK, telling how far it is; cancelling takes effect between two steps.

        Raises:
            HelperError: as `send`; Cancelled.
        """
        with told():
            return self._client.run(_watched(flow, progress, cancel or Cancel()))

    def close(self) -> None:
        """Close the connections."""
        self._client.close()


def _watched(flow: Flow[T], progress: Progress, cancel: Cancel) -> Flow[T]:
    """The same flow, with reports before each step and a look at the cancel token."""
    result: Any = None
    problem: BaseException | None = None
    try:
        while True:
            cancel.check()
            try:
                step = flow.throw(problem) if problem else flow.send(result)
            except StopIteration as end:
                return end.value  # type: ignore[no-any-return]  # the flow's return value, T
            problem = None
            cancel.check()
            _report(step, progress)
            try:
                result = yield _shortened(step)
            except Exception as error:  # noqa: BLE001 - it is the flow's to catch
                problem = error
    finally:
        flow.close()


def _report(step: Call[Any] | Work, progress: Progress) -> None:
    if isinstance(step, Work):
        return
    tail = step.path.rsplit("/", 1)[-1]
    head = step.path.partition("/")[0]
    found = _STAGES.get((step.method, tail)) or _STAGES.get((step.method, head))
    if found is not None:
        progress(found)


def _shortened(step: Call[Any] | Work) -> Call[Any] | Work:
    if isinstance(step, Work) or not step.query or "wait" not in step.query:
        return step
    return replace(step, query={**step.query, "wait": _SHORT_WAIT})
