"""A small vision set of our own, drawn here: objects, counting, spatial, documents, defects. 70 cases.

Drawn with a seed of its own, so it is the same everywhere with the same version of Pillow.
"""

from __future__ import annotations

import io
import math
import random
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import PIL.Image
import PIL.ImageDraw
import PIL.ImageFont

from playground.chat.evals.cases import Case, Check
from playground.images import read_image
from playground.messages import Image

SIDE = 320
"""Pixels."""
SEED = 20_261_124
COLOURS = {
    "red": (208, 44, 40),
    "green": (40, 150, 66),
    "blue": (42, 84, 200),
    "yellow": (240, 200, 40),
    "black": (24, 24, 26),
    "orange": (238, 130, 34),
}
SHAPES = {"circle": 0, "triangle": 3, "square": 4, "hexagon": 6}
"""With their corners."""
WORDS = ("OPEN", "EXIT", "TAXI", "SALE", "STOP", "MENU")
ITEMS = (("Bread", 3), ("Milk", 2), ("Apples", 4), ("Coffee", 7), ("Cheese", 6), ("Rice", 5))
PEOPLE = ("Anna Berg", "Omar Diaz", "Lena Fox", "Ivo Marsh")


@lru_cache(maxsize=1)
def vision_set() -> tuple[Case, ...]:
    """All cases, in order of their categories."""
    draw = random.Random(SEED)
    kinds = {
        "objects": _objects,
        "counting": _counting,
        "spatial": _spatial,
        "documents": _documents,
        "defects": _defects,
    }
    return tuple(
        Case(f"{category}-{number}", category, prompt, check, (picture,))
        for category, make in kinds.items()
        for number, (prompt, check, picture) in enumerate(make(draw), start=1)
    )


Made = Iterator[tuple[str, Check, Image]]


def _objects(draw: random.Random) -> Made:
    """One shape: what is it, and which colour has it?"""
    for number in range(14):
        shape, colour = draw.choice(list(SHAPES)), draw.choice(list(COLOURS))
        canvas = _Canvas()
        canvas.shape(shape, COLOURS[colour], _place(draw), draw.randint(34, 70))
        if number % 2:
            yield "Which colour is the shape?", Check("contains", [colour]), canvas.image
        else:
            yield "What shape is this?", Check("contains", [shape]), canvas.image


def _counting(draw: random.Random) -> Made:
    """Several shapes: how many are there, of all or of one kind?"""
    for number in range(14):
        count, other = draw.randint(1, 6), draw.randint(1, 3)
        shape, another = draw.sample(list(SHAPES), 2)
        canvas = _Canvas()
        places = draw.sample([(x, y) for x in range(4) for y in range(4)], count + other)
        for index, (x, y) in enumerate(places):
            kind = shape if index < count else another
            at = 40 + 80 * x + draw.randint(-6, 6), 40 + 80 * y + draw.randint(-6, 6)
            canvas.shape(kind, draw.choice(list(COLOURS.values())), at, draw.randint(20, 28))
        if number % 2:
            yield "How many shapes are in the picture?", Check("number", float(count + other)), canvas.image
        else:
            yield f"How many {shape}s are there?", Check("number", float(count)), canvas.image


def _spatial(draw: random.Random) -> Made:
    """Two shapes: on which side is one of the other?"""
    for number in range(14):
        one, two = draw.sample(list(COLOURS), 2)
        shape, other = draw.choice(list(SHAPES)), draw.choice(list(SHAPES))
        first = draw.random() < 0.5
        near, far, across = draw.randint(60, 110), draw.randint(210, 260), draw.randint(110, 210)
        line = (near, far) if first else (far, near)
        is_beside = number % 2 == 0
        at = [(along, across + draw.randint(-20, 20)) for along in line]
        at = at if is_beside else [(y, x) for x, y in at]
        canvas = _Canvas()
        canvas.shape(shape, COLOURS[one], at[0], 38)
        canvas.shape(other, COLOURS[two], at[1], 38)
        words = ("left", "right") if is_beside else ("above", "below")
        choice = "left or right of" if is_beside else "above or below"
        question = f"Is the {one} {shape} {choice} the {two} {other}? Answer with one word."
        yield question, _one_of(words, 0 if first else 1), canvas.image


def _documents(draw: random.Random) -> Made:
    """Signs, receipts, labels and tables: what do they say?"""
    for word in WORDS[:4]:
        canvas = _Canvas(background=draw.choice(["white", (250, 244, 220)]))
        canvas.text(word, (50, 120), 72)
        yield "What does the sign say?", Check("contains", [word]), canvas.image
    for _ in range(4):
        bought = draw.sample(ITEMS, 3)
        canvas = _Canvas()
        canvas.text("RECEIPT", (30, 20), 28)
        for row, (item, price) in enumerate(bought):
            canvas.text(f"{item}", (30, 76 + 44 * row), 26)
            canvas.text(f"{price}.00", (220, 76 + 44 * row), 26)
        canvas.text("Total", (30, 232), 28)
        canvas.text(f"{sum(price for _, price in bought)}.00", (220, 232), 28)
        total = float(sum(price for _, price in bought))
        yield "What is the total on this receipt?", Check("number", total, 0.005), canvas.image
    for person in draw.sample(PEOPLE, 3):
        canvas = _Canvas()
        canvas.text("Name", (30, 60), 24)
        canvas.text(person, (30, 92), 38)
        canvas.text(f"Room {draw.randint(100, 499)}", (30, 170), 30)
        yield "Whose name is on the badge?", Check("contains", person.split()), canvas.image
    for _ in range(3):
        hour, minute = draw.randint(6, 21), draw.choice([5, 15, 30, 45])
        canvas = _Canvas()
        canvas.text(f"{draw.choice(WORDS[2:])} {draw.randint(2, 99)}", (30, 40), 34)
        canvas.text(f"{hour}:{minute:02d}", (30, 130), 64)
        yield "Which time is shown?", Check("contains", [f"{hour}:{minute:02d}"]), canvas.image


def _defects(draw: random.Random) -> Made:
    """Rows of like parts, every second of which has one that is missing, broken or of another colour."""
    kinds = ("missing", "notched", "colour")
    for number in range(14):
        is_bad = number % 2 == 0
        kind = kinds[(number // 2) % 3]
        shape, (name, colour) = draw.choice(["circle", "square"]), draw.choice(list(COLOURS.items()))
        bad = draw.randrange(9)
        canvas = _Canvas(background=(236, 236, 240))
        for index in range(9):
            at = 70 + 90 * (index % 3), 70 + 90 * (index // 3)
            if not is_bad or index != bad:
                canvas.shape(shape, colour, at, 30)
            elif kind == "notched":
                canvas.shape(shape, colour, at, 30)
                canvas.shape("triangle", (236, 236, 240), (at[0] + 16, at[1] - 14), 22)
            elif kind == "colour":
                other = draw.choice([one for one in COLOURS if one != name])
                canvas.shape(shape, COLOURS[other], at, 30)
        question = "The picture shows nine parts that should all be alike. Is any part missing, broken or different?"
        yield f"{question} Answer yes or no.", _one_of(("yes", "no"), 0 if is_bad else 1), canvas.image


def _one_of(words: tuple[str, str], right: int) -> Check:
    """One of two words stands in the answer, and not the other."""
    return Check("regex", rf"(?is)^(?!.*\b{words[1 - right]}\b).*\b{words[right]}\b")


def _place(draw: random.Random) -> tuple[int, int]:
    return draw.randint(90, SIDE - 90), draw.randint(90, SIDE - 90)


class _Canvas:
    """A picture being drawn; twice as large as it will be, for smooth edges."""

    def __init__(self, background: Any = "white") -> None:
        self._picture = PIL.Image.new("RGB", (2 * SIDE, 2 * SIDE), background)
        self._draw = PIL.ImageDraw.Draw(self._picture)

    def shape(self, kind: str, colour: Any, at: tuple[int, int], radius: int) -> None:
        """A filled shape round a place."""
        x, y, r = 2 * at[0], 2 * at[1], 2 * radius
        corners = SHAPES[kind]
        if not corners:
            self._draw.ellipse((x - r, y - r, x + r, y + r), fill=colour)
            return
        start = -math.pi / 2 + (math.pi / corners if corners == 4 else 0)
        angles = [start + 2 * math.pi * index / corners for index in range(corners)]
        self._draw.polygon([(x + r * math.cos(angle), y + r * math.sin(angle)) for angle in angles], fill=colour)

    def text(self, words: str, at: tuple[int, int], size: int) -> None:
        """Words in Pillow's own lettering, so that no machine lacks the font."""
        font = PIL.ImageFont.load_default(2 * size)
        self._draw.text((2 * at[0], 2 * at[1]), words, fill=(20, 20, 24), font=font)

    @property
    def image(self) -> Image:
        """What was drawn, in its own size."""
        small = self._picture.resize((SIDE, SIDE), PIL.Image.Resampling.LANCZOS)
        file = io.BytesIO()
        small.save(file, "PNG")
        return read_image(file.getvalue(), "A drawn picture")
