"""The tools of an MCP server as tools of ours: their declarations checked, their results as text.

What a server says of its tools is text from outside: it is bounded, and a schema that cannot be used costs that tool
alone. A tool that its server does not call read-only asks first.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from typing import Any, TypeAlias

from mcp_types import (
    AudioContent,
    CallToolResult,
    EmbeddedResource,
    ImageContent,
    ResourceLink,
    TextContent,
    TextResourceContents,
)
from mcp_types import Tool as Offered

from tools.from_schema import SpecError, read_spec
from tools.mcp_config import tool_name
from tools.tool import CallContext, Tool, ToolError, ToolOutput
from tools.untrusted import mark_as_data

MAX_DESCRIPTION_CHARS = 2000
MAX_SCHEMA_CHARS = 20_000
MAX_TEXT_CHARS = 200_000
"""Of a result, before the loop shortens it to what the model's context allows."""
MOST_TOOLS = 128

Call: TypeAlias = Callable[[str, Mapping[str, Any], CallContext], CallToolResult]


def read_tools(
    server: str, offered: Collection[Offered], call: Call, timeout_s: float
) -> tuple[dict[str, Tool], tuple[str, ...]]:
    """The server's tools by the names that models use, and a sentence for each that cannot be used."""
    tools: dict[str, Tool] = {}
    problems: list[str] = []
    for one in list(offered)[:MOST_TOOLS]:
        try:
            tool = _read(server, one, call, timeout_s)
        except SpecError as error:
            problems.append(f"{one.name[:64]} is left out: {' '.join(error.problems)[:300]}")
            continue
        if tool.spec.name in tools:
            problems.append(f"{one.name[:64]} is left out: another tool has the name {tool.spec.name}.")
            continue
        tools[tool.spec.name] = tool
    if len(offered) > MOST_TOOLS:
        problems.append(f"Only the first {MOST_TOOLS} of its {len(offered)} tools are taken.")
    return tools, tuple(problems)


def _read(server: str, offered: Offered, call: Call, timeout_s: float) -> Tool:
    """Raises: SpecError."""
    schema = {name: value for name, value in offered.input_schema.items() if name != "$schema"}
    if len(json.dumps(schema)) > MAX_SCHEMA_CHARS:
        raise SpecError([f"Its schema is longer than {MAX_SCHEMA_CHARS} characters."])
    description = (offered.description or offered.title or "").strip()
    if len(description) > MAX_DESCRIPTION_CHARS:
        description = description[: MAX_DESCRIPTION_CHARS - 1] + "…"
    schema.setdefault("properties", {})
    name = tool_name(f"{server}_{offered.name}")[:64]
    # Others wrote the schema: what a call cannot be held to while it is written is left to the check before it is sent.
    spec = replace(read_spec({"name": name, "description": description, "parameters": schema}), strict=False)
    reads_only = offered.annotations is not None and offered.annotations.read_only_hint is True

    def run(arguments: Mapping[str, Any], context: CallContext) -> ToolOutput:
        return read_result(server, call(offered.name, arguments, context))

    # Longer than the call's own limit, so that its words are the ones that are heard.
    return Tool(spec, run, timeout_s=timeout_s + 5, asks_first=not reads_only, origin="mcp")


def read_result(server: str, result: CallToolResult) -> ToolOutput:
    """A result as text. Models see no pictures in results, so a note stands in for each.

    Raises: ToolError with the server's words when it says that the call failed.
    """
    texts = [_text(part) for part in result.content]
    if not any(texts) and result.structured_content is not None:
        texts = [json.dumps(result.structured_content, ensure_ascii=False, default=str)]
    text = "\n".join(texts)[:MAX_TEXT_CHARS]
    if result.is_error:
        raise ToolError(f"The call failed. {mark_as_data(text[:2000] or 'No reason was given.', server)}")
    return ToolOutput(text or "Done; the server sent nothing back.", untrusted=True)


def _text(part: Any) -> str:
    match part:
        case TextContent(text=text):
            return text
        case ImageContent(mime_type=mime) | AudioContent(mime_type=mime):
            return f"(Here the server sent a file of type {mime}, which cannot be shown to you.)"
        case EmbeddedResource(resource=TextResourceContents(text=text)):
            return text
        case EmbeddedResource(resource=resource):
            return f"(Here the server sent a file, {resource.uri}, which cannot be shown to you.)"
        case ResourceLink(uri=uri, name=name):
            return f"{name}: {uri}"
    return ""
