"""Words for what a scene holds: places, articles, lists, and names that single one shape out."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from demo_model.data.spin import Speaker
from demo_model.vision.scene import Scene
from demo_model.vision.shapes import SHAPES, Box, Point, Shape

PLACES = (
    ("in the top left", "at the top", "in the top right"),
    ("on the left", "in the center", "on the right"),
    ("in the bottom left", "at the bottom", "in the bottom right"),
)
_MARGIN = 0.045
"""Share of the picture on both sides of a third's border where people would disagree."""


def _third(share: float) -> int | None:
    for border in (Fraction(1, 3), Fraction(2, 3)):
        if abs(share - border) < _MARGIN:
            return None
    return min(2, int(share * 3))


def place_of(scene: Scene, centre: Point) -> str | None:
    """Which of the nine parts of the picture; None near a border between two."""
    column, row = _third(centre[0] / scene.width), _third(centre[1] / scene.height)
    return None if row is None or column is None else PLACES[row][column]


def with_article(noun: str) -> str:
    """ "a red circle", "an orange oval"."""
    return f"{'an' if noun[0] in 'aeio' else 'a'} {noun}"


def plural(noun: str) -> str:
    """More than one of a shape."""
    return f"{noun}es" if noun.endswith("s") else f"{noun}s"


def join_words(words: Sequence[str]) -> str:
    """ "a, b and c"."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def reading_order(scene: Scene) -> list[Shape]:
    """By rows of the picture's thirds, each from left to right."""
    return sorted(scene.shapes, key=lambda s: (min(2, int(3 * s.centre[1] / scene.height)), s.centre[0]))


def box_2d(scene: Scene, box: Box) -> list[int]:
    """Top, left, bottom, right in thousandths of the picture, rounded to tens and kept inside."""
    left, top, right, bottom = box
    shares = top / scene.height, left / scene.width, bottom / scene.height, right / scene.width
    return [max(0, min(1000, round(share * 100) * 10)) for share in shares]


def only(scene: Scene, shape: Shape, *attributes: str) -> bool:
    """Whether no other shape shares these attributes."""
    wanted = [getattr(shape, name) for name in attributes]
    return sum([getattr(other, name) for name in attributes] == wanted for other in scene.shapes) == 1


THING = "[shape|shape|shape|object|thing|figure|one|item|symbol|form|element|blob]"

_KINDS = {
    "circle": ("disc", "disk", "circle shape"),
    "square": ("square shape", "square box"),
    "triangle": ("triangular shape", "three-cornered shape", "triangle shape"),
    "rectangle": ("rectangular shape", "oblong"),
    "oval": ("ellipse", "oval shape", "egg shape"),
    "star": ("star shape", "five-pointed star"),
    "diamond": ("rhombus", "diamond shape"),
    "pentagon": ("five-sided shape", "pentagon shape"),
    "cross": ("plus sign", "plus", "cross shape"),
    "heart": ("heart shape", "love heart"),
}
_COLOURS = {
    "gray": ("grey",),
    "purple": ("violet",),
    "cyan": ("turquoise", "aqua"),
}


def call_kind(speaker: Speaker, kind: str) -> str:
    """What a person may call it: mostly by its name."""
    return speaker.pick(_KINDS[kind]) if speaker.chance(0.13) else kind


def call_colour(speaker: Speaker, colour: str) -> str:
    """What a person may call it: mostly by its name."""
    if colour == "gray" and speaker.chance(0.4):
        return "grey"
    return speaker.pick(_COLOURS[colour]) if colour in _COLOURS and speaker.chance(0.1) else colour


_PLACE_WORDS = {
    "in the top left": "[top left|upper left|top-left|left top]",
    "at the top": "[top|top middle|upper middle|top center]",
    "in the top right": "[top right|upper right|top-right|right top]",
    "on the left": "[left|left-hand side|middle left|left side]",
    "in the center": "[center|middle|centre|very middle]",
    "on the right": "[right|right-hand side|middle right|right side]",
    "in the bottom left": "[bottom left|lower left|bottom-left|left bottom]",
    "at the bottom": "[bottom|bottom middle|lower middle|bottom center]",
    "in the bottom right": "[bottom right|lower right|bottom-right|right bottom]",
}


def call_place(speaker: Speaker, place: str) -> str:
    """The place as a question may name it, with its preposition."""
    if speaker.chance(0.5):
        return place
    if place == "in the center":
        return speaker.say(
            "[in|at] the [center|middle|centre|very middle][| of it| of the picture| of the image]"
            if speaker.chance(0.8)
            else "[in the midst of it all|right in the middle|centered|dead center]"
        )
    words, preposition = speaker.say(_PLACE_WORDS[place]), place.split()[0]
    if place.startswith("in "):
        ending = speaker.pick((" corner", " corner", "", " part", " corner of the picture", " of the image", " area"))
        return f"{speaker.pick(('in', 'in', 'at', 'on'))} the {words}{ending}"
    ending = "" if "side" in words else speaker.pick(("", "", " of the picture", " of the image", " of it"))
    return f"{preposition} the {words}{ending}"


def refer(speaker: Speaker, scene: Scene, shape: Shape, avoid: str = "") -> str | None:
    """Words that mean this shape and no other, without naming its attribute `avoid`. None when there are none."""
    choices: list[str] = []
    if len(scene.shapes) == 1:
        choices += [
            "the [shape|shape|object|thing|figure|symbol|item]",
            "[it|this|this shape|this thing|that shape|that]",
        ]
        choices += ["the [only|single] shape"]
    if avoid != "kind" and only(scene, shape, "kind"):
        kind = call_kind(speaker, shape.kind)
        choices += [f"the {kind}"] * 3 + [f"[this|that|the only|our|my] {kind}"]
    if avoid != "colour" and only(scene, shape, "colour"):
        tint = call_colour(speaker, shape.colour)
        choices += [f"the {tint} {THING}"] * 2
        choices += [
            f"[what is {tint}|whatever is {tint}|the {THING} that is {tint}|the {THING} in {tint}|"
            f"the {tint}-coloured {THING}|the {tint} coloured {THING}]"
        ]
    if avoid not in ("colour", "kind") and only(scene, shape, "colour", "kind"):
        tint, kind = call_colour(speaker, shape.colour), call_kind(speaker, shape.kind)
        choices += [f"the {tint} {kind}"] * 3 + [f"[this|that] {tint} {kind}", f"the {kind} [in {tint}|that is {tint}]"]
    if avoid != "size" and shape.size != "medium" and only(scene, shape, "size") and _sizes_are_clear(scene):
        adjective = (
            "[small|little|smallest|tiny|smaller|littlest|tiniest]"
            if shape.size == "small"
            else "[large|big|biggest|largest|bigger|larger|huge|giant]"
        )
        choices += [f"the {adjective} {THING}"]
        if avoid != "kind":
            choices += [f"the {adjective} {shape.kind}"]
    place = place_of(scene, shape.centre)
    if avoid != "place" and place and all(other is shape or _elsewhere(scene, other, place) for other in scene.shapes):
        choices += [f"the {THING} {call_place(speaker, place)}"] * 2
        choices += [
            f"the {speaker.say(_PLACE_WORDS[place])} {THING}",
            f"[what is|whatever is|the thing that is] {place}",
        ]
    return speaker.say(speaker.pick(choices)) if choices else None


def _sizes_are_clear(scene: Scene) -> bool:
    return len(scene.shapes) > 1 and {shape.size for shape in scene.shapes} == {"small", "large"}


def _elsewhere(scene: Scene, shape: Shape, place: str) -> bool:
    other = place_of(scene, shape.centre)
    return other is not None and other != place


def call_noun(speaker: Speaker, noun: str) -> str:
    """A kind, a colour and a kind, or a colour and "shape", in a person's words for the same."""
    words = noun.split()
    if words[-1] in SHAPES:
        words[-1] = call_kind(speaker, words[-1])
    else:
        words[-1] = speaker.pick(("shape", "shape", "thing", "object", "figure", "item"))
    if len(words) > 1:
        words[0] = call_colour(speaker, words[0])
    return " ".join(words)


def yes_or_no(agrees: bool, sentence: str) -> str:
    """The sentence that says how it is, after "Yes" or "No"."""
    return f"{'Yes' if agrees else 'No'}, {sentence[0].lower()}{sentence[1:]}"
