"""The embedded model, real Gemma 3 270M without its adapter, on a text that means something: what an ordinary machine
does with the one file that comes with the program.

llama.cpp runs that file as it is: Q4_K_M, blocks of four to eight bits with scales of their own. `generate` runs the
same weights unpacked, ours those rounded to bfloat16, int8 or int4, and no format of ours is Q4_K_M. So against
llama.cpp stand all three of ours, and the bytes that each reads per token are in its limit. Guessing ahead is switched
off, as no peer does it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace

from bench.embedded import Embedded, embedded, text_ids
from bench.lab import Lab, Table
from bench.remote import Failure, Remote
from bench.results import Row
from bench.writing import Job, Missing, Written

TITLE = "The embedded model"
MODEL = "Gemma 3 270M, the weights of the embedded model"
SHAPE = "270m"
ENTRANTS = (
    ("ours", "bf16"),
    ("ours", "int8"),
    ("ours", "int4"),
    ("generate", "float32"),
    ("generate", "bf16"),
    ("llama.cpp", "Q4_K_M"),
)
SAYS = {"generate": "the file, unpacked", "llama.cpp": "the file as it is"}
BEFORE, PROMPT = 500, 512
STREAMS, STREAM_PROMPT, STREAM_COUNT = 8, 32, 24
DECODE, PREFILL = f"writing, {BEFORE} tokens before it", f"reading {PROMPT} tokens"
TOGETHER = f"writing {STREAMS} at once"


def run(lab: Lab) -> Iterator[Row]:
    """All entrants in one table, each in its own process, taking turns."""
    try:
        model = embedded()
    except Missing as error:
        for case in (DECODE, PREFILL, TOGETHER):
            yield Row(case, "ours", "bf16", "tok/s", missing=str(error))
        return
    with ExitStack() as stack:
        table = _table(replace(lab, shape_name=SHAPE), model, stack)
        for row in _measure(table, text_ids(model.folder)):
            peer, _, bits = row.peer.rpartition(" ")
            yield replace(row, peer=peer, bits=bits, says=row.says or SAYS.get(peer, ""))


def _table(lab: Lab, model: Embedded, stack: ExitStack) -> Table:
    """The entrants, each by its name and format together."""
    table = Table(lab, "embedded")
    for peer, bits in ENTRANTS:
        name = f"{peer} {bits}"
        try:
            table.peers[name] = stack.enter_context(Remote(peer, model.base_spec(bits, lab.threads)))
        except (Missing, Failure) as error:
            table.missing[name] = str(error)
    return table


def _measure(table: Table, text: list[int]) -> Iterator[Row]:
    lab = table.lab
    count = 16 if lab.quick else 32
    yield from table.measure(DECODE, "tok/s", _jobs(text, BEFORE, count), _rate, rounds=lab.rounds(4), per_token="read")
    yield from table.measure(
        PREFILL, "tok/s", _jobs(text, PROMPT, 1), _read_rate, rounds=lab.rounds(4), per_token="multiply"
    )
    yield from table.measure(
        TOGETHER,
        "tok/s",
        _jobs(text, STREAM_PROMPT, STREAM_COUNT, STREAMS),
        _rate,
        rounds=lab.rounds(3),
        per_token="read",
        streams=STREAMS,
    )


def _jobs(text: list[int], length: int, count: int, streams: int = 1) -> Callable[[str, int], Job]:
    """Jobs whose prompts begin at another place of the text in each round and each stream."""

    def job(name: str, number: int) -> Job:
        starts = [1 + (211 * number + 97 * stream) % (len(text) - length) for stream in range(streams)]
        prompts = [[text[0], *text[start : start + length - 1]] for start in starts]
        return Job(prompts, count, extra={"engine": {"speculate": "off"}} if name.startswith("ours") else {})

    return job


def _rate(written: Written) -> float:
    return written.rate


def _read_rate(written: Written) -> float:
    return PROMPT / written.first_s
