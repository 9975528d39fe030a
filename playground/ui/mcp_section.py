"""MCP servers in the side panel: those of the settings with their state, and those that the visitor adds by address."""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import Any

import gradio as gr

from playground.errors import CallerError
from playground.ui.controls import Controls
from playground.ui.services import Services
from playground.ui.visits import Visit
from tools.mcp_config import HttpServer, http_servers
from tools.mcp_servers import McpServer
from tools.web_address import FetchError

MOST_SERVERS = 8
MOST_ON = 8
"""A server with more tools has none of them switched on by itself: their declarations would fill the context."""
VISITORS_TIMEOUT_S = 30.0
QUIET: dict[str, Any] = {"api_visibility": "private", "show_progress": "minimal"}
Updates = dict[Any, Any]


@dataclass
class McpSection:
    """The section's components and what its buttons do."""

    services: Services
    controls: Controls
    listed: gr.HTML
    verdict: gr.HTML
    address: gr.Textbox
    key: gr.Textbox

    @property
    def outputs(self) -> list[Any]:
        """What any of its actions may change."""
        return [self.listed, self.verdict, self.address, self.key, self.controls.tools]

    def add(self, address: str, key: str, on: list[str], request: gr.Request) -> Updates:
        """Connect to a server, and switch its tools on if they are few."""
        visit = self._visit(request)
        try:
            server = self._server(visit, address, key)
        except (CallerError, FetchError) as error:
            return {self.verdict: _wrong(str(error))}
        server.refresh()
        if not server.tools:
            server.close()
            return {self.verdict: _wrong(" ".join(server.problems) or "The server offers no tools.")}
        visit.servers[server.name] = server
        few = list(server.tools) if len(server.tools) <= MOST_ON else []
        words = f"{len(server.tools)} tools of {server.name} can be used." + (
            "" if few else " Switch on those that you want, under Tools."
        )
        return {
            **self._shown(visit, [*on, *(name for name in few if name not in on)]),
            self.verdict: f'<p class="verdict right">{html.escape(words)}</p>',
            self.address: "",
            self.key: "",
        }

    def remove(self, address: str, on: list[str], request: gr.Request) -> Updates:
        """Leave the server of this address or name."""
        visit = self._visit(request)
        wanted = address.strip()
        found = next((one for one in visit.servers.values() if wanted in {one.name, _url(one)}), None)
        if found is None:
            return {self.verdict: _wrong("Type the name or the address of a server that you added.")}
        del visit.servers[found.name]
        found.close()
        return {
            **self._shown(visit, [name for name in on if name not in found.tools]),
            self.verdict: f"<p>{html.escape(found.name)} is gone.</p>",
            self.address: "",
        }

    def refresh(self, on: list[str], request: gr.Request) -> Updates:
        """Ask every server again what it offers."""
        visit = self._visit(request)
        for server in self._servers(visit):
            server.refresh()
        return {**self._shown(visit, on), self.verdict: ""}

    def shown(self, request: gr.Request) -> str:
        """The list as it is now, for a page that was opened."""
        return self._list(self._visit(request))

    def _server(self, visit: Visit, address: str, key: str) -> McpServer:
        """Raises: CallerError, FetchError."""
        if len(visit.servers) >= MOST_SERVERS:
            raise CallerError(f"There are {MOST_SERVERS} servers already. Remove one first.")
        if any(_url(one) == address.strip() for one in visit.servers.values()):
            raise CallerError("That server is there already.")
        taken = [*self.services.mcp.servers, *visit.servers]
        private = self.services.settings.allow_private_urls
        ((name, config),) = http_servers([address], taken=taken, allow_private=private).items()
        headers = {"Authorization": f"Bearer {key.strip()}"} if key.strip() else {}
        config = config.model_copy(update={"headers": headers, "timeout_s": VISITORS_TIMEOUT_S})
        return McpServer(name, config, self.services.mcp.loop)

    def _servers(self, visit: Visit) -> list[McpServer]:
        return [*self.services.mcp.servers.values(), *visit.servers.values()]

    def _shown(self, visit: Visit, on: list[str]) -> Updates:
        choices = self.services.tool_choices(visit)
        kept = [name for _, name in choices if name in on]
        return {self.listed: self._list(visit), self.controls.tools: gr.update(choices=choices, value=kept)}

    def _list(self, visit: Visit) -> str:
        rows = "".join(_row(server) for server in self._servers(visit))
        return f'<ul class="models">{rows}</ul>' if rows else '<p class="model-note">None yet.</p>'

    def _visit(self, request: gr.Request) -> Visit:
        return self.services.visits.of(request.session_hash or "")


def _row(server: McpServer) -> str:
    asking = sum(tool.asks_first for tool in server.tools.values())
    count = f"{len(server.tools)} tools" + (f", {asking} of which ask first" if asking else "")
    state = (count if server.tools else "not working") if server.is_listed else "connecting"
    problems = html.escape(" ".join(server.problems))
    return (
        f'<li class="model"><div class="model-head"><b>{html.escape(server.name)}</b><i>{state}</i></div>'
        f"<p>{html.escape(server.place)}</p>"
        + (f'<p class="model-problem">{problems}</p>' if problems else "")
        + "</li>"
    )


def _url(server: McpServer) -> str:
    return server.config.url if isinstance(server.config, HttpServer) else ""


def _wrong(words: str) -> str:
    return f'<p class="verdict wrong">{html.escape(words)}</p>'


def build_mcp_section(page: gr.Blocks, services: Services, controls: Controls) -> McpSection:
    """The section in the layout that is open now, wired up."""
    with gr.Accordion("MCP servers", open=False, elem_classes=["section"], elem_id="mcp"):
        listed = gr.HTML(elem_id="mcp-list")
        address = gr.Textbox(
            label="Address",
            info="Its tools join yours. Those that may change something ask first.",
            placeholder="https://…/mcp",
            elem_id="mcp-address",
        )
        key = gr.Textbox(label="Key, if it wants one", type="password", elem_id="mcp-key")
        with gr.Row():
            add = gr.Button("Add", variant="primary", size="sm", min_width=60, elem_id="mcp-add")
            remove = gr.Button("Remove", size="sm", min_width=60, elem_id="mcp-remove")
            again = gr.Button("Ask again", size="sm", min_width=60, elem_id="mcp-refresh")
        verdict = gr.HTML(elem_id="mcp-verdict")
    section = McpSection(services, controls, listed, verdict, address, key)
    gr.on([add.click, address.submit], section.add, [address, key, controls.tools], section.outputs, **QUIET)
    remove.click(section.remove, [address, controls.tools], section.outputs, **QUIET)
    again.click(section.refresh, controls.tools, section.outputs, **QUIET)
    page.load(section.shown, None, listed, queue=False, api_visibility="private", show_progress="hidden")
    return section
