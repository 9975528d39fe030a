"""Start here: read the settings, put the parts together, open the page, serve until told to stop."""

from __future__ import annotations

import atexit
import gc
import importlib.util
import json
import os
import secrets
import shutil
import signal
import socket
import sys
import tempfile
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

# Before anything imports Gradio or torch: nobody is told that the app was started, and ZeroGPU, where it is there,
# has to be imported before torch looks for a GPU.
os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
if "GRADIO_TEMP_DIR" not in os.environ:
    # A folder of our own, gone with the process: several servers would clear each other's uploads out of Gradio's.
    os.environ["GRADIO_TEMP_DIR"] = tempfile.mkdtemp(prefix="gemma-playground-")
    atexit.register(shutil.rmtree, os.environ["GRADIO_TEMP_DIR"], ignore_errors=True)
if importlib.util.find_spec("spaces"):
    # It would delete loaded weights from the hub's cache, where the catalogue looks for them.
    os.environ.setdefault("ZEROGPU_MMAP_AUTOPRUNE_PATTERN", "/nothing")
    # Its stand-in for the GPU exists in this thread only, so weights are not to be loaded in others.
    os.environ.setdefault("HF_DEACTIVATE_ASYNC_LOAD", "1")
    import spaces  # noqa: F401

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

from playground.api.mcp_routes import add_mcp
from playground.api.metrics import Metrics
from playground.api.server import add_api
from playground.api.service import Service
from playground.backends.catalogue import Catalogue
from playground.backends.local import LocalBackend
from playground.backends.remote_config import ModelConfig, from_file, from_flags
from playground.backends.remote_models import RemoteModels
from playground.backends.zero_gpu import ZeroGpuBackend, lender
from playground.chat.evals.store import EvalStore
from playground.chat.metered import Meter, Note
from playground.chat.recording import read_recording, replay, verdict
from playground.command_line import read_settings
from playground.engine import cache
from playground.errors import CallerError, Cancelled, PlaygroundError
from playground.events import Failed, Finished
from playground.images import read_kept_image
from playground.settings import Settings
from playground.ui.examples import PICTURES
from playground.ui.languages import translate
from playground.ui.page import build_page
from playground.ui.services import Services
from playground.ui.terminal import ProgressLine
from playground.ui.theme import head, theme
from playground.usage_log import UsageLog
from tools.built_in import built_in_tools
from tools.mcp_config import McpConfig, http_servers, read_mcp_file
from tools.mcp_servers import McpServers
from tools.python_file import read_tool_file
from tools.tool import Tool, ToolError

if TYPE_CHECKING:
    import gradio as gr

    from playground.backends.loaded_models import ClosableBackend
    from playground.engine.weights import LoadedModel

LOOPBACK = {"127.0.0.1", "localhost", "::1"}
ICON = Path(__file__).parent / "playground" / "ui" / "assets" / "icon.svg"
"""Of the tab, and of the app where somebody installs the page as one."""
MOST_REPLIES = 64
"""Replies being written at once; each holds a thread. The engine's own queue is shorter, and says so."""
KEEP_ALIVE_S = 75
"""How long an idle connection stays open. The official clients keep theirs for 5 seconds, as uvicorn does by itself,
and come again after 5 when the server was full: a request is then sent into a connection that is being closed."""
MOST_WAITING = 1000
"""Events that wait for one of those threads."""
CLOSING_S = 1
"""For requests that are being answered, when the server ends."""


def main(arguments: list[str] | None = None) -> int:
    """Serve until SIGINT or SIGTERM, or replay a file. Gives the exit code.

    0 after a stop or an identical replay, 1 when it could not start or the replay differs.
    """
    settings = with_key(read_settings(arguments))
    if settings.cache_folder:
        os.environ[cache.VARIABLE] = settings.cache_folder
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    try:
        metrics = Metrics()
        services = build_services(settings, metrics.note)
        if settings.replay is not None:
            return replay_file(Path(settings.replay), services.catalogue, stopped)
        page = build_page(services, manage_models=is_private(settings))
        if lender():
            prepare_all_models(services, stopped)
        app, addresses = open_page(page, services)
        add_health(app, services)
        service = build_service(services, metrics)
        add_api(app, service)
        add_mcp(app, without_asking(services), partial(let_in, service), only_here=is_private(settings))
        services.mcp.start()
        prepare_model(services, stopped)
    except Cancelled:
        return 0
    except (PlaygroundError, OSError) as error:
        print(f"Gemma Playground cannot start: {error}", file=sys.stderr)
        return 1
    print(f"Gemma Playground answers at {' and '.join(addresses)}", flush=True)
    stopped.wait()
    services.replies.stop_all()
    services.jobs.cancel_all()
    services.evals.close()
    close_page(page)
    services.mcp.close()
    services.catalogue.close()
    services.usage.close()
    return 0


def build_services(settings: Settings, *notes: Note) -> Services:
    """Models, tools and tabs as the settings want them. Loads nothing. `notes` are told of every reply.

    Raises: OSError when the usage record cannot be opened, CallerError when the file of evals or of tools cannot.
    """

    lend = lender()

    def make_backend(model: LoadedModel, name: str) -> ClosableBackend:
        local = LocalBackend(
            model,
            name,
            max_active=settings.max_active,
            max_queue=settings.max_queue,
            cache_bytes=settings.cache_mb * 2**20,
            disk_bytes=settings.cache_disk_mb * 2**20,
            speculate=settings.speculate,
            threads=settings.threads,
            read_ahead=lend is None,  # a borrowed GPU is given back with the reply
        )
        return ZeroGpuBackend(local, lend) if lend else local

    catalogue = Catalogue(
        make_backend,
        models=settings.model,
        device=settings.device,
        dtype=settings.dtype,
        remote=RemoteModels(remote_models(settings)),
        quantize=settings.quantize,
        adapters=[Path(os.path.expanduser(folder)) for folder in settings.adapter],
    )
    tools = server_tools(settings)
    usage = UsageLog(Path(settings.usage_db) if settings.usage_db else None)
    meter = Meter((usage.add, *notes))
    evals = EvalStore(Path(settings.evals_db) if settings.evals_db else None)
    mcp = McpServers(mcp_servers(settings))
    return Services(settings, catalogue, tools, usage=usage, meter=meter, mcp=mcp, eval_store=evals)


def build_service(services: Services, metrics: Metrics) -> Service:
    """What the HTTP API needs of the same things."""
    catalogue = services.catalogue
    return Service(
        services.settings,
        catalogue.resolve,
        lambda: usable_models(catalogue),
        services.mcp.unattended(without_asking(services)),
        meter=services.meter,
        metrics=metrics,
    )


def remote_models(settings: Settings) -> tuple[ModelConfig, ...]:
    """The models that other servers run, from the flags and the file.

    Raises: CallerError saying what is wrong with either.
    """
    said = {"HTTP-Referer": settings.backend_referer, "X-Title": settings.backend_title}
    headers = {name: value for name, value in said.items() if value}
    models = from_flags(settings.backend_url, settings.backend_key, settings.backend_model, headers)
    return models + (from_file(Path(settings.backends), headers) if settings.backends else ())


def server_tools(settings: Settings) -> dict[str, Tool]:
    """The tools that this server runs, by name: the built-in ones, and those of the operator's files.

    Raises: CallerError when a file cannot be used, or a name is taken.
    """
    built_in = built_in_tools(searxng_url=settings.searxng_url, allow_private=settings.allow_private_urls)
    tools = {tool.spec.name: tool for tool in built_in}
    for name in settings.tools:
        path = Path(os.path.expanduser(name))
        try:
            found = read_tool_file(path)
        except ToolError as error:
            raise CallerError(str(error)) from error
        for tool in found:
            if tool.spec.name in tools:
                raise CallerError(f"{path} has a tool {tool.spec.name!r}, and there is one of that name already.")
            tools[tool.spec.name] = tool
    return tools


def without_asking(services: Services) -> dict[str, Tool]:
    """The tools that may run where no person can be asked first."""
    return {name: tool for name, tool in services.tools.items() if not tool.asks_first}


def mcp_servers(settings: Settings) -> dict[str, McpConfig]:
    """The MCP servers of the flags and the file: the operator's choice, so they may be on this machine.

    Raises: CallerError saying what is wrong with either.
    """
    try:
        named = read_mcp_file(Path(settings.mcp_config)) if settings.mcp_config else {}
        return {**named, **http_servers(settings.mcp_server, taken=named, allow_private=True)}
    except ToolError as error:
        raise CallerError(str(error)) from error


def let_in(service: Service, request: Request) -> Callable[[], None]:
    """Check the key of an MCP request and its limits; gives what is to be called when it is over.

    Raises: NotAuthorised; TooMany.
    """
    return service.access.enter(request.headers).release


def with_key(settings: Settings) -> Settings:
    """The settings, with a key made up for the HTTP API when a public link is wanted and none was given."""
    if not settings.share or settings.api_key or settings.api_keys_file:
        return settings
    key = f"gp-{secrets.token_urlsafe(24)}"
    print(
        f"--share: programs that call the HTTP API must send the key {key} (or give your own: --api-key).",
        file=sys.stderr,
    )
    return settings.model_copy(update={"api_key": (key,)})


def is_private(settings: Settings) -> bool:
    """Whether only this machine's user reaches the page, so that downloads and unloads are theirs to decide."""
    return settings.host in LOOPBACK and not settings.share and "SPACE_ID" not in os.environ


def open_page(page: gr.Blocks, services: Services) -> tuple[FastAPI, list[str]]:
    """Serve the page; gives the web application, for further routes, and the addresses that reach it.

    Through Gradio's `launch`, because ZeroGPU starts from there; without server-side rendering, whose front end would
    keep routes beside the page to itself.

    Raises: OSError when the port cannot be had.
    """
    settings = services.settings
    on_space = "SPACE_ID" in os.environ
    if settings.share and not settings.auth:
        print(
            "--share lets anybody with the link use this machine's models; --auth USER:PASS asks for a password.",
            file=sys.stderr,
        )
    # Without a limit of its own, Gradio lets a single request wait on ZeroGPU.
    page.queue(default_concurrency_limit=MOST_REPLIES, max_size=MOST_WAITING)
    app, local_url, share_url = page.launch(
        server_name="0.0.0.0" if on_space else settings.host,
        server_port=free_port(settings.host, settings.port),
        share=settings.share,
        auth=tuple(settings.auth.split(":", 1)) if settings.auth else None,
        prevent_thread_lock=True,
        ssr_mode=False,
        pwa=True,
        favicon_path=str(ICON),
        quiet=True,
        show_error=True,
        max_threads=MOST_REPLIES,
        max_file_size=f"{settings.max_upload_mb}mb",
        allowed_paths=[str(services.pictures.folder), str(PICTURES)],
        # The browser would keep every input and output a second time, without the pictures' sizes being counted.
        run_history=False,
        footer_links=["api"],
        i18n=translate(page),
        theme=theme(),
        head=head(),
    )
    page.server.config.timeout_keep_alive = KEEP_ALIVE_S  # Gradio has no argument for it
    return app, [address.rstrip("/") for address in (local_url, share_url) if address]


def close_page(page: gr.Blocks) -> None:
    """Stop serving. Gradio waits for 5 seconds when a stream of a tab is open, which looks up every 10 only."""
    closing = threading.Thread(target=partial(page.close, verbose=False), name="closing", daemon=True)
    closing.start()
    closing.join(CLOSING_S)


def free_port(host: str, port: int) -> int:
    """The port itself when it can be had; for 0, one that is free.

    Raises: OSError that says how to choose another.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise OSError(
                f"port {port} of {host} cannot be had ({error.strerror}). Choose another with --port, "
                "or let one be found with --port 0."
            ) from error
        return int(probe.getsockname()[1])


def replay_file(path: Path, catalogue: Catalogue, stopped: threading.Event) -> int:
    """Write the reply recorded in the file again, with the model that wrote it; 0 when it is identical, else 1.

    Raises: PlaygroundError when the file is no recording or its model is not here; OSError when it cannot be read.
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise CallerError(f"{path} is not JSON ({error}). Give a file saved with a reply's recording.") from error
    recording = read_recording(document, read_kept_image)
    try:
        for event in replay(recording, catalogue.resolve(recording.model), stopped):
            match event:
                case Failed(error):
                    raise error
                case Finished():
                    found = verdict(recording, event)
                    print(found.text)
                    return 0 if found.identical else 1
    finally:
        catalogue.close()
    raise AssertionError("a reply ends with one terminal event")


def prepare_model(services: Services, stopped: threading.Event) -> None:
    """Load the model that answers by default. One that was named and is not here is downloaded first.

    Where nothing was named and nothing is here, the page opens all the same: its Models panel says what to do.

    Raises: ModelUnavailable with the cause and the cure; Cancelled when the program was told to stop.
    """
    catalogue = services.catalogue
    choice = catalogue.default()
    name = choice.name
    entry = catalogue.listing(name).entry
    if choice.fallback:
        print(choice.reason, file=sys.stderr)
        if entry.state != "here":
            return
    if entry.remote:  # it was asked just now, and is asked again as long as this process runs
        if entry.note:
            print(f"{name} does not answer yet: {entry.note}", file=sys.stderr)
        return
    line = ProgressLine(name)
    try:
        if catalogue.listing(name).entry.state != "here":
            catalogue.download(name, report=line.downloaded, cancel=stopped)
        catalogue.load(name, report=line.loaded, cancel=stopped)
    finally:
        line.close()


def prepare_all_models(services: Services, stopped: threading.Event) -> None:
    """Load whatever can be asked for, before the page opens and in this thread: later ZeroGPU takes no more weights.

    Raises: what `prepare_model` raises.
    """
    prepare_model(services, stopped)
    for name in usable_models(services.catalogue):
        if services.catalogue.listing(name).entry.remote:
            continue
        services.catalogue.load(name, cancel=stopped)


def usable_models(catalogue: Catalogue) -> list[str]:
    """The models that a request can name without a download, the default first."""
    default = catalogue.name_of(None)
    here = [one.entry.name for one in catalogue.listings() if one.entry.state == "here"]
    return [default, *(name for name in here if name != default)]


def add_health(app: FastAPI, services: Services) -> None:
    """`GET /health`: 200 once the default model answers, 503 before.

    With the bytes that past tokens take, and by what each loaded model computes.
    """

    @app.get("/health")
    def health() -> JSONResponse:
        loaded = [one.entry.name for one in services.catalogue.listings() if one.loaded]
        ready = services.catalogue.name_of(None) in loaded
        status = {
            "status": "ok" if ready else "loading",
            "loaded": loaded,
            "computing": services.catalogue.computing(),
            "cache": services.catalogue.cache_usage(),
        }
        return JSONResponse(status, 200 if ready else 503)


if __name__ == "__main__":
    code = main()
    # Python's last look for garbage goes through every object of torch and the clients: seconds on a busy machine.
    gc.freeze()
    sys.exit(code)
