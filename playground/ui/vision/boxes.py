"""Boxes as Gemma writes them, scaled to a picture's pixels, and as files that other programs read.

Knows nothing of models or pages.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

SCALE = 1000
"""Gemma's coordinates run from 0 to this on both axes, whatever the picture's size: [y0, x0, y1, x1]."""


@dataclass(frozen=True)
class Box:
    """A found thing: its label, and the corners of its box in pixels, the origin at the top left."""

    label: str
    x0: float
    y0: float
    x1: float
    y1: float


def read_boxes(answer: Any, width: int, height: int) -> tuple[Box, ...]:
    """The boxes of an answer such as `[{"box_2d": [120, 30, 480, 390], "label": "cat"}]`, in pixels of `width` by
    `height`. Corners that stand the wrong way round are swapped, those outside the picture moved to its edge; boxes
    without four numbers or without an area are left out.
    """
    rows = answer if isinstance(answer, list) else []
    found = (_box(row, width, height) for row in rows)
    return tuple(box for box in found if box is not None)


def as_json(boxes: Sequence[Box], width: int, height: int) -> dict[str, Any]:
    """The boxes and the size of the picture that they are measured in."""
    return {"width": width, "height": height, "boxes": [asdict(box) for box in boxes]}


def as_coco(boxes: Sequence[Box], file_name: str, width: int, height: int) -> dict[str, Any]:
    """The boxes as a COCO data set of one picture.

    Source: the format for object detection at cocodataset.org/#format-data.
    """
    names = list(dict.fromkeys(box.label for box in boxes))
    return {
        "images": [{"id": 1, "file_name": file_name, "width": width, "height": height}],
        "categories": [{"id": number, "name": name} for number, name in enumerate(names, start=1)],
        "annotations": [
            {
                "id": number,
                "image_id": 1,
                "category_id": names.index(box.label) + 1,
                "bbox": [box.x0, box.y0, round(box.x1 - box.x0, 2), round(box.y1 - box.y0, 2)],
                "area": round((box.x1 - box.x0) * (box.y1 - box.y0), 2),
                "iscrowd": 0,
            }
            for number, box in enumerate(boxes, start=1)
        ],
    }


def _box(row: Any, width: int, height: int) -> Box | None:
    corners = row.get("box_2d") if isinstance(row, dict) else None
    if not isinstance(corners, list) or len(corners) != 4 or not all(_is_number(corner) for corner in corners):
        return None
    top, left, bottom, right = (min(max(corner, 0), SCALE) / SCALE for corner in corners)
    (x0, x1), (y0, y1) = sorted((left * width, right * width)), sorted((top * height, bottom * height))
    label = row.get("label")
    box = Box(label if isinstance(label, str) else "", *(round(side, 2) for side in (x0, y0, x1, y1)))
    return box if box.x1 > box.x0 and box.y1 > box.y0 else None


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
