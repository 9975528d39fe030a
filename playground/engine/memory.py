"""How much memory a model will take and how much there is, in bytes: told before loading, so nothing ever swaps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import torch

from playground.engine.checkpoint import FLOATS, TYPE_BYTES, Checkpoint, Tensor
from playground.engine.chunks import CHUNK_TOKENS
from playground.engine.devices import Precision
from playground.engine.kv_cache import capacity_for
from playground.errors import ModelUnavailable

FORESEEN_TOKENS = 8192
"""Length of the conversation that must fit beside the weights."""
FORESEEN_REPLY = 1024
"""Length of its last reply."""
WORKING_BYTES = 256 << 20
"""Room for activations and logits of one prefill chunk, whatever the model's size."""
WORKING_SHARE = 0.05
"""More room in proportion to the weights: wider models have wider activations."""
WIDEST_WINDOW = 4096
"""Of a sliding layer whose config does not say."""
GPU_SHARE = 0.95
"""Of a GPU's free memory; the rest goes to fragments and the driver."""
CGROUP = Path("/sys/fs/cgroup")


@dataclass(frozen=True)
class MemoryNeed:
    """Bytes that a loaded model takes: weights, past tokens of one long conversation, room to compute in."""

    weights: int
    cache: int
    working: int

    @property
    def total(self) -> int:
        """All of it."""
        return self.weights + self.cache + self.working


@dataclass(frozen=True)
class Placement:
    """Where the weights go. `device_map` and `max_memory` are transformers' own; None means this one device."""

    device: torch.device
    device_map: str | None = None
    max_memory: Mapping[int, int] | None = None


def foresee(checkpoint: Checkpoint, precision: Precision) -> MemoryNeed:
    """What loading a checkpoint in a number format will take."""
    weights = sum(_tensor_bytes(name, tensor, precision) for name, tensor in checkpoint.tensors.items())
    cache = cache_bytes(checkpoint.text, FORESEEN_TOKENS, precision.dtype.itemsize)
    return MemoryNeed(weights, cache, working_bytes(weights))


def _tensor_bytes(name: str, tensor: Tensor, precision: Precision) -> int:
    if is_audio(name):
        return 0
    if tensor.dtype not in FLOATS:
        return tensor.elements * TYPE_BYTES.get(tensor.dtype, 8)
    if name.endswith("embed_tokens.weight") and precision.quantize != "none":
        return tensor.elements  # always of eight bits: see `quantised.py`
    of_language = name.endswith("_proj.weight") and not any(part in name for part in ("vision_", "multi_modal_"))
    return int(tensor.elements * (precision.weight_bytes if of_language else precision.dtype.itemsize))


def working_bytes(weights: int) -> int:
    """Room to compute in, for weights of this many bytes."""
    return WORKING_BYTES + int(WORKING_SHARE * weights)


def is_audio(tensor_name: str) -> bool:
    """Whether a stored tensor belongs to Gemma 4's audio tower, which is not loaded."""
    return "audio_tower." in tensor_name or "embed_audio." in tensor_name


def cache_bytes(text: Mapping[str, Any], tokens: int, number_bytes: int) -> int:
    """Size of the KV cache of one sequence, from a language model's config.

    Absent names take the families' class defaults. Sliding layers keep a window, the chunk that is read and the reply
    (see `kv_cache.py`); the last layers of Gemma 4 keep nothing, as they reuse earlier ones.
    """
    kept = int(text.get("num_hidden_layers", 26)) - int(text.get("num_kv_shared_layers") or 0)
    window = int(text.get("sliding_window") or WIDEST_WINDOW)
    few = min(tokens, window - 1 + CHUNK_TOKENS + FORESEEN_REPLY)
    numbers = 0
    for layer, full in enumerate(_full_layers(text)[:kept]):
        heads, size = _kv_shape(text, layer, full)
        numbers += 2 * heads * size * capacity_for(tokens if full else few)
    return numbers * number_bytes


def place(name: str, need: MemoryNeed, device: torch.device, *, force: bool = False) -> Placement:
    """A place for the weights: one GPU where they fit, several where they do not, else the CPU's memory.

    Raises: ModelUnavailable with the figures when there is no room, unless `force`.
    """
    if device.type == "cuda":
        return place_on_gpus(name, need, free_gpu_bytes(), force=force)
    free = free_bytes(device)
    if need.total > free and not force:
        raise no_room(name, need, free, "memory")
    return Placement(device)


def place_on_gpus(name: str, need: MemoryNeed, free: Sequence[int], *, force: bool = False) -> Placement:
    """As `place`, for GPUs with this many free bytes each."""
    best = max(range(len(free)), key=free.__getitem__)
    usable = [int(GPU_SHARE * amount) for amount in free]
    if need.total <= usable[best]:
        return Placement(torch.device("cuda", best))
    if len(free) > 1 and (need.total <= sum(usable) or force):
        # Past tokens and working room lie beside the weights of each GPU.
        room = (need.cache + need.working) // len(free)
        return Placement(
            torch.device("cuda", 0), "auto", {gpu: max(0, amount - room) for gpu, amount in enumerate(usable)}
        )
    if force:
        return Placement(torch.device("cuda", best))
    raise no_room(name, need, sum(usable), f"memory of {len(free)} GPU{'s' * (len(free) > 1)}")


def free_bytes(device: torch.device) -> int:
    """What a model may take on a device, several GPUs together."""
    if device.type == "cuda":
        return sum(int(GPU_SHARE * amount) for amount in free_gpu_bytes())
    return free_host_bytes()


def free_gpu_bytes() -> list[int]:
    """Free memory of every CUDA device."""
    return [torch.cuda.mem_get_info(index)[0] for index in range(torch.cuda.device_count())]


def free_host_bytes(cgroup: Path = CGROUP) -> int:
    """Memory that can be taken without swapping: the machine's, or what its container leaves where that is less."""
    return min([int(psutil.virtual_memory().available), *_container_free(cgroup)])


def no_room(name: str, need: MemoryNeed, free: int, what: str) -> ModelUnavailable:
    """The error that says what is needed, for what, and what there is."""
    return ModelUnavailable(
        f"{name} needs {gigabytes(need.total)} (weights {gigabytes(need.weights)}, a conversation of "
        f"{FORESEEN_TOKENS:,} tokens {gigabytes(need.cache)}, working room {gigabytes(need.working)}), but "
        f"{gigabytes(free)} of {what} are free. Unload another model, close other programs or choose a smaller model.",
        code="not_enough_memory",
    )


def gigabytes(amount: int) -> str:
    """Bytes for people: 8.6 GB, 20 MB."""
    return f"{amount / 1e9:.1f} GB" if amount >= 1e9 else f"{amount / 1e6:.0f} MB"


def _full_layers(text: Mapping[str, Any]) -> list[bool]:
    """For each layer, whether it attends to the whole sequence."""
    count = int(text.get("num_hidden_layers", 26))
    kinds = text.get("layer_types")
    if isinstance(kinds, list):
        return [kind == "full_attention" for kind in kinds]
    period = int(text.get("sliding_window_pattern") or 6)
    return [(layer + 1) % period == 0 for layer in range(count)]


def _kv_shape(text: Mapping[str, Any], layer: int, full: bool) -> tuple[int, int]:
    """Key-value heads of a layer and their size. Gemma 4's full layers differ; its configs say so in two ways."""
    heads, size = int(text.get("num_key_value_heads", 4)), int(text.get("head_dim", 256))
    overrides = text.get("per_layer_config")
    if isinstance(overrides, Mapping):
        own = {int(index): values for index, values in overrides.items()}.get(layer, {})
        return int(own.get("num_key_value_heads", heads)), int(own.get("head_dim", size))
    if full and text.get("model_type") == "gemma4_text":
        size = int(text.get("global_head_dim") or 512)
        if text.get("attention_k_eq_v"):
            heads = int(text.get("num_global_key_value_heads") or heads)
    return heads, size


def _container_free(cgroup: Path) -> list[int]:
    """What the container's memory limit leaves, if it has one. Its page cache counts as free: it is given back."""
    try:
        limit = int((cgroup / "memory.max").read_text())
        used = int((cgroup / "memory.current").read_text())
        stat = dict(line.split() for line in (cgroup / "memory.stat").read_text().splitlines())
    except (OSError, ValueError):
        return []  # no container, no limit ("max"), or cgroup version 1, which current hosts no longer use
    return [max(0, limit - used + int(stat.get("inactive_file", 0)) + int(stat.get("active_file", 0)))]
