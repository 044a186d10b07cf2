"""The order: what a customer sees, signs and can be held to (SPEC A15, D8; docs/contracts.md)."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from certcenter_sdk.structures import (
    Structure,
    check_institution,
    check_nonce,
    check_origin,
    check_time,
    parse_time,
    require,
)

_ACCOUNT = re.compile(r"[0-9A-Z]{2,8}-[0-9]{1,12}")
_SYMBOL = re.compile(r"[A-Z0-9.]{1,12}")
_QUANTITY = re.compile(r"[1-9][0-9]{0,11}")
_PRICE = re.compile(r"(?:0|[1-9][0-9]{0,11})(?:\.[0-9]{1,4})?")
_CURRENCY = re.compile(r"[A-Z]{3}")
SIDES = frozenset({"buy", "sell"})
MARKET = "market"


@dataclass(frozen=True, kw_only=True, slots=True)
class Order(Structure):
    """One order, valid by construction; all fields are strings, as they stand in the signed bytes.

    Raises:
        StructureRefused: `invalid` with the `field` at fault.
    """

    TYPE: ClassVar[str] = "certcenter.order.v1"

    institution: str
    origin: str
    account: str
    side: str
    symbol: str
    quantity: str
    price: str
    currency: str
    time: str
    nonce: str

    def __post_init__(self) -> None:
        """Check every field's form."""
        check_institution(self.institution)
        check_origin(self.origin)
        require(_ACCOUNT.fullmatch(self.account), "account", "not of the form branch-number")
        require(self.side in SIDES, "side", "neither buy nor sell")
        require(_SYMBOL.fullmatch(self.symbol), "symbol", "not 1 to 12 of A-Z, 0-9 and the dot")
        require(_QUANTITY.fullmatch(self.quantity), "quantity", "not 1 to 12 digits without a leading zero")
        require(
            self.price == MARKET or _is_price(self.price), "price", "neither a price above zero nor market"
        )
        require(_CURRENCY.fullmatch(self.currency), "currency", "not three capitals")
        check_time(self.time)
        check_nonce(self.nonce)

    @property
    def moment(self) -> datetime:
        """When the order was built, by the customer's clock (aware, UTC)."""
        return parse_time(self.time)


def _is_price(value: str) -> bool:
    return _PRICE.fullmatch(value) is not None and value.strip("0.") != ""
