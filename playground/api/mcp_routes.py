"""MCP over streamable HTTP at `/mcp`, on the page's own port: who may come in, and from which page.

Every request stands by itself, so nothing is kept between requests and there is nothing to close.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from playground.api.failures import failure_of
from playground.errors import CallerError, PlaygroundError
from tools.tool import Tool

if TYPE_CHECKING:
    from mcp.server.streamable_http_manager import StreamableHTTPSessionManager

PATH = "/mcp"
LOOPBACK = {"127.0.0.1", "localhost", "::1"}
MAX_BYTES = 1_000_000


class ForeignPage(CallerError):
    """A web page of another site tries to use this server through its visitor's browser."""

    code = "foreign_origin"


def add_mcp(
    app: FastAPI, tools: Mapping[str, Tool], let_in: Callable[[Request], Callable[[], None]], *, only_here: bool
) -> None:
    """Serve the tools. `let_in` checks the request's key and gives what is to be called when the request is over.

    `only_here`: nobody but this machine reaches the server, so a request that names another host comes from a page
    that was led here by its name server.
    """
    endpoint = _Endpoint(tools, let_in, only_here)
    # In front: Gradio's own routes may take any path.
    app.router.routes.insert(0, Route(PATH, endpoint=endpoint, methods=["GET", "POST", "DELETE"]))


class _Endpoint:
    def __init__(
        self, tools: Mapping[str, Tool], let_in: Callable[[Request], Callable[[], None]], only_here: bool
    ) -> None:
        self._tools = tools
        self._let_in = let_in
        self._only_here = only_here
        self._manager: Callable[[], StreamableHTTPSessionManager] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        try:
            check_origin(request, only_here=self._only_here)
            leave = self._let_in(request)
        except PlaygroundError as error:
            status = 403 if isinstance(error, ForeignPage) else failure_of(error).status
            # A client that meets a 401 without this header does not look for a key.
            headers = {"WWW-Authenticate": "Bearer"} if status == 401 else None
            body = {"jsonrpc": "2.0", "id": None, "error": {"code": -32600, "message": error.message}}
            await JSONResponse(body, status, headers)(scope, receive, send)
            return
        try:
            await _unless_left(self._handle, scope, receive, send)
        finally:
            leave()

    async def _handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._manager is None:
            self._manager = await asyncio.to_thread(_prepared, self._tools)
        manager = self._manager()
        async with manager.run():
            await manager.handle_request(scope, receive, send)


def _prepared(tools: Mapping[str, Tool]) -> Callable[[], StreamableHTTPSessionManager]:
    """Makes what answers a request. The SDK is imported for the first one: most starts have no use for it."""
    from mcp.server.streamable_http_manager import StreamableHTTPSessionManager

    from playground.api.mcp_server import mcp_server

    return partial(
        StreamableHTTPSessionManager,
        mcp_server(tools),
        json_response=True,
        stateless=True,
        max_request_body_size=MAX_BYTES,
    )


async def _unless_left(handle: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    """Handle a request; when its client leaves before it is answered, what was begun for it is cancelled."""
    messages: asyncio.Queue[Message] = asyncio.Queue(maxsize=4)

    async def listen() -> None:
        while (message := await receive())["type"] != "http.disconnect":
            await messages.put(message)

    handling = asyncio.ensure_future(handle(scope, messages.get, send))
    listening = asyncio.ensure_future(listen())
    try:
        await asyncio.wait({handling, listening}, return_when=asyncio.FIRST_COMPLETED)
        if handling.done():
            await handling
    finally:
        for task in (handling, listening):
            task.cancel()
        await asyncio.gather(handling, listening, return_exceptions=True)


def check_origin(request: Request, *, only_here: bool) -> None:
    """Refuse what a page of another site sends through its visitor's browser.

    Source: https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#security-warning, read 2026-11.

    Raises: ForeignPage.
    """
    host = request.headers.get("host", "")
    if only_here and _name(f"//{host}") not in LOOPBACK:
        raise ForeignPage(f"The request names the host {host!r}; this server answers to 127.0.0.1 and localhost only.")
    origin = request.headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != host:
        raise ForeignPage(f"Pages of {origin!r} may not use this server; call it from a program.")


def _name(url: str) -> str | None:
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None
