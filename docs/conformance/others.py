"""What is left: raw completions, the list of models, `gradio_client` and `mcp`."""

from __future__ import annotations

import asyncio

from gradio_client import Client as GradioClient
from mcp import Client as McpClient

from docs.conformance.probing import Server, probe


@probe("Completions", "a raw prompt goes on")
def _completions(server: Server) -> None:
    assert server.openai.completions.create(model="auto", prompt="Hello", max_tokens=8).usage.completion_tokens


@probe("Models", "list and retrieve")
def _models(server: Server) -> None:
    first = server.openai.models.list().data[0]
    assert server.openai.models.retrieve(first.id).id == first.id


@probe("Gradio", "/chat, /models, /count_tokens, /replay")
def _gradio(server: Server) -> None:
    client = GradioClient(server.url, verbose=False)
    _, reply = client.predict(message="Hello!", seed=7, recording=True, api_name="/chat")
    assert client.predict(recording=reply["recording"], api_name="/replay")[1]["identical"]
    assert client.predict(api_name="/models")
    assert client.predict(message="Hello!", api_name="/count_tokens")["total"]


@probe("MCP", "the built-in tools over streamable HTTP")
def _mcp(server: Server) -> None:
    async def ask() -> str:
        async with McpClient(f"{server.url}/mcp") as client:
            answer = await client.call_tool("calculator", {"expression": "23 * 19"})
            return str(getattr(answer.content[0], "text", ""))

    assert "437" in asyncio.run(ask())
