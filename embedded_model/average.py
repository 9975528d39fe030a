"""The mean of adapters that were trained one from another, or from one start: often better than each of them.

    python -m embedded_model.average OUT ADAPTER ADAPTER [--rank 32]

What is averaged is what they add to the weights. Without `--rank` the mean is exact and has the ranks of all together;
with it, it is the nearest of that rank. Source: Wortsman and others, "Model soups", ICML 2022.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file

from playground.engine.adapters import CONFIG, WEIGHTS

DOWN, UP = ".lora_A.weight", ".lora_B.weight"


def main(arguments: Sequence[str] | None = None) -> None:
    """Writes the mean of some adapters."""
    parser = argparse.ArgumentParser(prog="python -m embedded_model.average", description=main.__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("adapters", type=Path, nargs="+")
    parser.add_argument("--rank", type=int, help="of the mean, at most; by default the ranks of all together")
    args = parser.parse_args(arguments)
    average(args.adapters, args.out, args.rank)


def average(folders: Sequence[Path], out: Path, rank: int | None = None) -> None:
    """Write the mean of these adapters, with the first one's other settings.

    Raises: ValueError when they do not change the same weights.
    """
    adapters = [_Adapter(folder) for folder in folders]
    for folder, adapter in zip(folders, adapters, strict=True):
        if adapter.changes != adapters[0].changes:
            raise ValueError(f"{folder} does not change the weights that {folders[0]} changes: other names or sizes")
    means: dict[str, torch.Tensor] = {}
    for name in adapters[0].changes:
        if name.endswith(DOWN):
            path = name.removesuffix(DOWN)
            means[path + DOWN], means[path + UP] = _mean([one.factors(path) for one in adapters], rank)
        elif not name.endswith(UP):
            means[name] = torch.stack([one.tensors[name].float() for one in adapters]).mean(0)
    ranks = {mean.shape[0] for name, mean in means.items() if name.endswith(DOWN)}
    scale = adapters[0].scale
    alpha = max(ranks) * scale
    config = adapters[0].config | {"r": max(ranks), "lora_alpha": int(alpha) if alpha.is_integer() else alpha}
    out.mkdir(parents=True, exist_ok=True)
    (out / CONFIG).write_text(json.dumps(config, indent=1) + "\n", encoding="utf-8")
    tensors = {name: (mean / scale if name.endswith(UP) else mean).bfloat16() for name, mean in means.items()}
    save_file(tensors, out / WEIGHTS, metadata={"format": "pt"})


class _Adapter:
    def __init__(self, folder: Path) -> None:
        self.tensors = load_file(folder / WEIGHTS)
        self.config: dict[str, Any] = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
        self.scale: float = self.config["lora_alpha"] / self.config["r"]

    @property
    def changes(self) -> dict[str, tuple[int, ...]]:
        """What it changes, and the sizes that do not depend on the rank."""
        sides = {DOWN: slice(1, 2), UP: slice(0, 1)}
        found = {}
        for name, tensor in self.tensors.items():
            side = next((side for end, side in sides.items() if name.endswith(end)), slice(None))
            found[name] = tuple(tensor.shape[side])
        return found

    def factors(self, path: str) -> tuple[torch.Tensor, torch.Tensor]:
        """(down [r, in], up [out, r]) of one weight, whose product is what is added to it."""
        return self.tensors[path + DOWN].float(), self.scale * self.tensors[path + UP].float()


def _mean(factors: Sequence[tuple[torch.Tensor, torch.Tensor]], rank: int | None) -> tuple[torch.Tensor, torch.Tensor]:
    """(down, up) of the mean of these, or of what is nearest to it, the first direction with the largest part."""
    down = torch.cat([one for one, _ in factors])
    up = torch.cat([one for _, one in factors], dim=1) / len(factors)
    rank = min(rank or len(down), len(down))
    left, inner_left = torch.linalg.qr(up)
    right, inner_right = torch.linalg.qr(down.T)
    u, sizes, v = torch.linalg.svd(inner_left @ inner_right.T)
    root = sizes[:rank].sqrt()
    return root[:, None] * (v[:rank] @ right.T), (left @ u[:, :rank]) * root


if __name__ == "__main__":
    main()
