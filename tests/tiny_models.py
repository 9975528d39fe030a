"""Tiny random models that behave like large ones: real architectures, logits that depend on every token and picture.

`tests/engine/tiny_checkpoints.py` builds and saves them; here their weights are drawn wider, as transformers' own
initial weights make such small models repeat one token whatever they read, and see nothing.
"""

import torch
from transformers import PreTrainedTokenizerFast

from tests.engine.tiny_checkpoints import FAMILIES, GEMMA3_TOKENS, GEMMA4_TOKENS, VOCAB, build, byte_tokenizer

__all__ = ["FAMILIES", "IMAGE_TOKEN", "SEEING", "VOCAB", "WINDOW", "picture_inputs", "tiny_model", "tiny_tokenizer"]

SEEING = ("gemma3", "gemma4")
WINDOW = 16
"""The sliding window of all of them."""
IMAGE_TOKEN = 9
"""The id of their soft token."""


def tiny_model(family: str, dtype: torch.dtype = torch.float32, **text_changes):
    """A model of one of FAMILIES, about 100,000 parameters, the same on every call."""
    model = build(family, attn_implementation="sdpa", **text_changes)
    generator = torch.Generator().manual_seed(11)
    with torch.no_grad():
        for name, weight in sorted(model.named_parameters()):
            if name.endswith("model.norm.weight"):
                # Signs at random: the head is the embedding again, and would favour the token just read.
                weight.copy_(3 * torch.randn(weight.shape, generator=generator))
            elif "norm" in name:
                weight.add_(0.2 * torch.randn(weight.shape, generator=generator))
            elif weight.ndim >= 2:
                weight.copy_(torch.randn(weight.shape, generator=generator) * weight.shape[-1] ** -0.5)
    return model.to(dtype).eval()


def tiny_tokenizer(family: str) -> PreTrainedTokenizerFast:
    """One token per byte, and the family's control tokens by their real names."""
    return byte_tokenizer(GEMMA4_TOKENS if family.startswith("gemma4") else GEMMA3_TOKENS)


def picture_inputs(family: str, seed: int = 0) -> tuple[dict[str, torch.Tensor], int]:
    """A random picture as `get_image_features` takes it, and the number of its soft tokens."""
    generator = torch.Generator().manual_seed(seed)
    if family == "gemma3":
        return {"pixel_values": torch.randn(1, 3, 56, 56, generator=generator)}, 4
    columns, rows = 6, 6  # patches; pooled three by three
    grid = torch.stack(torch.meshgrid(torch.arange(columns), torch.arange(rows), indexing="xy"), dim=-1)
    padding = torch.full((1, 18, 2), -1)
    pixels = torch.rand(1, columns * rows + 18, 3 * 16 * 16, generator=generator)
    positions = torch.cat([grid.reshape(1, -1, 2), padding], dim=1)
    return {"pixel_values": pixels, "image_position_ids": positions}, columns * rows // 9
