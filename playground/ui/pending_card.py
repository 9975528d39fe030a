"""The card for calls that wait for the person: type the result, run it as it is or changed, or refuse it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import gradio as gr

from playground.messages import ToolCall
from playground.ui.markdown import literal, pretty_json
from playground.ui.visits import Visit


@dataclass
class PendingCard:
    """One card; several waiting calls are settled one after the other."""

    box: gr.Group
    words: gr.Markdown
    arguments: gr.Textbox
    typed: gr.Textbox
    answer: gr.Button
    approve: gr.Button
    refuse: gr.Button

    @property
    def components(self) -> list[Any]:
        """What showing the card changes."""
        return [self.box, self.words, self.arguments, self.typed, self.answer, self.approve]

    def shown(self, visit: Visit) -> dict[Any, Any]:
        """The first call that waits, or no card.

        A tool that the visitor wrote without an endpoint is theirs to answer; others wait for a yes.
        """
        waiting = visit.unsettled
        if not waiting:
            return {self.box: gr.update(visible=False)}
        call = waiting[0]
        asks = call.name not in visit.tools or bool(visit.tools[call.name].endpoint)
        return {
            self.box: gr.update(visible=True),
            self.words: _words(call, len(waiting), asks=asks),
            self.arguments: gr.update(value=written_arguments(call), visible=asks),
            self.typed: gr.update(value="", visible=not asks),
            self.answer: gr.update(visible=not asks),
            self.approve: gr.update(visible=asks),
        }


def written_arguments(call: ToolCall) -> str:
    """A call's arguments as the card shows them to be changed."""
    return json.dumps(dict(call.arguments), indent=2, ensure_ascii=False)


def build_pending_card() -> PendingCard:
    """The card, hidden, in the layout that is open now."""
    with gr.Group(visible=False, elem_id="pending") as box:
        words = gr.Markdown(elem_id="pending-words")
        arguments = gr.Textbox(
            label="Arguments, which you may change", lines=3, max_lines=12, elem_id="pending-arguments"
        )
        typed = gr.Textbox(
            label="Result", placeholder="What the tool answers", lines=2, max_lines=10, elem_id="pending-result"
        )
        with gr.Row():
            answer = gr.Button("Send result", variant="primary", size="sm", elem_id="pending-answer")
            approve = gr.Button("Run it", variant="primary", size="sm", elem_id="pending-approve")
            refuse = gr.Button("Refuse", size="sm", elem_id="pending-refuse")
    return PendingCard(box, words, arguments, typed, answer, approve, refuse)


def _words(call: ToolCall, waiting: int, *, asks: bool) -> str:
    asked = "wants to run" if asks else "calls"
    more = f" ({waiting} calls wait)" if waiting > 1 else ""
    given = "" if asks else f"\n\n{pretty_json(dict(call.arguments))}"
    return f"The model {asked} **{literal(call.name)}**{more}{given}"
