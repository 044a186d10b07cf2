"""SPEC F1–F3: identity numbers, dates, Taipei's calendar."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from certcenter.core import taiwan
from certcenter.core.taiwan import IdentityKind, parse_identity

FULL_WIDTH = str.maketrans({chr(code): chr(code + 0xFEE0) for code in range(0x21, 0x7F)})
LETTERS = "ABCDEFGHJKLMNPQRSTUVXYWZIO"

moments = st.datetimes(
    datetime(1990, 1, 1),  # noqa: DTZ001 - hypothesis wants naive bounds and adds the zone
    datetime(2090, 1, 1),  # noqa: DTZ001 - the same
    timezones=st.just(UTC),
)


def with_check_digit(head: str) -> str:
    """The one completion of nine characters that F1's sum accepts, found by trying all ten."""
    found = [head + str(digit) for digit in range(10) if accepted(head + str(digit))]
    assert len(found) == 1
    return found[0]


def accepted(text: str) -> bool:
    try:
        parse_identity(text)
    except taiwan.IdentityError as error:
        return error.code != "identity-checksum"
    return True


def person_heads(second: str) -> st.SearchStrategy[str]:
    return st.builds(
        "".join, st.tuples(st.sampled_from(LETTERS), st.sampled_from(second), st.from_regex(r"\A[0-9]{7}\Z"))
    )


@pytest.mark.spec("F1", "F2")
@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("A123456789", IdentityKind.NATIONAL_ID),
        ("A800000014", IdentityKind.ARC),
        ("04595257", IdentityKind.BUSINESS_ID),
        ("04595252", IdentityKind.BUSINESS_ID),
    ],
)
def test_the_examples_of_the_spec(text, kind):
    assert parse_identity(text) == taiwan.Identity(kind, text)


@pytest.mark.spec("F1")
def test_old_arc_number_counts_the_units_digit_of_its_second_letter():
    # A=10, D=13 → 3: 1·1 + 0·9 + 3·8 + 0 + … + check digit ≡ 0, so the check digit is 5.
    assert parse_identity("AD00000005").kind is IdentityKind.OLD_ARC


@pytest.mark.spec("F1")
@pytest.mark.parametrize("second", ["12", "89", "ABCD"])
@given(data=st.data())
def test_one_check_digit_in_ten_and_each_single_slip_is_seen(second, data):
    value = with_check_digit(data.draw(person_heads(second)))
    # Their weights 7, 3, 1, 1 share no factor with 10; a slip under 6, 5, 4 or 2 may escape the sum.
    position = data.draw(st.sampled_from([2, 6, 8, 9]))
    slip = data.draw(st.sampled_from("0123456789"))
    assume(slip != value[position])
    assert not accepted(value[:position] + slip + value[position + 1 :])


@pytest.mark.spec("F1", "F3")
@given(head=person_heads("1289ABCD"))
def test_case_width_and_white_space_do_not_matter(head):
    value = with_check_digit(head)
    assert parse_identity(f" {value.lower()}\t").value == value
    assert parse_identity(f"\u3000{value.translate(FULL_WIDTH)}").value == value


@pytest.mark.spec("F2")
@given(st.from_regex(r"\A[0-9]{8}\Z"))
def test_business_id_by_the_rule_written_out(value):
    digits = [
        int(each)
        for each in "".join(str(int(d) * w) for d, w in zip(value, (1, 2, 1, 2, 1, 2, 4, 1), strict=True))
    ]
    total = sum(digits)
    # Written as digits of products, the 7th digit 7 gives 2 + 8 = 10, whose own digits F2 lets count as 1 (or 0).
    valid = total % 5 == 0 or (value[6] == "7" and (total + 1) % 5 == 0)
    assert accepted(value) == valid


@pytest.mark.spec("F1", "F2", "E10")
@given(st.text(max_size=12))
def test_whatever_is_typed_is_an_identity_or_a_coded_refusal(text):
    code = ""
    try:
        identity = parse_identity(text)
    except taiwan.IdentityError as error:
        code = error.code
    else:
        assert identity.value.isascii()
        assert parse_identity(identity.value) == identity
    assert code in {"", "identity-malformed", "identity-checksum"}


@pytest.mark.parametrize(
    "text", ["", "A12345678", "A323456789", "ı123456789", "٠٤٥٩٥٢٥٧", "A1234567890", "A123 456789"]
)
def test_no_known_form(text):
    with pytest.raises(taiwan.IdentityError) as caught:
        parse_identity(text)
    assert caught.value.code == "identity-malformed"


@pytest.mark.spec("F3")
@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("761205", date(1987, 12, 5)),
        ("0761205", date(1987, 12, 5)),
        ("1110422", date(2022, 4, 22)),
        ("７６１２０５", date(1987, 12, 5)),
        ("890229", date(2000, 2, 29)),
        ("010101", date(1912, 1, 1)),
    ],
)
def test_roc_dates(text, day):
    assert taiwan.parse_roc_date(text) == day


@pytest.mark.spec("F3")
@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("000101", "date-impossible"),
        ("0000101", "date-impossible"),
        ("880229", "date-impossible"),
        ("761305", "date-impossible"),
        ("19871205", "date-malformed"),
        ("76125", "date-malformed"),
        ("76/12/05", "date-malformed"),
        ("٧٦١٢٠٥", "date-malformed"),
        ("", "date-malformed"),
    ],
)
def test_no_roc_date(text, code):
    with pytest.raises(taiwan.DateError) as caught:
        taiwan.parse_roc_date(text)
    assert caught.value.code == code


@pytest.mark.spec("F3")
@given(st.dates(date(1912, 1, 1), date(2900, 12, 31)))
def test_roc_dates_come_back(day):
    assert taiwan.parse_roc_date(taiwan.format_roc_date(day)) == day
    assert taiwan.parse_roc_date(taiwan.format_roc_date(day).translate(FULL_WIDTH)) == day
    assert taiwan.roc_date_in_words(day) == f"{day.year - 1911}年{day.month}月{day.day}日"


def test_no_roc_date_before_the_republic():
    with pytest.raises(taiwan.DateError):
        taiwan.format_roc_date(date(1911, 12, 31))


@pytest.mark.spec("F3")
@given(st.dates())
def test_gregorian_dates_come_back(day):
    assert taiwan.parse_gregorian_date(f"{day.year:04d}{day:%m%d}".translate(FULL_WIDTH)) == day


@pytest.mark.spec("F3")
@pytest.mark.parametrize(
    ("text", "code"),
    [("761205", "date-malformed"), ("20230229", "date-impossible"), ("00000101", "date-impossible")],
)
def test_no_gregorian_date(text, code):
    with pytest.raises(taiwan.DateError) as caught:
        taiwan.parse_gregorian_date(text)
    assert caught.value.code == code


@pytest.mark.spec("F3")
def test_a_day_ends_at_midnight_in_taipei():
    evening = datetime(2026, 11, 20, 15, 59, 59, tzinfo=UTC)
    assert taiwan.taipei_day(evening) == date(2026, 11, 20)
    assert taiwan.taipei_day(evening + timedelta(seconds=1)) == date(2026, 11, 21)
    assert taiwan.taipei_midnight(date(2026, 11, 21)) == datetime(2026, 11, 20, 16, tzinfo=UTC)
    assert taiwan.taipei_year(datetime(2026, 12, 31, 16, tzinfo=UTC)) == 2027


@pytest.mark.spec("F3")
@given(moments)
def test_next_midnight_is_the_first_moment_of_tomorrow(moment):
    midnight = taiwan.taipei_midnight(taiwan.taipei_day(moment) + timedelta(days=1))
    assert moment < midnight <= moment + timedelta(days=1)
    assert taiwan.taipei_day(midnight) == taiwan.taipei_day(moment) + timedelta(days=1)
    assert taiwan.end_of_taipei_day(taiwan.taipei_day(moment)) == midnight - timedelta(seconds=1)


def test_a_moment_without_zone_is_refused():
    with pytest.raises(ValueError, match="time zone"):
        taiwan.to_taipei(datetime(2026, 1, 1))  # noqa: DTZ001 - a naive one is what is refused


@given(moments, st.integers(-600, 600))
def test_months_are_clipped_and_nothing_else_changes(moment, months):
    later = taiwan.add_months(moment, months)
    assert (later.year * 12 + later.month) - (moment.year * 12 + moment.month) == months
    assert later.time() == moment.time()
    assert later.day == moment.day or (later.day < moment.day and (later + timedelta(days=1)).day == 1)


@pytest.mark.spec("F4")
@given(st.from_regex(r"\A09[0-9]{8}\Z"))
def test_mobile_numbers(number):
    assert taiwan.parse_mobile(f" {number[:4]}-{number[4:7]} {number[7:]} ".translate(FULL_WIDTH)) == number


@pytest.mark.spec("F4")
@pytest.mark.parametrize("text", ["", "091234567", "0223456789", "+886912345678", "09123456789"])
def test_no_mobile_number(text):
    with pytest.raises(taiwan.MobileError) as caught:
        taiwan.parse_mobile(text)
    assert caught.value.code == "mobile-malformed"
