"""From a checked image to what the vision tower takes: tensors, and how many soft tokens stand for it in the prompt.

The image processor classes are used directly with their PIL backend: their `AutoProcessor` would pull in torchvision,
which Gemma 4's cannot load without.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import PIL.Image

from playground.engine.checkpoint import Checkpoint, read_optional_json
from playground.errors import ModelUnavailable
from playground.images import from_picture
from playground.messages import Image

if TYPE_CHECKING:
    import torch

REMEMBERED = 8
"""Images whose tensors are kept (8 to 10 MB each): every turn of a chat sends its pictures again."""

PAN_AND_SCAN = {"min_crop_size": 256, "max_num_crops": 4, "min_ratio_to_activate": 1.2}
"""How Gemma 3's pictures are cut into crops where a checkpoint does not say. Source: the defaults of transformers'
`Gemma3Processor` (models/gemma3/processing_gemma3.py, 5.24)."""


@dataclass(frozen=True)
class ImageTokens:
    """Ids that stand for an image in a prompt: `begin`, then `soft` once per vector, then `end`."""

    begin: int
    soft: int
    end: int


@dataclass(frozen=True)
class ImageInputs:
    """One image, ready for the vision tower.

    `tensors` are the keyword arguments of the model's `get_image_features`, one row each, float32 (pixels) and int64
    (positions), on the CPU. `length` is the number of vectors it returns. Equal digests have equal tensors.
    """

    length: int
    tensors: Mapping[str, torch.Tensor] = field(repr=False, compare=False)
    digest: str


class ImageInputMaker:
    """Makes `ImageInputs` the way one checkpoint was trained. Safe to use from several threads."""

    def __init__(self, checkpoint: Checkpoint) -> None:
        """Read the checkpoint's processor settings; what they leave out follows from the model's own config.

        Raises: ModelUnavailable when the settings are not understood.
        """
        self.tokens = image_tokens(checkpoint.config)
        settings = _processor_settings(checkpoint)
        self._settings = json.dumps(settings, sort_keys=True)
        try:
            self._processor = _processor(checkpoint, settings)
        except (TypeError, ValueError) as error:
            raise ModelUnavailable(
                f"The image settings of {checkpoint.folder} are not understood ({error}). "
                "Restore its preprocessor_config.json or processor_config.json."
            ) from error
        self._cuts = checkpoint.family == "gemma3"
        self._fixed_length = int(checkpoint.config.get("mm_tokens_per_image", 256))
        self._remembered = lru_cache(maxsize=REMEMBERED)(self._make)
        self._cropped = lru_cache(maxsize=REMEMBERED)(self._crops)

    @property
    def cuts(self) -> bool:
        """Whether the family can be shown crops of long pictures; if not, its pictures have a budget of tokens."""
        return self._cuts

    def make(self, image: Image, budget: int | None = None) -> ImageInputs:
        """A picture for the vision tower. `budget`: most vectors, if not as the checkpoint says; for Gemma 4 only."""
        return self._remembered(image, budget)

    @property
    def budget(self) -> int:
        """Most vectors that one picture takes: the fixed number of Gemma 3, the token budget of Gemma 4."""
        return int(getattr(self._processor, "max_soft_tokens", self._fixed_length))

    def view(self, image: Image) -> Image:
        """The picture that the vision tower gets, made from its own tensors: scaled, and stretched by Gemma 3."""
        tensors = self.make(image).tensors
        pixels = tensors["pixel_values"][0].numpy()
        if (positions := tensors.get("image_position_ids")) is not None:
            pixels = _joined(pixels, positions[0].numpy(), self._processor.patch_size)
        if self._processor.do_normalize:
            spread, middle = (np.reshape(v, (3, 1, 1)) for v in (self._processor.image_std, self._processor.image_mean))
            pixels = pixels * spread + middle
        bytes_ = np.clip(pixels / self._processor.rescale_factor, 0, 255).round().astype(np.uint8)
        return from_picture(PIL.Image.fromarray(bytes_.transpose(1, 2, 0)))

    def crops(self, image: Image) -> tuple[Image, ...]:
        """The parts that "pan and scan" would send beside a long picture; none for square ones and for Gemma 4."""
        return self._cropped(image) if self._cuts else ()

    def _crops(self, image: Image) -> tuple[Image, ...]:
        limits = {
            f"pan_and_scan_{name}": getattr(self._processor, f"pan_and_scan_{name}", None) or value
            for name, value in PAN_AND_SCAN.items()
        }
        with PIL.Image.open(io.BytesIO(image.data)) as picture:
            pixels = np.asarray(picture.convert("RGB")).transpose(2, 0, 1)
        parts = self._processor.pan_and_scan(pixels, **limits)
        return tuple(from_picture(PIL.Image.fromarray(np.ascontiguousarray(p.transpose(1, 2, 0)))) for p in parts)

    def _make(self, image: Image, budget: int | None) -> ImageInputs:
        wish = {} if budget is None else {"max_soft_tokens": budget}
        with PIL.Image.open(io.BytesIO(image.data)) as picture:
            batch = self._processor(picture.convert("RGB"), return_tensors="pt", **wish)
        made = " ".join([image.digest, self._settings, *map(str, wish.values())])
        digest = hashlib.sha256(made.encode()).hexdigest()
        tensors = {"pixel_values": batch["pixel_values"]}
        if "image_position_ids" not in batch:
            return ImageInputs(self._fixed_length, tensors, digest)
        tensors["image_position_ids"] = batch["image_position_ids"]
        return ImageInputs(int(batch["num_soft_tokens_per_image"][0]), tensors, digest)


def _joined(patches: np.ndarray, positions: np.ndarray, side: int) -> np.ndarray:
    """Gemma 4's patches (N, side * side * 3) in their places (N, 2), padding left out, as an image (3, H, W)."""
    real = positions[:, 0] >= 0
    columns, rows = positions[real].max(axis=0) + 1
    grid = patches[real].reshape(rows, columns, side, side, 3)
    joined: np.ndarray = grid.transpose(4, 0, 2, 1, 3).reshape(3, rows * side, columns * side)
    return joined


def image_tokens(config: Mapping[str, Any]) -> ImageTokens:
    """The ids from a config.json; Gemma 3 calls them `…_index`, newer files `…_id`; absent ones are the family's."""
    gemma4 = config["model_type"] == "gemma4"

    def token(name: str, default: int) -> int:
        found = config.get(f"{name}_token_index", config.get(f"{name}_token_id"))
        return default if found is None else int(found)

    return ImageTokens(
        begin=token("boi", 255_999),
        soft=token("image", 258_880 if gemma4 else 262_144),
        end=token("eoi", 258_882 if gemma4 else 256_000),
    )


def _processor_settings(checkpoint: Checkpoint) -> dict[str, Any]:
    settings = read_optional_json(checkpoint.folder / "preprocessor_config.json")
    nested = read_optional_json(checkpoint.folder / "processor_config.json").get("image_processor")
    return settings or (dict(nested) if isinstance(nested, Mapping) else {})


def _processor(checkpoint: Checkpoint, settings: Mapping[str, Any]) -> Any:
    vision = checkpoint.config.get("vision_config") or {}
    if checkpoint.family == "gemma4":
        from transformers.models.gemma4.image_processing_pil_gemma4 import Gemma4ImageProcessorPil as Processor

        defaults = {key: vision[key] for key in ("patch_size", "pooling_kernel_size") if key in vision}
    else:
        from transformers.models.gemma3.image_processing_pil_gemma3 import Gemma3ImageProcessorPil as Processor

        # The class's own defaults (224 pixels, ImageNet's mean) are no Gemma's.
        side = int(vision.get("image_size", 896))
        defaults = {"size": {"height": side, "width": side}, "image_mean": [0.5] * 3, "image_std": [0.5] * 3}
    names = Processor.valid_kwargs.__annotations__
    known = {key: value for key, value in settings.items() if key in names and value is not None}
    # Crops ("pan and scan") change the prompt's text and are off in every published checkpoint.
    off = {"do_pan_and_scan": False} if checkpoint.family == "gemma3" else {}
    return Processor(**{**defaults, **known, **off})
