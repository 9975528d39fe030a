"""What a picture holds, chosen at random. Drawing it is another file's job."""

from __future__ import annotations

import math
from dataclasses import dataclass
from random import Random

from demo_model.vision.lettering import Lettering, available_fonts, load_font
from demo_model.vision.palette import COLOURS, RGB, contrast, distance, sample_tint
from demo_model.vision.shapes import SHAPES, Box, Point, Shape
from demo_model.vision.words import sample_number, sample_word

MIN_CONTRAST = 150.0
"""Colour distance below which a person might overlook something against its background."""

MIN_TEXT_CONTRAST = 3.0
"""What accessibility rules ask of large print."""

MIN_SPACING = 0.16
"""Least distance of two centres as a share of the picture: no two shapes share one of the 7 by 7 image tokens."""

_SIZE_RANGES = {"small": (0.11, 0.19), "medium": (0.23, 0.29), "large": (0.36, 0.55)}
# A picture is squashed to a square before the model sees it. Long shapes must stay long and round ones round.
_LONG_RATIOS = (1.9, 2.7)
_SQUASHABLE = ("triangle", "star", "diamond", "pentagon", "cross", "heart")
_TURNS = {"square": 12, "rectangle": 15, "oval": 20, "diamond": 8, "cross": 15, "heart": 25}
_FREELY_TURNED = ("triangle", "star", "pentagon")


@dataclass(frozen=True)
class Background:
    """One colour, or a run from one to another."""

    rgb: RGB
    end_rgb: RGB | None = None
    across: bool = False
    """The run goes from left to right, not from top to bottom."""
    colour: str | None = None
    """The name a person would give it; None where they might differ."""


@dataclass(frozen=True)
class Surface:
    """What cameras, file formats and drawing programs add."""

    noise: int = 0
    """Largest change of a pixel by grain, 0 to 255."""
    noise_seed: int = 0
    jpeg_quality: int | None = None
    smooth: bool = True
    """Edges are blended, as design programs draw; else each pixel is in or out, as PIL draws."""


@dataclass(frozen=True)
class Scene:
    """A picture before it is drawn. Lengths in pixels of its own size."""

    width: int
    height: int
    background: Background
    shapes: tuple[Shape, ...] = ()
    letterings: tuple[Lettering, ...] = ()
    """From top to bottom."""
    panel: Shape | None = None
    """A plate behind the lettering. Nobody counts it as a shape."""
    surface: Surface = Surface()


def sample_background(rng: Random) -> Background:
    """White, light, dark, a named colour, or a run between two close colours."""
    draw = rng.random()
    if draw < 0.36:
        return Background(sample_tint(rng, "white"), colour="white")
    if draw < 0.5:
        low = rng.randint(215, 240)
        return Background((rng.randint(low, 252), rng.randint(low, 252), rng.randint(low, 252)))
    if draw < 0.62:
        return Background(sample_tint(rng, "black"), colour="black")
    if draw < 0.68:
        return Background((rng.randint(15, 60), rng.randint(15, 60), rng.randint(15, 60)))
    if draw < 0.86:
        name = rng.choice(COLOURS)
        return Background(sample_tint(rng, name), colour=name)
    start = sample_tint(rng, rng.choice(COLOURS))
    end = tuple(max(0, min(255, part + rng.randint(-70, 70))) for part in start)
    return Background(start, end_rgb=(end[0], end[1], end[2]), across=rng.random() < 0.5)


def _stands_out(rgb: RGB, background: Background) -> bool:
    if distance(rgb, background.rgb) < MIN_CONTRAST:
        return False
    return background.end_rgb is None or distance(rgb, background.end_rgb) >= MIN_CONTRAST


def _sample_ink(rng: Random, background: Background, names: tuple[str, ...] = COLOURS) -> tuple[str, RGB]:
    """A named colour that is easy to see on the background. Names that cannot be seen there give way to others."""
    for attempt in range(100):
        name = rng.choice(names if attempt < 10 else COLOURS)
        rgb = sample_tint(rng, name)
        if name != background.colour and _stands_out(rgb, background):
            return name, rgb
    return ("black", (0, 0, 0)) if sum(background.rgb) > 380 else ("white", (255, 255, 255))


def sample_frame(rng: Random, *, any_aspect: bool = False) -> tuple[int, int]:
    """Width and height: mostly 4:3 to 3:4. Far wider pictures only where nothing in them must look round."""
    aspect = rng.choice((1.0, 1.0, 1.0, 4 / 3, 4 / 3, 4 / 3, 3 / 4, rng.uniform(0.75, 1.4)))
    if any_aspect and rng.random() < 0.4:
        aspect = rng.choice((16 / 9, 3 / 2, 2 / 3, 2.0, 2.5, 3.0))
    area = rng.choice((140, 170, 200, 240, 240, 300, 300, 400)) ** 2
    return round(math.sqrt(area * aspect)), round(math.sqrt(area / aspect))


_BORDERS = (1 / 3, 2 / 3)
_CLEARANCE = 0.05
"""Share of the picture around a border between thirds where people would disagree about the place."""
_PICKY = 0.75
"""Share of shapes that keep clear of the borders where there is room."""
_TRIES = 25


def _near_border(share: float) -> bool:
    return any(abs(share - border) < _CLEARANCE for border in _BORDERS)


def _place(
    rng: Random, frame: tuple[int, int], shape_size: Point, taken: list[Box], offset: Point = (0.0, 0.0)
) -> Point | None:
    """A centre where a box of that size fits inside the frame, clear of what is there.

    `offset` is how far the box's middle lies from what counts as the shape's.
    """
    picky = rng.random() < _PICKY
    width, height = frame
    half_width, half_height = shape_size[0] / 2 + 0.015 * width, shape_size[1] / 2 + 0.015 * height
    if 2 * half_width >= width or 2 * half_height >= height:
        return None
    for attempt in range(_TRIES):
        x, y = rng.uniform(half_width, width - half_width), rng.uniform(half_height, height - half_height)
        named = (x - offset[0]) / width, (y - offset[1]) / height
        if picky and attempt < _TRIES - 8 and (_near_border(named[0]) or _near_border(named[1])):
            continue
        if all(_clear((x, y), (half_width, half_height), box, frame) for box in taken):
            return x, y
    return None


def _clear(centre: Point, half: Point, box: Box, frame: tuple[int, int]) -> bool:
    x, y = centre
    apart = x + half[0] < box[0] or x - half[0] > box[2] or y + half[1] < box[1] or y - half[1] > box[3]
    across = abs(x - (box[0] + box[2]) / 2) / frame[0]
    down = abs(y - (box[1] + box[3]) / 2) / frame[1]
    return apart and max(across, down) >= MIN_SPACING


def _angle(rng: Random, kind: str) -> float:
    if rng.random() < 0.5 or kind == "circle":
        return 0.0
    if kind in _FREELY_TURNED:
        return rng.uniform(0, 360)
    return rng.uniform(-_TURNS[kind], _TURNS[kind])


def _dimensions(rng: Random, kind: str, diameter: float) -> tuple[float, float]:
    if kind in ("rectangle", "oval"):
        root = math.sqrt(rng.uniform(*_LONG_RATIOS))
        long, short = diameter * root, diameter / root
        return (long, short) if rng.random() < 0.65 else (short, long)
    if kind == "diamond":
        return diameter, diameter * rng.uniform(1.0, 1.5)
    return diameter, diameter


def sample_shape(
    rng: Random,
    frame: tuple[int, int],
    background: Background,
    taken: list[Box],
    *,
    kinds: tuple[str, ...] = SHAPES,
    colours: tuple[str, ...] = COLOURS,
    sizes: tuple[str, ...] = ("small", "medium", "large"),
    outlined: float = 0.25,
) -> Shape | None:
    """A shape in a free place; None when none was found. `outlined` is the chance of an unfilled one."""
    kind, size = rng.choice(kinds), rng.choice(sizes)
    low, high = _SIZE_RANGES[size]
    diameter = rng.uniform(low, high if len(taken) == 0 else min(high, 0.44)) * math.sqrt(frame[0] * frame[1])
    width, height = _dimensions(rng, kind, diameter)
    colour, rgb = _sample_ink(rng, background, colours)
    line = max(2, round(diameter * rng.uniform(0.06, 0.13))) if rng.random() < outlined else None
    trial = Shape(kind, colour, rgb, size, (0.0, 0.0), width, height, _angle(rng, kind), line)
    left, top, right, bottom = trial.box
    offset = (left + right) / 2, (top + bottom) / 2
    place = _place(rng, frame, (right - left, bottom - top), taken, offset)
    if place is None:
        return None
    centre = place[0] - offset[0], place[1] - offset[1]
    return Shape(kind, colour, rgb, size, centre, width, height, trial.angle, line)


def _is_legible(rgb: RGB, background: Background) -> bool:
    ends = (background.rgb, background.end_rgb or background.rgb)
    return _stands_out(rgb, background) and min(contrast(rgb, end) for end in ends) >= MIN_TEXT_CONTRAST


def _sample_text_ink(rng: Random, background: Background) -> tuple[str, RGB]:
    """Black or white half of the time, else any colour in which print is legible there."""
    names = ("black", "white") if rng.random() < 0.5 else COLOURS
    for attempt in range(60):
        name = rng.choice(names if attempt < 30 else COLOURS)
        rgb = sample_tint(rng, name)
        if name != background.colour and _is_legible(rgb, background):
            return name, rgb
    return ("black", (0, 0, 0)) if sum(background.rgb) > 380 else ("white", (255, 255, 255))


def sample_lettering(
    rng: Random, frame: tuple[int, int], background: Background, string: str, *, widest: float = 0.92
) -> Lettering:
    """A printed string somewhere in the picture, its letters large enough to be read after the picture shrinks."""
    width, height = frame
    font_name = rng.choice(available_fonts())
    measured = load_font(font_name, 40).getbbox(string)
    # After shrinking to 168 pixels: no letter narrower than 13 on average, no line lower than 15.
    narrowest = min(widest, max(0.08 * len(string), 0.1))
    share = rng.uniform(narrowest, max(narrowest, min(widest, 0.2 * len(string))))
    size = 40 * share * width / (measured[2] - measured[0])
    size = min(size, 40 * 0.6 * height / (measured[3] - measured[1]))
    size = max(size, 0.09 * height)
    colour, rgb = _sample_text_ink(rng, background)
    angle = rng.uniform(-9, 9) if rng.random() < 0.2 else 0.0
    # Even sizes only, so that few fonts are loaded.
    trial = Lettering(string, colour, rgb, font_name, max(8, round(size / 2) * 2), (0.0, 0.0), angle)
    left, top, right, bottom = trial.box
    spare_x, spare_y = max(0.0, width - (right - left)), max(0.0, height - (bottom - top))
    x, y = rng.uniform(0.03, 0.97), rng.uniform(0.03, 0.97)
    if rng.random() < 0.35:
        x, y = 0.5, 0.5
    centre = x * spare_x + (right - left) / 2, y * spare_y + (bottom - top) / 2
    return Lettering(string, colour, rgb, font_name, trial.font_size, centre, angle)


def _panel(rng: Random, frame: tuple[int, int], background: Background, lettering: Lettering) -> Shape | None:
    """A plate that fits around the lettering inside the frame."""
    pad = lettering.height * rng.uniform(0.3, 0.8)
    left, top, right, bottom = lettering.box
    left, right = max(0, left - pad), min(frame[0], right + pad)
    top, bottom = max(0, top - pad), min(frame[1], bottom + pad)
    colour = rng.choice(COLOURS)
    rgb = sample_tint(rng, colour)
    if not _stands_out(rgb, background) or not _is_legible(lettering.rgb, Background(rgb)):
        return None
    centre = (left + right) / 2, (top + bottom) / 2
    return Shape("rectangle", colour, rgb, "large", centre, right - left, bottom - top, 0.0, None)


def _surface(rng: Random) -> Surface:
    noisy = rng.random() < 0.2
    return Surface(
        noise=rng.randint(4, 26) if noisy else 0,
        noise_seed=rng.getrandbits(32) if noisy else 0,
        jpeg_quality=rng.randint(45, 92) if rng.random() < 0.2 else None,
        smooth=rng.random() < 0.5,
    )


def _pool(rng: Random, names: tuple[str, ...]) -> tuple[str, ...]:
    """All names, or so few that some repeat."""
    return names if rng.random() < 0.55 else tuple(rng.sample(names, rng.choice((1, 1, 2))))


def sample_shapes_scene(rng: Random, count: int | None = None) -> Scene:
    """Shapes on a background; `count` of them where there is room."""
    if count is None:
        count = rng.choice((1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 5, 5, 6, 7))
    wide = rng.random() < 0.06
    frame = sample_frame(rng, any_aspect=wide)
    kinds = _pool(rng, _SQUASHABLE if wide else SHAPES)
    colours = _pool(rng, COLOURS)
    sizes = ("small", "medium", "large") if count <= 3 else ("small", "small", "medium")
    background = sample_background(rng)
    shapes: list[Shape] = []
    for _ in range(2 * count):
        shape = sample_shape(rng, frame, background, [s.box for s in shapes], kinds=kinds, colours=colours, sizes=sizes)
        if shape is not None:
            shapes.append(shape)
        if len(shapes) == count:
            break
    return Scene(*frame, background, tuple(shapes), surface=_surface(rng))


def sample_text_scene(rng: Random, string: str | None = None, *, with_shapes: bool = False) -> Scene:
    """A printed word or number, on its own, on a plate, or beside one or two shapes."""
    if string is None:
        string = sample_number(rng) if rng.random() < 0.3 else sample_word(rng)
    frame = sample_frame(rng, any_aspect=not with_shapes)
    background = sample_background(rng)
    lettering = sample_lettering(rng, frame, background, string, widest=0.75 if with_shapes else 0.92)
    if not with_shapes:
        panel = _panel(rng, frame, background, lettering) if rng.random() < 0.2 else None
        return Scene(*frame, background, (), (lettering,), panel, surface=_surface(rng))
    shapes: list[Shape] = []
    for _ in range(rng.choice((1, 1, 2))):
        taken = [lettering.box, *(s.box for s in shapes)]
        shape = sample_shape(rng, frame, background, taken, sizes=("small", "medium"))
        if shape is not None:
            shapes.append(shape)
    return Scene(*frame, background, tuple(shapes), (lettering,), surface=_surface(rng))


def sample_page_scene(rng: Random) -> Scene:
    """Several lines of words: many letters per picture, to learn letters from."""
    frame = sample_frame(rng)
    background = sample_background(rng)
    lines: list[Lettering] = []
    tallest = rng.choice((0.22, 0.3, 0.45, 0.7))
    top = rng.uniform(0.02, 0.1)
    while top < 0.86:
        height = min(rng.uniform(0.14, tallest), 0.99 - top)
        lines.append(_page_line(rng, frame, background, top, height))
        top += height
    return Scene(*frame, background, (), tuple(lines), surface=_surface(rng))


def _page_line(rng: Random, frame: tuple[int, int], background: Background, top: float, height: float) -> Lettering:
    """Up to three words in a row, as many and as long as the row is."""
    font_name = rng.choice(available_fonts())
    size = max(8, round(0.4 * height * frame[1]) * 2)
    font, room = load_font(font_name, size), 0.95 * frame[0]
    string = ""
    for _ in range(3):
        word = sample_number(rng) if rng.random() < 0.3 else sample_word(rng)
        longer = f"{string} {word}" if string else word
        if string and font.getlength(longer) > room:
            break
        string = longer
    while len(string) > 1 and font.getlength(string) > room:
        string = string[:-1]
    colour, rgb = _sample_text_ink(rng, background)
    spare = max(0.0, frame[0] - font.getlength(string))
    centre = frame[0] / 2 + rng.uniform(-0.5, 0.5) * spare, (top + height / 2) * frame[1]
    return Lettering(string, colour, rgb, font_name, size, centre)


def sample_crowd_scene(rng: Random) -> Scene:
    """Many shapes: more to learn from one picture."""
    return sample_shapes_scene(rng, rng.randint(6, 12))


def sample_scene(rng: Random) -> Scene:
    """Any picture of the demo's world."""
    draw = rng.random()
    if draw < 0.5:
        return sample_shapes_scene(rng)
    return sample_text_scene(rng, with_shapes=draw > 0.9)
