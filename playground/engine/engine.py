"""The engine's front door: give it a request, read the reply as a stream, cancel at any time.

One thread owns the model; everything else talks to it through `submit`. While nothing is asked for, it sleeps.

The same request gives the same ids: alone or beside others, with a cold or a warm prefix cache, today or after a
restart, as long as model, device, number of threads and versions are the same. See `runner.py`, `chunks.py` and
`noise.py` for how.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch

from playground.engine.chunks import CHUNK_TOKENS, split
from playground.engine.constrain import Grammars, Matcher, Vocabulary
from playground.engine.disk_blocks import DiskBlocks
from playground.engine.kernels.library import release_threads
from playground.engine.prefix_cache import PrefixCache
from playground.engine.read_ahead import ReadAhead
from playground.engine.request import Request
from playground.engine.runner import Runner
from playground.engine.scheduler import Scheduler
from playground.engine.sequence import Sequence
from playground.engine.speculation import Mode, Speculation
from playground.engine.stream import Outbox, Stream
from playground.engine.worker import Worker
from playground.errors import CallerError, ContextTooLong, ServerError, UnsupportedInput

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class CacheUsage:
    """Room that past tokens take, in bytes, as measured: prefixes kept for later (in memory, on disk), and sequences
    that are running.
    """

    prefix_bytes: int
    prefix_budget_bytes: int
    prefix_chunks: int
    running_bytes: int
    image_bytes: int
    disk_bytes: int
    disk_budget_bytes: int


class Engine:
    """Generates with one model, several requests at once."""

    def __init__(
        self,
        model: Any,
        *,
        context_tokens: int,
        vocabulary: Vocabulary | None = None,
        max_active: int = 8,
        max_queue: int = 32,
        cache_bytes: int = 2 * 2**30,
        disk: DiskBlocks | None = None,
        chunk_tokens: int = CHUNK_TOKENS,
        speculate: Mode = "auto",
        threads: int | None = None,
    ) -> None:
        """Take over `model`: a Gemma class of transformers, in place on its device or devices, with sdpa attention.

        `context_tokens`: prompt and reply together. `vocabulary`: needed for grammars only. `max_active` requests run
        at a time and `max_queue` wait. `cache_bytes`: for prompts that may come again; 0 for none. `disk`: a place for
        more of them. `chunk_tokens`: how much of a prompt is read between two tokens of the other replies.
        `speculate`: see `speculation.py`. `threads`: of torch on the CPU.
        """
        self.context_tokens = context_tokens
        self._chunk_tokens = chunk_tokens
        self._runner = Runner(model)
        release_threads()  # those that have loaded the model
        self._prefixes = PrefixCache(cache_bytes, disk)
        self._grammars = Grammars(vocabulary, self._runner.vocab_size) if vocabulary is not None else None
        self._worker = Worker(self._runner, self._prefixes, Speculation(speculate, self._runner.batches))
        self._read_ahead = ReadAhead(self._runner, self._prefixes, chunk_tokens)
        self._scheduler = Scheduler(max_active, max_queue)
        self._changed = threading.Condition()
        self._closed = False
        self._thread = threading.Thread(target=self._work, args=(threads,), name="engine", daemon=True)
        self._thread.start()

    def submit(self, request: Request, cancel: threading.Event | None = None) -> Stream:
        """Queue a request; its stream starts at once. Setting `cancel` ends it within a token, as `Stream.cancel` does.

        Raises: ContextTooLong, UnsupportedInput or CallerError when the request cannot be served; Overloaded when the
        queue is full; ServerError when the engine is closed.
        """
        room = self._check(request)
        chunks = split(request.prompt_ids, request.images, self._chunk_tokens, request.seams)
        outbox = Outbox(cancel)
        sequence = Sequence(request, chunks, self._matcher(request), room, outbox)
        with self._changed:
            if self._closed:
                raise ServerError("This model has been unloaded; choose another or load it again.", code="closed")
            self._scheduler.add(sequence)
            self._changed.notify()
        return Stream(outbox, self._compiled)

    def read_ahead(self, make: Callable[[], Request], after: Stream | None = None) -> None:
        """Read the prompt that `make` gives up to its last seam while nothing else is to do, as it will soon be sent.

        `make` is called on the engine's thread, and what it raises is ignored. `after` is the stream of a reply that
        has ended and that the prompt holds: where possible, its states are taken over.
        """
        with self._changed:
            self._read_ahead.add(make, after.take_past() if after is not None else None)
            self._changed.notify()

    @property
    def path(self) -> str:
        """What computes, and why that: our kernels or torch's operators."""
        return self._runner.path

    def cache_usage(self) -> CacheUsage:
        """Memory that past tokens take now."""
        with self._changed:
            running = [sequence.cache for sequence in self._scheduler.active]
        images, disk = self._runner.images, self._prefixes.disk
        return CacheUsage(
            prefix_bytes=self._prefixes.used_bytes,
            prefix_budget_bytes=self._prefixes.budget_bytes,
            prefix_chunks=len(self._prefixes),
            running_bytes=sum(cache.size_bytes for cache in running if cache is not None),
            image_bytes=images.used_bytes if images is not None else 0,
            disk_bytes=disk.used_bytes if disk is not None else 0,
            disk_budget_bytes=disk.budget_bytes if disk is not None else 0,
        )

    def close(self) -> None:
        """End all replies as cancelled, stop the thread and free the caches. The model is freed with this object."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        self._thread.join()

    def _check(self, request: Request) -> int:
        """The most tokens that the reply may have."""
        count = len(request.prompt_ids)
        if count == 0:
            raise CallerError("The prompt is empty; it needs at least one token.", code="empty_prompt")
        if count >= self.context_tokens:
            raise ContextTooLong(
                f"The prompt is {count} tokens long and the model's context is {self.context_tokens}, the reply "
                f"included. Shorten it by at least {count - self.context_tokens + 1} tokens."
            )
        if request.images and self._runner.images is None:
            raise UnsupportedInput("This model reads text only; remove the images or choose a model that sees.")
        _check_ids(request, self._runner.vocab_size)
        return min(request.options.max_tokens, self.context_tokens - count)

    def matcher(self, grammar: str) -> Matcher:
        """A matcher at the start of a reply, to look at what the grammar allows.

        Raises: CallerError when the grammar cannot be used.
        """
        return self._compiled(grammar)

    def _matcher(self, request: Request) -> Matcher | None:
        """Where the request stands in its grammar.

        Raises: CallerError when the grammar cannot be used, or does not allow the reply's given beginning.
        """
        if request.grammar is None:
            return None
        matcher, given = self._compiled(request.grammar), request.given
        if (fitting := matcher.possible(given)) < len(given):
            raise CallerError(
                f"The reply cannot begin with these tokens: its grammar does not allow token {given[fitting]} "
                f"at place {fitting}, counted from 0.",
                code="not_in_grammar",
            )
        for token in given:
            matcher.accept(token)
        return matcher

    def _compiled(self, grammar: str) -> Matcher:
        if self._grammars is None:
            raise CallerError("This model was loaded without a tokenizer, so it cannot follow a grammar.")
        return self._grammars.matcher(grammar)

    def _work(self, threads: int | None) -> None:
        """The worker thread's life."""
        if threads is not None:
            torch.set_num_threads(threads)
        try:
            with torch.inference_mode():
                while self._turn():
                    pass
        except Exception:
            log.exception("the engine's thread broke down")
            self._end_all(ServerError("The engine broke down; load the model again.", code="engine_failed"))
        self._prefixes.clear()
        if self._prefixes.disk is not None:
            self._prefixes.disk.close()
        if self._runner.images is not None:
            self._runner.images.clear()

    def _turn(self) -> bool:
        """Wait for work and do one step of it. False when the engine has been closed."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or not self._scheduler.is_idle or not self._read_ahead.is_idle)
            if self._closed:
                self._end_all(None)
                return False
            for sequence in self._scheduler.remove_cancelled():
                sequence.finish("cancelled")
            step = None if self._scheduler.is_idle else self._scheduler.next_step()
        if step is None:
            if not self._read_ahead.is_idle:
                self._read_ahead.step()
            return True
        self._read_ahead.pause()
        ended = self._worker.run(step)
        with self._changed:
            for sequence in ended:
                self._scheduler.remove(sequence)
        return True

    def _end_all(self, error: ServerError | None) -> None:
        with self._changed:
            self._closed = True
            for sequence in self._scheduler.clear():
                if error is None:
                    sequence.finish("cancelled")
                else:
                    sequence.fail(error)


def _check_ids(request: Request, vocab_size: int) -> None:
    """Raises: CallerError for ids that the model does not have, or images out of place."""
    inside, end = set[int](), 0
    for image in request.images:
        if image.start < end or image.length < 1 or image.start + image.length > len(request.prompt_ids):
            raise CallerError(
                f"The image at {image.start} (of {image.length} tokens) is not in its place in the prompt."
            )
        end = image.start + image.length
        inside.update(range(image.start, end))
    for position, token in enumerate(request.prompt_ids):
        if not 0 <= token < vocab_size and position not in inside:
            raise CallerError(f"Token {token} at position {position} does not exist; ids go up to {vocab_size - 1}.")
    for token in (*request.options.logit_bias, *request.forbidden_ids):
        if not 0 <= token < vocab_size:
            raise CallerError(
                f"Token {token} does not exist; ids go up to {vocab_size - 1}.",
                code="unknown_token",
                param="logit_bias",
            )
