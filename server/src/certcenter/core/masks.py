"""What a bystander may see of a value (SPEC F4): one mask per kind, length kept, short values masked whole.

Masks are made on the server only (SPEC E4).
"""

from certcenter.core.taiwan import Identity

STAR = "*"
RING = "○"


def _cover(value: str, *, head: int, tail: int, least: int, star: str = STAR) -> str:
    """`value` with all but `head` first and `tail` last characters covered; whole if fewer than `least` would be."""
    hidden = len(value) - head - tail
    if hidden < least:
        return star * len(value)
    return value[:head] + star * hidden + value[len(value) - tail :]


def mask_identity(identity: Identity | str, *, star: str = STAR) -> str:
    """`A120786753` → `A120****53`; a business ID `04595257` → `04****57`: the four before the last two are covered.

    File names take `star="X"`, since Windows refuses asterisks.
    """
    value = str(identity)
    return _cover(value, head=max(2, len(value) - 6), tail=2, least=4, star=star)


def mask_mobile(number: str) -> str:
    """`0936123054` → `0936***054`."""
    return _cover(number, head=4, tail=3, least=3)


def mask_account(account: str) -> str:
    """`1020-0320545` → `1020-***0545`: the branch and the last four digits stay."""
    branch, hyphen, number = account.rpartition("-")
    covered = _cover(number, head=0, tail=4, least=3)
    return branch + hyphen + covered


def mask_email(address: str) -> str:
    """`christin@example.com` → `c******n@example.com`; up to three characters before the @ are covered whole."""
    name, at, domain = address.rpartition("@")
    if not at:
        return STAR * len(address)
    return _cover(name, head=1, tail=1, least=2) + at + domain


def mask_name(name: str) -> str:
    """`王小明` → `王○明`, `王三` → `王○`, `Mary Chen` → `M*** C***`."""
    if name.isascii():
        return " ".join(
            word[:1] + STAR * (len(word) - 1) if len(word) > 1 else STAR * len(word)
            for word in name.split(" ")
        )
    if len(name) <= 2:  # noqa: PLR2004 - a surname and at most one more character
        return name[:1] + RING if len(name) == 2 else RING * len(name)  # noqa: PLR2004 - the same two
    return _cover(name, head=1, tail=1, least=1, star=RING)


def short_serial(serial: str) -> str:
    """The first eight digits of a certificate's serial, in capitals: enough to tell a person's certificates apart."""
    return serial.upper()[:8] + "…" if len(serial) > 9 else serial.upper()  # noqa: PLR2004 - eight and an ellipsis
