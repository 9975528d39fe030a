"""Quantised weights kept in a file, so that only the first start has to make them.

A file belongs to one checkpoint (by the hash of its contents), one format and one layout. It is written beside its
place and moved there, so a half-written one is never seen; and its numbers are counted up and compared, so a damaged
one is noticed and made again. It is mapped, and copied into memory that is read faster: see `huge_pages.py`.
"""

from __future__ import annotations

import json
import logging
import os
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from playground.engine.cache import cache_folder
from playground.engine.huge_pages import HugePages
from playground.engine.quantised import Bits, Packed, quantise

log = logging.getLogger(__name__)

LAYOUT = 1
"""Raise it with any change to `pack` or to the layouts of kernels/linear.h."""
MOST_BYTES = 20 * 10**9
"""For all files together; those unused for longest are removed first."""


def quantise_cached(model: Any, bits: Bits, revision: str, folder: Path | None = None) -> None:
    """`quantise`, with weights from the file of an earlier start where there is one; else they are kept for the next.

    `revision` is the hash of the checkpoint. A folder that cannot be written is no error: the next start is slower.
    """
    folder = folder or cache_folder() / "weights"
    path = folder / f"{revision[:32]}-{bits}-{LAYOUT}.safetensors"
    stored = _read(path)
    made: dict[str, Packed] = {}
    memory = HugePages()

    def keep(name: str, make: Callable[[], Packed]) -> Packed:
        found = stored.get(name) or make()
        found = replace(found, weights=memory.copy(found.weights), scales=memory.copy(found.scales))
        if name not in stored:
            made[name] = found
        return found

    quantise(model, bits, keep)
    if not made:
        os.utime(path)  # it was used now
        return
    try:
        _write(path, {**stored, **made})
        _make_room(folder, keep=path)
    except OSError as error:
        log.warning("the packed weights were not kept: %s", error)


def _read(path: Path) -> dict[str, Packed]:
    """What the file holds; nothing when it is not there or damaged."""
    if not path.exists():
        return {}
    try:
        with safe_open(path, "pt") as file:
            facts = json.loads(file.metadata()["packed"])
            return {name: _checked(name, fact, file) for name, fact in facts.items()}
    except (SafetensorError, OSError, ValueError, KeyError, TypeError) as error:
        log.warning("%s is damaged and will be made again: %s", path, error)
        return {}


def _checked(name: str, fact: dict[str, Any], file: Any) -> Packed:
    packed = Packed(
        fact["bits"],
        fact["outputs"],
        fact["inputs"],
        file.get_tensor(f"{name}.weights"),
        file.get_tensor(f"{name}.scales"),
    )
    if fact["sums"] != _sums(packed):
        raise ValueError(f"{name} is not what was written")
    return packed


def _sums(packed: Packed) -> list[int]:
    """A sum over each tensor's bytes, taken eight at a time: quick, and another one after any single change."""
    return [int(tensor.view(-1).view(torch.int64).sum()) for tensor in (packed.weights, packed.scales)]


def _write(path: Path, weights: dict[str, Packed]) -> None:
    facts, tensors = {}, dict[str, torch.Tensor]()
    for name, packed in weights.items():
        facts[name] = {
            "bits": packed.bits,
            "outputs": packed.outputs,
            "inputs": packed.inputs,
            "sums": _sums(packed),
        }
        tensors |= {f"{name}.weights": packed.weights, f"{name}.scales": packed.scales}
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        written = Path(folder) / path.name
        save_file(tensors, written, metadata={"packed": json.dumps(facts)})
        written.replace(path)


def _make_room(folder: Path, keep: Path) -> None:
    files = sorted(folder.glob("*.safetensors"), key=lambda path: path.stat().st_mtime)
    total = sum(path.stat().st_size for path in files)
    for path in files:
        if total <= MOST_BYTES:
            break
        if path != keep:
            total -= path.stat().st_size
            path.unlink()
