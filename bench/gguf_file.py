"""A Gemma 3 text checkpoint as GGUF, the file format of llama.cpp.

Source: llama.cpp's names of tensors and fields for the architecture `gemma3`, as the package gguf lists them (2026-11);
its norms hold what they multiply by, so one more than transformers' weights.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from bench.shapes import Shape

QUANTIZED = {"q8_0": 7, "q4_0": 2}
"""llama.cpp's numbers for the formats of whole files (`llama_ftype`)."""
BYTE_TYPE, CONTROL_TYPE, NORMAL_TYPE = 6, 3, 1
FIRST_BYTE = 7
TENSORS = {
    "input_layernorm": "attn_norm",
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "self_attn.q_norm": "attn_q_norm",
    "self_attn.k_norm": "attn_k_norm",
    "post_attention_layernorm": "post_attention_norm",
    "pre_feedforward_layernorm": "ffn_norm",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
    "post_feedforward_layernorm": "post_ffw_norm",
}


def tensor_name(name: str) -> str:
    """llama.cpp's name of a tensor of a checkpoint.

    Raises: KeyError for a tensor that a Gemma 3 text model does not have.
    """
    outside = {"model.embed_tokens.weight": "token_embd.weight", "model.norm.weight": "output_norm.weight"}
    if name in outside:
        return outside[name]
    layer, inside = name.removeprefix("model.layers.").removesuffix(".weight").split(".", 1)
    return f"blk.{layer}.{TENSORS[inside]}.weight"


def write_gguf(checkpoint: Path, target: Path, shape: Shape) -> None:
    """Write the weights in bfloat16, norms in float32, with a tokenizer that only knows ids."""
    import gguf
    import torch
    from safetensors import safe_open

    writer = gguf.GGUFWriter(str(target), "gemma3")
    _describe(writer, shape)
    with safe_open(str(checkpoint / "model.safetensors"), framework="pt") as file:
        for name in sorted(file.keys()):
            weight = file.get_tensor(name)
            if name.endswith("norm.weight"):
                writer.add_tensor(tensor_name(name), (weight.float() + 1).numpy())
            else:
                writer.add_tensor(
                    tensor_name(name), weight.view(torch.uint8).numpy(), raw_dtype=gguf.GGMLQuantizationType.BF16
                )
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _describe(writer: Any, shape: Shape) -> None:
    writer.add_context_length(shape.max_position_embeddings)
    writer.add_embedding_length(shape.hidden_size)
    writer.add_block_count(shape.num_hidden_layers)
    writer.add_feed_forward_length(shape.intermediate_size)
    writer.add_head_count(shape.num_attention_heads)
    writer.add_head_count_kv(shape.num_key_value_heads)
    writer.add_key_length(shape.head_dim)
    writer.add_value_length(shape.head_dim)
    writer.add_layer_norm_rms_eps(1e-6)
    writer.add_rope_freq_base(1_000_000.0)
    writer.add_sliding_window(shape.sliding_window)
    writer.add_file_type(32)  # mostly bfloat16
    tokens = [f"<{number}>" for number in range(shape.vocab_size)]
    types = [NORMAL_TYPE] * shape.vocab_size
    types[:FIRST_BYTE] = [CONTROL_TYPE] * FIRST_BYTE
    for byte in range(256):
        tokens[FIRST_BYTE + byte], types[FIRST_BYTE + byte] = f"<0x{byte:02X}>", BYTE_TYPE
    writer.add_tokenizer_model("llama")
    writer.add_token_list(tokens)
    writer.add_token_scores([0.0] * shape.vocab_size)
    writer.add_token_types(types)
    writer.add_bos_token_id(2)
    writer.add_eos_token_id(1)
    writer.add_pad_token_id(0)
    writer.add_unk_token_id(3)


def quantize_gguf(source: Path, target: Path, bits: str) -> None:
    """Write `source` in a smaller format by llama.cpp's own quantiser.

    Raises: RuntimeError when it fails.
    """
    import llama_cpp

    silence()
    params = llama_cpp.llama_model_quantize_default_params()
    params.ftype = QUANTIZED[bits]
    code = llama_cpp.llama_model_quantize(str(source).encode(), str(target).encode(), params)
    if code:
        raise RuntimeError(
            f"llama.cpp could not write {target} from {source} (code {code}); delete both and try again."
        )


@cache
def silence() -> Any:
    """Keep llama.cpp from writing a line for every tensor; what goes wrong is seen from its results."""
    import ctypes

    import llama_cpp

    callback = llama_cpp.llama_log_callback(lambda *_: None)
    llama_cpp.llama_log_set(callback, ctypes.c_void_p(0))
    return callback  # kept by the cache, as llama.cpp goes on calling it
