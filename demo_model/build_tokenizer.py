"""Learn the tokenizer from sample dialogues: `python -m demo_model.build_tokenizer`.

The weights belong to one tokenizer: a new one needs a new training.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path

from demo_model.data import words
from demo_model.encoding import texts
from demo_model.tokenizer import build
from demo_model.vision.dialogue import sample_dialogue, vocabulary_texts

WEIGHTS = Path(__file__).parent / "weights"
LISTS = (words.NOUNS, words.ADJECTIVES, words.VERBS, words.THINGS, words.CITIES, words.FIRST_NAMES, words.COLOURS)


def corpus(seed: int = 7, dialogues: int = 14_000, pictures: int = 500) -> Iterator[str]:
    """What the model will read and write."""
    yield from texts(seed, dialogues)
    rng = random.Random(seed)
    for _ in range(pictures):
        for question, answer in sample_dialogue(rng).turns:
            yield from (question, answer, answer)
    yield from vocabulary_texts() * 10
    yield from [" ".join(column) for column in LISTS] * 12


def main() -> None:
    """Write `weights/tokenizer.json`."""
    WEIGHTS.mkdir(exist_ok=True)
    content = build(corpus())
    (WEIGHTS / "tokenizer.json").write_text(json.dumps(content, ensure_ascii=False, indent=1), encoding="utf-8")
    print(f"{len(content['model']['vocab'])} pieces and {len(content['added_tokens'])} added tokens")


if __name__ == "__main__":
    main()
