"""Ask a checkpoint: greedy replies without a grammar, through transformers alone. The app's own dialect renders."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import PIL.Image
import torch
from transformers import AutoModelForImageTextToText, AutoTokenizer

from playground.dialects.gemma3 import Gemma3
from playground.dialects.token_text import TokenText
from playground.engine.checkpoint import read_checkpoint
from playground.engine.image_inputs import ImageInputMaker
from playground.messages import Image, user
from playground.options import Options
from playground.turn import Turn

BATCH = 64
"""Rows decoded together: more costs padding, fewer costs steps."""


class Answerer:
    """A checkpoint folder, loaded in float32 so that a reply hardly depends on the rows beside it."""

    def __init__(self, folder: Path) -> None:
        self._model: Any = AutoModelForImageTextToText.from_pretrained(folder, dtype=torch.float32).eval()
        self._tokenizer: Any = AutoTokenizer.from_pretrained(folder)
        self._dialect = Gemma3()
        self._text = TokenText(
            self._tokenizer.backend_tokenizer, self._dialect.control_tokens, self._dialect.image_tokens
        )
        self._images = ImageInputMaker(read_checkpoint(folder))
        self._stops = [self._text.id_of(name) for name in self._dialect.stop_tokens]

    def replies(self, turns: Sequence[Turn], max_tokens: int) -> list[str]:
        """One reply to each turn, in order. Turns without images only."""
        prompts = [self._text.encode(self._dialect.render(turn)).ids for turn in turns]
        order = sorted(range(len(prompts)), key=lambda index: len(prompts[index]))
        replies = [""] * len(prompts)
        for start in range(0, len(order), BATCH):
            rows = order[start : start + BATCH]
            for index, text in zip(rows, self._batch([prompts[row] for row in rows], max_tokens), strict=True):
                replies[index] = text
        return replies

    def look(self, asked: Sequence[tuple[PIL.Image.Image, str]], max_tokens: int = 96) -> list[str]:
        """One reply to each question about a picture, in order."""
        return [text for start in range(0, len(asked), BATCH) for text in self._look(asked[start:][:BATCH], max_tokens)]

    def _look(self, asked: Sequence[tuple[PIL.Image.Image, str]], max_tokens: int) -> list[str]:
        prompts, pixels = [], []
        for picture, question in asked:
            image = _encoded(picture)
            inputs = self._images.make(image)
            turn = Turn((user(image, question),), options=Options(thinking="off", temperature=0))
            prompts.append(self._text.encode(self._dialect.render(turn), lambda _, n=inputs.length: n).ids)
            pixels.append(inputs.tensors)
        ids, mask = self._padded(prompts)
        # Without the types, a picture's tokens would see each other one way only.
        types = (ids == self._images.tokens.soft).long()
        stacked = {name: torch.cat([tensors[name] for tensors in pixels]) for name in pixels[0]}
        return self._generate(ids, max_tokens, attention_mask=mask, token_type_ids=types, **stacked)

    def _batch(self, prompts: Sequence[Sequence[int]], max_tokens: int) -> list[str]:
        ids, mask = self._padded(prompts)
        return self._generate(ids, max_tokens, attention_mask=mask)

    def _padded(self, prompts: Sequence[Sequence[int]]) -> tuple[torch.Tensor, torch.Tensor]:
        """Ids and mask (B, T), padded on the left."""
        width = max(map(len, prompts))
        pad = self._tokenizer.pad_token_id
        ids = torch.tensor([[pad] * (width - len(prompt)) + list(prompt) for prompt in prompts])
        mask = torch.tensor([[0] * (width - len(prompt)) + [1] * len(prompt) for prompt in prompts])
        return ids, mask

    @torch.inference_mode()
    def _generate(self, ids: torch.Tensor, max_tokens: int, **inputs: torch.Tensor) -> list[str]:
        """Replies (B strings) to prompts (B, T), padded on the left."""
        whole = self._model.generate(
            input_ids=ids,
            **inputs,
            do_sample=False,
            max_new_tokens=max_tokens,
            eos_token_id=self._stops,
            pad_token_id=self._tokenizer.pad_token_id,
        )
        return [self._read(row) for row in whole[:, ids.shape[1] :].tolist()]

    def _read(self, ids: list[int]) -> str:
        ends = [ids.index(stop) for stop in self._stops if stop in ids]
        return str(self._tokenizer.decode(ids[: min(ends, default=len(ids))], clean_up_tokenization_spaces=False))


def _encoded(picture: PIL.Image.Image) -> Image:
    data = io.BytesIO()
    picture.save(data, "PNG")
    return Image(data.getvalue(), "image/png", picture.width, picture.height)
