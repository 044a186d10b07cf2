"""The mark (templates/portal/mark.svg) as PNG: phones take no SVG for their home screen."""

import io
from functools import lru_cache
from typing import Final

from PIL import Image, ImageDraw

#: 180 is Apple's, the others are the manifest's.
SIZES: Final = (180, 192, 512)
#: Drawn larger and scaled down, for smooth edges.
_FINER: Final = 4
#: The mark stands on a grid of 32; its middle 80 % survive any mask (W3C, Web Application Manifest, maskable icons).
_GRID: Final = 40
_SHIFT: Final = 4
_SHEET: Final = ((9, 8), (19, 8), (23, 12), (23, 24), (9, 24), (9, 8), (19, 8))
_TICK: Final = ((12.5, 17.5), (15.1, 20.1), (19.9, 15.1))


@lru_cache(maxsize=32)
def drawn(colour: str, size: int) -> bytes:
    """The mark on `colour` (`#rrggbb`), `size` pixels square."""
    side = size * _FINER
    picture = Image.new("RGB", (side, side), colour)
    pen = ImageDraw.Draw(picture)
    unit = side / _GRID
    for line, width in ((_SHEET, 2.0), (_TICK, 2.2)):
        points = [((x + _SHIFT) * unit, (y + _SHIFT) * unit) for x, y in line]
        pen.line(points, fill="#ffffff", width=round(width * unit), joint="curve")
    kept = io.BytesIO()
    picture.resize((size, size), Image.Resampling.LANCZOS).save(kept, "PNG", optimize=True)
    return kept.getvalue()
