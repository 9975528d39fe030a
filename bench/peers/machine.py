"""Not a peer but the machine itself: how fast it reads memory and multiplies, which nothing can pass."""

from __future__ import annotations

import time
from collections.abc import Callable

from bench import resident
from bench.writing import Job, Spec, Written

BLOCK_FLOATS = 2**27
ROWS, INSIDE, COLUMNS = 512, 1152, 6912
"""A chunk of a prompt times the largest matrix of Gemma 3 1B's layers."""


class Machine:
    """Answers a job with its best times for reading and multiplying, as notes."""

    weight_bytes = None
    says = ""

    def __init__(self, spec: Spec) -> None:
        import torch

        torch.set_num_threads(spec.threads)
        self._block = torch.ones(BLOCK_FLOATS, dtype=torch.float32)
        self._left = torch.randn(ROWS, INSIDE).bfloat16()
        self._right = [torch.randn(COLUMNS, INSIDE).bfloat16() for _ in range(4)]

    def write(self, job: Job) -> Written:
        """Bytes per second that summing half a gigabyte reads, and bfloat16 operations per second of a product."""
        import torch

        if job.extra.get("what") == "multiply":
            count = 2 * ROWS * INSIDE * COLUMNS * len(self._right)
            return Written([[0.0]], {"rate": count / _best(lambda: [self._left @ right.T for right in self._right])})
        with torch.inference_mode():
            return Written([[0.0]], {"rate": 4 * BLOCK_FLOATS / _best(self._block.sum)})

    def peak_bytes(self) -> int:
        """See `Peer.peak_bytes`."""
        return resident.peak_bytes()

    def close(self) -> None:
        """Nothing outlives the process."""


def _best(run: Callable[[], object]) -> float:
    """Seconds of the fastest of five."""
    times = []
    for _ in range(5):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return min(times)


def load(spec: Spec) -> Machine:
    """Prepare the tensors."""
    return Machine(spec)
