"""Load a checkpoint and its tokenizer: Gemma 3 and Gemma 4, text or text and images, through transformers.

Knows nothing of model names, the hub or downloads: it is given a folder or a file.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Literal, TypeAlias

import torch
from tokenizers import Tokenizer

from playground.engine.adapters import adapter_digest, merge_adapter
from playground.engine.checkpoint import Checkpoint, Family, read_checkpoint, read_optional_json, revision
from playground.engine.decoder import find_kernels
from playground.engine.devices import DeviceName, DtypeName, Precision, QuantizeName, choose_device, choose_precision
from playground.engine.gguf.file import is_gguf
from playground.engine.gguf.unpack import read_gguf_checkpoint, unpacked
from playground.engine.huge_pages import HugePages
from playground.engine.image_inputs import ImageInputMaker, ImageTokens, image_tokens
from playground.engine.memory import Placement, foresee, is_audio, place
from playground.engine.packed_weights import PackedWeights
from playground.engine.placement import input_device
from playground.engine.tokenizer_files import eos_token, read_tokenizer, template_hash
from playground.engine.widened import widen_products
from playground.errors import Cancelled, ModelUnavailable

TURN_ENDS: Mapping[Family, tuple[str, ...]] = {"gemma3": ("<end_of_turn>",), "gemma4": ("<turn|>",)}
"""Tokens that end a turn even where a re-saved checkpoint lists one stop id only."""
CUT_OFF = "is missing from the weight files; download the model again"


@dataclass(frozen=True)
class LoadStep:
    """How far a load is. `reading` and `unpacking` count bytes of the weight files, `placing` counts tensors."""

    stage: Literal["reading", "unpacking", "placing"]
    done: int
    total: int


Report: TypeAlias = Callable[[LoadStep], None]


@dataclass(frozen=True)
class Source:
    """What a model is loaded from: a folder as the hub has them or a GGUF file, and LoRA adapters merged into it."""

    place: Path
    adapters: tuple[Path, ...] = ()

    def checkpoint(self) -> Checkpoint:
        """What loading it will give, from the heads of its files.

        Raises: ModelUnavailable naming the missing, broken or unsupported file and the cure.
        """
        return read_gguf_checkpoint(self.place) if is_gguf(self.place) else read_checkpoint(self.place)


@dataclass(frozen=True, eq=False)
class LoadedModel:
    """A model in memory with everything that is read from its files.

    `model` is a transformers `…ForCausalLM` or `…ForConditionalGeneration` in evaluation mode; `tokenizer` that
    of its `tokenizer.json`. `device` is where token ids go in; a model split over GPUs moves them on by itself.
    `stop_ids` end a reply; `forbidden_ids` may never be generated. `revision` is the SHA-256 of the files,
    `template_hash` that of the checkpoint's own chat template, if it has one.
    """

    model: Any = field(repr=False)
    tokenizer: Tokenizer = field(repr=False)
    family: Family
    model_type: str
    source: Source
    context_tokens: int
    stop_ids: frozenset[int]
    forbidden_ids: frozenset[int]
    image_inputs: ImageInputMaker | None = field(repr=False)
    revision: str
    template_hash: str | None
    parameters: int
    device: torch.device
    precision: Precision
    computing: str
    """By what it computes, and why by that."""

    @property
    def weight_bytes(self) -> int:
        """Memory that the weights take."""
        return sum(tensor.nbytes for tensor in (*self.model.parameters(), *self.model.buffers()))

    @property
    def dtype(self) -> torch.dtype:
        """Number format of the weights."""
        return self.precision.dtype

    @property
    def image_tokens(self) -> ImageTokens | None:
        """Ids that stand for an image in the prompt; None where the model takes no images."""
        return self.image_inputs.tokens if self.image_inputs else None


def load(
    source: Source | Path,
    *,
    name: str | None = None,
    device: DeviceName = "auto",
    dtype: DtypeName = "auto",
    quantize: QuantizeName = "none",
    report: Report = lambda _: None,
    cancel: threading.Event | None = None,
    force: bool = False,
) -> LoadedModel:
    """Load a model, after checking its files and the memory; `force` skips the check of the memory.

    `name` is what errors call it, if not by its place. A GGUF file is unpacked first if that was not done before.

    Raises: ModelUnavailable naming what is broken, unsupported or too large and the cure; Cancelled.
    """
    source = source if isinstance(source, Source) else Source(source)
    checkpoint = source.checkpoint()
    where = choose_device(device)
    precision = choose_precision(where, dtype, quantize)
    placement = place(name or source.place.name, foresee(checkpoint, precision), where, force=force)
    if precision.quantize != "none" and placement.device_map:
        raise ModelUnavailable(
            f"{name or source.place.name} does not fit one GPU with {precision.name} weights, and those are not spread "
            "over several. Use --device cpu, or leave --quantize out."
        )
    watch = _Watch(report, cancel or threading.Event())
    if is_gguf(source.place):
        checkpoint = read_checkpoint(unpacked(source.place, watch.counting("reading"), watch.counting("unpacking")))
    digest = _digest(source, revision(checkpoint, watch.reading(checkpoint.file_bytes)))
    tokenizer = read_tokenizer(checkpoint.folder)
    model, parameters = _weights(source, checkpoint, precision, placement, digest, watch)
    _own(model)
    widen_products(model)
    return LoadedModel(
        model=model,
        tokenizer=tokenizer,
        family=checkpoint.family,
        model_type=checkpoint.model_type,
        source=source,
        context_tokens=int(model.config.get_text_config().max_position_embeddings),
        stop_ids=_stop_ids(checkpoint, model, tokenizer),
        forbidden_ids=_forbidden_ids(checkpoint, model, tokenizer),
        image_inputs=ImageInputMaker(checkpoint) if checkpoint.has_images else None,
        revision=digest,
        template_hash=template_hash(checkpoint.folder),
        parameters=parameters,
        device=input_device(model.get_input_embeddings()),
        precision=precision,
        computing=find_kernels(model)[1],
    )


class _Watch:
    """Tells how far a load is and stops it when asked to."""

    def __init__(self, report: Report, cancel: threading.Event) -> None:
        self._report = report
        self._cancel = cancel

    def step(self, step: LoadStep) -> None:
        if self._cancel.is_set():
            raise Cancelled("Loading was stopped.")
        self._report(step)

    def reading(self, total: int) -> Callable[[int], None]:
        """A listener for blocks of bytes."""
        done = 0

        def seen(amount: int) -> None:
            nonlocal done
            done += amount
            self.step(LoadStep("reading", done, total))

        return seen

    def counting(self, stage: Literal["reading", "unpacking"]) -> Callable[[int, int], None]:
        """A listener for bytes done and bytes in all."""
        return lambda done, total: self.step(LoadStep(stage, done, total))

    def placing(self, items: Iterable[Any]) -> Iterator[Any]:
        """The items, counted while they are worked on."""
        counted = list(items)
        for done, item in enumerate(counted):
            self.step(LoadStep("placing", done, len(counted)))
            yield item
        self.step(LoadStep("placing", len(counted), len(counted)))


def _digest(source: Source, files: str) -> str:
    """The hash of the files alone, or of them with the adapters in their order."""
    if not source.adapters:
        return files
    parts = (files, *(adapter_digest(folder) for folder in source.adapters))
    return hashlib.sha256(" ".join(parts).encode()).hexdigest()


def _weights(
    source: Source, checkpoint: Checkpoint, precision: Precision, placement: Placement, digest: str, watch: _Watch
) -> tuple[Any, int]:
    """The model, adapters merged and weights quantised, and how many parameters the checkpoint has."""
    if precision.quantize != "none":
        model, parameters = _quantised_weights(source, checkpoint, precision, digest, watch)
        return model.to(placement.device), parameters
    model = _load_model(checkpoint, precision.dtype, placement, watch)
    for adapter in source.adapters:
        merge_adapter(model, adapter)
    return model, sum(parameter.numel() for parameter in model.parameters())


def _quantised_weights(
    source: Source, checkpoint: Checkpoint, precision: Precision, digest: str, watch: _Watch
) -> tuple[Any, int]:
    """As `_weights`, on the CPU: from an earlier start's file, or rounded now and kept for the next."""
    assert precision.quantize != "none"
    kept = PackedWeights(precision.quantize, digest)
    if restored := kept.restore(partial(_skeleton, checkpoint, precision.dtype)):
        watch.step(LoadStep("placing", 1, 1))
        return restored
    host = torch.device("cpu")
    model, parameters = _weights(source, checkpoint, Precision(precision.dtype, ""), Placement(host), digest, watch)
    kept.quantise(model)
    return model, parameters


def _skeleton(checkpoint: Checkpoint, dtype: torch.dtype) -> Any:
    """The model without weights."""
    from transformers import AutoModelForCausalLM

    with torch.device("meta"):
        model = AutoModelForCausalLM.from_config(_config(checkpoint), dtype=dtype)
    return model.eval().requires_grad_(False)


_one_load = threading.Lock()
"""transformers has one progress hook for the process."""


@contextmanager
def _watched_loading(watch: _Watch) -> Iterator[None]:
    """Within it, transformers' loop over the weights reports to `watch` instead of drawing a bar."""
    from transformers.utils import logging

    def hook(factory: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        return watch.placing(args[0]) if args and kwargs.get("desc") == "Loading weights" else factory(*args, **kwargs)

    with _one_load:
        previous, level = logging.set_tqdm_hook(hook), logging.get_verbosity()
        logging.set_verbosity_error()  # unused audio weights are expected; missing ones are an error of ours
        try:
            yield
        finally:
            logging.set_tqdm_hook(previous)
            logging.set_verbosity(level)


def _config(checkpoint: Checkpoint) -> Any:
    from transformers import AutoConfig

    config = AutoConfig.from_pretrained(checkpoint.folder, local_files_only=True)
    if getattr(config, "audio_config", None) is not None:
        config.audio_config = None  # nothing here listens; its tower would take memory for nothing
    return config


def _load_model(checkpoint: Checkpoint, dtype: torch.dtype, placement: Placement, watch: _Watch) -> Any:
    from transformers import AutoModelForCausalLM

    device_map = placement.device_map or {"": placement.device}
    try:
        with _watched_loading(watch):
            model, info = AutoModelForCausalLM.from_pretrained(
                checkpoint.folder,
                config=_config(checkpoint),
                dtype=dtype,
                device_map=device_map,
                max_memory=placement.max_memory,
                use_safetensors=True,
                local_files_only=True,
                output_loading_info=True,
            )
    except (OSError, ValueError, TypeError, KeyError, RuntimeError, ImportError, AttributeError) as error:
        raise ModelUnavailable(f"transformers cannot load {checkpoint.folder}: {_short(error)}") from error
    if missing := sorted(name for name in info["missing_keys"] if not is_audio(name)):
        raise ModelUnavailable(f"{missing[0]} (and {len(missing) - 1} more) {CUT_OFF}: {checkpoint.folder}")
    return model.eval().requires_grad_(False)


def _own(model: Any) -> None:
    """Copy weights into memory of our own, parameter by parameter. They may be views of their mapped file: it could be
    replaced under the running model, which crashes the process, and mapped memory looks free to whoever asks whether
    another model fits.
    """
    memory = HugePages()
    for parameter in model.parameters():
        if parameter.device.type == "cpu":
            parameter.data = memory.copy(parameter.data)


def _stop_ids(checkpoint: Checkpoint, model: Any, tokenizer: Tokenizer) -> frozenset[int]:
    """From the generation config; a tokenizer's `eos` alone would miss the end of the turn."""
    stated = read_optional_json(checkpoint.folder / "generation_config.json")
    listed = stated.get("eos_token_id", model.config.get_text_config().eos_token_id)
    ids = set(listed if isinstance(listed, list) else [listed])
    ends = (*TURN_ENDS[checkpoint.family], eos_token(checkpoint.folder))
    ids |= {tokenizer.token_to_id(token) for token in ends if token is not None}
    return frozenset(int(token) for token in ids if token is not None)


def _forbidden_ids(checkpoint: Checkpoint, model: Any, tokenizer: Tokenizer) -> frozenset[int]:
    """What the generation config suppresses, tokens that stand for images and sound, and rows without a token."""
    suppressed = set(read_optional_json(checkpoint.folder / "generation_config.json").get("suppress_tokens") or ())
    size = int(model.config.get_text_config().vocab_size)
    media = image_tokens(checkpoint.config)
    suppressed |= {media.begin, media.soft, media.end}
    if checkpoint.family == "gemma4":
        names = ("boa_token_id", "eoa_token_index", "audio_token_id", "video_token_id")
        suppressed |= {getattr(model.config, name, None) for name in names}
    suppressed |= set(range(tokenizer.get_vocab_size(), size))
    return frozenset(int(token) for token in suppressed if token is not None and 0 <= token < size)


def _short(error: BaseException) -> str:
    """The first line of an error's text: transformers' messages run over many."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
