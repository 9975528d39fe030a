"""The parts of a Gemma text model's layers, as every decode step of ours needs them: one reading of transformers'
classes for the C++ kernels and for those on a GPU.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import torch

from playground.engine.kernels.library import NoKernels
from playground.engine.placement import is_whole

MODEL_TYPES = ("gemma3_text", "gemma4_text")


@dataclass(frozen=True)
class LayerParts:
    """One layer. A matrix or norm that it lacks is None.

    `stores` is its index in the cache, if it stores states; `states` says whose it attends to, counted among the
    layers that store any. `window` is None for full attention. `scale` multiplies what leaves the layer.
    """

    kind: str
    window: int | None
    head_size: int
    kv_heads: int
    stores: int | None
    states: int
    scale: float
    matrices: Mapping[str, Any] = field(repr=False)
    norms: Mapping[str, Any] = field(repr=False)


def layer_parts(text: Any, config: Any) -> list[LayerParts]:
    """All layers of a text model that `check_model` let pass."""
    storing: list[LayerParts] = []
    layers: list[LayerParts] = []
    for layer in text.layers:
        attention = layer.self_attn
        kind, size = attention.layer_type, int(attention.head_dim)
        shared = getattr(attention, "is_kv_shared_layer", False)
        # A layer without states of its own looks at those of the last one of its kind that has some.
        states = max(at for at, one in enumerate(storing) if one.kind == kind) if shared else len(storing)
        parts = LayerParts(
            kind=kind,
            window=int(config.sliding_window) if kind == "sliding_attention" else None,
            head_size=size,
            kv_heads=storing[states].kv_heads if shared else outputs_of(attention.k_proj) // size,
            stores=None if shared else int(attention.layer_idx),
            states=states,
            scale=float(getattr(layer, "layer_scalar", 1.0)),
            matrices={
                "q": attention.q_proj,
                "k": None if shared else attention.k_proj,
                "v": None if shared else attention.v_proj,
                "o": attention.o_proj,
                "gate": layer.mlp.gate_proj,
                "up": layer.mlp.up_proj,
                "down": layer.mlp.down_proj,
                "own_gate": getattr(layer, "per_layer_input_gate", None),
                "own_out": getattr(layer, "per_layer_projection", None),
            },
            norms={
                "input_norm": layer.input_layernorm,
                "q_norm": attention.q_norm,
                "k_norm": None if shared else attention.k_norm,
                "v_norm": None if shared else getattr(attention, "v_norm", None),
                "attention_norm": layer.post_attention_layernorm,
                "mlp_norm": layer.pre_feedforward_layernorm,
                "output_norm": layer.post_feedforward_layernorm,
                "own_norm": getattr(layer, "post_per_layer_input_norm", None),
            },
        )
        layers.append(parts)
        if not shared:
            storing.append(parts)
    return layers


def states_like(layers: list[LayerParts], dtype: torch.dtype, device: torch.device) -> dict[int, torch.Tensor]:
    """For each layer that stores states, what one's look like: empty, [1, H, 0, D]. For `KVCache.reserve`."""
    return {
        one.stores: torch.empty((1, one.kv_heads, 0, one.head_size), dtype=dtype, device=device)
        for one in layers
        if one.stores is not None
    }


def outputs_of(module: Any) -> int:
    """Rows of a linear module's weight, plain or quantised."""
    packed = getattr(module, "packed", None)
    return int(packed.outputs if packed is not None else module.weight.shape[0])


def norm_factor(module: Any, size: int = 0) -> torch.Tensor:
    """What a norm multiplies by, in float32: Gemma 3 stores it less one, Gemma 4 as it is, and where there is nothing
    it is `size` ones.
    """
    if getattr(module, "weight", None) is None:
        return torch.ones(size)
    weight: torch.Tensor = module.weight.detach()
    return weight.float() + (1.0 if type(module).__name__ == "Gemma3RMSNorm" else 0.0)


def check_model(model: Any) -> None:
    """Raises: NoKernels when a step of ours cannot compute what this model does, wherever it lies."""
    text, config = model.get_decoder(), model.config.get_text_config()
    if config.model_type not in MODEL_TYPES or not is_whole(text):
        raise NoKernels(f"they are written for Gemma 3 and 4 on one device, and this is {config.model_type}")
    if getattr(config, "enable_moe_block", False) or getattr(config, "use_bidirectional_attention", None) == "all":
        raise NoKernels("this model has experts, or looks both ways at text, which they do not know")
    if config.attention_bias or getattr(config, "attn_logit_softcapping", None):
        raise NoKernels("this model has biases, or soft caps in its attention, which they do not know")
    if config.hidden_activation != "gelu_pytorch_tanh":
        raise NoKernels(f"they compute gelu by tanh, and this model takes {config.hidden_activation}")
