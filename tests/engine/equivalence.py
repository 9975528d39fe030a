"""What our passes compute beside what transformers' own forward does, for each family: saved by it, loaded by us.

`docs/make_models.py` writes the largest differences down; `test_equivalence.py` holds them within their bounds: in
float32 `TOLERANCE`, in bfloat16 what transformers' own rounding to bfloat16 changes. (Chunks of another size round
otherwise there. Token by token, transformers is as far from itself.)
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
from transformers import AutoModelForCausalLM

from playground.engine.request import ImageSpan
from playground.engine.runner import Runner
from playground.engine.weights import load
from tests.backends.tiny import save_tiny
from tests.engine.asking import words
from tests.tiny_models import IMAGE_TOKEN, SEEING, VOCAB, WINDOW, picture_inputs

TOLERANCE = 1e-3
"""Of float32 logits, whose standard deviation is about 3."""
LENGTH = 64
"""Greedy tokens that are compared: the window's edge is crossed."""
UNWRITTEN = [9, 12, VOCAB - 1]
"""Places of pictures, sounds and films, which `generate` reads as padding."""


@dataclass(frozen=True)
class Case:
    """A prompt, and where it is cut for reading."""

    name: str
    ids: tuple[int, ...]
    cuts: tuple[int, ...]
    images: tuple[ImageSpan, ...] = ()


def cases(family: str) -> Iterator[Case]:
    """All prompts are longer than the window."""
    plain = words(4 * WINDOW)
    yield Case("read at once", plain, ())
    yield Case("read in chunks", plain, (1, 2, WINDOW, WINDOW + 1, 2 * WINDOW + 3))
    yield Case("token by token, cached", plain, tuple(range(1, len(plain))))
    if family not in SEEING:
        return
    one, first = _pictures(family, (5,), 2 * WINDOW)
    yield Case("one picture", one, (), first)
    yield Case("one picture, cached", one, (first[0].start + first[0].length, len(one) - 3, len(one) - 2), first)
    two, both = _pictures(family, (4, 3), 2 * WINDOW)
    yield Case("two pictures", two, (), both)
    yield Case("two pictures, one in each chunk", two, (both[1].start, len(two) - 5), both)
    later, earlier = _pictures(family, (4, 2 * WINDOW), 2 * WINDOW)
    yield Case("pictures in earlier turns", later, (earlier[1].start, len(later) - WINDOW), earlier)


def _pictures(family: str, before: tuple[int, ...], after: int) -> tuple[tuple[int, ...], tuple[ImageSpan, ...]]:
    """Ids with a picture behind so many words each, and words at the end."""
    ids: tuple[int, ...] = ()
    spans = []
    for number, count in enumerate(before):
        inputs, length = picture_inputs(family, seed=number)
        ids += words(count, seed=number)
        spans.append(ImageSpan(len(ids), length, inputs, f"picture {number}"))
        ids += (IMAGE_TOKEN,) * length
    return ids + words(after, seed=9), tuple(spans)


class Pair:
    """A tiny model of a family as we load it and as transformers does."""

    def __init__(self, family: str, dtype: str, folder: Path, **changes) -> None:
        save_tiny(family, folder, **changes)
        self.family = family
        self.loaded = load(folder, device="cpu", dtype=dtype)
        self.theirs = AutoModelForCausalLM.from_pretrained(folder, dtype=getattr(torch, dtype)).eval()
        self._exact = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()

    @torch.inference_mode()
    def difference(self, case: Case) -> float:
        """The largest difference of a logit behind any chunk."""
        runner = Runner(self.loaded.model)
        cache, ends = runner.new_cache(), (*case.cuts, len(case.ids))
        expected, worst = self._own_logits(self.theirs, case), 0.0
        for start, end in zip((0, *case.cuts), ends, strict=True):
            inside = [image for image in case.images if start <= image.start < end]
            cache.trim(start)
            logits = runner.logits(runner.read(cache, case.ids[start:end], inside))
            worst = max(worst, float((logits[0].float() - expected[end - 1]).abs().max()))
        return worst

    @torch.inference_mode()
    def rounding(self, case: Case) -> float:
        """How far transformers' own logits are from those of float32, at most, at any position."""
        return float((self._own_logits(self.theirs, case) - self._own_logits(self._exact, case)).abs().max())

    def _own_logits(self, model, case: Case) -> torch.Tensor:
        """At all positions, [T, V]."""
        tokens = torch.tensor([case.ids])
        dtype = next(model.parameters()).dtype
        extra = {
            name: torch.cat([image.inputs[name] for image in case.images])
            for name in (case.images[0].inputs if case.images else ())
        }
        extra = {name: value.to(dtype) if value.is_floating_point() else value for name, value in extra.items()}
        if case.images:
            kinds = "token_type_ids" if self.family == "gemma3" else "mm_token_type_ids"
            extra[kinds] = (tokens == IMAGE_TOKEN).long()
        return model(tokens, **extra).logits[0].float()

    @torch.inference_mode()
    def greedy(self) -> tuple[list[int], list[int]]:
        """LENGTH ids as our decoding writes them, and as `generate` does."""
        ids = words(WINDOW - 5)
        self.theirs.generation_config.eos_token_id = None  # so that it does not stop early
        expected = self.theirs.generate(
            torch.tensor([ids]), max_new_tokens=LENGTH, do_sample=False, pad_token_id=0, suppress_tokens=UNWRITTEN
        )[0, len(ids) :]
        runner = Runner(self.loaded.model)
        cache, ours = runner.new_cache(), []
        logits = runner.logits(runner.read(cache, ids))
        while len(ours) < LENGTH:
            logits[0, UNWRITTEN] = -torch.inf
            ours.append(int(logits[0].argmax()))
            cache.trim(cache.length)
            logits = runner.decode([(cache, [ours[-1]])])
        return ours, expected.tolist()
