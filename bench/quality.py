"""What number formats cost: bfloat16, int8 and int4 against float32, on a plain text, with the embedded model.

    python -m bench.quality [--tokens N] [--json FILE]

The text lies in `bench/data` and was written for this. Each format goes through it once, by the kernels where they know
it, to whom a prompt and a reply are one thing; float32 is read by torch's operators. Both the base model and the one
that chats, with the adapter merged, are asked.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from bench.embedded import embedded, text_ids
from playground.engine.devices import DtypeName, Quantize
from playground.engine.kv_cache import KVCache
from playground.engine.runner import Runner
from playground.engine.weights import Source, load

FORMATS: tuple[tuple[DtypeName, Quantize], ...] = (
    ("float32", "none"),
    ("bfloat16", "none"),
    ("bfloat16", "int8"),
    ("bfloat16", "int4"),
)
CHUNK = 512
"""Tokens of a prompt that the engine reads at once."""
PIECE = 64
"""Positions whose logits are held at once, as each has 262,144."""


@dataclass(frozen=True)
class Quality:
    """Of one format. `divergence` is the mean KL divergence of float32's distribution from it, in nats a token;
    `same_token` the share of positions at which both hold the same token for the most likely."""

    model: str
    format: str
    computing: str
    tokens: int
    divergence: float
    perplexity: float
    same_token: float


class Reference:
    """What float32 says of some positions, from its logits [N, V]; and room for what is computed of others beside it,
    as new memory for so many numbers takes longer than computing them."""

    def __init__(self, logits: torch.Tensor) -> None:
        self._room = torch.empty_like(logits)
        # Not log_softmax, which adds up in another order and ends 0.00002 away.
        self.log_chances = logits - self.totals(logits)[:, None]
        self.chances = self.log_chances.exp()
        self.best = logits.argmax(dim=1)

    def totals(self, logits: torch.Tensor) -> torch.Tensor:
        """The logarithm of the sum of exponentials of others' logits, [N]."""
        most = logits.amax(dim=1)
        return torch.sub(logits, most[:, None], out=self._room).exp_().sum(dim=1).log_() + most

    def divergence(self, logits: torch.Tensor, totals: torch.Tensor) -> torch.Tensor:
        """Of this distribution from theirs, [N]."""
        theirs = torch.sub(logits, totals[:, None], out=self._room)
        return torch.sub(self.log_chances, theirs, out=theirs).mul_(self.chances).sum(dim=1)


@dataclass
class Sums:
    """Over the positions so far."""

    tokens: int = 0
    divergence: float = 0.0
    surprise: float = 0.0
    same: int = 0

    def add(self, logits: torch.Tensor, reference: Reference, ids: torch.Tensor) -> None:
        """Positions with their logits [N, V], what float32 says of them, and the tokens that came, [N]."""
        totals = reference.totals(logits)
        self.tokens += len(ids)
        self.divergence += float(reference.divergence(logits, totals).sum())
        self.surprise += float((totals - logits.gather(1, ids[:, None])[:, 0]).sum())
        self.same += int((logits.argmax(dim=1) == reference.best).sum())


Logits = Callable[[int, int], torch.Tensor]
"""Those of some of a chunk's positions, [N, V]."""


@dataclass
class Reader:
    """Goes through the text with one model."""

    runner: Runner
    format: str
    cache: KVCache = field(init=False)
    sums: Sums = field(default_factory=Sums)

    def __post_init__(self) -> None:
        self.cache = self.runner.new_cache()

    def chunk(self, ids: Sequence[int]) -> Logits:
        """Append a chunk. Pieces of it have to be asked for in their order, each once."""
        if self.runner.batches:
            return lambda begin, end: self.runner.decode([(self.cache, ids[begin:end])])
        hidden = _all_hidden(self.runner, self.cache, ids)
        return lambda begin, end: self.runner.logits(hidden[:, begin:end].transpose(0, 1))


def _all_hidden(runner: Runner, cache: KVCache, ids: Sequence[int]) -> torch.Tensor:
    """The hidden states of all of `ids`, [1, T, hidden], where `Runner.read` gives that of the last one."""
    text = runner._gemma3
    assert text is not None
    seen: list[torch.Tensor] = []
    forward = text.forward

    def noted(*given: Any) -> torch.Tensor:
        seen.append(forward(*given))
        return seen[0]

    text.forward = noted
    try:
        runner.read(cache, ids)
    finally:
        del text.forward
    return seen[0]


def measure(name: str, source: Source, ids: Sequence[int]) -> list[Quality]:
    """One row for each format, float32 first. All formats are in memory together: two gigabytes."""
    readers = list(_readers(source))
    for start in range(0, len(ids) - 1, CHUNK):
        chunk, following = ids[start : start + CHUNK], torch.tensor(ids[start + 1 : start + CHUNK + 1])
        logits = [reader.chunk(chunk) for reader in readers]
        for begin in range(0, len(following), PIECE):
            end = min(begin + PIECE, len(following))
            first = logits[0](begin, end)
            reference = Reference(first)
            for number, (reader, get) in enumerate(zip(readers, logits, strict=True)):
                reader.sums.add(get(begin, end) if number else first, reference, following[begin:end])
    return [_quality(name, reader) for reader in readers]


def _readers(source: Source) -> Iterator[Reader]:
    for dtype, quantize in FORMATS:
        model = load(source, device="cpu", dtype=dtype, quantize=quantize)
        yield Reader(Runner(model.model), model.precision.name)


def _quality(name: str, reader: Reader) -> Quality:
    sums = reader.sums
    return Quality(
        model=name,
        format=reader.format,
        computing=reader.runner.path,
        tokens=sums.tokens,
        divergence=max(sums.divergence / sums.tokens, 0.0),  # never below, but for rounding
        perplexity=math.exp(sums.surprise / sums.tokens),
        same_token=sums.same / sums.tokens,
    )


def markdown(rows: Sequence[Quality]) -> str:
    """A table of them."""
    lines = [
        "| model | weights | KL from float32 (nats/token) | perplexity | same most likely token |",
        "|---|---|---|---|---|",
    ]
    for row in rows:
        figures = f"{row.divergence:.5f} | {row.perplexity:.3f} | {row.same_token:.2%}"
        lines.append(f"| {row.model} | {row.format} | {figures} |")
    return "\n".join([*lines, "", f"{rows[0].tokens} positions; {rows[-1].computing}."])


def main() -> None:
    """Measure and print a table; with --json, write the figures too."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tokens", type=int, help="of the text, at most; all of it when absent")
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    model = embedded()
    ids = text_ids(model.folder)[: args.tokens]
    with torch.inference_mode():
        rows = measure("base", Source(model.folder), ids)
        rows += measure("with the adapter", Source(model.folder, model.adapters), ids)
    print(markdown(rows))
    if args.json:
        args.json.write_text(json.dumps([dataclasses.asdict(row) for row in rows], indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
