"""The models of this machine from a terminal: what is here, what could be had and whether it fits; and downloads.

python -m playground.ui.model_command list
python -m playground.ui.model_command download gemma-4-e2b

A running server's models are loaded and unloaded with `--server`, through its Gradio API:

python -m playground.ui.model_command unload gemma-3-4b --server http://127.0.0.1:7860
"""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from collections.abc import Sequence
from typing import Any

from playground.backends.catalogue import Catalogue, Listing
from playground.backends.local import LocalBackend
from playground.engine.memory import gigabytes
from playground.errors import PlaygroundError
from playground.ui.terminal import ProgressLine


def main(arguments: Sequence[str] | None = None, catalogue: Catalogue | None = None) -> int:
    """Run the command; gives the exit code. `catalogue` is that of this machine where none is given."""
    parser = argparse.ArgumentParser(prog="python -m playground.ui.model_command", description=__doc__.split("\n")[0])
    parser.add_argument("act", choices=("list", "download", "load", "unload"))
    parser.add_argument("name", nargs="?", help="a short name or a hub id")
    parser.add_argument("--server", help="address of a running server, for load and unload")
    asked = parser.parse_args(arguments)
    if asked.act != "list" and not asked.name:
        parser.error(f"{asked.act} needs the name of a model")
    if asked.act in {"load", "unload"} and not asked.server:
        parser.error(f"{asked.act} is for a running server: say which with --server http://127.0.0.1:7860")
    try:
        if asked.act in {"load", "unload"}:
            return _told_server(asked.server, f"/{asked.act}_model", asked.name)
        catalogue = catalogue or Catalogue(LocalBackend, quantize="auto")
        if asked.act == "list":
            sys.stdout.writelines(f"{_line(listing)}\n" for listing in catalogue.listings())
            return 0
        return _downloaded(catalogue, asked.name)
    except (PlaygroundError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1


def _line(listing: Listing) -> str:
    entry = listing.entry
    facts = [
        gigabytes(entry.bytes_total) if entry.bytes_total else "",
        "sees pictures" if entry.images else "",
        f"{entry.licence}{', needs a token' if listing.needs_token else ''}",
        listing.figures,
        entry.note,
    ]
    return f"{entry.name:32} {entry.state:8} {' · '.join(fact for fact in facts if fact)}"


def _downloaded(catalogue: Catalogue, name: str) -> int:
    """Ctrl-C ends it; the same command goes on from there."""
    cancel = threading.Event()
    before = signal.signal(signal.SIGINT, lambda *_: cancel.set())
    line = ProgressLine(name)
    try:
        name = catalogue.offer(name).entry.name
        listing = catalogue.download(name, report=line.downloaded, cancel=cancel)
    finally:
        line.close()
        signal.signal(signal.SIGINT, before)
    sys.stdout.write(f"{_line(listing)}\n")
    return 0


def _told_server(address: str, endpoint: str, name: str) -> int:
    from gradio_client import Client
    from gradio_client.exceptions import AppError

    try:
        model: dict[str, Any] = Client(address, verbose=False).predict(name, api_name=endpoint)
    except (AppError, ValueError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(f"{model['name']}: {model['state']}. {model['memory']}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
