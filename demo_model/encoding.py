"""Dialogues as token ids, rendered by the dialect that serves the model, with the model's own words marked."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from demo_model.architecture import IMAGE_SOFT, IMAGE_TOKENS, SPECIAL_TOKENS
from demo_model.data.chat import social
from demo_model.data.declarations import built_in, declared
from demo_model.data.dialogue import sample
from demo_model.data.ontology import DraftedTool
from demo_model.data.scene import Dialogue, Scene
from demo_model.data.spin import Speaker, Split
from demo_model.data.system_prompts import plain_style
from demo_model.data.talk_scenes import recall, remember
from demo_model.data.tool_scenes import no_tool_fits, use_tool
from demo_model.vision.dialogue import VisionDialogue, sample_dialogue, split_printed
from demo_model.vision.pixels import shrink
from playground.dialects.dialect import ImageSlot, Piece, Plain, Special, merge, spell
from playground.dialects.gemma3 import THINK_OPEN, Gemma3
from playground.messages import Image, Thinking, assistant, user
from playground.options import Options
from playground.turn import Turn

IDS = {token: number for number, token in enumerate(SPECIAL_TOKENS)}
THINK = Options(thinking="on")
DIRECT = Options(thinking="off")


@dataclass(frozen=True)
class Example:
    """`ids` of a whole dialogue; `spans` are the model's turns, end of turn included, as (start, stop).

    `squares` are its pictures (height, width, 3) as bytes; `kinds` names the skill of each span.
    """

    ids: list[int]
    spans: list[tuple[int, int]]
    kinds: list[str]
    squares: list[NDArray[np.uint8]] = field(default_factory=list)


def turn_of(dialogue: Dialogue) -> Turn:
    """The dialogue as the dialect takes it."""
    return Turn(tuple(dialogue.messages), dialogue.tools, THINK if dialogue.thinking else DIRECT)


def encode(dialogue: Dialogue, tokenizer: Tokenizer, *, pictured: bool = False) -> Example:
    """Ids and spans. Where the model thinks, earlier turns lack their thoughts, so they are not learned from.

    `pictured`: words read from a picture are spelled, see `split_printed`.
    """
    pieces = merge(_with_slots_open(Gemma3().render(turn_of(dialogue))))
    ids: list[int] = []
    spans: list[tuple[int, int]] = []
    start: int | None = None
    pieces = pieces[:-2]  # the open turn for the next reply
    for number, piece in enumerate(pieces):
        match piece:
            case Special(token):
                ids.append(IDS[token])
                if token == "<end_of_turn>" and start is not None:
                    spans.append((start, len(ids)))
                    start = None
            case Plain(text):
                is_reply = (
                    number > 0 and pieces[number - 1] == Special("<start_of_turn>") and text.startswith("model\n")
                )
                head = ("model\n" + (THINK_OPEN if dialogue.thinking else "")) if is_reply else ""
                learned = is_reply and text.startswith(head)
                if learned:
                    ids += tokenizer.encode(head, add_special_tokens=False).ids
                    start = len(ids)
                    text = text[len(head) :]
                if learned and pictured:
                    ids += reading_ids(text, tokenizer)
                else:
                    ids += tokenizer.encode(text, add_special_tokens=False).ids
            case _:
                ids += [IMAGE_SOFT] * IMAGE_TOKENS
    replies = [number for number, message in enumerate(dialogue.messages) if message.role == "assistant"]
    rows = zip(spans, replies[-len(spans) :], dialogue.kinds[-len(spans) :], strict=True)
    kept = [(span, kind) for span, number, kind in rows if number not in dialogue.foreign]
    return Example(ids, [span for span, _ in kept], [kind for _, kind in kept])


def _with_slots_open(pieces: Iterable[Piece]) -> Iterator[Piece]:
    """Each picture's place with what the dialect writes around it."""
    around = Gemma3.image_tokens
    for piece in pieces:
        if isinstance(piece, ImageSlot):
            yield from (Plain(around.before), Special(around.open), piece, Special(around.close), Plain(around.after))
        else:
            yield piece


def encode_pictured(rng: random.Random, tokenizer: Tokenizer, split: Split = "train") -> Example:
    """A dialogue about a picture."""
    drawn = sample_dialogue(rng, split)
    row = encode(as_dialogue(drawn, Speaker(rng, split)), tokenizer, pictured=True)
    return Example(row.ids, row.spans, row.kinds, [np.asarray(shrink(image)) for image in drawn.images])


def reading_ids(answer: str, tokenizer: Tokenizer) -> list[int]:
    """An answer about a picture, with what is printed there as one token per letter."""
    ids: list[int] = []
    for text, is_printed in split_printed(answer):
        for piece in text if is_printed else [text]:
            ids += tokenizer.encode(piece, add_special_tokens=False).ids
    return ids


def as_dialogue(drawn: VisionDialogue, speaker: Speaker) -> Dialogue:
    """The pictures stand before their first question. Their pixels travel beside the messages.

    Some chats have tools, as all in the app do, and go from a fact to the picture and on to a tool or back to the fact.
    """
    tools = _tools_beside(speaker) if speaker.chance(0.4) else []
    thinking = len(drawn.turns) == 1 and speaker.chance(0.1)
    scene = Scene(speaker, Dialogue(tools=tuple(tool.spec for tool in tools), thinking=thinking), tools, plain_style)
    if speaker.chance(0.08):
        scene.say(social(speaker), "social")
    if speaker.chance(0.15):
        remember(scene)
    dialogue = scene.dialogue
    thought = [Thinking("I look at the picture.")] if thinking else []
    for number, ((question, answer), task) in enumerate(zip(drawn.turns, drawn.tasks, strict=True)):
        shown = [Image(b"", "image/png", 1, 1) for _ in drawn.images] if number == 0 else []
        dialogue.messages += [user(*shown, question), assistant(*thought, answer)]
        dialogue.kinds.append(f"see {task}")
    if tools and speaker.chance(0.7):
        use_tool(scene) if speaker.chance(0.8) else no_tool_fits(scene)
    if scene.facts and speaker.chance(0.7):
        recall(scene)
    return dialogue


def _tools_beside(speaker: Speaker) -> list[DraftedTool]:
    """The playground's own tools, or a few others."""
    return built_in(speaker) if speaker.chance(0.5) else declared(speaker, speaker.pick((1, 2, 3)))


def texts(seed: int, count: int) -> Iterator[str]:
    """Rendered dialogues for learning the tokenizer's merges."""
    speaker = Speaker(random.Random(seed))
    for _ in range(count):
        pieces = Gemma3().render(turn_of(sample(speaker)))
        yield from spell([piece for piece in pieces if isinstance(piece, Plain)]).split("\0")
