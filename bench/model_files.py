"""The files that are measured: a checkpoint with random weights, and the same weights as GGUF, each written once.

They lie in a folder of the user's cache, by the name of their shape, and are used again by later runs.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.gguf_file import QUANTIZED, quantize_gguf, write_gguf
from bench.shapes import Shape
from bench.tokenizer import make_tokenizer

if TYPE_CHECKING:
    import torch

SEED = 1
SPREAD = 0.02
"""Standard deviation of the weights, as in Gemma's own initial weights: logits stay finite."""


def default_folder() -> Path:
    """Where models are kept between runs."""
    cache = os.environ.get("XDG_CACHE_HOME")
    return (Path(cache) if cache else Path.home() / ".cache") / "gemma-playground-bench"


def checkpoint(folder: Path, name: str, shape: Shape) -> Path:
    """The folder of the checkpoint in bfloat16, written if it is not there."""
    target = folder / name
    if not target.exists():
        unfinished = folder / f"{name}.part"
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(parents=True)
        random_model(shape).save_pretrained(unfinished)
        make_tokenizer(shape.vocab_size).save_pretrained(unfinished)
        unfinished.rename(target)
    return target


def repeating(folder: Path, name: str, shape: Shape) -> Path:
    """As `checkpoint`, of a model whose layers add nothing to the token just read, so that it writes it for ever."""
    from safetensors.torch import load_file, save_file

    target = folder / f"{name}-repeating"
    if not target.exists():
        unfinished = folder / f"{name}-repeating.part"
        shutil.rmtree(unfinished, ignore_errors=True)
        shutil.copytree(checkpoint(folder, name, shape), unfinished)
        weights = load_file(unfinished / "model.safetensors")
        for part, weight in weights.items():
            if "post_" in part:
                weight.fill_(-1)  # these norms multiply what a layer adds, by one more than their weight
        save_file(weights, unfinished / "model.safetensors", {"format": "pt"})
        unfinished.rename(target)
    return target


def gguf(folder: Path, name: str, shape: Shape, bits: str) -> Path:
    """The checkpoint's weights as llama.cpp reads them, in `bits` of `QUANTIZED` or bf16; written if not there.

    Raises: ImportError without the packages gguf and, for quantised files, llama-cpp-python.
    """
    target = folder / f"{name}-{bits}.gguf"
    if not target.exists():
        unfinished = target.with_suffix(".part")
        if bits in QUANTIZED:
            quantize_gguf(gguf(folder, name, shape, "bf16"), unfinished, bits)
        else:
            write_gguf(checkpoint(folder, name, shape), unfinished, shape)
        unfinished.rename(target)
    return target


def random_model(shape: Shape) -> Any:
    """The model in bfloat16; the same weights on every call."""
    import torch
    from transformers import Gemma3ForCausalLM, Gemma3TextConfig

    config = Gemma3TextConfig(**shape.config(), pad_token_id=0, eos_token_id=1, bos_token_id=2)
    with torch.device("meta"):
        model = Gemma3ForCausalLM(config)
    model = model.to(torch.bfloat16).to_empty(device="cpu")
    model.tie_weights()
    draw = torch.Generator().manual_seed(SEED)
    with torch.no_grad():
        for name, weight in sorted(model.named_parameters()):
            _fill(name, weight, draw)
    model.generation_config.eos_token_id = [1, 6]
    return model


def _fill(name: str, weight: torch.Tensor, draw: torch.Generator) -> None:
    if name.endswith("norm.weight"):
        weight.zero_()  # Gemma's norms multiply by one more than their weight
    else:
        weight.normal_(0, SPREAD, generator=draw)
