"""Which MCP servers there are: from a file in the shape that other clients use, or single addresses.

The file: `{"mcpServers": {"files": {"command": "npx", "args": […], "env": {…}}, "docs": {"url": "https://…/mcp"}}}`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, TypeAlias

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, ValidationError

from tools.tool import ToolError
from tools.web_address import parse

CONNECT_S = 20.0
"""How long a server may take to answer at first."""


class McpConfigError(ToolError):
    """The servers cannot be used as they are written down; the text says where and why."""


class HttpServer(BaseModel):
    """A server at an address. `allow_private`: it may be on this machine or its networks."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    url: str
    headers: Mapping[str, str] = Field(default_factory=dict, repr=False)
    timeout_s: float = Field(60.0, gt=0)
    allow_private: bool = True


class StdioServer(BaseModel):
    """A program that is started, and spoken to through its standard input and output."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    command: str = Field(min_length=1)
    args: tuple[str, ...] = ()
    env: Mapping[str, str] = Field(default_factory=dict, repr=False)
    cwd: str | None = None
    timeout_s: float = Field(60.0, gt=0)


def _kind(value: Any) -> str:
    return "http" if isinstance(value, HttpServer) or (isinstance(value, Mapping) and "url" in value) else "stdio"


McpConfig: TypeAlias = HttpServer | StdioServer


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")
    mcpServers: dict[  # noqa: N815 - the name that all clients use
        str,
        Annotated[Annotated[HttpServer, Tag("http")] | Annotated[StdioServer, Tag("stdio")], Discriminator(_kind)],
    ]


def read_mcp_file(path: Path) -> dict[str, McpConfig]:
    """The servers of a file, by name.

    Raises: McpConfigError naming the place at fault.
    """
    try:
        read = _File.model_validate_json(path.read_bytes())
    except OSError as error:
        raise McpConfigError(f"The file of MCP servers {path} cannot be read: {error.strerror}.") from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"])) or "the file"
        raise McpConfigError(f"The file of MCP servers {path}: {place}: {first['msg'].lower()}.") from error
    return {tool_name(name): config for name, config in read.mcpServers.items()}


def http_servers(urls: Iterable[str], *, taken: Iterable[str] = (), allow_private: bool) -> dict[str, McpConfig]:
    """Servers at these addresses, named after their hosts.

    Raises: FetchError when one of them is no web address.
    """
    servers: dict[str, McpConfig] = {}
    for url in urls:
        host = parse(url, any_port=allow_private).host
        name = unique_name(host, {*taken, *servers})
        servers[name] = HttpServer(url=url.strip(), allow_private=allow_private)
    return servers


def unique_name(wanted: str, taken: Iterable[str]) -> str:
    """A short name from a host: its telling label, numbered where it is taken."""
    labels = [label for label in wanted.split(".") if label not in {"www", "mcp", "api"}]
    base = tool_name(wanted if wanted.replace(".", "").isdigit() or ":" in wanted else labels[0] if labels else wanted)
    return next(name for number in range(1, 1000) if (name := base if number == 1 else f"{base}_{number}") not in taken)


def tool_name(wanted: str) -> str:
    """The text as a name that every API and dialect can write."""
    name = re.sub(r"[^A-Za-z0-9_-]+", "_", wanted).strip("_") or "server"
    return name if re.match(r"[A-Za-z_]", name) else f"s{name}"
