"""The audit trail for auditors: its state, and the events by keyset."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from certcenter.audit import queries, sequencer, verifier
from certcenter.audit.models import Pending
from certcenter.backoffice.access import StaffRequest, staff_page
from certcenter.backoffice.pages import page
from certcenter.backoffice.roles import Right
from certcenter.core.errors import NotFound

PAGE = 50
#: More than this is a job for `certcenterctl audit verify`, not for a request.
VERIFIED_HERE = 50_000
_LONGEST_SUBJECT = 200


@require_safe
@staff_page(Right.AUDIT)
def events(request: StaffRequest) -> HttpResponse:
    """List events, newest first; an auditor of one institution sees that institution's."""
    before, subject = request.GET.get("before", ""), _subject(request)
    found = queries.page(
        subject=subject,
        institution=request.staff.institution or None,
        before=int(before) if before.isascii() and before.isdigit() and len(before) < 19 else None,  # noqa: PLR2004 - 64 bits
        limit=PAGE + 1,
    )
    older = urlencode({"subject": subject, "before": str(found[PAGE - 1].pk)}) if len(found) > PAGE else ""
    context = {"events": found[:PAGE], "older": older, "subject": subject, "state": _state(request)}
    return page(request, "backoffice/audit.html", context)


def _subject(request: StaffRequest) -> str:
    """Whose events are asked for; no subject holds a NUL, which PostgreSQL would not even compare."""
    return request.GET.get("subject", "").replace("\0", "").strip()[:_LONGEST_SUBJECT]


def _state(request: StaffRequest) -> dict[str, object] | None:
    """How far the history is sequenced, signed and verified; it is the whole centre's, so not for one institution's."""
    if request.staff.institution:
        return None
    remembered = verifier.remembered()
    return {
        "checkpoint": sequencer.latest_checkpoint(),
        "size": sequencer.head().size,
        "pending": Pending.objects.count(),
        "verified": remembered.tree.size if remembered else 0,
    }


@require_POST
@staff_page(Right.AUDIT)
def verify(request: StaffRequest) -> HttpResponse:
    """Verify what was added since the last clean run, if that is not too much for a request."""
    if request.staff.institution:
        raise NotFound
    since = verifier.remembered()
    if sequencer.head().size - (since.tree.size if since else 0) > VERIFIED_HERE:
        messages.warning(
            request, _("There is too much to verify here: run certcenterctl audit verify."), extra_tags="warn"
        )
        return redirect("staff-audit")
    report = verifier.verify(since=since)
    if report.clean:
        verifier.remember(report)
        words = _("The audit trail is in order: %(events)d events checked, %(size)d in all.")
        messages.success(request, words % {"events": report.events, "size": report.size}, extra_tags="ok")
        return redirect("staff-audit")
    return page(request, "backoffice/findings.html", {"report": report}, status=200)
