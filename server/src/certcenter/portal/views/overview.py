"""憑證查詢及申請: what the centre holds, what this browser holds, and what can be done now (SPEC A1, A2)."""

from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from certcenter.certificates import queries
from certcenter.certificates.policy import Action
from certcenter.certificates.queries import Overview
from certcenter.core import clock
from certcenter.identity import branches
from certcenter.institutions.policy import Institution
from certcenter.institutions.vocabulary import Function, HostStatus, KeyPlace, OnlineRevocation
from certcenter.portal import keys, menu
from certcenter.portal import render as rendering
from certcenter.portal.access import customer_page
from certcenter.portal.documents import announcements
from certcenter.portal.site import CustomerRequest

#: How each status is coloured; the word says the same.
TONES = {
    HostStatus.NONE: "idle",
    HostStatus.AWAITING: "warn",
    HostStatus.VALID: "ok",
    HostStatus.EXPIRING: "warn",
    HostStatus.EXPIRED: "bad",
    HostStatus.SUSPENDED: "bad",
    HostStatus.REVOKED: "bad",
}
#: Where each action of the overview leads.
_PAGES = {
    Action.APPLY: Function.APPLY,
    Action.RENEW: Function.RENEW,
    Action.DOWNLOAD: Function.REPAIR,
    Action.REVOKE: Function.REVOKE,
    Action.REDOWNLOAD: Function.REDOWNLOAD,
}
#: What the panel of this browser leads to.
_OFFERED = (
    Function.EXPORT,
    Function.IMPORT,
    Function.SIGN_ORDER,
    Function.SECURITY_SETTING,
    Function.PHONE_UPLOAD,
)
#: A certificate that was revoked has no life left to show.
_ALIVE = (HostStatus.VALID, HostStatus.EXPIRING, HostStatus.EXPIRED, HostStatus.SUSPENDED)
#: While the centre's certificate serves, a backup of it can be taken in.
_USABLE = (HostStatus.VALID, HostStatus.EXPIRING)
NEWS_SHOWN = 3


@require_safe
@customer_page
def overview(request: CustomerRequest) -> HttpResponse:
    """The table of manual M1 with both panels, the life of the certificate, and announcements."""
    institution, customer = request.institution, request.customer
    seen = queries.overview(customer)
    actions = [action.value for action in seen.actions if menu.has_page(institution, _PAGES[action])]
    context = {
        "host": seen.host,
        "application": seen.application,
        "status": seen.status,
        "word": institution.statuses.word(seen.status),
        "tone": TONES[seen.status],
        "window": seen.window,
        "life": life(seen.host.not_before, seen.host.not_after, seen.window, now=clock.now())
        if seen.host and seen.status in _ALIVE
        else None,
        "days_left": days_left(seen.host.not_after)
        if seen.host and seen.status is HostStatus.EXPIRING
        else None,
        "actions": actions,
        "first": actions[0] if actions else "",
        "in_browser": institution.key.place is KeyPlace.BROWSER,
        "with_helper": institution.with_helper,
        "offers": {
            function.value.replace("-", "_"): menu.has_page(institution, function) for function in _OFFERED
        },
        "may_import": seen.status in _USABLE,
        "revocations_left": seen.revocations_left,
        "revocation_limit": institution.revocation.yearly_limit,
        "used_up": institution.revocation.used_up_text()
        if _used_up(institution, seen.revocations_left)
        else None,
        "branches": branches.words(request.customer) if _asks_branch(institution, seen) else "",
        "news": announcements(institution.slug)[:NEWS_SHOWN],
        "now": clock.now(),
    }
    if not context["in_browser"]:
        return rendering.page(request, "portal/overview.html", context)
    data = keys.page_data(request, overview=seen)
    return rendering.page(request, "portal/overview.html", context, script="overview", data=data)


def _asks_branch(institution: Institution, seen: Overview) -> bool:
    """Whether the page sends the customer to the branch: which one stands there then."""
    staff_only = institution.revocation.online is not OnlineRevocation.REVOKE
    return seen.status is HostStatus.SUSPENDED or staff_only or _used_up(institution, seen.revocations_left)


def _used_up(institution: Institution, left: int) -> bool:
    return Action.REVOKE.value in {item.function.value for item in institution.menu.items} and left == 0


def days_left(end: datetime) -> int:
    """Whole days until `end`; 0 on the last day."""
    return max(0, (end - clock.now()).days)


def life(
    begin: datetime, end: datetime, window: tuple[datetime, datetime] | None, *, now: datetime
) -> dict[str, Any]:
    """Positions on the life bar, in hundredths of the certificate's life, from 0 to 100."""

    def at(moment: datetime) -> float:
        share = (moment - begin) / (end - begin) * 100
        return round(min(100.0, max(0.0, share)), 2)

    bar: dict[str, Any] = {"now": at(now), "begin": begin, "end": end}
    if window is not None:
        first, last = at(window[0]), at(window[1])
        bar |= {"window_at": first, "window_width": round(last - first, 2), "window": window}
    return bar
