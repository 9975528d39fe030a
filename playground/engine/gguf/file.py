"""The head of a GGUF file: its metadata and where its tensors lie. Tensors are unpacked by the `gguf` package.

The package's own reader takes ten seconds and more for Gemma's 262,144 tokens, because it makes an array of each; this
one takes a fraction of a second, so a list of models may read heads.

Source: the format, https://github.com/ggml-org/ggml/blob/master/docs/gguf.md, version 3 (2026-11).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from math import prod
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from gguf import GGML_QUANT_SIZES, GGMLQuantizationType, GGUFValueType
from gguf.quants import dequantize

from playground.errors import ModelUnavailable

MAGIC = b"GGUF"
VERSIONS = (2, 3)
TYPES = frozenset({"F32", "F16", "BF16", "Q8_0", "Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q4_K", "Q5_K", "Q6_K"})
"""Number formats that Gemma's files use; each is tested against the package's own unpacking."""
MOST_ENTRIES = 1 << 24
"""Of one array, and of tensors and facts: more is a damaged file, not a larger model."""
MOST_TEXT = 1 << 24
MOST_AT_ONCE = 1 << 26
"""Numbers that are unpacked at once: Gemma 4 has a table of several thousand million."""
_NUMBERS = {
    GGUFValueType.UINT8: "B",
    GGUFValueType.INT8: "b",
    GGUFValueType.UINT16: "H",
    GGUFValueType.INT16: "h",
    GGUFValueType.UINT32: "I",
    GGUFValueType.INT32: "i",
    GGUFValueType.FLOAT32: "f",
    GGUFValueType.BOOL: "?",
    GGUFValueType.UINT64: "Q",
    GGUFValueType.INT64: "q",
    GGUFValueType.FLOAT64: "d",
}


@dataclass(frozen=True)
class GgufTensor:
    """One stored tensor. `shape` is torch's order (rows first), `start` the position of its bytes in the file."""

    name: str
    shape: tuple[int, ...]
    kind: GGMLQuantizationType
    start: int
    size: int

    def parts(self) -> Iterator[slice]:
        """All its rows, as many at once as MOST_AT_ONCE allows."""
        count = self.shape[0]
        step = max(1, MOST_AT_ONCE * count // max(1, prod(self.shape)))
        for first in range(0, count, step):
            yield slice(first, min(first + step, count))


@dataclass(frozen=True)
class GgufFile:
    """A file's head. `facts` holds its metadata; arrays are lists."""

    path: Path
    facts: Mapping[str, Any] = field(repr=False)
    tensors: Mapping[str, GgufTensor] = field(repr=False)

    def fact(self, name: str) -> Any:
        """A fact that has to be there.

        Raises: ModelUnavailable naming what is missing.
        """
        try:
            return self.facts[name]
        except KeyError:
            raise ModelUnavailable(f"{self.path} says nothing of {name}, so it cannot be loaded.") from None

    def unpacked(self, name: str, rows: slice | None = None) -> np.ndarray:
        """A tensor's numbers in float32, in `shape`, or some of its rows."""
        tensor = self.tensors[name]
        count = tensor.shape[0]
        first, stop = (rows.start, rows.stop) if rows else (0, count)
        shape = (stop - first, *tensor.shape[1:])
        size, before = tensor.size * shape[0] // count, tensor.size * first // count
        packed = np.fromfile(self.path, np.uint8, size, offset=tensor.start + before)
        return dequantize(packed.reshape(*shape[:-1], -1), tensor.kind).reshape(shape)


def is_gguf(path: Path) -> bool:
    """Whether a path names a GGUF file, which need not be there, or is one under another name, as Ollama has them."""
    if path.suffix.lower() == ".gguf":
        return True
    try:
        with path.open("rb") as file:
            return file.read(4) == MAGIC
    except (OSError, ValueError):  # no file, or no path at all
        return False


def read_gguf(path: Path) -> GgufFile:
    """The head of a file, checked: every tensor lies within the file, in a format that can be unpacked.

    Raises: ModelUnavailable naming the file, what is wrong with it and the cure.
    """
    try:
        state = path.stat()
    except OSError as error:
        raise ModelUnavailable(f"{path} cannot be read: {error.strerror}.") from error
    return _read(path, state.st_size, state.st_mtime_ns)


@lru_cache(maxsize=16)
def _read(path: Path, size: int, _: int) -> GgufFile:
    try:
        with path.open("rb") as file:
            return _Head(path, size, file).read()
    except (struct.error, ValueError, OverflowError, MemoryError) as error:
        raise _damaged(path, str(error) or type(error).__name__) from error
    except OSError as error:
        raise ModelUnavailable(f"{path} cannot be read: {error.strerror}.") from error


class _Head:
    """Reads one file from its start."""

    def __init__(self, path: Path, size: int, file: BinaryIO) -> None:
        self._path = path
        self._size = size
        self._file = file

    def read(self) -> GgufFile:
        if self._file.read(4) != MAGIC:
            raise _damaged(self._path, "it does not begin as a GGUF file does")
        version = self._number("I")
        if version not in VERSIONS:
            raise ModelUnavailable(f"{self._path} is GGUF version {version}; versions {VERSIONS} can be read.")
        tensor_count, fact_count = self._count(), self._count()
        facts = dict(self._fact() for _ in range(fact_count))
        heads = [self._tensor() for _ in range(tensor_count)]
        alignment = int(facts.get("general.alignment", 32))
        begin = -(-self._file.tell() // alignment) * alignment
        tensors = {}
        for name, shape, kind, offset in heads:
            block, block_bytes = GGML_QUANT_SIZES[kind]
            size = prod(shape) // block * block_bytes
            if begin + offset + size > self._size:
                raise _damaged(self._path, f"it is {self._size:,} bytes long, which cuts off {name}")
            tensors[name] = GgufTensor(name, shape, kind, begin + offset, size)
        return GgufFile(self._path, facts, tensors)

    def _fact(self) -> tuple[str, Any]:
        return self._text(), self._value(GGUFValueType(self._number("I")))

    def _value(self, kind: GGUFValueType) -> Any:
        if kind == GGUFValueType.STRING:
            return self._text()
        if kind != GGUFValueType.ARRAY:
            return self._number(_NUMBERS[kind])
        inner, count = GGUFValueType(self._number("I")), self._count()
        if inner in _NUMBERS:
            form = _NUMBERS[inner]
            return list(struct.unpack(f"<{count}{form}", self._bytes(count * struct.calcsize(f"<{form}"))))
        return [self._value(inner) for _ in range(count)]

    def _tensor(self) -> tuple[str, tuple[int, ...], GGMLQuantizationType, int]:
        name = self._text()
        shape = tuple(self._number("Q") for _ in range(self._number("I")))[::-1]
        kind = GGMLQuantizationType(self._number("I"))
        if kind.name not in TYPES:
            raise ModelUnavailable(
                f"{self._path} holds {name} as {kind.name}, which is not supported. Take a file in one of "
                f"{', '.join(sorted(TYPES))}."
            )
        return name, shape, kind, self._number("Q")

    def _count(self) -> int:
        count = int(self._number("Q"))
        if count > MOST_ENTRIES:
            raise ValueError(f"it claims to hold {count:,} entries")
        return count

    def _text(self) -> str:
        size = self._number("Q")
        if size > MOST_TEXT:
            raise ValueError(f"it claims to hold a text of {size:,} bytes")
        return self._bytes(size).decode("utf-8", "replace")

    def _number(self, form: str) -> Any:
        return struct.unpack(f"<{form}", self._bytes(struct.calcsize(f"<{form}")))[0]

    def _bytes(self, size: int) -> bytes:
        found = self._file.read(size)
        if len(found) != size:
            raise ValueError("it ends in the middle of its head")
        return found


def _damaged(path: Path, why: str) -> ModelUnavailable:
    return ModelUnavailable(f"{path} is damaged: {why}. Delete it and get it again.")
