"""The routes of the HTTP API as OpenAPI, and as one page to read. The page needs nothing from other servers."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute

STYLE = """
body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color-scheme:light dark}
h2{font:600 1rem ui-monospace,monospace;margin-top:2.5rem;border-top:1px solid #8884;padding-top:1rem}
h2 b{color:#3b6fe0;margin-right:.6rem}table{border-collapse:collapse;width:100%}
td{border-top:1px solid #8883;padding:.25rem .6rem .25rem 0;vertical-align:top;font-size:.9rem}
code{font-family:ui-monospace,monospace}
"""


def own_openapi(app: FastAPI, routers: Sequence[APIRouter]) -> dict[str, Any]:
    """The description of the routes under `/v1` and of `/metrics`; what the page itself adds is no part of it.

    `routers` are those that the app includes: newer versions of FastAPI no longer list their routes among its own.
    """
    listed = [*(route for router in routers for route in router.routes), *app.routes]
    ours = [route for route in listed if isinstance(route, APIRoute) and _is_ours(route.path)]
    routes = list({(route.path, *sorted(route.methods or ())): route for route in ours}.values())
    return get_openapi(
        title="Gemma Playground",
        version="1",
        description="Keys, where the server asks for them: `Authorization: Bearer KEY` or `x-api-key: KEY`.",
        routes=routes,
    )


def docs_page(described: Mapping[str, Any]) -> str:
    """Every route with the fields of its body, as HTML."""
    sections = [
        section
        for path, methods in described["paths"].items()
        for method, route in methods.items()
        for section in _section(path, method, route)
    ]
    return (
        f"<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'>"
        f"<title>Gemma Playground API</title><style>{STYLE}</style><h1>Gemma Playground API</h1>"
        f"<p>{escape(described['info']['description'])} As OpenAPI: <a href='v1/openapi.json'>v1/openapi.json</a>. "
        f"Ranges and defaults of every option: <a href='v1/capabilities'>v1/capabilities</a>.</p>{''.join(sections)}"
    )


def _is_ours(path: str) -> bool:
    return path.startswith("/v1/") or path == "/metrics"


def _section(path: str, method: str, route: Mapping[str, Any]) -> Iterator[str]:
    yield f"<h2><b>{escape(method.upper())}</b>{escape(path)}</h2><p>{escape(route.get('description', ''))}</p>"
    content = route.get("requestBody", {}).get("content", {})
    properties = content.get("application/json", {}).get("schema", {}).get("properties", {})
    if properties:
        rows = "".join(_row(name, schema) for name, schema in properties.items())
        yield f"<table>{rows}</table>"


def _row(name: str, schema: Mapping[str, Any]) -> str:
    default = f"<code>{escape(json.dumps(schema['default']))}</code>" if schema.get("default") is not None else ""
    return f"<tr><td><code>{escape(name)}</code><td>{escape(_kind(schema))}<td>{default}</tr>"


def _kind(schema: Mapping[str, Any]) -> str:
    if "anyOf" in schema:
        return " or ".join(_kind(one) for one in schema["anyOf"] if one.get("type") != "null")
    if "enum" in schema:
        return " | ".join(map(str, schema["enum"]))
    if schema.get("type") == "array":
        return f"list of {_kind(schema.get('items', {}))}"
    return str(schema.get("type", "any"))
