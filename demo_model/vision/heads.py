"""The questions the tower is pre-trained on. They are thrown away once the language model takes over."""

from __future__ import annotations

import torch
import torch.nn.functional as F  # noqa: N812 - torch's own convention
from torch import Tensor, nn
from transformers import SiglipVisionConfig

from demo_model.architecture import IMAGE_TOKENS
from demo_model.vision.targets import CLASSES, GRID, LETTERS_PER_CELL, PATCHES, UNKNOWN, Targets
from demo_model.vision.words import MAX_LETTERS

_PER_CELL = ("shape", "colour", "size", "filled", "order", "ink")
_PER_PATCH = ("patch_shape", "patch_letter")
_NONE_WEIGHT = {"shape": 0.5, "letter": 0.2, "patch_shape": 0.3, "patch_letter": 0.2}
"""Most cells hold nothing. Left alone, "nothing" would be all that the first minutes teach."""
_WEIGHTS = {"patch_letter": 2.0, "patch_shape": 2.0, "shape": 2.0, "letter": 4.0, "string": 2.0, "box": 5.0}


class PretrainingHeads(nn.Module):
    """One linear layer per question about a token; learned queries that look at all tokens for the rest."""

    def __init__(self, config: SiglipVisionConfig) -> None:
        super().__init__()
        width, self.heads = config.hidden_size, config.num_attention_heads
        self.per_patch = nn.ModuleDict({name: nn.Linear(width, CLASSES[name]) for name in _PER_PATCH})
        self.per_cell = nn.ModuleDict({name: nn.Linear(width, CLASSES[name]) for name in _PER_CELL})
        self.letter = nn.Linear(width, LETTERS_PER_CELL * CLASSES["letter"])
        self.box = nn.Linear(width, 4)
        self.queries = nn.Parameter(torch.randn(MAX_LETTERS + 2, width) * 0.5)
        self.to_key_value = nn.Linear(width, 2 * width)
        self.to_query = nn.Linear(width, width)
        self.mix = nn.Sequential(nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, width))
        self.string = nn.Linear(width, CLASSES["string"])
        self.count = nn.Linear(width, CLASSES["count"])
        self.background = nn.Linear(width, CLASSES["background"])

    def forward(self, states: Tensor) -> dict[str, Tensor]:
        """Patch states (B, patches, width) to class scores, shaped as `scene_targets` plus classes."""
        tokens = self._pool(states)
        answers = {name: layer(tokens) for name, layer in self.per_cell.items()}
        for name, layer in self.per_patch.items():
            answers[name] = layer(states).view(len(states), PATCHES, PATCHES, CLASSES[name])
        answers["letter"] = self.letter(tokens).view(*tokens.shape[:2], LETTERS_PER_CELL, CLASSES["letter"])
        answers["box"] = self.box(tokens)
        summary = self._look(tokens)
        answers["string"] = self.string(summary[:, :MAX_LETTERS])
        answers["count"] = self.count(summary[:, MAX_LETTERS])
        answers["background"] = self.background(summary[:, MAX_LETTERS + 1])
        return answers

    def _pool(self, states: Tensor) -> Tensor:
        """(B, patches, width) to (B, IMAGE_TOKENS, width), as Gemma 3's projector averages and normalises."""
        square = states.transpose(1, 2).reshape(len(states), -1, PATCHES, PATCHES)
        tokens = F.avg_pool2d(square, PATCHES // GRID).flatten(2).transpose(1, 2)
        assert tokens.shape[1] == IMAGE_TOKENS
        return F.rms_norm(tokens, tokens.shape[-1:])

    def _look(self, tokens: Tensor) -> Tensor:
        """(B, IMAGE_TOKENS, width) to what each query found: (B, queries, width)."""
        key, value = self.to_key_value(tokens).chunk(2, dim=-1)
        query = self.to_query(self.queries).expand(len(tokens), -1, -1)
        query, key, value = (x.view(*x.shape[:2], self.heads, -1).transpose(1, 2) for x in (query, key, value))
        found = F.scaled_dot_product_attention(query, key, value).transpose(1, 2).flatten(2) + self.queries
        return F.rms_norm(found + self.mix(F.rms_norm(found, found.shape[-1:])), found.shape[-1:])


def head_losses(answers: dict[str, Tensor], targets: Targets) -> dict[str, Tensor]:
    """The loss of each question, each already weighted. All are scalars."""
    losses = {name: _WEIGHTS.get(name, 1.0) * _loss(name, answers[name].float(), targets[name]) for name in CLASSES}
    known = ~targets["box"][..., 0].isnan()
    if known.any():
        losses["box"] = _WEIGHTS["box"] * F.smooth_l1_loss(
            answers["box"].float()[known], targets["box"][known], beta=0.05
        )
    return losses


def _loss(name: str, scores: Tensor, target: Tensor) -> Tensor:
    target = target.flatten()
    if bool((target == UNKNOWN).all()):
        return scores.sum() * 0.0
    weight = None
    if name in _NONE_WEIGHT:
        weight = torch.ones(scores.shape[-1])
        weight[0] = _NONE_WEIGHT[name]
    return F.cross_entropy(scores.flatten(0, -2), target, weight=weight, ignore_index=UNKNOWN)


@torch.no_grad()
def head_scores(answers: dict[str, Tensor], targets: Targets) -> dict[str, tuple[int, int]]:
    """Right answers and answers asked for, by question.

    `string` counts whole strings; `letter` only cells that hold letters; `shape` only cells that hold shapes, and
    `found` the pictures in which exactly the right cells were named.
    """
    scores: dict[str, tuple[int, int]] = {}
    for name in CLASSES:
        guess, target = answers[name].argmax(-1), targets[name]
        asked = target != UNKNOWN if name not in _NONE_WEIGHT else target > 0
        if name == "string":
            written = (target > 0).any(-1)
            right = (guess == target).all(-1) & written
            scores[name] = int(right.sum()), int(written.sum())
        else:
            scores[name] = int((guess == target)[asked].sum()), int(asked.sum())
    same = ((answers["shape"].argmax(-1) > 0) == (targets["shape"] > 0)).all(-1)
    scores["found"] = int(same.sum()), len(same)
    return scores
