"""Questions about whole pictures with their answers, one function per task.

Each takes a scene and a speaker and returns the pair, or None where the scene does not allow that question. Answers
are one short sentence with the key word in a fixed place, which is what a model of a few million weights can learn.
"""

from __future__ import annotations

import json

from demo_model.data.spin import Speaker
from demo_model.vision import wordings
from demo_model.vision.asking import QA, ask
from demo_model.vision.counting import THINGS
from demo_model.vision.phrases import (
    box_2d,
    call_noun,
    join_words,
    only,
    place_of,
    plural,
    reading_order,
    refer,
    with_article,
    yes_or_no,
)
from demo_model.vision.scene import Scene
from demo_model.vision.shapes import SHAPES, Shape

NOT_IN_PICTURE = "I can only make out simple shapes and short words."
"""Ends every answer to a question that the picture does not answer."""


def places(scene: Scene, speaker: Speaker) -> QA | None:
    """Where are the shapes? The star is in the top left and the circle is at the bottom."""
    if not 2 <= len(scene.shapes) <= 4:
        return None
    by_kind = len({found.kind for found in scene.shapes}) == len(scene.shapes)
    if not by_kind and len({found.name for found in scene.shapes}) < len(scene.shapes):
        return None
    said = [
        f"the {found.kind if by_kind else found.name} is {place}"
        for found in reading_order(scene)
        if (place := place_of(scene, found.centre))
    ]
    if len(said) < len(scene.shapes):
        return None
    answer = join_words(said)
    return ask(speaker, wordings.PLACES, {"things": speaker.say(THINGS)}), f"{answer[0].upper()}{answer[1:]}."


def inventory(scene: Scene, speaker: Speaker) -> QA | None:
    """Describe each shape. I see a small red circle in the top left and a large blue star."""
    if not 1 <= len(scene.shapes) <= 5:
        return None
    said = []
    for found in reading_order(scene):
        place = place_of(scene, found.centre)
        noun = found.name if found.size == "medium" else f"{found.size} {found.name}"
        said.append(with_article(noun) + (f" {place}" if place else ""))
    return ask(speaker, wordings.INVENTORY, {"things": speaker.say(THINGS)}), f"I see {join_words(said)}."


def describe(scene: Scene) -> str:
    """One sentence that names everything, in reading order."""
    parts = [f"the {'number' if t.string.isdigit() else 'word'} {t.string} in {t.colour}" for t in scene.letterings]
    parts += [with_article(found.name) for found in reading_order(scene)]
    if not parts:
        return "The picture is empty."
    ending = f" on a {scene.background.colour} background" if scene.background.colour else ""
    return f"The picture shows {join_words(parts)}{ending.replace('a orange', 'an orange')}."


def caption(scene: Scene, speaker: Speaker) -> QA | None:
    """Describe the picture. The picture shows a red circle and a blue star on a white background."""
    return ask(speaker, wordings.CAPTION), describe(scene)


def detect(scene: Scene, speaker: Speaker) -> QA | None:
    """Detect all shapes. [{"box_2d": [120, 30, 480, 390], "label": "red circle"}]."""
    if not 1 <= len(scene.shapes) <= 5:
        return None
    asked, wanted = speaker.say(f"[all|the|every one of the|all the|all of the|] {THINGS}"), reading_order(scene)
    if speaker.chance(0.5):
        sample = speaker.pick(scene.shapes)
        noun, attribute = speaker.pick(((sample.kind, "kind"), (sample.name, "name")))
        wanted = [found for found in wanted if getattr(found, attribute) == noun]
        said = call_noun(speaker, noun)
        asked = (
            speaker.pick((f"the {said}", f"the {said}", said, with_article(said)))
            if len(wanted) == 1
            else speaker.say(f"[all|the|all the|every one of the|all of the|] {plural(said)}")
        )
    found = [{"box_2d": box_2d(scene, one.box), "label": one.name} for one in wanted]
    return ask(speaker, wordings.DETECT, {"x": asked}), json.dumps(found)


def background(scene: Scene, speaker: Speaker) -> QA | None:
    """What colour is the background? The background is white."""
    if scene.background.colour is None:
        return None
    return ask(speaker, wordings.BACKGROUND), f"The background is {scene.background.colour}."


def colours(scene: Scene, speaker: Speaker) -> QA | None:
    """Which colours do you see? I see red, blue and green."""
    if not 2 <= len(scene.shapes) <= 5:
        return None
    names = list(dict.fromkeys(found.colour for found in reading_order(scene)))
    return ask(speaker, wordings.COLOURS), f"I see {join_words(names)}."


_RELATIONS = {
    "left of": ("left of", "to the left of", "on the left of", "further left than", "on the left side of"),
    "right of": ("right of", "to the right of", "on the right of", "further right than", "on the right side of"),
    "above": ("above", "over", "higher than", "on top of", "further up than"),
    "below": ("below", "under", "beneath", "lower than", "underneath", "further down than"),
}


def _relation(scene: Scene, one: Shape, other: Shape) -> str | None:
    """How `one` lies to `other`, where one direction clearly prevails."""
    across = (one.centre[0] - other.centre[0]) / scene.width
    down = (one.centre[1] - other.centre[1]) / scene.height
    if max(abs(across), abs(down)) < 0.2 or 0.6 < abs(across) / max(1e-6, abs(down)) < 1.7:
        return None
    if abs(across) > abs(down):
        return "left of" if across < 0 else "right of"
    return "above" if down < 0 else "below"


def relation(scene: Scene, speaker: Speaker) -> QA | None:
    """What is left of the circle? The blue star is left of the circle."""
    if not 2 <= len(scene.shapes) <= 4:
        return None
    one, other = speaker.rng.sample(scene.shapes, 2)
    found, words = _relation(scene, one, other), refer(speaker, scene, other, "place")
    if found is None or words is None or one.kind == other.kind:
        return None
    if len(scene.shapes) == 2 and speaker.chance(0.5):
        said = {"relation": speaker.pick(_RELATIONS[found]), "x": words}
        return ask(speaker, wordings.RELATION, said), f"The {one.name} is {found} the {other.kind}."
    first = refer(speaker, scene, one, "place")
    if first is None or not only(scene, one, "kind") or not only(scene, other, "kind"):
        return None
    asked = found if speaker.chance(0.5) else speaker.pick([name for name in _RELATIONS if name != found])
    said = {"relation": speaker.pick(_RELATIONS[asked]), "x": first, "y": words}
    answer = yes_or_no(asked == found, f"The {one.kind} is {found} the {other.kind}.")
    return ask(speaker, wordings.IS_RELATED, said), answer


def absent_shape(scene: Scene, speaker: Speaker) -> QA | None:
    """What colour is the star, when there is none? There is no star in the picture."""
    kinds = {found.kind for found in scene.shapes}
    kind = speaker.pick([name for name in SHAPES if name not in kinds])
    wording = speaker.pick((wordings.COLOUR, wordings.POSITION, wordings.SIZE))
    return ask(speaker, wording, {"x": f"the {kind}"}), f"There is no {kind} in the picture."


_THING_PLURALS = {
    "person": "people",
    "man": "men",
    "woman": "women",
    "child": "children",
    "baby": "babies",
    "bus": "buses",
    "sheep": "sheep",
    "fish": "fish",
    "knife": "knives",
    "dress": "dresses",
    "toy": "toys",
    "sandwich": "sandwiches",
    "couch": "couches",
    "beach": "beaches",
    "watch": "watches",
}


def unseen(scene: Scene, speaker: Speaker) -> QA | None:
    """What is the dog doing? There is no dog in the picture. …"""
    del scene
    if speaker.chance(0.4):
        return ask(speaker, wordings.UNSEEN_FACT), f"I cannot tell that from the picture. {NOT_IN_PICTURE}"
    thing = speaker.pick(wordings.UNSEEN_THINGS)
    return ask(
        speaker, wordings.UNSEEN_THING, {"thing": thing, "things": _THING_PLURALS.get(thing, f"{thing}s")}
    ), f"I do not see a {thing}. {NOT_IN_PICTURE}"
