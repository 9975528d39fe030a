"""Questions about numbers: how many there are, and whether there are so many.

See `questions.py` for what the functions take and give.
"""

from __future__ import annotations

from demo_model.data.spin import Speaker
from demo_model.vision import wordings
from demo_model.vision.asking import QA, ask
from demo_model.vision.palette import COLOURS
from demo_model.vision.phrases import call_colour, call_kind, only, plural, yes_or_no
from demo_model.vision.scene import Scene
from demo_model.vision.shapes import SHAPES

THINGS = (
    "[shapes|shapes|shapes|objects|objects|things|figures|items|shapes and figures|geometric shapes|symbols|"
    "elements|forms|"
    "geometric figures|drawn shapes]"
)


def count(scene: Scene, speaker: Speaker) -> QA | None:
    """How many shapes are there? There are 3 shapes."""
    if not scene.shapes and not speaker.chance(0.15):
        return None
    things, number, noun = _counted(scene, speaker)
    return ask(speaker, wordings.COUNT, {"things": things}), _there_are(number, noun)


def _counted(scene: Scene, speaker: Speaker) -> tuple[str, int, str]:
    """What to count, in the asker's words, how many there are, and what the answer calls one."""
    draw = speaker.rng.random()
    if draw < 0.65 or not scene.shapes:
        return speaker.say(THINGS), len(scene.shapes), "shape"
    sample = speaker.pick(scene.shapes)
    alike = [one for one in scene.shapes if not only(scene, one, "kind" if draw < 0.82 else "colour")]
    if alike and speaker.chance(0.6):
        sample = speaker.pick(alike)
    if draw < 0.82:
        kind = sample.kind if speaker.chance(0.8) else speaker.pick(SHAPES)
        return plural(call_kind(speaker, kind)), sum(other.kind == kind for other in scene.shapes), kind
    name = sample.colour if speaker.chance(0.8) else speaker.pick(COLOURS)
    number = sum(other.colour == name for other in scene.shapes)
    return speaker.say(f"{call_colour(speaker, name)} {THINGS}"), number, f"{name} shape"


_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")


def is_count(scene: Scene, speaker: Speaker) -> QA:
    """Are there three stars? No, there are 2 stars."""
    things, number, noun = _counted(scene, speaker)
    agrees, more = speaker.chance(0.5), speaker.chance(0.25)
    if more:
        asked, words, agrees = _compared(speaker, number, agrees=agrees)
    else:
        asked = number if agrees and number else speaker.pick([n for n in range(1, number + 3) if n != number])
        agrees = asked == number
        exact = ("exactly", "only", "just") if asked == 1 else ("", "", "", "exactly ", "just ", "only ", "a total of ")
        words = speaker.pick(exact) + (" " if asked == 1 else "")
    written = _NUMBERS[asked] if asked < len(_NUMBERS) and speaker.chance(0.6) else str(asked)
    singular = asked == 1
    said = things if not singular else _singular(things)
    fill = {"are": "is" if singular else "are", "n_things": f"{words}{written} {said}"}
    answer = _there_are(number, noun)
    return ask(speaker, wordings.IS_COUNT, fill), yes_or_no(agrees, answer)


def _compared(speaker: Speaker, number: int, *, agrees: bool) -> tuple[int, str, bool]:
    """A number to compare with, the words before it, and whether the comparison holds."""
    more = speaker.chance(0.6)
    if more:
        asked = number - speaker.pick((1, 2)) if agrees else number + speaker.pick((0, 1))
    else:
        asked = number + speaker.pick((1, 2)) if agrees else number - speaker.pick((0, 1))
    asked = max(1 if more else 2, asked)
    words = speaker.pick(("more than ", "over ") if more else ("fewer than ", "less than "))
    return asked, words, number > asked if more else number < asked


def _singular(things: str) -> str:
    things = things.replace("shapes and figures", "shapes")
    return things[:-2] if things.endswith(("sses", "uses")) else things.removesuffix("s")


def _there_are(number: int, noun: str) -> str:
    if number == 0:
        return f"There are no {plural(noun)}."
    return f"There is 1 {noun}." if number == 1 else f"There are {number} {plural(noun)}."
