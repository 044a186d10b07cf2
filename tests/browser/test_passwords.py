"""The password centre in a real Chromium: the certificate of this browser signs for a withdrawal password (SPEC B6, E6)."""

import shutil

import pytest
from tests.support.customer import PASSWORD

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(300),
    pytest.mark.xdist_group("browser"),
    pytest.mark.skipif(shutil.which("chromium") is None, reason="chromium is not installed"),
]

FUTURES = """
from certcenter.identity.models import Account, Customer
owner = Customer.objects.get(institution="sample", national_id="{id}")
Account.objects.create(customer=owner, institution="sample", line="futures", branch="F002", number=f"{{owner.pk:07d}}")
"""
KINDS = """
from certcenter.passwords.models import Credential
print(sorted(Credential.objects.filter(customer__national_id="{id}", customer__institution="sample").values_list("kind", flat=True)))
"""


@pytest.mark.spec("B1", "B5", "B6", "E6")
def test_both_passwords_in_one_form_signed_for_by_this_browsers_certificate(visit, centre):
    with visit("none") as customer:
        customer.apply()
        centre.run(FUTURES.format(**customer.person))
        customer.open("/passwords/change/")
        page = customer.page
        page.fill("#id_old", customer.person["password"])
        page.fill("#id_new", "Marble44")
        page.fill("#id_confirm", "Marble4")
        assert page.locator("[data-rules=id_new] li.unmet").count() == 1
        page.fill("#id_confirm", "Marble44")
        assert page.locator("[data-rules=id_new] li.met").count() == 3
        page.check("#id_change_withdrawal")
        page.fill("#id_withdrawal_new", "Mk4821")
        page.fill("#id_withdrawal_confirm", "Mk4821")
        customer.shot("both")
        customer.press()
        asked = page.locator("#certificate-password")
        asked.or_(page.locator("main .say.ok")).first.wait_for(state="visible")
        if asked.count() and asked.is_visible():
            asked.fill(PASSWORD)
            customer.press()
        page.wait_for_url("**/passwords/changed/**")
        customer.says("變更成功", "The change was made")
        assert "['network', 'withdrawal']" in centre.run(KINDS.format(**customer.person))
