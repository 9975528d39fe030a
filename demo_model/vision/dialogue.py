"""Conversations about pictures, for the joint training of the demo model.

    rng = random.Random(7)
    dialogue = sample_dialogue(rng)
    pixels = to_pixels(dialogue.images)  # see pixels.py

The same state of the generator gives the same dialogue on the same machine; another machine may have other fonts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from PIL import Image

from demo_model.data.chat import social
from demo_model.data.spin import Speaker, Split
from demo_model.vision import wordings
from demo_model.vision.asking import QA, finish
from demo_model.vision.attributes import follow_ups
from demo_model.vision.drawing import draw_scene
from demo_model.vision.palette import COLOURS
from demo_model.vision.questions import describe
from demo_model.vision.scene import Background, Scene, sample_scene
from demo_model.vision.tasks import TASKS
from demo_model.vision.words import MAX_LETTERS

_TURNS = (1, 2, 4, 6, 8, 10, 12)
"""Many: the picture costs as much as three questions, and only answers teach."""
_TEXT_TURNS = (1, 2, 2, 3, 4)
_TEXT_TASKS = ("read", "text_colour", "text_position", "says", "is_there", "is_it", "caption", "background")
TALK = "talk"
"""The kind of a turn that has nothing to do with the picture."""


@dataclass(frozen=True)
class VisionDialogue:
    """Pictures and the turns about them. The pictures stand before the first question."""

    images: tuple[Image.Image, ...]
    """One; two in a small share of dialogues."""
    turns: tuple[QA, ...]
    tasks: tuple[str, ...]
    """The kind of each turn: a key of `TASKS`, "two_pictures" or `TALK`."""


def sample_dialogue(rng: Random, split: Split = "train") -> VisionDialogue:
    """A picture with one to twelve questions about it; rarely two pictures with one question."""
    speaker = Speaker(rng, split)
    if rng.random() < 0.03:
        return _about_two(speaker)
    first = rng.choices(list(TASKS), [task.share for task in TASKS.values()])[0]
    scene, turn = _scene_for(first, speaker)
    names, turns = [first], [turn]
    if speaker.chance(0.05):
        # The picture comes with a hello or other talk; the question comes second.
        talk = social(speaker)
        names.insert(0, TALK)
        turns.insert(0, (talk.text, talk.reply))
    wanted = rng.choice(_TURNS)
    if scene.letterings and not scene.shapes:
        # Whatever is printed stands in the first answer: more questions teach little reading.
        wanted = min(wanted, rng.choice(_TEXT_TURNS))
    while len(turns) < wanted:
        draw = rng.random()
        if draw < 0.03:
            talk = social(speaker)
            names.append(TALK)
            turns.append((talk.text, talk.reply))
            continue
        chain = follow_ups(scene, speaker) if draw < 0.12 and scene.shapes else None
        if chain:
            names += [name for name, _ in chain]
            turns += [turn for _, turn in chain]
            continue
        name, turn = _another_turn(scene, speaker)
        if name not in names or speaker.chance(0.2 if name in ("read", "says") else 0.6):
            names.append(name)
            turns.append(turn)
    return VisionDialogue((draw_scene(scene),), tuple(turns), tuple(names))


def _scene_for(name: str, speaker: Speaker) -> tuple[Scene, QA]:
    """A scene that allows a question of this task, with the question."""
    task = TASKS[name]
    while True:
        scene = task.sample_scene(speaker.rng)
        turn = task.ask(scene, speaker)
        if turn is not None:
            return scene, turn


def _another_turn(scene: Scene, speaker: Speaker) -> tuple[str, QA]:
    """A question that this scene allows. Pictures of text are mostly asked about their text."""
    names = list(TASKS)
    if scene.letterings and speaker.chance(0.7):
        names = list(_TEXT_TASKS)
    while True:
        name = speaker.rng.choices(names, [TASKS[name].share for name in names])[0]
        turn = TASKS[name].ask(scene, speaker)
        if turn is not None:
            return name, turn


_WHICH = ("first", "second")
_BOTH = (
    "[what is in|describe|what do you see in|what does|tell me about|caption|what's on] the {which} "
    "[picture|image|photo|one]"
)


def _about_two(speaker: Speaker) -> VisionDialogue:
    """One of two pictures is asked about, by its place in the row."""
    scenes = [sample_scene(speaker.rng), sample_scene(speaker.rng)]
    which = int(speaker.chance(0.5))
    core = speaker.say(_BOTH, {"which": _WHICH[which]})
    core = core + " show" if core.startswith("what does") else core
    question = finish(speaker, core, is_question=core.startswith("what"))
    answer = describe(scenes[which]).replace("The picture", f"The {_WHICH[which]} picture", 1)
    return VisionDialogue(tuple(draw_scene(scene) for scene in scenes), ((question, answer),), ("two_pictures",))


_PRINTED = re.compile(r"(?<= says )[^.]+(?=\.)|(?<= the word )\w+(?= in )")


def split_printed(answer: str) -> Iterator[tuple[str, bool]]:
    """The answer in pieces, each with whether it is read from the picture.

    Such a piece should be learned letter by letter: letters are what the picture shows, and no token of several
    letters has to be put together from them.
    """
    done = 0
    for found in _PRINTED.finditer(answer):
        yield answer[done : found.start()], False
        yield found.group(), True
        done = found.end()
    if done < len(answer):
        yield answer[done:], False


def vocabulary_texts() -> list[str]:
    """Sentences that hold every word of the answers, for the training of the tokenizer."""
    return [*COLOURS, str(MAX_LETTERS), *wordings.UNSEEN_THINGS, describe(Scene(1, 1, Background((0, 0, 0))))]
