"""The walks: what a customer of manuals M0 and M3 does, with a picture of each figure and of what goes wrong."""

from collections.abc import Callable
from typing import Final

from tests.figures import m0, m3
from tests.figures.stage import Stage

WALKS: Final[dict[str, Callable[[Stage], object]]] = {
    "m0": m0.life,
    "m0-renew": m0.renewal,
    "m0-repair": m0.repair,
    "m0-look": m0.looking,
    "m3": m3.life,
    "m3-renew": m3.renewal,
    "m3-redownload": m3.redownload,
    "m3-phone": m3.phone,
}
