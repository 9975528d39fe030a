"""Which web pages may call the HTTP API: those of this server, and those of the origins that the settings name.

Gradio answers cross-origin requests for the whole application and lets any origin in when the host is not this
machine's; for `/v1` this stands before it. No answer ever allows credentials: a key is sent by the program itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

from fastapi import FastAPI
from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

PREFIX = "/v1/"
METHODS = ("GET", "POST", "DELETE")


class ApiOrigins:
    """ASGI middleware for the paths under `/v1`; others pass untouched."""

    def __init__(self, app: ASGIApp, origins: Sequence[str]) -> None:
        self._app = app
        self._origins = origins
        self._shared = CORSMiddleware(
            self._without_origin, allow_origins=origins, allow_methods=METHODS, allow_headers=["*"]
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, with the headers that its origin may have; or refuse it."""
        if scope["type"] != "http" or not scope["path"].startswith(PREFIX):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        origin = headers.get("origin")
        if origin is None or urlsplit(origin).netloc == headers.get("host"):
            await self._without_origin(scope, receive, send)
        elif origin in self._origins or "*" in self._origins:
            await self._shared(scope, receive, send)
        else:
            await _refusal(origin)(scope, receive, send)

    async def _without_origin(self, scope: Scope, receive: Receive, send: Send) -> None:
        """On to the application, which is not to answer for origins itself."""
        headers = [(name, value) for name, value in scope["headers"] if name != b"origin"]
        await self._app({**scope, "headers": headers}, receive, send)


def add_origins(app: FastAPI, origins: Sequence[str]) -> None:
    """Stand before the application, whether or not it has begun to serve."""
    if app.middleware_stack is None:
        app.add_middleware(ApiOrigins, origins=origins)
    else:
        app.middleware_stack = ApiOrigins(app.middleware_stack, origins)


def _refusal(origin: str) -> JSONResponse:
    text = f"Pages of {origin[:200]!r} may not call this API; the server's owner can allow it with --cors-origin."
    error = {"message": text, "type": "permission_error", "param": None, "code": "origin_not_allowed"}
    return JSONResponse({"type": "error", "error": error}, status_code=403)
