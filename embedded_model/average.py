"""The mean of adapters that were trained one from another, or from one start: often better than each of them.

    python -m embedded_model.average OUT ADAPTER ADAPTER

Source: Wortsman and others, "Model soups", ICML 2022.
"""

from __future__ import annotations

import argparse
import shutil
from collections.abc import Sequence
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

WEIGHTS = "adapter_model.safetensors"


def main(arguments: Sequence[str] | None = None) -> None:
    """Writes the mean of some adapters."""
    parser = argparse.ArgumentParser(prog="python -m embedded_model.average", description=main.__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("adapters", type=Path, nargs="+")
    args = parser.parse_args(arguments)
    average(args.adapters, args.out)


def average(folders: Sequence[Path], out: Path) -> None:
    """Write the mean of these adapters' weights, with the first one's other files.

    Raises: ValueError when they do not have the same weights.
    """
    adapters = [load_file(folder / WEIGHTS) for folder in folders]
    shapes = [{name: tensor.shape for name, tensor in adapter.items()} for adapter in adapters]
    for folder, found in zip(folders, shapes, strict=True):
        if found != shapes[0]:
            raise ValueError(f"{folder} does not have the weights of {folders[0]}: other names or other sizes")
    out.mkdir(parents=True, exist_ok=True)
    for path in folders[0].glob("*.json"):
        shutil.copy(path, out)
    means = {
        name: torch.stack([one[name].float() for one in adapters]).mean(0).to(tensor.dtype)
        for name, tensor in adapters[0].items()
    }
    save_file(means, out / WEIGHTS, metadata={"format": "pt"})


if __name__ == "__main__":
    main()
