"""The input items of OpenAI's responses as messages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from playground.errors import CallerError
from playground.messages import Message, Part, Role, Text, Thinking, ToolCall, ToolResult
from playground.wire.fields import Inside, Kinds
from playground.wire.history import ReadImage
from playground.wire.openai_history import as_list, check_detail, read_call

_TEXT: Mapping[str, Inside] = {"type": None, "text": None}
_PART = Kinds(
    "type",
    {
        **dict.fromkeys(("input_text", "text"), _TEXT),
        "output_text": {**_TEXT, "annotations": None, "logprobs": None},
        "input_image": dict.fromkeys(("type", "image_url", "detail")),
        "refusal": {"type": None, "refusal": None},
    },
)
ITEM = Kinds(
    "type",
    {
        "message": {"content": _PART, **dict.fromkeys(("type", "role", "id", "status"))},
        "function_call": dict.fromkeys(("type", "id", "call_id", "name", "arguments", "status")),
        "function_call_output": {"output": _PART, **dict.fromkeys(("type", "id", "call_id", "status"))},
        "reasoning": dict.fromkeys(("type", "id", "summary", "content", "status")),
    },
    default="message",
)
"""What is read of an item, by its type; what this server itself writes into one counts as read."""
ROLES: Mapping[str, Role] = {"user": "user", "assistant": "assistant", "system": "system", "developer": "system"}


@dataclass
class Items:
    """Reads one request's items into `messages`; `warnings` tell which were left out. `names`: tools of calls by id."""

    read_image: ReadImage
    names: dict[str, str]
    rows: list[tuple[Role, list[Part]]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    @property
    def messages(self) -> tuple[Message, ...]:
        """What the items say. Neighbours of one role are one message, as templates want roles to alternate."""
        return tuple(Message(role, tuple(parts)) for role, parts in self.rows)

    def add(self, item: Mapping[str, Any], where: str) -> None:
        """Read an item. Raises: CallerError naming it and what is wrong with it."""
        kind = item.get("type") or ("message" if "role" in item else None)
        match kind:
            case "message":
                self._message(item, where)
            case "function_call":
                self._call(read_call({"id": item.get("call_id"), "function": item}, where))
            case "function_call_output":
                self._result(item, where)
            case "mcp_call" if isinstance(item.get("output"), str):
                # How this server tells of a tool that it ran itself.
                call = read_call({"id": item.get("id"), "function": item}, where)
                self._call(call)
                self._put("tool", ToolResult(call.id, call.name, item["output"], bool(item.get("error"))))
            case "reasoning":
                texts = [part.get("text") for part in as_list(item.get("content")) or as_list(item.get("summary"))]
                if thought := "\n\n".join(text for text in texts if isinstance(text, str)):
                    self._put("assistant", Thinking(thought))
            case "web_search_call":
                pass  # it holds no results; what was found stands in the answer behind it
            case "item_reference":
                raise CallerError(
                    f"{where} is an item_reference, which is not supported; send the item, or previous_response_id.",
                    code="unsupported_field",
                    param=where,
                )
            case str():
                self.warnings.append(f"{where} is of type {kind!r}, which says nothing to this model; it was left out.")
            case _:
                raise CallerError(f"{where} is no item: it has neither a type nor a role.", param=where)

    def _message(self, item: Mapping[str, Any], where: str) -> None:
        role = ROLES.get(str(item.get("role")))
        if role is None:
            raise CallerError(
                f"{where}.role is {item.get('role')!r}; it can be user, assistant, system or developer.",
                param=f"{where}.role",
            )
        content = item.get("content")
        if isinstance(content, str):
            self._put(role, Text(content))
            return
        if not isinstance(content, list):
            raise CallerError(f"{where}.content must be text or a list of parts.", param=f"{where}.content")
        for number, part in enumerate(content):
            self._put(role, self._part(part, role, f"{where}.content.{number}"), joins=number > 0)

    def _part(self, part: Any, role: Role, where: str) -> Part:
        match part:
            case {"type": "input_text" | "output_text" | "text", "text": str() as text}:
                return Text(text)
            case {"type": "refusal", "refusal": str() as text} if role == "assistant":
                return Text(text)
            case {"type": "input_image", "image_url": str() as url} if role == "user":
                check_detail(part.get("detail"), f"{where}.detail")
                return self.read_image(url)
        kind = part.get("type") if isinstance(part, Mapping) else type(part).__name__
        text = f"{where} is of type {kind!r}; it can be input_text, or input_image with an image_url for the user."
        raise CallerError(text, param=where)

    def _call(self, call: ToolCall) -> None:
        self.names[call.id] = call.name
        self._put("assistant", call)

    def _result(self, item: Mapping[str, Any], where: str) -> None:
        call_id = str(item.get("call_id") or "")
        if call_id not in self.names:
            raise CallerError(
                f"{where}.call_id is {call_id!r}, but no earlier function_call made that call.",
                param=f"{where}.call_id",
            )
        output = item.get("output")
        if isinstance(output, list):
            parts = [self._part(part, "tool", f"{where}.output.{number}") for number, part in enumerate(output)]
            output = "".join(part.text for part in parts if isinstance(part, Text))
        if not isinstance(output, str):
            raise CallerError(f"{where}.output must be text or a list of texts.", param=f"{where}.output")
        self._put("tool", ToolResult(call_id, self.names[call_id], output))

    def _put(self, role: Role, part: Part, *, joins: bool = False) -> None:
        """Add a part; texts of two items in a row are told apart by an empty line."""
        if not self.rows or self.rows[-1][0] != role:
            self.rows.append((role, []))
        parts = self.rows[-1][1]
        if parts and isinstance(parts[-1], Text) and isinstance(part, Text) and not joins:
            parts.append(Text("\n\n"))
        parts.append(part)


def read_items(items: Sequence[Mapping[str, Any]], read_image: ReadImage, earlier: Sequence[Message]) -> Items:
    """The items, read. Results may answer calls of the `earlier` conversation.

    Raises: CallerError naming the item at fault.
    """
    read = Items(read_image, {call.id: call.name for message in earlier for call in message.calls})
    for number, item in enumerate(items):
        read.add(item, f"input.{number}")
    return read


def listed(items: Sequence[Mapping[str, Any]], *, limit: int, newest_first: bool, after: str | None) -> dict[str, Any]:
    """A page of a response's input items. Items that came without an id have one by their place."""
    rows = [_with_id(item, number) for number, item in enumerate(items)]
    if newest_first:
        rows.reverse()
    ids = [row["id"] for row in rows]
    start = ids.index(after) + 1 if after in ids else 0
    page = rows[start : start + limit]
    return {
        "object": "list",
        "data": page,
        "first_id": page[0]["id"] if page else None,
        "last_id": page[-1]["id"] if page else None,
        "has_more": start + limit < len(rows),
    }


def _with_id(item: Mapping[str, Any], number: int) -> dict[str, Any]:
    row = {"id": f"item_{number}", **item}
    if "role" in row and isinstance(row.get("content"), str):
        kind = "output_text" if row["role"] == "assistant" else "input_text"
        row |= {"type": "message", "content": [{"type": kind, "text": row["content"]}]}
    return row
