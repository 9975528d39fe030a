"""Several processes that train one model: each has its own data, and all make the same steps.

On CPUs two processes of one thread each get further than one of two threads: they wait for each other once a step,
not in every product, which counts most where other work keeps a core busy.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor

PATIENCE_S = 30.0
"""How long the first process waits for the others to end."""


@dataclass(frozen=True)
class Peers:
    """This process's number among all; `meeting` is the file through which they find each other."""

    rank: int
    count: int
    meeting: str = ""

    def share(self, parameters: Sequence[Tensor], told: Tensor) -> Tensor:
        """Replace gradients by their mean over the processes that have one. The sum of all processes' numbers."""
        if self.count == 1:
            return told
        trained = [parameter for parameter in parameters if parameter.requires_grad]
        parts = [torch.zeros_like(p) if p.grad is None else p.grad for p in trained]
        known = torch.tensor([float(p.grad is not None) for p in trained])
        joined = torch.cat([*(part.flatten() for part in parts), known, told])
        dist.all_reduce(joined)
        *means, known, told = joined.split([part.numel() for part in parts] + [len(trained), len(told)])
        for parameter, mean, holders in zip(trained, means, known.tolist(), strict=True):
            parameter.grad = mean.view_as(parameter) / holders if holders else None
        return told


ALONE = Peers(0, 1)
"""The only process."""


@contextmanager
def join(peers: Peers) -> Iterator[None]:
    """Meet the other processes."""
    dist.init_process_group("gloo", init_method=f"file://{peers.meeting}", rank=peers.rank, world_size=peers.count)
    try:
        yield
    finally:
        dist.destroy_process_group()


@contextmanager
def started(count: int, follow: Callable[[Any, Peers], None], given: Any) -> Iterator[Peers]:
    """Start the other processes, and end them afterwards; this one is the first."""
    with tempfile.TemporaryDirectory() as folder:
        meeting = str(Path(folder) / "meeting")
        context = get_context("spawn")
        others = [context.Process(target=follow, args=(given, Peers(rank, count, meeting))) for rank in range(1, count)]
        for other in others:
            other.start()
        try:
            with join(first := Peers(0, count, meeting)):
                yield first
        finally:
            for other in others:
                other.terminate()
                other.join(PATIENCE_S)
