"""What rounding the weights costs: int8 and int4 against bfloat16, on the demo model's held-out conversations.

    python -m bench.quality [--cases N] [--json FILE]

Every text is a prompt, written by hand and never trained on, and the bfloat16 model's own greedy reply. All formats
read the same texts, token by token through the kernels that decode, and are compared at each position.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from demo_model.heldout.cases import FIRST, read_cases

from bench.demo import demo_folder
from playground.dialects import dialect_for
from playground.dialects.token_text import TokenText
from playground.engine.devices import Quantize
from playground.engine.runner import Runner
from playground.engine.weights import load

FORMATS: tuple[Quantize, ...] = ("none", "int8", "int4")
REPLY_TOKENS = 48


@dataclass(frozen=True)
class Quality:
    """Of one format. `divergence` is the mean KL divergence of bfloat16's distribution from it, in nats a token.

    `same_token` is the share of the reply's positions at which it would choose bfloat16's token too; `same_reply` the
    share of replies that it would write from end to end. Perplexity would say nothing here: the demo model never
    learned to predict what people write.
    """

    format: str
    computing: str
    texts: int
    tokens: int
    divergence: float
    same_token: float
    same_reply: float


@dataclass(frozen=True)
class Text:
    """A prompt's ids, and those of the reply."""

    prompt: tuple[int, ...]
    reply: tuple[int, ...]


def measure(folder: Path, most: int) -> list[Quality]:
    """One row for each format, bfloat16 first."""
    rows: list[Quality] = []
    texts: list[Text] = []
    reference: list[torch.Tensor] = []
    for quantize in FORMATS:
        model = load(folder, device="cpu", dtype="bfloat16", quantize=quantize)
        runner = Runner(model.model)
        if not texts:
            dialect = dialect_for(model.family)
            text = TokenText(model.tokenizer.backend_tokenizer, dialect.control_tokens, dialect.image_tokens)
            prompts = [tuple(text.encode(dialect.render(case.turn)).ids) for case in _spread(most)]
            texts = [Text(prompt, _reply(runner, prompt, model.stop_ids)) for prompt in prompts]
        lines = [_log_probabilities(runner, text) for text in texts]
        reference = reference or lines
        rows.append(_compare(model.precision.name, runner.path, texts, lines, reference))
    return rows


def _spread(most: int) -> list:
    """Cases from all files alike."""
    cases = read_cases(FIRST)
    return cases[:: max(1, len(cases) // most)][:most]


def _reply(runner: Runner, prompt: Sequence[int], stops: frozenset[int]) -> tuple[int, ...]:
    cache = runner.new_cache()
    logits = runner.logits(runner.read(cache, prompt))
    reply: list[int] = []
    while len(reply) < REPLY_TOKENS:
        reply.append(int(logits[0].argmax()))
        if reply[-1] in stops:
            break
        logits = runner.decode([(cache, reply[-1:])])
    return tuple(reply)


def _log_probabilities(runner: Runner, text: Text) -> torch.Tensor:
    """At each position but the last, of the token after it: [T - 1, V]."""
    cache = runner.new_cache()
    ids = (*text.prompt, *text.reply)
    first = runner.logits(runner.read(cache, ids[:1]))
    rest = runner.decode([(cache, ids[1:-1])])
    return torch.cat([first, rest]).log_softmax(dim=-1)


def _compare(
    name: str, computing: str, texts: list[Text], lines: list[torch.Tensor], reference: list[torch.Tensor]
) -> Quality:
    divergences, agreements = [], []
    for text, ours, theirs in zip(texts, lines, reference, strict=True):
        ids = torch.tensor((*text.prompt, *text.reply)[1:])
        prompt = len(text.prompt) - 1
        divergences.append((theirs.exp() * (theirs - ours)).sum(dim=1))
        agreements.append(ours[prompt:].argmax(dim=1) == ids[prompt:])
    return Quality(
        format=name,
        computing=computing,
        texts=len(texts),
        tokens=sum(map(len, divergences)),
        divergence=float(torch.cat(divergences).mean()),
        same_token=float(torch.cat(agreements).float().mean()),
        same_reply=sum(bool(one.all()) for one in agreements) / len(agreements),
    )


def markdown(rows: Sequence[Quality]) -> str:
    """A table of them."""
    lines = [
        "| weights | KL from bfloat16 (nats/token) | same greedy token | same greedy reply |",
        "|---|---|---|---|",
    ]
    lines += [f"| {row.format} | {row.divergence:.5f} | {row.same_token:.2%} | {row.same_reply:.1%} |" for row in rows]
    return "\n".join([*lines, "", f"{rows[0].texts} texts, {rows[0].tokens} positions; {rows[0].computing}."])


def main() -> None:
    """Measure and print a table; with --json, write the figures too."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=100)
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    with torch.inference_mode():
        rows = measure(demo_folder(), args.cases)
    print(markdown(rows))
    if args.json:
        args.json.write_text(json.dumps([dataclasses.asdict(row) for row in rows], indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
