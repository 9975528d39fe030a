"""A model's folder, read from its JSON files and safetensors headers alone: what it is and whether it is whole.

Knows nothing of torch or transformers, so a list of models costs no imports and no gigabytes.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import prod
from pathlib import Path
from typing import Any, Literal, TypeAlias

from playground.engine.file_sums import file_sum
from playground.errors import ModelUnavailable

Family: TypeAlias = Literal["gemma3", "gemma4"]
FAMILIES: Mapping[str, Family] = {
    "gemma3_text": "gemma3",
    "gemma3": "gemma3",
    "gemma4_text": "gemma4",
    "gemma4": "gemma4",
}
"""Supported `model_type`s of a config.json."""
INDEX = "model.safetensors.index.json"
SINGLE = "model.safetensors"
TYPE_BYTES = {"F64": 8, "F32": 4, "F16": 2, "BF16": 2, "I64": 8, "I32": 4, "I16": 2, "I8": 1, "U8": 1, "BOOL": 1}
FLOATS = frozenset({"F64", "F32", "F16", "BF16"})
MAX_HEADER_BYTES = 100_000_000
"""The limit of the safetensors format itself."""
HASHED = (".safetensors", ".json", ".jinja", ".model")


@dataclass(frozen=True)
class Tensor:
    """One stored tensor: its number format (`BF16`, …) and how many numbers it holds."""

    dtype: str
    elements: int


@dataclass(frozen=True)
class Checkpoint:
    """A folder that holds a whole model of a supported family.

    `text` is the language model's part of `config`, which is `config` itself in a text-only model.
    """

    folder: Path
    model_type: str
    family: Family
    config: Mapping[str, Any] = field(repr=False)
    shards: tuple[Path, ...]
    tensors: Mapping[str, Tensor] = field(repr=False)

    @property
    def text(self) -> Mapping[str, Any]:
        """The language model's settings."""
        part = self.config.get("text_config")
        return part if isinstance(part, Mapping) else self.config

    @property
    def has_images(self) -> bool:
        """Whether the model was trained with a vision tower and the checkpoint holds it."""
        return self.config.get("vision_config") is not None

    @property
    def file_bytes(self) -> int:
        """Size of all weight files together."""
        return sum(path.stat().st_size for path in self.shards)


def read_checkpoint(folder: Path) -> Checkpoint:
    """What a folder holds, checked for everything that would break a load later.

    Raises: ModelUnavailable naming the missing, broken or unsupported file and the cure.
    """
    if not folder.is_dir():
        raise ModelUnavailable(f"There is no folder {folder}. Give the folder that holds the model's config.json.")
    config = read_json(folder / "config.json")
    model_type = str(config.get("model_type"))
    if model_type not in FAMILIES:
        raise ModelUnavailable(
            f"{folder} holds a model of type {model_type!r}, which is not supported. "
            f"Supported types: {', '.join(FAMILIES)}."
        )
    if quantised := config.get("quantization_config"):
        method = quantised.get("quant_method") if isinstance(quantised, Mapping) else quantised
        raise ModelUnavailable(
            f"{folder} holds weights that were quantised ({method}); only plain ones can be loaded. "
            "Take the model that they were made from."
        )
    if not (folder / "tokenizer.json").is_file():
        raise ModelUnavailable(f"{folder / 'tokenizer.json'} is missing. Copy or download it again.")
    shards = _shards(folder)
    tensors: dict[str, Tensor] = {}
    for shard in shards:
        tensors.update(read_header(shard))
    return Checkpoint(folder, model_type, FAMILIES[model_type], config, shards, tensors)


def read_json(path: Path) -> dict[str, Any]:
    """The object in a JSON file.

    Raises: ModelUnavailable when the file is missing, unreadable, not JSON or not an object.
    """
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ModelUnavailable(f"{path} is missing. Copy or download it again.") from error
    except (OSError, UnicodeDecodeError, ValueError) as error:
        raise ModelUnavailable(f"{path} cannot be read ({error}). Copy or download it again.") from error
    if not isinstance(value, dict):
        raise ModelUnavailable(f"{path} holds a {type(value).__name__}, not an object. Copy or download it again.")
    return value


def read_optional_json(path: Path) -> dict[str, Any]:
    """As `read_json`, but a missing file is an empty object."""
    return read_json(path) if path.exists() else {}


def read_header(path: Path) -> dict[str, Tensor]:
    """The tensors of one safetensors file, after checking that the file is as long as its header says.

    Source: the safetensors format, https://github.com/huggingface/safetensors#format (2026-11).
    Raises: ModelUnavailable naming the file, the length it should have and the length it has.
    """
    actual = path.stat().st_size
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        if actual < 8 or length > min(MAX_HEADER_BYTES, actual - 8):
            raise _broken(path, f"it is {actual:,} bytes long and its header is cut off or is not safetensors")
        try:
            header = json.loads(file.read(length))
            entries = {name: entry for name, entry in header.items() if name != "__metadata__"}
            tensors = {name: Tensor(str(e["dtype"]), prod(e["shape"])) for name, e in entries.items()}
            end = max((int(entry["data_offsets"][1]) for entry in entries.values()), default=0)
        except (ValueError, TypeError, KeyError, IndexError, AttributeError) as error:
            raise _broken(path, f"its header is not valid: {error}") from error
    if actual != 8 + length + end:
        raise _broken(path, f"it is {actual:,} bytes long and should be {8 + length + end:,}")
    return tensors


def revision(checkpoint: Checkpoint, seen: Callable[[int], None] = lambda _: None) -> str:
    """SHA-256 over the names and contents of the model's files: the same files give it wherever they lie.

    `seen` hears of every block's bytes and may raise to stop. Files in a hub cache are named by their hash, which is
    taken as it is; others are read, unless their hash is known from an earlier start.
    """
    total = hashlib.sha256()
    for path in sorted(checkpoint.folder.iterdir()):
        if path.is_file() and path.name.endswith(HASHED):
            weights = path in checkpoint.shards
            total.update(f"{path.name}\0{_content_hash(path, seen if weights else lambda _: None)}\n".encode())
    return total.hexdigest()


def _content_hash(path: Path, seen: Callable[[int], None]) -> str:
    blob = path.resolve()
    if blob.parent.name == "blobs" and re.fullmatch(r"[0-9a-f]{64}", blob.name):
        seen(blob.stat().st_size)
        return blob.name
    return file_sum(path, seen)


def _shards(folder: Path) -> tuple[Path, ...]:
    index = folder / INDEX
    if index.exists():
        names = read_json(index).get("weight_map")
        if not isinstance(names, dict) or not names:
            raise ModelUnavailable(f"{index} has no weight_map. Copy or download it again.")
        shards = tuple(folder / name for name in sorted({str(name) for name in names.values()}))
    else:
        shards = (folder / SINGLE,)
    missing = [shard.name for shard in shards if not shard.is_file()]
    if missing:
        raise ModelUnavailable(_missing(folder, missing, len(shards)))
    return shards


def _missing(folder: Path, missing: list[str], count: int) -> str:
    others = sorted(path.name for path in folder.iterdir() if path.suffix in {".bin", ".gguf", ".pth"})
    if others and missing == [SINGLE]:
        return f"{folder} holds {others[0]}, but only safetensors files can be loaded. Download those of the model."
    files = ", ".join(missing[:3]) + (", …" if len(missing) > 3 else "")
    return f"{folder} lacks {len(missing)} of {count} weight files ({files}). Download the model again to fetch them."


def _broken(path: Path, why: str) -> ModelUnavailable:
    return ModelUnavailable(f"{path} is damaged: {why}. Delete it and download it again.")
