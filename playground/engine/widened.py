"""bfloat16 weights on a CPU that cannot multiply bfloat16: float32 is computed with, and half the memory is read.

There torch's own bfloat16 product takes six times as long as float32's, and its convolution over a hundred times. Few
rows go to the C++ kernels, which widen a weight as they read it. More rows widen a piece of the weight first, which
costs little beside multiplying it. Results are those of a bfloat16 product: inputs and outputs of 8 bits, float32 sums.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import nn
from torch.nn import functional

from playground.engine.cpu import bfloat16_unit, cpu_features
from playground.engine.decoder import GROUP
from playground.engine.kernels import native
from playground.engine.kernels.library import Kernels, kernels_if_any

FEW_ROWS = 64
"""Up to here the kernels were faster on a CPU with AVX2: 18 against 36 ms for 64 rows, 72 against 40 for 128."""
PIECE = 1 << 24
"""Numbers that are widened at once: 64 MiB, so that the head of a large vocabulary takes no gigabyte."""


def widen_products(model: nn.Module) -> None:
    """Let a model's bfloat16 products compute in float32 if this CPU needs it; `model` is changed, its weights stay."""
    if bfloat16_unit(cpu_features()) is not None:
        return
    kernels = kernels_if_any()
    for parent in list(model.modules()):
        for name, module in list(parent.named_children()):
            if type(module) is nn.Linear and _is_bfloat16(module.weight):
                setattr(parent, name, WidenedLinear(module, kernels))
            elif type(module) is nn.Conv2d and _is_bfloat16(module.weight):
                setattr(parent, name, WidenedConv2d(module))


class WidenedLinear(nn.Linear):
    """Takes the place of a bfloat16 `Linear` and uses its parameters."""

    def __init__(self, plain: nn.Linear, kernels: Kernels | None) -> None:
        super().__init__(plain.in_features, plain.out_features, plain.bias is not None, device="meta")
        self.weight, self.bias = plain.weight, plain.bias
        self._kernels = kernels if plain.in_features % GROUP == 0 else None

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """x [..., inputs] to [..., outputs]."""
        if x.device.type != "cpu":  # the model was moved
            return super().forward(x)
        rows = x.reshape(-1, self.in_features)
        few = self._kernels is not None and len(rows) <= FEW_ROWS
        y = self._product_of_few(rows) if few else self._product(rows)
        return y.to(x.dtype).view(*x.shape[:-1], self.out_features)

    def _product_of_few(self, rows: torch.Tensor) -> torch.Tensor:
        assert self._kernels is not None
        y = native.project(self._kernels, native.plain_matrix(self.weight), rows)
        return y if self.bias is None else y + self.bias.float()

    def _product(self, rows: torch.Tensor) -> torch.Tensor:
        wide, step = rows.float(), max(1, PIECE // self.in_features)
        pieces = []
        for start in range(0, self.out_features, step):
            bias = None if self.bias is None else self.bias[start : start + step].float()
            pieces.append(functional.linear(wide, self.weight[start : start + step].float(), bias))
        return pieces[0] if len(pieces) == 1 else torch.cat(pieces, dim=-1)


class WidenedConv2d(nn.Conv2d):
    """Takes the place of a bfloat16 `Conv2d` and uses its parameters."""

    def __init__(self, plain: nn.Conv2d) -> None:
        facts: dict[str, Any] = {
            name: getattr(plain, name)
            for name in ("in_channels", "out_channels", "kernel_size", "stride", "padding", "dilation", "groups")
        }
        super().__init__(**facts, bias=plain.bias is not None, padding_mode=plain.padding_mode, device="meta")
        self.weight, self.bias = plain.weight, plain.bias

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """x [B, channels, height, width] to [B, outputs, rows, columns]."""
        if x.device.type != "cpu":
            return super().forward(x)
        bias = None if self.bias is None else self.bias.float()
        y: torch.Tensor = self._conv_forward(x.float(), self.weight.float(), bias)
        return y.to(x.dtype)


def _is_bfloat16(weight: torch.Tensor) -> bool:
    return weight.device.type == "cpu" and weight.dtype == torch.bfloat16
