"""The kernels' C interface: structs that mirror those in linear.h and decode.cpp, and calls with torch tensors.

A struct holds addresses only; whoever makes one keeps the tensors.
"""

from __future__ import annotations

from collections.abc import Sequence
from ctypes import POINTER, Structure, byref, c_float, c_int64, c_void_p

import torch

from playground.engine.kernels.library import Kernels

BF16, INT8, INT4 = range(3)
NUMBERS_FOR_A_THREAD = 1 << 23
"""Some 0.5 ms of work. Threads meet some 50 times in a step of a small model, and on a busy machine each may wait."""


MATRICES = ("q", "k", "v", "o", "gate", "up", "down", "own_gate", "own_out")
NORMS = ("input_norm", "q_norm", "k_norm", "v_norm", "attention_norm", "mlp_norm", "output_norm", "own_norm")


class Matrix(Structure):
    """Weights [outputs, inputs] in one of the formats of linear.h."""

    _fields_ = (
        ("weights", c_void_p),
        ("scales", c_void_p),
        ("outputs", c_int64),
        ("inputs", c_int64),
        ("format", c_int64),
    )


NO_MATRIX = Matrix(None, None, 0, 0, BF16)
"""Stands where a layer has no such weights."""


class Layer(Structure):
    """One layer of decode.cpp."""

    _fields_ = (
        *((name, Matrix) for name in MATRICES),
        *((name, c_void_p) for name in (*NORMS, "frequencies")),
        ("rope_factor", c_float),
        ("scale", c_float),
        *((name, c_int64) for name in ("window", "kv_heads", "head_size", "intermediate", "states")),
    )


class Model(Structure):
    """A whole model of decode.cpp."""

    _fields_ = (
        ("layers", POINTER(Layer)),
        *((name, c_int64) for name in ("layer_count", "hidden", "heads", "first_shared")),
        ("epsilon", c_float),
        ("scaling", c_float),
        ("norm", c_void_p),
        ("head", Matrix),
        ("own", c_int64),
        ("own_projection", Matrix),
        ("own_projection_norm", c_void_p),
        ("own_projection_scale", c_float),
        ("own_scale", c_float),
    )


class States(Structure):
    """A layer's states of decode.cpp: where they lie, for how many positions there is room, and the first of them."""

    _fields_ = (("memory", c_void_p), ("capacity", c_int64), ("first", c_int64))


class Token(Structure):
    """A token of decode.cpp: its position, and its sequence's states for each layer that has any."""

    _fields_ = (("position", c_int64), ("states", POINTER(States)))


def threads_for(numbers: int) -> int:
    """Threads worth their waiting for each other in work of so many multiplications, at most as many as torch uses."""
    return max(1, min(torch.get_num_threads(), numbers // NUMBERS_FOR_A_THREAD))


def decode(
    kernels: Kernels,
    model: Model,
    tokens: list[Token],
    threads: int,
    hidden: torch.Tensor,
    own: torch.Tensor | None,
    logits: torch.Tensor | None,
) -> None:
    """Fill logits [N, V] (float32) from embeddings [N, hidden] (float32, used up); the tokens' states are stored.

    `own` [N, layers, P] (bfloat16) is what the tokens say to each layer, where the model has that. Without logits,
    `hidden[0]` is then the last token's state after the last norm.
    """
    array = (Token * len(tokens))(*tokens)
    others = (_pointer(hidden), *(c_void_p(None) if one is None else _pointer(one) for one in (own, logits)))
    kernels.library.decode(byref(model), array, c_int64(len(tokens)), c_int64(threads), *others)


def embed(kernels: Kernels, matrix: Matrix, ids: Sequence[int], scale: float) -> torch.Tensor:
    """Embeddings [N, inputs] (float32, of bfloat16 values) of N ids, from a matrix of eight or sixteen bits.

    Raises: IndexError for an id that has no row.
    """
    if ids and not 0 <= min(ids) <= max(ids) < matrix.outputs:
        raise IndexError(f"ids {min(ids)} to {max(ids)} are not all below {matrix.outputs}")
    hidden = torch.empty((len(ids), matrix.inputs))
    array = (c_int64 * len(ids))(*ids)
    kernels.library.embed(byref(matrix), array, c_int64(len(ids)), c_float(scale), _pointer(hidden))
    return hidden


def multiply(kernels: Kernels, matrix: Matrix, x: torch.Tensor) -> torch.Tensor:
    """x [..., inputs] times a packed matrix: [..., outputs], both bfloat16."""
    rows = x.reshape(-1, matrix.inputs).contiguous()
    y = rows.new_empty((len(rows), matrix.outputs))
    threads = threads_for(matrix.inputs * y.numel())
    kernels.library.multiply(byref(matrix), _pointer(rows), c_int64(len(rows)), c_int64(threads), _pointer(y))
    return y.view(*x.shape[:-1], matrix.outputs)


def project(kernels: Kernels, matrix: Matrix, x: torch.Tensor) -> torch.Tensor:
    """x [M, inputs] times a matrix of any format: [M, outputs], both float32."""
    rows = x.float().contiguous()
    y = rows.new_empty((len(rows), matrix.outputs))
    threads = threads_for(matrix.inputs * y.numel())
    kernels.library.project(byref(matrix), _pointer(rows), c_int64(len(rows)), c_int64(threads), _pointer(y))
    return y


def likeliest(kernels: Kernels, scores: torch.Tensor, width: int) -> tuple[torch.Tensor, torch.Tensor]:
    """The `width` largest of scores [B, V] (float32), sorted, and their places: both [B, width]."""
    rows, size = scores.shape
    top, places = scores.new_empty((rows, width)), scores.new_empty((rows, width), dtype=torch.long)
    threads = min(rows, torch.get_num_threads())
    kernels.library.likeliest_of_rows(
        _pointer(scores),
        c_int64(rows),
        c_int64(size),
        c_int64(width),
        c_int64(threads),
        _pointer(top),
        _pointer(places),
    )
    return top, places


def _pointer(tensor: torch.Tensor) -> c_void_p:
    return c_void_p(address(tensor))


def address(tensor: torch.Tensor) -> int:
    """Where a contiguous tensor on the CPU begins.

    Raises: ValueError for any other.
    """
    if tensor.device.type != "cpu" or not tensor.is_contiguous():
        raise ValueError(f"kernels need contiguous tensors on the CPU, not {tensor.shape} on {tensor.device}")
    return tensor.data_ptr()


def plain_matrix(weight: torch.Tensor) -> Matrix:
    """A bfloat16 weight [outputs, inputs] as torch keeps it."""
    return Matrix(address(weight), None, weight.shape[0], weight.shape[1], BF16)
