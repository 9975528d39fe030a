"""Outcomes as HTML: bars for the shares, a table with one row a phrasing. Everything in it is escaped."""

from __future__ import annotations

import html
import json
from collections.abc import Sequence

from playground.chat.reliability import NO_CALL, Outcome, score

SHARES = {
    "passed": "Right in all respects",
    "called_when_needed": "Called when needed",
    "silent_when_not": "Not called when not needed",
    "valid_arguments": "Arguments fit the schema",
    "exact_arguments": "Arguments as expected",
}


def progress(done: int, total: int) -> str:
    """How far the run is."""
    return f'<p class="progress" role="status">{done} of {total} phrasings tried</p>'


def bars(outcomes: Sequence[Outcome]) -> str:
    """A bar for each share that any phrasing asked for."""
    found = score(outcomes)
    rows = "".join(
        f'<div class="share"><span>{html.escape(name)}</span><b>{value:.0%}</b>'
        f'<i><em style="width: {100 * value:.1f}%"></em></i></div>'
        for key, name in SHARES.items()
        if (value := getattr(found, key)) is not None
    )
    return f'<div class="shares">{rows}</div>'


def table(outcomes: Sequence[Outcome]) -> str:
    """One row a phrasing: what should happen, what did."""
    rows = "".join(
        f'<tr class="{"right" if one.passed else "wrong"}"><td>{"✓" if one.passed else "✗"}</td>'
        f"<th scope=row>{html.escape(one.phrasing.text)}</th><td>{html.escape(_wanted(one))}</td>"
        f"<td>{html.escape(_made(one))}</td></tr>"
        for one in outcomes
    )
    head = "<th></th><th scope=col>Request</th><th scope=col>Expected</th><th scope=col>What the model did</th>"
    return f'<table class="figures outcomes"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>'


def _wanted(one: Outcome) -> str:
    if not one.phrasing.wants_call:
        return NO_CALL
    return "a call" if one.phrasing.arguments is None else json.dumps(one.phrasing.arguments, ensure_ascii=False)


def _made(one: Outcome) -> str:
    if one.arguments is not None:
        more = f" and {', '.join(one.called[1:])}" if one.called[1:] else ""
        return json.dumps(one.arguments, ensure_ascii=False) + more
    if one.called:
        return f"called {', '.join(one.called)}"
    return f"{'error' if one.failed else 'said'}: {one.said[:200] or '(nothing)'}"
