"""Quantised weights kept in a file, so that only the first start has to read a checkpoint and round its weights.

A file belongs to one checkpoint (by the hash of its contents), one format and one layout. It holds what was packed and,
where that is small beside it, everything else of the model, so that the next start reads nothing but this file. It is
written beside its place and moved there, so a half-written one is never seen; and its numbers are counted up and
compared, so a damaged one is noticed and made again. It is mapped, and copied into memory that is read faster: see
`huge_pages.py`.
"""

from __future__ import annotations

import json
import logging
import os
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import nn

from playground.engine.cache import cache_folder
from playground.engine.huge_pages import HugePages
from playground.engine.quantised import Bits, Packed, quantise

log = logging.getLogger(__name__)

LAYOUT = 2
"""Raise it with any change to `pack`, to the layouts of kernels/linear.h or to what is written here."""
MOST_BYTES = 20 * 10**9
"""For all files together; those unused for longest are removed first."""
OTHER = "other:"
"""Before the names of parameters and buffers that are not packed."""


@dataclass(frozen=True)
class _Stored:
    """What a file holds: packed weights, and the model's other tensors, none where they were left out."""

    packed: Mapping[str, Packed]
    others: Mapping[str, torch.Tensor]
    parameters: int


NOTHING = _Stored({}, {}, 0)


class PackedWeights:
    """The file of one checkpoint in one format. `revision` is the hash of the checkpoint."""

    def __init__(self, bits: Bits, revision: str, folder: Path | None = None) -> None:
        self._bits: Bits = bits
        self._folder = folder or cache_folder() / "weights"
        self._path = self._folder / f"{revision[:32]}-{bits}-{LAYOUT}.safetensors"
        self._stored: _Stored | None = None

    def restore(self, skeleton: Callable[[], Any]) -> tuple[Any, int] | None:
        """The model as an earlier start left it, and how many parameters its checkpoint has; None where it is not kept.

        `skeleton` makes the model without weights: on the meta device.
        """
        stored = self._read()
        if not stored.others:
            return None
        model = skeleton()
        memory = HugePages()
        try:
            quantise(model, self._bits, lambda name, _: _copied(stored.packed[name], memory))
            _fill(model, stored.others)
        except (KeyError, ValueError, AttributeError) as error:
            log.warning("%s does not fit this model and will be made again: %s", self._path, error)
            self._stored = NOTHING
            return None
        os.utime(self._path)  # it was used now
        return model, stored.parameters

    def quantise(self, model: Any) -> None:
        """`quantise`, with weights from the file where it has them; else they are kept for the next start.

        A folder that cannot be written is no error: the next start is slower.
        """
        stored, memory = self._read(), HugePages()
        packed: dict[str, Packed] = {}
        parameters = sum(parameter.numel() for parameter in model.parameters())

        def keep(name: str, make: Callable[[], Packed]) -> Packed:
            packed[name] = _copied(stored.packed.get(name) or make(), memory)
            return packed[name]

        quantise(model, self._bits, keep)
        if packed.keys() <= stored.packed.keys():
            os.utime(self._path)
            return
        others = _others(model)
        if sum(tensor.nbytes for tensor in others.values()) > sum(one.weights.nbytes for one in packed.values()):
            others = {}
        try:
            self._write(_Stored(packed, others, parameters))
            _make_room(self._folder, keep=self._path)
        except OSError as error:
            log.warning("the packed weights were not kept: %s", error)

    def _read(self) -> _Stored:
        """What the file holds; nothing when it is not there or damaged."""
        if self._stored is None:
            self._stored = self._read_file() if self._path.exists() else NOTHING
        return self._stored

    def _read_file(self) -> _Stored:
        try:
            with safe_open(self._path, "pt") as file:
                facts = json.loads(file.metadata()["packed"])
                packed = {name: _checked(name, fact, file) for name, fact in facts["weights"].items()}
                others = {name: file.get_tensor(OTHER + name) for name in facts["others"]}
                if facts["other_sums"] != [_sum(tensor) for tensor in others.values()]:
                    raise ValueError("what is not packed is not what was written")
                return _Stored(packed, others, int(facts["parameters"]))
        except (SafetensorError, OSError, ValueError, KeyError, TypeError) as error:
            log.warning("%s is damaged and will be made again: %s", self._path, error)
            return NOTHING

    def _write(self, stored: _Stored) -> None:
        weights, tensors = {}, dict[str, torch.Tensor]()
        for name, packed in stored.packed.items():
            weights[name] = {
                "bits": packed.bits,
                "outputs": packed.outputs,
                "inputs": packed.inputs,
                "sums": _sums(packed),
            }
            tensors |= {f"{name}.weights": packed.weights, f"{name}.scales": packed.scales}
        others = {name: tensor.contiguous() for name, tensor in stored.others.items()}
        facts = {
            "weights": weights,
            "others": list(others),
            "other_sums": [_sum(tensor) for tensor in others.values()],
            "parameters": stored.parameters,
        }
        tensors |= {
            OTHER + name: tensor.clone() for name, tensor in others.items()
        }  # the format takes no shared memory
        self._folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=self._folder) as folder:
            written = Path(folder) / self._path.name
            save_file(tensors, written, metadata={"packed": json.dumps(facts)})
            written.replace(self._path)


def _copied(packed: Packed, memory: HugePages) -> Packed:
    return replace(packed, weights=memory.copy(packed.weights), scales=memory.copy(packed.scales))


def _others(model: nn.Module) -> dict[str, torch.Tensor]:
    """Parameters and buffers that no quantised module holds, by name; what has two names is listed once."""
    quantised = {id(tensor) for packed in _packed_of(model) for tensor in (packed.weights, packed.scales)}
    named = [*model.named_parameters(), *model.named_buffers()]
    return {name: tensor.detach() for name, tensor in named if id(tensor) not in quantised}


def _packed_of(model: nn.Module) -> Iterator[Packed]:
    for module in model.modules():
        if isinstance(packed := getattr(module, "packed", None), Packed):
            yield packed


def _fill(model: nn.Module, others: Mapping[str, torch.Tensor]) -> None:
    """Put tensors into a model made on the meta device.

    Raises: KeyError, AttributeError or ValueError where they are not exactly those it lacks.
    """
    places: dict[int, list[tuple[dict[str, Any], str]]] = defaultdict(list)
    kinds: tuple[dict[str, Any], ...]
    for module in model.modules():
        kinds = (module._parameters, module._buffers)
        for tensors in kinds:
            for key, value in tensors.items():
                places[id(value)].append((tensors, key))
    for name, tensor in others.items():
        parent, _, own = name.rpartition(".")
        old = getattr(model.get_submodule(parent), own)
        if old.shape != tensor.shape:
            raise ValueError(f"{name} is {list(tensor.shape)} and should be {list(old.shape)}")
        new = nn.Parameter(tensor, requires_grad=False) if isinstance(old, nn.Parameter) else tensor
        for held, key in places[id(old)]:  # more than one where weights are tied
            held[key] = new
    for name, module in model.named_modules():
        for own, value in (*vars(module).items(), *module._parameters.items(), *module._buffers.items()):
            if isinstance(value, torch.Tensor) and value.is_meta:
                raise ValueError(f"{name}.{own} is not kept")


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
    return [_sum(tensor) for tensor in (packed.weights, packed.scales)]


def _sum(tensor: torch.Tensor) -> int:
    """Over a tensor's bytes, taken eight at a time: quick, and another one after any single change."""
    numbers = tensor.contiguous().view(-1).view(torch.uint8)
    whole = len(numbers) // 8 * 8
    return int(numbers[:whole].view(torch.int64).sum()) + int(numbers[whole:].long().sum())


def _make_room(folder: Path, keep: Path) -> None:
    files = sorted(folder.glob("*.safetensors"), key=lambda path: path.stat().st_mtime)
    total = sum(path.stat().st_size for path in files)
    for path in files:
        if total <= MOST_BYTES:
            break
        if path != keep:
            total -= path.stat().st_size
            path.unlink()
