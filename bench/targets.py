"""What the engine has to reach on two cores, and whether it does: each aim with what was measured, if it was."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from bench.results import Result, Row, ratio

Results = Mapping[str, Result]
TIMES = "times"
OURS, LLAMA, GENERATE = "ours", "llama.cpp", "generate"


@dataclass(frozen=True)
class Target:
    """`measure` gives the figure to compare with `least` and `aim`; None where something was not measured."""

    what: str
    bits: str
    least: float
    aim: float
    measure: Callable[[Results], float | None]
    unit: str = TIMES


def _find(results: Results, task: str, case: str, peer: str, bits: str) -> Row | None:
    return results[task].find(case, peer, bits) if task in results else None


def _share(task: str, case: str, bits: str) -> Callable[[Results], float | None]:
    def measure(results: Results) -> float | None:
        row = _find(results, task, case, OURS, bits)
        return None if row is None or row.share is None else 100 * row.share

    return measure


def _against(task: str, case: str, bits: str, *peers: tuple[str, str]) -> Callable[[Results], float | None]:
    """Ours against the best of the peers, each with its bits, that were measured."""

    def measure(results: Results) -> float | None:
        ours = _find(results, task, case, OURS, bits)
        others = [_find(results, task, case, peer, theirs) for peer, theirs in peers]
        ratios = [ratio(ours, other) for other in others if ours is not None and other is not None]
        return min(ratios, default=None)

    return measure


def _within(task: str, better: tuple[str, str], worse: tuple[str, str], bits: str) -> Callable[[Results], float | None]:
    """One of our cases against another, each as (case, peer)."""

    def measure(results: Results) -> float | None:
        one, other = _find(results, task, *better, bits), _find(results, task, *worse, bits)
        return None if one is None or other is None else ratio(one, other)

    return measure


def targets() -> list[Target]:
    """All of them, as set before the work began."""
    decode = "128 tokens before it"
    found = [
        Target("decode, share of the read bandwidth", bits, least, 90, _share("decode", decode, bits), "%")
        for bits, least in (("bf16", 80), ("int8", 75), ("int4", 65))
    ]
    found += [
        Target("decode against llama.cpp", bits, least, aim, _against("decode", decode, bits, (LLAMA, bits)))
        for bits, least, aim in (("bf16", 1.0, 1.15), ("int8", 1.2, 1.4), ("int4", 1.1, 1.4))
    ]
    found += [
        Target("8 replies at once against llama.cpp", bits, 2, 3, _against("streams", "8 at once", bits, (LLAMA, bits)))
        for bits in ("bf16", "int8", "int4")
    ]
    for bits, least, aim in (("bf16", 1.2, 1.5), ("int8", 2, 3), ("int4", 1.5, 2)):
        for length in (512, 2048, 8192):
            peers = [(LLAMA, bits), *([(GENERATE, bits)] if bits == "bf16" else [])]
            measure = _against("prefill", f"{length} tokens", bits, *peers)
            found.append(Target(f"prefill of {length} against the better peer", bits, least, aim, measure))
    found += [
        Target(
            "turn 10, first token sooner than reading all again",
            bits,
            20,
            50,
            _within("chat", ("turn 10, what is new", OURS), ("turn 10, everything again", OURS), bits),
        )
        for bits in ("bf16", "int8", "int4")
    ]
    for case, bits in (
        ("every guess is right", "bf16"),
        ("every guess is right", "int8"),
        ("every guess is right", "int4"),
        ("embedded model, says a text again", "bf16"),
    ):
        measure = _within("speculation", (case, OURS), (case, "ours, no guesses"), bits)
        found.append(Target(f"guessing ahead: {case}", bits, 1.5, 2.5, measure))
    return found


def verdict(target: Target, measured: float | None) -> str:
    """In words, with how much is missing or gained."""
    if measured is None:
        return "not measured"
    if measured >= target.aim:
        return "aim met"
    gap = f"{100 * (measured / target.least - 1):+.0f} %"
    return f"met ({gap})" if measured >= target.least else f"**missed ({gap})**"
