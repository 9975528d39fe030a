"""Images as the language model's soft tokens; each image goes through the vision tower once, and by itself.

Matrix products of another size may round otherwise: of several images in one pass, what is computed for each would
depend on those beside it.

`ImageSpan.inputs` holds the keyword arguments of the model's `get_image_features`, for one image:

- Gemma 3: `pixel_values` [1, 3, height, width];
- Gemma 4: `pixel_values` [1, patches, 3 * patch * patch] and `image_position_ids` [1, patches, 2], as its image
  processor gives them (padding patches are marked -1).

Floats are cast to the tower's dtype and all tensors moved to its device here. `ImageSpan.length` must be the number of
soft tokens that the tower gives for them.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from typing import Any

import torch

from playground.engine.placement import input_device
from playground.engine.request import ImageSpan
from playground.errors import ServerError


class ImageFeatures:
    """Soft tokens [T, hidden] by image digest, least recently used out first."""

    def __init__(self, model: Any, budget_bytes: int) -> None:
        self._model = model
        self._budget_bytes = budget_bytes
        self._features: OrderedDict[str, torch.Tensor] = OrderedDict()
        self.used_bytes = 0
        self.runs = 0
        """How often the vision tower has run."""
        self.seconds = 0.0
        """How long it took altogether."""

    def get(self, image: ImageSpan) -> torch.Tensor:
        """The image's soft tokens, [T, hidden].

        Raises: ServerError when the tower gives another number than the span has.
        """
        features = self._features.get(image.digest)
        if features is None:
            features = self._encode(image)
            self._keep(image.digest, features)
        else:
            self._features.move_to_end(image.digest)
        if features.shape[0] != image.length:
            raise ServerError(
                f"The vision tower gave {features.shape[0]} tokens for an image that has {image.length} in the prompt."
            )
        return features

    def clear(self) -> None:
        """Give all memory back."""
        self._features.clear()
        self.used_bytes = 0

    def _encode(self, image: ImageSpan) -> torch.Tensor:
        tower = self._model.model.vision_tower
        device, dtype = input_device(tower), next(tower.parameters()).dtype
        inputs = {
            name: value.to(device, dtype if value.is_floating_point() else None) for name, value in image.inputs.items()
        }
        began = time.perf_counter()
        # Gemma 3 pools to [1, T, hidden]; Gemma 4 to one [T, hidden] for each image.
        features: torch.Tensor = self._model.get_image_features(**inputs, return_dict=True).pooler_output[0]
        if features.is_cuda:
            torch.cuda.synchronize(features.device)  # else the time would be that of starting the work
        self.runs += 1
        self.seconds += time.perf_counter() - began
        return features

    def _keep(self, digest: str, features: torch.Tensor) -> None:
        self._features[digest] = features
        self.used_bytes += features.numel() * features.element_size()
        while self.used_bytes > self._budget_bytes:
            _, dropped = self._features.popitem(last=False)
            self.used_bytes -= dropped.numel() * dropped.element_size()
