"""Where a model runs and in which number format, each decision with its reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import torch

from playground.engine.cpu import bfloat16_unit, cpu_features
from playground.engine.kernels.library import NoKernels, kernels_if_any, load_kernels
from playground.errors import ModelUnavailable

DeviceName: TypeAlias = Literal["auto", "cpu", "cuda", "mps"]
DtypeName: TypeAlias = Literal["auto", "bfloat16", "float32"]
AMPERE = (8, 0)
"""The first CUDA compute capability with bfloat16 in hardware; older GPUs only emulate it."""


Quantize: TypeAlias = Literal["none", "int8", "int4"]
QuantizeName: TypeAlias = Literal["auto", "none", "int8", "int4"]
"""What may be asked for: `auto` takes eight bits where kernels of ours multiply them."""
PACKED_BYTES: Mapping[Quantize, float] = {"int8": 1.0, "int4": 0.5 + 2 / 32}
"""For each weight, with the scales of int4's groups of 32; an output's one scale of int8 is nothing beside them."""


@dataclass(frozen=True)
class Precision:
    """Number formats and why they were chosen: what is computed in, and what the language model's weights are kept in.

    Never float16: Gemma's activations pass its largest number, 65,504.
    """

    dtype: torch.dtype
    reason: str
    quantize: Quantize = "none"

    @property
    def name(self) -> str:
        """Of the weights: bfloat16, float32, int8 or int4."""
        return self.quantize if self.quantize != "none" else str(self.dtype).removeprefix("torch.")

    @property
    def weight_bytes(self) -> float:
        """Memory that a weight of the language model takes."""
        return PACKED_BYTES.get(self.quantize, self.dtype.itemsize)


def choose_device(wanted: DeviceName) -> torch.device:
    """The device asked for; for `auto` a GPU where torch finds one.

    Raises: ModelUnavailable when the device asked for is not there.
    """
    there = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if wanted == "auto":
        return torch.device(next(name for name, found in there.items() if found))
    if not there[wanted]:
        found = ", ".join(name for name, is_found in there.items() if is_found)
        raise ModelUnavailable(f"torch {torch.__version__} finds no {wanted} device here, only {found}. Use auto.")
    return torch.device(wanted)


def choose_precision(device: torch.device, wanted: DtypeName, quantize: QuantizeName = "none") -> Precision:
    """The number format for the weights on a device: bfloat16 where that is faster, else float32.

    Fewer bits where asked for, and for `auto` on a CPU with kernels of ours unless a number format was asked for.

    Raises: ModelUnavailable for quantised weights on Apple's GPUs, or with float32.
    """
    if quantize == "auto":
        return _fastest(device, wanted)
    if quantize != "none":
        return _quantised(device, wanted, quantize)
    if wanted != "auto":
        return Precision(getattr(torch, wanted), f"{wanted}, as asked for")
    if device.type == "cuda":
        return _cuda_precision(torch.cuda.get_device_capability(device), torch.cuda.get_device_name(device))
    if device.type == "mps":
        return Precision(torch.bfloat16, "bfloat16, which Apple's GPUs compute with")
    return cpu_precision(cpu_features())


def _fastest(device: torch.device, wanted: DtypeName) -> Precision:
    """Eight bits on a CPU: half of what bfloat16 has to read for each token. What it costs: docs/performance.md."""
    if device.type == "cpu" and wanted == "auto" and (kernels := kernels_if_any()) is not None:
        return Precision(torch.bfloat16, f"8-bit weights, to read half the memory (own kernels, {kernels.isa})", "int8")
    return choose_precision(device, wanted)


def _quantised(device: torch.device, wanted: DtypeName, quantize: Quantize) -> Precision:
    if device.type == "mps":
        raise ModelUnavailable(f"--quantize {quantize} is not for Apple's GPUs. Use --device cpu, or none.")
    if wanted == "float32":
        raise ModelUnavailable(f"--quantize {quantize} computes with bfloat16. Leave --dtype float32 out.")
    return Precision(torch.bfloat16, f"{quantize} weights, as asked for, beside bfloat16", quantize)


def cpu_precision(features: Mapping[str, Any]) -> Precision:
    """The number format for a CPU with these features, which may be those of another."""
    if unit := bfloat16_unit(features):
        return Precision(torch.bfloat16, f"bfloat16, which this CPU computes with ({unit})")
    try:
        isa = load_kernels().isa
    except NoKernels as reason:
        return Precision(
            torch.float32,
            f"float32, as this CPU has no bfloat16 arithmetic; it takes twice the memory. No kernels either: {reason}",
        )
    return Precision(torch.bfloat16, f"bfloat16, to read half the memory; this CPU computes in float32 ({isa})")


def native_dtype(device: torch.device) -> torch.dtype:
    """What a device multiplies fastest, for training: bfloat16 where it has units for it, else float32."""
    if device.type == "cpu" and bfloat16_unit(cpu_features()) is None:
        return torch.float32
    return choose_precision(device, "auto").dtype


def _cuda_precision(capability: tuple[int, int], name: str) -> Precision:
    if capability >= AMPERE or torch.version.hip:
        return Precision(torch.bfloat16, f"bfloat16, which {name} computes with")
    return Precision(torch.float32, f"float32, as {name} has no bfloat16 arithmetic; it takes twice the memory")
