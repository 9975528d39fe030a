"""Every kind of question about pictures: how it is asked, of which pictures, how often."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from demo_model.data.spin import Speaker
from demo_model.vision import attributes, counting, questions, text_questions, yes_no
from demo_model.vision.asking import QA
from demo_model.vision.phrases import place_of
from demo_model.vision.scene import Scene, sample_scene, sample_shapes_scene, sample_text_scene


def _some_shapes(rng: Random) -> Scene:
    """One to four: often enough one can be singled out."""
    return sample_shapes_scene(rng, rng.choice((1, 1, 1, 2, 2, 2, 3, 3, 4)))


def _few_shapes(rng: Random) -> Scene:
    return sample_shapes_scene(rng, rng.choice((2, 2, 2, 3, 3, 4)))


def _countable(rng: Random) -> Scene:
    """Every number up to seven."""
    return sample_shapes_scene(rng, rng.choice((1, 2, 2, 3, 3, 3, 4, 4, 4, 5, 5, 5, 5, 6, 6, 6, 7)))


def _shapes_or_text(rng: Random) -> Scene:
    draw = rng.random()
    return _text(rng) if draw < 0.15 else _countable(rng) if draw < 0.35 else _some_shapes(rng)


def _several_shapes(rng: Random) -> Scene:
    return sample_shapes_scene(rng, rng.choice((2, 2, 3, 3, 4)))


def _text(rng: Random) -> Scene:
    return sample_text_scene(rng, with_shapes=rng.random() < 0.15)


def _count(scene: Scene, speaker: Speaker) -> QA | None:
    """Far too many pictures hold one of a kind."""
    asked = counting.count(scene, speaker)
    return None if asked and asked[1].startswith("There is 1 ") and speaker.chance(0.6) else asked


def _position(scene: Scene, speaker: Speaker) -> QA | None:
    """Large shapes crowd the middle."""
    asked = attributes.position(scene, speaker)
    return None if asked and asked[1].endswith(" in the center.") and speaker.chance(0.45) else asked


def _inventory(scene: Scene, speaker: Speaker) -> QA | None:
    """Mostly where every place is beyond doubt."""
    is_clear = all(place_of(scene, shape.centre) for shape in scene.shapes)
    return questions.inventory(scene, speaker) if is_clear or speaker.chance(0.05) else None


@dataclass(frozen=True)
class Task:
    """A kind of question: how to ask it, which pictures it is mostly asked about, its share of first questions."""

    ask: Callable[[Scene, Speaker], QA | None]
    sample_scene: Callable[[Random], Scene]
    share: float


TASKS: dict[str, Task] = {
    "colour": Task(attributes.colour, _some_shapes, 2.0),
    "shape": Task(attributes.shape, _some_shapes, 3.0),
    "size": Task(attributes.size, _some_shapes, 1.8),
    "position": Task(_position, _some_shapes, 6.0),
    "places": Task(questions.places, _several_shapes, 3.0),
    "inventory": Task(_inventory, _some_shapes, 3.0),
    "text_position": Task(text_questions.text_position, _text, 0.6),
    "count": Task(_count, _countable, 6.0),
    "read": Task(text_questions.read, _text, 44.0),
    "text_colour": Task(text_questions.text_colour, _text, 0.6),
    "says": Task(text_questions.says, _text, 13.0),
    "is_there": Task(yes_no.is_there, _shapes_or_text, 5.5),
    "is_it": Task(yes_no.is_it, _some_shapes, 7.0),
    "caption": Task(questions.caption, sample_scene, 3.0),
    "detect": Task(questions.detect, _some_shapes, 6.5),
    "background": Task(questions.background, sample_scene, 0.4),
    "colours": Task(questions.colours, sample_shapes_scene, 0.4),
    "filled": Task(attributes.filled, _some_shapes, 0.3),
    "relation": Task(questions.relation, _few_shapes, 1.6),
    "absent_shape": Task(questions.absent_shape, _some_shapes, 0.3),
    "unseen": Task(questions.unseen, sample_scene, 1.2),
}
