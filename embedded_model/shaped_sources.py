"""What `shaped_dialogues.py` makes its chats of: texts with values in them, from dialogues with tools, and labels."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from embedded_model.dialogues import DATA, Dialogue
from embedded_model.judging import mentions
from embedded_model.shaped_words import COUNTS
from playground.messages import ToolResult
from tools.tool import ToolSpec

LONGEST_TEXT = 400
"""Characters of a request, at most."""
SHORT = re.compile(r"[\w' -]{1,24}\.?")
"""An answer of a few words."""
SUM = re.compile(r"(?:.* = |Half of \d+ is |Double \d+ is )(\d+)(?: \w+)?\.")
NUMBERS = {word: number for number, word in enumerate(COUNTS, start=2)}

Fields = Mapping[str, Any]


@dataclass(frozen=True)
class Unit:
    """A text and the values in it."""

    text: str
    values: Fields


@dataclass(frozen=True)
class Call(Unit):
    """A request with the arguments of its call."""

    tool: ToolSpec
    others: tuple[str, ...]


def grouped(calls: Iterator[Call]) -> dict[str, list[Call]]:
    """Requests by the tool they need."""
    found: dict[str, list[Call]] = defaultdict(list)
    for call in calls:
        found[call.tool.name].append(call)
    return dict(found)


def request_of(dialogue: Dialogue) -> Call | None:
    """The first request with the arguments of its one call, if all of them stand in it."""
    first, *rest = [message for message in dialogue.turn.messages if message.role != "system"]
    if not rest or len(rest[0].calls) != 1 or len(first.text) > LONGEST_TEXT:
        return None
    call = rest[0].calls[0]
    tool = next(tool for tool in dialogue.turn.tools if tool.name == call.name)
    properties = tool.parameters.get("properties", {})
    required = tool.parameters.get("required", ())
    if not call.arguments or not call.arguments.keys() >= set(required):
        return None
    if not all(_stands_in(first.text, one, properties[key]) for key, one in call.arguments.items()):
        return None
    return Call(first.text, dict(call.arguments), tool, tuple(one.name for one in dialogue.turn.tools))


def _stands_in(text: str, value: Any, schema: Mapping[str, Any]) -> bool:
    if isinstance(value, bool) or "enum" in schema:
        return True
    if isinstance(value, list):
        return bool(value) and all(_stands_in(text, one, schema.get("items", {})) for one in value)
    if isinstance(value, int | float):
        return mentions(text, f"{value:g}") or any(
            mentions(text, word) for word, one in NUMBERS.items() if one == value
        )
    return isinstance(value, str) and value in text


def result_of(dialogue: Dialogue) -> Unit | None:
    """A flat result as lines that people would write."""
    for message in dialogue.turn.messages:
        for part in message.parts:
            if isinstance(part, ToolResult) and (values := _flat(part.text)) and len(values) > 1:
                lines = "\n".join(
                    f"{snake(key).replace('_', ' ').capitalize()}: {_shown(one)}" for key, one in values.items()
                )
                return Unit(lines, values)
    return None


def answer_of(dialogue: Dialogue) -> Unit | None:
    """The last answer with those values of the last call and of its result that stand in it."""
    *_, asked, result, answer = (None, None, *dialogue.turn.messages)
    if asked is None or result is None or result.role != "tool" or len(result.parts) != 1 or len(asked.calls) != 1:
        return None
    part = result.parts[0]
    values = {**asked.calls[0].arguments, **(_flat(part.text) or {})} if isinstance(part, ToolResult) else {}
    found = {key: one for key, one in values.items() if not isinstance(one, bool) and _stands_in(answer.text, one, {})}
    said = [str(one).lower() for one in found.values()]
    return Unit(answer.text, found) if len(found) > 1 and len(set(said)) == len(said) else None


def _flat(text: str) -> dict[str, Any] | None:
    """The texts and numbers of a JSON object that has nothing else."""
    try:
        values = json.loads(text)
    except ValueError:
        return None
    if not isinstance(values, dict) or "error" in values:
        return None
    return values if all(isinstance(one, str | int | float) for one in values.values()) else None


def _shown(value: Any) -> str:
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)


@cache
def questions() -> tuple[list[Unit], list[Unit]]:
    """Questions of `everyday.jsonl` whose answer is one number, and those with a few words."""
    numbers: list[Unit] = []
    texts: list[Unit] = []
    for line in (DATA / "everyday.jsonl").read_text(encoding="utf-8").splitlines():
        said = [one["content"] for one in json.loads(line)["messages"]]
        for question, answer in zip(said[::2], said[1::2], strict=True):
            if found := SUM.fullmatch(answer):
                numbers.append(Unit(question, {"answer": int(found[1])}))
            elif SHORT.fullmatch(answer):
                texts.append(Unit(question, {"answer": answer.rstrip(".")}))
    return numbers, texts


@cache
def labelled() -> list[tuple[str, list[str], dict[str, list[str]]]]:
    """Sets of labels: the key, the questions, and the texts of each label."""
    found: list[tuple[str, list[str], dict[str, list[str]]]] = []
    for line in (Path(__file__).parent / "labelled_texts.txt").read_text(encoding="utf-8").splitlines():
        key, _, rest = line.partition(": ")
        if line.startswith("# "):
            found.append((key[2:], rest.split(" | "), {}))
        elif line:
            found[-1][2][key] = rest.split("; ")
    return found


def snake(key: str) -> str:
    """A key as words with lines between: `unit_price` for `unitPrice`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", key).lower()
