"""Evals by Gradio's API: keep cases, run them, look at runs, compare two, stop."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from functools import wraps
from pathlib import Path
from typing import Any

import gradio as gr

from playground.chat.evals.summary import Difference
from playground.errors import PlaygroundError
from playground.ui.evals.desk import Desk

POLL_S = 0.2


def add_endpoints(desk: Desk) -> None:
    """With components of their own, in the layout that is open now."""

    def save(name: str, file: str) -> dict[str, Any]:
        """Keep the cases of a CSV, a JSONL or a zip with pictures under a name. Gives how many there are."""
        return {"name": name, "cases": len(desk.keep(name, [Path(file)]))}

    def run(
        set_name: str = "Vision",
        model: str = "",
        temperature: float = 0.0,
        max_tokens: int = 256,
        judge: str = "",
    ) -> Iterator[dict[str, Any]]:
        """Run a set and wait. Streams `run`, `done`, `total`; the last has figures, categories and every result.

        The run goes on when nobody waits for it any more; `/eval_stop` stops it.
        """
        options = {"temperature": temperature, "max_tokens": int(max_tokens), "seed": 0}
        (number,) = desk.begin(set_name, [model or desk.models()[1]], [options], judge)
        before = -1
        while desk.runner.state(number) in ("running", "waiting"):
            about = desk.store.run(number)
            if about.done != before:
                before = about.done
                yield {"run": number, "done": about.done, "total": about.count}
            time.sleep(POLL_S)
        about = desk.store.run(number)
        yield {"done": about.done, "total": about.count, **desk.report(number).as_json()}

    def runs() -> list[dict[str, Any]]:
        """All runs, newest first, with how far each is and what is being done about it."""
        return [desk.described(one) for one in desk.store.runs()]

    def results(run: int) -> dict[str, Any]:
        """A run's figures, categories and every result."""
        return desk.report(int(run)).as_json()

    def compare(before: int, after: int) -> list[dict[str, Any]]:
        """The cases that only one of two runs got right."""
        return [_difference(one) for one in desk.compare(int(before), int(after))]

    def go_on(run: int) -> dict[str, Any]:
        """Ask what of a run was not asked yet, or got no answer. Does not wait."""
        about = desk.store.run(int(run))
        desk.runner.start(about.id)
        return desk.described(about)

    def stop() -> list[dict[str, Any]]:
        """Stop every run. Gives them as they are now."""
        desk.runner.stop()
        return runs()

    number = "A run's number"
    _add("eval_save", save, [_text("Name of the set"), gr.File(label="A .csv, .jsonl or .zip", visible=False)])
    wishes = [_text("Name of the set", "Vision"), _text("Model; empty for the default"), _number("Temperature", 0)]
    _add("eval_run", run, [*wishes, _number("Longest answer in tokens", 256), _text("Judge; empty for the model")])
    _add("eval_runs", runs, [])
    _add("eval_results", results, [_number(number)])
    _add("eval_compare", compare, [_number(number), _number(number)])
    _add("eval_go_on", go_on, [_number(number)])
    _add("eval_stop", stop, [])


def _difference(one: Difference) -> dict[str, Any]:
    return {
        "case": one.case.id,
        "prompt": one.case.prompt,
        "before": {"passed": one.before.passed, "answer": one.before.answer},
        "after": {"passed": one.after.passed, "answer": one.after.answer},
    }


def _text(label: str, value: str = "") -> gr.Textbox:
    return gr.Textbox(value, label=label, visible=False)


def _number(label: str, value: float | None = None) -> gr.Number:
    return gr.Number(value, label=label, visible=False)


def _add(name: str, work: Callable[..., Any], inputs: Sequence[Any]) -> None:
    gr.Button(visible=False).click(
        _told(work),
        list(inputs),
        gr.JSON(label="Answer", visible=False),
        api_name=name,
        api_description=work.__doc__,
        concurrency_limit=None,
    )


def _told(work: Callable[..., Any]) -> Callable[..., Any]:
    """The work, whose errors reach the caller in their own words."""

    @wraps(work)
    def plain(*given: Any) -> Any:
        try:
            return work(*given)
        except PlaygroundError as error:
            raise gr.Error(error.message, print_exception=False) from error

    @wraps(work)
    def streaming(*given: Any) -> Iterator[Any]:
        try:
            yield from work(*given)
        except PlaygroundError as error:
            raise gr.Error(error.message, print_exception=False) from error

    return streaming if work.__name__ == "run" else plain
