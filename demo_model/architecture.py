"""The demo model's shape: a real Gemma 3 with a picture tower, shrunk until it trains on two CPU cores.

Everything here is a number that training, export and the picture generator must agree on.
"""

from __future__ import annotations

from typing import Any

from transformers import Gemma3Config, Gemma3TextConfig, SiglipVisionConfig

VOCABULARY = 3072
"""Rows of the embedding, special tokens included. The tokenizer may use fewer."""

SPECIAL_TOKENS = (
    "<pad>",
    "<eos>",
    "<bos>",
    "<unk>",
    "<start_of_turn>",
    "<end_of_turn>",
    "<start_of_image>",
    "<end_of_image>",
    "<image_soft_token>",
)
"""Control tokens under Gemma 3's names; a token's id is its place in this tuple."""
PAD, EOS, BOS, UNK, START_OF_TURN, END_OF_TURN, START_OF_IMAGE, END_OF_IMAGE, IMAGE_SOFT = range(len(SPECIAL_TOKENS))

IMAGE_SIZE = 168
"""Height and width in pixels of the picture the tower sees: six printed letters need about 20 pixels each."""
PATCH_SIZE = 12
"""Pixels per patch side. 14 by 14 patches, whatever the size: the cost is set by their number, not by the pixels."""
IMAGE_TOKENS = 49
"""Soft tokens per picture: 14 by 14 patches, averaged 2 by 2 to 7 by 7."""
IMAGE_MEAN = (0.5, 0.5, 0.5)
IMAGE_STD = (0.5, 0.5, 0.5)


def text_config(**changes: Any) -> Gemma3TextConfig:
    """The text part. Layers 4 and 8 see everything, the others a sliding window."""
    values: dict[str, Any] = {
        "vocab_size": VOCABULARY,
        "hidden_size": 256,
        "intermediate_size": 768,
        "num_hidden_layers": 8,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "head_dim": 64,
        "query_pre_attn_scalar": 64,
        "max_position_embeddings": 8192,
        "sliding_window": 1024,
        "layer_types": [*["sliding_attention"] * 3, "full_attention"] * 2,
        "rope_parameters": {
            "sliding_attention": {"rope_type": "default", "rope_theta": 10_000.0},
            "full_attention": {"rope_type": "default", "rope_theta": 100_000.0},
        },
        "pad_token_id": PAD,
        "eos_token_id": EOS,
        "bos_token_id": BOS,
    }
    return Gemma3TextConfig(**(values | changes))


def vision_config(**changes: Any) -> SiglipVisionConfig:
    """The picture tower: 196 patches of hidden size 192, 1.6 M weights."""
    values: dict[str, Any] = {
        "hidden_size": 192,
        "intermediate_size": 576,
        "num_hidden_layers": 4,
        "num_attention_heads": 3,
        "image_size": IMAGE_SIZE,
        "patch_size": PATCH_SIZE,
        "vision_use_head": False,
    }
    return SiglipVisionConfig(**(values | changes))


def model_config() -> Gemma3Config:
    """The whole model: text part, tower, and the joint between them."""
    return Gemma3Config(
        text_config=text_config(),
        vision_config=vision_config(),
        mm_tokens_per_image=IMAGE_TOKENS,
        boi_token_index=START_OF_IMAGE,
        eoi_token_index=END_OF_IMAGE,
        image_token_index=IMAGE_SOFT,
        eos_token_id=[EOS, END_OF_TURN],
        bos_token_id=BOS,
        pad_token_id=PAD,
        dtype="bfloat16",
    )
