"""Our events as OpenAI's chat completion, whole or as chunks.

Source: https://platform.openai.com/docs/api-reference/chat/object and …/chat/streaming, read 2026-11.
`reasoning_content` holds the thought, as hosted Gemma APIs name it. `seed` and `warnings` are additions of ours.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from playground.errors import PlaygroundError
from playground.events import (
    Alternative,
    CallArguments,
    CallReady,
    CallStarted,
    Event,
    Finished,
    TextDelta,
    ThinkingDelta,
    TokenDetail,
    ToolFinished,
    Usage,
)
from playground.messages import Text, Thinking, ToolCall
from playground.wire.steps import OpenCalls, write_step, write_steps

FINISH = {"stop": "stop", "length": "length", "tool_calls": "tool_calls", "cancelled": "stop"}
"""Our reasons as theirs; a cancelled reply has no reader left, so its reason is never seen."""


@dataclass(frozen=True)
class ReplyHead:
    """What every chunk of one reply repeats. `created` is in seconds since 1970."""

    id: str
    model: str
    created: int
    fingerprint: str

    def wrap(self, kind: str, **rest: Any) -> dict[str, Any]:
        """The head with more fields behind it."""
        return {
            "id": self.id,
            "object": kind,
            "created": self.created,
            "model": self.model,
            "system_fingerprint": self.fingerprint,
            **rest,
        }


@dataclass
class ChunkWriter:
    """Writes one choice's chunks as its events come."""

    head: ReplyHead
    index: int = 0
    logprobs: bool = False
    server_tools: frozenset[str] = frozenset()
    """Tools whose calls the client must not see as its own to run; each is shown as a `step` once it has run."""
    shows_thoughts: bool = True
    include_usage: bool = False
    """The usage follows in a chunk of its own; until then each says that it is not known yet."""
    _calls: dict[str, int] = field(default_factory=dict)
    _arguments: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    _open: OpenCalls = field(default_factory=OpenCalls)

    def open(self) -> dict[str, Any]:
        """The first chunk: it says who speaks."""
        return self._chunk({"role": "assistant", "content": ""})

    def write(self, event: Event) -> Iterator[dict[str, Any]]:
        """The chunks that an event adds; most events add one or none."""
        self._open.note(event)
        match event:
            case TextDelta(text):
                yield self._chunk({"content": text})
            case ThinkingDelta(text) if self.shows_thoughts:
                yield self._chunk({"reasoning_content": text})
            case CallStarted(call_id, name) if name not in self.server_tools:
                number = self._calls.setdefault(call_id, len(self._calls))
                function = {"name": name, "arguments": ""}
                yield self._chunk(
                    {"tool_calls": [{"index": number, "id": call_id, "type": "function", "function": function}]}
                )
            case CallArguments(call_id, text) if call_id in self._calls:
                call = {"index": self._calls[call_id], "function": {"arguments": text}}
                yield self._chunk({"tool_calls": [call]})
            case CallReady(call):
                self._arguments[call.id] = call.arguments
            case ToolFinished(result=result):
                yield self._chunk({}) | {"step": write_step(event, self._arguments.get(result.call_id, {}))}
            case TokenDetail() if self.logprobs:
                yield self._chunk({}, logprobs={"content": [write_logprob(event)], "refusal": None})
            case Finished(reason=reason, seed=seed):
                warnings = self._open.warnings()
                last = self._chunk({}, finish=FINISH[reason]) | {"seed": seed}
                yield last | ({"warnings": warnings} if warnings else {})
            case _:
                pass

    def _chunk(self, delta: dict[str, Any], finish: str | None = None, logprobs: Any = None) -> dict[str, Any]:
        choice = {"index": self.index, "delta": delta, "logprobs": logprobs, "finish_reason": finish}
        usage = {"usage": None} if self.include_usage else {}
        return self.head.wrap("chat.completion.chunk", choices=[choice], **usage)


def usage_chunk(head: ReplyHead, usage: Usage) -> dict[str, Any]:
    """The last chunk when `stream_options.include_usage` asks for it."""
    return head.wrap("chat.completion.chunk", choices=[], usage=write_usage(usage))


@dataclass(frozen=True)
class Choice:
    """One finished reply."""

    finished: Finished
    tokens: tuple[TokenDetail, ...] = ()
    steps: tuple[ToolFinished, ...] = ()


def write_completion(
    head: ReplyHead,
    choices: Sequence[Choice],
    warnings: Sequence[str],
    *,
    prefill: str = "",
    shows_thoughts: bool = True,
) -> dict[str, Any]:
    """The whole reply. The prompt's tokens are counted once, however many choices were made of it.

    `prefill` is the start of each reply, which came from the client and does not go back to it.
    """
    total = choices[0].finished.usage
    for choice in choices[1:]:
        total += choice.finished.usage.of_reply
    return head.wrap(
        "chat.completion",
        choices=[
            _write_choice(choice, index, write_message(choice.finished, prefill, shows_thoughts=shows_thoughts))
            for index, choice in enumerate(choices)
        ],
        usage=write_usage(total),
        seed=choices[0].finished.seed,
        warnings=list(warnings),
    )


def _write_choice(choice: Choice, index: int, message: dict[str, Any]) -> dict[str, Any]:
    logprobs = {"content": [write_logprob(token) for token in choice.tokens], "refusal": None}
    return {
        "index": index,
        "message": message,
        "logprobs": logprobs if choice.tokens else None,
        "finish_reason": FINISH[choice.finished.reason],
    } | ({"steps": write_steps(choice.finished, choice.steps)} if choice.steps else {})


def write_message(finished: Finished, prefill: str = "", *, shows_thoughts: bool = True) -> dict[str, Any]:
    """What a turn added to the history, as the one assistant message that OpenAI has room for.

    Calls stand in it only when the client has to run them.
    """
    said = [message for message in finished.messages if message.role == "assistant"]
    text = "".join(part.text for message in said for part in message.parts if isinstance(part, Text))
    text = text.removeprefix(prefill)
    thought = "\n\n".join(part.text for message in said for part in message.parts if isinstance(part, Thinking))
    written: dict[str, Any] = {"role": "assistant", "content": text or None, "refusal": None}
    if thought and shows_thoughts:
        written["reasoning_content"] = thought
    if finished.pending:
        written["tool_calls"] = [write_call(call) for call in finished.pending]
    else:
        written["content"] = text
    return written


def write_call(call: ToolCall) -> dict[str, Any]:
    """One entry of `tool_calls`; the arguments are JSON text, as their format wants it."""
    arguments = json.dumps(dict(call.arguments), ensure_ascii=False)
    return {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": arguments}}


def write_usage(usage: Usage) -> dict[str, Any]:
    """Token counts; thinking is part of the completion, cached tokens are part of the prompt."""
    return {
        "prompt_tokens": usage.prompt_tokens,
        "completion_tokens": usage.completion_tokens,
        "total_tokens": usage.prompt_tokens + usage.completion_tokens,
        "prompt_tokens_details": {"cached_tokens": usage.cached_tokens, "audio_tokens": 0},
        "completion_tokens_details": {
            "reasoning_tokens": usage.thinking_tokens,
            "audio_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    }


def write_logprob(token: TokenDetail) -> dict[str, Any]:
    """One token's entry in `logprobs.content`."""
    return {**_write_alternative(token), "top_logprobs": [_write_alternative(other) for other in token.alternatives]}


def _write_alternative(token: TokenDetail | Alternative) -> dict[str, Any]:
    return {"token": token.text, "logprob": token.logprob, "bytes": list(token.text.encode())}


def write_error(error: PlaygroundError, kind: str) -> dict[str, Any]:
    """An error in OpenAI's shape; `kind` is their type word, such as `invalid_request_error`."""
    return {"error": {"message": error.message, "type": kind, "param": error.param, "code": error.code}}
