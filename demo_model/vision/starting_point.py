"""Where the tower starts from, so that a short training is enough."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F  # noqa: N812 - torch's own convention
from torch import Tensor, nn


@torch.no_grad()
def prepare(tower: nn.Module, pixels: Tensor) -> None:
    """Set the places of patches, the first layer and the attention. `pixels` (pictures, 3, H, W) are typical ones.

    Eyes fixed on one neighbour per head, as a convolution has them, were tried instead: no faster in 200 steps.
    """
    weights = dict(tower.named_parameters())
    (table,) = (weight for name, weight in weights.items() if name.endswith("position_embedding.weight"))
    (conv,) = (module for module in tower.modules() if isinstance(module, nn.Conv2d))
    _place(table)
    _whiten(conv, pixels)
    for name, weight in weights.items():
        # Keys equal to queries: a patch first looks at those like itself, which are the ones close by.
        # Source: Trockman and Kolter, "Mimetic Initialization of Self-Attention Layers", arXiv 2305.09828.
        if name.endswith("k_proj.weight"):
            weight.copy_(weights[name.replace("k_proj", "q_proj")])


def _place(table: Tensor) -> None:
    """Waves along rows and columns, so that near patches look alike from the first step on."""
    patches, width = table.shape
    side = math.isqrt(patches)
    frequencies = torch.exp(torch.linspace(0, -math.log(30), width // 4))
    angles = torch.arange(side)[:, None] * frequencies
    waves = torch.cat([angles.sin(), angles.cos()], dim=1)
    rows, columns = waves[:, None].expand(-1, side, -1), waves[None].expand(side, -1, -1)
    table.copy_(0.5 * torch.cat([rows, columns], dim=2).flatten(0, 1))


def _whiten(conv: nn.Conv2d, pixels: Tensor) -> None:
    """Filters from the main components of real patches, each at the same strength.

    Plain colour outweighs edges a hundredfold in the pixels; without this, letters stay invisible for very long.
    """
    patches = F.unfold(pixels, conv.kernel_size, stride=conv.stride).transpose(1, 2).flatten(0, 1)
    variances, directions = torch.linalg.eigh(torch.cov(patches.T))
    strongest = torch.argsort(variances, descending=True)[: conv.out_channels]
    damping = variances[strongest[conv.out_channels // 2]]
    filters = 0.5 * directions[:, strongest] / (variances[strongest] + damping).sqrt()
    assert conv.bias is not None
    conv.weight.copy_(filters.T.reshape(conv.weight.shape))
    conv.bias.copy_(-(patches.mean(0) @ filters))
