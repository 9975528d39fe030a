"""What the kernels compute, said in plain torch: slow, and compared with them by the tests.

The twin of a whole decoding step is `gemma3.py`.
"""

from __future__ import annotations

import torch

GROUP = 32


def round_inputs(x: torch.Tensor) -> torch.Tensor:
    """x [..., K] as eight-bit kernels see it: in each group of 32, multiples of a 127th of the largest."""
    groups = x.float().view(*x.shape[:-1], -1, GROUP)
    step = groups.abs().amax(dim=-1, keepdim=True) / 127
    return torch.where(step > 0, (groups / step).round() * step, 0.0).flatten(-2)


def linear(weight: torch.Tensor, x: torch.Tensor, *, packed: bool) -> torch.Tensor:
    """x [M, K] times a weight [N, K] (widened, if it is packed), in float32."""
    return (round_inputs(x) if packed else x.bfloat16().float()) @ weight.float().T
