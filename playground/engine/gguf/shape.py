"""What a GGUF file's model is to transformers: its config, what each tensor is called there, how it is to be read."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from playground.engine.checkpoint import FAMILIES, Family
from playground.engine.gguf.file import GgufFile


@dataclass(frozen=True)
class Shape:
    """`config` is the content of `config.json`; `names` are transformers' by the file's, without tensors that it does
    not use. `norm_offset` is what llama.cpp adds to norms' factors, `vocabulary` its name for the kind of tokenizer.
    """

    config: Mapping[str, Any]
    names: Mapping[str, str]
    stop_ids: tuple[int, ...]
    norm_offset: float
    vocabulary: str

    @property
    def model_type(self) -> str:
        """As config.json has it."""
        return str(self.config["model_type"])

    @property
    def family(self) -> Family:
        """Its family."""
        return FAMILIES[self.model_type]

    def offset(self, stored: str) -> float:
        """What to take from the numbers of a tensor."""
        return self.norm_offset if stored.endswith("_norm.weight") else 0.0


def facts_of(file: GgufFile, architecture: str) -> Callable[..., Any]:
    """Looks up an architecture's own facts: `said(name)` has to be there, `said(name, otherwise)` need not."""

    def said(name: str, otherwise: Any = None) -> Any:
        whole = f"{architecture}.{name}"
        return file.fact(whole) if otherwise is None else file.facts.get(whole, otherwise)

    return said


def common_settings(file: GgufFile, said: Callable[..., Any], stop_ids: Sequence[int]) -> dict[str, Any]:
    """What the configs of all families say alike; `said` looks up the file's own facts."""
    return {
        "rms_norm_eps": round(said("attention.layer_norm_rms_epsilon", 1e-6), 9),
        "hidden_activation": "gelu_pytorch_tanh",
        "attention_bias": False,
        "tie_word_embeddings": "output.weight" not in file.tensors,
        "pad_token_id": 0,
        "bos_token_id": 2,
        "eos_token_id": list(stop_ids),
        "dtype": "bfloat16",
    }
