"""Memory: the most that was resident in a fresh process, in gigabytes, after a prompt and a reply."""

from __future__ import annotations

from collections.abc import Iterator

from bench.lab import BITS, Lab, model_bytes
from bench.results import Row
from bench.writing import Job

TITLE = "Memory"
PROMPT, COUNT = 512, 16


def run(lab: Lab) -> Iterator[Row]:
    """One peer at a time. The limit is the size of the weights."""
    for bits in BITS:
        for name in ("ours", "generate", "serve", "llama.cpp") if bits == "bf16" else ("ours", "llama.cpp"):
            with lab.table(bits, (name,)) as table:
                case = f"{PROMPT} tokens read, {COUNT} written"
                if name in table.missing:
                    why = table.missing[name]
                    yield Row(case, name, bits, "GB", missing=why, more_is_better=False)
                    continue
                remote = table.peers[name]
                remote.write(Job([lab.ids(PROMPT, 1)], COUNT))
                limit = (remote.loaded.weight_bytes or model_bytes(lab.shape, bits)) / 1e9
                yield Row(case, name, bits, "GB", [remote.peak_bytes() / 1e9], limit, more_is_better=False)
