"""A reply's tokens, raw texts and calls as HTML. Everything in it is escaped."""

from __future__ import annotations

import html
import json
import math
from collections.abc import Iterator, Mapping
from typing import Any

from playground.events import TokenDetail
from playground.token_trace import TokenStep
from playground.ui.inside.look import Look, ModelTurn
from tools.arguments import check_arguments
from tools.tool import ToolError, ToolSpec

MOST_SHOWN = 3000
"""Tokens of a model turn: each is an element of the page."""
UNLIKELY = (0.9, 0.6, 0.3, 0.1)
"""A token is tinted in steps, the more the fewer of these shares its probability reaches."""
WAITS = '<p class="hint">Press “Replay”: the reply is written once more, and its tokens are told while it is.</p>'
NO_CALLS = '<p class="hint">This reply calls no tool.</p>'
GRAMMAR = {"free": "free: no grammar", "limited": "chosen among {allowed:,} tokens", "forced": "forced by the grammar"}


def tokens(look: Look) -> str:
    """Each token, tinted where it was unlikely; the script shows what stands in its data."""
    legend = "".join(f'<i class="t{step}">{name}</i>' for step, name in enumerate(("≥ 90 %", "60", "30", "10", "less")))
    return (
        f'<div class="token-legend">Probability {legend}<i class="forced">forced by the grammar</i></div>'
        + "".join(_turn(look, number, _flow(turn, number)) for number, turn in enumerate(look.turns))
        + '<div id="token-info" aria-live="polite"><p class="hint">Point at a token, or move with the arrow keys. '
        "Choose an alternative to go on from it in a new conversation.</p></div>"
    )


def raw(look: Look) -> str:
    """Prompt and output as the model had them."""
    return "".join(
        _turn(look, number, _pre("Prompt", turn.trace.prompt) + _pre("Output", turn.trace.output))
        for number, turn in enumerate(look.turns)
    )


def calls(look: Look) -> str:
    """For each model turn that calls: its tokens in a table, and what became of each call."""
    parts = [
        _turn(look, number, _table(turn))
        for number, turn in enumerate(look.turns)
        if any(step.read.startswith(("call", "arguments")) for step in turn.trace.steps)
    ]
    results = [_result(one, look) for one in look.recording.card.get("tool_calls", ())]
    return "".join([*parts, *results]) or NO_CALLS


def _turn(look: Look, number: int, body: str) -> str:
    title = f"<h3>Model turn {number + 1}</h3>" if len(look.turns) > 1 else ""
    return f'<section class="model-turn">{title}{body}</section>'


def _flow(turn: ModelTurn, number: int) -> str:
    pairs = list(zip(turn.trace.steps, turn.details, strict=True))
    shown = "".join(_token(at, step, detail) for at, (step, detail) in enumerate(pairs[:MOST_SHOWN]))
    more = f"<p class=hint>The first {MOST_SHOWN:,} of {len(pairs):,}.</p>" if len(pairs) > MOST_SHOWN else ""
    return f'<div class="token-flow" role="group" aria-label="Tokens" data-turn="{number}">{shown}</div>{more}'


def _token(at: int, step: TokenStep, detail: TokenDetail | None) -> str:
    share = math.exp(detail.logprob) if detail else None
    kinds = [f"t{_tint(share)}" if share is not None else "given", *(["forced"] if step.grammar == "forced" else [])]
    told = {
        "id": step.id,
        "share": _percent(share) if share is not None else "given, not chosen",
        "read": step.read,
        "grammar": _grammar(step),
        "others": [
            [one.id, one.text, _percent(math.exp(one.logprob))]
            for one in (detail.alternatives if detail else ())
            if one.id != step.id
        ],
    }
    data = html.escape(json.dumps(told, ensure_ascii=False), quote=True)
    reach = "0" if at == 0 else "-1"
    return (
        f'<button type="button" class="tok {" ".join(kinds)}" data-at="{at}" data-told="{data}" tabindex="{reach}">'
        f"{html.escape(_visible(step.text))}</button>"
    )


def _tint(share: float) -> int:
    return sum(share < bound for bound in UNLIKELY)


def _grammar(step: TokenStep) -> str:
    return GRAMMAR[step.grammar].format(allowed=step.allowed)


def _visible(text: str) -> str:
    return text.replace("\n", "⏎\n") if text.strip(" ") else "␣" * len(text) or "∅"


def _percent(share: float) -> str:
    return f"{share:.1%}" if share >= 0.001 else "< 0.1%"


def _pre(title: str, text: str) -> str:
    return f"<h4>{title}</h4><pre tabindex=0>{html.escape(text)}</pre>"


def _table(turn: ModelTurn) -> str:
    rows = "".join(_rows(turn))
    head = "".join(f"<th scope=col>{name}</th>" for name in ("Token", "Probability", "Grammar", "Read as"))
    return f'<div class="scrolls" tabindex=0><table class="steps"><thead><tr>{head}</tr></thead>{rows}</table></div>'


def _rows(turn: ModelTurn) -> Iterator[str]:
    for step, detail in list(zip(turn.trace.steps, turn.details, strict=True))[:MOST_SHOWN]:
        share = _percent(math.exp(detail.logprob)) if detail else "given"
        yield (
            f"<tr><td><code>{html.escape(_visible(step.text).strip(chr(10)))}</code></td><td>{share}</td>"
            f"<td>{html.escape(_grammar(step))}</td><td>{html.escape(step.read)}</td></tr>"
        )


def _result(record: Mapping[str, Any], look: Look) -> str:
    specs = {spec.name: spec for spec in look.recording.turn.tools}
    told = "Error, as the model was told" if record["is_error"] else "Result, as the model was told"
    return (
        f'<section class="model-turn"><h3>{html.escape(record["name"])}</h3>'
        f"<p>{html.escape(_checked(specs.get(record['name']), record['arguments']))}</p>"
        f"{_pre('Arguments', json.dumps(record['arguments'], ensure_ascii=False, indent=2))}"
        f"{_pre(told, record['text'])}</section>"
    )


def _checked(spec: ToolSpec | None, arguments: Mapping[str, Any]) -> str:
    if spec is None:
        return "No tool of this name was declared."
    try:
        check_arguments(spec, dict(arguments))
    except ToolError as error:
        return f"The arguments do not fit the tool's schema: {error}"
    return "The arguments fit the tool's schema."
