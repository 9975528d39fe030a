"""What every route does around its own work: let the request in, answer errors in the API's shape, notice who leaves.

Whole replies and streams go the same way: a reply that nobody waits for any more is cancelled, and the place of its
key given back, however the request ends.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from fastapi import Request, Response
from fastapi.responses import StreamingResponse
from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope, Send

from playground.api.access import Lease
from playground.api.bridge import Replies, Run
from playground.api.reading import WriteError, answer_error, caller_of, read_json
from playground.api.service import Service
from playground.errors import PlaygroundError
from playground.usage_log import Caller
from playground.wire.sse import COMMENT

HEARTBEAT_S = 15.0
"""A stream that has nothing to say yet says so this often, or a proxy may close it."""
LEFT = 499
"""Status for the log when the client left; nobody reads it."""


@dataclass
class Visit:
    """One request that has been let in, and its JSON. `end` comes when its answer is complete or nobody wants it."""

    service: Service
    lease: Lease
    caller: Caller
    body: Any = None
    detached: bool = False
    """Set when the work goes on after its answer; it then calls `end` itself."""
    _running: list[Replies] = field(default_factory=list)

    async def begin(self, runs: Sequence[Run]) -> Replies:
        """Start replies that end with the visit.

        Raises: the error of a reply that cannot even begin.
        """
        replies = Replies(runs)
        self._running.append(replies)
        await replies.begin()
        return replies

    def end(self) -> None:
        """Cancel what still runs and give the place back."""
        for replies in self._running:
            replies.cancel()
        self.lease.release()


Work: TypeAlias = Callable[[Visit], Coroutine[Any, Any, Response]]


class EventStream(StreamingResponse):
    """Server-sent events. However it ends, and even if it never begins, its visit ends with it."""

    def __init__(self, visit: Visit, frames: AsyncIterator[str]) -> None:
        super().__init__(with_heartbeat(frames), media_type="text/event-stream", headers={"Cache-Control": "no-store"})
        self._visit = visit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the stream."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._visit.end()


@dataclass(frozen=True)
class Door:
    """The way into one API: `interface` is its name in the usage record, `write_error` the shape of its errors."""

    service: Service
    interface: str
    write_error: WriteError

    async def serve(self, request: Request, work: Work, *, reads: bool = True) -> Response:
        """Do a route's work for a request that may come in; errors become answers. `reads`: a POST has a body."""
        return await _serve(request, self, work, reads=reads and request.method == "POST")


async def _serve(request: Request, door: Door, work: Work, *, reads: bool) -> Response:
    service, write_error = door.service, door.write_error
    try:
        visit = Visit(service, service.access.enter(request.headers), caller_of(request, door.interface))
    except PlaygroundError as error:
        return answer_error(error, write_error)
    response: Response | None = None
    try:
        if reads:
            visit.body = await read_json(request, service.max_body_bytes)
        response = await _unless_left(request, work(visit))
    except PlaygroundError as error:
        return answer_error(error, write_error)
    except ClientDisconnect:
        return Response(status_code=LEFT)
    finally:
        if not isinstance(response, EventStream) and not visit.detached:
            visit.end()
    return response


async def with_heartbeat(frames: AsyncIterator[str], every_s: float = HEARTBEAT_S) -> AsyncIterator[str]:
    """The frames, and a comment whenever none has come for so long."""
    while True:
        coming = asyncio.ensure_future(anext(frames))
        try:
            while not (await asyncio.wait({coming}, timeout=every_s))[0]:
                yield COMMENT
            yield coming.result()
        except StopAsyncIteration:
            return
        finally:
            coming.cancel()


async def _unless_left(request: Request, work: Coroutine[Any, Any, Response]) -> Response:
    """The work's response. When the client leaves before it is there, the work is cancelled.

    Raises: ClientDisconnect when that happened; what the work raises.
    """
    working = asyncio.ensure_future(work)
    tasks = (working, asyncio.ensure_future(_left(request)))
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            return working.result()
        raise ClientDisconnect
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _left(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
