"""What the way to the person costs: milliseconds for a whole reply, bare, over HTTP and through Gradio."""

from __future__ import annotations

import statistics
from collections.abc import Iterator

from bench.app_server import AppServer
from bench.embedded import prompt_ids
from bench.lab import Lab
from bench.peers.ours import NAMES, can_quantise
from bench.remote import Remote
from bench.results import Row
from bench.writing import Job

TITLE = "From the engine to the page"
COUNT = 64
QUESTION = "What is the difference between a river and a lake?"
UNIT = f"ms for {COUNT} tokens"
ENGINE, V1, GRADIO = "bare engine", "app, /v1 as a stream", "app, Gradio's /chat"


def run(lab: Lab) -> Iterator[Row]:
    """The fastest format, as the way weighs most there; all three in turns."""
    from gradio_client import Client

    bits = "int4" if can_quantise() else "bf16"
    spec = lab.spec(bits)
    prompt = prompt_ids(spec.folder, QUESTION)
    values: dict[str, list[float]] = {ENGINE: [], V1: [], GRADIO: []}
    flags = ("--quantize", NAMES[bits]) if can_quantise() else ()
    rates = []
    with Remote("ours", spec) as remote, AppServer(str(spec.folder), *flags) as app:
        client = Client(app.address, verbose=False)
        for number in range(lab.rounds(3) + 1):
            written = remote.write(Job([prompt], COUNT, keep=True))
            found = {
                ENGINE: written.times[0][-1],
                V1: app.v1_s(QUESTION, COUNT, number),
                GRADIO: app.gradio_s(client, QUESTION, COUNT, number),
            }
            rates.append(lab.read_rate())
            if number:
                for name, seconds in found.items():
                    values[name].append(1000 * seconds)
        size = remote.loaded.weight_bytes
    limit = 1000 * COUNT * size / statistics.median(rates) if size else None
    yield from [
        Row("a short question", name, bits, UNIT, found, limit, more_is_better=False) for name, found in values.items()
    ]
