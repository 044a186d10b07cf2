"""Questions that need only policy and dates, for all dates."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certcenter.core.taiwan import TAIPEI, parse_identity, to_taipei
from certcenter.institutions import rules
from certcenter.institutions.base import PasswordFailure, PasswordRule
from certcenter.institutions.branding import contrast
from certcenter.institutions.registry import load

REGISTRY = load()
BROWSER, HELPER, PFXDIR, CORPORATE = (
    REGISTRY.get(slug) for slug in ("sample", "demo", "example", "model-bank")
)

moments = st.datetimes(
    datetime(2020, 1, 1),  # noqa: DTZ001 - hypothesis wants naive bounds and adds the zone
    datetime(2080, 1, 1),  # noqa: DTZ001 - the same
    timezones=st.just(UTC),
)


def taipei(*parts):
    return datetime(*parts, tzinfo=TAIPEI)


@pytest.mark.spec("D1")
@given(moments)
def test_a_year_to_the_end_of_the_day(issued_at):
    for institution in (BROWSER, HELPER):
        not_before, not_after = rules.validity(institution, issued_at)
        assert not_before == issued_at.replace(microsecond=0) - timedelta(minutes=5)
        start, end = to_taipei(issued_at), to_taipei(not_after)
        assert (end.hour, end.minute, end.second, end.microsecond) == (23, 59, 59, 0)
        assert end.year == start.year + 1
        assert (end.month, end.day) == (
            (2, 28) if (start.month, start.day) == (2, 29) else (start.month, start.day)
        )


@pytest.mark.spec("D1")
@given(moments, moments)
def test_a_renewal_counts_from_the_old_end_or_from_its_issue(issued_at, old_end):
    old_end = old_end.replace(microsecond=0)
    assert rules.validity(BROWSER, issued_at, old_end) == rules.validity(BROWSER, issued_at)
    for institution in (PFXDIR, CORPORATE):
        _, not_after = rules.validity(institution, issued_at, old_end)
        local_old, local_new = to_taipei(old_end), to_taipei(not_after)
        assert local_new.time() == local_old.time()
        assert local_new.year == local_old.year + 1


@pytest.mark.spec("D1")
def test_the_29th_of_february_ends_on_the_28th():
    _, not_after = rules.validity(BROWSER, taipei(2028, 2, 29, 10, 0))
    assert not_after == taipei(2029, 2, 28, 23, 59, 59)
    # 16:30 UTC on the 28th is already the 29th in Taipei.
    assert rules.validity(BROWSER, datetime(2028, 2, 28, 16, 30, tzinfo=UTC))[1] == not_after


def test_the_window_of_m1():
    not_after = taipei(2022, 4, 25, 23, 59, 59)
    window = rules.renewal_window(BROWSER, taipei(2021, 4, 25, 9, 55, 31), not_after)
    assert window == (taipei(2022, 3, 26, 23, 59, 59), not_after)


def test_windows_of_the_other_profiles():
    start, end = taipei(2026, 3, 31, 16, 29, 1) - timedelta(days=365), taipei(2026, 3, 31, 16, 29, 1)
    month_before = taipei(2026, 2, 28, 16, 29, 1)
    assert rules.renewal_window(PFXDIR, start, end) == (month_before, end)
    assert rules.renewal_window(HELPER, start, end) == (end - timedelta(days=30), end + timedelta(days=30))
    assert rules.renewal_window(CORPORATE, start, end) == (end - timedelta(days=45), end)


@given(moments, st.integers(1, 800))
def test_a_window_never_begins_before_its_certificate(not_before, days):
    for institution in REGISTRY.all():
        not_after = not_before + timedelta(days=days)
        first, last = rules.renewal_window(institution, not_before, not_after)
        assert not_before <= first <= not_after <= last
        assert rules.in_renewal_window(institution, not_before, not_after, now=first)
        assert rules.in_renewal_window(institution, not_before, not_after, now=last)
        assert not rules.in_renewal_window(
            institution, not_before, not_after, now=last + timedelta(seconds=1)
        )
        assert not rules.in_renewal_window(
            institution, not_before, not_after, now=first - timedelta(seconds=1)
        )


def test_expiring_is_before_the_end_and_not_after_it():
    end = taipei(2026, 3, 31, 23, 59, 59)
    assert not rules.is_expiring(BROWSER, end, now=end - timedelta(days=31))
    assert rules.is_expiring(BROWSER, end, now=end - timedelta(days=29))
    assert rules.is_expiring(BROWSER, end, now=end)
    assert not rules.is_expiring(BROWSER, end, now=end + timedelta(seconds=1))


def test_subjects():
    person, company = parse_identity("A123456789"), parse_identity("04595257")
    assert rules.subject_common_name(BROWSER, person, 1) == "A123456789-00-000001"
    assert rules.subject_common_name(PFXDIR, person, 7) == "A123456789"
    assert rules.subject_common_name(CORPORATE, company, 3) == "04595257-00-000003"


@pytest.mark.spec("A6")
def test_file_names():
    end = taipei(2022, 4, 25, 23, 59, 59)
    assert rules.export_file_name(BROWSER, "A120786753", end) == "A120XXXX53-SAMPLE(2022-04-25).pfx"
    assert rules.export_file_name(HELPER, "A120786753", end) == "A120786753_DEMO.pfx"
    assert rules.export_file_name(PFXDIR, "A120786753", end) == "A120786753.pfx"


@pytest.mark.spec("A9")
@pytest.mark.parametrize(
    ("moment", "is_open"),
    [
        (taipei(2026, 11, 20, 8, 29, 59), False),
        (taipei(2026, 11, 20, 8, 30), True),
        (taipei(2026, 11, 20, 16, 59, 59), True),
        (taipei(2026, 11, 20, 17, 0), False),
        (taipei(2026, 11, 21, 10, 0), False),  # a Saturday
        (taipei(2026, 2, 17, 10, 0), False),  # Lunar New Year, a Tuesday
        (datetime(2026, 11, 20, 1, 0, tzinfo=UTC), True),
    ],
)
def test_business_hours(moment, is_open):
    assert rules.is_open(PFXDIR, PFXDIR.repair.hours, now=moment) is is_open


def test_what_staff_opened_ends_at_five():
    assert rules.closes_at(PFXDIR.repair.hours, now=taipei(2026, 11, 20, 9, 0)) == taipei(2026, 11, 20, 17, 0)


@pytest.mark.spec("E11", "F3")
@pytest.mark.parametrize(
    ("password", "failures"),
    [
        ("abc", [PasswordFailure.TOO_SHORT]),
        ("abcd1234EFGHx", [PasswordFailure.TOO_LONG]),
        ("Abc1", []),
        ("ab cd", [PasswordFailure.SYMBOLS]),
        ("密碼密碼", [PasswordFailure.SYMBOLS]),
        ("１２３４", [PasswordFailure.SYMBOLS]),
        ("a123456789", [PasswordFailure.IS_IDENTITY]),
        ("", [PasswordFailure.TOO_SHORT]),
    ],
)
def test_certificate_passwords(password, failures):
    assert list(BROWSER.key.password.failures(password, identity="A123456789")) == failures


def test_rules_are_said_as_the_manuals_say_them():
    assert BROWSER.key.password.describe().zh == "密碼請設定4~12碼，英文、數字皆可。"
    assert HELPER.key.password.describe().zh == "密碼請設定4~10碼，英文、數字皆可。"
    assert PFXDIR.key.password.describe().en == "Choose a password of 4 or more letters and digits."
    assert PasswordRule(min_length=6, max_length=6).describe().zh == "密碼請設定6碼，英文、數字皆可。"


def test_contrast_is_wcags():
    assert contrast("#ffffff", "#000000") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)
