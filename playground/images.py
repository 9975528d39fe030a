"""Uploaded files become `messages.Image`: decoded here once, from untrusted bytes, and re-encoded.

The format is what the bytes decode to, never what a name or a header claims. Sizes are checked before pixels are
decoded. What comes out is upright, opaque, RGB or grey, of a sane size and free of metadata.
"""

from __future__ import annotations

import io
import threading

import numpy as np
import PIL.ExifTags
import PIL.Image
import PIL.ImageFile
import PIL.ImageOps

from playground.errors import UnsupportedInput
from playground.messages import Image

FORMATS = {"PNG": "PNG", "JPEG": "JPEG", "WEBP": "WebP", "GIF": "GIF", "BMP": "BMP"}
"""Decoders that may see untrusted bytes, by Pillow's name and by people's. Of a GIF, the first frame counts."""
MAX_PIXELS = 64_000_000
"""Above any common camera; a decoded picture of this size takes 256 MB."""
MAX_SIDE = 2048
"""Longest side that is kept; no Gemma looks at more than about 900 pixels a side, and crops come from what is kept."""
JPEG_QUALITY = 95
SIDEWAYS = frozenset({5, 6, 7, 8})
"""EXIF orientations that swap width and height."""
HINTS = (
    (b"%PDF", "It is a PDF; save the page as a picture first."),
    (b"II*\0", "It is a TIFF; save it as PNG first."),
    (b"MM\0*", "It is a TIFF; save it as PNG first."),
)
HEIF_BRANDS = {b"heic", b"heix", b"heif", b"mif1", b"avif"}

_one_at_a_time = threading.Lock()
"""Decoding a large picture takes up to 800 MB for a moment: a heap of uploads must not add that up."""


def read_image(data: bytes, name: str = "The file") -> Image:
    """Decode an uploaded picture, whatever its sender claims it is. `name` is what error texts call it.

    Raises: UnsupportedInput saying what is wrong with the file and what to do.
    """
    if not data:
        raise _refused(f"{name} is empty (0 bytes). Choose the picture again.")
    try:
        picture = _identify(data)
        if picture is not None:
            _check_size(picture, name)
            with _one_at_a_time:
                return _decode(picture)
    except UnsupportedInput:
        raise
    # Decoders of hostile bytes raise nearly anything: OSError, SyntaxError, struct.error, ValueError, EOFError, …
    except Exception as error:
        raise _refused(f"{name} is damaged or cut off and cannot be decoded ({error}). Send an intact copy.") from error
    raise _refused(f"{name} is not a picture in a format that is read here. {_hint(data)}")


def read_kept_image(data: bytes) -> Image:
    """A picture that was ours before it was put away: the same bytes where they still pass as ours.

    Encoding it again would lose detail each time and give it a new digest, which no cache knows.

    Raises: UnsupportedInput, as `read_image` does.
    """
    checked = read_image(data, "A kept picture")
    with PIL.Image.open(io.BytesIO(data)) as picture:
        unchanged = picture.size == (checked.width, checked.height) and picture.get_format_mimetype() == checked.mime
    return Image(data, checked.mime, checked.width, checked.height) if unchanged else checked


def upright_size(data: bytes) -> tuple[int, int]:
    """Width and height in pixels of a picture that `read_image` took, before it was scaled to `MAX_SIDE`."""
    picture = _identify(data)
    assert picture is not None, "read_image knows it"
    try:
        turned = picture.getexif().get(PIL.ExifTags.Base.Orientation, 1) in SIDEWAYS
    except Exception:  # broken EXIF data: `_upright` shows such a picture as it is stored
        turned = False
    width, height = picture.size
    return (height, width) if turned else (width, height)


def from_picture(picture: PIL.Image.Image, *, lossy: bool = False) -> Image:
    """A decoded picture as an `Image`: opaque, at most `MAX_SIDE` a side, without metadata; PNG, or JPEG if `lossy`."""
    flat = _flatten(picture)
    flat.thumbnail((MAX_SIDE, MAX_SIDE), PIL.Image.Resampling.LANCZOS, reducing_gap=2.0)
    # A new picture of the pixels alone: `info` (comments, profiles, position) stays behind.
    bare = PIL.Image.frombytes(flat.mode, flat.size, flat.tobytes())
    file = io.BytesIO()
    if lossy:
        bare.save(file, "JPEG", quality=JPEG_QUALITY, subsampling=0)
    else:
        bare.save(file, "PNG", compress_level=3)
    return Image(file.getvalue(), "image/jpeg" if lossy else "image/png", *bare.size)


def _identify(data: bytes) -> PIL.ImageFile.ImageFile | None:
    """The picture with its header read and its pixels not. None when no decoder of ours knows it.

    Not `PIL.Image.open`: that refuses large pictures without saying how large they are.
    """
    PIL.Image.init()
    for name in FORMATS:
        factory, accept = PIL.Image.OPEN[name]
        if accept is None or accept(data[:16]) is True:
            return factory(io.BytesIO(data), "")
    return None


def _check_size(picture: PIL.Image.Image, name: str) -> None:
    width, height = picture.size
    if width * height > MAX_PIXELS:
        raise _refused(
            f"{name} is {width:,} by {height:,} pixels ({width * height / 1e6:,.0f} megapixels). "
            f"At most {MAX_PIXELS / 1e6:.0f} megapixels are decoded; scale it down and send it again."
        )


def _decode(picture: PIL.ImageFile.ImageFile) -> Image:
    is_jpeg = picture.format in {"JPEG", "MPO"}
    if is_jpeg:
        picture.draft(picture.mode, (MAX_SIDE, MAX_SIDE))  # lets the decoder skip detail that would be scaled away
    picture.load()
    return from_picture(_upright(picture), lossy=is_jpeg)


def _upright(picture: PIL.Image.Image) -> PIL.Image.Image:
    try:
        return PIL.ImageOps.exif_transpose(picture)
    except Exception:  # a picture with broken EXIF data is shown as it is stored, as browsers do
        return picture


def _flatten(picture: PIL.Image.Image) -> PIL.Image.Image:
    """Grey or RGB with 8 bits, transparent parts on white."""
    if picture.mode.startswith(("I", "F")):
        picture = _eight_bits(picture)
    if picture.has_transparency_data:
        above = picture.convert("RGBA")
        page = PIL.Image.new("RGBA", above.size, "white")
        return PIL.Image.alpha_composite(page, above).convert("RGB")
    return picture.convert("L" if picture.mode in {"1", "L"} else "RGB")


def _eight_bits(picture: PIL.Image.Image) -> PIL.Image.Image:
    """Pillow's own conversion of 16-bit greys cuts at 255: nearly everything would turn white."""
    return PIL.Image.fromarray(np.clip(np.asarray(picture) / 257, 0, 255).round().astype(np.uint8))


def _hint(data: bytes) -> str:
    start = data[:1024].lstrip()
    if b"<svg" in start or (start.startswith(b"<?xml") and b"svg" in data[:4096]):
        return "SVG files are programs for drawing, which are not run here; save it as PNG first."
    if data[4:8] == b"ftyp" and data[8:12] in HEIF_BRANDS:
        return "It is a HEIC or AVIF photo; save it as JPEG first (on an iPhone: Camera, Formats, Most Compatible)."
    for signature, hint in HINTS:
        if data.startswith(signature):
            return hint
    return f"Send {', '.join(list(FORMATS.values())[:-1])} or {list(FORMATS.values())[-1]}."


def _refused(message: str) -> UnsupportedInput:
    return UnsupportedInput(message, code="bad_image", param="image")
