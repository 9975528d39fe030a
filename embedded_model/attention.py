"""Attention for training: rows of any length one after another in one sequence, some behind a start they share.

All of Gemma's query heads share one head of keys, so their scores are one product. On CPUs it takes half the time of
PyTorch's own attention, most of all backward.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import torch
from transformers import AttentionInterface, AttentionMaskInterface

from embedded_model.batches import Group

NAME = "rows_one_after_another"
_HIDDEN = -30000.0
"""Added to the score of a key that is not seen; far within the range of every type."""


def attend(
    module: torch.nn.Module,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: None,
    *,
    scaling: float,
    groups: Sequence[Group],
    sliding_window: int | None = None,
    **_: Any,
) -> tuple[torch.Tensor, None]:
    """What transformers asks of an attention: [1, heads, N, D] to [1, N, heads, D]."""
    del module, attention_mask
    asked, keys, values = query[0] * scaling, key[0], value[0]
    found, at = [], 0
    for shared, rows in groups:
        start = slice(at, at + shared)
        if shared:
            found.append(_attended(asked[:, start], keys[:, start], values[:, start], sliding_window))
        at += shared
        for length in rows:
            own = slice(at, at + length)
            before = [torch.cat([one[:, start], one[:, own]], 1) if shared else one[:, own] for one in (keys, values)]
            found.append(_attended(asked[:, own], *before, sliding_window))
            at += length
    return torch.cat(found, 1).transpose(0, 1)[None], None


def _attended(query: torch.Tensor, keys: torch.Tensor, values: torch.Tensor, window: int | None) -> torch.Tensor:
    """One row: queries [heads, T, D], keys and values [shared heads, S, D], whose last T are the queries' own."""
    heads, new, size = query.shape
    shared, all_keys = keys.shape[:2]
    together = heads // shared
    asked = query.reshape(shared, together * new, size)
    mask = _mask(new, all_keys, window, query.dtype, query.device).repeat(together, 1)
    scores = torch.baddbmm(mask.expand(shared, -1, -1), asked, keys.transpose(1, 2))
    return (scores.softmax(-1) @ values).view(heads, new, size)


@lru_cache(maxsize=256)
def _mask(new: int, all_keys: int, window: int | None, dtype: torch.dtype, device: torch.device) -> torch.Tensor:
    at = torch.arange(all_keys - new, all_keys, device=device)[:, None] - torch.arange(all_keys, device=device)
    hidden = (at < 0) | (at >= (window or all_keys))
    return torch.zeros(new, all_keys, dtype=dtype, device=device).masked_fill(hidden, _HIDDEN)


AttentionInterface.register(NAME, attend)
AttentionMaskInterface.register(NAME, lambda *_, **__: None)
