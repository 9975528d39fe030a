"""Shapes of the models that are measured, and how many bytes and multiplications one token of them takes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Shape:
    """A Gemma 3 text model, by the names of transformers' configuration."""

    vocab_size: int
    hidden_size: int
    intermediate_size: int
    num_hidden_layers: int
    num_attention_heads: int
    num_key_value_heads: int
    head_dim: int
    sliding_window: int
    max_position_embeddings: int

    @property
    def body_weights(self) -> int:
        """Weights of the layers' matrices: each is multiplied with once per token, of a prompt too."""
        queries = self.num_attention_heads * self.head_dim
        keys = self.num_key_value_heads * self.head_dim
        attention = self.hidden_size * (2 * queries + 2 * keys)
        return self.num_hidden_layers * (attention + 3 * self.hidden_size * self.intermediate_size)

    @property
    def head_weights(self) -> int:
        """Weights of the head, which is the embedding again: used for tokens that are written, not for the prompt."""
        return self.vocab_size * self.hidden_size

    def config(self) -> dict[str, Any]:
        """As arguments of `Gemma3TextConfig`."""
        return {**vars(self), "query_pre_attn_scalar": self.head_dim, "tie_word_embeddings": True}


SHAPES = {
    # Source: google-deepmind/gemma, gemma/gm/nn/_gemma.py (2026-11).
    "1b": Shape(262_144, 1152, 6912, 26, 4, 1, 256, 512, 32_768),
    "4b": Shape(262_208, 2560, 10_240, 34, 8, 4, 256, 1024, 131_072),
    # As the head of the embedded model's file says.
    "270m": Shape(262_144, 640, 2048, 18, 4, 1, 256, 512, 32_768),
    # For trying the suite itself: sides that llama.cpp's block formats can hold, and nothing that takes time.
    "tiny": Shape(1024, 128, 256, 6, 4, 1, 32, 64, 32_768),
}
