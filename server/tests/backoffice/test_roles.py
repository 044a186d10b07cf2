"""Every role × every operation, by the page and by its address (SPEC D5)."""

import pytest
from django.urls import reverse

from certcenter.audit.models import AuditEvent
from certcenter.backoffice.operations import OPERATIONS
from certcenter.backoffice.roles import Right, rights_of
from certcenter.core.events import Event
from certcenter.identity.models import Role

pytestmark = pytest.mark.spec("D5")
URLS = "certcenter.backoffice.urls"

#: Written out by hand: what the firm's security officer would sign.
MAY = {
    "customer-service": {"unlock", "reset-limits", "open-redownload", "freeze", "force-change"},
    "registration-officer": {
        *("suspend", "resume", "revoke", "freeze", "thaw", "change-contact"),
        *("issue-slip", "void-slip", "open-redownload", "force-change", "separate", "counter-reissue"),
    },
    "auditor": set(),
    "administrator": set(),
}


def test_every_role_is_here():
    assert set(MAY) == set(Role.values)


def test_unknown_roles_may_nothing():
    assert rights_of(["root", ""]) == frozenset()


@pytest.mark.parametrize("role", MAY)
def test_the_matrix(signed_in, customer, role):
    client = signed_in(role)
    for name in OPERATIONS:
        address = reverse("staff-operate", URLS, [customer.pk, name])
        allowed = name in MAY[role]
        assert client.get(address).status_code == (200 if allowed else 403), (role, name)
        if not allowed:
            refused = AuditEvent.objects.order_by("-pk")[0]
            assert (refused.event, f'"right":"{name}"' in refused.details) == (Event.STAFF_REFUSED, True)
    assert client.get("/audit/").status_code == (200 if role == "auditor" else 403)
    assert client.get("/staff/").status_code == (200 if role == "administrator" else 403)


@pytest.mark.parametrize("role", MAY)
def test_who_sees_what(signed_in, customer, role):
    page = signed_in(role).get(f"/customers/{customer.pk}/").content.decode()
    clear = Right.SEE_CLEAR in rights_of([role])
    assert ("A123456789" in page) == clear
    assert ("1987-12-05" in page) == clear
    assert ("王小明" in page) == clear
    for never in ("0936123054", "christin@example.com", "1020-0324338"):
        assert never not in page


@pytest.mark.parametrize(
    "address", ["/", "/customers/", "/customers/1/", "/customers/1/freeze/", "/audit/", "/staff/"]
)
def test_strangers_are_sent_to_the_login(browser, customer, address):
    answer = browser().get(address)
    assert (answer.status_code, answer["Location"]) == (302, "/login/")


class TestOtherInstitutions:
    """Staff of one firm and customers of another."""

    def test_page_and_operation_do_not_exist(self, signed_in, customer):
        client = signed_in("registration-officer", institution="demo")
        assert client.get(f"/customers/{customer.pk}/").status_code == 404
        answer = client.post(f"/customers/{customer.pk}/freeze/", {"note": "reported stolen"})
        assert answer.status_code == 404
        customer.refresh_from_db()
        assert customer.frozen_at is None

    @pytest.mark.usefixtures("customer")
    def test_search_offers_and_takes_the_own_one_alone(self, signed_in):
        client = signed_in("registration-officer", institution="demo")
        assert b"sample" not in client.get("/customers/").content
        answer = client.post("/customers/", {"institution": "sample", "query": "A123456789"})
        assert answer.status_code == 422

    @pytest.mark.usefixtures("customer")
    def test_audit_shows_the_own_one_alone(self, signed_in):
        client = signed_in("auditor", institution="demo")
        page = client.get("/audit/").content.decode()
        assert "No events" in page
        assert "Verify" not in page
        assert client.post("/audit/verify/").status_code == 404


def test_a_colleague_who_left_is_signed_out_at_once(hire, browser):
    staff = hire("auditor")
    client = browser(staff)
    assert client.get("/").status_code == 200
    type(staff).objects.update(is_active=False)
    assert client.get("/").status_code == 302


@pytest.mark.spec("E7")
def test_a_new_password_ends_old_sessions(hire, browser):
    staff = hire("auditor")
    client = browser(staff)
    staff.set_password("another-Secret-2026")
    staff.save()
    assert client.get("/").status_code == 302


@pytest.mark.spec("E7")
def test_staff_pages_exist_on_their_own_host_alone(hire, browser):
    staff = hire("auditor")
    for host in ("sample.localhost", "127.0.0.1"):
        assert browser(staff, host=host).get("/audit/").status_code == 404
