"""Cases, runs and results as HTML. Everything in it that came from outside is escaped."""

from __future__ import annotations

import base64
import html
import io
import json
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache

import PIL.Image

from playground.chat.evals.cases import Case
from playground.chat.evals.store import Run
from playground.chat.evals.summary import Difference
from playground.messages import Image
from playground.ui.evals.desk import Report

GOING = ("running", "waiting")
THUMB = 64
"""Pixels of a picture's longer side in a table."""
SHOWN = 300
"""Characters of an answer in a table."""
MOST_ROWS = 400


def preview(cases: Sequence[Case]) -> str:
    """How many cases there are, of which categories, and a few of their pictures."""
    counted = ", ".join(f"{count} {html.escape(name)}" for name, count in Counter(c.category for c in cases).items())
    pictures = "".join(_thumb(case.images[0]) for case in _spread(cases) if case.images)
    return f'<p class="progress">{len(cases)} cases: {counted}</p><div class="thumbs">{pictures}</div>'


def _spread(cases: Sequence[Case], most: int = 10) -> Sequence[Case]:
    step = max(1, len(cases) // most)
    return cases[::step][:most]


def title(run: Run) -> str:
    """A run in one line."""
    said = {name: f"{value:g}" if isinstance(value, float) else value for name, value in run.options.items()}
    options = ", ".join(f"{_short(name)} {value}" for name, value in said.items())
    return f"#{run.id} {run.set_name} · {run.model} · {options} · {run.passed}/{run.done}"


def _short(name: str) -> str:
    return {"temperature": "t", "max_tokens": "≤"}.get(name, name)


def progress(runs: Sequence[tuple[Run, str]]) -> str:
    """What is being done: a bar for each run that runs, waits or was stopped by something."""
    rows = "".join(
        f'<div class="share"><span>{html.escape(title(run))}</span><b>{run.done} of {run.count}</b>'
        f'<i><em style="width: {100 * run.done / run.count:.1f}%"></em></i>'
        f'<small class="{"" if state in GOING else "verdict wrong"}">{html.escape(state)}</small></div>'
        for run, state in runs
        if state
    )
    return f'<div class="shares" role="status">{rows}</div>' if rows else '<p class="progress" role="status"></p>'


def tiles(report: Report, currency: str) -> str:
    """The run in a few large figures."""
    total = report.total
    cost = "-" if report.cost is None else f"{report.cost:,.4f}"
    shown = [
        (f"{total.share:.0%}", "passed", f"{total.passed} of {total.asked}, {report.run.count} cases"),
        (_seconds(total.median_s), "a case, median", f"90 %: {_seconds(total.p90_s)}"),
        (f"{total.completion_tokens:,}", "tokens written", f"{total.prompt_tokens:,} read"),
        (cost, f"{currency} at hosted prices", "no price for this model" if report.cost is None else report.run.model),
    ]
    cells = "".join(
        f'<div class="tile"><b>{html.escape(value)}</b><span>{html.escape(name)}</span>'
        f"<small>{html.escape(more)}</small></div>"
        for value, name, more in shown
    )
    return f'<div class="tiles">{cells}</div>'


def categories(report: Report) -> str:
    """Passed, seconds and tokens by category."""
    rows = "".join(
        f"<tr><th scope=row>{html.escape(name)}</th><td>{one.passed} of {one.asked}</td><td>{one.share:.0%}</td>"
        f"<td>{_seconds(one.median_s)}</td><td>{_seconds(one.p90_s)}</td>"
        f"<td>{one.prompt_tokens + one.completion_tokens:,}</td></tr>"
        for name, one in report.categories.items()
    )
    head = "".join(f"<th scope=col>{word}</th>" for word in ("Passed", "Share", "Median", "90 %", "Tokens"))
    return (
        f'<table class="figures"><caption>By category</caption><thead><tr><td></td>{head}</tr></thead>'
        f"<tbody>{rows}</tbody></table>"
    )


def outcomes(report: Report) -> str:
    """One row a case, those that failed first."""
    done = [case for case in report.cases if case.id in report.results]
    ordered = sorted(done, key=lambda case: report.results[case.id].passed)
    rows = "".join(_outcome(case, report) for case in ordered[:MOST_ROWS])
    head = "<td></td><th scope=col>Question</th><th scope=col>Expected</th><th scope=col>Answer</th>"
    return f'<table class="figures outcomes"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>'


def _outcome(case: Case, report: Report) -> str:
    result = report.results[case.id]
    mark = "✓" if result.passed else "✗"
    pictures = "".join(_thumb(image) for image in case.images)
    said = _cut(result.answer) if not result.failed else "no answer"
    reason = f"<small>{html.escape(_cut(result.reason))}</small>" if result.reason else ""
    return (
        f'<tr class="{"right" if result.passed else "wrong"}"><td>{mark}</td>'
        f"<th scope=row>{pictures}{html.escape(_cut(case.prompt))}<small>{html.escape(case.category)}, "
        f"{result.seconds:.1f} s</small></th><td>{html.escape(expected(case))}</td>"
        f"<td>{html.escape(said)}{reason}</td></tr>"
    )


def compared(found: Sequence[Difference], before: Run, after: Run) -> str:
    """The cases that only one of two runs got right."""
    better = sum(one.after.passed for one in found)
    words = f"#{after.id} got {better} right that #{before.id} did not, and {len(found) - better} wrong that it did."
    rows = "".join(
        f'<tr class="{"right" if one.after.passed else "wrong"}"><td>{"✓" if one.after.passed else "✗"}</td>'
        f"<th scope=row>{''.join(map(_thumb, one.case.images))}{html.escape(_cut(one.case.prompt))}</th>"
        f"<td>{html.escape(_cut(one.before.answer))}</td><td>{html.escape(_cut(one.after.answer))}</td></tr>"
        for one in found[:MOST_ROWS]
    )
    head = f"<td></td><th scope=col>Question</th><th scope=col>#{before.id}</th><th scope=col>#{after.id}</th>"
    table = f'<table class="figures outcomes"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>'
    return f'<h2>Compared</h2><p class="progress">{html.escape(words)}</p>{table if found else ""}'


def expected(case: Case) -> str:
    """A check in a few words."""
    check = case.check
    match check.kind:
        case "contains" | "calls":
            words = ", ".join(check.expected)
        case "json":
            words = json.dumps(check.expected, ensure_ascii=False)
        case "number":
            words = f"{check.expected:g}" + (f" ± {check.tolerance:g}" if check.tolerance else "")
        case _:
            words = str(check.expected)
    return f"{check.kind}: {_cut(words)}"


def wrong(words: str) -> str:
    """What was refused, and why."""
    return f'<p class="verdict wrong" role="alert">{html.escape(words)}</p>'


def _cut(text: str) -> str:
    return text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"


def _seconds(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f} s"


def _thumb(image: Image) -> str:
    return f'<img class="thumb" alt="" src="{_thumb_url(image)}">'


@lru_cache(maxsize=4096)
def _thumb_url(image: Image) -> str:
    picture = PIL.Image.open(io.BytesIO(image.data)).convert("RGB")
    picture.thumbnail((THUMB * 2, THUMB * 2))
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=80)
    return f"data:image/jpeg;base64,{base64.b64encode(file.getvalue()).decode()}"
