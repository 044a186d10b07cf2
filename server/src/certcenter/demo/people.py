"""The demo's customers: invented people and companies with every kind of number and every certificate status.

Names, numbers and addresses are made up; the telephone numbers and example.com addresses reach nobody.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Life(StrEnum):
    """What the demo does with a customer's certificate before you come."""

    NONE = "none"
    WAITING = "waiting"
    VALID = "valid"
    EXPIRING = "expiring"
    EXPIRED = "expired"
    SUSPENDED = "suspended"
    REVOKED = "revoked"


@dataclass(frozen=True, kw_only=True, slots=True)
class Person:
    """One demo customer; the columns are those of `certcenterctl customers import`."""

    national_id: str
    name: str
    birth_date: str
    phone: str = ""
    email: str = ""
    accounts: str
    life: Life = Life.NONE
    locale: str = "zh-hant"
    #: A company's users, as the import file has them.
    users: str = ""
    note: str
    #: Each account has its own login password (不歸戶); the last one another than `PASSWORD`.
    separate: bool = False

    def columns(self) -> dict[str, str]:
        """The row as the import file has it."""
        return {
            "national_id": self.national_id,
            "name": self.name,
            "birth_date": self.birth_date,
            "phones": self.phone,
            "emails": self.email,
            "accounts": self.accounts,
            "locale": self.locale,
            "users": self.users,
        }


#: The login password of every demo customer (SPEC B1: 7–10 letters and digits), and the password of the demo's PFX files.
PASSWORD: Final = "demo2026"  # noqa: S105 - printed at each start
SEPARATE_PASSWORD: Final = "separate26"  # noqa: S105 - printed at each start
STAFF_PASSWORD: Final = "demo-staff-2026"  # noqa: S105 - printed at each start
PFX_PASSWORD: Final = "backup26"  # noqa: S105 - printed at each start

CUSTOMERS: Final[dict[str, tuple[Person, ...]]] = {
    "sample": (
        Person(
            national_id="A123456789", name="王三豐", birth_date="1987-12-05", phone="0936000054",
            email="wang.sanfeng@example.com", accounts="securities:1020-0324338; futures:F002-9000545",
            note="no certificate yet: apply here first",
        ),
        Person(
            national_id="B220000000", name="陳美玲", birth_date="1990-02-28", phone="0912000001",
            email="meiling@example.com", accounts="securities:1020-0324339", life=Life.VALID,
            note="valid certificate, its backup file is in the demo folder",
        ),
        Person(
            national_id="C120000009", name="林志明", birth_date="1975-06-15", phone="0912000002",
            email="lin.zm@example.com", accounts="securities:1020-0324340; sub-brokerage:S001-0000340",
            life=Life.EXPIRING, note="certificate ends soon: renew",
        ),
        Person(
            national_id="D220000002", name="黃淑芬", birth_date="1968-11-30", phone="0912000003",
            accounts="securities:1030-0001122", life=Life.EXPIRED, note="certificate has ended: apply again",
        ),
        Person(
            national_id="E120000001", name="張家豪", birth_date="1982-03-08", phone="0912000004",
            email="jiahao@example.com", accounts="securities:1030-0001123", life=Life.REVOKED,
            note="certificate revoked online once this year",
        ),
        Person(
            national_id="F220000004", name="李雅婷", birth_date="1995-09-21", email="yating@example.com",
            accounts="securities:1030-0001124", life=Life.SUSPENDED, note="certificate suspended by staff",
        ),
        Person(
            national_id="G120000003", name="吳宗翰", birth_date="1979-01-17", phone="0912000006",
            email="zonghan@example.com", accounts="securities:1040-0007001", life=Life.WAITING,
            note="issued, never installed, its key is on no device here: revoke and apply",
        ),
        Person(
            national_id="H220000006", name="劉怡君", birth_date="2000-02-29", phone="0912000007",
            email="yijun@example.com", accounts="securities:1040-0007002; wealth:W100-0000077",
            note="born on 29 February",
        ),
        Person(
            national_id="A800000014", name="Maria Santos", birth_date="1992-07-04", phone="0912000008",
            email="maria.santos@example.com", accounts="securities:1020-0324777", locale="en",
            note="resident with an ARC number, reads English",
        ),
        Person(
            national_id="04595257", name="晨光精密股份有限公司", birth_date="1998-04-20", phone="0912000009",
            email="finance@chenguang.example.com", accounts="securities:1020-0900001; futures:F002-0900001",
            note="company: gives its registration date",
        ),
        Person(
            national_id="04595252", name="山海文化有限公司", birth_date="2011-10-01", email="office@shanhai.example.com",
            accounts="securities:1020-0900002; stock-agency:A001-0900002", life=Life.VALID,
            note="company with a valid certificate",
        ),
        Person(
            national_id="J120000005", name="蔡承恩", birth_date="1988-08-08", accounts="securities:1050-0000042",
            note="no contact on file: is sent to the branch",
        ),
    ),
    "demo": (
        Person(
            national_id="A123456789", name="王三豐", birth_date="1987-12-05", phone="0936000054",
            email="wang.sanfeng@example.com", accounts="securities:9A10-0324338; futures:F020-0071234",
            note="customer of the desktop helper's profile",
        ),
        Person(
            national_id="B220000000", name="陳美玲", birth_date="1990-02-28", phone="0912000001",
            email="meiling@example.com", separate=True,
            accounts="securities:9A10-0324339; futures:F020-0071235; sub-brokerage:9A20-0012345",
            note="separate passwords (password centre); the sub-brokerage account's is separate26",
        ),
        Person(
            national_id="C120000009", name="林志明", birth_date="1975-06-15", phone="0912000002",
            email="lin.zm@example.com", accounts="securities:9A10-0324340", life=Life.EXPIRING,
            note="certificate ends soon, its backup file is in the demo folder: import and renew",
        ),
        Person(
            national_id="F220000004", name="李雅婷", birth_date="1995-09-21", phone="0912000005",
            email="yating@example.com", accounts="securities:9A10-0000001", life=Life.VALID,
            note="valid certificate, its backup file is in the demo folder",
        ),
        Person(
            national_id="G120000003", name="吳宗翰", birth_date="1979-01-17", phone="0912000006",
            email="zonghan@example.com", accounts="securities:9A10-0000002", life=Life.WAITING,
            note="issued, never installed, its key is on no device here: revoke and apply",
        ),
        Person(
            national_id="D220000002", name="黃淑芬", birth_date="1968-11-30", phone="0912000003",
            accounts="securities:9A10-0000003", life=Life.EXPIRED,
            note="certificate ended more than 30 days ago: apply again",
        ),
        Person(
            national_id="E120000001", name="張家豪", birth_date="1982-03-08", phone="0912000004",
            email="jiahao@example.com", accounts="securities:9A10-0000004", life=Life.REVOKED,
            note="certificate revoked online once this year",
        ),
        Person(
            national_id="J120000005", name="蔡承恩", birth_date="1988-08-08", accounts="securities:9A10-0000042",
            note="no contact on file: is sent to the branch",
        ),
    ),
    "example": (
        Person(
            national_id="B220000000", name="陳美玲", birth_date="1990-02-28", phone="0912000001",
            email="meiling@example.com", accounts="securities:5850-0012345",
            note="customer of the PFX-directory profile; the password slip from the counter is in demo.json",
        ),
        Person(
            national_id="C120000009", name="林志明", birth_date="1975-06-15", phone="0912000002",
            email="lin.zm@example.com", accounts="securities:5850-0012346", life=Life.EXPIRING,
            note="certificate ends soon, its backup file is in the demo folder: import and renew",
        ),
        Person(
            national_id="A123456789", name="王三豐", birth_date="1987-12-05", phone="0936000054",
            email="wang.sanfeng@example.com", accounts="securities:5850-0000001", life=Life.VALID,
            note="valid certificate, its backup file is in the demo folder",
        ),
        Person(
            national_id="G120000003", name="吳宗翰", birth_date="1979-01-17", phone="0912000006",
            email="zonghan@example.com", accounts="securities:5850-0000002", life=Life.WAITING,
            note="issued, never installed, its key is on no device here: staff revoke, then a slip",
        ),
        Person(
            national_id="D220000002", name="黃淑芬", birth_date="1968-11-30", phone="0912000003",
            accounts="securities:5850-0000003", life=Life.EXPIRED,
            note="certificate has ended: get a slip, then apply",
        ),
        Person(
            national_id="E120000001", name="張家豪", birth_date="1982-03-08", phone="0912000004",
            email="jiahao@example.com", accounts="securities:5850-0000004", life=Life.REVOKED,
            note="certificate revoked by staff",
        ),
    ),
    "model-bank": (
        Person(
            national_id="04595257", name="晨光精密股份有限公司", birth_date="1998-04-20", phone="0912000009",
            email="finance@chenguang.example.com", accounts="wealth:0070-0900001",
            users="ADMIN1:周佩珊:administrator; ADMIN2:鄭文彬:administrator; MAKER1:許家榮:maker; CHECK1:羅淑惠:checker",
            note="company of the corporate profile: log in with a user code",
        ),
    ),
}  # fmt: skip

#: Staff of the demo: user name → (name, role).
STAFF: Final[dict[str, tuple[str, str]]] = {
    "service": ("客服 周小姐", "customer-service"),
    "officer": ("憑證承辦 許先生", "registration-officer"),
    "officer2": ("憑證覆核 羅小姐", "registration-officer"),
    "auditor": ("稽核 鄭小姐", "auditor"),
    "admin": ("管理者 何先生", "administrator"),
}
