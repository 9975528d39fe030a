"""Teaches the picture tower to see before the language model joins: `python -m demo_model.vision.pretrain`.

Runs on one CPU thread (about 90 pictures a second on a free 2025 server core with bfloat16) and goes on where it was
stopped. The shipped tower saw 150,000 pictures in several such runs, while the mix of pictures was still being found;
held out it then names 0.86 of shapes, 0.99 of colours, 0.97 of counts, 0.83 of letters. While the rate fell over the
last 1,900 steps, errors fell by more than a third: do not stop before that.
Writes the tower, under the names it has inside `Gemma3ForConditionalGeneration`, to
`demo_model/runs/vision/tower.safetensors`.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import random
import time
from collections.abc import Iterator
from pathlib import Path
from queue import Full
from typing import Any

import numpy as np
import torch
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.func import functional_call
from transformers import SiglipVisionModel

from demo_model.architecture import vision_config
from demo_model.vision.attention import use_products
from demo_model.vision.drawing import draw_scene
from demo_model.vision.heads import PretrainingHeads, head_losses, head_scores
from demo_model.vision.pixels import normalise, shrink
from demo_model.vision.scene import Scene, sample_crowd_scene, sample_page_scene, sample_scene
from demo_model.vision.starting_point import prepare
from demo_model.vision.targets import Targets, scene_targets
from playground.engine.devices import native_dtype

FOLDER = Path(__file__).resolve().parents[1] / "runs" / "vision"
TOWER = "tower.safetensors"
CHECKPOINT = "checkpoint.pt"
LOG = "log.jsonl"
HELD_OUT_SEED = 10**12
"""Training pictures use seeds below it."""

Batch = tuple[Tensor, Targets]
"""Shrunk pictures as bytes (B, height, width, 3), and their answers."""


def make_batch(seed: int, pictures: int, crowded: float = 0.0) -> Batch:
    """The same pictures for the same seed. `crowded` is the share of pages and crowds among them."""
    rng = random.Random(seed)
    scenes = [_sample_crowded(rng) if rng.random() < crowded else sample_scene(rng) for _ in range(pictures)]
    squares = np.stack([np.asarray(shrink(draw_scene(scene))) for scene in scenes])
    return torch.from_numpy(squares), scene_targets(scenes)


def _sample_crowded(rng: random.Random) -> Scene:
    return sample_page_scene(rng) if rng.random() < 0.8 else sample_crowd_scene(rng)


def crowded_share(step: int, steps: int) -> float:
    """Crowded pictures teach most per second; the last ones are as the demo will be shown them."""
    return 0.75 if step < 0.85 * steps else 0.2


def _produce(queue: multiprocessing.Queue[Any], first: int, last: int, pictures: int) -> None:
    torch.set_num_threads(1)
    for step in range(first, last):
        squares, targets = make_batch(step, pictures, crowded_share(step, last))
        # As arrays: tensors would travel by file descriptor and use those up.
        drawn = squares.numpy(), {name: target.numpy() for name, target in targets.items()}
        while not _try_put(queue, drawn):
            parent = multiprocessing.parent_process()
            if parent is None or not parent.is_alive():
                queue.cancel_join_thread()
                return


def _try_put(queue: multiprocessing.Queue[Any], item: Any) -> bool:
    try:
        queue.put(item, timeout=5)
    except Full:
        return False
    return True


def stream_batches(first: int, last: int, pictures: int) -> Iterator[Batch]:
    """Batches of the steps from `first` up to `last`, drawn in a process of its own."""
    context = multiprocessing.get_context("spawn")
    queue = context.Queue(maxsize=8)
    producer = context.Process(target=_produce, args=(queue, first, last, pictures), daemon=True)
    producer.start()
    try:
        for _ in range(first, last):
            squares, targets = queue.get(timeout=120)
            yield torch.from_numpy(squares), {name: torch.from_numpy(target) for name, target in targets.items()}
    finally:
        producer.terminate()


class SeeingModel(nn.Module):
    """Tower and heads as one."""

    def __init__(self) -> None:
        super().__init__()
        config = vision_config()
        self.tower = SiglipVisionModel(config)
        use_products(self.tower)
        self.heads = PretrainingHeads(config)
        prepare(self.tower, normalise(make_batch(HELD_OUT_SEED - 1, 256, crowded=0.5)[0]))

    def forward(self, pixels: Tensor) -> dict[str, Tensor]:
        """Pixels (B, 3, height, width) to the heads' answers."""
        return self.heads(self.tower(pixel_values=pixels).last_hidden_state)


def answer(model: SeeingModel, squares: Tensor) -> dict[str, Tensor]:
    """The model's answers from float32 weights, computed in bfloat16 where the hardware can."""
    dtype = native_dtype(squares.device)
    weights = {name: weight.to(dtype) for name, weight in model.named_parameters()}
    answers: dict[str, Tensor] = functional_call(model, weights, (normalise(squares).to(dtype),))
    return answers


def make_optimizers(model: SeeingModel, rate: float) -> list[torch.optim.Optimizer]:
    """Muon for the layers' matrices, AdamW for everything else."""
    matrices: list[Tensor] = []
    filters: list[Tensor] = []
    others: list[Tensor] = []
    for name, weight in model.named_parameters():
        kind = matrices if weight.ndim == 2 and ".layers." in name else filters if "patch_embedding" in name else others
        kind.append(weight)
    # The pixels under a filter change together, so a small step of each of its weights is a large step in all.
    groups = [{"params": others, "share": 0.4}, {"params": filters, "share": 0.03}]
    return [
        torch.optim.Muon(
            [{"params": matrices, "share": 1.0}], lr=rate, weight_decay=0.02, adjust_lr_fn="match_rms_adamw"
        ),
        torch.optim.AdamW(groups, lr=rate, betas=(0.9, 0.98), weight_decay=0.0),
    ]


def learning_rate(step: int, steps: int, peak: float) -> float:
    """A short rise, a plateau, and a straight fall to zero over the last 45 %."""
    return peak * min(1.0, (step + 1) / 100, (steps - step) / (0.45 * steps))


@torch.no_grad()
def evaluate(model: SeeingModel, pictures: int, batch: int = 64) -> dict[str, float]:
    """Share of right answers on held-out pictures, by question."""
    total: dict[str, list[int]] = {}
    for start in range(0, pictures, batch):
        squares, targets = make_batch(HELD_OUT_SEED + start, min(batch, pictures))
        for name, (right, asked) in head_scores(answer(model, squares), targets).items():
            tally = total.setdefault(name, [0, 0])
            tally[0] += right
            tally[1] += asked
    return {name: round(right / max(1, asked), 4) for name, (right, asked) in total.items()}


def _write_log(folder: Path, entry: dict[str, Any]) -> None:
    line = json.dumps(entry)
    print(line, flush=True)
    with (folder / LOG).open("a") as log:
        log.write(line + "\n")


def _save(folder: Path, model: SeeingModel, optimizers: list[torch.optim.Optimizer], step: int) -> None:
    state = {"model": model.state_dict(), "optimizers": [o.state_dict() for o in optimizers], "step": step}
    unfinished = folder / (CHECKPOINT + ".tmp")
    torch.save(state, unfinished)
    unfinished.replace(folder / CHECKPOINT)
    tower = {name: weight.contiguous() for name, weight in model.tower.state_dict().items()}
    save_file(tower, folder / TOWER, metadata={"step": str(step)})


def _resume(folder: Path, model: SeeingModel, optimizers: list[torch.optim.Optimizer]) -> int:
    if not (folder / CHECKPOINT).exists():
        return 0
    state = torch.load(folder / CHECKPOINT, weights_only=True)
    model.load_state_dict(state["model"])
    for optimizer, saved in zip(optimizers, state["optimizers"], strict=True):
        optimizer.load_state_dict(saved)
    return int(state["step"])


def pretrain(folder: Path, steps: int, pictures: int, peak: float, evaluate_every: int, held_out: int = 768) -> None:
    """Train up to step `steps`, with `pictures` per step."""
    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(0)
    model = SeeingModel()
    optimizers = make_optimizers(model, peak)
    first = _resume(folder, model, optimizers)
    began, losses = time.monotonic(), {}
    for step, (squares, targets) in enumerate(stream_batches(first, steps, pictures), start=first):
        for group in (group for optimizer in optimizers for group in optimizer.param_groups):
            group["lr"] = group["share"] * learning_rate(step, steps, peak)
        losses = head_losses(answer(model, squares), targets)
        torch.stack(list(losses.values())).sum().backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for optimizer in optimizers:
            optimizer.step()
            optimizer.zero_grad()
        done = step + 1
        if done % 50 == 0:
            speed = (done - first) * pictures / (time.monotonic() - began)
            rounded = {name: round(loss.item(), 3) for name, loss in losses.items()}
            _write_log(folder, {"step": done, "pictures_per_s": round(speed, 1), "losses": rounded})
        if done % evaluate_every == 0 or done == steps:
            _write_log(folder, {"step": done, "held_out": evaluate(model, held_out)})
            _save(folder, model, optimizers, done)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=9000)
    parser.add_argument("--pictures", type=int, default=16, help="per step")
    parser.add_argument("--rate", type=float, default=3e-3, help="peak learning rate of Muon; AdamW gets half")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where checkpoints, log and result go")
    parser.add_argument("--evaluate-every", type=int, default=500)
    given = parser.parse_args()
    torch.set_num_threads(1)
    pretrain(given.folder, given.steps, given.pictures, given.rate, given.evaluate_every)


if __name__ == "__main__":
    main()
