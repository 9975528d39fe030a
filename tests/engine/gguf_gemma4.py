"""Writes a tiny Gemma 4 as a GGUF file, step by step as llama.cpp's converter does.

Source: llama.cpp's conversion/gemma.py (`Gemma4Model`) and conversion/base.py (`TextModel`) (2026-11).
"""

from pathlib import Path

import gguf
import torch
from transformers import Gemma4ForCausalLM, GemmaTokenizer

VISIBLE = ("<|channel>", "<channel|>", "<|tool_call>", "<tool_call|>", "<|tool_response>", "<tool_response|>", '<|"|>')
NAMED = {
    46: "<|tool>",
    47: "<tool|>",
    48: "<|tool_call>",
    49: "<tool_call|>",
    50: "<|tool_response>",
    51: "<tool_response|>",
    52: '<|"|>',
    98: "<|think|>",
    100: "<|channel>",
    101: "<channel|>",
    105: "<|turn>",
    106: "<turn|>",
}
"""Control tokens at their true ids."""
BASICS = ("<pad>", "<eos>", "<bos>", "<unk>", "<mask>")
LETTERS = ("▁", "\n", "a", "b", "c", "d", "e", "n", "r", "s", "t", "ü", "日", "<", "|", ">", "u")
MERGES = (
    *(("▁", "▁"), ("\n", "\n"), ("e", "n"), ("e", "r"), ("▁", "a"), ("t", "e"), ("a", "b"), ("▁▁", "▁▁")),
    *(("▁a", "b"), ("te", "n"), ("er", "s"), ("\n\n", "\n"), ("▁a", "ab"), ("\n\n", "\n\n"), ("ab", "c"), ("b", "ab")),
)


def gemma4_tokenizer(folder: Path, size: int) -> GemmaTokenizer:
    """A tokenizer of the family's own class with `size` tokens, made as transformers' converter of Gemma 4 makes it."""
    words = [*LETTERS, *dict.fromkeys("".join(pair) for pair in MERGES), *(f"<0x{byte:02X}>" for byte in range(256))]
    vocab, rest = {}, iter([*words, *(f"<unused{number}>" for number in range(size))])
    for at in range(size):
        vocab[BASICS[at] if at < len(BASICS) else NAMED.get(at) or next(rest)] = at
    names = {f"special{at}_token": token for at, token in NAMED.items()}
    tokenizer = GemmaTokenizer(vocab=vocab, merges=list(MERGES), add_bos_token=False, extra_special_tokens=names)
    tokenizer.save_pretrained(folder)
    return GemmaTokenizer.from_pretrained(folder)


def write_gemma4(path: Path, model: Gemma4ForCausalLM, folder: Path, kind=None, drop=(), **facts) -> Path:
    """Write `model` with the tokenizer saved in `folder`: matrices in `kind`, without the tensors in `drop`, and with
    other facts, given as a value and its type, where the converter writes these.
    """
    writer = gguf.GGUFWriter(path, "gemma4")
    _describe(writer, model.config)
    _write_vocabulary(writer, folder)
    for name, value in facts.items():
        whole = name.replace("__", ".")
        whole = whole if whole.startswith("tokenizer.") else f"gemma4.{whole}"
        writer.kv_data[0].pop(whole, None)
        writer.add_key_value(whole, *value)
    layers = model.config.num_hidden_layers
    names = gguf.get_tensor_name_map(gguf.MODEL_ARCH.GEMMA4, layers)
    for name, tensor in model.state_dict().items():
        if name == "lm_head.weight":
            continue
        name += ".weight" if name.endswith("layer_scalar") else ""
        stored = names.get_name(name, try_suffixes=(".weight",))
        if stored in drop:
            continue
        numbers = tensor.float().numpy()
        if kind is None or tensor.ndim < 2:
            writer.add_tensor(stored, numbers)
        else:
            own = kind if tensor.shape[1] % gguf.GGML_QUANT_SIZES[kind][0] == 0 else gguf.GGMLQuantizationType.F16
            writer.add_tensor(stored, gguf.quants.quantize(numbers, own), raw_dtype=own)
    if "rope_freqs.weight" not in drop:
        writer.add_tensor("rope_freqs.weight", _frequencies(model.config))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def _describe(writer, config):
    full, half = (config.per_layer_config[f"{kind}_attention"] for kind in ("full", "sliding"))
    ropes = config.rope_parameters
    sliding = [kind == "sliding_attention" for kind in config.layer_types]
    writer.add_block_count(config.num_hidden_layers)
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_head_count(config.num_attention_heads)
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    writer.add_rope_freq_base(ropes["full_attention"]["rope_theta"])
    writer.add_rope_freq_base_swa(ropes["sliding_attention"]["rope_theta"])
    if config.final_logit_softcapping:
        writer.add_final_logit_softcapping(config.final_logit_softcapping)
    writer.add_sliding_window(config.sliding_window)
    writer.add_shared_kv_layers(config.num_kv_shared_layers)
    writer.add_embedding_length_per_layer_input(config.hidden_size_per_layer_input or 0)
    writer.add_sliding_window_pattern(sliding)
    writer.add_key_length(full.head_dim)
    writer.add_value_length(full.head_dim)
    writer.add_key_length_swa(half.head_dim)
    writer.add_value_length_swa(half.head_dim)
    inside = config.intermediate_size
    if config.use_double_wide_mlp:
        own = config.num_hidden_layers - config.num_kv_shared_layers
        inside = [inside * (1 if at < own else 2) for at in range(config.num_hidden_layers)]
    writer.add_feed_forward_length(inside)
    heads = half.num_key_value_heads
    if full.num_key_value_heads != heads:
        heads = [heads if slides else full.num_key_value_heads for slides in sliding]
    writer.add_head_count_kv(heads)
    writer.add_rope_dimension_count(full.head_dim)
    writer.add_rope_dimension_count_swa(half.head_dim)


def _write_vocabulary(writer, folder):
    vocabulary = gguf.LlamaHfVocab(folder)
    texts, scores, kinds = [], [], []
    for text, score, kind in vocabulary.all_tokens():
        texts.append(text)
        scores.append(score)
        kinds.append(gguf.TokenType.USER_DEFINED if text.decode() in VISIBLE else kind)
    writer.add_tokenizer_model("gemma4")
    writer.add_token_list(texts)
    writer.add_token_scores(scores)
    writer.add_token_types(kinds)
    gguf.SpecialVocab(folder, load_merges=True).add_to_gguf(writer)
    writer.add_add_space_prefix(False)
    writer.add_add_bos_token(True)


def _frequencies(config):
    head = config.per_layer_config["full_attention"].head_dim
    turning = int(head * config.rope_parameters["full_attention"]["partial_rotary_factor"] / 2)
    return torch.tensor([1.0] * turning + [1e30] * (head // 2 - turning)).numpy()
