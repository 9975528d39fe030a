"""A GGUF file of Gemma 3 as transformers knows the model: its config, and what each tensor is called there.

Source: llama.cpp's tensor names (gguf-py/gguf/constants.py) and its Gemma 3 graph (2026-11).
"""

from __future__ import annotations

import re
from typing import Any

from playground.engine.gguf.file import GgufFile
from playground.engine.gguf.shape import Shape, common_settings, facts_of
from playground.errors import ModelUnavailable

ARCHITECTURE = "gemma3"
STOP_IDS = (1, 106)
"""`<eos>` and `<end_of_turn>`. GGUF names only the first, and a model never stops at the end of its turn by that."""
LAYERS_OF_27B = 62
"""It alone scales attention by its width for each head, not by the size of a head."""
_LAYER = re.compile(r"blk\.(\d+)\.(\w+)\.weight")
_IN_LAYER = {
    "attn_norm": "input_layernorm",
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "attn_q_norm": "self_attn.q_norm",
    "attn_k_norm": "self_attn.k_norm",
    "post_attention_norm": "post_attention_layernorm",
    "ffn_norm": "pre_feedforward_layernorm",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
    "post_ffw_norm": "post_feedforward_layernorm",
}
_OUTSIDE = {
    "token_embd.weight": "model.embed_tokens.weight",
    "output_norm.weight": "model.norm.weight",
    "output.weight": "lm_head.weight",
}


def shape_of(file: GgufFile) -> Shape:
    """The model in a file.

    Raises: ModelUnavailable when it says too little or holds a tensor that Gemma 3 does not have.
    """
    names = {stored: _name(file, stored) for stored in file.tensors}
    return Shape(_config(file), names, STOP_IDS, norm_offset=1.0, vocabulary="llama")


def _config(file: GgufFile) -> dict[str, Any]:
    said = facts_of(file, ARCHITECTURE)
    layers, hidden, heads = said("block_count"), said("embedding_length"), said("attention.head_count")
    head_size = said("attention.key_length", 256)
    config = {
        "architectures": ["Gemma3ForCausalLM"],
        "model_type": "gemma3_text",
        "vocab_size": file.tensors["token_embd.weight"].shape[0],
        "hidden_size": hidden,
        "intermediate_size": said("feed_forward_length"),
        "num_hidden_layers": layers,
        "num_attention_heads": heads,
        "num_key_value_heads": said("attention.head_count_kv"),
        "head_dim": head_size,
        "query_pre_attn_scalar": hidden // heads if layers == LAYERS_OF_27B else head_size,
        "max_position_embeddings": said("context_length"),
        "rope_theta": said("rope.freq_base", 1e6),
        "rope_local_base_freq": said("rope.freq_base_swa", 1e4),
        "sliding_window": said("attention.sliding_window"),
        "sliding_window_pattern": 6,
        **common_settings(file, said, STOP_IDS),
    }
    if (factor := said("rope.scaling.factor", 1.0)) != 1.0:
        config["rope_scaling"] = {"rope_type": "linear", "factor": factor}
    return config


def _name(file: GgufFile, stored: str) -> str:
    if stored in _OUTSIDE:
        return _OUTSIDE[stored]
    layer = _LAYER.fullmatch(stored)
    if layer is None or layer[2] not in _IN_LAYER:
        raise ModelUnavailable(f"{file.path} holds a tensor {stored!r}, which Gemma 3 does not have.")
    return f"model.layers.{layer[1]}.{_IN_LAYER[layer[2]]}.weight"
