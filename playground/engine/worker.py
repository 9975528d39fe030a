"""Carries out the scheduler's steps: reads chunks, writes tokens, and keeps one sequence's failure from the others."""

from __future__ import annotations

import itertools
import logging
import time
from collections.abc import Callable
from collections.abc import Sequence as Several
from typing import Literal

import torch

from playground.engine.kv_cache import KVCache
from playground.engine.prefix_cache import PrefixCache
from playground.engine.request import Prefilled, Token
from playground.engine.runner import Runner
from playground.engine.sampling import Choice, sample
from playground.engine.scheduler import Step
from playground.engine.sequence import Sequence
from playground.engine.speculation import NOTHING, Proposal, Speculation
from playground.errors import PlaygroundError, ServerError

log = logging.getLogger(__name__)


class Worker:
    """Used by one thread, under `torch.inference_mode`."""

    def __init__(self, runner: Runner, prefixes: PrefixCache, speculation: Speculation) -> None:
        self._runner = runner
        self._prefixes = prefixes
        self._speculation = speculation

    def run(self, step: Step) -> list[Sequence]:
        """Do one step; the sequences that ended in it, their callers told."""
        ended: list[Sequence] = []
        if step.reading is not None:
            ended += self._guarded(step.reading, self._read)
        ended += [end for one in step.writing for end in self._guarded(one, _take_new_rules)]
        if writing := [one for one in step.writing if one not in ended]:
            ended += self._write_all(writing)
        return ended

    def _read(self, sequence: Sequence) -> list[Sequence]:
        """Read the next chunk of a prompt, and write the first token after the last chunk."""
        cache = sequence.cache or self._start(sequence)
        chunk = sequence.chunks[sequence.chunks_read]
        cache.cut(chunk.start)
        cache.trim(chunk.start)
        looked_s = self._looked_s
        hidden = self._runner.read(cache, sequence.request.prompt_ids[chunk.start : chunk.end], chunk.images)
        sequence.image_s += self._looked_s - looked_s
        if chunk.key is not None and self._prefixes.budget_bytes:
            self._prefixes.add(sequence.chunks[: sequence.chunks_read + 1], cache.copy(chunk.start, chunk.end))
        is_last = chunk is sequence.chunks[-1]
        choices = self._choose([sequence], self._runner.logits(hidden)) if is_last else []
        sequence.chunks_read += 1
        sequence.outbox.put(Prefilled(chunk.end, len(sequence.request.prompt_ids), sequence.cached))
        if is_last:
            self._prefixes.remember(sequence.prompt)
        return [end for choice in choices for end in self._commit(sequence, choice)]

    @property
    def _looked_s(self) -> float:
        """Seconds that the vision tower has run so far."""
        return self._runner.images.seconds if self._runner.images is not None else 0.0

    def _start(self, sequence: Sequence) -> KVCache:
        """A cache with what earlier prompts left of this one. The last chunk is always read: it gives the logits."""
        sequence.begin()
        cache = self._runner.new_cache()
        blocks = self._prefixes.find(sequence.chunks[:-1])
        cache.append(*blocks)
        sequence.reuse(cache, len(blocks), self._prefixes.explain(sequence.prompt, sequence.chunks, cache.length))
        return cache

    def _write_all(self, sequences: Several[Sequence]) -> list[Sequence]:
        """At least one token for each. If that fails, each by itself, so that only those fail that have to."""
        try:
            return self._write(sequences, self._speculation.propose(sequences))
        except Exception:
            if len(sequences) > 1:
                log.warning("a step of %d sequences failed; trying them one by one", len(sequences), exc_info=True)
            return [end for one in sequences for end in self._guarded(one, lambda one: self._write([one], [NOTHING]))]

    def _write(self, sequences: Several[Sequence], proposals: Several[Proposal]) -> list[Sequence]:
        """Decode each row's last token and its proposal; write what the logits say, as far as it was proposed."""
        began, rows = time.perf_counter(), []
        for sequence, proposal in zip(sequences, proposals, strict=True):
            assert sequence.cache is not None
            # Wrong proposals, or a failed attempt, may have left tokens behind.
            sequence.cache.cut(sequence.position)
            rows.append((sequence.cache, (sequence.written[-1], *proposal.ids)))
        logits = self._runner.decode(rows)
        ended = self._follow(sequences, proposals, logits)
        self._speculation.learn(len(logits), time.perf_counter() - began)
        return ended

    def _follow(
        self, sequences: Several[Sequence], proposals: Several[Proposal], logits: torch.Tensor
    ) -> list[Sequence]:
        """Write a token for each, and the next for those whose proposal it was; logits [N, V] as `decode` gives them.

        Every token is chosen as if it had been decoded alone, so nothing that was chosen is ever taken back.
        """
        starts = itertools.accumulate((1 + len(proposal.ids) for proposal in proposals), initial=0)
        going = [_Attempt(*those) for those in zip(sequences, proposals, starts, strict=False)]
        ended: list[Sequence] = []
        depth = 0
        while going:
            lines = logits if len(going) == len(logits) else logits[[one.start + depth for one in going]]
            try:
                choices = self._choose([one.sequence for one in going], lines)
            except Exception:
                if depth == 0:
                    raise
                break  # it comes again with the next step's first token, and ends there whom it concerns
            for one, choice in zip(going, choices, strict=True):
                one.compare(choice.id)
                ended += self._commit(one.sequence, choice)
            going = [one for one in going if one.right > depth and one.sequence.is_running]
            depth += 1
        return ended

    def _choose(self, sequences: Several[Sequence], logits: torch.Tensor) -> list[Choice]:
        """The next token of each; changes nothing."""
        masks = [one.matcher.allowed(one.request.stop_ids) if one.matcher else None for one in sequences]
        return sample(logits, [one.row for one in sequences], masks)

    def _commit(self, sequence: Sequence, choice: Choice) -> list[Sequence]:
        """Add the token to the reply and tell the caller; the sequence, if that ended it."""
        if sequence.is_cancelled:
            return []  # the scheduler takes it out before the next step
        if choice.id in sequence.request.stop_ids:
            return _finished(sequence, "stop")
        try:
            sequence.write(choice)
        except PlaygroundError as error:
            sequence.fail(error)
            return [sequence]
        sequence.outbox.put(Token(choice.id, choice.logprob, choice.alternatives))
        if sequence.matcher is not None and sequence.matcher.is_complete:
            return _finished(sequence, "stop")
        return _finished(sequence, "length") if len(sequence.written) >= sequence.room else []

    def _guarded(self, sequence: Sequence, act: Callable[[Sequence], list[Sequence]]) -> list[Sequence]:
        """Do it; a failure ends this sequence only. When memory has run out, once more without what can be spared."""
        try:
            return act(sequence)
        except Exception as error:
            if not _is_out_of_memory(error):
                return _failed(sequence, error)
        self._prefixes.clear()
        if self._runner.images is not None:
            self._runner.images.clear()
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
        try:
            return act(sequence)
        except Exception as error:
            return _failed(sequence, error)


class _Attempt:
    """A row whose proposal is being compared with what is chosen. `start` is the row's first line of the logits."""

    def __init__(self, sequence: Sequence, proposal: Proposal, start: int) -> None:
        self.sequence = sequence
        self.start = start
        self.right = 0
        self._proposal = proposal
        sequence.proposed += len(proposal.ids)

    def compare(self, token: int) -> None:
        """Count the next proposed token as right if it is `token`."""
        ids = self._proposal.ids
        if self.right == len(ids):
            return
        is_right = ids[self.right] == token
        self.right += is_right
        self.sequence.accepted += is_right
        self.sequence.luck.learn(self._proposal.kind, is_right)


def _take_new_rules(sequence: Sequence) -> list[Sequence]:
    sequence.take_new_rules()
    return []


def _finished(sequence: Sequence, reason: Literal["stop", "length"]) -> list[Sequence]:
    sequence.finish(reason)
    return [sequence]


def _failed(sequence: Sequence, error: Exception) -> list[Sequence]:
    if not isinstance(error, PlaygroundError):
        log.error("a request failed in the engine", exc_info=error)
        error = _explained(sequence, error)
    sequence.fail(error)
    return [sequence]


def _explained(sequence: Sequence, error: Exception) -> ServerError:
    if _is_out_of_memory(error):
        tokens = len(sequence.request.prompt_ids) + len(sequence.written)
        return ServerError(
            f"Memory ran out at {tokens} tokens. Shorten the chat, run fewer at a time, or load a smaller model.",
            code="out_of_memory",
        )
    return ServerError(f"The model failed on this request: {type(error).__name__}: {error}", code="engine_failed")


def _is_out_of_memory(error: Exception) -> bool:
    # The CPU allocator raises a bare RuntimeError.
    return isinstance(error, torch.OutOfMemoryError | MemoryError) or "can't allocate memory" in str(error)
