"""Answers that tell all that a result says: what a written answer left out of it is added, in the words of its keys.

A small model that has learnt from answers which choose what to tell leaves out what was asked for. One that has learnt
to tell everything does not.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from embedded_model.dialogues import Dialogue
from embedded_model.judging import words_and_numbers
from playground.messages import Message, Text, ToolResult

UNITS = {
    "bpm": "bpm",
    "c": "degrees",
    "cm": "cm",
    "g": "g",
    "gb": "GB",
    "kg": "kg",
    "km": "km",
    "kmh": "km/h",
    "kwh": "per kWh",
    "m": "m",
    "mb": "MB",
    "min": "minutes",
    "ml": "ml",
    "percent": "percent",
    "s": "seconds",
}
"""The ends of keys that are units, and how they are said."""
NEVER_TOLD = frozenset({"error", "expression", "message", "query", "result"})
"""Keys whose values are no facts by themselves, or are what was asked."""
MOST_WORDS = 6
"""Of a text without a capital or a digit that is told: a longer one is prose, of which an answer may choose."""
CHOSEN_FROM = frozenset({"content", "text", "timezone", "weekday"})
"""Keys of pages and clocks: an answer chooses from those what was asked for."""


def with_whole_answers(dialogue: Dialogue) -> Dialogue:
    """The same, and each answer that comes right after flat JSON or `key: value` lines tells all numbers and names."""
    messages: list[Message] = []
    for message in dialogue.turn.messages:
        results = _last_results(messages)
        if message.role == "assistant" and message.text and not message.calls and results:
            message = _completed(message, results)
        messages.append(message)
    return replace(dialogue, turn=replace(dialogue.turn, messages=tuple(messages)))


def _last_results(messages: Sequence[Message]) -> list[str]:
    if not messages or messages[-1].role != "tool":
        return []
    return [part.text for part in messages[-1].parts if isinstance(part, ToolResult)]


def _completed(message: Message, results: Sequence[str]) -> Message:
    known = set(_plain(message.text))
    added: list[str] = []
    for fields in map(_fields, results):
        for key, value in fields.items():
            if key.lower() not in NEVER_TOLD and not set(_plain(value)) <= known:
                added.append(f"{_said(key, value)}.")
                known |= set(_plain(value))
    if not added:
        return message
    told = message.text if message.text[-1] in ".?!" else f"{message.text}."
    parts = tuple(Text(" ".join([told, *added])) if isinstance(part, Text) else part for part in message.parts)
    return replace(message, parts=parts)


def _fields(result: str) -> Mapping[str, str]:
    """What is to be told of a result that is no error: its numbers, names and short texts, and its lists of them."""
    try:
        found = json.loads(result)
    except ValueError:
        found = dict(_lines(result))
    if not isinstance(found, dict) or CHOSEN_FROM & found.keys() or found.get("status") == "error":
        return {}
    return {key: text for key, value in found.items() if (text := _value(value))}


def _value(value: object) -> str:
    """What is told of it; nothing of an object, a list of objects, a yes or no, or prose."""
    if isinstance(value, list) and value and not any(isinstance(one, bool | dict | list) for one in value):
        *most, last = map(str, value)
        return f"{', '.join(most)} and {last}" if most else last
    if value is None or isinstance(value, bool | dict | list) or str(value).startswith(("{", "[")):
        return ""
    name = any(char.isdigit() or char.isupper() for char in str(value))
    return str(value) if name or len(str(value).split()) <= MOST_WORDS else ""


def _lines(result: str) -> Iterator[tuple[str, str]]:
    """The pairs of a result that has nothing but lines of `key: value`."""
    pairs = [line.partition(": ") for line in result.splitlines()]
    if all(re.fullmatch(r"\w+", key) and value for key, _, value in pairs):
        yield from ((key, value) for key, _, value in pairs)


def _plain(text: str) -> Iterator[str]:
    """Its words and numbers, so that 14.0 is 14 and a capital makes no difference."""
    return (re.sub(r"(?<=\d)\.0+$", "", word.lower()) for word in words_and_numbers(text))


def _said(key: str, value: str) -> str:
    """`crossing_min` 119 as "Crossing: 119 minutes"."""
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", key).lower().split("_")
    unit = UNITS.get(words[-1]) if len(words) > 1 else None
    name = " ".join(words[:-1] if unit else words).capitalize()
    return f"{name}: {value} {unit}" if unit else f"{name}: {value}"
