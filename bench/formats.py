"""Number formats on this CPU, by the engine's own forward pass: `python -m bench.formats`.

Random weights in Gemma 3's true shape, one reply. Each format reads a prompt of 512 tokens and then writes, in turns;
prints medians over rounds, as tokens per second and as ratios to float32, which are taken within a round.
"""

from __future__ import annotations

import argparse
import random
import statistics
import time
from pathlib import Path
from typing import NamedTuple

import torch

from bench.model_files import checkpoint, default_folder
from bench.shapes import SHAPES
from playground.engine import weights
from playground.engine.cpu import bfloat16_unit, cpu_features
from playground.engine.devices import DtypeName
from playground.engine.runner import Runner

PROMPT = 512
FORMATS: tuple[DtypeName, ...] = ("float32", "bfloat16")


class Speed(NamedTuple):
    """Tokens per second."""

    prefill: float
    decode: float


def speed(runner: Runner, number: int, steps: int) -> Speed:
    """Of one prompt and `steps` tokens after it; `number` draws the ids."""
    draw = random.Random(number)
    ids = [draw.randrange(10, 250) for _ in range(PROMPT)]
    cache = runner.new_cache()
    began = time.perf_counter()
    runner.logits(runner.read(cache, ids))
    middle = time.perf_counter()
    for token in ids[:steps]:
        runner.decode([(cache, [token])])
    return Speed(PROMPT / (middle - began), steps / (time.perf_counter() - middle))


@torch.inference_mode()
def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", choices=SHAPES, default="1b")
    parser.add_argument("--folder", type=Path, default=default_folder(), help="where the model is kept")
    parser.add_argument("--tokens", type=int, default=32)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    folder = checkpoint(given.folder, given.model, SHAPES[given.model])
    runners = {name: Runner(weights.load(folder, device="cpu", dtype=name).model) for name in FORMATS}
    unit = bfloat16_unit(cpu_features()) or "no bfloat16 arithmetic"
    print(f"{torch.get_num_threads()} threads, {unit}, torch {torch.__version__}", flush=True)
    rounds = [
        {name: speed(runner, number, given.tokens) for name, runner in runners.items()}
        for number in range(given.rounds + 1)
    ][1:]  # the first one warms up
    for name, runner in runners.items():
        for task in Speed._fields:
            rates = [getattr(found[name], task) for found in rounds]
            ratios = [getattr(found[name], task) / getattr(found["float32"], task) for found in rounds]
            rate, ratio = statistics.median(rates), statistics.median(ratios)
            print(f"{name} | {runner.path} | {task} | {rate:.1f} tok/s | {ratio:.2f} x", flush=True)


if __name__ == "__main__":
    main()
