"""From an HTTP request to its JSON body, within limits; from our errors to an answer."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Any, TypeAlias

from fastapi import Request
from fastapi.responses import JSONResponse

from playground.api.failures import TooLarge, failure_of
from playground.errors import CallerError, PlaygroundError
from playground.usage_log import Caller

WriteError: TypeAlias = Callable[[PlaygroundError], dict[str, Any]]
"""An error's body in one API's own shape."""
RETRY_AFTER_S = 5
DEEPEST = 200
"""How far the body's objects and lists may stand in each other: what reads them goes one call deeper for each."""


def caller_of(request: Request, interface: str) -> Caller:
    """Who asks: the name that the program gives itself, as `X-Title` or at the beginning of its user agent."""
    app = request.headers.get("x-title") or request.headers.get("user-agent", "").split("/")[0]
    return Caller(interface, app.strip())


async def read_json(request: Request, max_bytes: int) -> Any:
    """The body, read no further than it may be long.

    Raises: TooLarge with both sizes; CallerError when it is not JSON.
    """
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > max_bytes:
            raise TooLarge(f"The body is longer than {max_bytes:,} bytes, the most this server takes; send less.")
    try:
        value = json.loads(bytes(body), parse_constant=_no_json)
        _check_depth(value)
    except (ValueError, RecursionError) as error:
        raise CallerError(f"The body is not JSON: {error}.", code="invalid_json") from error
    return value


def answer_error(error: PlaygroundError, write: WriteError) -> JSONResponse:
    """The error with its status, and when to come back if that helps."""
    status = failure_of(error).status
    wait = math.ceil(getattr(error, "retry_after_s", RETRY_AFTER_S))
    headers = {"Retry-After": str(max(wait, 1))} if status == 429 else None
    return JSONResponse(write(error), status_code=status, headers=headers)


def _no_json(word: str) -> None:
    raise ValueError(f"{word} is no JSON number")


def _check_depth(value: Any) -> None:
    level = [value]
    for _ in range(DEEPEST):
        level = [
            inner
            for one in level
            if isinstance(one, dict | list)
            for inner in (one.values() if isinstance(one, dict) else one)
        ]
        if not level:
            return
    raise ValueError(f"its objects and lists stand in each other more than {DEEPEST} deep")
