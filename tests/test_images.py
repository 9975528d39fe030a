"""Whatever is uploaded, either a plain small picture comes out or a sentence that says what is wrong."""

import contextlib
import io
import struct
import threading
import zlib

import numpy as np
import PIL.Image
import PIL.PngImagePlugin
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from playground.errors import UnsupportedInput
from playground.images import MAX_SIDE, from_picture, read_image, upright_size

QUARTERS = np.zeros((40, 60, 3), dtype=np.uint8)
QUARTERS[:20, :30] = (255, 0, 0)
QUARTERS[:20, 30:] = (0, 255, 0)
QUARTERS[20:, :30] = (0, 0, 255)
"""Red, green, blue, black: every turn and flip can be told."""

HELD = {
    2: PIL.Image.Transpose.FLIP_LEFT_RIGHT,
    3: PIL.Image.Transpose.ROTATE_180,
    4: PIL.Image.Transpose.FLIP_TOP_BOTTOM,
    5: PIL.Image.Transpose.TRANSPOSE,
    6: PIL.Image.Transpose.ROTATE_90,
    7: PIL.Image.Transpose.TRANSVERSE,
    8: PIL.Image.Transpose.ROTATE_270,
}
"""What turns an upright picture into one that is stored with each EXIF orientation."""


def encode(picture, kind, **options):
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


def decode(image):
    return PIL.Image.open(io.BytesIO(image.data))


def colour_at(image, x, y):
    return decode(image).convert("RGB").getpixel((x, y))


def near(colour, expected, tolerance=12):
    return all(abs(a - b) <= tolerance for a, b in zip(colour, expected, strict=True))


def png_claiming(width, height):
    """A valid PNG header for a picture of any size, with next to no data behind it."""
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)

    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 64)) + chunk(b"IEND", b"")


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF", "BMP"])
def test_each_format_is_decoded_to_the_same_picture(kind):
    options = {"lossless": True} if kind == "WEBP" else {"quality": 95} if kind == "JPEG" else {}
    image = read_image(encode(PIL.Image.fromarray(QUARTERS), kind, **options))
    assert (image.width, image.height) == (60, 40)
    assert decode(image).format == {"image/png": "PNG", "image/jpeg": "JPEG"}[image.mime]
    assert near(colour_at(image, 10, 10), (255, 0, 0))
    assert near(colour_at(image, 50, 10), (0, 255, 0))
    assert near(colour_at(image, 10, 35), (0, 0, 255))


def test_the_same_upload_gives_the_same_bytes():
    data = encode(PIL.Image.fromarray(QUARTERS), "JPEG")
    assert read_image(data) == read_image(data)
    assert read_image(data).digest == read_image(data).digest


def test_only_the_first_frame_of_an_animation_is_taken():
    frames = [PIL.Image.new("RGB", (8, 8), colour) for colour in ("red", "blue")]
    image = read_image(encode(frames[0], "GIF", save_all=True, append_images=frames[1:]))
    assert colour_at(image, 4, 4) == (255, 0, 0)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_photos_are_turned_upright_and_forget_how_they_were_held(orientation):
    stored = PIL.Image.fromarray(QUARTERS)
    if orientation != 1:
        stored = stored.transpose(HELD[orientation])
    exif = PIL.Image.Exif()
    exif[0x0112] = orientation
    image = read_image(encode(stored, "JPEG", exif=exif, quality=95))
    assert (image.width, image.height) == (60, 40)
    assert near(colour_at(image, 10, 10), (255, 0, 0))
    assert near(colour_at(image, 50, 10), (0, 255, 0))
    assert near(colour_at(image, 10, 35), (0, 0, 255))
    assert not decode(image).getexif()


def test_metadata_is_dropped():
    notes = PIL.PngImagePlugin.PngInfo()
    notes.add_text("Comment", "my secret address")
    exif = PIL.Image.Exif()
    exif[0x010E] = "my secret address"
    picture = PIL.Image.fromarray(QUARTERS)
    for data in (
        encode(picture, "PNG", pnginfo=notes, exif=exif),
        encode(picture, "JPEG", exif=exif, comment=b"my secret address"),
    ):
        assert b"my secret" in data
        image = read_image(data)
        assert b"my secret" not in image.data
        assert not decode(image).getexif()


@pytest.mark.parametrize("mode", ["RGBA", "LA", "PA"])
def test_transparent_parts_become_white(mode):
    picture = PIL.Image.new("RGBA", (9, 9), (0, 0, 0, 0))
    picture.putpixel((4, 4), (0, 0, 0, 255))
    picture = picture.quantize(4) if mode == "PA" else picture.convert(mode)
    image = read_image(encode(picture, "PNG"))
    assert colour_at(image, 0, 0) == (255, 255, 255)
    assert colour_at(image, 4, 4) == (0, 0, 0)


def test_a_palette_entry_that_means_transparent_becomes_white():
    picture = PIL.Image.new("P", (4, 4), 1)
    picture.putpalette([0, 0, 0, 200, 0, 0])
    picture.putpixel((0, 0), 0)
    image = read_image(encode(picture, "GIF", transparency=1))
    assert colour_at(image, 3, 3) == (255, 255, 255)
    assert colour_at(image, 0, 0) == (0, 0, 0)


def test_sixteen_bit_greys_keep_their_shades():
    shades = np.linspace(0, 65535, 256, dtype=np.uint16).reshape(1, 256).repeat(4, axis=0)
    image = read_image(encode(PIL.Image.fromarray(shades), "PNG"))
    assert np.asarray(decode(image))[0].tolist() == list(range(256))


def test_cmyk_photos_keep_their_colours():
    picture = PIL.Image.fromarray(QUARTERS).convert("CMYK")
    image = read_image(encode(picture, "JPEG", quality=95))
    assert near(colour_at(image, 10, 10), (255, 0, 0), 20)
    assert decode(image).mode == "RGB"


def test_black_and_white_bitmaps_are_read():
    image = read_image(encode(PIL.Image.new("1", (5, 5), 1), "PNG"))
    assert colour_at(image, 2, 2) == (255, 255, 255)


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_large_pictures_are_scaled_down_with_their_shape_kept(kind):
    image = read_image(encode(PIL.Image.new("RGB", (6000, 3000), (10, 200, 30)), kind))
    assert (image.width, image.height) == (MAX_SIDE, MAX_SIDE // 2)
    assert near(colour_at(image, 700, 700), (10, 200, 30))


def test_a_very_long_strip_keeps_at_least_one_pixel():
    image = read_image(encode(PIL.Image.new("L", (30_000, 2)), "PNG"))
    assert (image.width, image.height) == (MAX_SIDE, 1)


def test_a_20000_pixel_square_is_refused_with_its_figures_before_it_is_decoded():
    huge = encode(PIL.Image.new("1", (20_000, 20_000)), "PNG")
    with pytest.raises(UnsupportedInput, match=r"wall.png is 20,000 by 20,000 pixels .400 megapixels.* 64 megapixels"):
        read_image(huge, "wall.png")


def test_a_header_that_claims_billions_of_pixels_is_refused_by_its_figures():
    with pytest.raises(UnsupportedInput, match="2,000,000,000 by 2,000,000,000 pixels"):
        read_image(png_claiming(2_000_000_000, 2_000_000_000))


def test_a_small_file_that_claims_much_but_allowed_is_refused_as_cut_off():
    with pytest.raises(UnsupportedInput, match="damaged or cut off"):
        read_image(png_claiming(7_000, 7_000))


def test_an_empty_file_is_refused():
    with pytest.raises(UnsupportedInput, match=r"photo\.jpg is empty \(0 bytes\)"):
        read_image(b"", "photo.jpg")


@pytest.mark.parametrize(
    ("data", "hint"),
    [
        (b"just some text", "Send PNG, JPEG, WebP, GIF or BMP"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", "SVG"),
        (b"<?xml version='1.0'?>\n<!-- x -->\n<svg/>", "SVG"),
        (b"%PDF-1.7 ...", "PDF"),
        (b"\0\0\0\x18ftypheic\0\0\0\0", "HEIC"),
        (b"II*\0\x08\0\0\0", "TIFF"),
        (b"MZ\x90\0" + b"\0" * 100, "Send PNG"),
    ],
)
def test_what_is_no_picture_is_refused_with_a_hint(data, hint):
    with pytest.raises(UnsupportedInput, match=hint):
        read_image(data)


def test_a_file_that_only_starts_like_a_png_is_refused():
    with pytest.raises(UnsupportedInput, match="damaged or cut off"):
        read_image(b"\x89PNG\r\n\x1a\n" + b"not a picture at all" * 10)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF", "BMP"])
def test_cut_off_files_are_refused(kind):
    noise = np.random.default_rng(0).integers(0, 255, (80, 80, 3), dtype=np.uint8)
    data = encode(PIL.Image.fromarray(noise), kind)
    with pytest.raises(UnsupportedInput, match="damaged or cut off"):
        read_image(data[: len(data) // 2])


def test_a_bomb_in_a_text_chunk_is_not_unpacked():
    notes = PIL.PngImagePlugin.PngInfo()
    notes.add_text("bomb", "x" * 100_000_000, zip=True)
    data = encode(PIL.Image.fromarray(QUARTERS), "PNG", pnginfo=notes)
    assert len(data) < 200_000
    with pytest.raises(UnsupportedInput, match="too large"):
        read_image(data)


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")
def test_broken_exif_does_not_cost_the_picture():
    data = encode(PIL.Image.fromarray(QUARTERS), "JPEG", exif=b"Exif\0\0MM\0*\xff\xff\xff\xff")
    assert read_image(data).width == 60


def test_what_came_out_goes_in_again():
    once = read_image(encode(PIL.Image.fromarray(QUARTERS), "PNG"))
    assert read_image(once.data) == once


def test_a_picture_made_here_is_read_the_same_way():
    assert from_picture(PIL.Image.fromarray(QUARTERS)) == read_image(encode(PIL.Image.fromarray(QUARTERS), "PNG"))


def test_pictures_are_decoded_from_several_threads():
    data = [encode(PIL.Image.new("RGB", (50, 50), (n, 0, 0)), "PNG") for n in range(16)]
    found = {}
    threads = [threading.Thread(target=lambda n=n: found.__setitem__(n, read_image(data[n]))) for n in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [colour_at(found[n], 9, 9) for n in range(16)] == [(n, 0, 0) for n in range(16)]


@settings(max_examples=150, deadline=None)
@given(
    kind=st.sampled_from(["PNG", "JPEG", "WEBP", "GIF", "BMP"]),
    edits=st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), min_size=1, max_size=8),
    keep=st.floats(0.05, 1.0),
)
def test_no_damage_gets_further_than_a_refusal(kind, edits, keep):
    data = bytearray(encode(PIL.Image.fromarray(QUARTERS), kind))
    for place, value in edits:
        data[place % len(data)] = value
    with contextlib.suppress(UnsupportedInput):
        image = read_image(bytes(data[: max(1, int(len(data) * keep))]))
        assert decode(image).size == (image.width, image.height)


@pytest.mark.parametrize("orientation", [1, 6])
def test_the_size_before_scaling_is_that_of_the_upright_picture(orientation):
    exif = PIL.Image.Exif()
    exif[0x0112] = orientation
    data = encode(PIL.Image.new("RGB", (3000, 1000)), "JPEG", exif=exif)
    assert upright_size(data) == ((3000, 1000) if orientation == 1 else (1000, 3000))
    assert max(read_image(data).width, read_image(data).height) == 2048
