"""The usage page's components, and how they are filled from the record."""

from __future__ import annotations

import html
import time
from collections.abc import Sequence
from typing import Any

import gradio as gr

from playground.ui.pages import top
from playground.ui.quiet import QUIET
from playground.ui.usage.prices import PriceTable, read_prices
from playground.usage_log import DAY_S, Summary, UsageLog

PERIODS = {"24 hours": DAY_S, "7 days": 7 * DAY_S, "30 days": 30 * DAY_S, "All": None}
KINDS = ("written", "read", "reused")
"""What tokens were: by the model, of prompts, and of prompts that the cache held."""
REFRESH_S = 10
SAVE = """(text) => {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], {type: "text/csv"}));
  link.download = "usage.csv";
  link.click();
}"""


def build_usage_page(page: gr.Blocks, log: UsageLog, *, is_kept: bool) -> None:
    """Add the page to the route that is open now. `is_kept` says whether the record outlives the server."""
    prices = read_prices()
    with gr.Column(elem_id="usage", elem_classes=["sheet"]):
        gr.HTML(_top(is_kept))
        with gr.Row(elem_classes=["bar"]):
            period = gr.Radio(list(PERIODS), value="7 days", show_label=False, container=False, elem_id="usage-period")
            export = gr.Button("Save as CSV", size="sm", scale=0, min_width=120, elem_id="usage-csv")
        tiles = gr.HTML(elem_id="usage-tiles")
        days = gr.HTML(elem_id="usage-days")
        with gr.Row():
            models = gr.HTML(elem_id="usage-models")
            callers = gr.HTML(elem_id="usage-callers")
        gr.HTML(_price_list(prices))
        rows = gr.Textbox(visible=False)
    outputs = [tiles, days, models, callers]

    def fill(name: str) -> list[Any]:
        since = _since(name)
        by_model = log.by("model", since)
        return [
            _tiles(log.summary(since), prices.total(by_model), prices.currency),
            _per_day(log.by("day", since)),
            _table("Models", "model", by_model),
            _table("Interfaces", "interface", log.by("interface", since)) + _table("Apps", "app", log.by("app", since)),
        ]

    clock = gr.Timer(REFRESH_S)
    gr.on([period.change, clock.tick], fill, period, outputs, **QUIET)
    export.click(lambda name: log.csv(_since(name)), period, rows, **QUIET).then(None, rows, None, js=SAVE, **QUIET)
    page.load(fill, period, outputs, **QUIET)


def _since(name: str) -> float:
    span = PERIODS[name]
    return time.time() - span if span is not None else 0.0


def _top(is_kept: bool) -> str:
    kept = "kept in a file on this machine" if is_kept else "kept in memory until the server stops"
    return top("Usage", f"Figures only, never what was said; {kept}.")


def _tiles(summary: Summary, cost: tuple[float, list[str]], currency: str) -> str:
    amount, unpriced = cost
    without = f"no price for {', '.join(unpriced)}" if unpriced else "all models priced"
    shown = [
        (f"{summary.replies:,}", "replies", f"{summary.failed:,} failed"),
        (f"{summary.completion_tokens:,}", "tokens written", f"{summary.prompt_tokens:,} read"),
        (f"{summary.cached_share:.0%}", "of prompts reused", f"{summary.cached_tokens:,} tokens"),
        (_seconds(summary.first_token_s[50]), "to the first token", f"90 %: {_seconds(summary.first_token_s[90])}"),
        (_number(summary.tokens_per_second[50]), "tokens per second", "median of replies"),
        (f"{amount:,.4f}", f"{currency} at hosted prices", without),
    ]
    cells = "".join(
        f'<div class="tile"><b>{html.escape(value)}</b><span>{html.escape(name)}</span>'
        f"<small>{html.escape(more)}</small></div>"
        for value, name, more in shown
    )
    return f'<div class="tiles">{cells}</div>'


def _seconds(value: float | None) -> str:
    return "-" if value is None else f"{value * 1000:.0f} ms" if value < 1 else f"{value:.1f} s"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f}"


def _per_day(rows: Sequence[dict[str, Any]]) -> str:
    """A bar for each day, its parts as long as the tokens of a kind."""
    most = max((row["prompt_tokens"] + row["completion_tokens"] for row in rows), default=0) or 1
    legend = "".join(f'<span class="{kind}">{kind}</span>' for kind in KINDS)
    bars = "".join(_bar(row, most) for row in rows) or "<p>Nothing yet.</p>"
    return f'<h2>Tokens per day</h2><div class="legend">{legend}</div><div class="bars" role="list">{bars}</div>'


def _bar(row: dict[str, Any], most: int) -> str:
    tokens = {
        "written": row["completion_tokens"],
        "read": row["prompt_tokens"] - row["cached_tokens"],
        "reused": row["cached_tokens"],
    }
    said = f"{row['day']}: " + ", ".join(f"{tokens[kind]:,} {kind}" for kind in KINDS)
    parts = "".join(f'<i class="{kind}" style="height: {100 * tokens[kind] / most:.2f}%"></i>' for kind in KINDS)
    return (
        f'<div class="day" role="listitem" aria-label="{said}" title="{said}"><div>{parts}</div>'
        f"<small>{row['day'][5:]}</small></div>"
    )


def _table(title: str, column: str, rows: Sequence[dict[str, Any]]) -> str:
    body = "".join(
        f"<tr><th scope=row>{html.escape(str(row[column] or 'not named'))}</th><td>{row['replies']:,}</td>"
        f"<td>{row['prompt_tokens']:,}</td><td>{row['completion_tokens']:,}</td></tr>"
        for row in rows
    )
    empty = "" if rows else '<tr><td colspan="4">Nothing yet.</td></tr>'
    return (
        f'<table class="figures"><caption>{html.escape(title)}</caption><thead><tr><th></th><th scope=col>Replies</th>'
        f"<th scope=col>Read</th><th scope=col>Written</th></tr></thead><tbody>{body}{empty}</tbody></table>"
    )


def _price_list(prices: PriceTable) -> str:
    rows = "".join(
        f"<li>{html.escape(one.model)}: {one.input:g} in, {one.output:g} out "
        f'(<a href="{html.escape(one.source)}" rel="noreferrer" target="_blank">source</a>, '
        f"{html.escape(one.read)})</li>"
        for one in prices.prices
    )
    return (
        f'<details class="prices"><summary>Hosted prices in {html.escape(prices.currency)} for '
        f"{prices.per_tokens:,} tokens</summary><ul>{rows}</ul>"
        "<p>Edit <code>playground/ui/usage/prices.json</code> to change or add prices.</p></details>"
    )
