"""Reads prompts that will probably come while there is nothing else to do, so that they start at once when they do.

A reply that was just written is part of the chat's next prompt. What its single steps computed is not reused (another
shape may round differently), so it has to be read: best while the person reads it too.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Sequence

from playground.engine.chunks import Chunk, split
from playground.engine.kv_cache import KVCache
from playground.engine.misses import Prompt
from playground.engine.prefix_cache import PrefixCache
from playground.engine.request import Request
from playground.engine.runner import Runner

log = logging.getLogger(__name__)

REMEMBERED = 8
"""Prompts that may wait; the oldest is dropped for one more."""


class ReadAhead:
    """Fills the prefix cache, one chunk at a time. `add` may be called from any thread, the rest by the worker's."""

    def __init__(self, runner: Runner, prefixes: PrefixCache, chunk_tokens: int) -> None:
        self._runner = runner
        self._prefixes = prefixes
        self._chunk_tokens = chunk_tokens
        self._waiting: deque[Callable[[], Request]] = deque(maxlen=REMEMBERED)
        self._request: Request | None = None
        self._chunks: Sequence[Chunk] = ()
        self._cache: KVCache | None = None

    @property
    def is_idle(self) -> bool:
        """Whether there is nothing to read."""
        return self._request is None and not self._waiting

    def add(self, make: Callable[[], Request]) -> None:
        """Read the prompt that `make` gives, up to its last seam, when there is time; `make` is called then."""
        if self._prefixes.budget_bytes:
            self._waiting.append(make)

    def step(self) -> None:
        """Read one chunk. A prompt that cannot be read is dropped: whoever sends it will be told why."""
        try:
            if self._request is None:
                self._begin(self._waiting.popleft()())
            self._read()
        except Exception:
            log.debug("a prompt could not be read ahead", exc_info=True)
            self._request = self._cache = None

    def pause(self) -> None:
        """Give memory back; what has been read is in the prefix cache."""
        self._cache = None

    def _begin(self, request: Request) -> None:
        self._request = request
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
            self._runner.read(cache, request.prompt_ids[chunk.start : chunk.end], chunk.images)
            self._prefixes.add(self._chunks[: done + 1], cache.copy(chunk.start, chunk.end))
        if done + 1 >= len(self._chunks):
            end = self._chunks[-1].end if self._chunks else 0
            self._prefixes.remember(Prompt.of(request, end))
            self._request = self._cache = None
