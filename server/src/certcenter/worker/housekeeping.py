"""What has served its time and holds no history is deleted: codes, idle sources, counters, messages that were sent.

History (audit, consents, applications, certificates, evidence) is never touched here (SPEC D6).
"""

from datetime import timedelta

from certcenter.certificates import procedures
from certcenter.core import clock, gates, limits
from certcenter.identity import approvals, sessions
from certcenter.otp import actions as codes
from certcenter.outbox import actions as outbox
from certcenter.passwords import sources
from certcenter.recovery import flows

#: Short-lived things stay so long after their end, for whoever asks the customer service today.
KEPT = timedelta(days=7)
#: Counted limits: the longest period is a calendar year (SPEC A5).
LIMITS_KEPT = timedelta(days=400)
SESSIONS_AT_ONCE = 1000


def run_once() -> int:
    """Delete; return 0, so that the loop never waits for this job to find nothing."""
    before = clock.now() - KEPT
    codes.purge(before=before)
    procedures.purge(before=before)
    flows.purge(before=before)
    sources.purge()
    gates.purge(subject_prefix="nobody:", before=before)
    limits.purge(before=clock.now() - LIMITS_KEPT)
    outbox.purge(before=before)
    sessions.clear_ended(limit=SESSIONS_AT_ONCE)
    approvals.end_late(limit=SESSIONS_AT_ONCE)
    return 0
