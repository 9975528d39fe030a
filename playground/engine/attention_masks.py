"""Which positions each position of a prefill chunk may attend to.

The models take the finished masks, so that a chunk at any place in the sequence, with or without images, is read
exactly as the model reads the whole sequence at once. Left to itself, transformers would need the token types of all
positions from 0 on, and reads a chunk's own types as those of the sequence's start, without an error.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, TypeAlias

import torch

from playground.engine.kv_cache import first_visible

TwoWay: TypeAlias = Literal["all layers", "sliding layers", "nowhere"]
"""Where the soft tokens of one image see each other both ways: Gemma 3, large Gemma 4, small Gemma 4."""

Masks: TypeAlias = dict[str, torch.Tensor | None]
"""By layer type: True where attention is allowed, [1, 1, queries, keys], or None for plain causal attention."""


def attention_masks(
    start: int,
    count: int,
    images: Sequence[tuple[int, int]],
    *,
    window: int,
    two_way: TwoWay,
    device: torch.device,
) -> Masks:
    """Masks for `count` queries from position `start`, over the keys that `LayerCache.update` gives back for them.

    `images` are the (start, end) of the images in this chunk; an image never crosses a chunk's edge.
    """
    full = _mask(start, count, images if two_way == "all layers" else (), None, device)
    sliding = _mask(start, count, images if two_way != "nowhere" else (), window, device)
    return {"full_attention": full, "sliding_attention": sliding}


def _mask(
    start: int, count: int, images: Sequence[tuple[int, int]], window: int | None, device: torch.device
) -> torch.Tensor | None:
    if count == 1:
        return None  # every key handed over is visible to the one query
    end = start + count
    if start == 0 and not images and (window is None or count <= window):
        return None  # plain causal attention from the start has faster kernels without a mask
    queries = torch.arange(start, end, device=device)[:, None]
    keys = torch.arange(first_visible(start, window), end, device=device)[None, :]
    allowed = keys <= queries
    for first, last in images:
        allowed |= (queries >= first) & (queries < last) & (keys >= first) & (keys < last)
    if window is not None:
        allowed &= keys > queries - window
    return allowed[None, None]
