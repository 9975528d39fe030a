"""How fast the kernels run Gemma 4's E2B shape, beside torch's operators around the same products.

    python -m bench.gemma4 [--bits int8] [--shape e2b]

Weights are random; the true shape takes 20 GB of memory while it is made. Both take turns; prints medians of rounds.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Mapping, Sequence
from statistics import median
from typing import Any, TypeAlias

import torch

from playground.engine.quantised import quantise
from playground.engine.runner import Runner

Rate: TypeAlias = Callable[[Runner, Sequence[int]], float]
E2B: Mapping[str, Any] = {
    "hidden_size": 1536,
    "intermediate_size": 6144,
    "num_hidden_layers": 35,
    "num_attention_heads": 8,
    "num_key_value_heads": 1,
    "head_dim": 256,
    "global_head_dim": 512,
    "sliding_window": 512,
    "layer_types": (["sliding_attention"] * 4 + ["full_attention"]) * 7,
    "num_kv_shared_layers": 20,
    "use_double_wide_mlp": True,
    "hidden_size_per_layer_input": 256,
    "vocab_size": 262_144,
    "vocab_size_per_layer_input": 262_144,
    "final_logit_softcapping": 30.0,
}
"""As in the published config of google/gemma-4-E2B-it."""
TINY = {
    **E2B,
    "hidden_size": 64,
    "intermediate_size": 96,
    "num_hidden_layers": 5,
    "head_dim": 32,
    "global_head_dim": 64,
    "layer_types": ["sliding_attention", "full_attention"] * 2 + ["full_attention"],
    "num_kv_shared_layers": 2,
    "hidden_size_per_layer_input": 32,
    "vocab_size": 640,
    "vocab_size_per_layer_input": 640,
}
SHAPES = {"e2b": E2B, "tiny": TINY}
PROMPT, STEPS, ROUNDS, REPLIES = 512, 12, 3, 8
PIECE = 1 << 20
DAMPED = 0.1
"""On queries: random ones as long as they are would look at one position each."""


def random_model(shape: Mapping[str, Any]) -> Any:
    """A Gemma 4 text model in bfloat16 with random weights."""
    from transformers import Gemma4ForCausalLM, Gemma4TextConfig
    from transformers.initialization import no_init_weights

    usual = torch.get_default_dtype()
    torch.set_default_dtype(torch.bfloat16)
    try:
        with no_init_weights():
            model = Gemma4ForCausalLM(Gemma4TextConfig(**shape, attn_implementation="sdpa"))
    finally:
        torch.set_default_dtype(usual)
    noise = torch.randn(PIECE, generator=torch.Generator().manual_seed(1)).bfloat16()
    for name, weight in model.named_parameters():
        if weight.ndim == 1:
            weight.fill_(DAMPED if name.endswith("q_norm.weight") else 1.0)
            continue
        for piece in weight.view(-1).split(PIECE):
            torch.mul(noise[: len(piece)], weight.shape[-1] ** -0.5, out=piece)
    model.tie_weights()
    return model.eval()


def decoding(replies: int) -> Rate:
    """Tokens per second of so many replies together, after 128 tokens each."""

    def rate(runner: Runner, ids: Sequence[int]) -> float:
        caches = [runner.new_cache() for _ in range(replies)]
        for cache in caches:
            runner.read(cache, ids[:128])
        times = []
        for token in ids[:STEPS]:
            began = time.perf_counter()
            runner.decode([(cache, [token]) for cache in caches])
            times.append(time.perf_counter() - began)
        return replies / median(times)

    return rate


def prefill(runner: Runner, ids: Sequence[int]) -> float:
    """Tokens per second of a prompt."""
    began = time.perf_counter()
    runner.logits(runner.read(runner.new_cache(), ids))
    return len(ids) / (time.perf_counter() - began)


RATES: Mapping[str, Rate] = {
    "one reply": decoding(1),
    f"{REPLIES} replies at once": decoding(REPLIES),
    f"a prompt of {PROMPT} tokens": prefill,
}


@torch.inference_mode()
def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bits", choices=("none", "int8", "int4"), default="int8")
    parser.add_argument("--shape", choices=SHAPES, default="e2b")
    args = parser.parse_args(arguments)
    model = random_model(SHAPES[args.shape])
    if args.bits != "none":
        quantise(model, args.bits)
    ours, torchs = Runner(model), Runner(model, kernels=None)
    ids = torch.randint(20, SHAPES[args.shape]["vocab_size"], (PROMPT,), generator=torch.Generator().manual_seed(2))
    print(f"{torch.get_num_threads()} threads, {args.bits}, {ours.path}, torch {torch.__version__}", flush=True)
    for name, rate in RATES.items():
        rounds: list[tuple[float, float]] = []
        for number in range(ROUNDS):
            turns = (ours, torchs) if number % 2 else (torchs, ours)
            found = {runner: rate(runner, ids.tolist()) for runner in turns}
            rounds.append((found[ours], found[torchs]))
        kernels, operators = (median(each) for each in zip(*rounds, strict=True))
        ratio = median(one / other for one, other in rounds)
        print(f"{name} | {kernels:.1f} tok/s | torch's operators {operators:.1f} tok/s | {ratio:.2f} x", flush=True)


if __name__ == "__main__":
    main()
