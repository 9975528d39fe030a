"""A GGUF file unpacked, once, into a folder as the hub has them: bfloat16 safetensors, config, tokenizer.

The folder's name holds the SHA-256 of the file. It is written beside its place and moved there, so a half-written one
is never seen.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from math import prod
from pathlib import Path
from typing import Any

import torch
from filelock import FileLock
from safetensors.torch import save_file

from playground.engine.cache import cache_folder
from playground.engine.checkpoint import INDEX, SINGLE, Checkpoint, Tensor
from playground.engine.file_sums import file_sum
from playground.engine.gguf.architectures import shape_of
from playground.engine.gguf.file import GgufFile, read_gguf
from playground.engine.gguf.shape import Shape
from playground.engine.gguf.vocabulary import tokenizer_config, tokenizer_json
from playground.errors import ModelUnavailable

LAYOUT = 1
"""Raise it with any change to what is written."""
SHARD_BYTES = 2 << 30
"""Weights that are held in memory at once while they are unpacked."""
GENERATION = {
    "pad_token_id": 0,
    "do_sample": True,
    "temperature": 1.0,
    "top_k": 64,
    "top_p": 0.95,
}
"""What the Gemma team recommends for both families; a GGUF file need not say."""
Seen = Callable[[int, int], None]
"""Hears of bytes done and of bytes in all, and may raise to stop."""


def read_gguf_checkpoint(path: Path) -> Checkpoint:
    """What loading a file will give, from its head alone. `folder` is the file itself.

    Raises: ModelUnavailable naming the file, what is wrong with it and the cure.
    """
    file = read_gguf(path)
    shape = shape_of(file)
    tensors = {name: Tensor("BF16", prod(file.tensors[stored].shape)) for stored, name in shape.names.items()}
    return Checkpoint(path, shape.model_type, shape.family, shape.config, (path,), tensors)


def unpacked(path: Path, hashing: Seen, unpacking: Seen) -> Path:
    """The folder of a file, made if it is not there.

    Raises: ModelUnavailable; whatever `hashing` and `unpacking` raise.
    """
    total, done = path.stat().st_size, 0

    def seen(amount: int) -> None:
        nonlocal done
        done += amount
        hashing(done, total)

    folder = cache_folder() / "gguf" / f"{file_sum(path, seen)[:32]}-{LAYOUT}"
    if folder.is_dir():
        return folder
    file = read_gguf(path)
    with _room(folder, file), FileLock(f"{folder}.lock"):
        if not folder.is_dir():
            _write(file, folder, unpacking)
    return folder


@contextmanager
def _room(folder: Path, file: GgufFile) -> Iterator[None]:
    """Raises: ModelUnavailable when the disk is full or the folder cannot be written."""
    need = sum(2 * prod(tensor.shape) for tensor in file.tensors.values())
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        if (free := shutil.disk_usage(folder.parent).free) < need:
            raise ModelUnavailable(
                f"Unpacking {file.path.name} takes {need / 1e9:.1f} GB below {folder.parent}, and {free / 1e9:.1f} GB "
                "are free. Make room, or choose another folder with --cache-folder."
            )
        yield
    except OSError as error:
        raise ModelUnavailable(
            f"{folder.parent} cannot be written ({error}). Choose another folder with --cache-folder."
        ) from error


def _write(file: GgufFile, folder: Path, seen: Seen) -> None:
    shape = shape_of(file)
    with tempfile.TemporaryDirectory(dir=folder.parent) as made:
        place = Path(made) / "model"
        place.mkdir()
        _write_weights(file, shape, place, seen)
        _save(place / "tokenizer.json", tokenizer_json(file, shape.vocabulary))
        _save(place / "tokenizer_config.json", tokenizer_config(file, shape.vocabulary))
        _save(place / "generation_config.json", _generation(file, shape))
        _save(place / "config.json", shape.config)
        place.replace(folder)


def _generation(file: GgufFile, shape: Shape) -> dict[str, Any]:
    suppressed = file.facts.get("tokenizer.ggml.suppress_tokens")
    ends = {"bos_token_id": 2, "eos_token_id": list(shape.stop_ids)}
    return ends | GENERATION | ({"suppress_tokens": suppressed} if suppressed else {})


def _write_weights(file: GgufFile, shape: Shape, place: Path, seen: Seen) -> None:
    shards = list(_shards(file, shape))
    total, done = sum(file.tensors[stored].size for stored in shape.names), 0
    where: dict[str, str] = {}

    def read(size: int) -> None:
        nonlocal done
        done += size
        seen(done, total)

    for number, names in enumerate(shards, 1):
        name = SINGLE if len(shards) == 1 else f"model-{number:05}-of-{len(shards):05}.safetensors"
        tensors = {shape.names[stored]: _numbers(file, stored, shape.offset(stored), read) for stored in names}
        save_file(tensors, place / name, metadata={"format": "pt"})
        where |= dict.fromkeys(tensors, name)
    if len(shards) > 1:
        _save(place / INDEX, {"metadata": {}, "weight_map": where})


def _numbers(file: GgufFile, stored: str, offset: float, read: Callable[[int], None]) -> torch.Tensor:
    """A tensor less `offset`, part after part, as it takes twice the memory before it is rounded."""
    tensor = file.tensors[stored]
    numbers = torch.empty(tensor.shape, dtype=torch.bfloat16)
    for rows in tensor.parts():
        numbers[rows] = torch.from_numpy(file.unpacked(stored, rows)) - offset
        read(tensor.size * (rows.stop - rows.start) // tensor.shape[0])
    return numbers


def _shards(file: GgufFile, shape: Shape) -> Iterator[list[str]]:
    names: list[str] = []
    size = 0
    for stored in shape.names:
        own = 2 * prod(file.tensors[stored].shape)
        if names and size + own > SHARD_BYTES:
            yield names
            names, size = [], 0
        names.append(stored)
        size += own
    yield names


def _save(path: Path, content: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
