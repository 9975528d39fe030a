"""`/v1/replay`: a recorded reply is written again and compared."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict

from playground.api.door import Door, Visit
from playground.api.openai_routes import collect, written
from playground.api.request_schemas import body_of
from playground.api.service import Service
from playground.chat.recording import read_recording, replay, verdict
from playground.errors import CallerError
from playground.events import Event
from playground.images import read_kept_image
from playground.wire.fields import parse_body


class ReplayRequest(BaseModel):
    """The body of `POST /v1/replay`. `changes` are options to use instead of the recorded ones, by name."""

    model_config = ConfigDict(extra="forbid")

    recording: dict[str, Any]
    model: str | None = None
    changes: dict[str, Any] | None = None


def routes(service: Service) -> APIRouter:
    """The endpoint over this service."""
    router = APIRouter(tags=["Recordings"])
    door = Door(service, "replay", written)

    @router.post("/v1/replay", openapi_extra=body_of(ReplayRequest))
    async def replay_recording(request: Request) -> Response:
        """Write a recorded reply again: is it `identical`, which `token` differs first, and what went in differently.

        Recordings come from the page, from `/chat` of Gradio's API, or from `app.py --replay`'s file. No tool runs.
        """
        return await door.serve(request, _replay)

    return router


async def _replay(visit: Visit) -> Response:
    service = visit.service
    asked: ReplayRequest = parse_body(ReplayRequest, visit.body)
    recording = await asyncio.to_thread(read_recording, asked.recording, read_kept_image)
    backend = await asyncio.to_thread(service.resolve, asked.model or recording.model)

    def start(cancel: threading.Event) -> Iterator[Event]:
        events = replay(recording, backend, cancel, asked.changes or {})
        return service.meter.watch(events, visit.caller, backend.capabilities.name)

    [choice] = await collect(await visit.begin([start]), 1)
    if not choice.finished.card.get("turns"):
        raise CallerError("The replay ended before the model wrote anything. Check the recording.", param="recording")
    found = verdict(recording, choice.finished)
    return JSONResponse({"object": "replay", **asdict(found), "card": dict(choice.finished.card)})
