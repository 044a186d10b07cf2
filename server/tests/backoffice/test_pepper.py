"""Staff's passwords are under the pepper too (SPEC E1)."""

import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher
from pydantic import SecretStr

from certcenter.identity.models import Staff

pytestmark = pytest.mark.spec("E1")


@pytest.fixture
def staff(sqlite_engine):
    from certcenter.core import clock

    found = Staff(username="chou", name="周", created_at=clock.now())
    found.set_password("staff-Secret-2026")
    found.save()
    return found


def test_without_the_pepper_a_staff_password_never_matches(staff, settings):
    assert staff.check_password("staff-Secret-2026")
    assert not staff.check_password("staff-Secret-2027")
    settings.CONFIG = settings.CONFIG.model_copy(update={"pepper": SecretStr("another" * 8)})
    assert not Staff.objects.get(pk=staff.pk).check_password("staff-Secret-2026")


def test_a_hash_from_before_the_pepper_is_renewed_at_login(staff):
    staff.password = Argon2PasswordHasher().encode("staff-Secret-2026", "0" * 22)
    staff.save()
    assert staff.check_password("staff-Secret-2026")
    assert Staff.objects.get(pk=staff.pk).password.startswith("argon2-peppered$")
    assert Staff.objects.get(pk=staff.pk).check_password("staff-Secret-2026")
