"""Questions about one shape: its colour, kind, size, place and filling, and what is asked about it next.

See `questions.py` for what the functions take and give.
"""

from __future__ import annotations

from demo_model.data.spin import Speaker
from demo_model.vision import wordings
from demo_model.vision.asking import QA, ask
from demo_model.vision.palette import COLOURS
from demo_model.vision.phrases import PLACES, call_colour, call_kind, call_place, only, place_of, refer, with_article
from demo_model.vision.scene import Scene
from demo_model.vision.shapes import SHAPES, Shape


def pick_shape(scene: Scene, speaker: Speaker, avoid: str) -> tuple[Shape, str] | None:
    """A shape and words that single it out without `avoid`; None where there are none."""
    if not scene.shapes:
        return None
    shape = speaker.pick(scene.shapes)
    words = refer(speaker, scene, shape, avoid)
    return (shape, words) if words else None


AVOIDED = {"colour": "colour", "shape": "kind", "size": "size", "position": "place"}


_ASKED = {
    "colour": wordings.COLOUR,
    "shape": wordings.SHAPE,
    "size": wordings.SIZE,
    "position": wordings.POSITION,
}


_ASKED_AGAIN = {
    "colour": wordings.AND_COLOUR,
    "shape": wordings.AND_SHAPE,
    "size": wordings.AND_SIZE,
    "position": wordings.AND_POSITION,
}


_ALL_PLACES = tuple(place for row in PLACES for place in row)


_SIZE_WORDS = {
    "small": ("small", "small", "little", "tiny", "a small one", "on the small side"),
    "large": ("large", "big", "big", "huge", "a large one", "a big one"),
}


def answer_about(scene: Scene, found: Shape, attribute: str) -> str | None:
    """The sentence that says this of the shape; None where people might disagree."""
    if attribute == "colour":
        return f"The {found.kind} is {found.colour}."
    if attribute == "shape":
        return f"It is {with_article(found.kind)}."
    if attribute == "size":
        return None if found.size == "medium" else f"The {found.kind} is {found.size}."
    place = place_of(scene, found.centre)
    return f"The {found.kind} is {place}." if place else None


def predicate(speaker: Speaker, scene: Scene, found: Shape, attribute: str, *, true: bool) -> str:
    """A predicate about the shape, right or wrong, as a question may put it."""
    if attribute == "colour":
        name = found.colour if true else speaker.pick([name for name in COLOURS if name != found.colour])
        return call_colour(speaker, name)
    if attribute == "shape":
        kind = found.kind if true else speaker.pick([name for name in SHAPES if name != found.kind])
        return with_article(call_kind(speaker, kind))
    if attribute == "size":
        return speaker.pick(_SIZE_WORDS[found.size if true else {"small": "large", "large": "small"}[found.size]])
    here = place_of(scene, found.centre)
    place = here if true else speaker.pick([name for name in _ALL_PLACES if name != here])
    return call_place(speaker, place or "in the center")


def _about(scene: Scene, speaker: Speaker, attribute: str) -> QA | None:
    picked = pick_shape(scene, speaker, AVOIDED[attribute])
    answer = picked and answer_about(scene, picked[0], attribute)
    if not picked or not answer:
        return None
    found, words = picked
    if speaker.chance(0.06):
        return _either(scene, speaker, found, words, attribute), answer
    return ask(speaker, _ASKED[attribute], {"x": words}), answer


def _either(scene: Scene, speaker: Speaker, found: Shape, words: str, attribute: str) -> str:
    """Is it red or blue?"""
    options = [predicate(speaker, scene, found, attribute, true=true) for true in (True, False)]
    speaker.rng.shuffle(options)
    return ask(speaker, wordings.EITHER, {"x": words, "a": options[0], "b": options[1]})


def colour(scene: Scene, speaker: Speaker) -> QA | None:
    """What colour is the circle? The circle is red."""
    return _about(scene, speaker, "colour")


def shape(scene: Scene, speaker: Speaker) -> QA | None:
    """What shape is the red thing? It is a circle."""
    found = speaker.pick(scene.shapes) if scene.shapes else None
    if found and only(scene, found, "colour") and speaker.chance(0.25):
        question = ask(speaker, wordings.WHAT_COLOURED, {"colour": call_colour(speaker, found.colour)})
        return question, f"It is {with_article(found.kind)}."
    return _about(scene, speaker, "shape")


def size(scene: Scene, speaker: Speaker) -> QA | None:
    """How big is the star? The star is small."""
    return _about(scene, speaker, "size")


def position(scene: Scene, speaker: Speaker) -> QA | None:
    """Where is the star? The star is in the top left."""
    return _about(scene, speaker, "position")


def filled(scene: Scene, speaker: Speaker) -> QA | None:
    """Is the circle filled? The circle is filled."""
    picked = pick_shape(scene, speaker, "")
    if picked is None:
        return None
    found, words = picked
    return ask(speaker, wordings.FILLED, {"x": words}), (
        f"The {found.kind} is {'filled' if found.line is None else 'only an outline'}."
    )


def follow_ups(scene: Scene, speaker: Speaker) -> list[tuple[str, QA]] | None:
    """What colour is the circle? And its size? And the square? Each with its task's name."""
    attribute = speaker.pick(("colour", "colour", "shape", "position", "position", "size"))
    picked = pick_shape(scene, speaker, AVOIDED[attribute])
    answer = picked and answer_about(scene, picked[0], attribute)
    if not picked or not answer:
        return None
    found, words = picked
    turns = [(attribute, (ask(speaker, _ASKED[attribute], {"x": words}), answer))]
    for _ in range(speaker.pick((1, 1, 2, 3))):
        others = [one for one in scene.shapes if one is not found]
        if others and speaker.chance(0.5):
            found = speaker.pick(others)
            again = refer(speaker, scene, found, AVOIDED[attribute])
            question = again and ask(speaker, wordings.AND_OTHER, {"x": again})
        else:
            attribute = speaker.pick([name for name in _ASKED if name not in (attribute, "shape")])
            question = ask(speaker, _ASKED_AGAIN[attribute])
        answer = answer_about(scene, found, attribute)
        if not question or not answer:
            break
        turns.append((attribute, (question, answer)))
    return turns if len(turns) > 1 else None
