"""Our tools for programs that speak MCP: the official SDK's server over the very runner that the tool loop has.

So arguments are checked, a call runs under its time limit, its text is shortened, and what comes from the web is
marked as data, exactly as in the loop.
"""

from __future__ import annotations

import asyncio
import threading
import uuid
from collections.abc import Mapping
from typing import Any

from mcp.server import Server
from mcp.server.context import ServerRequestContext
from mcp_types import (
    CallToolRequestParams,
    CallToolResult,
    ListToolsResult,
    PaginatedRequestParams,
    TextContent,
    ToolAnnotations,
)
from mcp_types import Tool as Offered

from playground.chat.tool_runner import ToolRunner
from playground.messages import ToolCall
from tools.tool import Tool

NAME = "gemma-playground"


def mcp_server(tools: Mapping[str, Tool]) -> Server[Any]:
    """A server of these tools. Tools that ask a person first, or that a person answers, are not among them."""
    offered = {name: tool for name, tool in tools.items() if tool.run is not None and not tool.asks_first}

    async def list_tools(_: ServerRequestContext[Any], __: PaginatedRequestParams | None) -> ListToolsResult:
        return ListToolsResult(tools=[_offer(tool) for tool in offered.values()])

    async def call_tool(_: ServerRequestContext[Any], params: CallToolRequestParams) -> CallToolResult:
        call = ToolCall(uuid.uuid4().hex, params.name, dict(params.arguments or {}))
        # One runner a call: what one client asked must not answer another.
        runner = ToolRunner([tool.spec for tool in offered.values()], offered)
        cancel = threading.Event()
        try:
            finished = await asyncio.to_thread(runner.run, call, cancel)
        finally:
            cancel.set()  # the client has left, if it is not over
        result = finished.result
        return CallToolResult(content=[TextContent(type="text", text=result.text)], is_error=result.is_error)

    return Server(NAME, on_list_tools=list_tools, on_call_tool=call_tool)


def _offer(tool: Tool) -> Offered:
    """What a client is told. The tools offered here look things up, and change nothing."""
    return Offered(
        name=tool.spec.name,
        description=tool.spec.description,
        input_schema=dict(tool.spec.parameters),
        annotations=ToolAnnotations(read_only_hint=True),
    )
