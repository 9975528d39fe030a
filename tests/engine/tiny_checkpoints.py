"""Tiny random models of every family, saved as the hub has them: real architectures, a few hundred kilobytes."""

from pathlib import Path

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import (
    Gemma3Config,
    Gemma3ForCausalLM,
    Gemma3ForConditionalGeneration,
    Gemma3TextConfig,
    Gemma4AudioConfig,
    Gemma4Config,
    Gemma4ForCausalLM,
    Gemma4ForConditionalGeneration,
    Gemma4TextConfig,
    Gemma4VisionConfig,
    GenerationConfig,
    PreTrainedTokenizerFast,
    SiglipVisionConfig,
)

GEMMA3_TOKENS = ("<start_of_turn>", "<end_of_turn>", "<start_of_image>", "<end_of_image>", "<image_soft_token>")
GEMMA4_TOKENS = ("<|turn>", "<turn|>", "<|image>", "<image|>", "<|image|>", "<|audio>", "<audio|>", "<|audio|>")
BASICS = ("<pad>", "<eos>", "<bos>", "<unk>", "<mask>")
VOCAB = 320
"""Larger than any tokenizer here, as Gemma 3's is: the last rows have no token."""
TEXT = {
    "vocab_size": VOCAB,
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_attention_heads": 4,
    "head_dim": 8,
    "sliding_window": 16,
    "max_position_embeddings": 512,
    "pad_token_id": 0,
    "eos_token_id": 1,
    "bos_token_id": 2,
}
FAMILIES = ("gemma3_text", "gemma3", "gemma4_text", "gemma4")


def byte_tokenizer(specials: tuple[str, ...]) -> PreTrainedTokenizerFast:
    """One token per byte, after the special ones, which take the first ids."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocab = {token: index for index, token in enumerate((*BASICS, *specials, *alphabet))}
    inner = Tokenizer(models.BPE(vocab, [], unk_token="<unk>"))
    inner.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    inner.decoder = decoders.ByteLevel()
    return PreTrainedTokenizerFast(
        tokenizer_object=inner,
        pad_token="<pad>",
        eos_token="<eos>",
        bos_token="<bos>",
        unk_token="<unk>",
        additional_special_tokens=list(specials),
        chat_template="{{ bos_token }}{{ messages[0]['content'] }}",
    )


def gemma3_text_config(**changes) -> Gemma3TextConfig:
    return Gemma3TextConfig(**{**TEXT, "num_hidden_layers": 7, "num_key_value_heads": 1, **changes})


def gemma4_text_config(**changes) -> Gemma4TextConfig:
    return Gemma4TextConfig(
        **{
            **TEXT,
            "num_hidden_layers": 6,
            "num_key_value_heads": 1,
            "global_head_dim": 16,
            "layer_types": ["sliding_attention", "full_attention"] * 3,
            "num_kv_shared_layers": 2,
            "hidden_size_per_layer_input": 8,
            "vocab_size_per_layer_input": VOCAB,
            "final_logit_softcapping": 30.0,
            **changes,
        }
    )


def build(model_type: str, **text_changes):
    """A random model: weights far enough from each other that tokens differ."""
    torch.manual_seed(7)
    if model_type == "gemma3_text":
        return Gemma3ForCausalLM(gemma3_text_config(**text_changes))
    if model_type == "gemma4_text":
        return Gemma4ForCausalLM(gemma4_text_config(**text_changes))
    if model_type == "gemma3":
        vision = SiglipVisionConfig(
            hidden_size=32,
            intermediate_size=64,
            num_hidden_layers=2,
            num_attention_heads=4,
            image_size=56,
            patch_size=14,
            vision_use_head=False,
        )
        model = Gemma3ForConditionalGeneration(
            Gemma3Config(
                text_config=gemma3_text_config(**text_changes),
                vision_config=vision,
                mm_tokens_per_image=4,
                boi_token_index=7,
                eoi_token_index=8,
                image_token_index=9,
            )
        )
        # Starts at zero, which would make every picture look alike.
        torch.nn.init.normal_(model.model.multi_modal_projector.mm_input_projection_weight)
        return model
    vision = Gemma4VisionConfig(
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=4,
        head_dim=8,
        position_embedding_size=1024,
    )
    audio = Gemma4AudioConfig(hidden_size=32, num_hidden_layers=1, num_attention_heads=4, output_proj_dims=16)
    return Gemma4ForConditionalGeneration(
        Gemma4Config(
            text_config=gemma4_text_config(**text_changes),
            vision_config=vision,
            audio_config=audio,
            boi_token_id=7,
            eoi_token_id=8,
            image_token_id=9,
            boa_token_id=10,
            eoa_token_index=11,
            audio_token_id=12,
            video_token_id=VOCAB - 1,
        )
    )


def save(model_type: str, folder: Path, *, dtype: torch.dtype = torch.float32, shard: str = "5GB", **text_changes):
    """Build and save a model with its tokenizer and generation config; gives the model back, to compare with."""
    model = build(model_type, **text_changes).to(dtype).eval()
    gemma4 = model_type.startswith("gemma4")
    model.generation_config = GenerationConfig(eos_token_id=[1, 6], suppress_tokens=[20] if gemma4 else None)
    model.save_pretrained(folder, max_shard_size=shard)
    byte_tokenizer(GEMMA4_TOKENS if gemma4 else GEMMA3_TOKENS).save_pretrained(folder)
    return model
