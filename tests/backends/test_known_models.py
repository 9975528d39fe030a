"""What the table of published models says they need is what their architectures take, in every number format."""

from pathlib import Path

import pytest
import torch
from transformers import (
    Gemma3Config,
    Gemma3ForCausalLM,
    Gemma3ForConditionalGeneration,
    Gemma3TextConfig,
    Gemma4AudioConfig,
    Gemma4Config,
    Gemma4ForConditionalGeneration,
)

from playground.backends.known_models import KNOWN
from playground.engine.checkpoint import Checkpoint, Tensor
from playground.engine.devices import Precision
from playground.engine.memory import foresee

SIGLIP = {
    "hidden_size": 1152,
    "intermediate_size": 4304,
    "num_hidden_layers": 27,
    "num_attention_heads": 16,
    "image_size": 896,
    "patch_size": 14,
    "vision_use_head": False,
}
GEMMA4_VISION = {
    "hidden_size": 768,
    "intermediate_size": 3072,
    "num_hidden_layers": 16,
    "num_attention_heads": 12,
    "num_key_value_heads": 12,
    "head_dim": 64,
}
SHAPES = {
    "gemma-3-270m": (18, 640, 2048, 4, 1, 256, 512),
    "gemma-3-1b": (26, 1152, 6912, 4, 1, 256, 512),
    "gemma-3-4b": (34, 2560, 10_240, 8, 4, 256, 1024),
    "gemma-3-12b": (48, 3840, 15_360, 16, 8, 256, 1024),
    "gemma-3-27b": (62, 5376, 21_504, 32, 16, 128, 1024),
    "gemma-4-e2b": (35, 1536, 6144, 8, 1, 256, 512),
    "gemma-4-e4b": (42, 2560, 10_240, 8, 2, 256, 512),
}
"""Layers, hidden, intermediate, heads, key-value heads, head size, window of the sliding layers. Source:
google-deepmind/gemma, gm/nn (2026-07)."""
NAMES = ("num_hidden_layers", "hidden_size", "intermediate_size", "num_attention_heads", "num_key_value_heads")
NAMES += ("head_dim", "sliding_window")


def published(name: str):
    """The model without its weights."""
    text = dict(zip(NAMES, SHAPES[name], strict=True))
    with torch.device("meta"):
        if name in {"gemma-3-270m", "gemma-3-1b"}:
            return Gemma3ForCausalLM(Gemma3TextConfig(**text, vocab_size=262_144))
        if name.startswith("gemma-3"):
            return Gemma3ForConditionalGeneration(
                Gemma3Config(text_config={**text, "vocab_size": 262_208}, vision_config=SIGLIP)
            )
        small = name == "gemma-4-e2b"
        kinds = [
            "full_attention" if (n + 1) % (5 if small else 6) == 0 else "sliding_attention"
            for n in range(text["num_hidden_layers"])
        ]
        text |= {"global_head_dim": 512, "num_kv_shared_layers": 20 if small else 18, "layer_types": kinds}
        text |= {"vocab_size": 262_144, "use_double_wide_mlp": small, "hidden_size_per_layer_input": 256}
        text |= {"vocab_size_per_layer_input": 262_144}
        return Gemma4ForConditionalGeneration(
            Gemma4Config(text_config=text, vision_config=GEMMA4_VISION, audio_config=Gemma4AudioConfig())
        )


@pytest.mark.parametrize("known", KNOWN, ids=lambda known: known.name)
def test_what_is_said_to_be_needed_is_what_the_files_would_say(known):
    model = published(known.name)
    tensors = {name: Tensor("BF16", weight.numel()) for name, weight in model.named_parameters()}
    config = model.config.to_dict()
    checkpoint = Checkpoint(Path(), config["model_type"], "gemma3", config, (), tensors)
    stored = 2 * sum(tensor.elements for tensor in tensors.values())
    assert stored == pytest.approx(known.weight_bytes, rel=0.01)
    for dtype, quantize in (("float32", "none"), ("bfloat16", "none"), ("bfloat16", "int8"), ("bfloat16", "int4")):
        precision = Precision(getattr(torch, dtype), "", quantize)
        told, files = known.need(precision), foresee(checkpoint, precision)
        assert told.weights == pytest.approx(files.weights, rel=0.015), (dtype, quantize)
        assert told.cache == files.cache
