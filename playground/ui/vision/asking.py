"""One picture, one task, one model: what is sent, and the answer while it grows. The page and the endpoint share it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic_core import from_json

from playground.errors import CallerError
from playground.grammar import JsonSchema
from playground.images import read_image, upright_size
from playground.messages import Image, user
from playground.options import parse_options
from playground.turn import Signals, Turn
from playground.ui.one_answer import MOST_TOKENS, AnswerSoFar, ask_once
from playground.ui.services import Services
from playground.ui.vision.boxes import as_coco, as_json, read_boxes
from playground.ui.vision.tasks import Answer, Task, task_of
from playground.usage_log import Caller


@dataclass(frozen=True)
class Picture:
    """An uploaded picture: as models get it, and its size in pixels before it was scaled."""

    image: Image
    name: str
    width: int
    height: int


@dataclass(frozen=True)
class Wish:
    """What somebody asks for. `text` is what they typed for the task; `crops`: send "pan and scan" crops too."""

    task: Task
    text: str
    picture: Picture
    model: str | None = None
    crops: bool = False
    temperature: float = 0.0
    seed: int | None = 0
    max_tokens: int = MOST_TOKENS


@dataclass(frozen=True)
class Found:
    """The answer as it stands. `value` is its JSON so far, None for answers in words."""

    answer: AnswerSoFar
    value: Any


def read_picture(path: str | None, name: str = "") -> Picture:
    """An upload as a picture.

    Raises: CallerError when there is none; UnsupportedInput saying what is wrong with it.
    """
    if not path:
        raise CallerError("There is no picture yet. Choose one, paste one, or take one with the camera.", param="image")
    data = Path(path).read_bytes()
    name = name or Path(path).name
    return Picture(read_image(data, name), name, *upright_size(data))


def read_wish(values: dict[str, Any]) -> Wish:
    """A wish from the page's or a program's values.

    Raises: CallerError; UnsupportedInput.
    """
    task = task_of(values["task"])
    picture = read_picture(values["image"])
    rest = {name: values[name] for name in ("crops", "temperature", "seed", "max_tokens") if name in values}
    return Wish(task, values["text"] or "", picture, values["model"] or None, **rest)


def turn_of(wish: Wish) -> Turn:
    """What the model is asked.

    Raises: CallerError.
    """
    schema = wish.task.schema(wish.text) if wish.task.schema else None
    options = parse_options(
        {
            "temperature": wish.temperature,
            "seed": wish.seed,
            "max_tokens": wish.max_tokens,
            "pan_and_scan": wish.crops,
            "response_format": JsonSchema(schema) if schema else None,
        }
    )
    return Turn((user(wish.picture.image, wish.task.prompt(wish.text)),), (), options)


def ask(wish: Wish, services: Services, caller: str, signals: Signals) -> Iterator[Found]:
    """The answer as it grows; the last one is over. The model stops when the reader leaves, or at `signals`.

    Raises: PlaygroundError for what is wrong with the wish; what fails later is in the last answer.
    """
    services.check(user(wish.picture.image), wish.model)
    turn = turn_of(wish)
    for answer in ask_once(turn, services, wish.model, Caller(caller, "vision"), signals):
        value = _read(answer.text, is_whole=answer.reason == "stop") if wish.task.schema else None
        yield Found(answer, value)


def answer_of(wish: Wish, found: Found, url: str) -> Answer:
    """The answer as a task draws it."""
    return Answer(found.value, found.answer.is_over, url, wish.picture.width, wish.picture.height)


def boxes_of(wish: Wish, value: Any) -> dict[str, Any]:
    """The boxes in pixels of the uploaded picture: plainly, and as COCO."""
    picture = wish.picture
    boxes = read_boxes(value, picture.width, picture.height)
    coco = as_coco(boxes, picture.name, picture.width, picture.height)
    return {**as_json(boxes, picture.width, picture.height), "coco": coco}


def _read(text: str, *, is_whole: bool) -> Any:
    """The JSON that a text holds so far. While it grows, the last item of a list may be half a number: it is left out.

    None before there is any; also when it breaks off.
    """
    try:
        value = from_json(text, allow_partial=False if is_whole else "trailing-strings")
    except ValueError:
        return None
    return value[:-1] if isinstance(value, list) and not is_whole else value
