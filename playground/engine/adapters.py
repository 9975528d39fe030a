"""LoRA adapters in PEFT's format, merged into a loaded model's weights.

Source: PEFT, https://huggingface.co/docs/peft (0.19, 2026-11): a weight W becomes W + scale · B · A, and each row of
`trainable_tokens_delta` takes the place of the embedding of its token.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file

from playground.engine.checkpoint import read_json
from playground.errors import ModelUnavailable

CONFIG, WEIGHTS = "adapter_config.json", "adapter_model.safetensors"
PREFIX = "base_model.model."
UNSUPPORTED = (
    "use_dora",
    "modules_to_save",
    "rank_pattern",
    "alpha_pattern",
    "fan_in_fan_out",
    "layer_replication",
    "lora_bias",
    "target_parameters",
)
"""Settings that change what merging means; they have to be absent, false or empty."""
_LORA = re.compile(r"(.+)\.lora_([AB])\.weight")
_ROWS = re.compile(r"(.+)\.token_adapter\.trainable_tokens_delta")


def adapter_digest(folder: Path) -> str:
    """SHA-256 over an adapter's files.

    Raises: ModelUnavailable when one is missing.
    """
    digest = hashlib.sha256()
    for name in (CONFIG, WEIGHTS):
        try:
            digest.update((folder / name).read_bytes())
        except OSError as error:
            raise ModelUnavailable(f"{folder / name} cannot be read ({error.strerror}); copy it again.") from error
    return digest.hexdigest()


@torch.no_grad()
def merge_adapter(model: Any, folder: Path) -> None:
    """Merge the adapter in a folder into the model; its weights change in place, computed in float32.

    Raises: ModelUnavailable when it is no LoRA adapter, is damaged, or was made for another model. The model is then
    as it was.
    """
    config = read_json(folder / CONFIG)
    _check(folder, config)
    try:
        tensors = load_file(folder / WEIGHTS)
    except (OSError, SafetensorError) as error:
        raise ModelUnavailable(f"{folder / WEIGHTS} cannot be read ({error}); copy it again.") from error
    weights = dict(model.named_parameters())
    changes = list(_changes(folder, config, tensors, weights))  # all of them checked before the first is made
    for weight, rows, change in changes:
        if rows is None:
            weight.copy_(weight.float() + change.to(weight.device))
        else:
            weight[rows] = change.to(weight)


def _changes(
    folder: Path, config: Mapping[str, Any], tensors: Mapping[str, torch.Tensor], weights: Mapping[str, torch.Tensor]
) -> Iterator[tuple[torch.Tensor, list[int] | None, torch.Tensor]]:
    """For each changed weight: the weight, the rows that are replaced or None for all, and what comes there."""
    rank = int(config["r"])
    scale = float(config["lora_alpha"]) / (rank**0.5 if config.get("use_rslora") else rank)
    known = 0
    for name, first in tensors.items():
        if lora := _LORA.fullmatch(name):
            known += 1
            if lora[2] == "B":
                continue
            second = tensors.get(f"{lora[1]}.lora_B.weight")
            if second is None:
                raise ModelUnavailable(f"{folder / WEIGHTS} has {name} and no lora_B beside it; copy it again.")
            weight = _weight(folder, weights, lora[1])
            if (second.shape[0], first.shape[1]) != tuple(weight.shape) or first.shape[0] != second.shape[1]:
                raise _misfit(folder, lora[1], f"[{second.shape[0]}, {first.shape[1]}]", weight)
            yield weight, None, scale * second.float() @ first.float()
        elif rows := _ROWS.fullmatch(name):
            known += 1
            weight = _weight(folder, weights, rows[1])
            tokens = [int(token) for token in config.get("trainable_token_indices") or ()]
            if first.shape != (len(tokens), weight.shape[1]) or any(not 0 <= t < len(weight) for t in tokens):
                raise _misfit(folder, rows[1], f"rows {tokens} of width {first.shape[-1]}", weight)
            yield weight, tokens, first
    if not known or known != len(tensors):
        odd = next((name for name in tensors if not (_LORA.fullmatch(name) or _ROWS.fullmatch(name))), "nothing")
        raise ModelUnavailable(
            f"{folder / WEIGHTS} holds {odd}, which is no part of a LoRA adapter that can be merged."
        )


def _check(folder: Path, config: Mapping[str, Any]) -> None:
    if (kind := config.get("peft_type")) != "LORA":
        raise ModelUnavailable(f"{folder} holds an adapter of type {kind!r}; only LORA can be merged.")
    for name in UNSUPPORTED:
        if config.get(name):
            raise ModelUnavailable(
                f"{folder / CONFIG} sets {name!r}, which cannot be merged. Merge it with peft first."
            )
    if config.get("bias", "none") != "none":
        raise ModelUnavailable(f"{folder / CONFIG} trains biases, and Gemma has none to merge them into.")


def _weight(folder: Path, weights: Mapping[str, torch.Tensor], path: str) -> torch.Tensor:
    name = f"{path.removeprefix(PREFIX)}.weight"
    if name not in weights:
        raise ModelUnavailable(f"{folder} was made for another model: it changes {name}, which this one does not have.")
    return weights[name]


def _misfit(folder: Path, path: str, found: str, weight: torch.Tensor) -> ModelUnavailable:
    return ModelUnavailable(
        f"{folder} was made for another model: its change of {path.removeprefix(PREFIX)} is {found}, and the weight "
        f"here is {list(weight.shape)}."
    )
