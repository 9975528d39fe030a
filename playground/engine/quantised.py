"""Weights of eight or four bits: how they are made from a checkpoint's, laid out for the kernels, and used.

int8: one scale for each output. int4: symmetric, a scale for each group of 32 inputs, as in Google's checkpoints that
were trained for it (QAT, q4_0). Layouts: kernels/linear.h. Without kernels a weight is widened again at each use,
which saves memory and costs time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Literal, TypeAlias

import torch
from torch import nn
from torch.nn import functional

from playground.engine.kernels import native
from playground.engine.kernels.library import kernels_if_any

Bits: TypeAlias = Literal["int8", "int4"]
Keep: TypeAlias = Callable[[str, Callable[[], "Packed"]], "Packed"]
BLOCK, GROUP = 16, 32
PIECE = 1 << 24
"""Numbers that are widened at once where there are no kernels: 64 MiB, so that a large head takes no gigabyte."""


@dataclass(frozen=True, eq=False)
class Packed:
    """A quantised weight [outputs, inputs]. `weights` and `scales` are laid out as kernels/linear.h says."""

    bits: Bits
    outputs: int
    inputs: int
    weights: torch.Tensor = field(repr=False)
    scales: torch.Tensor = field(repr=False)

    @property
    def matrix(self) -> native.Matrix:
        """For the kernels; valid as long as this object lives."""
        kind = native.INT8 if self.bits == "int8" else native.INT4
        addresses = native.address(self.weights), native.address(self.scales)
        return native.Matrix(*addresses, self.outputs, self.inputs, kind)

    def rows(self, ids: torch.Tensor) -> torch.Tensor:
        """Rows of the weight, widened to float32: [*ids.shape, inputs]."""
        block, place = ids // BLOCK, ids % BLOCK
        values = self.weights[block, :, place].flatten(-2)
        if self.bits == "int8":
            return (values.float() - 128) * self.scales.view(-1, BLOCK)[block, place][..., None]
        pairs = self.weights[block, :, place]  # [..., inputs / 8, 4]
        values = torch.stack((pairs & 15, pairs >> 4), dim=-2).flatten(-3).float() - 8
        scales = self.scales[block, :, place].float().repeat_interleave(GROUP, dim=-1)
        return values * scales


def can_pack(weight: torch.Tensor) -> bool:
    """Whether a weight [outputs, inputs] has a shape that can be packed."""
    return weight.ndim == 2 and weight.shape[0] % BLOCK == 0 and weight.shape[1] % GROUP == 0


def pack(weight: torch.Tensor, bits: Bits) -> Packed:
    """Quantise a weight [outputs, inputs] by rounding to nearest."""
    outputs, inputs = weight.shape
    return Packed(bits, outputs, inputs, *(_pack_int8(weight) if bits == "int8" else _pack_int4(weight)))


def _pack_int8(weight: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    outputs, inputs = weight.shape
    packed = torch.empty((outputs // BLOCK, inputs // 4, BLOCK, 4), dtype=torch.uint8)
    scales = torch.empty(outputs)
    for start in range(0, outputs, 4096):  # so that a head of 262,144 rows is not widened at once
        part = weight[start : start + 4096].float()
        scale = part.abs().amax(dim=1).clamp(min=1e-30) / 127
        numbers = (part / scale[:, None]).round().add(128).to(torch.uint8)
        scales[start : start + 4096] = scale
        packed[start // BLOCK : (start + len(part)) // BLOCK] = numbers.view(-1, BLOCK, inputs // 4, 4).transpose(1, 2)
    return packed, scales


def _pack_int4(weight: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    outputs, inputs = weight.shape
    groups = weight.float().view(outputs, inputs // GROUP, GROUP)
    # The number furthest from zero becomes -8, the end of the range with one step more.
    furthest = groups.gather(-1, groups.abs().argmax(dim=-1, keepdim=True))
    scales = (furthest / -8).bfloat16()
    scales = torch.where(scales == 0, torch.ones_like(scales), scales)
    numbers = (groups / scales.float()).round().clamp(-8, 7).add(8).to(torch.uint8)
    halves = numbers.view(outputs // BLOCK, BLOCK, inputs // 8, 2, 4).permute(3, 0, 2, 1, 4)
    packed = (halves[0] | (halves[1] << 4)).contiguous()
    return packed, scales.view(outputs // BLOCK, BLOCK, inputs // GROUP).transpose(1, 2).contiguous()


def quantise(model: Any, bits: Bits, keep: Keep = lambda _, make: make()) -> None:
    """Replace the weights of a model's language part by quantised ones, one after another; `model` is changed.

    The embedding, which is the head too, always takes eight bits: each token's row is read by itself, so rounding it
    costs most. `keep` is given each weight's name and a function that packs it, and may bring it from elsewhere.
    """
    inner = model.model
    text = getattr(inner, "language_model", inner)
    for name, module in list(text.named_modules()):
        if isinstance(module, nn.Linear) and getattr(module, "bias", None) is None and can_pack(module.weight):
            packed = keep(name, partial(pack, module.weight, bits))
            parent, _, own = name.rpartition(".")
            setattr(text.get_submodule(parent), own, QuantisedLinear(packed))
    embedding = text.embed_tokens
    if can_pack(embedding.weight):
        packed = keep("embed_tokens", partial(pack, embedding.weight, "int8"))
        if model.lm_head.weight is embedding.weight:
            model.lm_head = QuantisedLinear(packed)
        text.embed_tokens = QuantisedEmbedding(packed, embedding.scalar_embed_scale, embedding.weight.dtype)


class _Quantised(nn.Module):
    """Holds a packed weight whose tensors are found by those who ask a model for its memory, or move it."""

    weights: torch.Tensor
    scales: torch.Tensor

    def __init__(self, packed: Packed) -> None:
        super().__init__()
        self.packed = packed
        self.register_buffer("weights", packed.weights, persistent=False)
        self.register_buffer("scales", packed.scales, persistent=False)

    def _apply(self, fn: Callable[[torch.Tensor], torch.Tensor], recurse: bool = True) -> _Quantised:
        """Where modules are moved to another device: the packed weight moves along."""
        super()._apply(fn, recurse)  # type: ignore[no-untyped-call]  # untyped library
        self.packed = replace(self.packed, weights=self.weights, scales=self.scales)
        return self


class QuantisedLinear(_Quantised):
    """Takes the place of a `Linear` without bias."""

    def __init__(self, packed: Packed) -> None:
        super().__init__(packed)
        self._kernels = kernels_if_any()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """x [..., inputs] to [..., outputs]."""
        if self._kernels is not None and x.dtype == torch.bfloat16 and x.device.type == "cpu":
            return native.multiply(self._kernels, self.packed.matrix, x)
        step = max(1, PIECE // self.packed.inputs)
        starts = range(0, self.packed.outputs, step)
        rows = (torch.arange(at, min(at + step, self.packed.outputs), device=x.device) for at in starts)
        parts = [functional.linear(x, self.packed.rows(some).to(x.dtype)) for some in rows]
        return parts[0] if len(parts) == 1 else torch.cat(parts, dim=-1)


def laid_together(modules: Sequence[QuantisedLinear]) -> Packed:
    """One weight with the rows of all; each module keeps its part of the same memory. They are of one kind."""
    if len(modules) == 1:
        return modules[0].packed
    first = modules[0].packed
    weights = torch.cat([one.weights for one in modules])
    scales = torch.cat([one.scales for one in modules])
    starts = [0, 0]
    for one in modules:
        ends = [starts[0] + len(one.weights), starts[1] + len(one.scales)]
        one.weights, one.scales = weights[starts[0] : ends[0]], scales[starts[1] : ends[1]]
        one.packed = replace(one.packed, weights=one.weights, scales=one.scales)
        starts = ends
    return replace(first, outputs=sum(one.packed.outputs for one in modules), weights=weights, scales=scales)


class QuantisedEmbedding(_Quantised):
    """Takes the place of Gemma's scaled embedding."""

    def __init__(self, packed: Packed, scale: float, dtype: torch.dtype) -> None:
        super().__init__(packed)
        self.scalar_embed_scale = scale
        self._scale = torch.tensor(scale, dtype=dtype)

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        """ids [...] to [..., hidden]."""
        return self.packed.rows(ids).to(self._scale.dtype) * self._scale
