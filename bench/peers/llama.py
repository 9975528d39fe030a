"""llama.cpp, through llama-cpp-python's plain C interface: several sequences in one batch, sampled as ours are."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from bench import resident
from bench.gguf_file import silence
from bench.writing import Job, Missing, Spec, Written


class Llama:
    """One model, and a context that is made anew when a job needs another size."""

    says = ""

    def __init__(self, spec: Spec) -> None:
        import llama_cpp

        if spec.gguf is None:
            raise Missing("no GGUF file was written, as a package for it is missing")
        self._lib = llama_cpp
        self._spec = spec
        silence()
        llama_cpp.llama_backend_init()
        params = llama_cpp.llama_model_default_params()
        params.n_gpu_layers = 0
        self._model = llama_cpp.llama_model_load_from_file(str(spec.gguf).encode(), params)
        if not self._model:
            raise RuntimeError(f"llama.cpp cannot load {spec.gguf}")
        self.weight_bytes = int(llama_cpp.llama_model_size(self._model))
        self._vocab_size = llama_cpp.llama_vocab_n_tokens(llama_cpp.llama_model_get_vocab(self._model))
        self._context: Any = None
        self._shape = (0, 0)
        self._inside: list[int] = []
        self._sampler = self._make_sampler()

    def write(self, job: Job) -> Written:
        """See `Peer.write`. With `keep`, the one prompt's common beginning with the last one is not read again."""
        if job.extra:
            raise ValueError(f"llama.cpp was given {', '.join(job.extra)}, which is not measured with it")
        longest = max(map(len, job.prompts)) + job.count
        self._prepare(len(job.prompts), self._spec.context_tokens if job.keep else longest)
        start = time.perf_counter()
        kept = self._keep(job.prompts[0]) if job.keep else self._forget()
        last = self._read(job.prompts, kept)
        times: list[list[float]] = [[time.perf_counter() - start] for _ in job.prompts]
        position = [len(ids) for ids in job.prompts]
        for _ in range(job.count - 1):
            last = self._step(last, position)
            position = [place + 1 for place in position]
            now = time.perf_counter() - start
            for line in times:
                line.append(now)
        self._inside = list(job.prompts[0])
        return Written(times, {"cached": kept})

    def logits(self, ids: Sequence[int]) -> list[float]:
        """What comes after `ids`, for comparing: all logits of the last position."""
        self._prepare(1, len(ids))
        self._forget()
        self._decode([(token, place, 0, place == len(ids) - 1) for place, token in enumerate(ids)])
        found = self._lib.llama_get_logits_ith(self._context, -1)
        return [found[number] for number in range(self._vocab_size)]

    def peak_bytes(self) -> int:
        """See `Peer.peak_bytes`."""
        return resident.peak_bytes()

    def close(self) -> None:
        """See `Peer.close`."""
        if self._context is not None:
            self._lib.llama_free(self._context)
        self._lib.llama_sampler_free(self._sampler)
        self._lib.llama_model_free(self._model)

    def _prepare(self, streams: int, tokens: int) -> None:
        wanted = (streams, -(-tokens // 256) * 256)
        if self._shape == wanted:
            return
        if self._context is not None:
            self._lib.llama_free(self._context)
        params = self._lib.llama_context_default_params()
        params.n_ctx = wanted[0] * wanted[1]
        params.n_seq_max = streams
        params.n_threads = params.n_threads_batch = self._spec.threads
        params.swa_full = True  # otherwise a sequence cannot be cut back, and nothing be kept
        self._context = self._lib.llama_init_from_model(self._model, params)
        if not self._context:
            raise RuntimeError(f"llama.cpp cannot make a context of {wanted[0]} times {wanted[1]} tokens")
        self._batch_tokens = int(self._lib.llama_n_batch(self._context))
        self._shape, self._inside = wanted, []

    def _make_sampler(self) -> Any:
        lib = self._lib
        chain = lib.llama_sampler_chain_init(lib.llama_sampler_chain_default_params())
        for part in (
            lib.llama_sampler_init_top_k(64),
            lib.llama_sampler_init_top_p(0.95, 1),
            lib.llama_sampler_init_temp(1.0),
            lib.llama_sampler_init_dist(1),
        ):
            lib.llama_sampler_chain_add(chain, part)
        return chain

    def _forget(self) -> int:
        self._lib.llama_memory_clear(self._lib.llama_get_memory(self._context), False)
        return 0

    def _keep(self, ids: Sequence[int]) -> int:
        """Cut the sequence back to what it shares with `ids`; the last token is always read."""
        shared = 0
        for ours, theirs in zip(ids[:-1], self._inside, strict=False):
            if ours != theirs:
                break
            shared += 1
        memory = self._lib.llama_get_memory(self._context)
        if not self._lib.llama_memory_seq_rm(memory, 0, shared, -1):
            return self._forget()
        return shared

    def _read(self, prompts: Sequence[Sequence[int]], kept: int) -> list[int]:
        """Read all prompts; the first token of each."""
        last = []
        for stream, ids in enumerate(prompts):
            for begin in range(kept, len(ids), self._batch_tokens):
                part = ids[begin : begin + self._batch_tokens]
                end = begin + len(part) == len(ids)
                rows = [(token, begin + place, stream, False) for place, token in enumerate(part)]
                rows[-1] = (*rows[-1][:3], end)
                self._decode(rows)
            last.append(self._sample(-1))
        return last

    def _step(self, last: Sequence[int], position: Sequence[int]) -> list[int]:
        self._decode([(token, position[stream], stream, True) for stream, token in enumerate(last)])
        return [self._sample(row) for row in range(len(last))]

    def _sample(self, row: int) -> int:
        return int(self._lib.llama_sampler_sample(self._sampler, self._context, row))

    def _decode(self, rows: Sequence[tuple[int, int, int, bool]]) -> None:
        """`rows` of token, position, stream, and whether its logits are wanted."""
        batch = self._lib.llama_batch_init(len(rows), 0, 1)
        try:
            batch.n_tokens = len(rows)
            for number, (token, position, stream, wanted) in enumerate(rows):
                batch.token[number] = token
                batch.pos[number] = position
                batch.n_seq_id[number] = 1
                batch.seq_id[number][0] = stream
                batch.logits[number] = wanted
            code = self._lib.llama_decode(self._context, batch)
        finally:
            self._lib.llama_batch_free(batch)
        if code:
            raise RuntimeError(f"llama.cpp could not decode {len(rows)} tokens (code {code})")


def load(spec: Spec) -> Llama:
    """Load the model."""
    return Llama(spec)
