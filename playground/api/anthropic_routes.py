"""Anthropic's endpoints: `/v1/messages` and `/v1/messages/count_tokens`."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from playground.api.bridge import Replies
from playground.api.door import Door, EventStream, Visit
from playground.api.failures import failure_of
from playground.api.request_schemas import body_of
from playground.api.service import Service
from playground.backends.backend import Backend
from playground.errors import PlaygroundError, ServerError
from playground.events import Failed, Finished, ToolFinished
from playground.wire.anthropic import CountRequest, MessagesCall, MessagesRequest, read_messages_call
from playground.wire.anthropic_reply import BlockWriter, write_error, write_message
from playground.wire.sse import frame


def routes(service: Service) -> APIRouter:
    """The endpoints over this service."""
    router = APIRouter(tags=["Anthropic"])
    door = Door(service, "anthropic", written)

    @router.post("/v1/messages", openapi_extra=body_of(MessagesRequest))
    async def messages(request: Request) -> Response:
        """Answer a conversation; see `wire/anthropic.py` for what is read."""
        return await door.serve(request, _messages)

    @router.post("/v1/messages/count_tokens", openapi_extra=body_of(CountRequest))
    async def count_tokens(request: Request) -> Response:
        """The tokens that a conversation would take as a prompt."""
        return await door.serve(request, _count)

    return router


def written(error: PlaygroundError) -> dict[str, Any]:
    """An error in Anthropic's shape."""
    return write_error(error, failure_of(error).anthropic)


async def _understand(visit: Visit, *, counting: bool) -> tuple[MessagesCall, Backend]:
    service = visit.service
    call = await asyncio.to_thread(read_messages_call, visit.body, service.read_image, counting=counting)
    return call, await asyncio.to_thread(service.resolve, call.model)


async def _count(visit: Visit) -> Response:
    call, backend = await _understand(visit, counting=True)
    count = await asyncio.to_thread(visit.service.count_tokens, call.turn, backend, call.server_tools)
    return JSONResponse({"input_tokens": count})


async def _messages(visit: Visit) -> Response:
    call, backend = await _understand(visit, counting=False)
    reply_id, name = f"msg_{uuid.uuid4().hex}", backend.capabilities.name
    run = visit.service.reply(call.turn, backend, visit.caller, call.server_tools)
    if call.stream:
        count = await asyncio.to_thread(visit.service.count_tokens, call.turn, backend, call.server_tools)
        writer = BlockWriter(reply_id, name, count, frozenset(call.server_tools), call.warnings)
        return EventStream(visit, _frames(writer, await visit.begin([run])))
    finished, steps = await _finish(await visit.begin([run]))
    return JSONResponse(write_message(reply_id, name, finished, call.warnings, steps, call.turn.prefill))


async def _finish(replies: Replies) -> tuple[Finished, list[ToolFinished]]:
    steps: list[ToolFinished] = []
    async for _, event in replies:
        match event:
            case Failed(error):
                raise error
            case ToolFinished():
                steps.append(event)
            case Finished():
                return event, steps
            case _:
                pass
    raise ServerError("The reply ended without an end; this is a fault of the server.")


async def _frames(writer: BlockWriter, replies: Replies) -> AsyncIterator[str]:
    name, data = writer.open()
    yield frame(data, name)
    async for _, event in replies:
        if isinstance(event, Failed):
            yield frame(written(event.error), "error")
            return
        for name, data in writer.write(event):
            yield frame(data, name)
