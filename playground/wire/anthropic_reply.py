"""Our events as Anthropic's message, whole or as its stream of blocks.

Source: https://docs.anthropic.com/en/api/messages-streaming, read 2026-11. `seed`, `warnings` and `steps` are additions
of ours.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from playground.errors import PlaygroundError
from playground.events import (
    CallArguments,
    CallStarted,
    Event,
    Finished,
    TextDelta,
    ThinkingDelta,
    ToolFinished,
    Usage,
)
from playground.messages import Message, Text, Thinking, ToolCall
from playground.wire.steps import OpenCalls, write_steps

Frame: TypeAlias = tuple[str, dict[str, Any]]
"""An event's name and its data."""


@dataclass
class BlockWriter:
    """Writes one message's stream. Blocks open when their first delta comes, one at a time, and always close."""

    id: str
    model: str
    prompt_tokens: int
    server_tools: frozenset[str] = frozenset()
    """Tools whose calls the client must not see as its own to run; each is told of at the end, as a step."""
    warnings: tuple[str, ...] = ()
    _index: int = -1
    _open: str | None = field(default=None)
    _calls: OpenCalls = field(default_factory=OpenCalls)
    _steps: list[ToolFinished] = field(default_factory=list)

    def open(self) -> Frame:
        """The first event: an empty message. What was cached is known at the end, and reported there."""
        usage = write_usage(Usage(prompt_tokens=self.prompt_tokens))
        return "message_start", {
            "type": "message_start",
            "message": _envelope(self.id, self.model, [], None, None, usage),
        }

    def write(self, event: Event) -> Iterator[Frame]:
        """The frames that an event adds."""
        self._calls.note(event)
        match event:
            case TextDelta(text):
                yield from self._block("text", {"type": "text", "text": ""})
                yield self._delta({"type": "text_delta", "text": text})
            case ThinkingDelta(text):
                yield from self._block("thinking", {"type": "thinking", "thinking": "", "signature": ""})
                yield self._delta({"type": "thinking_delta", "thinking": text})
            case CallStarted(call_id, name) if name not in self.server_tools:
                yield from self._block(call_id, {"type": "tool_use", "id": call_id, "name": name, "input": {}})
            case CallArguments(call_id, text) if call_id == self._open:
                yield self._delta({"type": "input_json_delta", "partial_json": text})
            case ToolFinished():
                self._steps.append(event)
            case Finished():
                yield from self._close()
                yield self._end(event)
                yield "message_stop", {"type": "message_stop"}
            case _:
                pass

    def _block(self, kind: str, content: dict[str, Any]) -> Iterator[Frame]:
        """Open a block of this kind unless it is the open one."""
        if self._open == kind:
            return
        yield from self._close()
        self._index += 1
        self._open = kind
        yield (
            "content_block_start",
            {"type": "content_block_start", "index": self._index, "content_block": content},
        )

    def _close(self) -> Iterator[Frame]:
        if self._open is not None:
            self._open = None
            yield "content_block_stop", {"type": "content_block_stop", "index": self._index}

    def _delta(self, delta: dict[str, Any]) -> Frame:
        return "content_block_delta", {"type": "content_block_delta", "index": self._index, "delta": delta}

    def _end(self, finished: Finished) -> Frame:
        delta = {"stop_reason": stop_reason(finished), "stop_sequence": finished.stop}
        ours = {"seed": finished.seed, "warnings": [*self.warnings, *self._calls.warnings()]}
        ours |= {"steps": write_steps(finished, self._steps)} if self._steps else {}
        usage = write_usage(finished.usage)
        return "message_delta", {"type": "message_delta", "delta": delta, "usage": usage} | ours


def write_message(
    reply_id: str,
    model: str,
    finished: Finished,
    warnings: Sequence[str],
    steps: Sequence[ToolFinished] = (),
    prefill: str = "",
) -> dict[str, Any]:
    """The whole reply. `steps` are the calls that the server ran for it.

    `prefill` is the start of the reply, which came from the client and does not go back to it.
    """
    said = [message for message in finished.messages if message.role == "assistant"]
    blocks = [block for message in said for block in _write_blocks(message, finished)]
    if prefill and blocks and blocks[0]["type"] == "text":
        blocks[0]["text"] = blocks[0]["text"].removeprefix(prefill)
        blocks = blocks if blocks[0]["text"] else blocks[1:]
    envelope = _envelope(reply_id, model, blocks, stop_reason(finished), finished.stop, write_usage(finished.usage))
    ours = {"seed": finished.seed, "warnings": list(warnings)}
    return envelope | ours | ({"steps": write_steps(finished, steps)} if steps else {})


def _write_blocks(message: Message, finished: Finished) -> Iterator[dict[str, Any]]:
    for part in message.parts:
        match part:
            case Text(text) if text:
                yield {"type": "text", "text": text}
            case Thinking(thought):
                yield {"type": "thinking", "thinking": thought, "signature": ""}
            case ToolCall(call_id, name, arguments) if part in finished.pending:
                yield {"type": "tool_use", "id": call_id, "name": name, "input": dict(arguments)}
            case _:
                pass


def _envelope(
    reply_id: str, model: str, content: list[Any], reason: str | None, stop: str | None, usage: dict[str, Any]
) -> dict[str, Any]:
    return {
        "id": reply_id,
        "type": "message",
        "role": "assistant",
        "model": model,
        "content": content,
        "container": None,
        "stop_reason": reason,
        "stop_sequence": stop,
        "usage": usage,
    }


def stop_reason(finished: Finished) -> str:
    """Our reason as theirs; a stop string is told apart from the end of the turn."""
    if finished.stop is not None:
        return "stop_sequence"
    reasons = {"stop": "end_turn", "length": "max_tokens", "tool_calls": "tool_use", "cancelled": "end_turn"}
    return reasons[finished.reason]


def write_usage(usage: Usage) -> dict[str, Any]:
    """Token counts. Theirs counts cached tokens apart from the input, not within it."""
    return {
        "input_tokens": usage.prompt_tokens - usage.cached_tokens,
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": usage.cached_tokens,
        "cache_creation": {"ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": 0},
        "output_tokens": usage.completion_tokens,
        "output_tokens_details": {"thinking_tokens": usage.thinking_tokens},
        "server_tool_use": None,
        "service_tier": "standard",
    }


def write_error(error: PlaygroundError, kind: str) -> dict[str, Any]:
    """An error in Anthropic's shape; `kind` is their type word."""
    return {"type": "error", "error": {"type": kind, "message": error.message}}
