"""Tune base Gemma 3 270M on the dialogues in `data/`: LoRA, on a GPU where there is one, else on the CPU.

    python -m embedded_model.train OUT [--start embedded_model/adapter] [--tokens 400000]

OUT gets the adapter in PEFT's format and a checkpoint, every five minutes and at the end. The same command goes on from
the checkpoint. Needs the extra `train`.
"""

from __future__ import annotations

import argparse
import ctypes
import math
import os
import platform
import time
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import torch

from embedded_model.batches import Batch, Mix, alone, batches, keep_back, pack
from embedded_model.dialogues import DATA, HELD_OUT, Dialogue, Example, encode, read_dialogues, split, training_files
from embedded_model.families import families, in_groups
from embedded_model.tuned import Tuned, base_folder, occurring, read_tokens
from playground.engine.devices import choose_device, native_dtype

WARM_UP = 15
"""Steps until the full rate."""
LAST_RATE = 0.05
"""The rate at the end, as a share of the full one."""
LONGEST_NORM = 1.0
REPORT_STEPS = 10
M_TRIM_THRESHOLD, M_MMAP_MAX = -1, -4
"""Parameters of glibc's `mallopt`, by the numbers in its malloc.h."""
FREE = 0.8
"""With less than this share of a CPU for each thread, others are at work too."""
STEPS_ALONE = 5
"""With one thread, before all are tried again."""
BUILT_IN, OTHER_TOOLS = "built_in", ("tools", "tools_more", "tools_third", "tools_fourth")
"""The files whose dialogues offer tools: the app's own, and many others."""
MEASURED_TOOLS = 32
"""Dialogues of the held-out tools that the loss is measured on."""


@dataclass(frozen=True)
class Data:
    """What is learnt, and what is only measured."""

    mix: Mix
    plain_held: list[Example]
    tools_held: list[Example]

    @property
    def ids(self) -> set[int]:
        """All token ids in it."""
        learnt = [one for family in (*self.mix.plain, *self.mix.tools) for one in family]
        return occurring([*learnt, *self.plain_held, *self.tools_held])


def read_data(
    tokens: Any, longest: int, tools_share: float, seed: int = 0, about: Collection[str] = OTHER_TOOLS
) -> Data:
    """All examples of at most `longest` ids; `about` names the files of `OTHER_TOOLS` that are taken."""
    plain: list[Dialogue] = []
    others: list[Dialogue] = []
    grouped: list[list[Dialogue]] = []
    for path in training_files():
        if path.stem in OTHER_TOOLS and path.stem not in about:
            continue
        dialogues = read_dialogues(path)
        if path.stem == BUILT_IN:
            grouped += in_groups(dialogues, seed)
        elif path.stem in OTHER_TOOLS:
            others += dialogues
        else:
            plain += [part for one in dialogues for part in split(one)]
    grouped += families(others, seed)
    learnt, plain_held = keep_back(_short(plain, tokens, longest))
    tools = [tuple(short) for family in grouped if (short := _short(family, tokens, longest))]
    held = _short(read_dialogues(DATA / f"{HELD_OUT}.jsonl"), tokens, longest)
    return Data(Mix(alone(learnt), tools, tools_share), plain_held, held[:MEASURED_TOOLS])


def _short(dialogues: Iterable[Dialogue], tokens: Any, longest: int) -> list[Example]:
    found = [encode(one, tokens) for one in dialogues]
    return [one for one in found if len(one.ids) <= longest]


class Threads:
    """All threads while the machine is idle, one while others work: threads that wait for each other gain nothing."""

    def __init__(self, most: int) -> None:
        self._most = self.number = most
        self._waits = 0

    def after(self, used: float, passed: float) -> None:
        """Choose for the next step, from the CPU seconds and the seconds that one took."""
        self._waits -= 1
        if used < FREE * passed * self.number:
            self.number, self._waits = 1, STEPS_ALONE
        elif self._waits <= 0:
            self.number = self._most


class Stretch:
    """One stretch of training: a model, its optimiser, and how far it is."""

    def __init__(self, model: Tuned, data: Data, args: argparse.Namespace) -> None:
        self._model, self._data, self._args = model, data, args
        self._weights = list(model.weights.values())
        self._optimizer = torch.optim.AdamW(self._weights, lr=args.rate, betas=(0.9, 0.99), weight_decay=0.0)
        self._step = self._seen = 0
        self._threads = Threads(torch.get_num_threads())
        self._checkpoint: Path = args.out / "checkpoint.pt"
        if self._checkpoint.exists():
            self._resume()

    def run(self) -> None:
        """Train until the tokens are used up."""
        mix = self._data.mix
        source = islice(batches(mix, self._args.batch_tokens, self._args.seed), self._step, None)
        saved = measured = began = time.monotonic()
        start, recent = self._seen, []
        if not start:
            self._measure()
        while self._seen < self._args.tokens:
            recent.append(self._timed(next(source)))
            if self._step % REPORT_STEPS == 0:
                speed = (self._seen - start) / (time.monotonic() - began)
                mean = sum(recent) / len(recent)
                print(f"step {self._step} tokens {self._seen} {speed:.0f}/s loss {mean:.3f}", flush=True)
                recent = []
            if time.monotonic() - saved > 60 * self._args.save_minutes:
                self._save()
                saved = time.monotonic()
            if time.monotonic() - measured > 60 * self._args.measure_minutes:
                self._measure()
                measured = time.monotonic()
        self._save()
        self._measure()

    def _timed(self, batch: Batch) -> float:
        torch.set_num_threads(self._threads.number)
        used, passed = time.process_time(), time.monotonic()
        loss = self._learn(batch)
        self._threads.after(time.process_time() - used, time.monotonic() - passed)
        return loss

    def _learn(self, batch: Batch) -> float:
        rate = self._args.rate * rate_share(self._step, self._seen / self._args.tokens)
        for group in self._optimizer.param_groups:
            group["lr"] = rate
        self._model.model.train()
        loss = self._model.losses(batch).mean()
        self._optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self._weights, LONGEST_NORM)
        self._optimizer.step()
        self._step += 1
        self._seen += len(batch.ids)
        return float(loss.detach())

    def _measure(self) -> None:
        self._model.model.eval()
        plain, tools = self._held_loss(self._data.plain_held), self._held_loss(self._data.tools_held)
        print(f"held out at {self._seen} tokens: plain {plain:.3f} tools {tools:.3f}", flush=True)

    @torch.no_grad()
    def _held_loss(self, held: Sequence[Example]) -> float:
        losses = [self._model.losses(batch) for batch in pack(alone(held), self._args.batch_tokens)]
        return float(torch.cat(losses).mean())

    def _save(self) -> None:
        self._model.export(self._args.out)
        state = {
            "weights": {name: weight.detach().cpu() for name, weight in self._model.weights.items()},
            "optimizer": self._optimizer.state_dict(),
            "step": self._step,
            "seen": self._seen,
            "random": torch.get_rng_state(),
        }
        unfinished = self._checkpoint.with_suffix(".part")
        torch.save(state, unfinished)
        os.replace(unfinished, self._checkpoint)

    def _resume(self) -> None:
        state = torch.load(self._checkpoint, weights_only=True)
        with torch.no_grad():
            for name, weight in self._model.weights.items():
                weight.copy_(state["weights"][name])
        self._optimizer.load_state_dict(state["optimizer"])
        self._step, self._seen = state["step"], state["seen"]
        torch.set_rng_state(state["random"])
        print(f"going on after {self._seen} tokens", flush=True)


def rate_share(step: int, done: float) -> float:
    """The rate as a share of the full one: a short rise, then a cosine down to `LAST_RATE`."""
    rise = min(1.0, (step + 1) / WARM_UP)
    return rise * (LAST_RATE + (1 - LAST_RATE) * 0.5 * (1 + math.cos(math.pi * min(1.0, done))))


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--start", type=Path, help="the adapter to go on from; without it, the base model")
    parser.add_argument("--tokens", type=int, default=400_000)
    parser.add_argument("--rate", type=float, default=7e-4)
    parser.add_argument("--dropout", type=float, default=0.05)
    parser.add_argument("--batch-tokens", type=int, default=2048)
    parser.add_argument("--longest", type=int, default=700, help="longer examples are left out")
    parser.add_argument("--tools-share", type=float, default=0.5, help="of the tokens, for dialogues with tools")
    parser.add_argument("--about", nargs="+", choices=OTHER_TOOLS, default=OTHER_TOOLS, help="files of other tools")
    parser.add_argument("--save-minutes", type=float, default=5)
    parser.add_argument("--measure-minutes", type=float, default=30, help="between two looks at the held-out loss")
    parser.add_argument("--threads", type=int, default=0, help="on the CPU; 0 takes what torch takes")
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args(arguments)


def keep_freed_memory() -> None:
    """Let glibc keep what a step frees for the next one, which needs as much.

    By default it gives large blocks back to the system and gets them again, page by page: on a virtual machine with two
    cores that was three quarters of the time.
    """
    if platform.libc_ver()[0] == "glibc":
        libc = ctypes.CDLL(None)
        libc.mallopt(M_MMAP_MAX, 0)
        libc.mallopt(M_TRIM_THRESHOLD, -1)  # never


def main(arguments: Sequence[str] | None = None) -> None:
    """Train."""
    args = parse(arguments)
    keep_freed_memory()
    args.out.mkdir(parents=True, exist_ok=True)
    if args.threads:
        torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    device = choose_device("auto")
    base = base_folder()
    data = read_data(read_tokens(base), args.longest, args.tools_share, args.seed, args.about)
    print(f"{len(data.mix.plain)} plain examples, {sum(map(len, data.mix.tools))} with tools", flush=True)
    model = Tuned(
        base,
        args.start,
        data.ids,
        device=device,
        dtype=native_dtype(device),
        dropout=args.dropout,
        seed=args.seed,
    )
    Stretch(model, data, args).run()


if __name__ == "__main__":
    main()
