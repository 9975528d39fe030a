"""The models that have a short name: what they are, how large, under which terms. A table, nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from playground.engine.devices import Precision
from playground.engine.memory import FORESEEN_TOKENS, MemoryNeed, cache_bytes, working_bytes

GEMMA_TERMS: Final = "Gemma Terms of Use"
APACHE: Final = "Apache-2.0"


@dataclass(frozen=True)
class KnownModel:
    """A published model. `weight_bytes` in bfloat16, as on the hub; `text` is what its KV cache follows from.

    Of its numbers, the embedding's (`embedded`) are never rounded to fewer than 8 bits, others not at all (`kept`:
    vision tower, Gemma 4's embeddings for each layer, norms), and those of Gemma 4's audio tower (`left_out`) are not
    loaded.
    """

    name: str
    hub_id: str
    about: str
    weight_bytes: int
    images: bool
    context_tokens: int
    licence: Literal["Gemma Terms of Use", "Apache-2.0"]
    embedded: int
    kept: int
    left_out: int
    text: Mapping[str, Any] = field(repr=False)

    @property
    def gated(self) -> bool:
        """Whether the hub asks for a token whose owner accepted the licence. Source: the hub, 2026-07."""
        return self.licence == GEMMA_TERMS

    def loaded_bytes(self, precision: Precision) -> int:
        """Memory that its weights take in a number format."""
        rounded = self.weight_bytes // 2 - self.embedded - self.kept - self.left_out
        whole = precision.dtype.itemsize
        embedding = whole if precision.quantize == "none" else 1
        return int(rounded * precision.weight_bytes) + self.embedded * embedding + self.kept * whole

    def need(self, precision: Precision) -> MemoryNeed:
        """What loading it will take: see `engine.memory.foresee`, which knows the files."""
        weights = self.loaded_bytes(precision)
        cache = cache_bytes(self.text, FORESEEN_TOKENS, precision.dtype.itemsize)
        return MemoryNeed(weights, cache, working_bytes(weights))


def _gemma3(name: str, about: str, weight_bytes: int, embedded: int, kept: int, *shape: int) -> KnownModel:
    layers, kv_heads, head_dim, window = shape
    images = window == 1024
    return KnownModel(
        name=name,
        hub_id=f"google/{name}-it",
        about=about,
        weight_bytes=weight_bytes,
        images=images,
        context_tokens=131_072 if images else 32_768,
        licence=GEMMA_TERMS,
        embedded=embedded,
        kept=kept,
        left_out=0,
        text={
            "num_hidden_layers": layers,
            "num_key_value_heads": kv_heads,
            "head_dim": head_dim,
            "sliding_window": window,
        },
    )


def _gemma4(size: str, about: str, weight_bytes: int, numbers: tuple[int, int, int], *shape: int) -> KnownModel:
    layers, shared, kv_heads, period = shape
    embedded, kept, left_out = numbers
    return KnownModel(
        name=f"gemma-4-{size.lower()}",
        hub_id=f"google/gemma-4-{size}-it",
        about=about,
        weight_bytes=weight_bytes,
        images=True,
        context_tokens=131_072,
        licence=APACHE,
        embedded=embedded,
        kept=kept,
        left_out=left_out,
        text={
            "model_type": "gemma4_text",
            "num_hidden_layers": layers,
            "num_kv_shared_layers": shared,
            "num_key_value_heads": kv_heads,
            "head_dim": 256,
            "global_head_dim": 512,
            "sliding_window": 512,
            "sliding_window_pattern": period,
        },
    )


E4B = (671_088_640, 3_071_038_464, 308_756_768)
E2B = (402_653_184, 2_558_928_128, 307_183_904)
KNOWN = (
    _gemma3(
        *("gemma-3-27b", "The largest Gemma 3; wants a large GPU.", 54_864_813_280),
        *(1_409_630_208, 424_414_832, 62, 16, 128, 1024),
    ),
    _gemma3(
        *("gemma-3-12b", "A large Gemma 3; wants a GPU.", 24_374_650_080),
        *(1_006_878_720, 422_056_560, 48, 8, 256, 1024),
    ),
    _gemma4(
        *("E4B", "Gemma 4, the larger of the two for laptops; thinks and calls tools.", 15_992_595_884, E4B),
        *(42, 18, 2, 6),
    ),
    _gemma3(
        *("gemma-3-4b", "The smallest Gemma 3 that sees pictures.", 8_600_158_944),
        *(671_252_480, 420_184_432, 34, 4, 256, 1024),
    ),
    _gemma4(
        *("E2B", "Gemma 4, the smaller one; thinks and calls tools.", 10_246_621_918, E2B),
        *(35, 20, 1, 5),
    ),
    _gemma3(
        *("gemma-3-1b", "A small and quick Gemma 3, text only.", 1_999_771_904),
        *(301_989_888, 134_272, 26, 1, 256, 512),
    ),
    _gemma3(
        *("gemma-3-270m", "The smallest Gemma 3, text only; for trying things out.", 536_196_352),
        *(167_772_160, 55_936, 18, 1, 256, 512),
    ),
)
"""Best first: the order in which `auto` looks. Sizes: the files on the hub, or two bytes for each parameter."""
