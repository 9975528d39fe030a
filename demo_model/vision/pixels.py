"""Pictures to the numbers the tower reads, as the Gemma 3 image processor makes them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from demo_model.architecture import IMAGE_MEAN, IMAGE_SIZE, IMAGE_STD


def shrink(image: Image.Image) -> Image.Image:
    """The picture squashed to the tower's square, RGB."""
    return image.convert("RGB").resize((IMAGE_SIZE, IMAGE_SIZE), Image.Resampling.BILINEAR)


def to_pixels(images: Sequence[Image.Image]) -> Tensor:
    """Pictures of any size to values from -1 to 1: (pictures, 3, IMAGE_SIZE, IMAGE_SIZE), float32."""
    stacked = np.stack([np.asarray(shrink(image)) for image in images])
    return normalise(torch.from_numpy(stacked))


def normalise(squares: Tensor) -> Tensor:
    """Bytes of shrunk pictures (pictures, height, width, 3) to the tower's values (pictures, 3, height, width)."""
    values = squares.permute(0, 3, 1, 2).float() / 255
    mean, std = (torch.tensor(one, device=squares.device).view(3, 1, 1) for one in (IMAGE_MEAN, IMAGE_STD))
    return (values - mean) / std
