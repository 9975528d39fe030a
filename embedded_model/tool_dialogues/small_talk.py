"""Talk that needs no tool: greetings, questions about the model, general questions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from embedded_model.tool_dialogues.text_files import HELD_OUT, read_lists


class Talk(NamedTuple):
    """Questions that mean the same, and answers to them."""

    fact: bool
    questions: list[str]
    answers: list[str]


def _texts(line: str) -> list[str]:
    return [text.strip().replace("\\n", "\n") for text in line.split(" // ")]


def _talk(line: str) -> Talk:
    questions, answers = line.removeprefix("F ").split(" => ")
    return Talk(line.startswith("F "), _texts(questions), _texts(answers))


def _lines(file: str, name: str) -> Mapping[bool, list[str]]:
    """The lines for training, and those that are held out."""
    lists = read_lists(file)
    return {False: lists[name], True: lists[name + HELD_OUT]}


def _talks(file: str, name: str) -> Mapping[bool, list[Talk]]:
    return {held_out: [_talk(line) for line in lines] for held_out, lines in _lines(file, name).items()}


GREETINGS = _talks("small_talk", "greetings")
ABOUT_ITSELF = _talks("small_talk", "about itself")
IMPOSSIBLE = _talks("small_talk", "impossible")
QUESTIONS = _talks("questions", "questions")
ABILITIES = _lines("small_talk", "what it can do")
REFUSALS = _lines("small_talk", "refusals")
TEXTS = _lines("writing", "texts")
FAILURES = _lines("failures", "any tool")
