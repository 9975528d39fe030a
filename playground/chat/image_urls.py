"""A picture named by a URL in a message: `data:` with the bytes inside, or on the web."""

from __future__ import annotations

import base64
import binascii

from playground.errors import CallerError, UnsupportedInput
from playground.images import read_image
from playground.messages import Image
from tools.safe_fetch import Limits, safe_fetch
from tools.web_address import FetchError

MEGABYTE = 1_000_000


def read_image_url(url: str, *, max_mb: int, allow_private: bool = False) -> Image:
    """The picture, fetched within the limits that uploads have.

    Raises: CallerError saying what is wrong with the URL, the way to it, or the picture.
    """
    if url.startswith("data:"):
        return read_image(_decode(url), "The image")
    shown = url if len(url) <= 200 else url[:199] + "…"
    limits = Limits(max_bytes=max_mb * MEGABYTE, media_types=("image/",), allow_private=allow_private)
    try:
        fetched = safe_fetch(url, limits)
    except FetchError as error:
        raise UnsupportedInput(f"The image at {shown} cannot be fetched: {error}", code="bad_image") from error
    if fetched.status != 200:
        raise UnsupportedInput(f"The image at {shown} answers with status {fetched.status}.", code="bad_image")
    return read_image(fetched.body, f"The image at {shown}")


def _decode(url: str) -> bytes:
    head, comma, data = url.partition(",")
    if not comma or not head.endswith(";base64"):
        raise CallerError("The image's data: URL must be of the form data:image/png;base64,…", code="bad_image")
    try:
        return base64.b64decode(data, validate=True)
    except binascii.Error as error:
        raise CallerError(f"The image's base64 data is broken: {error}.", code="bad_image") from error
