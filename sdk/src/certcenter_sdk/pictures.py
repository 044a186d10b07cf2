"""A phone's pairing code out of a picture: a screenshot, a photograph. Needs the extra `certcenter-sdk[pictures]`."""

import io

from certcenter_sdk.errors import TransferRefused
from certcenter_sdk.transfer import MARK

MAX_BYTES = 20 * 1024 * 1024
MOST_PIXELS = 50_000_000
"""A picture that unpacks to more is a way to keep the reader busy."""


def read_pairing_code(data: bytes) -> str:
    """The text of the pairing code in a picture file (PNG, JPEG, …), for `Pairing.read`.

    Raises:
        TransferRefused: `no-picture-reader` (the extra is not installed), `not-a-picture`, `no-code-in-picture`,
            `several-codes-in-picture`.
    """
    try:
        import zxingcpp
        from PIL import Image, UnidentifiedImageError
    except ImportError:
        raise TransferRefused("no-picture-reader", "install certcenter-sdk[pictures]") from None
    if len(data) > MAX_BYTES:
        raise TransferRefused("not-a-picture", f"more than {MAX_BYTES} bytes")
    try:
        with Image.open(io.BytesIO(data), formats=("PNG", "JPEG", "GIF", "BMP", "WEBP")) as picture:
            if picture.width * picture.height > MOST_PIXELS:
                raise TransferRefused("not-a-picture", f"more than {MOST_PIXELS} pixels")
            grey = picture.convert("L")
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        raise TransferRefused("not-a-picture", "not a picture that can be read") from None
    found = {
        each.text
        for each in zxingcpp.read_barcodes(
            grey, formats=zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)
        )
        if each.text.startswith(MARK)
    }
    if not found:
        raise TransferRefused("no-code-in-picture", "no pairing code is to be seen in the picture")
    if len(found) > 1:
        raise TransferRefused("several-codes-in-picture", "the picture shows several pairing codes")
    return found.pop()
