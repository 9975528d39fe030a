"""What the engine is asked for and what it gives back. Ids and tensors only.

Legend used in the engine's docstrings: B rows, T tokens, V vocabulary, L layers, H heads, D head size.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

from playground.errors import PlaygroundError
from playground.options import Options

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True)
class ImageSpan:
    """An image in the prompt: `length` soft tokens from position `start`; `inputs` are what the vision tower takes.

    `digest` identifies the encoded image: equal digests have equal inputs.
    """

    start: int
    length: int
    inputs: Mapping[str, torch.Tensor] = field(repr=False, compare=False)
    digest: str


@dataclass(frozen=True)
class Request:
    """One sequence to continue. `options.seed` must be set (`Options.with_seed`).

    `grammar` is an llguidance Lark text that the reply must match. `stop_ids` end the reply and are not part of it.
    The last `begun` of `prompt_ids` are the beginning of the reply itself: the grammar and the penalties know them so.
    `seams` are positions, in order, where other prompts may part from this one: see `chunks.py`. `instructions`: tokens
    at the start that hold the system prompt and the tools, and belong to no message.
    """

    prompt_ids: tuple[int, ...]
    options: Options
    stop_ids: frozenset[int]
    images: tuple[ImageSpan, ...] = ()
    grammar: str | None = None
    forbidden_ids: frozenset[int] = frozenset()
    seams: tuple[int, ...] = ()
    begun: int = 0
    instructions: int = 0

    @property
    def given(self) -> tuple[int, ...]:
        """The beginning of the reply."""
        return self.prompt_ids[len(self.prompt_ids) - self.begun :]


@dataclass(frozen=True)
class Queued:
    """`ahead` requests stand before this one."""

    ahead: int


@dataclass(frozen=True)
class Prefilled:
    """`done` of `total` prompt tokens have been read; the first `cached` of them were not computed again."""

    done: int
    total: int
    cached: int


@dataclass(frozen=True)
class Token:
    """One generated token. `logprob` and `alternatives` (id, logprob) are filled when the options ask for them.

    Log probabilities are natural, of the model's own distribution, before penalties, temperature and filters.
    """

    id: int
    logprob: float | None = None
    alternatives: tuple[tuple[int, float], ...] = ()


@dataclass(frozen=True)
class Timing:
    """Seconds: waiting, prefill, decode, and from arrival to the first token.

    `cached` of the prompt's tokens were reused; `miss` says in words why no more was reused. `image_s`: the part of
    prefill in which the vision tower ran. `proposed` tokens were guessed ahead; `accepted` of these guesses were right.
    """

    queue_s: float
    prefill_s: float
    decode_s: float
    first_token_s: float
    cached: int
    miss: str
    image_s: float
    proposed: int
    accepted: int


@dataclass(frozen=True)
class Done:
    """The last thing a stream gives when nothing broke. `stop`: a stop id, or the grammar is complete."""

    reason: Literal["stop", "length", "cancelled"]
    timing: Timing


@dataclass(frozen=True)
class Broken:
    """The last thing a stream gives when the engine could not go on."""

    error: PlaygroundError


Output: TypeAlias = Queued | Prefilled | Token | Done | Broken
