"""Gemma 3's text model as one short forward pass over the weights of transformers' classes.

It computes what `Gemma3TextModel.forward` computes and spends little time outside the products. Knows nothing of
kernels: a weight is a module that multiplies, plain or quantised.
"""

from __future__ import annotations

from typing import Any

import torch
from torch.nn import functional

from playground.engine.attention_masks import Masks
from playground.engine.kv_cache import KVCache
from playground.engine.layers import norm_factor
from playground.engine.placement import is_whole


class Gemma3Text:
    """A view of a `Gemma3TextModel`. All its weights lie on one device."""

    def __init__(self, text: Any, config: Any) -> None:
        self._text = text
        self._kinds: list[str] = list(config.layer_types)
        self._epsilon = float(config.rms_norm_eps)
        self._scaling = float(config.query_pre_attn_scalar) ** -0.5
        self._size = int(config.head_dim)
        self._factors = {
            module: norm_factor(module) for module in text.modules() if type(module).__name__ == "Gemma3RMSNorm"
        }

    def forward(self, embeddings: torch.Tensor, start: int, cache: KVCache, masks: Masks) -> torch.Tensor:
        """Append T tokens [1, T, hidden] at position `start`; their hidden states after the last norm."""
        turns = {kind: self._turn(kind, start, embeddings) for kind in set(self._kinds)}
        x = embeddings
        for index, (kind, layer) in enumerate(zip(self._kinds, self._text.layers, strict=True)):
            y = self._norm(layer.input_layernorm, x)
            y = self._attention(index, layer.self_attn, y, turns[kind], cache, masks[kind])
            x = x + self._norm(layer.post_attention_layernorm, y)
            y = self._norm(layer.pre_feedforward_layernorm, x)
            y = layer.mlp.down_proj(functional.gelu(layer.mlp.gate_proj(y), approximate="tanh") * layer.mlp.up_proj(y))
            x = x + self._norm(layer.post_feedforward_layernorm, y)
        return self._norm(self._text.norm, x)

    def _attention(
        self,
        index: int,
        layer: Any,
        x: torch.Tensor,
        turn: tuple[torch.Tensor, torch.Tensor],
        cache: KVCache,
        mask: torch.Tensor | None,
    ) -> torch.Tensor:
        queries, keys, values = (
            product(x).unflatten(-1, (-1, self._size)).transpose(1, 2)
            for product in (layer.q_proj, layer.k_proj, layer.v_proj)
        )
        queries = _turned(self._norm(layer.q_norm, queries), turn)
        keys, values = cache.update(_turned(self._norm(layer.k_norm, keys), turn), values, index)
        attend = _attend_one if x.shape[1] == 1 else _attend_many
        return layer.o_proj(  # type: ignore[no-any-return]  # untyped library
            attend(queries, keys, values, mask, self._scaling).transpose(1, 2).flatten(2)
        )

    def _norm(self, module: Any, x: torch.Tensor) -> torch.Tensor:
        factor = self._factors[module]
        return functional.rms_norm(x.float(), factor.shape, factor, self._epsilon).to(x.dtype)

    def _turn(self, kind: str, start: int, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Cosines and sines of rotary positions, [1, T, D] each."""
        positions = torch.arange(start, start + x.shape[1], device=x.device)[None]
        cosines, sines = self._text.rotary_emb(x, positions, kind)
        return cosines, sines


def is_whole_gemma3(text: Any, config: Any) -> bool:
    """Whether it is a Gemma 3 whose weights lie on one device, none of them brought in by hooks."""
    return config.model_type == "gemma3_text" and is_whole(text)


def _turned(x: torch.Tensor, turn: tuple[torch.Tensor, torch.Tensor]) -> torch.Tensor:
    """Rotary positions applied to states [1, H, T, D]."""
    cosines, sines = turn
    first, second = x.chunk(2, dim=-1)
    return x * cosines + torch.cat((-second, first), dim=-1) * sines


def _attend_many(
    queries: torch.Tensor, keys: torch.Tensor, values: torch.Tensor, mask: torch.Tensor | None, scaling: float
) -> torch.Tensor:
    return functional.scaled_dot_product_attention(
        queries, keys, values, attn_mask=mask, is_causal=mask is None, scale=scaling, enable_gqa=True
    )


def _attend_one(
    queries: torch.Tensor, keys: torch.Tensor, values: torch.Tensor, _: torch.Tensor | None, scaling: float
) -> torch.Tensor:
    """As `_attend_many` for one query, which sees all keys: two small products instead of a kernel made for many."""
    grouped = queries.view(1, keys.shape[1], -1, queries.shape[-1])  # query heads that share keys, side by side
    scores = torch.matmul(grouped, keys.transpose(2, 3)) * scaling
    weights = torch.softmax(scores, dim=-1, dtype=torch.float32).to(values.dtype)
    return torch.matmul(weights, values).view(queries.shape)
