"""The addresses on the staff's host."""

from django.urls import path

from certcenter.backoffice.views import approvals, audit, customers, session
from certcenter.portal.urls import common, handler400, handler403, handler404, handler500

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]

urlpatterns = [
    *common,
    path("", session.home, name="staff-home"),
    path("login/", session.login, name="staff-login"),
    path("logout/", session.logout, name="staff-logout"),
    path("session/", session.extend, name="staff-extend"),
    path("signed-out/", session.signed_out, name="staff-signed-out"),
    path("customers/", customers.search, name="staff-customers"),
    path("customers/<int:customer_id>/", customers.customer, name="staff-customer"),
    path("customers/<int:customer_id>/<slug:name>/", customers.operate, name="staff-operate"),
    path("approvals/", approvals.waiting, name="staff-approvals"),
    path("approvals/<uuid:approval_id>/", approvals.decide, name="staff-approval"),
    path("audit/", audit.events, name="staff-audit"),
    path("audit/verify/", audit.verify, name="staff-verify"),
    path("staff/", session.colleagues, name="staff-colleagues"),
    path("staff/<int:staff_id>/unlock/", session.unlock, name="staff-unlock"),
]
