"""Our events as OpenAI's response: its items, and the events that tell of them in the official order.

Source: https://platform.openai.com/docs/api-reference/responses-streaming and the types of the `openai` package, read
2026-11. `seed`, `warnings` and `store` are additions of ours. A tool that this server ran is a `web_search_call` where
it is one, else an `mcp_call` of the server `built-in`, the only item the protocol has for a call run elsewhere.
"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from playground.errors import CallerError, Overloaded, PlaygroundError
from playground.events import (
    CallArguments,
    CallReady,
    CallStarted,
    Event,
    Failed,
    Finished,
    TextDelta,
    ThinkingDelta,
    TokenDetail,
    ToolFinished,
    Usage,
)
from playground.wire.citations import citations
from playground.wire.openai_reply import write_logprob
from playground.wire.responses_tools import WEB_SEARCH
from playground.wire.steps import OpenCalls

Item: TypeAlias = dict[str, Any]
Frames: TypeAlias = Iterator[dict[str, Any]]
SERVER_LABEL = "built-in"


@dataclass
class ResponseWriter:
    """Writes one response as its events come; `response` is what there is of it so far.

    `echo` is what it repeats of the request; calls of `server_tools` are run here.
    """

    id: str
    model: str
    echo: Mapping[str, Any]
    server_tools: frozenset[str] = frozenset()
    with_sources: bool = False
    warnings: Sequence[str] = ()
    created: float = field(default_factory=lambda: int(time.time()))
    response: dict[str, Any] = field(init=False)
    error: PlaygroundError | None = None
    """Why it failed, if it did."""
    _sequence: int = 0
    _item: Item | None = None
    _sources: list[Mapping[str, str]] = field(default_factory=list)
    _tokens: list[dict[str, Any]] = field(default_factory=list)
    _running: dict[str, Item] = field(default_factory=dict)
    _open: OpenCalls = field(default_factory=OpenCalls)

    def __post_init__(self) -> None:
        self.response = {
            "id": self.id,
            "object": "response",
            "created_at": self.created,
            "completed_at": None,
            "status": "in_progress",
            "error": None,
            "incomplete_details": None,
            "model": self.model,
            "output": [],
            "usage": None,
            **self.echo,
            "warnings": list(self.warnings),
        }

    def open(self) -> Frames:
        """The first events."""
        yield self._frame("response.created", response=self._snapshot())
        yield self._frame("response.in_progress", response=self._snapshot())

    def write(self, event: Event) -> Frames:
        """What an event adds; nothing comes after the last one, `response.completed`, `.incomplete` or `.failed`."""
        self._open.note(event)
        match event:
            case TokenDetail():
                self._tokens.append(write_logprob(event))
            case TextDelta(text):
                yield from self._text(text)
            case ThinkingDelta(text):
                self._tokens.clear()
                yield from self._thought(text)
            case CallStarted(call_id, name):
                yield from self._call(call_id, name)
            case CallArguments(call_id, text):
                self._tokens.clear()
                yield from self._arguments(call_id, text)
            case CallReady(call):
                yield from self._ready(call.id, json.dumps(dict(call.arguments), ensure_ascii=False))
            case ToolFinished():
                yield from self._ran(event)
            case Finished():
                yield from self._finished(event)
            case Failed(error):
                yield from self._failed(error)
            case _:
                pass

    def _failed(self, error: PlaygroundError) -> Frames:
        """The end of a response that broke off."""
        yield from self._close("incomplete")
        self.error = error
        self.response |= {"status": "failed", "error": write_response_error(error)}
        yield self._frame("response.failed", response=self._snapshot())

    def _frame(self, kind: str, **rest: Any) -> dict[str, Any]:
        frame = {"type": kind, "sequence_number": self._sequence, **rest}
        self._sequence += 1
        return frame

    def _snapshot(self) -> dict[str, Any]:
        """The response as it is now: frames may be written later."""
        return {**self.response, "output": [_copied(item) for item in self.response["output"]]}

    def _begin(self, item: Item) -> Frames:
        yield from self._close("completed")
        self.response["output"].append(item)
        self._item = item
        yield self._frame("response.output_item.added", output_index=self._index(item), item=_copied(item))

    def _index(self, item: Item) -> int:
        return next(number for number, one in enumerate(self.response["output"]) if one is item)

    def _at(self, item: Item) -> dict[str, Any]:
        return {"item_id": item["id"], "output_index": self._index(item)}

    def _part_of(self, item: Item) -> dict[str, Any]:
        return {**self._at(item), "content_index": 0}

    def _text(self, text: str) -> Frames:
        if self._item is None or self._item["type"] != "message":
            yield from self._begin(
                {"id": _new("msg"), "type": "message", "role": "assistant", "status": "in_progress", "content": []}
            )
            yield from self._begin_part({"type": "output_text", "text": "", "annotations": [], "logprobs": []})
        assert self._item is not None
        logprobs, self._tokens = self._tokens, []
        self._item["content"][0]["text"] += text
        self._item["content"][0]["logprobs"] += logprobs
        yield self._frame("response.output_text.delta", **self._part_of(self._item), delta=text, logprobs=logprobs)

    def _thought(self, text: str) -> Frames:
        if self._item is None or self._item["type"] != "reasoning":
            item = {"id": _new("rs"), "type": "reasoning", "status": "in_progress", "summary": [], "content": []}
            yield from self._begin(item)
            yield from self._begin_part({"type": "reasoning_text", "text": ""})
        assert self._item is not None
        self._item["content"][0]["text"] += text
        yield self._frame("response.reasoning_text.delta", **self._part_of(self._item), delta=text)

    def _begin_part(self, part: dict[str, Any]) -> Frames:
        assert self._item is not None
        self._item["content"].append(part)
        yield self._frame("response.content_part.added", **self._part_of(self._item), part=_copied(part))

    def _call(self, call_id: str, name: str) -> Frames:
        self._tokens.clear()
        item: Item
        if name not in self.server_tools:
            item = {"type": "function_call", "call_id": call_id, "name": name, "arguments": "", "id": _new("fc")}
        elif name == WEB_SEARCH:
            item = {"type": "web_search_call", "id": _new("ws"), "action": {"type": "search", "query": ""}}
        else:
            shared: Item = {"server_label": SERVER_LABEL, "name": name, "arguments": "", "output": None, "error": None}
            item = {"type": "mcp_call", "id": _new("mcp"), **shared}
        item["status"] = "in_progress"
        self._running[call_id] = item
        yield from self._begin(item)
        if item["type"] != "function_call":
            yield self._frame(f"response.{item['type']}.in_progress", **self._at(item))

    def _arguments(self, call_id: str, text: str) -> Frames:
        item = self._running.get(call_id)
        if item is not None and "arguments" in item:
            item["arguments"] += text
            yield self._frame(f"response.{_arguments_of(item)}.delta", **self._at(item), delta=text)

    def _ready(self, call_id: str, arguments: str) -> Frames:
        item = self._running.get(call_id)
        if item is None:
            return
        if item["type"] == "web_search_call":
            query = str(json.loads(arguments).get("query", ""))
            item["action"] |= {"query": query, "queries": [query]}
            yield self._frame("response.web_search_call.searching", **self._at(item))
            return
        item["arguments"] = arguments
        yield self._frame(
            f"response.{_arguments_of(item)}.done", **self._at(item), name=item["name"], arguments=arguments
        )
        if item["type"] == "function_call":
            yield from self._close("completed")

    def _ran(self, step: ToolFinished) -> Frames:
        item = self._running.pop(step.result.call_id, None)
        if item is None or item["type"] == "function_call":
            return
        failed = step.result.is_error
        if item["type"] == "web_search_call":
            self._sources = [{"title": source.title, "url": source.url} for source in step.result.sources]
            if self.with_sources:
                item["action"]["sources"] = [{"type": "url", "url": source["url"]} for source in self._sources]
        else:
            error = {"type": "mcp_tool_execution_error", "content": [{"type": "text", "text": step.result.text}]}
            item |= {"output": step.result.text, "error": error if failed else None}
        item["status"] = "failed" if failed else "completed"
        ending = "failed" if failed and item["type"] == "mcp_call" else "completed"
        yield self._frame(f"response.{item['type']}.{ending}", **self._at(item))
        yield self._frame("response.output_item.done", output_index=self._index(item), item=_copied(item))
        self._item = None if self._item is item else self._item

    def _close(self, status: str) -> Frames:
        """Finish the open item. Calls that run here stay open until they have run."""
        item = self._item
        self._item = None
        if item is None or item["type"] in ("web_search_call", "mcp_call"):
            return
        item["status"] = "incomplete" if item.get("call_id") in self._open else status
        if item["type"] == "message":
            yield from self._close_text(item)
        elif item["type"] == "reasoning":
            text = item["content"][0]["text"]
            yield self._frame("response.reasoning_text.done", **self._part_of(item), text=text)
            yield self._frame("response.content_part.done", **self._part_of(item), part=_copied(item["content"][0]))
        yield self._frame("response.output_item.done", output_index=self._index(item), item=_copied(item))

    def _close_text(self, item: Item) -> Frames:
        part = item["content"][0]
        for number, annotation in enumerate(citations(part["text"], self._sources)):
            part["annotations"].append(annotation)
            at = {**self._part_of(item), "annotation_index": number}
            yield self._frame("response.output_text.annotation.added", **at, annotation=annotation)
        at = self._part_of(item)
        yield self._frame("response.output_text.done", **at, text=part["text"], logprobs=part["logprobs"])
        yield self._frame("response.content_part.done", **at, part=_copied(part))

    def _finished(self, finished: Finished) -> Frames:
        whole = finished.reason in ("stop", "tool_calls")
        yield from self._close("completed" if whole else "incomplete")
        self.response |= {
            "status": "completed" if whole else "cancelled" if finished.reason == "cancelled" else "incomplete",
            "incomplete_details": {"reason": "max_output_tokens"} if finished.reason == "length" else None,
            "completed_at": int(time.time()) if whole else None,
            "usage": write_usage(finished.usage),
            "seed": finished.seed,
            "warnings": [*self.warnings, *self._open.warnings()],
        }
        yield self._frame(f"response.{'completed' if whole else 'incomplete'}", response=self._snapshot())


def write_usage(usage: Usage) -> dict[str, Any]:
    """Token counts; cached tokens are part of the input, reasoning is part of the output."""
    return {
        "input_tokens": usage.prompt_tokens,
        "input_tokens_details": {"cached_tokens": usage.cached_tokens, "cache_write_tokens": 0},
        "output_tokens": usage.completion_tokens,
        "output_tokens_details": {"reasoning_tokens": usage.thinking_tokens},
        "total_tokens": usage.prompt_tokens + usage.completion_tokens,
    }


def write_response_error(error: PlaygroundError) -> dict[str, Any]:
    """An error as a part of a response; the protocol has three words for it that fit."""
    code = "rate_limit_exceeded" if isinstance(error, Overloaded) else "server_error"
    return {"code": "invalid_prompt" if isinstance(error, CallerError) else code, "message": error.message}


def _arguments_of(item: Item) -> str:
    return f"{item['type']}_arguments"


def _new(prefix: str) -> str:
    return f"{prefix}_{uuid.uuid4().hex}"


def _copied(value: Any) -> Any:
    match value:
        case dict():
            return {key: _copied(inner) for key, inner in value.items()}
        case list():
            return [_copied(inner) for inner in value]
        case _:
            return value
