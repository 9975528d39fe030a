"""A live connection to one MCP server, kept by a task of its own and renewed when the server has gone.

A program is started when it is first needed, runs on, and is started again when it ended by itself. Addresses follow
the rules of `safe_fetch`.
"""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import anyio
import httpx2
from mcp import Client, MCPError, StdioServerParameters, stdio_client
from mcp.client.streamable_http import streamable_http_client
from mcp_types import CONNECTION_CLOSED, CallToolResult
from mcp_types import Tool as Offered

from tools.mcp_config import CONNECT_S, HttpServer, McpConfig, StdioServer
from tools.pinned_connection import checked_addresses
from tools.pinned_transport import PinnedTransport
from tools.tool import ToolError
from tools.web_address import parse

MAX_BYTES = 8_000_000
MOST_PAGES = 20
LEAVE_S = 8.0
"""For a program to end by itself before it is made to."""
GRACE_S = 30.0
"""How much longer than a call a single read may wait."""
IDLE_S = 600.0
"""After so long without a call an address is left; a program is kept."""


class McpConnection:
    """All methods run in one asyncio loop."""

    def __init__(self, config: McpConfig) -> None:
        self._config = config
        self._client: Client | None = None
        self._owner: asyncio.Task[None] | None = None
        self._gone = asyncio.Event()
        self._changing = asyncio.Lock()
        self._used_at = 0.0

    async def list_tools(self) -> list[Offered]:
        """What the server offers now.

        Raises: ToolError in plain words.
        """
        client = await self._connected()
        found: list[Offered] = []
        cursor: str | None = None
        try:
            for _ in range(MOST_PAGES):
                page = await client.list_tools(cursor=cursor, cache_mode="refresh")
                found += page.tools
                cursor = page.next_cursor
                if cursor is None:
                    break
        except Exception as error:
            raise self._explained(error) from error
        return found

    async def call(self, name: str, arguments: Mapping[str, Any]) -> CallToolResult:
        """Call a tool. It is sent once: a server that dies under a call may have acted on it.

        Raises: ToolError in plain words.
        """
        client = await self._connected()
        try:
            return await client.call_tool(name, dict(arguments), read_timeout_seconds=self._config.timeout_s)
        except MCPError as error:
            if error.code == CONNECTION_CLOSED:
                self._gone.set()
                raise ToolError("The server ended while it ran this; what it had done by then is not known.") from error
            raise ToolError(f"The server refused the call: {error.message}") from error
        except Exception as error:
            raise self._explained(error) from error

    async def close(self) -> None:
        """Leave the server; a program is ended, and a connection that is being made is given up."""
        if self._changing.locked() and self._owner is not None:
            self._owner.cancel()
        async with self._changing:
            await self._leave()

    async def _connected(self) -> Client:
        """The client, connected anew when there is none or its server has gone."""
        async with self._changing:
            self._used_at = asyncio.get_running_loop().time()
            if self._client is None or self._gone.is_set():
                await self._leave()
                self._gone = asyncio.Event()
                ready: asyncio.Future[Client] = asyncio.get_running_loop().create_future()
                self._owner = asyncio.create_task(self._own(ready, self._gone))
                try:
                    self._client = await asyncio.wait_for(ready, CONNECT_S)
                except BaseException as error:
                    await self._leave()
                    if isinstance(error, Exception):
                        raise self._explained(error) from error
                    raise
            return self._client

    async def _leave(self) -> None:
        self._client = None
        owner, self._owner = self._owner, None
        if owner is not None:
            self._gone.set()
            await asyncio.wait([owner], timeout=LEAVE_S)
            owner.cancel()
            await asyncio.gather(owner, return_exceptions=True)

    async def _own(self, ready: asyncio.Future[Client], gone: asyncio.Event) -> None:
        """Hold the connection open until the server has gone, or nobody needs it any more.

        One task enters and leaves it, as the library's scopes demand.
        """
        try:
            async with AsyncExitStack() as stack:
                transport = _watched(await self._transport(stack), gone)
                client = await stack.enter_async_context(Client(transport, read_timeout_seconds=self._config.timeout_s))
                if not ready.done():
                    ready.set_result(client)
                await self._unneeded(gone)
        except BaseException as error:
            if not ready.done():
                ready.set_exception(
                    error if isinstance(error, Exception) else ToolError("The connection was given up.")
                )
            elif not isinstance(error, Exception):
                raise
        finally:
            gone.set()

    async def _transport(self, stack: AsyncExitStack) -> Any:
        match self._config:
            case StdioServer(command=command, args=args, env=env, cwd=cwd):
                return stdio_client(
                    StdioServerParameters(command=command, args=list(args), env=dict(env), cwd=cwd),
                    errlog=subprocess.DEVNULL,  # type: ignore[arg-type]  # what a subprocess takes; no log of strangers'
                )
            case HttpServer(url=url, headers=headers, timeout_s=timeout_s, allow_private=allow_private):
                target = parse(url, any_port=allow_private)
                # Before the library's tasks are entered, so that a refusal comes out as itself.
                await asyncio.to_thread(checked_addresses, target.host, target.port, allow_private=allow_private)
                http = httpx2.AsyncClient(
                    transport=PinnedTransport(allow_private=allow_private, max_bytes=MAX_BYTES),
                    headers=dict(headers),
                    # Longer than a call may take: a call that is late is given up by itself, a read that is late
                    # would end the connection under the calls beside it.
                    timeout=httpx2.Timeout(timeout_s + GRACE_S, connect=10.0),
                )
                await stack.enter_async_context(http)
                return streamable_http_client(target.url, http_client=http)

    async def _unneeded(self, gone: asyncio.Event) -> None:
        if isinstance(self._config, StdioServer):
            await gone.wait()
            return
        over = asyncio.ensure_future(gone.wait())
        while not over.done():
            left = self._used_at + IDLE_S - asyncio.get_running_loop().time()
            if left <= 0:
                over.cancel()
            await asyncio.wait([over], timeout=max(left, 0.0))

    def _explained(self, error: BaseException) -> ToolError:
        """The innermost error in plain words."""
        while isinstance(inner := getattr(error, "exceptions", None), tuple) and inner:
            error = inner[0]
        match error:
            case ToolError():
                return error
            case MCPError():
                return ToolError(f"The server answered with an error: {error.message}")
            case FileNotFoundError() | PermissionError() if isinstance(self._config, StdioServer):
                return ToolError(f"The program {self._config.command!r} cannot be started: {error.strerror}.")
            case TimeoutError() | asyncio.TimeoutError() | httpx2.TimeoutException():
                return ToolError("The server did not answer in time.")
            case httpx2.HTTPError():
                return ToolError(f"The server cannot be reached: {error or type(error).__name__}.")
        return ToolError(f"The server does not speak MCP as it should: {type(error).__name__}: {str(error)[:300]}")


@asynccontextmanager
async def _watched(transport: Any, gone: asyncio.Event) -> AsyncIterator[tuple[Any, Any]]:
    """The transport; `gone` is set when the server's side of it ends."""
    async with transport as (read, write):
        yield _Watched(read, gone), write


class _Watched:
    """A stream of messages that tells of its end."""

    def __init__(self, stream: Any, gone: asyncio.Event) -> None:
        self._stream = stream
        self._gone = gone

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    async def receive(self) -> Any:
        """The next message."""
        try:
            return await self._stream.receive()
        except (anyio.EndOfStream, anyio.ClosedResourceError, anyio.BrokenResourceError):
            self._gone.set()
            raise

    def __aiter__(self) -> _Watched:
        return self

    async def __anext__(self) -> Any:
        try:
            return await self._stream.__anext__()
        except BaseException:
            self._gone.set()
            raise

    async def __aenter__(self) -> _Watched:
        await self._stream.__aenter__()
        return self

    async def __aexit__(self, *error: Any) -> Any:
        self._gone.set()
        return await self._stream.__aexit__(*error)
