"""What became of each token of a reply: how it was read, and how much choice the grammar left."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

Freedom: TypeAlias = Literal["free", "limited", "forced"]
NO_TRACE = "{name} tells nothing of single tokens here, so its replies cannot be looked into."


@dataclass(frozen=True)
class TokenStep:
    """One token. `text` is it alone, control tokens by name; `read` is what the reader of replies made of it.

    `grammar`: `free` (there is none), `limited` to `allowed` tokens, or `forced`: nothing else could be spelled.
    """

    id: int
    text: str
    read: str
    grammar: Freedom
    allowed: int = 0


@dataclass(frozen=True)
class Trace:
    """`prompt` and `output` as the model had them, control tokens by name; a step for each token of the output."""

    prompt: str
    output: str
    steps: tuple[TokenStep, ...]
