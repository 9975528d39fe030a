"""Reads prompts that will probably come while there is nothing else to do, so that they start at once when they do.

A reply that was just written is part of the chat's next prompt. Where the kernels read prompts, what its steps computed
is what reading it would compute, and is taken over. Elsewhere another shape may round differently, so it has to be read
again: best while the person reads it too.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from playground.engine.chunks import Chunk, split
from playground.engine.kv_cache import Block, KVCache
from playground.engine.misses import Prompt, common
from playground.engine.prefix_cache import PrefixCache
from playground.engine.request import Request
from playground.engine.runner import Runner

log = logging.getLogger(__name__)

REMEMBERED = 8
"""Prompts that may wait; the oldest is dropped for one more."""


@dataclass(frozen=True)
class Past:
    """What a reply that has ended leaves behind: its prompt with all but its last token, and their states.

    `states` are those from position `start` on; before it, the prefix cache has the prompt's whole chunks.
    """

    prompt: Prompt
    start: int
    states: Block


class ReadAhead:
    """Fills the prefix cache, one chunk at a time. `add` may be called from any thread, the rest by the worker's."""

    def __init__(self, runner: Runner, prefixes: PrefixCache, chunk_tokens: int) -> None:
        self._runner = runner
        self._prefixes = prefixes
        self._chunk_tokens = chunk_tokens
        self._waiting: deque[tuple[Callable[[], Request], Past | None]] = deque(maxlen=REMEMBERED)
        self._request: Request | None = None
        self._past: Past | None = None
        self._known = 0
        self._chunks: Sequence[Chunk] = ()
        self._cache: KVCache | None = None

    @property
    def is_idle(self) -> bool:
        """Whether there is nothing to read."""
        return self._request is None and not self._waiting

    def add(self, make: Callable[[], Request], past: Past | None = None) -> None:
        """Read the prompt that `make` gives, up to its last seam, when there is time; `make` is called then.

        `past` is of a reply that the prompt holds.
        """
        if self._prefixes.budget_bytes:
            self._waiting.append((make, past if self._runner.reads_as_it_writes else None))

    def step(self) -> None:
        """Read one chunk. A prompt that cannot be read is dropped: whoever sends it will be told why."""
        try:
            if self._request is None:
                make, past = self._waiting.popleft()
                self._begin(make(), past)
            self._read()
        except Exception:
            log.debug("a prompt could not be read ahead", exc_info=True)
            self._end()

    def pause(self) -> None:
        """Give memory back; what has been read is in the prefix cache."""
        self._cache = None

    def _begin(self, request: Request, past: Past | None) -> None:
        self._request, self._past = request, past
        self._known = common(Prompt.of(request), past.prompt) if past is not None else 0
        chunks = split(request.prompt_ids, request.images, self._chunk_tokens, request.seams)
        last = max(request.seams, default=0)
        self._chunks = [chunk for chunk in chunks if chunk.key is not None and chunk.end <= last]

    def _read(self) -> None:
        """Read the first chunk that the prefix cache lacks; after the last, the prompt is done."""
        assert self._request is not None
        if self._cache is None:
            self._cache = self._runner.new_cache()
            self._cache.append(*self._prefixes.find(self._chunks))
        cache, request = self._cache, self._request
        done = sum(chunk.end <= cache.length for chunk in self._chunks)
        if done < len(self._chunks):
            chunk = self._chunks[done]
            self._take_over(chunk, cache)
            if cache.length < chunk.end:
                self._runner.read(cache, request.prompt_ids[cache.length : chunk.end], chunk.images)
            self._prefixes.add(self._chunks[: done + 1], cache.copy(chunk.start, chunk.end))
            cache.trim(chunk.end)
        if done + 1 >= len(self._chunks):
            end = self._chunks[-1].end if self._chunks else 0
            self._prefixes.remember(Prompt.of(request, end))
            self._end()

    def _take_over(self, chunk: Chunk, cache: KVCache) -> None:
        """Append what the reply's steps computed of this chunk. With pictures, texts are computed in another way."""
        past, end = self._past, min(self._known, chunk.end)
        if past is not None and past.start <= chunk.start < end and not chunk.images:
            cache.append(past.states.part(chunk.start - past.start, end - past.start))

    def _end(self) -> None:
        self._request = self._past = self._cache = None
