"""Simple shapes: what they are called, how their outline runs, and where they lie."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

from demo_model.vision.palette import RGB

Point = tuple[float, float]
Box = tuple[float, float, float, float]
"""Left, top, right, bottom."""


def _regular(corners: int, inner: float | None = None) -> tuple[Point, ...]:
    """A regular polygon in the unit circle, first corner on top; with `inner`, a star of that inner radius."""
    radii = [1.0] if inner is None else [1.0, inner]
    steps = corners * len(radii)
    points = []
    for i in range(steps):
        angle, radius = 2 * math.pi * i / steps - math.pi / 2, radii[i % len(radii)]
        points.append((radius * math.cos(angle), radius * math.sin(angle)))
    return tuple(points)


def _heart() -> tuple[Point, ...]:
    points = []
    for i in range(64):
        t = 2 * math.pi * i / 64
        x = 16 * math.sin(t) ** 3
        y = 13 * math.cos(t) - 5 * math.cos(2 * t) - 2 * math.cos(3 * t) - math.cos(4 * t)
        points.append((x / 16, -(y + 2.5) / 14.5))
    return tuple(points)


def _cross(arm: float = 0.36) -> tuple[Point, ...]:
    """Twelve corners; `arm` is half an arm's width."""
    quarter = [(-arm, -1.0), (arm, -1.0), (arm, -arm)]
    points = []
    for _ in range(4):
        points += quarter
        quarter = [(-y, x) for x, y in quarter]
    return tuple(points)


_SQUARE = ((-1.0, -1.0), (1.0, -1.0), (1.0, 1.0), (-1.0, 1.0))
_ROUND = _regular(64)

_UNIT_OUTLINES: dict[str, tuple[Point, ...]] = {
    "circle": _ROUND,
    "square": _SQUARE,
    "triangle": _regular(3),
    "rectangle": _SQUARE,
    "oval": _ROUND,
    "star": _regular(5, inner=0.42),
    "diamond": _regular(4),
    "pentagon": _regular(5),
    "cross": _cross(),
    "heart": _heart(),
}

SHAPES = tuple(_UNIT_OUTLINES)
SIZES = ("small", "medium", "large")


@dataclass(frozen=True)
class Shape:
    """One shape in a picture. Lengths in pixels of the picture's own size, angle in degrees clockwise."""

    kind: str
    colour: str
    rgb: RGB
    size: str
    centre: Point
    width: float
    height: float
    angle: float
    line: int | None
    """Width of the outline, or None for a filled shape."""

    @property
    def name(self) -> str:
        """Colour and kind, as a person would say it."""
        return f"{self.colour} {self.kind}"

    @cached_property
    def points(self) -> tuple[Point, ...]:
        """The outline's corners."""
        cos, sin = math.cos(math.radians(self.angle)), math.sin(math.radians(self.angle))
        half_width, half_height = self.width / 2, self.height / 2
        x0, y0 = self.centre
        return tuple(
            (x0 + x * half_width * cos - y * half_height * sin, y0 + x * half_width * sin + y * half_height * cos)
            for x, y in _UNIT_OUTLINES[self.kind]
        )

    @cached_property
    def box(self) -> Box:
        """The smallest upright box around the shape."""
        edge = (self.line or 0) / 2
        xs = [x for x, _ in self.points]
        ys = [y for _, y in self.points]
        return min(xs) - edge, min(ys) - edge, max(xs) + edge, max(ys) + edge
