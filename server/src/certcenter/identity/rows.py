"""One customer as a file or a program gives it: parsed, normalised, checked; no database."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from certcenter.core import clock, taiwan
from certcenter.core.texts import Text
from certcenter.identity.models import CustomerKind, IdKind, Line, UserRole

#: The columns of the file, in the order of its template (docs/guides/customers-csv.md).
REQUIRED_COLUMNS = ("national_id", "name", "birth_date")
OPTIONAL_COLUMNS = ("phones", "emails", "accounts", "locale", "users")
COLUMNS = REQUIRED_COLUMNS + OPTIONAL_COLUMNS

_ACCOUNT = re.compile(r"([a-z-]+):([A-Z0-9]{1,8})-([A-Z0-9]{1,16})")
_USER = re.compile(r"([A-Za-z0-9]{2,20}):([^:;]{1,100}):([a-z+ ]*)")
_LOCALES = {"": "zh-hant", "zh": "zh-hant", "zh-hant": "zh-hant", "zh-tw": "zh-hant", "en": "en"}
_EARLIEST = date(1880, 1, 1)
_LONGEST_NAME = 100


class RowRefused(Exception):
    """A row can't be taken; `column` is at fault for `reason`."""

    def __init__(self, column: str, code: str, reason: Text) -> None:
        super().__init__(f"{column}: {code}")
        self.column = column
        self.code = code
        self.reason = reason


@dataclass(frozen=True, slots=True, order=True)
class AccountRow:
    """An account of a row."""

    line: Line
    branch: str
    number: str


@dataclass(frozen=True, slots=True)
class UserRow:
    """A company's user of a row; without a role the user is disabled."""

    code: str
    name: str
    roles: tuple[UserRole, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerRow:
    """A customer, checked. `accounts` and contacts are what the customer has: contacts left out are retired.

    Accounts and users that are left out stay.
    """

    national_id: str
    id_kind: IdKind
    kind: CustomerKind
    name: str
    birth_date: date
    phones: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    accounts: tuple[AccountRow, ...] = ()
    locale: str = "zh-hant"
    users: tuple[UserRow, ...] = ()

    @classmethod
    def parse(cls, columns: Mapping[str, str]) -> "CustomerRow":
        """Read a row of texts by column name. Raises RowRefused for the first column that is wrong."""
        identity = _identity(columns.get("national_id", ""))
        users = tuple(_user(text) for text in _several(columns.get("users", "")))
        if users and not identity.kind.is_company:
            raise RowRefused("users", "users-of-a-person", _NO_COMPANY)
        return cls(
            national_id=identity.value,
            id_kind=_ID_KINDS[identity.kind],
            kind=CustomerKind.COMPANY if identity.kind.is_company else CustomerKind.PERSON,
            name=_name(columns.get("name", "")),
            birth_date=_birth_date(columns.get("birth_date", "")),
            phones=tuple(phone(text) for text in _several(columns.get("phones", ""))),
            emails=tuple(email(text) for text in _several(columns.get("emails", ""))),
            accounts=tuple(_account(text) for text in _several(columns.get("accounts", ""))),
            locale=_locale(columns.get("locale", "")),
            users=users,
        )


_ID_KINDS = {
    taiwan.IdentityKind.NATIONAL_ID: IdKind.NATIONAL_ID,
    taiwan.IdentityKind.ARC: IdKind.ARC,
    taiwan.IdentityKind.OLD_ARC: IdKind.ARC,
    taiwan.IdentityKind.BUSINESS_ID: IdKind.BUSINESS_ID,
}


def _several(text: str) -> list[str]:
    parts = (taiwan.narrow(part) for part in text.replace("；", ";").split(";"))
    return list(dict.fromkeys(part for part in parts if part))


def _identity(text: str) -> taiwan.Identity:
    try:
        return taiwan.parse_identity(text)
    except taiwan.IdentityError as error:
        reason = _CHECKSUM if error.code == "identity-checksum" else _NO_IDENTITY
        raise RowRefused("national_id", error.code, reason) from None


def _name(text: str) -> str:
    name = " ".join(text.split())
    if not name:
        raise RowRefused("name", "name-missing", Text(zh="沒有姓名或公司名稱。", en="The name is missing."))
    if len(name) > _LONGEST_NAME or not name.isprintable():
        raise RowRefused(
            "name",
            "name-malformed",
            Text(
                zh="姓名超過 100 字或含有控制字元。",
                en="The name is over 100 characters or holds control characters.",
            ),
        )
    return name


def _birth_date(text: str) -> date:
    digits = taiwan.narrow(text).replace("-", "").replace("/", "")
    try:
        day = taiwan.parse_gregorian_date(digits)
    except taiwan.DateError as error:
        raise RowRefused("birth_date", error.code, _NO_DATE) from None
    if not _EARLIEST <= day <= taiwan.taipei_day(clock.now()):
        raise RowRefused("birth_date", "date-impossible", _NO_DATE)
    return day


def phone(text: str) -> str:
    """Return a normalised mobile number. Raises RowRefused."""
    try:
        return taiwan.parse_mobile(text)
    except taiwan.MobileError as error:
        reason = Text(
            zh="手機號碼須為 09 開頭的 10 位數字。", en="A mobile number has ten digits and begins with 09."
        )
        raise RowRefused("phones", error.code, reason) from None


def email(text: str) -> str:
    """Return an e-mail address. Raises RowRefused."""
    try:
        validate_email(text)
    except ValidationError:
        raise RowRefused(
            "emails", "email-malformed", Text(zh="電子郵件地址格式不正確。", en="This is no e-mail address.")
        ) from None
    return text


def _account(text: str) -> AccountRow:
    match = _ACCOUNT.fullmatch(text)
    if match is None or match[1] not in Line.values:
        lines = ", ".join(Line.values)
        raise RowRefused(
            "accounts",
            "account-malformed",
            Text(
                zh=f"帳號須寫成「業務別:分公司-帳號」，例如 securities:1020-0324338；業務別為 {lines}。",
                en=f"An account is written line:branch-number, such as securities:1020-0324338; lines are {lines}.",
            ),
        )
    return AccountRow(Line(match[1]), match[2], match[3])


def _user(text: str) -> UserRow:
    match = _USER.fullmatch(text)
    roles = [each.strip() for each in match[3].split("+") if each.strip()] if match else []
    if match is None or not match[2].strip() or not set(roles) <= set(UserRole.values):
        raise RowRefused("users", "user-malformed", _NO_USER)
    return UserRow(match[1].upper(), " ".join(match[2].split()), tuple(UserRole(each) for each in roles))


def _locale(text: str) -> str:
    try:
        return _LOCALES[text.strip().lower()]
    except KeyError:
        raise RowRefused(
            "locale", "locale-unknown", Text(zh="語言須為 zh-hant 或 en。", en="The locale is zh-hant or en.")
        ) from None


_CHECKSUM = Text(
    zh="身分證字號、居留證號或統一編號的檢查碼不正確。", en="The check digit of the identity number is wrong."
)
_NO_IDENTITY = Text(
    zh="不是身分證字號、居留證號或統一編號。", en="This is no national ID, ARC number or business ID."
)
_NO_DATE = Text(
    zh="日期須為西元年月日，例如 1987-12-05，且不得為未來日期。",
    en="The date is Gregorian, such as 1987-12-05, and not in the future.",
)
_NO_COMPANY = Text(zh="只有公司客戶可以有使用者。", en="Only companies have users.")
_NO_USER = Text(
    zh="使用者須寫成「代號:姓名:角色」，例如 M01:王小明:maker+checker；角色為 maker、checker、administrator，空白則停用。",
    en="A user is written code:name:roles, such as M01:Wang:maker+checker; roles are maker, checker, administrator; none disables.",
)
