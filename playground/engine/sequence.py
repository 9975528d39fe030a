"""One request on its way through the engine: what has been read and written, and when."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Literal

from playground.engine.chunks import Chunk
from playground.engine.constrain import Matcher
from playground.engine.kv_cache import KVCache
from playground.engine.lookup import Text
from playground.engine.luck import Luck
from playground.engine.misses import Prompt
from playground.engine.read_ahead import Past
from playground.engine.request import Broken, Done, Request, Timing
from playground.engine.sampling import Choice, Row
from playground.engine.stream import Outbox
from playground.errors import PlaygroundError


class Sequence:
    """Owned by the worker once submitted. `room` is the most tokens the reply may have."""

    def __init__(
        self, request: Request, chunks: tuple[Chunk, ...], matcher: Matcher | None, room: int, outbox: Outbox
    ) -> None:
        self.request = request
        self.chunks = chunks
        self.prompt = Prompt.of(request)
        self.matcher = matcher
        self.room = room
        self.outbox = outbox
        self.cache: KVCache | None = None
        self.cached = 0
        self.miss = ""
        self.chunks_read = 0
        self.written: list[int] = []
        words = _text_ids(request)
        asked = words[: len(words) - request.begun]
        self.row = Row(request.options, asked, len(request.prompt_ids) - request.begun, request.forbidden_ids)
        for token in request.given:
            self.row.accept(token)
        self.text = Text(words)
        self.luck = Luck()
        self.image_s = 0.0
        self.proposed = 0
        self.accepted = 0
        self._arrived = time.perf_counter()
        self._started: float | None = None
        self._first_token: float | None = None

    @property
    def is_read(self) -> bool:
        """Whether the whole prompt has been read, so that tokens are being written."""
        return self.chunks_read == len(self.chunks)

    @property
    def position(self) -> int:
        """Tokens that the cache holds before the next one is written: all but the last token, which is not read yet."""
        return len(self.request.prompt_ids) + len(self.written) - 1

    @property
    def is_running(self) -> bool:
        """Whether it goes on: it has not ended, and its caller wants more."""
        return self.cache is not None and not self.is_cancelled

    @property
    def is_cancelled(self) -> bool:
        """Whether the caller wants no more."""
        return self.outbox.is_cancelled

    def begin(self) -> None:
        """Its turn has come."""
        self._started = self._started or time.perf_counter()

    def reuse(self, cache: KVCache, chunks: int, miss: str) -> None:
        """`cache` holds the first `chunks` chunks already; `miss` says why not more."""
        self.cache = cache
        self.chunks_read = chunks
        self.cached = cache.length
        self.miss = miss

    def write(self, choice: Choice) -> None:
        """`choice` has joined the reply."""
        self._first_token = self._first_token or time.perf_counter()
        self.written.append(choice.id)
        self.row.accept(choice.id)
        self.text.append(choice.id)
        if self.matcher is not None:
            self.matcher.accept(choice.id)

    def take_new_rules(self) -> None:
        """Follow another grammar from here on, if the caller has asked for it.

        Raises: CallerError when it cannot be used, or what was written does not match it.
        """
        if (new_rules := self.outbox.new_rules) is not None:
            self.outbox.new_rules = None
            self.matcher = new_rules([*self.request.given, *self.written])

    def finish(self, reason: Literal["stop", "length", "cancelled"]) -> None:
        """Tell the caller how it ended."""
        self.outbox.past = self._past()
        self.outbox.put(Done(reason, self._timing()))
        self.cache = None

    def fail(self, error: PlaygroundError) -> None:
        """Tell the caller why it could not go on."""
        self.outbox.put(Broken(error))
        self.cache = None

    def _past(self) -> Past | None:
        if self.cache is None or not self.is_read or len(self.written) < 2:
            return None
        whole = replace(self.request, prompt_ids=(*self.request.prompt_ids, *self.written[:-1]))
        start = max((chunk.end for chunk in self.chunks if chunk.key is not None), default=0)
        return Past(Prompt.of(whole), start, self.cache.copy(start, self.position))

    def _timing(self) -> Timing:
        now = time.perf_counter()
        started = self._started or now
        first = self._first_token or now
        return Timing(
            queue_s=started - self._arrived,
            prefill_s=first - started,
            decode_s=now - first,
            first_token_s=first - self._arrived,
            cached=self.cached,
            miss=self.miss,
            image_s=self.image_s,
            proposed=self.proposed,
            accepted=self.accepted,
        )


def _text_ids(request: Request) -> list[int]:
    """The prompt's ids without soft tokens, which are no words that could be repeated."""
    ids = list(request.prompt_ids)
    for image in reversed(request.images):
        del ids[image.start : image.start + image.length]
    return ids
