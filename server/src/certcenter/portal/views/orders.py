"""下單簽章: an order is built, shown as it will be signed, signed in the page, and verified by the centre (SPEC A15)."""

from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from certcenter.identity.models import Line
from certcenter.institutions.vocabulary import Function
from certcenter.portal import keys, menu
from certcenter.portal import render as rendering
from certcenter.portal.access import customer_page
from certcenter.portal.accounts import accounts as own_accounts
from certcenter.portal.site import CustomerRequest


@require_safe
@customer_page
def sign_order(request: CustomerRequest) -> HttpResponse:
    """The demonstration of signing; its calls go to the API, as a trading page's would."""
    menu.require(request.institution, Function.SIGN_ORDER)
    lines = dict(Line.choices)
    accounts = [
        {"value": each.display, "label": f"{each.masked} ({lines[each.line]})"}
        for each in own_accounts(request.customer)
    ]
    data = keys.page_data(request, overviewUrl=reverse("overview"))
    return rendering.page(
        request, "portal/sign_order.html", {"accounts": accounts}, script="sign-order", data=data
    )
