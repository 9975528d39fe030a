"""What the page and Gradio's API work with, put together once in `app.py`."""

from __future__ import annotations

import hashlib
import json
import mimetypes
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playground.backends.backend import Backend
from playground.backends.catalogue import Catalogue, Listing
from playground.chat.attachments import is_readable, read_attachment
from playground.chat.evals.runner import EvalRunner
from playground.chat.evals.store import EvalStore
from playground.chat.image_urls import read_image_url
from playground.chat.metered import Meter
from playground.errors import CallerError, UnsupportedInput
from playground.images import read_image
from playground.messages import Image, Message, user
from playground.settings import Settings
from playground.ui.model_jobs import ModelJobs
from playground.ui.pictures import PictureFiles
from playground.ui.running_reply import RunningReplies
from playground.ui.visits import Visit, Visits
from playground.usage_log import UsageLog
from tools.arguments import check_arguments
from tools.mcp_servers import McpServers
from tools.tool import Tool, ToolError

BLIND = "cannot_see"
"""The code of the error for a picture that the model cannot see."""


@dataclass
class Services:
    """Settings, models, built-in tools by name, the open tabs, and the replies being written."""

    settings: Settings
    catalogue: Catalogue
    tools: Mapping[str, Tool]
    pictures: PictureFiles = field(default_factory=PictureFiles)
    visits: Visits = field(default_factory=Visits)
    usage: UsageLog = field(default_factory=UsageLog)
    meter: Meter = field(default_factory=Meter)
    replies: RunningReplies = field(default_factory=RunningReplies)
    mcp: McpServers = field(default_factory=McpServers)
    eval_store: EvalStore = field(default_factory=EvalStore)

    def __post_init__(self) -> None:
        self.jobs = ModelJobs(self.catalogue)
        self.evals = EvalRunner(self.eval_store, self.backend, self.tools, self.meter)

    def backend(self, name: str | None) -> Backend:
        """The model of this name, or the default one; it loads at its first request.

        Raises: ModelUnavailable with what to do.
        """
        return self.catalogue.resolve(name)

    def built_in(self, names: Iterable[str]) -> dict[str, Tool]:
        """Built-in tools by name.

        Raises: CallerError for a name that is none of theirs.
        """
        chosen = {}
        for name in names:
            if name not in self.tools:
                raise CallerError(
                    f"There is no built-in tool {name!r}. There are: {', '.join(self.tools)}.", param="tools"
                )
            chosen[name] = self.tools[name]
        return chosen

    def toolbox(self, visit: Visit, names: Sequence[str]) -> dict[str, Tool]:
        """The tools that are on in this tab, by name: built-in ones, MCP servers', and those the visitor wrote."""
        offered = self.mcp_tools(visit)
        theirs = {name: offered[name] for name in names if name in offered}
        private = self.settings.allow_private_urls
        mine = {name: visit.tools[name].tool(allow_private=private) for name in names if name in visit.tools}
        return {**theirs, **mine, **self.built_in(name for name in names if name in self.tools)}

    def mcp_tools(self, visit: Visit) -> dict[str, Tool]:
        """The tools of all MCP servers: those of the settings, and the visitor's own."""
        own = {name: tool for server in visit.servers.values() for name, tool in server.tools.items()}
        return {**own, **self.mcp.tools}

    def read_arguments(self, visit: Visit, name: str, text: str) -> dict[str, Any]:
        """Arguments for a tool, as a person typed them.

        Raises: CallerError saying what is wrong with them.
        """
        try:
            given = json.loads(text)
        except json.JSONDecodeError as error:
            place = f"line {error.lineno}, column {error.colno}"
            raise CallerError(f"The arguments are not JSON: {error.msg} in {place}.") from error
        try:
            return dict(check_arguments(self.toolbox(visit, [name])[name].spec, given))
        except (KeyError, ToolError) as error:
            raise CallerError(f"These arguments cannot be used: {error}") from error

    def tool_choices(self, visit: Visit) -> list[tuple[str, str]]:
        """Label and name of every tool that can be switched on in this tab."""
        return [(name.replace("_", " "), name) for name in [*self.tools, *visit.tools, *self.mcp_tools(visit)]]

    def recommended_options(self) -> dict[str, Any]:
        """What the default model's own generation config says of sampling. Empty where its files are not here yet."""
        said = self.catalogue.listing(self.catalogue.name_of(None)).entry.recommended
        return {name: said[name] for name in ("temperature", "top_k", "top_p") if name in said}

    def usable_models(self) -> tuple[list[str], str | None]:
        """Names of the models that can be asked without a download, and the default one's."""
        listed = self.describe_models()
        here = [one["name"] for one in listed if one["state"] in {"here", "loaded"}]
        return here, next((one["name"] for one in listed if one["default"]), None)

    def describe_models(self) -> list[dict[str, Any]]:
        """The models as the API lists them."""
        return [self.describe_model(one) for one in self.catalogue.listings()]

    def describe_model(self, listing: Listing) -> dict[str, Any]:
        """One model as the API lists it."""
        entry = listing.entry
        return {
            "name": entry.name,
            "default": entry.name == self.catalogue.name_of(None),
            "state": "loaded" if listing.loaded else entry.state,
            "hub_id": entry.hub_id,
            "about": entry.about,
            "images": entry.images,
            "context_tokens": entry.context_tokens,
            "licence": entry.licence,
            "gated": entry.gated,
            "needs_token": listing.needs_token,
            "bytes": entry.bytes_total,
            "bytes_here": entry.bytes_here,
            "memory_bytes": entry.need.total if entry.need else None,
            "fits": listing.fits,
            "memory": listing.figures,
            "note": entry.note,
        }

    def read_composer(self, composer: Mapping[str, Any], known: Sequence[Image]) -> Message:
        """The composer's text and files as a question. A picture that is `known` already stays the same bytes.

        Raises: CallerError for an empty message; UnsupportedInput naming the file that cannot be taken.
        """
        text = composer.get("text") or ""
        files = [Path(path) for path in composer.get("files") or ()]
        if not text.strip() and not files:
            raise CallerError("The message is empty. Type something, or add a picture.")
        by_digest = {image.digest: image for image in known}
        images, texts = [], []
        for file in files:
            data = file.read_bytes()
            if is_readable(data) and not _is_called_a_picture(file):
                texts.append(read_attachment(data, file.name).text)
            else:
                images.append(by_digest.get(hashlib.sha256(data).hexdigest()) or read_image(data, file.name))
        return user(*images, "\n".join([*texts, text]))

    def check(self, question: Message, model: str | None) -> None:
        """Refuse at once what the model cannot take, while the composer still holds it.

        Raises: UnsupportedInput; ModelUnavailable.
        """
        able = self.backend(model).capabilities
        if question.images and not able.images:
            raise UnsupportedInput(
                f"{able.name} reads text only. Choose a model that sees pictures, or take the picture out.",
                code=BLIND,
            )

    def read_image_url(self, url: str) -> Image:
        """A picture of a message in the API's history.

        Raises: CallerError saying what is wrong with the URL or the picture.
        """
        settings = self.settings
        return read_image_url(url, max_mb=settings.max_upload_mb, allow_private=settings.allow_private_urls)


def _is_called_a_picture(file: Path) -> bool:
    """Whether the name promises a picture: bytes that are none are then refused, not read as text."""
    return (mimetypes.guess_type(file.name)[0] or "").startswith("image/") and file.suffix.lower() != ".svg"
