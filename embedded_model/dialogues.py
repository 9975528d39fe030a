"""Dialogues as training examples, written by the app's own dialect: what is trained on is what the app will send.

A dialogue is one line of JSON: `{"id", "thinking": bool, "tools": [...], "schema": {...}, "messages": [...]}`. A tool
has `name`, `description` and `parameters`, or is the name of one of the app's own. `schema` is that of the answers.
Assistant messages carry `content`, or `tool_calls` (each `name` and `arguments`), and may carry `thinking`; tool
messages carry `name` and `content`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from playground.dialects.dialect import Piece, Plain, Special, spell
from playground.dialects.gemma3 import Gemma3
from playground.dialects.token_text import TokenText
from playground.grammar import JsonSchema
from playground.messages import Message, Part, Text, Thinking, ToolCall, ToolResult, assistant, system, tool, user
from playground.options import Options
from playground.turn import Turn
from tools.built_in import BUILT_IN_SPECS
from tools.tool import ToolSpec

DATA = Path(__file__).parent / "data"
HELD_OUT = "tools_heldout"
"""The one file of `DATA` that is never trained on."""
_MODEL = "model\n"


@dataclass(frozen=True)
class Dialogue:
    """A conversation with the tools and the options it was held with."""

    id: str
    turn: Turn

    @property
    def thinks(self) -> bool:
        """Whether its answers follow a thought."""
        return self.turn.options.thinking == "on"


@dataclass(frozen=True)
class Span:
    """A part of an example, and whether the model learns to write it."""

    pieces: tuple[Piece, ...]
    learnt: bool

    @property
    def text(self) -> str:
        """The part as people read it, control tokens by name."""
        return spell(self.pieces)


@dataclass(frozen=True)
class Example:
    """A dialogue, or its start, as ids; `learnt` marks those that the loss is taken on."""

    id: str
    ids: tuple[int, ...]
    learnt: tuple[bool, ...]


def read_dialogues(path: Path) -> list[Dialogue]:
    """All dialogues of a file."""
    with path.open(encoding="utf-8") as file:
        return [parse(json.loads(line)) for line in file]


def training_files() -> list[Path]:
    """The files to train on, in the order of their names."""
    return [path for path in sorted(DATA.glob("*.jsonl")) if path.stem != HELD_OUT]


def parse(row: Mapping[str, Any]) -> Dialogue:
    """One line as the app's own values."""
    tools = tuple(_tool(one) for one in row.get("tools", ()))
    shape = JsonSchema(row["schema"]) if "schema" in row else None
    options = Options(thinking="on" if row.get("thinking") else "auto", response_format=shape)
    return Dialogue(row["id"], Turn(tuple(_messages(row["messages"])), tools, options))


def _tool(row: Mapping[str, Any] | str) -> ToolSpec:
    if isinstance(row, str):
        return next(spec for spec in BUILT_IN_SPECS if spec.name == row)
    return ToolSpec(row["name"], row["description"], row["parameters"])


def _messages(rows: Sequence[Mapping[str, Any]]) -> Iterator[Message]:
    """Results in a row answer the calls before them, in their order, and make one message."""
    calls: list[ToolCall] = []
    for role, group in groupby(rows, key=lambda row: row["role"]):
        if role == "tool":
            yield tool(*_results(list(group), calls))
            continue
        for row in group:
            if role == "assistant":
                calls = _calls(row, len(calls))
                yield assistant(*_said(row), *calls)
            else:
                yield {"system": system, "user": user}[role](row["content"])


def _said(row: Mapping[str, Any]) -> Iterator[Part]:
    if row.get("thinking"):
        yield Thinking(row["thinking"])
    if row.get("content"):
        yield Text(row["content"])


def _calls(row: Mapping[str, Any], before: int) -> list[ToolCall]:
    calls = enumerate(row.get("tool_calls", ()), start=before + 1)
    return [ToolCall(f"call-{number}", call["name"], call["arguments"]) for number, call in calls]


def _results(rows: Sequence[Mapping[str, Any]], calls: Sequence[ToolCall]) -> Iterator[ToolResult]:
    for row, call in zip(rows, calls, strict=True):
        if row["name"] != call.name:
            raise ValueError(f"a result of {row['name']} answers a call of {call.name}")
        yield ToolResult(call.id, call.name, row["content"])


def split(dialogue: Dialogue) -> Iterator[Dialogue]:
    """The dialogues to train on for this one.

    The app drops a thought once its question is answered, so a dialogue with thoughts is learnt question by question.
    """
    messages = dialogue.turn.messages
    if not dialogue.thinks:
        yield dialogue
        return
    questions = [at for at, message in enumerate(messages) if message.role == "user"]
    for number, end in enumerate([*questions[1:], len(messages)], start=1):
        turn = Turn(messages[:end], dialogue.turn.tools, dialogue.turn.options)
        yield Dialogue(f"{dialogue.id}-{number}" if len(questions) > 1 else dialogue.id, turn)


def spans(dialogue: Dialogue) -> list[Span]:
    """The dialogue as the dialect writes it. The learnt spans are the assistant's texts, each with its end of turn.

    With thoughts, only what follows the last question is learnt: earlier answers stand there without theirs.
    """
    dialect = Gemma3()
    pieces = list(dialect.render(dialogue.turn))
    del pieces[-3:]  # the line's end, and the turn that the dialect opens for the next reply
    found: list[Span] = []
    waiting: list[Piece] = []
    for piece, before in zip(pieces, [None, *pieces], strict=False):
        opens = before == Special(dialect.turn_token) and isinstance(piece, Plain) and piece.text.startswith(_MODEL)
        if opens and isinstance(piece, Plain):
            found.append(Span((*waiting, Plain(_MODEL)), learnt=False))
            waiting = [Plain(piece.text.removeprefix(_MODEL))]
        elif piece == Special("<end_of_turn>") and len(found) % 2:
            found.append(Span((*waiting, piece), learnt=True))
            waiting = []
        else:
            waiting.append(piece)
    return _last_only(found, dialogue) if dialogue.thinks else found


def _last_only(found: Sequence[Span], dialogue: Dialogue) -> list[Span]:
    """The spans, with only the answers to the last question learnt."""
    messages = dialogue.turn.messages
    last = max(at for at, message in enumerate(messages) if message.role == "user")
    keep = sum(message.role == "assistant" for message in messages[last:])
    first = 2 * (len(found) // 2 - keep)
    return [Span(span.pieces, span.learnt and at >= first) for at, span in enumerate(found)]


def encode(dialogue: Dialogue, tokens: TokenText) -> Example:
    """The dialogue as ids."""
    ids: list[int] = []
    learnt: list[bool] = []
    for span in spans(dialogue):
        new = tokens.encode(span.pieces).ids
        ids += new
        learnt += [span.learnt] * len(new)
    return Example(dialogue.id, tuple(ids), tuple(learnt))


def examples(paths: Iterable[Path], tokens: TokenText) -> list[Example]:
    """All training examples of some files."""
    return [encode(part, tokens) for path in paths for one in read_dialogues(path) for part in split(one)]
