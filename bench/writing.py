"""What a peer is asked to do and what it gives back: values that travel between processes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol


@dataclass(frozen=True)
class Spec:
    """A model for a peer to load. `folder` is the checkpoint, `gguf` the same weights; `adapters` only ours can merge.

    `bits`: bf16, int8 or int4; for `generate` also float32. llama.cpp takes those of the file.
    """

    folder: Path
    bits: str
    threads: int
    gguf: Path | None = None
    context_tokens: int = 8704
    streams: int = 16
    adapters: tuple[Path, ...] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Job:
    """Continue all `prompts` at once, each by `count` tokens.

    `keep`: what was read of earlier prompts may be used again. `extra` are wishes that not every peer can fulfil.
    """

    prompts: Sequence[Sequence[int]]
    count: int
    keep: bool = False
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Written:
    """`times`: for each prompt, seconds from the start to each of its tokens. `notes`: what the peer says of it."""

    times: Sequence[Sequence[float]]
    notes: Mapping[str, Any] = field(default_factory=dict)

    @property
    def first_s(self) -> float:
        """Seconds to the first token of the stream that got it last."""
        return max(times[0] for times in self.times)

    @property
    def rate(self) -> float:
        """Tokens per second of all streams together, while all of them were writing.

        Of a peer that lets them wait for each other: from the first token of all to the last.
        """
        begin, end = self.first_s, min(times[-1] for times in self.times)
        if end <= begin:
            begin, end = min(times[0] for times in self.times), max(times[-1] for times in self.times)
        if end <= begin:
            raise ValueError("a rate takes more than one token")
        return sum(sum(begin < moment <= end for moment in times) for times in self.times) / (end - begin)


@dataclass(frozen=True)
class Loaded:
    """A peer that is ready. `weight_bytes`: what one token of one stream has to read; None where it is not known."""

    load_s: float
    weight_bytes: int | None
    says: str


class Peer(Protocol):
    """Something that writes tokens with one model, in this process. Loaded when made."""

    weight_bytes: int | None
    says: str
    """Which path of several runs, in words, where there are several."""

    def write(self, job: Job) -> Written:
        """Do the job. Raises: ValueError for a wish that this peer cannot fulfil."""

    def peak_bytes(self) -> int:
        """The most memory that was resident at a time."""

    def close(self) -> None:
        """Give everything back."""


class Missing(Exception):
    """A peer cannot run here; the message says why."""
