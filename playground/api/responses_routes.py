"""OpenAI's `/v1/responses`: ask, stream, fetch, list what was asked, cancel, delete."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import JSONResponse

from playground.api.bridge import Replies, Run
from playground.api.door import Door, EventStream, Visit
from playground.api.failures import NotFound
from playground.api.openai_routes import written
from playground.api.request_schemas import body_of
from playground.api.response_store import Stored
from playground.api.service import Service
from playground.backends.backend import Backend
from playground.chat.context_window import Overflow
from playground.errors import CallerError, PlaygroundError, ServerError
from playground.events import Failed, Finished
from playground.messages import Message
from playground.wire.responses import ResponsesCall, ResponsesRequest, read_responses
from playground.wire.responses_items import listed
from playground.wire.responses_reply import ResponseWriter, write_response_error
from playground.wire.sse import frame

INTERRUPTED = "The server was stopped while it wrote this response. Ask again."


@dataclass
class Job:
    """One response being written. `done` is set when it is over and stored."""

    visit: Visit
    call: ResponsesCall
    writer: ResponseWriter
    replies: Replies | None = None
    done: asyncio.Event = field(default_factory=asyncio.Event)

    async def frames(self) -> AsyncIterator[dict[str, Any]]:
        """What happens, to the end; keeps the response when it got there."""
        assert self.replies is not None
        async for _, event in self.replies:
            for data in self.writer.write(event):
                yield data
            if isinstance(event, Finished | Failed):
                await self.keep(event.messages)
                return

    async def keep(self, said: tuple[Message, ...] = ()) -> None:
        """Store the response as it is now, if it is to be stored."""
        if self.call.store:
            stored = Stored(self.writer.response, self.call.input, (*self.call.new, *said), self.call.previous)
            await asyncio.to_thread(self.visit.service.responses.put, self.visit.lease.owner, stored)


Running: TypeAlias = dict[tuple[str, str], Job]
"""The jobs by their key's owner and the response's id."""


def routes(service: Service) -> APIRouter:
    """The endpoints over this service."""
    router = APIRouter(tags=["OpenAI"])
    door = Door(service, "openai", written)
    running: Running = {}
    tasks: set[asyncio.Task[None]] = set()

    @router.post("/v1/responses", openapi_extra=body_of(ResponsesRequest))
    async def create(request: Request) -> Response:
        """Answer items; see `wire/responses.py` for what is read."""
        return await door.serve(request, lambda visit: _create(visit, running, tasks))

    @router.post("/v1/responses/input_tokens", openapi_extra=body_of(ResponsesRequest))
    async def input_tokens(request: Request) -> Response:
        """The tokens that a request would take as a prompt."""
        return await door.serve(request, _count)

    @router.get("/v1/responses/{response_id}")
    async def retrieve(request: Request, response_id: str, stream: bool = False) -> Response:
        """A stored response, or one that is being written in the background."""
        others = [name for name in request.query_params if name != "stream"]
        return await door.serve(request, lambda visit: _retrieve(visit, response_id, running, others, stream=stream))

    @router.delete("/v1/responses/{response_id}")
    async def delete(request: Request, response_id: str) -> Response:
        """Forget a stored response."""
        return await door.serve(request, lambda visit: _delete(visit, response_id))

    @router.post("/v1/responses/{response_id}/cancel")
    async def cancel(request: Request, response_id: str) -> Response:
        """End a response that is being written; one that is over stays as it is."""
        return await door.serve(request, lambda visit: _cancel(visit, response_id, running), reads=False)

    @router.get("/v1/responses/{response_id}/input_items")
    async def input_items(
        request: Request,
        response_id: str,
        limit: int = Query(20, ge=1, le=100),
        order: Literal["asc", "desc"] = "desc",
        after: str | None = None,
    ) -> Response:
        """The items that a stored response was asked with."""

        async def answer(visit: Visit) -> Response:
            stored = await _find(visit, response_id)
            return JSONResponse(listed(stored.input, limit=limit, newest_first=order == "desc", after=after))

        return await door.serve(request, answer)

    return router


async def _retrieve(
    visit: Visit, response_id: str, running: Running, others: Sequence[str], *, stream: bool
) -> Response:
    if stream:
        raise CallerError("A stored response cannot be streamed; leave stream out.", param="stream")
    response = dict((await _find(visit, response_id)).response)
    response["warnings"] = [*response["warnings"], *(f"{name} has no effect on a stored response." for name in others)]
    if response["status"] == "in_progress" and (visit.lease.owner, response_id) not in running:
        response |= {"status": "failed", "error": write_response_error(ServerError(INTERRUPTED))}
    return JSONResponse(response)


async def _delete(visit: Visit, response_id: str) -> Response:
    if not await asyncio.to_thread(visit.service.responses.delete, visit.lease.owner, response_id):
        raise _missing(response_id)
    return JSONResponse({"id": response_id, "object": "response", "deleted": True})


async def _cancel(visit: Visit, response_id: str, running: Running) -> Response:
    job = running.get((visit.lease.owner, response_id))
    if job is None:
        return JSONResponse((await _find(visit, response_id)).response)
    if job.replies is not None:
        job.replies.cancel()
    await job.done.wait()
    return JSONResponse(job.writer.response)


async def _understand(visit: Visit) -> tuple[ResponsesCall, Backend]:
    service, owner = visit.service, visit.lease.owner

    def recall(response_id: str) -> tuple[Message, ...]:
        found = service.responses.conversation(owner, response_id)
        if found is None:
            text = (
                f"There is no response {response_id!r} to go on from, or one before it is gone; send the items again."
            )
            raise CallerError(text, code="previous_response_not_found", param="previous_response_id")
        return found

    call = await asyncio.to_thread(read_responses, visit.body, service.read_image, recall)
    return call, await asyncio.to_thread(service.resolve, call.model)


async def _count(visit: Visit) -> Response:
    call, backend = await _understand(visit)
    count = await asyncio.to_thread(visit.service.count_tokens, call.turn, backend, call.server_tools)
    return JSONResponse({"object": "response.input_tokens", "input_tokens": count})


async def _create(visit: Visit, running: Running, tasks: set[asyncio.Task[None]]) -> Response:
    service, owner = visit.service, visit.lease.owner
    call, backend = await _understand(visit)
    overflow: Overflow = "drop_oldest" if call.drop_oldest else "refuse"
    run = service.reply(call.turn, backend, visit.caller, call.server_tools, overflow)
    job = Job(visit, call, _writer(call, backend))
    key = owner, job.writer.id
    if call.background:
        visit.detached = True
        running[key] = job
        return await _in_background(job, run, tasks, lambda: running.pop(key))
    job.replies = await visit.begin([run])
    running[key] = job
    if call.stream:
        return EventStream(visit, _stream(job, lambda: running.pop(key)))
    try:
        return await _whole(job)
    finally:
        _over(job, lambda: running.pop(key))


def _writer(call: ResponsesCall, backend: Backend) -> ResponseWriter:
    return ResponseWriter(
        id=f"resp_{uuid.uuid4().hex}",
        model=backend.capabilities.name,
        echo=call.echo,
        server_tools=frozenset(call.server_tools),
        with_sources=call.with_sources,
        warnings=call.warnings,
    )


async def _whole(job: Job) -> Response:
    async for data in job.frames():
        if data["type"] == "response.failed":
            error = job.writer.error
            assert error is not None
            raise error
    return JSONResponse(job.writer.response)


async def _stream(job: Job, forget: Callable[[], object]) -> AsyncIterator[str]:
    try:
        for data in job.writer.open():
            yield frame(data, data["type"])
        async for data in job.frames():
            yield frame(data, data["type"])
    finally:
        _over(job, forget)


async def _in_background(job: Job, run: Run, tasks: set[asyncio.Task[None]], forget: Callable[[], object]) -> Response:
    """Answer at once; the response is fetched by its id."""
    await job.keep()
    job.replies = Replies([run])

    async def work() -> None:
        try:
            async for _ in job.frames():
                pass
        finally:
            _over(job, forget)
            job.visit.end()

    task = asyncio.create_task(_quietly(work()))
    tasks.add(task)
    task.add_done_callback(tasks.discard)
    return JSONResponse(job.writer.response)


async def _quietly(work: Coroutine[Any, Any, None]) -> None:
    """The work's own errors are in the stored response."""
    with suppress(PlaygroundError):
        await work


def _over(job: Job, forget: Callable[[], object]) -> None:
    with suppress(KeyError):
        forget()
    job.done.set()


async def _find(visit: Visit, response_id: str) -> Stored:
    stored = await asyncio.to_thread(visit.service.responses.get, visit.lease.owner, response_id)
    if stored is None:
        raise _missing(response_id)
    return stored


def _missing(response_id: str) -> NotFound:
    return NotFound(f"There is no response {response_id!r} here: it was not stored, or is gone, or is another key's.")
