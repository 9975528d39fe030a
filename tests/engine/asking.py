"""Requests to tiny models, and what their streams gave."""

import random

from playground.engine.request import ImageSpan, Output, Request, Token
from playground.options import Options
from tests.tiny_models import IMAGE_TOKEN, VOCAB, picture_inputs


def words(count: int, seed: int = 0) -> tuple[int, ...]:
    """Random ids that stand for text in all tiny models."""
    source = random.Random(seed)
    return tuple(source.randrange(20, VOCAB - 1) for _ in range(count))


def ask(ids, *, images=(), grammar=None, forbidden=frozenset(), stop_ids=frozenset(), seams=(), **options) -> Request:
    """A request with a seed and no stop ids unless given."""
    options = Options(**{"seed": 5, "max_tokens": 12, **options})
    return Request(tuple(ids), options, frozenset(stop_ids), images, grammar, forbidden, seams)


def with_picture(family: str, before: int, after: int, seed: int = 0) -> tuple[tuple[int, ...], tuple[ImageSpan, ...]]:
    """Words, a random picture, words: ids and the image's span."""
    inputs, length = picture_inputs(family, seed)
    ids = words(before) + (IMAGE_TOKEN,) * length + words(after, seed=1)
    return ids, (ImageSpan(before, length, inputs, f"picture {seed}"),)


def tokens(outputs: list[Output]) -> list[int]:
    """The ids of the reply."""
    return [output.id for output in outputs if isinstance(output, Token)]
