"""transformers' `generate`, in this process."""

from __future__ import annotations

import time

from bench import resident
from bench.writing import Job, Missing, Spec, Written

DTYPES = {"bf16": "bfloat16", "float32": "float32"}


class Clock:
    """A streamer that only looks at the time."""

    def __init__(self) -> None:
        self.times: list[float] = []

    def put(self, _: object) -> None:
        """Called with the prompt first, then with each step's tokens."""
        self.times.append(time.perf_counter())

    def end(self) -> None:
        """Nothing left to do."""


class Generate:
    """One model."""

    says = ""

    def __init__(self, spec: Spec) -> None:
        import torch
        from transformers import AutoModelForCausalLM

        if spec.bits not in DTYPES:
            raise Missing(f"transformers has no {spec.bits} for a CPU without further packages")
        torch.set_num_threads(spec.threads)
        self._model = AutoModelForCausalLM.from_pretrained(spec.folder, dtype=DTYPES[spec.bits], local_files_only=True)
        self._model.generation_config.eos_token_id = None
        self.weight_bytes = sum(weight.numel() * weight.element_size() for weight in self._model.parameters())

    def write(self, job: Job) -> Written:
        """See `Peer.write`. All prompts have to be of one length. Nothing is kept between jobs."""
        import torch

        if job.extra:
            raise ValueError(f"generate knows no {', '.join(job.extra)}")
        clock = Clock()
        start = time.perf_counter()
        with torch.inference_mode():
            self._model.generate(
                torch.tensor(job.prompts),
                max_new_tokens=job.count,
                do_sample=True,
                temperature=1.0,
                top_k=64,
                top_p=0.95,
                pad_token_id=0,
                streamer=clock,
            )
        return Written([[moment - start for moment in clock.times[1:]]] * len(job.prompts))

    def peak_bytes(self) -> int:
        """See `Peer.peak_bytes`."""
        return resident.peak_bytes()

    def close(self) -> None:
        """Nothing outlives the process."""


def load(spec: Spec) -> Generate:
    """Load the model."""
    return Generate(spec)
