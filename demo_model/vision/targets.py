"""What each image token, and the picture as a whole, should know about a scene.

The tower is taught before it meets the language model: every one of the 7 by 7 averaged tokens says which shape has
its centre there, and which letters. A sentence about the picture is a far weaker teacher.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from demo_model.architecture import IMAGE_SIZE, IMAGE_TOKENS, PATCH_SIZE
from demo_model.vision.lettering import Lettering
from demo_model.vision.palette import COLOURS
from demo_model.vision.scene import Scene
from demo_model.vision.shapes import SHAPES, SIZES, Box, Point, Shape
from demo_model.vision.words import MAX_LETTERS

GRID = math.isqrt(IMAGE_TOKENS)
PATCHES = IMAGE_SIZE // PATCH_SIZE
"""Per side."""
ALPHABET = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
LETTERS_PER_CELL = 3
MAX_COUNT = 7
UNKNOWN = -100
"""No answer is asked for: the loss skips it."""

CLASSES = {
    "patch_shape": 1 + len(SHAPES),
    "patch_letter": 1 + len(ALPHABET),
    "shape": 1 + len(SHAPES),
    "colour": len(COLOURS),
    "size": len(SIZES),
    "filled": 2,
    "letter": 1 + len(ALPHABET),
    "order": MAX_LETTERS,
    "ink": len(COLOURS),
    "string": 1 + len(ALPHABET),
    "count": 1 + MAX_COUNT,
    "background": len(COLOURS),
}
"""Number of classes of each question. In questions about shapes and letters, class 0 means none."""

Targets = dict[str, Tensor]


def _cell(point: Point, scene: Scene) -> int:
    column = min(GRID - 1, max(0, int(point[0] / scene.width * GRID)))
    row = min(GRID - 1, max(0, int(point[1] / scene.height * GRID)))
    return row * GRID + column


def _covered(box: Box, scene: Scene) -> tuple[slice, slice]:
    """Rows and columns of the patches whose middle lies in the box; at least one of each."""
    left, right = (PATCHES * x / scene.width for x in (box[0], box[2]))
    top, bottom = (PATCHES * y / scene.height for y in (box[1], box[3]))
    return _middles(top, bottom), _middles(left, right)


def _middles(low: float, high: float) -> slice:
    first, last = round(low), round(high)
    if last <= first:
        first = int((low + high) / 2)
        last = first + 1
    return slice(max(0, first), max(0, last))


def _relative_box(shape: Shape, scene: Scene) -> list[float]:
    left, top, right, bottom = shape.box
    return [left / scene.width, top / scene.height, right / scene.width, bottom / scene.height]


def scene_targets(scenes: Sequence[Scene]) -> Targets:
    """Answers for a batch of scenes.

    `patch_shape` and `patch_letter` (scenes, patches, patches) say what covers each patch's middle: dense and easy,
    they come first and pull the rest along. `shape`, `colour`, `size`, `filled`, `ink` and `order` (the place in the
    string of a cell's first letter) are (scenes, cells); `letter` is (scenes, cells, LETTERS_PER_CELL); `box` is
    (scenes, cells, 4) as shares of the picture, NaN where no shape is centred; `string` is (scenes, MAX_LETTERS);
    `count` and `background` are (scenes,).
    """
    n, cells = len(scenes), IMAGE_TOKENS
    empty = {name: torch.full((n, cells), UNKNOWN) for name in ("colour", "size", "filled", "ink", "order")}
    targets: Targets = empty | {
        "patch_shape": torch.zeros(n, PATCHES, PATCHES, dtype=torch.long),
        "patch_letter": torch.zeros(n, PATCHES, PATCHES, dtype=torch.long),
        "shape": torch.zeros(n, cells, dtype=torch.long),
        "letter": torch.zeros(n, cells, LETTERS_PER_CELL, dtype=torch.long),
        "box": torch.full((n, cells, 4), math.nan),
        "string": torch.zeros(n, MAX_LETTERS, dtype=torch.long),
        "count": torch.tensor([len(s.shapes) if len(s.shapes) <= MAX_COUNT else UNKNOWN for s in scenes]),
        "background": torch.tensor(
            [COLOURS.index(s.background.colour) if s.background.colour else UNKNOWN for s in scenes]
        ),
    }
    for i, scene in enumerate(scenes):
        for shape in scene.shapes:
            _fill_shape(targets, i, scene, shape)
        for lettering in scene.letterings:
            _fill_letters(targets, i, scene, lettering)
    return targets


def _fill_shape(targets: Targets, i: int, scene: Scene, shape: Shape) -> None:
    cell = _cell(shape.centre, scene)
    targets["patch_shape"][i][_covered(shape.box, scene)] = 1 + SHAPES.index(shape.kind)
    targets["shape"][i, cell] = 1 + SHAPES.index(shape.kind)
    targets["colour"][i, cell] = COLOURS.index(shape.colour)
    targets["size"][i, cell] = SIZES.index(shape.size)
    targets["filled"][i, cell] = int(shape.line is None)
    targets["box"][i, cell] = torch.tensor(_relative_box(shape, scene))


def _fill_letters(targets: Targets, i: int, scene: Scene, lettering: Lettering) -> None:
    """The letters of one line. What only a picture with a single string can answer stays unknown on a page."""
    alone = len(scene.letterings) == 1
    if not alone:
        targets["string"][i] = UNKNOWN
    for letter, box in zip(lettering.string, lettering.letter_boxes(), strict=True):
        if letter != " ":
            targets["patch_letter"][i][_covered(box, scene)] = 1 + ALPHABET.index(letter)
    for place, (letter, centre) in enumerate(zip(lettering.string, lettering.letter_centres(), strict=True)):
        if letter == " ":
            continue
        cell, answer = _cell(centre, scene), 1 + ALPHABET.index(letter)
        if alone:
            targets["string"][i, place] = answer
        slots = targets["letter"][i, cell]
        slot = int((slots > 0).sum())
        if slot == 0:
            targets["ink"][i, cell] = COLOURS.index(lettering.colour)
            if alone:
                targets["order"][i, cell] = place
        if slot < LETTERS_PER_CELL:
            slots[slot] = answer
