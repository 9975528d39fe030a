"""Where a module and its weights are."""

from __future__ import annotations

from itertools import chain

import torch


def input_device(module: torch.nn.Module) -> torch.device:
    """The device to put a module's inputs on.

    Weights that accelerate keeps elsewhere until they are used lie on no device; a hook then names the one they go to.
    """
    for part in module.modules():
        device = getattr(getattr(part, "_hf_hook", None), "execution_device", None)
        if device is not None:
            return torch.device(device)
    return next(chain(module.parameters(), module.buffers())).device


def is_whole(module: torch.nn.Module) -> bool:
    """Whether its weights lie on one device, none of them brought in by hooks."""
    devices = {tensor.device for tensor in module.parameters()}
    return len(devices) == 1 and not any(hasattr(part, "_hf_hook") for part in module.modules())
