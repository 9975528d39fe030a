"""How well a model sees: pictures from seeds of their own, questions written by hand, one score per task.

`evaluate_vision(answer_all, n)` asks any function from pictures with questions to answers. Scoring reads answers as a
person would: the right word must be there and no wrong one beside it, whatever the sentence around it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from random import Random

from PIL import Image

from demo_model.vision.drawing import draw_scene
from demo_model.vision.heldout_wordings import QUESTIONS
from demo_model.vision.palette import COLOURS
from demo_model.vision.phrases import only, place_of, plural, with_article
from demo_model.vision.scene import Scene, sample_shapes_scene, sample_text_scene
from demo_model.vision.shapes import SHAPES, Shape
from demo_model.vision.words import COMMON, in_some_case, pronounceable, random_letters

SEED = "held-out pictures, never used for training"
AnswerAll = Callable[[Sequence[tuple[Image.Image, str]]], Sequence[str]]
_HONEST = ("cannot", "can't", "do not see", "don't see", "there is no ", "there are no ", "only make out", "not sure")
_NUMBER_WORDS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


@dataclass(frozen=True)
class Item:
    """One picture with one question, and whether an answer is right."""

    task: str
    image: Image.Image
    question: str
    expected: str
    is_right: Callable[[str], bool]


def evaluate_vision(answer_all: AnswerAll, n: int) -> dict[str, tuple[int, int]]:
    """Ask `n` questions of every task. Right answers and questions asked, by task."""
    scores = {}
    for task in QUESTIONS:
        items = list(held_out_items(task, n))
        answers = answer_all([(item.image, item.question) for item in items])
        scores[task] = sum(item.is_right(answer) for item, answer in zip(items, answers, strict=True)), len(items)
    return scores


def held_out_items(task: str, n: int) -> Iterator[Item]:
    """The first `n` items of a task: always the same ones on the same machine."""
    rng = Random(f"{SEED}: {task}")
    for number in range(n):
        wording = QUESTIONS[task][number % len(QUESTIONS[task])]
        yield _MAKERS[task](rng, wording)


def _item(task: str, scene: Scene, question: str, expected: str, is_right: Callable[[str], bool]) -> Item:
    return Item(task, draw_scene(scene), question[0].upper() + question[1:], expected, is_right)


def says_only(answer: str, wanted: str, words: tuple[str, ...]) -> bool:
    """Whether the answer names `wanted` and none of the other `words`."""
    found = set(re.findall(r"[a-z]+", answer.lower().replace("grey", "gray")))
    return found & set(words) == {wanted}


def _scene_with(rng: Random, fits: Callable[[Scene, Shape], bool]) -> tuple[Scene, Shape]:
    """A picture of one to three shapes, and one of them that fits."""
    while True:
        scene = sample_shapes_scene(rng, rng.choice((1, 2, 3)))
        fitting = [shape for shape in scene.shapes if fits(scene, shape)]
        if fitting:
            return scene, rng.choice(fitting)


def _colour(rng: Random, wording: str) -> Item:
    scene, shape = _scene_with(rng, lambda s, x: only(s, x, "kind"))
    question = wording.format(x=f"the {shape.kind}")
    return _item("colour", scene, question, shape.colour, lambda a: says_only(a, shape.colour, COLOURS))


def _shape(rng: Random, wording: str) -> Item:
    scene, shape = _scene_with(rng, lambda s, x: only(s, x, "colour"))
    words = f"the {shape.colour} {rng.choice(('shape', 'one', 'thing', 'object'))}"
    return _item("shape", scene, wording.format(x=words), shape.kind, lambda a: says_only(a, shape.kind, SHAPES))


def _size(rng: Random, wording: str) -> Item:
    scene, shape = _scene_with(rng, lambda s, x: only(s, x, "kind") and x.size != "medium")
    question = wording.format(x=f"the {shape.kind}")
    same = {"large": "big", "small": "little"}
    words = ("large", "small", *same.values())

    def is_right(answer: str) -> bool:
        return says_only(answer, shape.size, words) or says_only(answer, same[shape.size], words)

    return _item("size", scene, question, shape.size, is_right)


def _position(rng: Random, wording: str) -> Item:
    scene, shape = _scene_with(rng, lambda s, x: only(s, x, "kind") and place_of(s, x.centre) is not None)
    place = place_of(scene, shape.centre) or ""
    return _item("position", scene, wording.format(x=f"the {shape.kind}"), place, lambda a: _same_place(a, place))


def _same_place(answer: str, place: str) -> bool:
    parts = ("top", "bottom", "left", "right", "center")
    words = answer.lower()
    for other, name in (("centre", "center"), ("middle", "center"), ("upper", "top"), ("lower", "bottom")):
        words = words.replace(other, name)
    return {p for p in parts if p in words} == {p for p in parts if p in place}


def _count(rng: Random, wording: str) -> Item:
    wanted = rng.randint(1, 5)
    scene = sample_shapes_scene(rng, wanted)
    while len(scene.shapes) != wanted:
        scene = sample_shapes_scene(rng, wanted)
    number, things = wanted, rng.choice(("shapes", "shapes", "objects", "things"))
    if rng.random() < 0.25:
        kind = rng.choice(scene.shapes).kind
        number, things = sum(shape.kind == kind for shape in scene.shapes), plural(kind)
    return _item("count", scene, wording.format(s=things), str(number), lambda a: _numbers(a) == {number})


def _numbers(answer: str) -> set[int]:
    words = re.findall(r"[a-z]+|\d+", answer.lower())
    return {int(w) if w.isdigit() else _NUMBER_WORDS.index(w) for w in words if w.isdigit() or w in _NUMBER_WORDS}


def _words(rng: Random, wording: str) -> Item:
    """At most six letters: a third common words, a third invented ones, a third random letters."""
    draw = rng.choice((_common, pronounceable, random_letters))
    word = draw(rng)
    while not 2 <= len(word) <= 6:
        word = draw(rng)
    word = in_some_case(rng, word)
    return _item("words", sample_text_scene(rng, word), wording, word, lambda a: word in re.findall(r"\w+", a))


def _common(rng: Random) -> str:
    return rng.choice(COMMON)


def _digits(rng: Random, wording: str) -> Item:
    number = str(rng.randrange(10 ** rng.randint(1, 6)))
    return _item("digits", sample_text_scene(rng, number), wording, number, lambda a: re.findall(r"\d+", a) == [number])


def _yes_no(rng: Random, wording: str) -> Item:
    scene = sample_shapes_scene(rng, rng.choice((1, 2, 3)))
    while not scene.shapes:
        scene = sample_shapes_scene(rng, 1)
    there = {shape.name for shape in scene.shapes}
    asked = rng.choice(sorted(there))
    if rng.random() < 0.5:
        near = rng.choice(scene.shapes)
        while asked in there:
            asked = rng.choice((f"{near.colour} {rng.choice(SHAPES)}", f"{rng.choice(COLOURS)} {near.kind}"))
    expected = "yes" if asked in there else "no"
    question = wording.format(a=with_article(asked))
    return _item("yes_no", scene, question, expected, lambda a: says_only(a.split(",")[0], expected, ("yes", "no")))


def _caption(rng: Random, wording: str) -> Item:
    scene = sample_shapes_scene(rng, rng.choice((1, 2, 3)))
    while not scene.shapes:
        scene = sample_shapes_scene(rng, 1)
    names = [shape.name for shape in scene.shapes]
    others = {f"{colour} {kind}" for colour in COLOURS for kind in SHAPES} - set(names)

    def is_right(answer: str) -> bool:
        said = answer.lower()
        return all(name in said for name in names) and not any(name in said for name in others)

    return _item("caption", scene, wording, ", ".join(names), is_right)


def _detect(rng: Random, wording: str) -> Item:
    scene, shape = _scene_with(rng, lambda s, x: only(s, x, "kind"))
    wanted, words = (scene.shapes, "all shapes") if rng.random() < 0.5 else ((shape,), f"the {shape.kind}")
    if "{d}" not in wording:
        wanted = scene.shapes
    boxes = [(one.name, _gemma_box(scene, one)) for one in wanted]
    return _item("detect", scene, wording.format(d=words), str(boxes), lambda a: boxes_agree(a, boxes))


def _gemma_box(scene: Scene, shape: Shape) -> tuple[float, ...]:
    left, top, right, bottom = shape.box
    width, height = scene.width / 1000, scene.height / 1000
    return top / height, left / width, bottom / height, right / width


def boxes_agree(answer: str, wanted: list[tuple[str, tuple[float, ...]]], least_overlap: float = 0.5) -> bool:
    """Whether a JSON list names exactly the wanted things, each with a box that overlaps its own (IoU)."""
    try:
        found = json.loads(re.sub(r"^```(json)?|```$", "", answer.strip()).strip())
        left = [(str(one["label"]), tuple(float(x) for x in one["box_2d"])) for one in found]
    except (ValueError, TypeError, KeyError):
        return False
    for label, box in wanted:
        hits = [one for one in left if one[0] == label and len(one[1]) == 4 and overlap(one[1], box) >= least_overlap]
        if not hits:
            return False
        left.remove(max(hits, key=lambda one: overlap(one[1], box)))
    return not left


def overlap(one: tuple[float, ...], other: tuple[float, ...]) -> float:
    """Intersection over union of two boxes given by two opposite corners."""
    height = min(one[2], other[2]) - max(one[0], other[0])
    width = min(one[3], other[3]) - max(one[1], other[1])
    if height <= 0 or width <= 0:
        return 0.0
    areas = sum((box[2] - box[0]) * (box[3] - box[1]) for box in (one, other))
    return height * width / (areas - height * width)


def _refusal(rng: Random, wording: str) -> Item:
    scene = sample_shapes_scene(rng, rng.choice((1, 2, 3)))
    return _item(
        "refusal", scene, wording, "an honest sentence", lambda a: any(words in a.lower() for words in _HONEST)
    )


_MAKERS: dict[str, Callable[[Random, str], Item]] = {
    "colour": _colour,
    "shape": _shape,
    "size": _size,
    "position": _position,
    "count": _count,
    "words": _words,
    "digits": _digits,
    "yes_no": _yes_no,
    "caption": _caption,
    "detect": _detect,
    "refusal": _refusal,
}
