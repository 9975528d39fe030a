"""Speculation by prompt lookup: tokens per second with it and without, where the text repeats itself and where not.

Random weights repeat nothing, so one model's layers add nothing to the token just read: it writes that token for ever,
and every guess is right, which is the most that can be had at this shape. The embedded model shows a real text: it
is asked to say again what it was told.
"""

from __future__ import annotations

from collections.abc import Iterator

from bench import model_files
from bench.embedded import embedded, prompt_ids
from bench.lab import BITS, Lab, model_bytes
from bench.remote import Failure, Remote
from bench.results import Row
from bench.shapes import SHAPES
from bench.writing import Job, Missing

TITLE = "Guessing ahead from the text"
COUNT = 48
RANDOM, REPEATING = "nothing repeats", "every guess is right"
EMBEDDED = "embedded model, says a text again"
GUESSING = {"off": "ours, no guesses", "auto": "ours"}
ASKED = "Repeat this sentence: The old baker near the river sells warm bread every morning before the sun comes up."


def run(lab: Lab) -> Iterator[Row]:
    """Ours with and without, in turns."""
    for bits in BITS:
        for case in (RANDOM, REPEATING):
            spec = lab.spec(bits)
            if case == REPEATING:
                spec = lab.spec(bits, folder=model_files.repeating(lab.folder, lab.shape_name, lab.shape))
            size = model_bytes(SHAPES[lab.shape_name], bits)
            yield from _compare(lab, case, bits, spec, lab.ids(256, 1), {"options": {}}, size)
    try:
        model = embedded()
        prompt, options = prompt_ids(model.folder, ASKED), {"options": {"temperature": 0}}
        yield from _compare(lab, EMBEDDED, "bf16", model.spec("bf16", lab.threads), prompt, options, None)
    except Missing as error:
        yield Row(EMBEDDED, "ours", "bf16", "tok/s", missing=str(error))


def _compare(
    lab: Lab, case: str, bits: str, spec: object, prompt: list[int], extra: dict[str, object], size: int | None
) -> list[Row]:
    values: dict[str, list[float]] = {name: [] for name in GUESSING.values()}
    rates = []
    try:
        with Remote("ours", spec) as remote:  # type: ignore[arg-type]  # spec is a plain mapping here
            for number in range(lab.rounds(2) + 1):
                for mode, name in GUESSING.items():
                    job = Job([prompt], COUNT, extra={**extra, "engine": {"speculate": mode}})
                    rate = remote.write(job).rate
                    if number:
                        values[name].append(rate)
                rates.append(lab.read_rate())
            size = remote.loaded.weight_bytes or size
    except (Failure, Missing) as error:
        return [Row(case, name, bits, "tok/s", missing=str(error)) for name in values]
    limit = sorted(rates)[len(rates) // 2] / size if size else None
    return [Row(case, name, bits, "tok/s", found, limit) for name, found in values.items()]
