"""The vision tasks. Each is a prompt, the JSON that the answer must be, and how that is drawn; to add one, add it here.

    Task("mood", "Mood", prompt=lambda _: "Is the mood of this picture good or bad?",
         schema=lambda _: {"type": "string", "enum": ["good", "bad"]}, draw=draw_value)

The functions take what the person typed for the task. A task without a schema is answered in words, shown as Markdown.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from playground.errors import CallerError
from playground.ui.vision.boxes import read_boxes

Schema: TypeAlias = Mapping[str, Any]
MOST_LABELS = 100
MOST_CHARS = 200
"""Of a label, a field's name, or a short answer."""
KINDS: Mapping[str, Schema] = {
    "text": {"type": ["string", "null"], "maxLength": 500},
    "number": {"type": ["number", "null"]},
    "whole number": {"type": ["integer", "null"]},
    "yes or no": {"type": ["boolean", "null"]},
    "list": {"type": "array", "items": {"type": "string", "maxLength": MOST_CHARS}, "maxItems": 50},
}
"""What a field may hold. Null where the picture does not show it."""


@dataclass(frozen=True)
class Answer:
    """An answer as it stands. `value` is what its JSON holds so far, None before there is any.

    `url` shows the picture, which is `width` by `height` pixels.
    """

    value: Any
    is_over: bool
    url: str
    width: int
    height: int


@dataclass(frozen=True)
class Task:
    """What can be asked of a picture. `asks` names what the person adds, `example` shows one; "": nothing is added."""

    name: str
    label: str
    prompt: Callable[[str], str]
    schema: Callable[[str], Schema] | None = None
    draw: Callable[[Answer], str] | None = None
    asks: str = ""
    example: str = ""
    has_boxes: bool = False


# How answers are drawn: as HTML, everything in it escaped.


def draw_value(answer: Answer) -> str:
    """One value, large."""
    return f'<p class="finding">{_said(answer.value)}</p>' if answer.value is not None else ""


def draw_property(name: str) -> Callable[[Answer], str]:
    """One property of the answer, large."""

    def draw(answer: Answer) -> str:
        value = answer.value.get(name) if isinstance(answer.value, dict) else None
        return f'<p class="finding">{_said(value)}</p>' if value is not None else ""

    return draw


def draw_labels(answer: Answer) -> str:
    """Each label with whether it applies."""
    rows = answer.value.items() if isinstance(answer.value, dict) else ()
    chips = "".join(
        f'<li class="{"yes" if value is True else "no"}">{"✓" if value is True else "✗"} {html.escape(name)}</li>'
        for name, value in rows
    )
    return f'<ul class="labels">{chips}</ul>'


def draw_fields(answer: Answer) -> str:
    """Names and values as a table."""
    rows = answer.value.items() if isinstance(answer.value, dict) else ()
    cells = "".join(f"<tr><th scope=row>{html.escape(name)}</th><td>{_said(value)}</td></tr>" for name, value in rows)
    return f'<table class="figures outcomes"><tbody>{cells}</tbody></table>' if cells else ""


def draw_boxes(answer: Answer) -> str:
    """The picture with its boxes, and a list of what they hold."""
    boxes = read_boxes(answer.value, answer.width, answer.height)
    said = html.escape(", ".join(box.label for box in boxes) or "nothing")
    text_px = max(answer.width, answer.height) / 36
    marks = "".join(
        f'<g class="hue{_hue(box.label, boxes)}"><rect x="{box.x0}" y="{box.y0}" width="{box.x1 - box.x0:.2f}" '
        f'height="{box.y1 - box.y0:.2f}"/><text x="{box.x0 + text_px / 4:.1f}" '
        f'y="{max(box.y0 - text_px / 3, text_px):.1f}" font-size="{text_px:.1f}">{html.escape(box.label)}</text></g>'
        for box in boxes
    )
    rows = "".join(
        f"<tr><th scope=row>{html.escape(box.label)}</th><td>{box.x0:.0f}, {box.y0:.0f}</td>"
        f"<td>{box.x1 - box.x0:.0f} x {box.y1 - box.y0:.0f}</td></tr>"
        for box in boxes
    )
    head = "<tr><th scope=col>Found</th><th scope=col>Left, top</th><th scope=col>Size in pixels</th></tr>"
    table = f'<table class="figures"><thead>{head}</thead><tbody>{rows}</tbody></table>' if rows else ""
    nothing = "<p>Nothing was found.</p>" if answer.is_over and not boxes else ""
    return (
        f'<div class="boxed"><img src="{html.escape(answer.url)}" alt="The picture">'
        f'<svg viewBox="0 0 {answer.width} {answer.height}" role="img" aria-label="Found: {said}">{marks}</svg></div>'
        f"{nothing}{table}"
    )


# What the person adds, read.


def labels_of(text: str) -> list[str]:
    """The labels of a list with commas or lines between them.

    Raises: CallerError when there are fewer than two, too many, or one is too long.
    """
    labels = list(dict.fromkeys(part.strip() for part in re.split(r"[,\n]", text) if part.strip()))
    if not 2 <= len(labels) <= MOST_LABELS:
        raise CallerError(
            f"There are {len(labels)} labels. Write from 2 to {MOST_LABELS}, with commas between them.", param="text"
        )
    return [_short(label, "label") for label in labels]


def fields_of(text: str) -> dict[str, Schema]:
    """The schema of each field, one a line: a name, and after a colon one of `KINDS` (text if left out).

    Raises: CallerError naming the line that cannot be read, or when there are none or too many.
    """
    fields: dict[str, Schema] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        name, _, kind = (part.strip() for part in line.partition(":"))
        if not name or (kind or "text") not in KINDS:
            raise CallerError(
                f"Line {number} is {line.strip()[:80]!r}. Write a name, a colon and one of: {', '.join(KINDS)}.",
                param="text",
            )
        fields[_short(name, "field")] = KINDS[kind or "text"]
    if not 1 <= len(fields) <= MOST_LABELS:
        raise CallerError(f"There are {len(fields)} fields. Write from 1 to {MOST_LABELS}, one a line.", param="text")
    return fields


def _given(text: str) -> str:
    if not text.strip():
        raise CallerError("Nothing is asked yet. Fill in the box under the task.", param="text")
    return text.strip()


def _short(text: str, what: str) -> str:
    if len(text) > MOST_CHARS:
        raise CallerError(f"The {what} {text[:40]!r}… has {len(text):,} characters; {MOST_CHARS} is the most.")
    return text


def _object(properties: Mapping[str, Schema]) -> Schema:
    return {"type": "object", "properties": dict(properties), "required": list(properties)}


def _boxes(_: str) -> Schema:
    corner = {"type": "integer", "minimum": 0, "maximum": 1000}
    box = {"type": "array", "items": corner, "minItems": 4, "maxItems": 4}
    thing = _object({"box_2d": box, "label": {"type": "string", "minLength": 1, "maxLength": 80}})
    return {"type": "array", "items": thing, "maxItems": 50}


def _said(value: Any) -> str:
    """A value in words."""
    match value:
        case None:
            return '<i class="absent">not in the picture</i>'
        case bool():
            return "yes" if value else "no"
        case list():
            return html.escape(", ".join(map(str, value)))
        case _:
            return html.escape(str(value))


def _hue(label: str, boxes: tuple[Any, ...]) -> int:
    """A number from 0 to 5 for each label, in the order in which they come."""
    return list(dict.fromkeys(box.label for box in boxes)).index(label) % 6


TASKS = (
    Task("ask", "Open prompt", _given, asks="Prompt", example="What do you see in this picture?"),
    Task("caption", "Short caption", lambda _: "Describe the picture in one sentence."),
    Task("describe", "Long caption", lambda _: "Describe the picture in detail: what is in it, where, and what for."),
    Task("read", "Read text", lambda _: "What does it say? Write out all text in the picture, line by line."),
    Task(
        "question",
        "Question",
        lambda text: f"{_given(text)} Answer in a few words.",
        asks="Question",
        example="What colour is the star?",
    ),
    Task(
        "label",
        "One label",
        lambda text: f"Which of these fits the picture best: {', '.join(labels_of(text))}? Answer with JSON.",
        lambda text: _object({"label": {"type": "string", "enum": labels_of(text)}}),
        draw_property("label"),
        asks="Labels",
        example="photo, drawing, document",
    ),
    Task(
        "labels",
        "Several labels",
        lambda text: (
            f"Which of these apply to the picture: {', '.join(labels_of(text))}? Say true or false of each, as JSON."
        ),
        lambda text: _object({label: {"type": "boolean"} for label in labels_of(text)}),
        draw_labels,
        asks="Labels",
        example="circle, star, text, people",
    ),
    Task(
        "find",
        "Find",
        lambda text: f"Detect {_given(text)}. Return a JSON list of box_2d and label.",
        _boxes,
        draw_boxes,
        asks="What to find",
        example="all shapes",
        has_boxes=True,
    ),
    Task(
        "count",
        "Count",
        lambda text: f"How many {_given(text)} are there?",
        lambda _: _object({"count": {"type": "integer", "minimum": 0, "maximum": 1_000_000}}),
        draw_property("count"),
        asks="What to count",
        example="shapes",
    ),
    Task(
        "fields",
        "Fields",
        lambda text: (
            f"Fill in these fields from the picture, as JSON: {', '.join(fields_of(text))}. "
            "Write null for what the picture does not show."
        ),
        lambda text: _object(fields_of(text)),
        draw_fields,
        asks="Fields, one a line",
        example="title\ntotal: number\npaid: yes or no\nitems: list",
    ),
)


def task_of(name: str) -> Task:
    """The task of this name.

    Raises: CallerError listing the names.
    """
    for task in TASKS:
        if task.name == name:
            return task
    raise CallerError(f"There is no task {name!r}. Tasks: {', '.join(t.name for t in TASKS)}.", param="task")
