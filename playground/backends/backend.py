"""The one interface the tool loop speaks to: a model that answers one turn."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from playground.events import Event
from playground.messages import Image
from playground.token_trace import Trace
from playground.turn import Turn


@dataclass(frozen=True)
class Capabilities:
    """What a model can do; the page shows only switches that act."""

    name: str
    family: str
    context_tokens: int
    images: bool
    thinking: bool
    tools: bool
    details: Mapping[str, Any] | None = None
    """Identity and place: hub id or path, revision hash, dtype, device, parameters. Part of run cards."""


@dataclass(frozen=True)
class TokenCount:
    """Tokens of a prompt by what they are spent on; `total` includes the template's own."""

    total: int
    system: int
    tools: int
    images: int
    context: int


@dataclass(frozen=True)
class Sight:
    """What a model sees of one picture. `view` is what its vision tower gets; `tokens` stand for it in a prompt, of at
    most `budget`. `crops` are parts that can be sent beside it, each a picture of its own ("pan and scan")."""

    view: Image
    tokens: int
    budget: int
    crops: tuple[Image, ...] = ()


class Backend(Protocol):
    """One model turn at a time. The last event is one `Finished` or `Failed`; its usage and card are this turn's."""

    @property
    def capabilities(self) -> Capabilities:
        """What this model can do."""
        ...

    def reply(self, turn: Turn, cancel: threading.Event) -> Iterator[Event]:
        """Answer the turn. Setting `cancel` ends it within a token (reason `cancelled`); closing the iterator too.

        When `cancel` is a `Signals`, a backend that can ends the thought at `answer_now`.

        Never raises for a request's faults: they arrive as `Failed`.
        """
        ...

    def trace(self, turn: Turn, prompt_ids: Sequence[int], output_ids: Sequence[int], /) -> Trace:
        """What became of each token of a model turn that was written for `turn`, as its card has the ids.

        Raises: CallerError where nothing is known of tokens.
        """
        ...

    def count_tokens(self, turn: Turn) -> TokenCount:
        """Tokens that the turn's prompt takes.

        Raises: CallerError when the turn cannot be rendered.
        """
        ...

    def sight(self, image: Image) -> Sight | None:
        """What the model sees of a picture; None where only another server knows.

        Raises: UnsupportedInput when it sees none.
        """
        ...
