"""Fonts and printed strings."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import pairwise

from PIL import ImageFont

from demo_model.vision.palette import RGB
from demo_model.vision.shapes import Box, Point

_WANTED = (
    "DejaVuSans.ttf",
    "DejaVuSans-Bold.ttf",
    "DejaVuSansCondensed.ttf",
    "DejaVuSansCondensed-Bold.ttf",
    "DejaVuSerif.ttf",
    "DejaVuSerif-Bold.ttf",
    "DejaVuSerifCondensed.ttf",
    "DejaVuSansMono.ttf",
    "DejaVuSansMono-Bold.ttf",
    "LiberationSans-Regular.ttf",
    "LiberationSans-Bold.ttf",
    "LiberationSerif-Regular.ttf",
    "LiberationMono-Regular.ttf",
    "Carlito-Regular.ttf",
    "NotoSans-Regular.ttf",
    "Roboto-Regular.ttf",
    "Arial.ttf",
    "Verdana.ttf",
    "Times.ttc",
    "Courier.ttc",
)
BUILT_IN = ""
"""Stands for the font that Pillow carries in itself."""

Font = ImageFont.FreeTypeFont


@cache
def load_font(name: str, size: int) -> Font:
    """The named font at `size` pixels.

    Raises:
        OSError: this machine has no font of that name.
    """
    if name != BUILT_IN:
        return ImageFont.truetype(name, size)
    font = ImageFont.load_default(size)
    assert isinstance(font, ImageFont.FreeTypeFont)
    return font


@cache
def available_fonts() -> tuple[str, ...]:
    """The wanted fonts that this machine has. Pillow's own is always among them."""
    found = [BUILT_IN]
    for name in _WANTED:
        try:
            load_font(name, 20)
        except OSError:
            continue
        found.append(name)
    return tuple(found)


@dataclass(frozen=True)
class Lettering:
    """A printed string. Lengths in pixels of the picture's own size, angle in degrees clockwise."""

    string: str
    colour: str
    rgb: RGB
    font_name: str
    font_size: int
    centre: Point
    angle: float = 0.0

    @property
    def font(self) -> Font:
        """The loaded font."""
        return load_font(self.font_name, self.font_size)

    @cached_property
    def ink(self) -> Box:
        """Where the ink lies when the string is written upright from (0, 0). A font's own box has its margins, too."""
        mask, (x, y) = self.font.getmask2(self.string)
        left, top, right, bottom = mask.getbbox() or (0, 0, *mask.size)
        return left + x, top + y, right + x, bottom + y

    @property
    def width(self) -> float:
        """Of the ink, before turning."""
        return self.ink[2] - self.ink[0]

    @property
    def height(self) -> float:
        """Of the ink, before turning."""
        return self.ink[3] - self.ink[1]

    @property
    def box(self) -> Box:
        """The upright box around the turned ink."""
        cos, sin = abs(math.cos(math.radians(self.angle))), abs(math.sin(math.radians(self.angle)))
        half_width = (self.width * cos + self.height * sin) / 2
        half_height = (self.width * sin + self.height * cos) / 2
        x, y = self.centre
        return x - half_width, y - half_height, x + half_width, y + half_height

    def letter_centres(self) -> list[Point]:
        """The middle of each letter in the picture, in reading order."""
        cos, sin = math.cos(math.radians(self.angle)), math.sin(math.radians(self.angle))
        starts = [self.font.getlength(self.string[:i]) for i in range(len(self.string) + 1)]
        middle = (self.ink[0] + self.ink[2]) / 2
        offsets = [(left + right) / 2 - middle for left, right in pairwise(starts)]
        return [(self.centre[0] + x * cos, self.centre[1] + x * sin) for x in offsets]

    def letter_boxes(self) -> list[Box]:
        """Where each letter stands, its own width by the line's height; turning moves only its middle."""
        boxes = []
        for letter, (x, y) in zip(self.string, self.letter_centres(), strict=True):
            half = self.font.getlength(letter) / 2
            boxes.append((x - half, y - self.height / 2, x + half, y + self.height / 2))
        return boxes
