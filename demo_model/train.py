"""Train the demo model: `python -m demo_model.train`. Stops and resumes at any time.

Stages: `text` first, then `joint` (text and pictures, starting from the pre-trained tower); `whole` is both in one, for
a GPU. Each keeps its state in `demo_model/runs/`, which is not part of the repository; `python -m demo_model.export`
writes the weights.
"""

from __future__ import annotations

import argparse
import json
import random
import signal
import time
from collections import deque
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from transformers import Gemma3ForConditionalGeneration

from demo_model.batches import Batch, Placed, Pools, Stage
from demo_model.development import Score, development_rows, score
from demo_model.joined import ALONE, Peers, join, started
from demo_model.muon import Muon
from demo_model.network import computing, new_model, picture_features, token_losses
from demo_model.vision.attention import use_products
from demo_model.vision.pixels import normalise

RUNS = Path(__file__).parent / "runs"
TOWER = RUNS / "vision" / "tower.safetensors"
CHECKPOINT = "checkpoint.pt"
TOWER_PREFIX = "vision_tower."
ATTENTION = [SDPBackend.FLASH_ATTENTION, SDPBackend.EFFICIENT_ATTENTION, SDPBackend.MATH]
"""What a GPU may use: cuDNN's would be prepared anew for every shape of a batch."""
APART = 8
"""Pools between the uses of a pool that is used again."""


def make_optimizers(model: Gemma3ForConditionalGeneration, tower_share: float) -> list[torch.optim.Optimizer]:
    """Muon for the matrices of layers, AdamW for the rest; the tower takes smaller steps."""
    groups: dict[tuple[bool, bool], list[Tensor]] = {}
    for name, parameter in model.named_parameters():
        in_tower = ".vision_tower." in name
        is_matrix = parameter.ndim == 2 and "layers" in name
        groups.setdefault((is_matrix, in_tower), []).append(parameter)
    made: list[torch.optim.Optimizer] = []
    for (is_matrix, in_tower), parameters in groups.items():
        optimizer: torch.optim.Optimizer = (
            Muon(parameters, lr=0.0)
            if is_matrix
            else torch.optim.AdamW(parameters, lr=0.0, betas=(0.9, 0.98), weight_decay=0.0)
        )
        optimizer.param_groups[0]["share"] = (1.0 if is_matrix else 0.6) * (tower_share if in_tower else 1.0)
        made.append(optimizer)
    return made


def rate(steps: int, done: float, peak: float, falling: float) -> float:
    """A rise in fifty steps, a plateau, then a straight fall to a fiftieth. `done` and `falling` are shares of all."""
    rise = min(1.0, (steps + 5) / 50)
    left = max(0.0, 1 - done) / falling
    return peak * rise * max(0.02, min(1.0, left))


class Training:
    """Model, optimizers, averaged weights and counters: everything that a checkpoint holds."""

    def __init__(self, given: argparse.Namespace, peers: Peers = ALONE) -> None:
        self.given = given
        self.peers = peers
        self.device = torch.device(given.device)
        self.folder = RUNS / given.stage
        self.folder.mkdir(parents=True, exist_ok=True)
        self.model = new_model(given.seed).to(self.device)
        if self.device.type == "cpu":
            use_products(self.model.model.vision_tower)
        self.optimizers = make_optimizers(self.model, given.tower_share)
        self.tokens = self.steps = self.pools = 0
        self.began = time.monotonic()
        self.resume()
        self.done = self.tokens / given.tokens

    def _progress(self) -> float:
        """Share of this training that is done, by tokens or by the clock, whichever is further."""
        clock = (time.monotonic() - self.began) / 60 / self.given.minutes if self.given.minutes else 0.0
        return max(clock, self.tokens / self.given.tokens)

    def resume(self) -> None:
        """Continue this stage, or start it from exported weights or from the stage before."""
        own, before = self.folder / CHECKPOINT, RUNS / "text" / CHECKPOINT
        if own.exists():
            state = self._load(own)
            self.tokens, self.steps, self.pools = state["tokens"], state["steps"], state["pools"]
            self.average = {name: value.clone() for name, value in state["average"].items()}
        elif self.given.start:
            exported = Gemma3ForConditionalGeneration.from_pretrained(self.given.start, dtype=torch.float32)
            self.model.load_state_dict(exported.state_dict())
        elif self.given.stage == "joint":
            self.pools = self._load(before)["pools"]
        tower = self.model.model.vision_tower
        is_new = not own.exists() and not self.given.start
        if self.given.stage != "text" and (self.given.new_tower or is_new):
            tower.load_state_dict(_tower(self.given.tower))
        if self.given.tower_share == 0:
            tower.requires_grad_(False)
        for name, weight in tower.named_parameters():
            if "patch_embedding" in name:  # the pixels under a filter change together: no step is small enough
                weight.requires_grad_(False)
        trained = self.model.state_dict()
        if not own.exists():
            self.average = {name: value.detach().clone() for name, value in trained.items()}
        elif self.given.new_tower:
            self.average |= {name: trained[name].clone() for name in trained if ".vision_tower." in name}

    def _load(self, path: Path) -> dict[str, Any]:
        state: dict[str, Any] = torch.load(path, weights_only=True, map_location=self.device)
        self.model.load_state_dict(state["model"])
        for optimizer, saved in zip(self.optimizers, state["optimizers"], strict=True):
            share = optimizer.param_groups[0]["share"]
            optimizer.load_state_dict(saved)
            optimizer.param_groups[0]["share"] = share
        return state

    def save(self) -> None:
        """Write the checkpoint; a kill in between leaves the old one."""
        state = {
            "model": self.model.state_dict(),
            "optimizers": [optimizer.state_dict() for optimizer in self.optimizers],
            "average": self.average,
            "tokens": self.tokens,
            "steps": self.steps,
            "pools": self.pools,
        }
        unfinished = self.folder / (CHECKPOINT + ".tmp")
        torch.save(state, unfinished)
        unfinished.replace(self.folder / CHECKPOINT)

    def step(self, batch: Batch | Placed) -> Tensor:
        """One optimizer step; its loss, which a GPU may still be computing."""
        given = self.given
        now = rate(self.steps, self.done, given.rate, given.falling)
        for optimizer in self.optimizers:
            for group in optimizer.param_groups:
                group["lr"] = now * group["share"]
        placed = batch.on(self.device) if isinstance(batch, Batch) else batch
        with computing(self.device), sdpa_kernel(ATTENTION):
            features = None
            if placed.squares is not None:
                features = picture_features(self.model, normalise(placed.squares))
            losses, _ = token_losses(self.model, placed.ids, placed.places, features)
            loss = (losses * placed.weights).sum() / placed.weights.sum()
        loss.backward()
        tokens, progress, shown = placed.ids.numel(), self._progress(), loss.detach()
        if self.peers.count > 1:
            told = torch.tensor([tokens, shown.item(), progress], dtype=torch.float32)
            told = self.peers.share(list(self.model.parameters()), told)
            tokens, shown, progress = int(told[0].item()), told[1] / self.peers.count, told[2].item() / self.peers.count
        nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        for optimizer in self.optimizers:
            optimizer.step()
            optimizer.zero_grad()
        self.tokens += tokens
        self.done = progress
        self.steps += 1
        if self.peers.rank == 0:
            self._average()
        return shown

    @torch.no_grad()
    def _average(self) -> None:
        """Averaged weights follow the trained ones; they score better while the rate is high."""
        weight = max(0.01, 1 / (self.steps + 1))
        state = self.model.state_dict()
        names = [name for name, value in state.items() if value.is_floating_point()]
        torch._foreach_lerp_([self.average[name] for name in names], [state[name] for name in names], weight)

    def evaluate(self, rows: dict[str, list[Any]]) -> dict[str, dict[str, Score]]:
        """Scores of the averaged weights on each development set."""
        trained = {name: value.clone() for name, value in self.model.state_dict().items()}
        self.model.load_state_dict(self.average)
        scores = {name: score(self.model, found, self.device) for name, found in rows.items()}
        self.model.load_state_dict(trained)
        return scores

    def log(self, entry: dict[str, Any]) -> None:
        """One line to the terminal and to the log file."""
        line = json.dumps({"tokens": self.tokens, "steps": self.steps, **entry})
        print(line, flush=True)
        with (self.folder / "log.jsonl").open("a", encoding="utf-8") as log:
            log.write(line + "\n")


def _tower(exported: Path | None) -> dict[str, Tensor]:
    """The picture tower to begin with: of exported weights, or as `demo_model.vision.pretrain` left it."""
    if exported is None:
        return load_file(TOWER)
    weights = load_file(exported / "model.safetensors")
    return {name.removeprefix(TOWER_PREFIX): value.float() for name, value in weights.items() if TOWER_PREFIX in name}


def stage_now(training: Training) -> Stage:
    """Drills first, then short dialogues, then everything that belongs to the stage."""
    given, tokens = training.given, training.tokens
    if given.stage != "joint" and tokens < given.middle:
        return "early" if tokens < given.early else "middle"
    if given.stage == "whole":
        return "text" if tokens < given.pictures_from else "joint"
    stage: Stage = given.stage
    return stage


def lessons(training: Training, pools: Pools) -> Iterator[Batch]:
    """Batches of new pools; each pool comes again, in another order, `APART` pools later, as often as was asked for.

    `Training.pools` counts pools that are done with. What was drawn before a stop does not come again.
    """
    given, peers = training.given, training.peers
    earlier: deque[list[Batch]] = deque(maxlen=(given.repeats - 1) * APART + 1)
    while True:
        drawn = pools.get(training.pools * peers.count + peers.rank, stage_now(training), peers.count)
        earlier.append(drawn)
        yield from drawn
        for places in range(APART, len(earlier), APART):
            again = list(earlier[-1 - places])
            random.Random(f"{training.pools} {places}").shuffle(again)
            yield from again
        training.pools += 1
        if peers.rank == 0 and training.pools % given.save_every == 0:
            training.save()


def placed(batches: Iterator[Batch], device: torch.device) -> Iterator[Placed]:
    """The batches on the device, the next one on its way while this one is used."""
    with ThreadPoolExecutor(1) as mover:
        batch = next(batches)
        coming = mover.submit(batch.on, device)
        for batch in batches:
            ready, coming = coming.result(), mover.submit(batch.on, device)
            yield ready


def run(given: argparse.Namespace, peers: Peers = ALONE) -> Training:
    """Train until `tokens` are seen or `steps` are made. Of several processes, the first one keeps the books."""
    training = Training(given, peers)
    rows = development_rows(given.development, pictures=given.stage != "text") if peers.rank == 0 else {}
    pools = Pools(given.seed, given.batch_tokens // peers.count, given.workers)
    began, seen, losses = time.monotonic(), training.tokens, []
    try:
        for batch in placed(lessons(training, pools), training.device):
            if _is_done(training):
                break
            losses.append(training.step(batch))
            if peers.rank == 0 and training.steps % given.log_every == 0:
                speed = (training.tokens - seen) / (time.monotonic() - began)
                loss = torch.stack(losses).mean().item()
                training.log({"loss": round(loss, 4), "tokens_per_s": round(speed), "pools": training.pools})
                losses = []
            if peers.rank == 0 and training.steps % given.evaluate_every == 0:
                pause = time.monotonic()
                training.log({"scores": training.evaluate(rows)})
                began += time.monotonic() - pause
    finally:
        if peers.rank == 0:
            training.save()
        pools.close()
    if peers.rank == 0:
        training.log({"scores": training.evaluate(rows)})
    return training


def _is_done(training: Training) -> bool:
    """Asked after every step, so that all processes stop at the same one."""
    return bool(training.done >= 1 or training.steps >= training.given.steps)


def follow(given: argparse.Namespace, peers: Peers) -> None:
    """One of the further processes: it draws its own data, and adds its gradients to the first one's."""
    _prepare(given)
    with join(peers):
        run(given, peers)


def _prepare(given: argparse.Namespace) -> None:
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that a kill saves, too
    if given.threads:
        torch.set_num_threads(given.threads)


def arguments(argv: list[str] | None = None) -> argparse.Namespace:
    """The command line. Defaults take about three hours on two CPU cores."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--stage", choices=("text", "joint", "whole"), default="text")
    parser.add_argument(
        "--start", type=Path, help="begin with the exported weights in this folder; another --seed gives other data"
    )
    parser.add_argument("--tokens", type=int, default=40_000_000, help="to see in this stage, resumed ones included")
    parser.add_argument(
        "--minutes", type=float, default=0.0, help="end this run after so long; --falling is a share of it then"
    )
    parser.add_argument("--steps", type=int, default=10**9, help="to make at most")
    parser.add_argument("--batch-tokens", type=int, default=4096)
    parser.add_argument("--rate", type=float, default=5e-3, help="peak learning rate of Muon; AdamW gets 0.6 of it")
    parser.add_argument("--falling", type=float, default=0.35, help="share of the tokens over which the rate falls")
    parser.add_argument(
        "--tower-share", type=float, default=0.0, help="of the rate, for the picture tower; 0 freezes it"
    )
    parser.add_argument(
        "--new-tower", action="store_true", help="take the pre-trained tower again, which went on since"
    )
    parser.add_argument(
        "--early", type=int, default=1_000_000, help="tokens of drills and short dialogues at the start"
    )
    parser.add_argument("--middle", type=int, default=3_500_000, help="tokens until dialogues are short")
    parser.add_argument("--pictures-from", type=int, default=12_000_000, help="tokens, in the stage `whole`")
    parser.add_argument("--tower", type=Path, help="take the picture tower from the exported weights in this folder")
    parser.add_argument("--workers", type=int, default=1, help="processes that draw data ahead; a GPU needs many")
    parser.add_argument("--repeats", type=int, default=1, help="times that each pool of data is used")
    parser.add_argument("--log-every", type=int, default=25, help="steps")
    parser.add_argument("--development", type=int, default=120, help="dialogues in each development set")
    parser.add_argument("--evaluate-every", type=int, default=250, help="steps")
    parser.add_argument("--save-every", type=int, default=4, help="pools of 16 batches")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--threads", type=int, default=0, help="CPU threads; 0 leaves torch's choice")
    parser.add_argument(
        "--processes", type=int, default=1, help="that share each batch; two of one thread are faster than two threads"
    )
    return parser.parse_args(argv)


def main() -> None:
    """Command line."""
    given = arguments()
    _prepare(given)
    if given.processes == 1:
        run(given)
        return
    with started(given.processes, follow, given) as peers:
        run(given, peers)


if __name__ == "__main__":
    main()
