"""Questions that are answered by yes or no, and by what is true instead.

See `questions.py` for what the functions take and give.
"""

from __future__ import annotations

from demo_model.data.spin import Speaker
from demo_model.vision import wordings
from demo_model.vision.asking import QA, ask
from demo_model.vision.attributes import AVOIDED, answer_about, pick_shape, predicate
from demo_model.vision.counting import is_count
from demo_model.vision.palette import COLOURS
from demo_model.vision.phrases import call_colour, call_noun, plural, with_article, yes_or_no
from demo_model.vision.scene import Scene
from demo_model.vision.shapes import SHAPES


def is_there(scene: Scene, speaker: Speaker) -> QA | None:
    """Is there a red circle? Yes, there is a red circle."""
    draw = speaker.rng.random()
    if draw < (0.7 if scene.letterings and not scene.shapes else 0.1):
        return _is_there_text(scene, speaker)
    if draw > 0.78 and scene.shapes:
        return is_count(scene, speaker)
    noun = _asked_noun(scene, speaker)
    found = noun in _nouns(scene)
    said = call_noun(speaker, noun)
    question = ask(speaker, wordings.IS_THERE, {"thing": said, "things": plural(said), "a_thing": with_article(said)})
    return question, f"Yes, there is {with_article(noun)}." if found else f"No, there is no {noun}."


def _nouns(scene: Scene) -> set[str]:
    nouns = set()
    for found in scene.shapes:
        nouns |= {found.kind, found.name, f"{found.colour} shape"}
    return nouns


def _asked_noun(scene: Scene, speaker: Speaker) -> str:
    """A noun that is there half of the time; absent ones often share the colour or the kind of something there."""
    nouns = sorted(_nouns(scene))
    if nouns and speaker.chance(0.52):
        return speaker.pick(nouns)
    while True:
        near = speaker.pick(scene.shapes) if scene.shapes and speaker.chance(0.5) else None
        kind, name = speaker.pick(SHAPES), speaker.pick(COLOURS)
        if near is not None and speaker.chance(0.5):
            kind = near.kind
        elif near is not None:
            name = near.colour
        noun = speaker.pick((kind, f"{name} {kind}", f"{name} {kind}", f"{name} shape"))
        if noun not in nouns:
            return noun


def _is_there_text(scene: Scene, speaker: Speaker) -> QA:
    question = ask(speaker, wordings.HAS_TEXT)
    if not scene.letterings:
        return question, "No, there is no text in the picture."
    return question, f"Yes, it says {' '.join(lettering.string for lettering in scene.letterings)}."


def is_it(scene: Scene, speaker: Speaker) -> QA | None:
    """Is the circle red? No, the circle is blue."""
    if not scene.shapes or speaker.chance(0.06):
        return _is_background(scene, speaker)
    attribute = speaker.rng.choices(
        ("colour", "shape", "size", "position", "half", "filled"), (0.3, 0.22, 0.14, 0.22, 0.05, 0.07)
    )[0]
    if attribute == "filled":
        return _is_filled(scene, speaker)
    if attribute == "half":
        return _is_in_half(scene, speaker)
    picked = pick_shape(scene, speaker, AVOIDED[attribute])
    answer = picked and answer_about(scene, picked[0], attribute)
    if not picked or not answer:
        return None
    agrees = speaker.chance(0.5)
    found, words = picked
    special = wordings.IS_PLACED if attribute == "position" else wordings.IS_CALLED
    wording = special if speaker.chance(0.5 if attribute == "position" else 0.2) else wordings.IS_IT
    question = ask(speaker, wording, {"x": words, "y": predicate(speaker, scene, found, attribute, true=agrees)})
    return question, yes_or_no(agrees, answer)


def _is_in_half(scene: Scene, speaker: Speaker) -> QA | None:
    """Is the star on the left half? Yes, the star is in the top left."""
    picked = pick_shape(scene, speaker, "place")
    answer = picked and answer_about(scene, picked[0], "position")
    if not picked or not answer:
        return None
    across, down = picked[0].centre[0] / scene.width - 0.5, picked[0].centre[1] / scene.height - 0.5
    names, share = speaker.pick(((("left", "right"), across), (("upper", "lower"), down)))
    if abs(share) < 0.17:
        return None
    agrees = speaker.chance(0.5)
    asked = names[int((share > 0) == agrees)]
    place = speaker.say(f"[in|on] the {asked} [half|half of it|half of the picture]")
    question = ask(speaker, wordings.IS_PLACED, {"x": picked[1], "y": place})
    return question, yes_or_no(agrees, answer)


def _is_filled(scene: Scene, speaker: Speaker) -> QA | None:
    """Is the circle filled? No, the circle is only an outline."""
    picked = pick_shape(scene, speaker, "")
    if picked is None:
        return None
    found, words = picked
    agrees = speaker.chance(0.5)
    is_filled = found.line is None
    full = is_filled == agrees
    asked = speaker.pick(
        ("filled", "solid", "filled in", "coloured in") if full else ("hollow", "just an outline", "empty inside")
    )
    answer = yes_or_no(agrees, f"The {found.kind} is {'filled' if is_filled else 'only an outline'}.")
    return ask(speaker, wordings.IS_FILLED, {"x": words, "y": asked}), answer


def _is_background(scene: Scene, speaker: Speaker) -> QA | None:
    """Is the background white? Yes, the background is white."""
    name = scene.background.colour
    if name is None:
        return None
    agrees = speaker.chance(0.5)
    asked = name if agrees else speaker.pick([other for other in COLOURS if other != name])
    question = ask(speaker, wordings.IS_BACKGROUND, {"y": call_colour(speaker, asked)})
    return question, yes_or_no(agrees, f"The background is {name}.")
