"""Our engine, through its front door."""

from __future__ import annotations

import threading
import time
from inspect import signature
from typing import Any

from bench import resident
from bench.writing import Job, Missing, Spec, Written

NAMES = {"bf16": "none", "int8": "int8", "int4": "int4"}


def can_quantise() -> bool:
    """Whether this version of the engine has quantised weights."""
    from playground.engine import weights

    return "quantize" in signature(weights.load).parameters


class Ours:
    """One model, and one engine for each way in which jobs want it."""

    def __init__(self, spec: Spec) -> None:
        from playground.engine import weights

        if spec.bits != "bf16" and not can_quantise():
            raise Missing("this version of the engine has no quantised weights")
        wanted: dict[str, Any] = {"quantize": NAMES[spec.bits]} if can_quantise() else {}
        self._spec = spec
        source = weights.Source(spec.folder, spec.adapters)
        self._loaded = weights.load(source, device="cpu", dtype="bfloat16", **wanted)
        self.weight_bytes = weight_bytes(self._loaded.model)
        self._engines: dict[tuple[tuple[str, Any], ...], Any] = {}
        self.says = getattr(self._engine(keep=False), "path", "")

    def write(self, job: Job) -> Written:
        """See `Peer.write`.

        Wishes: `grammar` (a Lark text), `seams`, `options`, `engine` (arguments of `Engine`), and `parts`: note the
        seconds per step in which all prompts' replies grew, by what they were spent on.
        """
        from playground.engine.request import Request
        from playground.options import Options

        extra = dict(job.extra)
        engine = self._engine(keep=job.keep, **extra.pop("engine", {}))
        watch = StepWatch(engine, len(job.prompts)) if extra.pop("parts", False) else None
        options = Options(max_tokens=job.count, seed=1).model_copy(update=extra.pop("options", {}))
        more = {name: extra.pop(name) for name in ("grammar", "seams") if name in extra}
        if extra:
            raise ValueError(f"our engine knows no {', '.join(extra)}")
        requests = [Request(tuple(ids), options, frozenset(), **more) for ids in job.prompts]
        results: list[list[float]] = [[] for _ in requests]
        notes: dict[str, Any] = {}
        start = time.perf_counter()
        threads = [
            threading.Thread(target=_follow, args=(engine, request, times, start, notes))
            for request, times in zip(requests, results, strict=True)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if watch is not None:
            notes |= watch.stop()
        if "error" in notes:
            raise notes["error"]
        return Written(results, notes)

    def peak_bytes(self) -> int:
        """See `Peer.peak_bytes`."""
        return resident.peak_bytes()

    def close(self) -> None:
        """See `Peer.close`."""
        for engine in self._engines.values():
            engine.close()

    def _engine(self, *, keep: bool, **arguments: Any) -> Any:
        from playground.engine.constrain import Vocabulary
        from playground.engine.engine import Engine

        key = (("keep", keep), *sorted(arguments.items()))
        if key not in self._engines:
            loaded = self._loaded
            vocabulary = Vocabulary(loaded.tokenizer.to_str, tuple(sorted(loaded.stop_ids)))
            self._engines[key] = Engine(
                loaded.model,
                context_tokens=self._spec.context_tokens,
                vocabulary=vocabulary,
                max_active=self._spec.streams,
                cache_bytes=2**29 if keep else 0,
                threads=self._spec.threads,
                **arguments,
            )
        return self._engines[key]


class StepWatch:
    """Times an engine's forward pass and its sampler from outside, while it lives, for steps of so many rows."""

    def __init__(self, engine: Any, rows: int) -> None:
        from playground.engine import worker

        self._runner, self._worker, self._rows = engine._runner, worker, rows
        self._decode, self._sample = self._runner.decode, worker.sample
        self._spent = {"decode": 0.0, "sample": 0.0}
        self._begun: float | None = None
        self._steps = 0
        self._runner.decode = self._timed_decode
        worker.sample = self._timed_sample

    def stop(self) -> dict[str, float]:
        """Seconds per step: in `decode`, in `sample`, and the `rest`."""
        del self._runner.decode
        self._worker.sample = self._sample
        if self._begun is None or not self._steps:
            raise RuntimeError("no two steps had all replies in them; ask for more tokens")
        parts = {name: seconds / self._steps for name, seconds in self._spent.items()}
        return {**parts, "rest": (self._last - self._begun) / self._steps - sum(parts.values())}

    def _timed_decode(self, rows: Any) -> Any:
        start = time.perf_counter()
        if self._begun is None and len(rows) == self._rows:
            self._begun = start
        logits = self._decode(rows)
        if self._begun is not None and len(rows) == self._rows:
            self._spent["decode"] += time.perf_counter() - start
        return logits

    def _timed_sample(self, logits: Any, rows: Any, masks: Any) -> Any:
        start = time.perf_counter()
        choices = self._sample(logits, rows, masks)
        if self._begun is not None and len(rows) == self._rows:
            self._last = time.perf_counter()
            self._spent["sample"] += self._last - start
            self._steps += 1
        return choices


def weight_bytes(model: Any) -> int:
    """Bytes of all weights that a token is multiplied with: parameters, and what took the place of some of them."""
    tensors = {weight.data_ptr(): weight for weight in model.parameters()}
    for module in model.modules():
        if (packed := getattr(module, "packed", None)) is not None:
            tensors |= {part.data_ptr(): part for part in (packed.weights, packed.scales)}
    return sum(tensor.numel() * tensor.element_size() for tensor in tensors.values())


def _follow(engine: Any, request: Any, times: list[float], start: float, notes: dict[str, Any]) -> None:
    """Note when each token of a request comes, and what its end says."""
    from playground.engine.request import Broken, Done, Token

    try:
        with engine.submit(request) as stream:
            for output in stream:
                if isinstance(output, Token):
                    times.append(time.perf_counter() - start)
                elif isinstance(output, Broken):
                    notes["error"] = output.error
                elif isinstance(output, Done):
                    notes["cached"] = output.timing.cached
    except Exception as error:
        notes["error"] = error


def load(spec: Spec) -> Ours:
    """Load the model."""
    return Ours(spec)
