"""Anthropic's messages as ours: roles and blocks, those of newer clients too.

Blocks that report what tools of another server did are left out with a warning: they hold nothing that a model here
could read. A block that carries content which we cannot show a model is refused by name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from playground.errors import CallerError
from playground.messages import Message, Part, Text, Thinking, ToolCall, ToolResult
from playground.wire.fields import Inside, Kinds
from playground.wire.history import ReadImage, join_neighbours

LEFT_OUT = ("redacted_thinking", "server_tool_use", "tool_reference", "fallback", "compaction")
"""Blocks without content for a model, and all of `…_tool_result` but `tool_result` itself."""


_TEXT: Mapping[str, Inside] = {"type": None, "text": None}
_SOURCE: Mapping[str, Inside] = dict.fromkeys(("type", "media_type", "data", "url", "content"))
_PLAIN: Mapping[str, Mapping[str, Inside]] = {
    "text": _TEXT,
    "image": {"type": None, "source": _SOURCE},
    "document": {"type": None, "source": _SOURCE, **dict.fromkeys(("title", "context", "citations"))},
    "search_result": {"content": _TEXT, **dict.fromkeys(("type", "source", "title", "citations"))},
}
BLOCK = Kinds(
    "type",
    {
        **_PLAIN,
        "thinking": dict.fromkeys(("type", "thinking", "signature")),
        "tool_use": dict.fromkeys(("type", "id", "name", "input")),
        "tool_result": {"content": Kinds("type", _PLAIN), **dict.fromkeys(("type", "tool_use_id", "is_error"))},
    },
)
"""What is read of a block, by its type."""


@dataclass
class History:
    """Reads one request's messages. `warnings` tell what was left out; `names` are the tools of the calls so far."""

    read_image: ReadImage
    warnings: list[str] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)

    def read(self, system: str | list[dict[str, Any]] | None, messages: list[dict[str, Any]]) -> tuple[Message, ...]:
        """The system text in front, those of `system` messages joined to it, and the turns in order.

        Raises: CallerError naming the message and the block at fault.
        """
        systems = _system_texts(system)
        turns: list[Message] = []
        for number, message in enumerate(messages):
            role, where = message.get("role"), f"messages.{number}.content"
            if role not in {"user", "assistant", "system"}:
                raise CallerError(
                    f"messages.{number}.role is {role!r}; it can be user, assistant or system.",
                    param=f"messages.{number}.role",
                )
            parts = self._parts(message.get("content"), where)
            if role == "system":
                systems.append("".join(part.text for part in parts if isinstance(part, Text)))
                continue
            results = tuple(part for part in parts if isinstance(part, ToolResult))
            others = tuple(part for part in parts if not isinstance(part, ToolResult))
            turns += [Message("tool", results)] if results else []
            turns += [Message("assistant" if role == "assistant" else "user", others)] if others or not results else []
        head = (Message("system", (Text("\n\n".join(systems)),)),) if systems else ()
        return head + join_neighbours(turns)

    def _parts(self, content: Any, where: str) -> list[Part]:
        if isinstance(content, str):
            return [Text(content)]
        if not isinstance(content, list):
            raise CallerError(f"{where} must be text or a list of blocks.", param=where)
        return [part for number, block in enumerate(content) for part in self._block(block, f"{where}.{number}")]

    def _block(self, block: Any, where: str) -> list[Part]:
        match block:
            case {"type": "text", "text": str() as text}:
                return [Text(text)]
            case {"type": "image", "source": dict() as source}:
                return [self.read_image(_image_url(source, where))]
            case {"type": "document" | "search_result"}:
                return [Text(_document(block, where))]
            case {"type": "tool_use", "id": str() as call_id, "name": str() as name, "input": dict() as arguments}:
                self.names[call_id] = name
                return [ToolCall(call_id, name, arguments)]
            case {"type": "tool_result", "tool_use_id": str() as call_id}:
                return [self._result(block, call_id, where)]
            case {"type": "thinking", "thinking": str() as thought}:
                return [Thinking(thought)]
            case {"type": str() as other} if other in LEFT_OUT or other.endswith("_tool_result"):
                text = f"{where} is of type {other!r}, which says nothing to this model; it was left out."
                self.warnings.append(text)
                return []
        kind = block.get("type") if isinstance(block, Mapping) else type(block).__name__
        raise CallerError(
            f"{where} is of type {kind!r}; it can be text, image, document, search_result, tool_use, tool_result or "
            "thinking, with its own fields.",
            param=where,
        )

    def _result(self, block: Mapping[str, Any], call_id: str, where: str) -> ToolResult:
        if call_id not in self.names:
            raise CallerError(
                f"{where}.tool_use_id is {call_id!r}, but no earlier assistant message made that call.", param=where
            )
        content = block.get("content") or ""
        parts = self._parts(content, f"{where}.content")
        if any(not isinstance(part, Text) for part in parts):
            raise CallerError(
                f"{where}.content holds something other than text; results can be text only.", param=where
            )
        text = "".join(part.text for part in parts if isinstance(part, Text))
        return ToolResult(call_id, self.names[call_id], text, bool(block.get("is_error")))


def _system_texts(system: str | Sequence[Mapping[str, Any]] | None) -> list[str]:
    if not system:
        return []
    return [system] if isinstance(system, str) else [str(block.get("text", "")) for block in system]


def _document(block: Mapping[str, Any], where: str) -> str:
    """A document's or a search result's text under its title, and under what is told of it.

    Raises: CallerError when it is no text, or is to be cited.
    """
    if isinstance(wish := block.get("citations"), Mapping) and wish.get("enabled"):
        raise CallerError(
            f"{where}.citations is enabled: this server does not support it. Leave it out.",
            code="unsupported_field",
            param=f"{where}.citations",
        )
    title: Any
    match block:
        case {"type": "search_result", "content": list() as content}:
            title = f"{block.get('title', '')} ({block.get('source', '')})"
            text = "\n\n".join(str(inner.get("text", "")) for inner in content if isinstance(inner, Mapping))
        case {"source": {"type": "text", "data": str() as text}}:
            title = str(block.get("title") or "Document")
        case {"source": {"type": "content", "content": str() as text}}:
            title = str(block.get("title") or "Document")
        case _:
            raise CallerError(
                f"{where}.source must be text; send the document's text, or its pages as images.", param=where
            )
    about = f"{block['context']}\n" if block.get("context") else ""
    return f"{title}:\n{about}{text}\n\n"


def _image_url(source: Mapping[str, Any], where: str) -> str:
    match source:
        case {"type": "base64", "media_type": str() as mime, "data": str() as data}:
            return f"data:{mime};base64,{data}"
        case {"type": "url", "url": str() as url}:
            return url
    raise CallerError(f"{where}.source is of type {source.get('type')!r}; it can be base64 or url.", param=where)
