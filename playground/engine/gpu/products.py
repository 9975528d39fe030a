"""Products of a few rows with weights, plain or quantised. Modules that share an input are multiplied as one."""

from __future__ import annotations

from typing import Any

import torch
import triton
from torch import nn
from torch.nn import functional

from playground.engine.gpu import kernels
from playground.engine.quantised import Packed, QuantisedLinear, laid_together

COLUMNS, DEPTH = 32, 32
"""Outputs of a program, and words of weights that it reads at once."""
PROGRAMS = 512
"""Enough to keep the memory of a large GPU busy; fewer columns than that are split along the inputs."""
SHORTEST = 4 * DEPTH
"""Words of weights that a split has at least."""


class Product:
    """Multiplies with the weights of one or several linear modules, side by side.

    Weights of a kind are laid together in memory, and each module keeps its own part of them.
    """

    def __init__(self, *modules: Any) -> None:
        self._modules = modules
        self._packed: Packed | None = None
        self._weight: torch.Tensor | None = None
        if all(isinstance(module, QuantisedLinear) for module in modules):
            self._packed = laid_together(modules)
        elif all(isinstance(module, nn.Linear) for module in modules):
            self._weight = _laid_together(modules)

    def __call__(self, x: torch.Tensor, dtype: torch.dtype | None = None) -> torch.Tensor:
        """x [M, inputs] to [M, outputs of all], at most 16 rows; in `dtype`, else as x is."""
        dtype = dtype or x.dtype
        if self._packed is not None:
            return _multiply(x, self._packed, dtype)
        if self._weight is not None:
            return functional.linear(x, self._weight).to(dtype)
        return torch.cat([module(x) for module in self._modules], dim=1).to(dtype)


def _laid_together(modules: tuple[nn.Linear, ...]) -> torch.Tensor:
    if len(modules) == 1:
        return modules[0].weight
    weight = torch.cat([module.weight.detach() for module in modules])
    start = 0
    for module in modules:
        end = start + len(module.weight)
        module.weight = nn.Parameter(weight[start:end], requires_grad=False)
        start = end
    return weight


def _multiply(x: torch.Tensor, packed: Packed, dtype: torch.dtype) -> torch.Tensor:
    """See `kernels.multiply_packed`. How it is split depends on the weight's shape only."""
    slots, outputs, bits = len(x), packed.outputs, 8 if packed.bits == "int8" else 4
    count = packed.inputs * bits // 32
    across = triton.cdiv(outputs, COLUMNS)
    most = max(1, count // SHORTEST)
    splits = min(most, triton.cdiv(PROGRAMS, across))
    each = triton.cdiv(triton.cdiv(count, splits), DEPTH) * DEPTH
    splits = triton.cdiv(count, each)
    out = torch.empty((slots, outputs), dtype=dtype, device=x.device)
    parts = out if splits == 1 else torch.empty((splits, slots, outputs), dtype=torch.float32, device=x.device)
    kernels.multiply_packed[(across, splits)](
        x,
        packed.weights.view(torch.int32),
        packed.scales,
        parts,
        outputs,
        each,
        slots=slots,
        inputs=packed.inputs,
        bits=bits,
        columns=COLUMNS,
        depth=DEPTH,
        direct=splits == 1,
    )
    if splits > 1:
        grid = (slots, triton.cdiv(outputs, 256))
        kernels.add_splits[grid](parts, packed.scales, out, outputs, splits, slots=slots, scaled=bits == 8, columns=256)
    return out
