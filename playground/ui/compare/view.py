"""Columns of a comparison as HTML and Markdown. Everything that a model wrote is escaped."""

from __future__ import annotations

import difflib
import html
import re
from collections.abc import Iterator, Sequence

from playground.ui.answering import problem_html, state_html
from playground.ui.compare.race import Standing
from playground.ui.markdown import safe_markdown
from playground.ui.usage.prices import PriceTable

MOST_WORDS = 3000
"""Of a text that is compared word by word: the time grows with the square."""


def state(one: Standing, prices: PriceTable) -> str:
    """How far a column is, or what its answer took and would have cost."""
    if one.error is not None:
        return problem_html(one.error)
    if one.finished is None:
        return state_html(one.stage.capitalize(), busy=True)
    first = one.finished.usage.first_token_s
    words = [
        one.figures,
        f"first after {first:.2f} s" if first else "",
        _cost(one, prices),
        f"seed {one.finished.seed}",
    ]
    return state_html(" · ".join(word for word in words if word))


def words(one: Standing) -> str:
    """The answer, as Markdown that loads and runs nothing."""
    return safe_markdown(one.text)


def cost(one: Standing, prices: PriceTable) -> float | None:
    """At hosted prices; None without one."""
    if one.finished is None:
        return None
    usage = one.finished.usage
    return prices.cost(one.column.model, usage.prompt_tokens, usage.completion_tokens)


def differences(standings: Sequence[Standing], names: str) -> str:
    """Each text against the first, word by word."""
    first, *others = standings
    if not first.text or not any(one.text for one in others):
        return '<p class="hint">There are not two texts to compare.</p>'
    parts = [
        f"<h3>{name} against {names[0]}: {_share(first.text, one.text)}</h3>"
        + ("" if first.text == one.text else f'<p class="diff">{"".join(_diff(first.text, one.text))}</p>')
        for name, one in zip(names[1:], others, strict=False)
        if one.text
    ]
    return "".join(parts)


def _cost(one: Standing, prices: PriceTable) -> str:
    amount = cost(one, prices)
    return f"{amount:.6f} {prices.currency} at hosted prices" if amount is not None else "no hosted price"


def _words(text: str) -> list[str]:
    return re.findall(r"\s+|[^\s]+", text)[:MOST_WORDS]


def _share(one: str, two: str) -> str:
    if one == two:
        return "the same text"
    alike = difflib.SequenceMatcher(None, _words(one), _words(two), autojunk=False).ratio()
    return f"{alike:.0%} alike"


def _diff(one: str, two: str) -> Iterator[str]:
    a, b = _words(one), _words(two)
    for kind, a1, a2, b1, b2 in difflib.SequenceMatcher(None, a, b, autojunk=False).get_opcodes():
        gone, come = html.escape("".join(a[a1:a2])), html.escape("".join(b[b1:b2]))
        if kind == "equal":
            yield gone
            continue
        yield f"<del>{gone}</del>" if gone else ""
        yield f"<ins>{come}</ins>" if come else ""
