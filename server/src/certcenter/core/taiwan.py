"""Rules of the place (SPEC F1–F3): identity numbers, ROC dates, Taipei's calendar, mobile numbers.

Pure functions. Whatever a person typed comes in as text; what comes out is normalised, or a `RuleError` with a code.
"""

import calendar
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

TAIPEI = ZoneInfo("Asia/Taipei")

ROC_EPOCH = 1911
"""Year 1 of the Republic is 1912: Gregorian year = ROC year + 1911."""


class RuleError(ValueError):
    """A typed value breaks a rule of the place; `code` says which."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class IdentityError(RuleError):
    """Codes: `identity-malformed` (no known form), `identity-checksum` (form right, check digit wrong)."""


class DateError(RuleError):
    """Codes: `date-malformed` (wrong number of digits), `date-impossible` (no such day)."""


class MobileError(RuleError):
    """Code: `mobile-malformed`."""


# --- Characters -------------------------------------------------------------------------------------------------

_FULL_WIDTH = {0xFF01 + offset: 0x21 + offset for offset in range(94)} | {0x3000: 0x20}
_FULL_WIDTH_DIGITS = {0xFF10 + digit: 0x30 + digit for digit in range(10)}
# str.upper() would turn 'ı' into 'I' and 'ſ' into 'S': only ASCII letters may change.
_UPPER = {code: code - 32 for code in range(ord("a"), ord("z") + 1)}


def narrow(text: str) -> str:
    """`text` with full-width forms (Ａ１－) as ASCII, without surrounding white space."""
    return text.translate(_FULL_WIDTH).strip()


def narrow_digits(text: str) -> str:
    """`text` with full-width digits as ASCII digits, for codes and dates (SPEC F3); never use it on a password."""
    return text.translate(_FULL_WIDTH_DIGITS).strip()


# --- Identity numbers (F1, F2) ----------------------------------------------------------------------------------


class IdentityKind(StrEnum):
    """The four kinds of number by which a customer is known."""

    NATIONAL_ID = "national-id"
    ARC = "arc"
    OLD_ARC = "old-arc"
    BUSINESS_ID = "business-id"

    @property
    def is_company(self) -> bool:
        """Companies give a registration date where persons give a birth date."""
        return self is IdentityKind.BUSINESS_ID


@dataclass(frozen=True, slots=True)
class Identity:
    """A checked identity number in its normal form: ASCII, capitals."""

    kind: IdentityKind
    value: str

    def __str__(self) -> str:
        return self.value


_LETTERS = "ABCDEFGHJKLMNPQRSTUVXYWZIO"
_LETTER_CODES = {letter: code for code, letter in enumerate(_LETTERS, start=10)}
_PERSON_WEIGHTS = (1, 9, 8, 7, 6, 5, 4, 3, 2, 1, 1)
_BUSINESS_WEIGHTS = (1, 2, 1, 2, 1, 2, 4, 1)
_FORMS = {
    IdentityKind.NATIONAL_ID: re.compile(r"[A-Z][12][0-9]{8}"),
    IdentityKind.ARC: re.compile(r"[A-Z][89][0-9]{8}"),
    IdentityKind.OLD_ARC: re.compile(r"[A-Z][A-D][0-9]{8}"),
    IdentityKind.BUSINESS_ID: re.compile(r"[0-9]{8}"),
}


def parse_identity(text: str) -> Identity:
    """The identity number in `text`, whatever its case and width (SPEC F1, F2).

    Raises IdentityError: `identity-malformed`, `identity-checksum`.
    """
    value = narrow(text).translate(_UPPER)
    for kind, form in _FORMS.items():
        if form.fullmatch(value):
            check = _business_id_checks if kind is IdentityKind.BUSINESS_ID else _person_id_checks
            if not check(value):
                raise IdentityError("identity-checksum", "The check digit of the identity number is wrong.")
            return Identity(kind, value)
    raise IdentityError("identity-malformed", "This is no national ID, ARC number or business ID.")


def _person_id_checks(value: str) -> bool:
    first = _LETTER_CODES[value[0]]
    # In an old ARC number the second letter stands for the units digit of its code.
    second = _LETTER_CODES[value[1]] % 10 if value[1].isalpha() else int(value[1])
    digits = (first // 10, first % 10, second, *map(int, value[2:]))
    return sum(digit * weight for digit, weight in zip(digits, _PERSON_WEIGHTS, strict=True)) % 10 == 0


def _business_id_checks(value: str) -> bool:
    products = (int(digit) * weight for digit, weight in zip(value, _BUSINESS_WEIGHTS, strict=True))
    total = sum(product // 10 + product % 10 for product in products)
    # 7 × 4 = 28, 2 + 8 = 10: either digit of that 10 may be counted, hence the second chance.
    return total % 5 == 0 or (value[6] == "7" and (total + 1) % 5 == 0)


# --- Dates (F3) -------------------------------------------------------------------------------------------------


def parse_roc_date(text: str) -> date:
    """The date in six or seven ROC digits, such as 761205 or 1110422; full-width digits are accepted.

    Raises DateError: `date-malformed`, `date-impossible` (year 0 too).
    """
    digits = narrow_digits(text)
    if not re.fullmatch(r"[0-9]{6,7}", digits):
        raise DateError(
            "date-malformed", "Type the date as six or seven digits of the ROC calendar, such as 761205."
        )
    year = int(digits[:-4])
    if year == 0:
        raise DateError("date-impossible", "The ROC calendar has no year 0.")
    return _date(year + ROC_EPOCH, digits[-4:])


def parse_gregorian_date(text: str) -> date:
    """The date in eight Gregorian digits, such as 20020201; full-width digits are accepted.

    Raises DateError: `date-malformed`, `date-impossible`.
    """
    digits = narrow_digits(text)
    if not re.fullmatch(r"[0-9]{8}", digits):
        raise DateError("date-malformed", "Type the date as eight digits, such as 20020201.")
    return _date(int(digits[:4]), digits[4:])


def _date(year: int, month_and_day: str) -> date:
    try:
        return date(year, int(month_and_day[:2]), int(month_and_day[2:]))
    except ValueError as error:
        raise DateError("date-impossible", "There is no such day.") from error


def _roc_year(day: date) -> int:
    year = day.year - ROC_EPOCH
    if year < 1:
        raise DateError("date-impossible", "The ROC calendar begins in 1912.")
    return year


def format_roc_date(day: date) -> str:
    """`day` as six or seven ROC digits: 1987-12-05 is 761205. The inverse of `parse_roc_date`."""
    return f"{_roc_year(day):02d}{day:%m%d}"


def roc_date_in_words(day: date) -> str:
    """`day` as consents write it: 2022-04-22 is 111年4月22日."""
    return f"{_roc_year(day)}年{day.month}月{day.day}日"


def add_years(moment: datetime, years: int) -> datetime:
    """The same wall-clock moment `years` later; 29 February becomes the 28th where the year has none (SPEC D1)."""
    return add_months(moment, years * 12)


def add_months(moment: datetime, months: int) -> datetime:
    """The same wall-clock moment `months` later (or earlier), clipped to the month's last day."""
    year, month0 = divmod(moment.year * 12 + moment.month - 1 + months, 12)
    last_day = calendar.monthrange(year, month0 + 1)[1]
    return moment.replace(year=year, month=month0 + 1, day=min(moment.day, last_day))


# --- Taipei's clock ---------------------------------------------------------------------------------------------


def to_taipei(moment: datetime) -> datetime:
    """`moment` on Taipei's clock. Raises ValueError for a naive datetime."""
    if moment.tzinfo is None:
        raise ValueError("A moment must carry its time zone.")
    return moment.astimezone(TAIPEI)


def taipei_day(moment: datetime) -> date:
    """The day that it is in Taipei at `moment`."""
    return to_taipei(moment).date()


def taipei_year(moment: datetime) -> int:
    """The calendar year that it is in Taipei at `moment` (yearly limits, SPEC A5)."""
    return to_taipei(moment).year


def taipei_midnight(day: date) -> datetime:
    """The moment, in UTC, at which `day` begins in Taipei."""
    return datetime.combine(day, time.min, TAIPEI).astimezone(UTC)


def end_of_taipei_day(day: date) -> datetime:
    """23:59:59 of `day` in Taipei, in UTC."""
    return taipei_midnight(day) + timedelta(hours=23, minutes=59, seconds=59)


# --- Mobile numbers (F4) ----------------------------------------------------------------------------------------


def parse_mobile(text: str) -> str:
    """The mobile number in `text`, such as 0936123054; hyphens and spaces may part it.

    Raises MobileError: `mobile-malformed`.
    """
    number = re.sub(r"[ -]", "", narrow(text))
    if not re.fullmatch(r"09[0-9]{8}", number):
        raise MobileError("mobile-malformed", "A mobile number has ten digits and begins with 09.")
    return number
