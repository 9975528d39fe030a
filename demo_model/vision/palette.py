"""Colour names and the many tints a person would call by each name."""

from __future__ import annotations

import colorsys
from dataclasses import dataclass
from random import Random

RGB = tuple[int, int, int]


@dataclass(frozen=True)
class Tints:
    """A block of HSV space: hue in degrees (it may pass 360), saturation and value from 0 to 1."""

    hue: tuple[float, float]
    saturation: tuple[float, float]
    value: tuple[float, float]
    examples: tuple[RGB, ...]
    """Exact values people use for the name (CSS and common chart palettes)."""


# Neighbouring names leave a gap between them: what people would argue about is never drawn.
_TINTS = {
    "red": Tints((351, 367), (0.78, 1.0), (0.74, 1.0), ((255, 0, 0), (220, 20, 60), (214, 39, 40), (229, 57, 53))),
    "orange": Tints((24, 37), (0.82, 1.0), (0.9, 1.0), ((255, 165, 0), (255, 127, 14), (255, 140, 0))),
    "yellow": Tints((49, 60), (0.65, 1.0), (0.9, 1.0), ((255, 255, 0), (255, 215, 0), (253, 216, 53))),
    "green": Tints((92, 148), (0.5, 1.0), (0.38, 0.95), ((0, 128, 0), (0, 255, 0), (44, 160, 44), (67, 160, 71))),
    "cyan": Tints((176, 188), (0.6, 1.0), (0.78, 1.0), ((0, 255, 255), (23, 190, 207), (0, 206, 209))),
    "blue": Tints((206, 243), (0.62, 1.0), (0.5, 1.0), ((0, 0, 255), (31, 119, 180), (30, 136, 229), (65, 105, 225))),
    "purple": Tints((266, 295), (0.42, 1.0), (0.42, 0.78), ((128, 0, 128), (148, 103, 189), (142, 36, 170))),
    "pink": Tints((318, 346), (0.28, 0.68), (0.93, 1.0), ((255, 192, 203), (255, 105, 180), (227, 119, 194))),
    "brown": Tints((17, 31), (0.55, 0.88), (0.34, 0.58), ((139, 69, 19), (165, 42, 42), (121, 85, 72))),
    "black": Tints((0, 360), (0.0, 0.25), (0.0, 0.11), ((0, 0, 0), (17, 17, 17))),
    "white": Tints((0, 360), (0.0, 0.02), (0.97, 1.0), ((255, 255, 255), (250, 250, 250))),
    "gray": Tints((0, 360), (0.0, 0.06), (0.42, 0.7), ((128, 128, 128), (169, 169, 169), (117, 117, 117))),
}

COLOURS = tuple(_TINTS)


def sample_tint(rng: Random, name: str) -> RGB:
    """A colour that people call `name`."""
    tints = _TINTS[name]
    if rng.random() < 0.3:
        return rng.choice(tints.examples)
    hue = rng.uniform(*tints.hue) % 360 / 360
    red, green, blue = colorsys.hsv_to_rgb(hue, rng.uniform(*tints.saturation), rng.uniform(*tints.value))
    return round(red * 255), round(green * 255), round(blue * 255)


def contrast(one: RGB, other: RGB) -> float:
    """How well print in one colour can be read on the other: from 1 to 21.

    Source: WCAG 2.2, "contrast ratio" and "relative luminance", https://www.w3.org/TR/WCAG22/, 2026-11.
    """
    bright, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


def _luminance(rgb: RGB) -> float:
    red, green, blue = (x / 12.92 if x <= 0.04045 else ((x + 0.055) / 1.055) ** 2.4 for x in (p / 255 for p in rgb))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def distance(one: RGB, other: RGB) -> float:
    """How far two colours lie apart: 0 to about 765, green counting most as it does for the eye."""
    mean_red = (one[0] + other[0]) / 2
    red, green, blue = (a - b for a, b in zip(one, other, strict=True))
    # Source: https://www.compuphase.com/cmetric.htm ("redmean"), read from memory, 2026-11.
    return float(((2 + mean_red / 256) * red**2 + 4 * green**2 + (2 + (255 - mean_red) / 256) * blue**2) ** 0.5)
