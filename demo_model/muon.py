"""Muon: gradient steps whose matrices are made orthogonal. Same-shaped matrices are handled in one batch.

Source: Jordan et al., https://kellerjordan.github.io/posts/muon/ (read 2026-11), with the step scaled as AdamW's.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import torch
from torch import Tensor

from playground.engine.devices import native_dtype


def orthogonal(matrices: Tensor, steps: int = 5) -> Tensor:
    """Near-orthogonal versions of matrices (N, rows, columns) by Newton-Schulz iteration."""
    a, b, c = 3.4445, -4.7750, 2.0315
    x = matrices.to(native_dtype(matrices.device))
    tall = x.shape[1] > x.shape[2]
    x = x.mT if tall else x
    x = x / (x.norm(dim=(1, 2), keepdim=True) + 1e-7)
    for _ in range(steps):
        gram = x @ x.mT
        x = a * x + (b * gram + c * gram @ gram) @ x
    return x.mT if tall else x


class Muon(torch.optim.Optimizer):
    """For the matrices inside layers; embeddings, norms and biases belong to AdamW."""

    def __init__(self, parameters: Iterable[Tensor], lr: float, momentum: float = 0.95) -> None:
        super().__init__(list(parameters), {"lr": lr, "momentum": momentum})

    @torch.no_grad()
    def step(  # type: ignore[override]  # torch overloads it by what a closure returns; none is taken here
        self, closure: Callable[[], Any] | None = None
    ) -> None:
        """One step from the gradients that are there."""
        assert closure is None
        for group in self.param_groups:
            shapes: dict[torch.Size, list[Tensor]] = defaultdict(list)
            for parameter in group["params"]:
                if parameter.grad is not None:
                    shapes[parameter.shape].append(parameter)
            for shape, parameters in shapes.items():
                steps = orthogonal(torch.stack(self._momenta(parameters, group["momentum"])))
                scale = 0.2 * max(shape) ** 0.5 * group["lr"]
                torch._foreach_add_(parameters, list(steps.to(parameters[0].dtype).unbind()), alpha=-scale)

    def _momenta(self, parameters: list[Tensor], momentum: float) -> Sequence[Tensor]:
        gradients = [parameter.grad for parameter in parameters if parameter.grad is not None]
        for parameter in parameters:
            self.state[parameter].setdefault("momentum", torch.zeros_like(parameter))
        held = [self.state[parameter]["momentum"] for parameter in parameters]
        torch._foreach_lerp_(held, gradients, 1 - momentum)
        return torch._foreach_lerp(gradients, held, momentum)
