"""Decoding on a GPU: our engine beside transformers' `generate`, eager and compiled: `python -m bench.gpu`.

Random weights in the true shape of a Gemma 3, greedy; `generate` always in bfloat16. Prints a line for each number of
streams and each way: tokens per second of all streams, as a ratio to `generate`, and as a share of what reading all its
weights once a step would allow. Also says what computed, and how many of our greedy ids are those of `generate`.
"""

from __future__ import annotations

import argparse
import random
import statistics
import threading
import time
from collections.abc import Callable, Sequence
from itertools import takewhile
from pathlib import Path
from typing import Any

import torch

from bench.model_files import checkpoint, default_folder
from bench.shapes import SHAPES, Shape
from playground.engine import weights
from playground.engine.devices import PACKED_BYTES, QuantizeName
from playground.engine.engine import Engine
from playground.engine.request import Broken, Request, Token
from playground.options import Options

PROMPT = 128
Prompts = Sequence[Sequence[int]]
Timed = Callable[[Prompts, int], float]


def wait(device: str) -> None:
    """Until the device has done what it was given."""
    if device == "cuda":
        torch.cuda.synchronize()


def copy_rate(device: str) -> float:
    """Bytes per second that the device reads and writes in a copy of 2 GB."""
    source = torch.ones(2**29, dtype=torch.float32, device=device)
    target = torch.empty_like(source)
    target.copy_(source)
    wait(device)
    began = time.perf_counter()
    for _ in range(10):
        target.copy_(source)
    wait(device)
    return 10 * 2 * source.numel() * 4 / (time.perf_counter() - began)


class Clock:
    """A streamer that only looks at the time."""

    def __init__(self) -> None:
        self.times: list[float] = []

    def put(self, _: object) -> None:
        """Called with the prompt first, then with each step's tokens."""
        self.times.append(time.perf_counter())

    def end(self) -> None:
        """Nothing left to do."""


def generate_rate(model: Any, device: str, **more: Any) -> Timed:
    """Tokens per second of `generate` after the first token."""

    def run(prompts: Prompts, count: int) -> float:
        ids, clock = torch.tensor(prompts, device=device), Clock()
        model.generate(
            ids,
            max_new_tokens=count,
            do_sample=False,
            pad_token_id=0,
            streamer=clock if len(prompts) == 1 else None,
            **more,
        )
        wait(device)
        if len(prompts) == 1:
            return (count - 1) / (clock.times[-1] - clock.times[1])
        began = time.perf_counter()
        model.generate(ids, max_new_tokens=count, do_sample=False, pad_token_id=0, **more)
        wait(device)
        middle = time.perf_counter()
        model.generate(ids, max_new_tokens=2, do_sample=False, pad_token_id=0, **more)
        wait(device)
        return len(prompts) * (count - 2) / (2 * middle - began - time.perf_counter())

    return run


def our_rate(engine: Engine) -> Timed:
    """Tokens per second of our engine while all streams write."""

    def run(prompts: Prompts, count: int) -> float:
        times: list[list[float]] = [[] for _ in prompts]
        threads = [
            threading.Thread(target=follow, args=(engine, ids, count, found))
            for ids, found in zip(prompts, times, strict=True)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        begin, end = max(found[0] for found in times), min(found[-1] for found in times)
        return sum(begin < moment <= end for found in times for moment in found) / (end - begin)

    return run


def follow(engine: Engine, ids: Sequence[int], count: int, times: list[float]) -> list[int]:
    """The ids written after a prompt; notes when each came."""
    written = []
    options = Options(max_tokens=count, temperature=0, seed=1)
    with engine.submit(Request(tuple(ids), options, frozenset())) as stream:
        for output in stream:
            if isinstance(output, Broken):
                raise output.error
            if isinstance(output, Token):
                times.append(time.perf_counter())
                written.append(output.id)
    return written


def bytes_of(shape: Shape, quantize: QuantizeName = "none") -> float:
    """Bytes of the weights that one step reads; the head never has less than eight bits."""
    if quantize == "none":
        return 2.0 * (shape.body_weights + shape.head_weights)
    return PACKED_BYTES[quantize] * shape.body_weights + PACKED_BYTES["int8"] * shape.head_weights


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", default="cuda", help="cpu tries the script itself")
    parser.add_argument("--model", choices=SHAPES, default="1b")
    parser.add_argument("--quantize", choices=("none", "int8", "int4"), default="none", help="weights of ours")
    parser.add_argument("--folder", type=Path, default=default_folder(), help="where the model is kept")
    parser.add_argument("--streams", type=int, nargs="+", default=[1, 8, 32])
    parser.add_argument("--tokens", type=int, default=96)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--no-compile", action="store_true", help="leave the compiled `generate` out")
    given = parser.parse_args()
    shape = SHAPES[given.model]
    folder = checkpoint(given.folder, given.model, shape)
    model = weights.load(folder, device=given.device, dtype="bfloat16").model
    model.generation_config.eos_token_id = None
    ours = weights.load(folder, device=given.device, dtype="bfloat16", quantize=given.quantize).model
    engine = Engine(ours, context_tokens=1024, max_active=max(given.streams), cache_bytes=0, speculate="off")
    rate = copy_rate(given.device)
    name = torch.cuda.get_device_name() if given.device == "cuda" else "this CPU"
    print(f"{name}, torch {torch.__version__}, copies at {rate / 1e9:.0f} GB/s; ours: {engine.path}", flush=True)
    ways: dict[str, Timed] = {"ours": our_rate(engine), "generate": generate_rate(model, given.device)}
    if not given.no_compile:
        ways["generate, static cache, compiled"] = generate_rate(model, given.device, cache_implementation="static")
    first = prompts_of(1, 0)
    ids = torch.tensor(first, device=given.device)
    expected = model.generate(ids, max_new_tokens=64, do_sample=False, pad_token_id=0)
    pairs = zip(follow(engine, first[0], 64, []), expected[0, PROMPT:].tolist(), strict=True)
    same = len(list(takewhile(lambda pair: pair[0] == pair[1], pairs)))
    print(f"of 64 greedy ids the first {same} are those of generate (random weights: near ties)", flush=True)
    for streams in given.streams:
        limits = {name: rate / bytes_of(shape) * streams for name in ways}
        limits["ours"] = rate / bytes_of(shape, given.quantize) * streams
        found: dict[str, list[float]] = {name: [] for name in ways}
        for number in range(given.rounds + 1):
            for name, run in ways.items():
                value = run(prompts_of(streams, number), given.tokens)
                if number:
                    found[name].append(value)
        medians = {name: statistics.median(values) for name, values in found.items()}
        for name, median in medians.items():
            times = median / medians["generate"]
            print(
                f"{streams} streams | {name} | {median:.0f} tok/s | {times:.2f} x | {median / limits[name]:.1%}",
                flush=True,
            )
    engine.close()


def prompts_of(streams: int, number: int) -> list[list[int]]:
    """Prompts of one length that differ in all their tokens."""
    draw = random.Random(number)
    return [[draw.randrange(10, 250) for _ in range(PROMPT)] for _ in range(streams)]


if __name__ == "__main__":
    main()
