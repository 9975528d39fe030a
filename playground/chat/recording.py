"""A reply as one document that anybody can replay: what was asked and how, what came back, and the run card.

The document is JSON and complete: pictures stand in it as base64 and tools' results in its card, so a replay needs
neither network nor tools. It knows nothing of files, pages or HTTP.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from playground.backends.backend import Backend
from playground.chat.context_window import Overflow
from playground.chat.conversation import VERSION as MESSAGES_VERSION
from playground.chat.conversation import from_json, to_json
from playground.chat.loop import run
from playground.chat.tool_runner import recorded_results
from playground.errors import CallerError
from playground.events import Event, Finished
from playground.messages import Image, ToolResult
from playground.options import parse_options
from playground.run_card import Comparison, compare, read_options, write_options
from playground.turn import Turn
from tools.tool import ToolSpec

FORMAT = "gemma-playground/recording"
VERSION = 1


class _Remote(BaseModel):
    model_config = ConfigDict(extra="allow")
    server: str


class _TurnCard(BaseModel):
    """What a comparison reads of a model turn's card."""

    model_config = ConfigDict(extra="allow")
    model: dict[str, Any]
    template: str
    prompt_ids: list[int]
    images: list[str]
    options: dict[str, Any]
    grammar: str | None
    device: str
    dtype: str
    versions: dict[str, Any]
    output_ids: list[int]
    reason: str
    remote: _Remote | None = None


class _Source(BaseModel):
    title: str
    url: str
    snippet: str = ""


class _CallCard(BaseModel):
    """A tool's result in a card, as `ToolRunner.records` has it."""

    model_config = ConfigDict(extra="allow")
    id: str
    name: str
    arguments: dict[str, Any]
    text: str
    is_error: bool
    sources: list[_Source]


class _Card(BaseModel):
    model_config = ConfigDict(extra="allow")
    turns: list[_TurnCard] = Field(min_length=1)
    tool_calls: list[_CallCard] = []


class _ToolCard(BaseModel):
    model_config = ConfigDict(extra="forbid")
    name: str
    description: str
    parameters: dict[str, Any]


class _Document(BaseModel):
    """The document's shape; the messages in it are read by `conversation.from_json`."""

    model_config = ConfigDict(extra="forbid")
    format: Literal["gemma-playground/recording"]
    version: int
    messages: list[Any]
    tools: list[_ToolCard]
    options: dict[str, Any]
    prefill: str
    begun: list[int] = []
    overflow: Overflow
    reply: list[Any]
    card: _Card


@dataclass(frozen=True)
class Recording:
    """What was asked, and the run card of what came back."""

    turn: Turn
    overflow: Overflow
    card: Mapping[str, Any]

    @property
    def model(self) -> str:
        """The name of the model that wrote the reply."""
        return str(self.card["turns"][0]["model"].get("name", ""))

    @property
    def thinking_tokens(self) -> list[int | None]:
        """The budget for thinking of each model turn: a thought that was ended by hand has a smaller one."""
        budgets = [turn["options"].get("thinking_tokens") for turn in self.card["turns"]]
        return [parse_options({"thinking_tokens": budget}).thinking_tokens for budget in budgets]

    @property
    def results(self) -> dict[str, ToolResult]:
        """What the tools said, for a replay without them."""
        return recorded_results(self.card)


def record(turn: Turn, finished: Finished, overflow: Overflow = "refuse") -> dict[str, Any]:
    """The document of a reply. `turn` and `overflow` are what the tool loop was given, `finished` its last event."""
    options = turn.options.model_copy(update={"seed": finished.seed})
    return {
        "format": FORMAT,
        "version": VERSION,
        "messages": to_json(turn.messages)["messages"],
        "tools": [
            {"name": spec.name, "description": spec.description, "parameters": dict(spec.parameters)}
            for spec in turn.tools
        ],
        "options": write_options(options),
        "prefill": turn.prefill,
        **({"begun": list(turn.begun)} if turn.begun else {}),
        "overflow": overflow,
        "reply": to_json(finished.messages)["messages"],
        "card": dict(finished.card),
    }


def read_recording(document: Any, read_image: Callable[[bytes], Image]) -> Recording:
    """The recording in a document that may come from anybody; `read_image` must check each picture's bytes.

    Raises: CallerError naming what cannot be read.
    """
    if isinstance(document, Mapping) and isinstance(version := document.get("version"), int) and version > VERSION:
        raise CallerError(f"The recording was made by a newer version ({version}); this one reads {VERSION}.")
    try:
        read = _Document.model_validate(document)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"])) or "the document"
        raise CallerError(
            f"This is no recording of a reply: {place}: {first['msg'].lower()}. "
            "Give the whole JSON of a file that was saved with a reply's “Save recording”.",
            param="recording",
        ) from error
    messages = from_json({"version": MESSAGES_VERSION, "messages": read.messages}, read_image)
    tools = tuple(ToolSpec(tool.name, tool.description, tool.parameters) for tool in read.tools)
    return Recording(
        Turn(messages, tools, read_options(read.options), read.prefill, begun=tuple(read.begun)),
        read.overflow,
        read.card.model_dump(),
    )


def replay(
    recording: Recording, backend: Backend, cancel: threading.Event, changes: Mapping[str, Any] | None = None
) -> Generator[Event, None, None]:
    """Write the reply again: the loop's events. No tool runs; results come from the recording.

    `changes` are options to use instead of the recorded ones, to see what they alter.

    Raises: CallerError when a changed option is unknown or out of range.
    """
    asked = changed(recording, changes or {})
    budgets = [] if "thinking_tokens" in (changes or {}) else recording.thinking_tokens
    return run(
        asked.turn,
        backend,
        {},
        cancel,
        recorded=recording.results,
        overflow=recording.overflow,
        thinking_tokens=budgets,
    )


def changed(recording: Recording, changes: Mapping[str, Any]) -> Recording:
    """The recording with other options.

    Raises: CallerError when one is unknown or out of range.
    """
    options = read_options({**write_options(recording.turn.options), **changes})
    return replace(recording, turn=replace(recording.turn, options=options))


def verdict(recording: Recording, finished: Finished) -> Comparison:
    """Whether a replay wrote the recorded reply; where not, the first token that differs and why it may."""
    turns: Sequence[Any] = finished.card.get("turns", ())
    if not turns:
        return Comparison(False, "The replay ended before the model wrote anything.")
    return compare(recording.card, finished.card)
