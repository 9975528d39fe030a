"""Scores while training: whole turns right on dialogues of held-out wording (`dev`) and of known wording (`train`).

Teacher-forced: a turn counts when every token of it is the likeliest one after the right start, which is what greedy
decoding would write. Replies that the generator chooses freely count when 80 % of their tokens are right.
"""

from __future__ import annotations

import random
from collections import defaultdict

import torch
from transformers import Gemma3ForConditionalGeneration

from demo_model.batches import LONGEST, collate, cut, tokenizer
from demo_model.data.dialogue import memory_dialogue, talk_dialogue, tool_dialogue
from demo_model.data.spin import Speaker, Split
from demo_model.encoding import Example, encode, encode_pictured
from demo_model.network import computing, picture_features, token_losses
from demo_model.vision.pixels import normalise

Score = tuple[float, int]
FREE = {"social", "identity", "unknown", "no tool", "tell", "untold", "result"}
SPLITS: tuple[Split, ...] = ("dev", "train")


def development_rows(count: int, *, pictures: bool) -> dict[str, list[Example]]:
    """Dialogues for each set: half of them with tools."""
    found: dict[str, list[Example]] = {}
    for split in SPLITS:
        rng = random.Random(f"development {split}")
        speaker = Speaker(rng, split)
        makers = (tool_dialogue, tool_dialogue, memory_dialogue, talk_dialogue)
        rows = [encode(makers[number % 4](speaker), tokenizer()) for number in range(count)]
        if pictures:
            rows += [encode_pictured(rng, tokenizer(), split) for _ in range(count)]
        found[split] = [row for row in rows if len(row.ids) <= LONGEST]
    return found


@torch.no_grad()
def score(model: Gemma3ForConditionalGeneration, rows: list[Example], device: torch.device) -> dict[str, Score]:
    """Share of right turns and number of turns, by skill."""
    right: dict[str, list[bool]] = defaultdict(list)
    written = [row for row in rows if not row.squares]
    pictured = [row for row in rows if row.squares]
    for group in (*cut(written, 8192), *cut(pictured, 4096)):
        if not group:
            continue
        batch = collate(group).on(device)
        with computing(device):
            features = None if batch.squares is None else picture_features(model, normalise(batch.squares))
            _, hits = token_losses(model, batch.ids, batch.places, features)
        found = iter(hits.tolist())
        for row in group:
            for (start, stop), kind in zip(row.spans, row.kinds, strict=True):
                span = [next(found) for _ in range(stop - start)]
                right[kind].append(all(span) if kind not in FREE else sum(span) >= 0.8 * len(span))
    return {kind: (round(sum(values) / len(values), 3), len(values)) for kind, values in sorted(right.items())}
