"""The HTTP API beside the page, and what it can do."""

from __future__ import annotations

import asyncio
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse

from playground.api import anthropic_routes, completions_routes, openai_routes, replay_routes, responses_routes
from playground.api.cors import add_origins
from playground.api.docs_page import docs_page, own_openapi
from playground.api.door import Door, Visit
from playground.api.failures import NotFound
from playground.api.metrics import CONTENT_TYPE
from playground.api.openai_routes import written
from playground.api.service import Service
from playground.chat.recording import FORMAT, VERSION
from playground.options import Options, option_range
from playground.wire import anthropic, completions, openai, responses


def add_api(app: FastAPI, service: Service) -> None:
    """Add every route under `/v1`, `/metrics`, and `/docs`.

    Raises: CallerError when the key file or the file of stored responses cannot be used.
    """
    kinds = (openai_routes, responses_routes, completions_routes, anthropic_routes, replay_routes)
    routers = [kind.routes(service) for kind in kinds]
    door = Door(service, "openai", written)
    assert service.access is not None
    assert service.responses is not None
    for router in routers:
        app.include_router(router)

    @app.get("/v1/capabilities")
    async def capabilities(request: Request, model: str | None = None) -> Response:
        """What a model (the default one unless named) and the API can do, so that none need find out by failing."""

        async def answer(visit: Visit) -> Response:
            return JSONResponse(await asyncio.to_thread(_capabilities, visit.service, model))

        return await door.serve(request, answer)

    @app.get("/metrics")
    async def metrics(request: Request) -> Response:
        """Figures for Prometheus."""

        async def answer(visit: Visit) -> Response:
            return Response(visit.service.metrics.text(), media_type=CONTENT_TYPE)

        return await door.serve(request, answer)

    described = own_openapi(app, routers)

    @app.get("/v1/openapi.json", include_in_schema=False)
    async def openapi() -> JSONResponse:
        """These routes in OpenAPI."""
        return JSONResponse(described)

    @app.get("/docs", include_in_schema=False)
    async def docs() -> HTMLResponse:
        """The same, to read."""
        return HTMLResponse(docs_page(described))

    doors = {True: Door(service, "anthropic", anthropic_routes.written), False: door}

    @app.api_route("/v1/{path:path}", methods=["GET", "POST", "PUT", "PATCH", "DELETE"], include_in_schema=False)
    async def elsewhere(request: Request, path: str) -> Response:
        """What is not here is told in the API's own shape too."""

        async def answer(_: Visit) -> Response:
            raise NotFound(f"There is no {request.method} /v1/{path} here; /docs lists what there is.")

        return await doors[path.startswith("messages")].serve(request, answer, reads=False)

    add_origins(app, service.settings.cors_origin)


def _capabilities(service: Service, model: str | None) -> dict[str, Any]:
    able = service.resolve(model).capabilities
    return {
        "model": able.name,
        "models": list(service.names()),
        "server_tools": list(service.tools),
        "context_tokens": able.context_tokens,
        "images": able.images,
        "thinking": able.thinking,
        "tools": able.tools,
        "recordings": {"format": FORMAT, "version": VERSION, "replay": "/v1/replay"},
        "options": {name: _option(name, value) for name, value in Options().model_dump().items()},
        "refused_fields": {
            "/v1/chat/completions": sorted(openai.UNSUPPORTED),
            "/v1/responses": sorted(responses.UNSUPPORTED),
            "/v1/completions": sorted(completions.UNSUPPORTED),
            "/v1/messages": sorted(anthropic.UNSUPPORTED),
        },
        "fields_without_effect": {
            "/v1/chat/completions": sorted(openai.NO_EFFECT),
            "/v1/responses": sorted(responses.NO_EFFECT),
            "/v1/completions": sorted(completions.NO_EFFECT),
            "/v1/messages": sorted(anthropic.NO_EFFECT),
        },
    }


def _option(name: str, default: Any) -> dict[str, Any]:
    low, high = option_range(name)
    return {
        "default": default,
        "minimum": low,
        "maximum": high,
        "description": Options.model_fields[name].description,
    }
