"""OpenAI's `/v1/completions`: raw prompts go on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from playground.api.bridge import Replies
from playground.api.door import Door, EventStream, Visit
from playground.api.openai_routes import collect, head_of, seeded, written
from playground.api.request_schemas import body_of
from playground.api.service import Service
from playground.events import Failed, Finished, TextDelta, TokenDetail, Usage
from playground.wire.completions import (
    CompletionCall,
    CompletionRequest,
    read_completions,
    write_choice,
    write_completions,
)
from playground.wire.openai_reply import FINISH, ReplyHead, write_usage
from playground.wire.sse import frame


def routes(service: Service) -> APIRouter:
    """The endpoint over this service."""
    router = APIRouter(tags=["OpenAI"])
    door = Door(service, "openai", written)

    @router.post("/v1/completions", openapi_extra=body_of(CompletionRequest))
    async def completions(request: Request) -> Response:
        """Go on from raw prompts, texts or token ids; see `wire/completions.py` for what is read."""
        return await door.serve(request, _complete)

    return router


async def _complete(visit: Visit) -> Response:
    service = visit.service
    call = read_completions(visit.body)
    backend = await asyncio.to_thread(service.resolve, call.model)
    head = head_of(backend, "cmpl")
    turns = [one for turn in call.turns for one in seeded(turn, call.n)]
    replies = await visit.begin([service.reply(turn, backend, visit.caller) for turn in turns])
    if call.stream:
        return EventStream(visit, _chunks(head, call, replies))
    choices = await collect(replies, len(turns))
    return JSONResponse(write_completions(head, choices, call.echoes, call.warnings))


async def _chunks(head: ReplyHead, call: CompletionCall, replies: Replies) -> AsyncIterator[str]:
    count = len(call.turns) * call.n
    waiting: list[list[TokenDetail]] = [[] for _ in range(count)]
    written_chars = [len(call.echoes[number // call.n]) for number in range(count)]
    ours = {"warnings": list(call.warnings)} if call.warnings else {}
    for number in range(count):
        if (echo := call.echoes[number // call.n]) or ours:
            yield frame(head.wrap("text_completion", choices=[write_choice(number, echo)], **ours))
            ours = {}
    total = Usage()
    async for number, event in replies:
        match event:
            case Failed(error):
                yield frame(written(error))
                return
            case TokenDetail():
                waiting[number].append(event)
            case TextDelta(text):
                choice = write_choice(number, text, None, waiting[number], written_chars[number])
                waiting[number] = []
                written_chars[number] += len(text)
                yield frame(head.wrap("text_completion", choices=[choice]))
            case Finished():
                total += event.usage.of_reply if number % call.n else event.usage
                choice = write_choice(number, "", FINISH[event.reason], waiting[number], written_chars[number])
                yield frame(head.wrap("text_completion", choices=[choice], seed=event.seed))
            case _:
                pass
    if call.include_usage:
        yield frame(head.wrap("text_completion", choices=[], usage=write_usage(total)))
    yield frame("[DONE]")
