"""One turn asked from a page beside the chat: its answer while it grows, and the components that such pages share."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import gradio as gr

from playground.chat.loop import run
from playground.errors import PlaygroundError
from playground.turn import Signals, Turn
from playground.ui.answering import figures_of, problem_html, stage_of, state_html, text_of
from playground.ui.running_reply import RunningReply
from playground.ui.segments import GrowingReply
from playground.ui.services import Services
from playground.usage_log import Caller

MOST_TOKENS = 1024
"""Of an answer, where nothing else is asked for."""


@dataclass(frozen=True)
class AnswerSoFar:
    """The answer as it stands. `figures` say what it took, `reason` why it ended; both are empty before."""

    stage: str
    text: str
    is_over: bool
    error: PlaygroundError | None = None
    figures: str = ""
    reason: str = ""

    def told(self) -> dict[str, Any]:
        """For a program.

        Raises: PlaygroundError when the answer failed.
        """
        if self.error is not None:
            raise self.error
        return {
            "done": self.is_over,
            "stage": "done" if self.is_over else self.stage,
            "text": self.text,
            "finish_reason": self.reason or None,
        }

    def html(self) -> str:
        """The line that says how far it is, what it took, or why it failed."""
        if self.error is not None:
            return problem_html(self.error)
        return state_html(self.figures) if self.is_over else state_html(self.stage.capitalize(), busy=True)


def ask_once(
    turn: Turn, services: Services, model: str | None, caller: Caller, signals: Signals
) -> Iterator[AnswerSoFar]:
    """The answer as it grows; the last one is over. No tools. The model stops when the reader leaves, or at `signals`.

    Raises: PlaygroundError for a model that cannot be asked; what fails later is in the last answer.
    """
    backend = services.backend(model)
    name = backend.capabilities.name
    reply = RunningReply(services.meter.watch(run(turn, backend, {}, signals), caller, name), signals, name)
    try:
        for _ in reply.watch():
            yield reply.look(_so_far)
    finally:
        reply.stop()
    yield reply.look(_so_far)


def _so_far(grown: GrowingReply) -> AnswerSoFar:
    error = grown.failed.error if grown.failed else None
    reason = grown.finished.reason if grown.finished else ""
    is_over = error is not None or grown.finished is not None
    return AnswerSoFar(stage_of(grown), text_of(grown), is_over, error, figures_of(grown), reason)


def model_menu(services: Services) -> Any:
    """An update for a dropdown: the models that can be asked, the default one chosen."""
    names, default = services.usable_models()
    return gr.update(choices=names, value=default)


def build_start_and_stop(page: str) -> tuple[gr.Button, gr.Button]:
    """ "Ask" and "Stop", in the row that is open now, with ids that begin with the page's."""
    start = gr.Button("Ask", variant="primary", size="sm", scale=0, min_width=120, elem_id=f"{page}-start")
    return start, gr.Button("Stop", size="sm", scale=0, min_width=90, elem_id=f"{page}-stop")


def option_fields() -> list[gr.components.Component]:
    """Components of an endpoint for `temperature`, `seed` and `max_tokens`."""
    return [
        gr.Number(0, label="Temperature", visible=False),
        gr.Number(0, label="Seed", precision=0, visible=False),
        gr.Number(MOST_TOKENS, label="Longest answer in tokens", precision=0, visible=False),
    ]
