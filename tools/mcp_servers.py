"""MCP servers as sources of tools: each by itself, so that a broken one costs nothing but its own tools."""

from __future__ import annotations

import concurrent.futures
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tools.async_loop import AsyncLoop
from tools.mcp_config import CONNECT_S, HttpServer, McpConfig
from tools.time_limit import Cancelled, OutOfTime
from tools.tool import CallContext, Tool, ToolError

if TYPE_CHECKING:
    from mcp_types import CallToolResult

    from tools.mcp_connection import McpConnection

CLOSE_S = 10.0


class McpServer:
    """One server. Safe to use from any thread.

    `tools` are those listed last, by the names that models use; `problems` say what of it cannot be used and why.
    """

    def __init__(self, name: str, config: McpConfig, loop: AsyncLoop) -> None:
        self.name = name
        self.config = config
        self.tools: Mapping[str, Tool] = {}
        self.problems: tuple[str, ...] = ()
        self.is_listed = False
        self._loop = loop
        self._connection: McpConnection | None = None

    @property
    def place(self) -> str:
        """How people are told where it is: without what may be secret."""
        config = self.config
        return config.url.partition("?")[0] if isinstance(config, HttpServer) else Path(config.command).name

    def refresh(self, cancel: threading.Event | None = None) -> None:
        """List its tools anew. A failure is noted, and takes the tools away."""
        # The SDK is imported for the first server: most starts have no use for it.
        from tools.mcp_server_tools import read_tools

        try:
            offered = self._loop.run(self._list(), CONNECT_S + self.config.timeout_s, cancel)
        except (ToolError, RuntimeError) as error:
            self.tools, self.problems = {}, (str(error),)
        except (OutOfTime, Cancelled):
            self.tools, self.problems = {}, ("The server did not answer in time.",)
        else:
            self.tools, self.problems = read_tools(self.name, offered, self._call, self.config.timeout_s)
        self.is_listed = True

    def close(self) -> None:
        """Leave it; a program is ended."""
        try:
            self._loop.run(self._close(), CLOSE_S)
        except (OutOfTime, Cancelled, RuntimeError):
            self.problems = ("The server could not be left in time.",)

    def _call(self, name: str, arguments: Mapping[str, Any], context: CallContext) -> CallToolResult:
        """Raises: ToolError."""
        try:
            return self._loop.run(self._send(name, arguments), self.config.timeout_s + 1, context.cancelled)
        except OutOfTime:
            limit = self.config.timeout_s
            raise ToolError(f"The server did not answer within {limit:g} seconds; the call was given up.") from None
        except Cancelled:
            raise ToolError("The call was stopped; what the server had done by then is not known.") from None

    async def _list(self) -> Any:
        return await self._connected().list_tools()

    async def _send(self, name: str, arguments: Mapping[str, Any]) -> CallToolResult:
        return await self._connected().call(name, arguments)

    async def _close(self) -> None:
        if self._connection is not None:
            await self._connection.close()

    def _connected(self) -> McpConnection:
        if self._connection is None:
            from tools.mcp_connection import McpConnection

            self._connection = McpConnection(self.config)
        return self._connection


class McpServers:
    """The servers of the settings. `loop` serves those of visitors too."""

    def __init__(self, configs: Mapping[str, McpConfig] | None = None) -> None:
        self.loop = AsyncLoop("mcp-servers")
        self.servers = {name: McpServer(name, config, self.loop) for name, config in (configs or {}).items()}

    @property
    def tools(self) -> dict[str, Tool]:
        """The tools of all servers."""
        return {name: tool for server in self.servers.values() for name, tool in server.tools.items()}

    def unattended(self, built_in: Mapping[str, Tool]) -> Mapping[str, Tool]:
        """The built-in tools with those of the servers that only read: what a program may have run without a person.

        A live view: servers tell their tools later.
        """
        return _Unattended(built_in, self)

    def start(self) -> None:
        """List the tools of all servers, each in its own time, without waiting for any."""
        for server in self.servers.values():
            threading.Thread(target=server.refresh, name=f"mcp-{server.name}", daemon=True).start()

    def close(self) -> None:
        """Leave all servers."""
        with concurrent.futures.ThreadPoolExecutor(max_workers=8) as closing:
            list(closing.map(lambda server: server.close(), self.servers.values()))
        self.loop.close()


class _Unattended(Mapping[str, Tool]):
    def __init__(self, built_in: Mapping[str, Tool], servers: McpServers) -> None:
        self._built_in = built_in
        self._servers = servers

    def __getitem__(self, name: str) -> Tool:
        return self._all()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._all())

    def __len__(self) -> int:
        return len(self._all())

    def _all(self) -> dict[str, Tool]:
        reading = {name: tool for name, tool in self._servers.tools.items() if not tool.asks_first}
        return {**reading, **self._built_in}
