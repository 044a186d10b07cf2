"""Pages that work with this browser's keys: the server gives rules and facts, the page's script does the rest."""

from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from certcenter.certificates import queries
from certcenter.certificates.policy import Action
from certcenter.core import clock
from certcenter.core.masks import mask_identity
from certcenter.institutions import rules
from certcenter.institutions.vocabulary import Function
from certcenter.portal import keys, menu
from certcenter.portal import render as rendering
from certcenter.portal.access import customer_page, institution_page
from certcenter.portal.context import VERSION
from certcenter.portal.site import CustomerRequest, InstitutionRequest


@require_safe
@customer_page
def export(request: CustomerRequest) -> HttpResponse:
    """憑證匯出備份: a PFX under a password of its own."""
    menu.require(request.institution, Function.EXPORT)
    institution, seen = request.institution, queries.overview(request.customer)
    policy = institution.export
    name = policy.file_name
    if seen.host is not None:
        name = rules.export_file_name(institution, request.customer.national_id, seen.host.not_after)
    context = {
        "masked_id": mask_identity(request.customer.national_id, star="X"),
        "name": name.removesuffix(".pfx"),
        "name_changeable": policy.name_changeable,
        "compatible_allowed": policy.compatible_allowed,
        "rule": institution.key.password.describe() if institution.key.password else None,
    }
    data = keys.page_data(request, overview=seen, fileName=name, overviewUrl=reverse("overview"))
    return rendering.page(request, "portal/export.html", context, script="export", data=data)


@require_safe
@customer_page
def import_(request: CustomerRequest) -> HttpResponse:
    """憑證匯入: take a backup into this browser."""
    menu.require(request.institution, Function.IMPORT)
    security, seen = request.institution.security, queries.overview(request.customer)
    ends = seen.host.not_after if seen.host else clock.now()
    context = {
        "masked_id": mask_identity(request.customer.national_id),
        "modes": [mode.value for mode in security.choices] if Function.IMPORT in security.asked_at else [],
        "mode": security.default.value if security.default else "",
        "example": rules.export_file_name(request.institution, request.customer.national_id, ends),
    }
    known = {each.serial: str(each.state) for each in queries.history(request.customer)}
    data = keys.page_data(request, overview=seen, known=known, overviewUrl=reverse("overview"))
    return rendering.page(request, "portal/import.html", context, script="import", data=data)


@require_safe
@customer_page
def data_check(request: CustomerRequest) -> HttpResponse:
    """憑證資料檢核: valid → export, none → import, invalid → remove (SPEC A8)."""
    menu.require(request.institution, Function.DATA_CHECK)
    seen = queries.overview(request.customer)
    window = seen.window
    context = {"masked_id": mask_identity(request.customer.national_id), "window": window}
    return rendering.page(
        request,
        "portal/data_check.html",
        context,
        script="data-check",
        data=keys.page_data(request, overview=seen),
    )


@require_safe
@customer_page
def repair(request: CustomerRequest) -> HttpResponse:
    """憑證修復: fetch the issued certificate for the key that waits in this browser (SPEC A9)."""
    menu.require(request.institution, Function.REPAIR)
    seen = queries.overview(request.customer)
    context = {
        "application": seen.application,
        "note": request.institution.repair.note,
        "may_revoke": Action.REVOKE in seen.actions,
        "seconds": request.institution.application.progress_seconds,
    }
    data = keys.page_data(request, overview=seen, overviewUrl=reverse("overview"))
    return rendering.page(request, "portal/repair.html", context, script="repair", data=data)


@require_safe
@customer_page
def security(request: CustomerRequest) -> HttpResponse:
    """安全性設定: when orders ask for the certificate password (SPEC A11)."""
    menu.require(request.institution, Function.SECURITY_SETTING)
    context = {"modes": [mode.value for mode in request.institution.security.choices]}
    data = keys.page_data(request, overviewUrl=reverse("overview"))
    return rendering.page(request, "portal/security.html", context, script="security", data=data)


@require_safe
@institution_page
def environment(request: InstitutionRequest) -> HttpResponse:
    """檢查電腦環境: also before signing in, when something does not work (SPEC A13)."""
    frame = "portal/customer.html" if request.customer is not None else "portal/visitor.html"
    policy = request.institution.environment
    wanted = {
        "chromium": policy.chromium,
        "firefox": policy.firefox,
        "safari": policy.safari,
        "clockSkewSeconds": policy.clock_skew_seconds,
        "screenWidth": policy.screen_width,
    }
    data = {"version": VERSION, "wanted": wanted}
    return rendering.page(
        request, "portal/environment.html", {"frame": frame}, script="environment", data=data
    )
