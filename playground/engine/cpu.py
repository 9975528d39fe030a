"""What this CPU can do, as torch reports it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import torch

BFLOAT16 = {"amx_bf16": "AMX", "avx512_bf16": "AVX512-BF16", "sve_bf16": "SVE BF16", "bf16": "Arm BF16"}
"""Features with which a CPU multiplies bfloat16 itself, as torch names them and as people do."""


HOLDS = {"avx2": ("avx512", "amx"), "default": ("avx512", "amx", "avx2")}
"""What `ATEN_CPU_CAPABILITY` forbids torch to use, by its value: the starts of features' names."""


def cpu_features() -> Mapping[str, Any]:
    """What torch knows of this CPU, less what `ATEN_CPU_CAPABILITY` forbids: it holds our kernels back like torch's."""
    held = HOLDS.get(os.environ.get("ATEN_CPU_CAPABILITY", ""), ())
    return {name: there for name, there in _all_features().items() if not name.startswith(held)}


def _all_features() -> Mapping[str, Any]:
    if hasattr(torch.cpu, "get_capabilities"):
        return torch.cpu.get_capabilities()
    # torch before 2.10 has single questions only.
    return {"avx512_bf16": torch.cpu._is_avx512_bf16_supported(), "amx_bf16": torch.cpu._is_amx_tile_supported()}


def bfloat16_unit(features: Mapping[str, Any]) -> str | None:
    """What multiplies bfloat16 in a CPU with these features; None where nothing does."""
    return next((name for feature, name in BFLOAT16.items() if features.get(feature)), None)
