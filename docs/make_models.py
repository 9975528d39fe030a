"""Writes docs/models.md: what each model needs, how close each family is to transformers, and memory while switching.

Run `python -m docs.make_models`; it takes a minute and half a gigabyte of disk. What it writes is measured or follows
from the models' shapes; nothing is typed.
"""

from __future__ import annotations

import datetime
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path

import psutil
import torch
from transformers import AutoModelForCausalLM

from bench.about import about
from playground.backends.catalogue import Catalogue
from playground.backends.hub import Hub
from playground.backends.local import LocalBackend
from playground.engine.devices import DtypeName, QuantizeName
from playground.events import Finished
from playground.messages import user
from playground.options import Options
from playground.turn import Turn
from tests.backends.tiny import save_tiny
from tests.engine.equivalence import LENGTH, TOLERANCE, Case, Pair, cases
from tests.tiny_models import FAMILIES

PAGE = Path(__file__).parent / "models.md"
LARGE = {"hidden_size": 1024, "intermediate_size": 4096, "vocab_size": 65_536, "num_hidden_layers": 8}
"""A shape whose weights stand out from what Python and torch take themselves."""
SWITCHED: tuple[tuple[DtypeName, QuantizeName], ...] = (("float32", "none"), ("bfloat16", "none"), ("auto", "int8"))
STEPS = ("weights", "size", "before", "first loaded", "while switching", "second loaded", "both unloaded")
SAMPLE_S = 0.002
NAMES = {
    "gemma3_text": "Gemma 3 text (270M, 1B)",
    "gemma3": "Gemma 3 with pictures (4B, 12B, 27B)",
    "gemma4_text": "Gemma 4 text",
    "gemma4": "Gemma 4 with pictures (E2B, E4B)",
}


def page() -> str:
    """The page, measured now."""
    facts = about(torch.get_num_threads(), "", quick=False)
    packages = ", ".join(f"{name} {version(name)}" for name in ("torch", "transformers"))
    machine = f"{facts['cpu']}, {facts['cores']} cores, {facts['memory_gb']} GB,\n{facts['system']}; {packages}"
    date = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d")
    return f"""# Models: how close to transformers, and memory

`python -m docs.make_models` measured this page. {machine}. {date}.
[README.md](../README.md#run-it) says what each published model needs.

## How close each family is to transformers

For each family a tiny random model of transformers' own classes (sliding window 16; Gemma 4 with its embeddings for
each layer and its shared keys and values) is saved by transformers and loaded by our code. The figures are the largest
difference of any logit, behind each chunk, from transformers' forward pass over the whole prompt; the logits' standard
deviation is about 3. In float32 a test demands no more than {TOLERANCE:g}. In bfloat16 it demands no more than the last
column: what rounding to bfloat16 changes in transformers' own logits, where chunks of another size round otherwise.

{_table(("family", "compared", "float32", "bfloat16", "transformers' bfloat16 from its float32"), _differences())}

Greedy decoding of {LENGTH} tokens across the window's edge gives the ids of `generate`: {_greedy()}.

Published weights were not there to be compared, nor was a GPU.

## Memory while switching models

Memory of one process, in megabytes, with two models of {_parameters() / 1e6:,.0f} million random numbers, stored in
bfloat16, each asked for a reply. Counted is what the process has for itself; pages of the weight files, which it maps
while it reads them, are the system's to take back. "While switching" is the most that was seen every
{SAMPLE_S * 1000:g} ms. Libraries were in use before.

{_table(STEPS, _switches())}

Before a load the weights are foreseen and compared with the memory that is free; models that nobody uses make room.
"""


def _table(head: tuple[str, ...], rows: Iterator[tuple[str, ...]]) -> str:
    lines = (head, ("---",) * len(head), *rows)
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _differences() -> Iterator[tuple[str, ...]]:
    for family in FAMILIES:
        with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
            exact, rounded = Pair(family, "float32", Path(one)), Pair(family, "bfloat16", Path(other))
            for case in cases(family):
                yield NAMES[family], _words(case), *_figures(case, exact, rounded)


def _figures(case: Case, exact: Pair, rounded: Pair) -> tuple[str, str, str]:
    return f"{exact.difference(case):.1e}", f"{rounded.difference(case):.2f}", f"{rounded.rounding(case):.2f}"


def _words(case: Case) -> str:
    return f"{case.name}: {len(case.ids)} tokens in {len(case.cuts) + 1}"


def _greedy() -> str:
    found = []
    for family in FAMILIES:
        with tempfile.TemporaryDirectory() as folder:
            ours, theirs = Pair(family, "float32", Path(folder)).greedy()
        same = next((at for at, (a, b) in enumerate(zip(ours, theirs, strict=True)) if a != b), LENGTH)
        found.append(f"{NAMES[family]} {same} of {LENGTH}")
    return ", ".join(found)


def _parameters() -> int:
    layers, hidden, inner = (LARGE[name] for name in ("num_hidden_layers", "hidden_size", "intermediate_size"))
    return LARGE["vocab_size"] * hidden + layers * 3 * hidden * inner


def _switches() -> Iterator[tuple[str, ...]]:
    with tempfile.TemporaryDirectory() as place:
        folders = [Path(place) / name for name in ("small", "one", "two")]
        for folder, shape in zip(folders, ({}, LARGE, LARGE), strict=True):
            save_tiny("gemma3_text", folder, **shape)
            AutoModelForCausalLM.from_pretrained(folder, dtype=torch.bfloat16).save_pretrained(folder)
        for dtype, quantize in SWITCHED:
            yield _switch(folders, dtype, quantize, Path(place))


def _switch(folders: list[Path], dtype: DtypeName, quantize: QuantizeName, place: Path) -> tuple[str, ...]:
    small, one, two = (str(folder) for folder in folders)
    models = Catalogue(
        LocalBackend,
        models=(small, one, two),
        device="cpu",
        dtype=dtype,
        quantize=quantize,
        hub=Hub(cache=place / "hub"),
    )
    for _ in range(2):  # torch and transformers take memory of their own at their first uses
        _use(models, small)
    models.unload(small)
    before = _taken()
    _use(models, one)
    size, first = models._models.seats()[-1].size, _taken()
    with _peak() as most:
        _use(models, two)
    second = _taken()
    models.unload(two)
    after = _taken()
    models.close()
    measured = (size, before, first, most(), second, after)
    return models.precision.name, *(f"{amount / 1e6:,.0f}" for amount in measured)


def _use(models: Catalogue, name: str) -> None:
    """Load a model in place of all others and let it write a few words."""
    models.switch(name)
    turn = Turn((user("Hello"),), options=Options(max_tokens=4, seed=1))
    *_, end = models.resolve(name).reply(turn, threading.Event())
    assert isinstance(end, Finished), end


def _taken() -> int:
    """Bytes that are resident and this process's own."""
    memory = psutil.Process().memory_info()
    return int(memory.rss - memory.shared)


@contextmanager
def _peak() -> Iterator[Callable[[], int]]:
    """A function that gives the most memory that was taken within the block."""
    seen, over = [0], threading.Event()

    def look() -> None:
        while not over.is_set():
            seen[0] = max(seen[0], _taken())
            time.sleep(SAMPLE_S)

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield lambda: seen[0]
    finally:
        over.set()
        thread.join()


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
