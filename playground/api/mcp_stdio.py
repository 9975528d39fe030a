"""Our tools over MCP as a command, `python -m playground.api.mcp_stdio`: for programs that start their servers.

It takes the flags of `app.py` that concern tools, and loads no model.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from mcp import stdio_server

from playground.api.mcp_server import mcp_server
from playground.command_line import read_settings
from tools.built_in import built_in_tools


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve until standard input ends."""
    settings = read_settings(arguments)
    built_in = built_in_tools(searxng_url=settings.searxng_url, allow_private=settings.allow_private_urls)
    server = mcp_server({tool.spec.name: tool for tool in built_in})

    async def serve() -> None:
        async with stdio_server() as (read, write):
            await server.run(read, write, server.create_initialization_options())

    asyncio.run(serve())


if __name__ == "__main__":
    main()
