"""What every task works with: the models' files, peers in their own processes, and rounds in which they take turns."""

from __future__ import annotations

import random
import statistics
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench import model_files
from bench.remote import Failure, Remote
from bench.results import Row
from bench.shapes import SHAPES, Shape
from bench.writing import Job, Missing, Spec, Written

BITS = ("bf16", "int8", "int4")
LLAMA_BITS = {"bf16": "bf16", "int8": "q8_0", "int4": "q4_0"}
"""The formats of llama.cpp with as many bits."""
PEERS = {
    "bf16": ("ours", "generate", "serve", "llama.cpp"),
    "int8": ("ours", "llama.cpp"),
    "int4": ("ours", "llama.cpp"),
}


@dataclass(frozen=True)
class Lab:
    """`quick`: once each, for looking whether the suite works. `longest`: tokens of a prompt, at most."""

    folder: Path
    shape_name: str
    quick: bool
    threads: int
    machine: Remote
    longest: int = 8192
    most_rounds: int = 9

    @property
    def shape(self) -> Shape:
        """Of the model that is measured."""
        return SHAPES[self.shape_name]

    def rounds(self, wanted: int) -> int:
        """How often to measure."""
        return 1 if self.quick else min(wanted, self.most_rounds)

    def ids(self, count: int, seed: int) -> list[int]:
        """A prompt of `count` different-looking tokens that all peers can read; the same for the same seed."""
        draw = random.Random(seed)
        return [draw.randrange(10, 250) for _ in range(count)]

    def spec(self, bits: str, **changes: Any) -> Spec:
        """What a peer has to load; writes the files that are not there yet."""
        checkpoint = model_files.checkpoint(self.folder, self.shape_name, self.shape)
        try:
            gguf = model_files.gguf(self.folder, self.shape_name, self.shape, LLAMA_BITS[bits])
        except ImportError:
            gguf = None
        return Spec(**{"folder": checkpoint, "bits": bits, "threads": self.threads, "gguf": gguf, **changes})

    @contextmanager
    def table(self, bits: str, peers: Sequence[str] = (), **changes: Any) -> Iterator[Table]:
        """The peers for `bits`, loaded, each in its own process; those that cannot run are noted as missing."""
        with ExitStack() as stack:
            table = Table(self, bits)
            for name in peers or PEERS[bits]:
                try:
                    table.peers[name] = stack.enter_context(Remote(name, self.spec(bits, **changes)))
                except (Missing, Failure) as error:
                    table.missing[name] = str(error)
            yield table

    def read_rate(self) -> float:
        """Bytes per second that this machine reads from memory now."""
        return float(self.machine.write(Job([], 0)).notes["rate"])

    def multiply_rate(self) -> float:
        """bfloat16 operations per second that this machine reaches now in a large product."""
        return float(self.machine.write(Job([], 0, extra={"what": "multiply"})).notes["rate"])


Limit = Callable[[Remote], float | None]


@dataclass
class Table:
    """Peers of one format side by side."""

    lab: Lab
    bits: str
    peers: dict[str, Remote] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)

    @property
    def names(self) -> list[str]:
        """Of all peers, missing ones too."""
        return [*self.peers, *self.missing]

    def peer(self, name: str) -> Remote:
        """A peer by its name. Raises: Missing with the reason when it is not there."""
        if name not in self.peers:
            raise Missing(self.missing[name])
        return self.peers[name]

    def measure(
        self,
        case: str,
        unit: str,
        jobs: Callable[[str, int], Job],
        value: Callable[[Written], float],
        *,
        rounds: int,
        per_token: str,
        streams: int = 1,
        peers: Sequence[str] = (),
        warm: bool = True,
    ) -> list[Row]:
        """A row for each peer: `value` of what it wrote for `jobs(peer, round)`; peers take turns, A B A B.

        `per_token`: what bounds the rate, `read` (all weights, for each token of one stream) or `multiply` (the
        layers' matrices, for each token of a prompt).
        """
        wanted = list(peers or self.names)
        values: dict[str, list[float]] = {name: [] for name in wanted}
        rates = []
        for number in range(0 if warm else 1, rounds + 1):
            for name in [one for one in wanted if one in self.peers]:
                try:
                    found = value(self.peers[name].write(jobs(name, number)))
                except (Failure, Missing, ValueError) as error:
                    self.missing[name] = f"{case}: {error}"
                    self.peers.pop(name).close()
                    continue
                if number:
                    values[name].append(found)
            if number:
                rates.append(self.lab.read_rate() if per_token == "read" else self.lab.multiply_rate())
            print(f"  {self.bits} {case}: round {number} of {rounds}", file=sys.stderr)
        rate = statistics.median(rates)
        return [self._row(case, unit, name, values[name], rate, per_token, streams) for name in wanted]

    def _row(
        self, case: str, unit: str, name: str, values: Sequence[float], rate: float, per_token: str, streams: int
    ) -> Row:
        remote = self.peers.get(name)
        if remote is None:
            return Row(case, name, self.bits, unit, missing=self.missing[name])
        limit = rate / (2 * self.lab.shape.body_weights)
        if per_token == "read":
            size = remote.loaded.weight_bytes or model_bytes(self.lab.shape, self.bits)
            limit = rate / size * streams
        return Row(case, name, self.bits, unit, values, limit=limit, says=remote.loaded.says)


def model_bytes(shape: Shape, bits: str) -> int:
    """Bytes of the weights that a token needs, where a peer does not say: scales are not counted."""
    size: Mapping[str, float] = {"bf16": 2, "int8": 1, "int4": 0.5}
    return int((shape.body_weights + shape.head_weights) * size[bits])
