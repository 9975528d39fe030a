"""The page's components, its Gradio endpoint, and what its buttons do."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Iterator
from typing import Any

import gradio as gr

from playground.chat.reliability import Outcome, measure, read_phrasings, score
from playground.errors import PlaygroundError
from playground.options import parse_options
from playground.ui.one_answer import model_menu
from playground.ui.pages import top
from playground.ui.quiet import QUIET
from playground.ui.reliability.view import bars, progress, table
from playground.ui.services import Services
from playground.ui.user_tools import UserTool
from tools.tool import ToolSpec

TOOL = """{
  "name": "find_order",
  "description": "Look up an order by its number.",
  "parameters": {
    "type": "object",
    "properties": {"number": {"type": "integer", "description": "The order's number"}},
    "required": ["number"]
  }
}"""
PHRASINGS = """Where is my order number 1234? -> {"number": 1234}
Look up order 88, please. -> {"number": 88}
Can you find order 5071 for me? -> {"number": 5071}
What happened to order 12? -> {"number": 12}
I am waiting for order 640. -> {"number": 640}
Hello! -> no call
Tell me a joke. -> no call
What is your name? -> no call"""
ENDPOINT = """Try a tool on many phrasings: is it called when needed and only then, with arguments that are right?

`tool` is a JSON Schema tool, `phrasings` one request a line, each with `-> {expected arguments}`, `-> no call`, or
nothing after it. Nothing is run. Streams JSON: `done`, `total`, `score` (shares from 0 to 1) and `outcomes`.
"""
TOP = top("Tool reliability", "Ask for a tool in many ways and see how often the model gets it right. Nothing is run.")
WIDE = 320
"""Pixels below which a column takes a line of its own."""


def build_reliability_page(page: gr.Blocks, services: Services) -> None:
    """Add the page to the route that is open now."""
    trials = _Trials(services)
    with gr.Column(elem_id="reliability", elem_classes=["sheet"]):
        gr.HTML(TOP)
        with gr.Row():
            with gr.Column(min_width=WIDE):
                tool = gr.Code(TOOL, language="json", label="Tool", lines=10, elem_id="reliability-tool")
            with gr.Column(min_width=WIDE):
                phrasings = gr.Textbox(
                    PHRASINGS, label="Phrasings, one a line", lines=10, elem_id="reliability-phrasings"
                )
        with gr.Row(elem_classes=["bar"]):
            model = gr.Dropdown(label="Model", elem_id="reliability-model", min_width=240)
            temperature = gr.Slider(
                0, 2, 0, step=0.05, label="Temperature", elem_id="reliability-temperature", min_width=240
            )
            beside = gr.Checkbox(
                False, label="With the built-in tools beside it", elem_id="reliability-beside", min_width=240
            )
        with gr.Row():
            start = gr.Button(
                "Try all", variant="primary", size="sm", scale=0, min_width=140, elem_id="reliability-start"
            )
            stop = gr.Button("Stop", size="sm", scale=0, min_width=100, elem_id="reliability-stop")
        state = gr.HTML(elem_id="reliability-state")
        shares = gr.HTML(elem_id="reliability-shares")
        outcomes = gr.HTML(elem_id="reliability-outcomes")
    given = [tool, phrasings, model, temperature, beside]
    page.load(lambda: model_menu(services), None, model, **QUIET)
    running = start.click(trials.show, given, [state, shares, outcomes], concurrency_limit=None, **QUIET)
    stop.click(None, None, None, cancels=[running], **QUIET)
    _add_endpoint(trials)


def _add_endpoint(trials: _Trials) -> None:
    """With components of its own: those of the page offer only what this server has at the moment."""
    asked = [
        gr.Textbox("", label="The tool as JSON", visible=False),
        gr.Textbox("", label="Phrasings, one a line", visible=False),
        gr.Textbox("", label="Model name; empty for the default", visible=False),
        gr.Number(0, label="Temperature", visible=False),
        gr.Checkbox(False, label="Declare the built-in tools beside it", visible=False),
    ]
    gr.Button(visible=False).click(
        trials.tell,
        asked,
        gr.JSON(label="Score and outcomes", visible=False),
        api_name="tool_reliability",
        api_description=ENDPOINT,
        concurrency_limit=None,
    )


class _Trials:
    """Runs of the page and of the endpoint."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def show(self, *given: Any) -> Iterator[tuple[str, str, str]]:
        """The page's three parts, as the run goes on."""
        for outcomes, total in self._run(*given):
            yield progress(len(outcomes), total), bars(outcomes), table(outcomes)

    def tell(
        self, tool: str, phrasings: str, model: str = "", temperature: float = 0.0, beside: bool = False
    ) -> Iterator[dict[str, Any]]:
        """See `ENDPOINT`."""
        for outcomes, total in self._run(tool, phrasings, model, temperature, beside):
            yield {
                "done": len(outcomes),
                "total": total,
                "score": dataclasses.asdict(score(outcomes)),
                "outcomes": [{**dataclasses.asdict(one), "passed": one.passed} for one in outcomes],
            }

    def _run(
        self, tool: str, phrasings: str, model: str, temperature: float, beside: bool
    ) -> Iterator[tuple[list[Outcome], int]]:
        cancel = threading.Event()
        try:
            spec = UserTool(tool).spec
            asked = read_phrasings(phrasings, spec)
            backend = self._services.backend(model or None)
            options = parse_options({"temperature": temperature, "seed": 0, "max_tokens": 256})
        except PlaygroundError as error:
            raise gr.Error(error.message, print_exception=False) from error
        others = self._others(spec) if beside else ()
        done: list[Outcome] = []
        yield done, len(asked)
        try:
            for outcome in measure(spec, asked, backend, options, cancel, others):
                done.append(outcome)
                yield done, len(asked)
        finally:
            cancel.set()

    def _others(self, spec: ToolSpec) -> tuple[ToolSpec, ...]:
        return tuple(tool.spec for tool in self._services.tools.values() if tool.spec.name != spec.name)
