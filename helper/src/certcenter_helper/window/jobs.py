"""Work off the screen's thread: one command after another, with progress, an end and a way out. The window never waits.

The commands run in one thread of their own, in the order in which they were asked for: key store and session see one
caller. A job that was cancelled is forgotten at once by the screen and ends in its thread at its next safe place.
"""

from collections.abc import Callable
from typing import Any, TypeVar

from PySide6.QtCore import QObject, QRunnable, Qt, QThreadPool, Signal, Slot

from certcenter_helper.core.work import Cancel, Cancelled, Progress, Step

T = TypeVar("T")

#: Milliseconds that the window waits for its last job when it is closed.
_LEAVE_MS = 3000


class Job(QObject):
    """One command under way. The screen's thread alone touches it; `Cancel` and the signals go between the threads."""

    stepped = Signal(object)
    ended = Signal(object, object)

    def __init__(
        self,
        work: Callable[[Progress, Cancel], object],
        done: Callable[[Any], object],
        failed: Callable[[Exception], object],
        *,
        over: Callable[["Job"], object],
    ) -> None:
        super().__init__()
        self.work: Callable[[Progress, Cancel], object] | None = work
        self.cancel = Cancel()
        self.may_stop = True
        self._done: Callable[[Any], object] | None = done
        self._failed: Callable[[Exception], object] | None = failed
        self._over = over
        self.ended.connect(self._end, Qt.ConnectionType.QueuedConnection)

    def abandon(self) -> None:
        """Stop as soon as that is safe; nobody is told how it ends."""
        self.cancel.cancel()

    @Slot(object, object)
    def _end(self, result: object, trouble: Exception | None) -> None:
        done, failed = self._done, self._failed
        self.work = self._done = self._failed = (
            None  # they know page and window, which a job must not outlive
        )
        assert done is not None
        assert failed is not None
        try:
            if self.cancel.cancelled or isinstance(trouble, Cancelled):
                if hasattr(result, "close"):
                    result.close()  # nobody else will: a procedure holds a connection
            elif trouble is not None:
                failed(trouble)
            else:
                done(result)
        finally:
            self._over(self)


class _Run(QRunnable):
    """A job's way through the commands' thread, where this object ends: it holds nothing of the screen but the job, which the
    screen's thread holds longer (`Jobs._forget`).
    """

    def __init__(self, job: Job) -> None:
        super().__init__()
        self._job = job

    def run(self) -> None:
        """In the commands' thread."""
        result: object = None
        trouble: Exception | None = None
        try:
            self._job.cancel.check()
            assert self._job.work is not None
            result = self._job.work(self._step, self._job.cancel)
        except Exception as error:  # noqa: BLE001 - whatever it is, the screen must say it
            trouble = error
        self._job.ended.emit(result, trouble)
        del result, trouble  # a trouble knows this frame: without that, both wait for the search for rings

    def _step(self, step: Step) -> None:
        self._job.stepped.emit(step)


class Jobs(QObject):
    """The commands' thread and the jobs in it."""

    busy = Signal(bool)

    def __init__(self) -> None:
        super().__init__()
        self._pool = QThreadPool()
        self._pool.setMaxThreadCount(1)
        self._pool.setExpiryTimeout(-1)
        self._under_way: set[Job] = set()
        self._last: Job | None = None
        #: A command was still under way when the window had waited for it long enough.
        self.left_behind = False

    @property
    def idle(self) -> bool:
        """Whether nothing is under way."""
        return not self._under_way

    def start(
        self,
        work: Callable[[Progress, Cancel], T],
        *,
        done: Callable[[T], object],
        failed: Callable[[Exception], object],
        may_stop: bool = True,
    ) -> Job:
        """Run `work` in the commands' thread; `done` or `failed` is called in the screen's, unless the job is abandoned."""
        job = Job(work, done, failed, over=self._forget)
        job.may_stop = may_stop
        self._under_way.add(job)
        if len(self._under_way) == 1:
            self.busy.emit(True)
        self._pool.start(_Run(job))
        return job

    def leave(self) -> None:
        """Stop what can be stopped; wait a moment for a command that is writing."""
        for job in tuple(self._under_way):
            if job.may_stop:
                job.abandon()
        self.left_behind = not self._pool.waitForDone(_LEAVE_MS)

    def _forget(self, job: Job) -> None:
        self._under_way.discard(job)
        self._last = job  # the commands' thread may not have let go of it: once another one has ended, it has
        if not self._under_way:
            self.busy.emit(False)
