"""What the routes need of the rest, in one value: models by name, pictures by URL, and the tool loop."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from playground.api.access import Access, Key, hashed
from playground.api.bridge import Run
from playground.api.key_file import read_keys
from playground.api.metrics import Metrics
from playground.api.response_store import ResponseStore
from playground.backends.backend import Backend
from playground.chat.context_window import Overflow
from playground.chat.image_urls import MEGABYTE, read_image_url
from playground.chat.loop import run
from playground.chat.metered import Meter
from playground.errors import CallerError
from playground.events import Event
from playground.messages import Image
from playground.settings import Settings
from playground.turn import Turn
from playground.usage_log import Caller
from tools.tool import Tool


@dataclass(frozen=True)
class Service:
    """`resolve` gives the backend of a name (None: the default), loading it when needed; it raises ModelUnavailable.

    `names` lists what can be asked for now, the default first. `tools` are those that requests may have run here.
    """

    settings: Settings
    resolve: Callable[[str | None], Backend]
    names: Callable[[], Sequence[str]]
    tools: Mapping[str, Tool] = field(default_factory=dict)
    meter: Meter = field(default_factory=Meter)
    metrics: Metrics = field(default_factory=Metrics)

    @cached_property
    def access(self) -> Access:
        """Who may come in. Raises: CallerError when the key file cannot be used."""
        settings = self.settings
        keys = [Key(f"--api-key {number}", hashed(key)) for number, key in enumerate(settings.api_key, start=1)]
        if settings.api_keys_file is not None:
            keys += read_keys(Path(settings.api_keys_file))
        return Access(keys)

    @cached_property
    def responses(self) -> ResponseStore:
        """The stored responses. Raises: CallerError when the file cannot be used."""
        path = self.settings.responses_db
        return ResponseStore(Path(path) if path else None, days=self.settings.responses_days)

    @property
    def max_body_bytes(self) -> int:
        """Largest request body: pictures arrive in base64, a third larger than their files."""
        return self.settings.max_upload_mb * MEGABYTE * 4 // 3 + MEGABYTE

    def reply(
        self,
        turn: Turn,
        backend: Backend,
        caller: Caller,
        server_tools: Sequence[str] = (),
        overflow: Overflow = "refuse",
    ) -> Run:
        """One reply to a client's turn. Calls to the client's own tools end it as pending; `server_tools` are run.

        Raises: CallerError for two tools of one name, and for a server tool that does not exist.
        """
        turn, toolbox = self._equipped(turn, server_tools)

        def start(cancel: threading.Event) -> Iterator[Event]:
            events = run(turn, backend, toolbox, cancel, overflow=overflow)
            return self.meter.watch(events, caller, backend.capabilities.name)

        return start

    def count_tokens(self, turn: Turn, backend: Backend, server_tools: Sequence[str] = ()) -> int:
        """The tokens of a client's turn as a prompt, all its tools declared. Raises: as `reply` does."""
        return backend.count_tokens(self._equipped(turn, server_tools)[0]).total

    def _equipped(self, turn: Turn, server_tools: Sequence[str]) -> tuple[Turn, dict[str, Tool]]:
        """The turn with all its tools, and what runs them."""
        toolbox: dict[str, Tool] = {}
        for spec in turn.tools:
            if spec.name in toolbox:
                raise CallerError(f"tools has two called {spec.name!r}; give each a name of its own.", param="tools")
            toolbox[spec.name] = Tool(spec, run=None, origin="client")
        for name in server_tools:
            if name not in self.tools or name in toolbox:
                raise CallerError(
                    f"server_tools names {name!r}. It can name {', '.join(self.tools) or 'nothing here'}, "
                    "each once and not beside a tool of your own with that name.",
                    param="server_tools",
                )
            toolbox[name] = self.tools[name]
        return replace(turn, tools=tuple(tool.spec for tool in toolbox.values())), toolbox

    def read_image(self, url: str) -> Image:
        """A picture of a message. Raises: CallerError saying what is wrong with the URL or the picture."""
        settings = self.settings
        return read_image_url(url, max_mb=settings.max_upload_mb, allow_private=settings.allow_private_urls)
