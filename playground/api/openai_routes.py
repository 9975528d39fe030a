"""OpenAI's endpoints for chats and models: `/v1/chat/completions` and `/v1/models`."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from playground.api.bridge import Replies, Run
from playground.api.door import Door, EventStream, Visit
from playground.api.failures import failure_of
from playground.api.request_schemas import body_of
from playground.api.service import Service
from playground.backends.backend import Backend
from playground.errors import ModelUnavailable, PlaygroundError
from playground.events import Failed, Finished, TokenDetail, ToolFinished, Usage
from playground.options import MAX_SEED
from playground.turn import Turn
from playground.wire.openai import ChatCall, ChatRequest, read_chat
from playground.wire.openai_reply import (
    Choice,
    ChunkWriter,
    ReplyHead,
    usage_chunk,
    write_completion,
    write_error,
)
from playground.wire.sse import frame


def routes(service: Service) -> APIRouter:
    """The endpoints over this service."""
    router = APIRouter(tags=["OpenAI"])
    door = Door(service, "openai", written)

    @router.post("/v1/chat/completions", openapi_extra=body_of(ChatRequest))
    async def chat_completions(request: Request) -> Response:
        """Answer a conversation; see `wire/openai.py` for what is read."""
        return await door.serve(request, _chat)

    @router.get("/v1/models")
    async def models(request: Request) -> Response:
        """The models that can be named in a request, the default first."""
        return await door.serve(request, _models)

    @router.get("/v1/models/{name:path}")
    async def model(request: Request, name: str) -> Response:
        """One of them."""

        async def one(visit: Visit) -> Response:
            names = await asyncio.to_thread(visit.service.names)
            if name not in names:
                raise ModelUnavailable(f"There is no model {name!r} here. There are: {', '.join(names)}.")
            return JSONResponse(_model(name))

        return await door.serve(request, one)

    return router


def written(error: PlaygroundError) -> dict[str, Any]:
    """An error in OpenAI's shape."""
    return write_error(error, failure_of(error).openai)


def head_of(backend: Backend, prefix: str) -> ReplyHead:
    """What every piece of a new reply of this backend repeats."""
    able = backend.capabilities
    revision = str((able.details or {}).get("revision", able.name))
    return ReplyHead(f"{prefix}-{uuid.uuid4().hex}", able.name, int(time.time()), f"fp_{revision[:12]}")


def seeded(turn: Turn, count: int) -> list[Turn]:
    """The turn several times. The first has the seed asked for, the others those after it, so that they differ."""
    options = turn.options.with_seed()
    assert options.seed is not None
    seeds = [(options.seed + number) % (MAX_SEED + 1) for number in range(count)]
    return [replace(turn, options=options.model_copy(update={"seed": seed})) for seed in seeds]


async def collect(replies: Replies, count: int) -> list[Choice]:
    """All replies to their end.

    Raises: the error of the first that failed.
    """
    finished: dict[int, Finished] = {}
    tokens: list[list[TokenDetail]] = [[] for _ in range(count)]
    steps: list[list[ToolFinished]] = [[] for _ in range(count)]
    async for number, event in replies:
        match event:
            case Failed(error):
                raise error
            case Finished():
                finished[number] = event
            case TokenDetail():
                tokens[number].append(event)
            case ToolFinished():
                steps[number].append(event)
            case _:
                pass
    return [Choice(finished[number], tuple(tokens[number]), tuple(steps[number])) for number in range(count)]


async def _models(visit: Visit) -> Response:
    names = await asyncio.to_thread(visit.service.names)
    return JSONResponse({"object": "list", "data": [_model(name) for name in names]})


def _model(name: str) -> dict[str, Any]:
    return {"id": name, "object": "model", "created": 0, "owned_by": "gemma-playground"}


async def _chat(visit: Visit) -> Response:
    service = visit.service
    call = await asyncio.to_thread(read_chat, visit.body, service.read_image)
    backend = await asyncio.to_thread(service.resolve, call.model)
    head = head_of(backend, "chatcmpl")
    runs: list[Run] = [
        service.reply(turn, backend, visit.caller, call.server_tools) for turn in seeded(call.turn, call.n)
    ]
    replies = await visit.begin(runs)
    if call.stream:
        return EventStream(visit, _chunks(head, call, replies))
    choices = await collect(replies, call.n)
    return JSONResponse(
        write_completion(head, choices, call.warnings, prefill=call.turn.prefill, shows_thoughts=call.shows_thoughts)
    )


async def _chunks(head: ReplyHead, call: ChatCall, replies: Replies) -> AsyncIterator[str]:
    writers = [
        ChunkWriter(
            head,
            index,
            call.turn.options.logprobs,
            frozenset(call.server_tools),
            call.shows_thoughts,
            call.include_usage,
        )
        for index in range(call.n)
    ]
    for writer in writers:
        yield frame(writer.open() | ({"warnings": list(call.warnings)} if call.warnings else {}))
    total = Usage()
    async for number, event in replies:
        if isinstance(event, Failed):
            yield frame(written(event.error))
            return
        if isinstance(event, Finished):
            total += event.usage if number == 0 else event.usage.of_reply
        for chunk in writers[number].write(event):
            yield frame(chunk)
    if call.include_usage:
        yield frame(usage_chunk(head, total))
    yield frame("[DONE]")
