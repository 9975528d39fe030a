"""A GGUF file of Gemma 4 as transformers knows the model: its config, and what each tensor is called there.

Norms are stored as they are. The part of a head that full layers rotate is not among the facts: the tensor
`rope_freqs` divides the frequencies by 1 where they rotate, and by 1e30 where they do not.

Source: llama.cpp's converter (conversion/gemma.py, `Gemma4Model`), its graph (src/models/gemma4.cpp) and its names of
tensors (gguf-py/gguf/constants.py) (2026-11).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from playground.engine.gguf.file import GgufFile
from playground.engine.gguf.shape import Shape, common_settings, facts_of
from playground.errors import ModelUnavailable

ARCHITECTURE = "gemma4"
STOP_IDS = (1, 106, 50)
"""`<eos>`, `<turn|>` and `<|tool_response>`, as the published generation config lists them; GGUF names one of them.

Source: transformers' convert_gemma4_weights.py (2026-11).
"""
ROPE = "rope_freqs.weight"
STANDS_STILL = 1e29
"""Frequencies that are divided by more than this do not rotate."""
_LAYER = re.compile(r"blk\.(\d+)\.(\w+)\.weight")
_KEYS_AND_VALUES = frozenset({"attn_k", "attn_v", "attn_k_norm"})
_IN_LAYER = {
    "attn_norm": "input_layernorm.weight",
    "attn_q": "self_attn.q_proj.weight",
    "attn_k": "self_attn.k_proj.weight",
    "attn_v": "self_attn.v_proj.weight",
    "attn_output": "self_attn.o_proj.weight",
    "attn_q_norm": "self_attn.q_norm.weight",
    "attn_k_norm": "self_attn.k_norm.weight",
    "post_attention_norm": "post_attention_layernorm.weight",
    "ffn_norm": "pre_feedforward_layernorm.weight",
    "ffn_gate": "mlp.gate_proj.weight",
    "ffn_up": "mlp.up_proj.weight",
    "ffn_down": "mlp.down_proj.weight",
    "post_ffw_norm": "post_feedforward_layernorm.weight",
    "inp_gate": "per_layer_input_gate.weight",
    "proj": "per_layer_projection.weight",
    "post_norm": "post_per_layer_input_norm.weight",
    "layer_output_scale": "layer_scalar",
}
_OUTSIDE = {
    "token_embd.weight": "model.embed_tokens.weight",
    "output_norm.weight": "model.norm.weight",
    "output.weight": "lm_head.weight",
    "per_layer_token_embd.weight": "model.embed_tokens_per_layer.weight",
    "per_layer_model_proj.weight": "model.per_layer_model_projection.weight",
    "per_layer_proj_norm.weight": "model.per_layer_projection_norm.weight",
}


def shape_of(file: GgufFile) -> Shape:
    """The model in a file.

    Raises: ModelUnavailable when it says too little, or is made in a way that transformers' model is not.
    """
    if file.facts.get(f"{ARCHITECTURE}.expert_count"):
        raise ModelUnavailable(
            f"{file.path} holds a mixture of experts, which cannot be loaded from a GGUF file. Take the model's "
            "safetensors files."
        )
    config = _config(file)
    own = config["num_hidden_layers"] - config["num_kv_shared_layers"]
    named = {stored: _name(file, stored, own) for stored in file.tensors}
    names = {stored: name for stored, name in named.items() if name is not None}
    return Shape(config, names, STOP_IDS, norm_offset=0.0, vocabulary="gemma4")


def _config(file: GgufFile) -> dict[str, Any]:
    said = facts_of(file, ARCHITECTURE)
    layers, shared = said("block_count"), said("attention.shared_kv_layers", 0)
    sliding = _sliding_layers(file, said("attention.sliding_window_pattern"), layers)
    head_size = said("attention.key_length_swa")
    inside, wide = _inside(file, said("feed_forward_length"), layers - shared, layers)
    heads, global_heads = _key_value_heads(file, said("attention.head_count_kv"), sliding)
    values_are_keys = _values_are_keys(file, sliding, layers - shared)
    if global_heads != heads and not values_are_keys:
        raise _unlike(file, f"{global_heads} key-value heads in its full layers and {heads} in the others")
    if (turning := said("rope.dimension_count_swa", head_size)) != head_size:
        raise _unlike(file, f"{turning} rotating dimensions in its sliding layers' heads of {head_size}")
    if (factor := said("rope.scaling.factor", 1.0)) != 1.0:
        raise _unlike(file, f"positions scaled by {factor:g}")
    every_layer = said("embedding_length_per_layer_input")
    config = {
        "architectures": ["Gemma4ForCausalLM"],
        "model_type": "gemma4_text",
        "vocab_size": file.tensors["token_embd.weight"].shape[0],
        "hidden_size": said("embedding_length"),
        "intermediate_size": inside,
        "use_double_wide_mlp": wide,
        "num_hidden_layers": layers,
        "num_kv_shared_layers": shared,
        "num_attention_heads": said("attention.head_count"),
        "num_key_value_heads": heads,
        "num_global_key_value_heads": global_heads if values_are_keys else None,
        "attention_k_eq_v": values_are_keys,
        "head_dim": head_size,
        "global_head_dim": said("attention.key_length"),
        "hidden_size_per_layer_input": every_layer,
        "layer_types": ["sliding_attention" if slides else "full_attention" for slides in sliding],
        "sliding_window": said("attention.sliding_window"),
        "rope_parameters": {
            "full_attention": {
                "rope_type": "proportional",
                "partial_rotary_factor": _rotating_part(file, said("attention.key_length")),
                "rope_theta": said("rope.freq_base", 1e6),
            },
            "sliding_attention": {"rope_type": "default", "rope_theta": said("rope.freq_base_swa", 1e4)},
        },
        "max_position_embeddings": said("context_length"),
        "final_logit_softcapping": said("final_logit_softcapping", 0.0) or None,
        **common_settings(file, said, STOP_IDS),
    }
    if every_layer:
        config["vocab_size_per_layer_input"] = _tensor_rows(file, "per_layer_token_embd.weight")
    return config


def _name(file: GgufFile, stored: str, own: int) -> str | None:
    """None for what is of no use: the frequencies, and keys and values of layers that take those of an earlier one.

    `own` layers come first and have keys and values of their own.
    """
    if stored == ROPE:
        return None
    if stored in _OUTSIDE:
        return _OUTSIDE[stored]
    layer = _LAYER.fullmatch(stored)
    if layer is None or layer[2] not in _IN_LAYER:
        raise ModelUnavailable(f"{file.path} holds a tensor {stored!r}, which Gemma 4 does not have.")
    if int(layer[1]) >= own and layer[2] in _KEYS_AND_VALUES:
        return None
    return f"model.layers.{layer[1]}.{_IN_LAYER[layer[2]]}"


def _sliding_layers(file: GgufFile, said: Any, layers: int) -> list[bool]:
    if not isinstance(said, list) or len(said) != layers:
        raise _unlike(file, f"{said!r} for the pattern of its {layers} layers")
    if said[-1]:
        raise _unlike(file, "a sliding layer as its last")
    return [bool(slides) for slides in said]


def _inside(file: GgufFile, said: int | Sequence[int], own: int, layers: int) -> tuple[int, bool]:
    """The width inside the feed-forward layers, and whether it is doubled where keys and values are shared."""
    widths = [said] * layers if isinstance(said, int) else list(said)
    for wide in (False, True):
        if widths == [widths[0] * (2 if wide and at >= own else 1) for at in range(layers)]:
            return widths[0], wide
    raise _unlike(file, f"feed-forward layers of {', '.join(map(str, sorted(set(widths))))}")


def _key_value_heads(file: GgufFile, said: int | Sequence[int], sliding: Sequence[bool]) -> tuple[int, int]:
    """How many sliding layers have, and how many full ones."""
    if isinstance(said, int):
        return said, said
    of_sliding = {count for count, slides in zip(said, sliding, strict=False) if slides}
    of_full = {count for count, slides in zip(said, sliding, strict=False) if not slides}
    if len(of_sliding) != 1 or len(of_full) != 1:
        raise _unlike(file, f"key-value heads that differ from layer to layer ({said})")
    return of_sliding.pop(), of_full.pop()


def _values_are_keys(file: GgufFile, sliding: Sequence[bool], own: int) -> bool:
    """Whether full layers have no projection for values, as in the large models."""
    found = {f"blk.{at}.attn_v.weight" not in file.tensors for at in range(own) if not sliding[at]}
    if len(found) > 1:
        raise _unlike(file, "projections for values in some full layers and not in others")
    return True in found


def _rotating_part(file: GgufFile, head_size: int) -> float:
    """The part of a full layer's head that rotates."""
    _tensor_rows(file, ROPE)
    divisors = file.unpacked(ROPE)
    rotating = int(np.count_nonzero(divisors == 1))
    as_said = (divisors[:rotating] == 1).all() and (divisors[rotating:] >= STANDS_STILL).all()
    if len(divisors) != head_size // 2 or not as_said:
        raise _unlike(file, f"frequencies in {ROPE} that neither rotate as they are nor stand still")
    return rotating * 2 / head_size


def _tensor_rows(file: GgufFile, name: str) -> int:
    try:
        return file.tensors[name].shape[0]
    except KeyError:
        raise ModelUnavailable(f"{file.path} lacks the tensor {name!r}, so it cannot be loaded.") from None


def _unlike(file: GgufFile, what: str) -> ModelUnavailable:
    return ModelUnavailable(
        f"{file.path} has {what}, which the Gemma 4 that can be loaded has not. Take the model's safetensors files."
    )
