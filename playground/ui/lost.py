"""What somebody sees who opens an address of the page that does not exist."""

from __future__ import annotations

from html import escape

from fastapi import FastAPI, Request, Response
from fastapi.exception_handlers import http_exception_handler
from fastapi.responses import HTMLResponse
from starlette.exceptions import HTTPException

from playground.ui.theme import IRIS, PAPER

PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Not found - Gemma Playground</title>
<style>
body {{ margin: 0; min-height: 100dvh; display: grid; place-content: center; text-align: center;
  padding: 0 1.5rem; font: 1rem/1.5 ui-sans-serif, system-ui, sans-serif;
  background: light-dark({paper.c50}, {paper.c900}); color: light-dark({paper.c900}, {paper.c100}) }}
main {{ display: grid; gap: 0.75rem }}
h1 {{ margin: 0; font-size: 1.5rem }}
p {{ margin: 0; overflow-wrap: anywhere }}
a {{ color: light-dark({iris.c600}, {iris.c300}) }}
</style>
<main>
<h1>There is nothing here</h1>
<p>No page of this playground has the address <code>{path}</code>.</p>
<p><a href="{home}">Go to the chat</a></p>
</main>
</html>
"""


def add_lost(app: FastAPI) -> None:
    """Answer browsers that open an unknown address with a page, still with status 404; programs get JSON as before."""

    @app.exception_handler(404)
    async def lost(request: Request, error: HTTPException) -> Response:
        if request.method != "GET" or "text/html" not in request.headers.get("accept", ""):
            return await http_exception_handler(request, error)
        home = escape(f"{request.scope.get('root_path', '')}/")
        text = PAGE.format(paper=PAPER, iris=IRIS, path=escape(request.url.path), home=home)
        return HTMLResponse(text, error.status_code)
