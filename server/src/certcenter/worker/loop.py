"""The background loops: each job is a `run_once` of its room; one failing job never stops the others.

Issuing has a lane, that is a thread with its own database connection: a customer who waits for a certificate does not
wait for other people's messages.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from threading import Event as Flag
from threading import Thread

from django.db import close_old_connections, connections

from certcenter.audit import sequencer
from certcenter.certificates import authority, checking, issuing, mail_signers, reminders
from certcenter.notifications import tasks as notification_tasks
from certcenter.outbox import dispatcher, wake
from certcenter.recovery import tasks as recovery_tasks
from certcenter.transfers import actions as transfers
from certcenter.worker import housekeeping

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Job:
    """One piece of background work; `run` returns how much it did.

    `every`: seconds between two looks; 0 is whenever something was committed. `pause`: seconds from one run that found work
    to the next, so that what comes meanwhile is done together; who comes to an idle worker does not wait.
    """

    name: str
    run: Callable[[], int]
    every: float = 0.0
    pause: float = 0.0


#: Imported for their outbox handlers.
HANDLERS = (checking, notification_tasks, recovery_tasks)
ISSUING = (Job("issuing", issuing.run_once, pause=0.01),)
REST = (
    Job("outbox", dispatcher.run_once, pause=0.05),
    Job("audit", sequencer.run_once, 0.5),
    Job("transfers", transfers.expire, 5.0),
    Job("reminders", reminders.run_once, 300.0),
    Job("authorities", authority.maintain, 3600.0),
    Job("mail-signers", mail_signers.maintain, 3600.0),
    Job("housekeeping", housekeeping.run_once, 3600.0),
)
JOBS = ISSUING + REST
_SELDOM = 1.0
#: The longest sleep: an entry whose wake-up was lost is found after this time.
NAP = 0.5


def run_for_ever(stop: Flag) -> None:
    """Run the jobs until `stop` is set; sleep while nothing waits, woken by commits."""
    beside = Thread(target=_lane, args=(REST, stop), name="rest")
    beside.start()
    try:
        _lane(ISSUING, stop)
    finally:
        stop.set()
        beside.join()


def until_idle(*, rounds: int = 10_000) -> None:
    """Run the jobs until none of them finds anything to do. For tests, the demo's set-up and `worker --once`.

    What looks around seldom has its turn when the others rest.
    """
    often = [job for job in JOBS if job.every < _SELDOM]
    seldom = [job for job in JOBS if job.every >= _SELDOM]
    for _ in range(rounds):
        if not (sum(job.run() for job in often) or sum(job.run() for job in seldom)):
            return
    raise RuntimeError("background work does not come to rest")


def _lane(jobs: tuple[Job, ...], stop: Flag) -> None:
    due = dict.fromkeys((job.name for job in jobs), 0.0)
    try:
        with wake.Waiter() as waiter:
            while not stop.is_set():
                if sum(_run(job, due) for job in jobs):
                    continue
                pause = max(due[job.name] for job in jobs if not job.every) - time.monotonic()
                if pause > 0:
                    time.sleep(pause)
                else:
                    waiter.wait(NAP)
    finally:
        stop.set()  # a lane that cannot run at all ends the worker, so that it is started anew
        connections.close_all()


def _run(job: Job, due: dict[str, float]) -> int:
    if time.monotonic() < due[job.name]:
        return 0
    began = time.monotonic()
    due[job.name] = began + job.every
    try:
        done = job.run()
    except Exception:  # noqa: BLE001 - a failing job is logged and tried again; the others go on
        _log.exception("job %s failed", job.name)
        due[job.name] = time.monotonic() + 1.0
        close_old_connections()
        return 0
    if done and job.pause:
        due[job.name] = began + job.pause
    return done
