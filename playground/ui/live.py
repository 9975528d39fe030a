"""The growing reply: a small chat of its own under the finished one, and the bar with its speed.

Apart from the conversation, because Gradio compares and draws again all of a component that changes: so a reply costs
the same at the end of a long chat as at the end of a short one.
"""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import Any

import gradio as gr

from playground.ui.bubbles import growing_bubbles
from playground.ui.markdown import LATEX_DELIMITERS
from playground.ui.segments import Call, GrowingReply, Words

Updates = dict[Any, Any]


@dataclass
class Live:
    """The components, and how they show a growing reply."""

    chat: gr.Chatbot
    bar: gr.HTML
    answer_now: gr.Button

    @property
    def components(self) -> list[Any]:
        """What a growing reply changes."""
        return [self.chat, self.bar]

    def shown(self, grown: GrowingReply, before: Updates) -> Updates:
        """The reply as it stands; of the rest only what differs from `before`, the updates until now."""
        updates = {self.chat: growing_bubbles(grown), self.bar: _bar(grown)}
        return {component: value for component, value in updates.items() if before.get(component) != value}

    def cleared(self) -> Updates:
        """Nothing is being written."""
        return {self.chat: [], self.bar: ""}


def build_live_chat() -> gr.Chatbot:
    """The chat of the growing reply, in the layout that is open now."""
    return gr.Chatbot(
        elem_id="live",
        show_label=False,
        container=False,
        buttons=[],
        allow_tags=False,
        latex_delimiters=LATEX_DELIMITERS,
        autoscroll=False,
        scale=0,
    )


def build_live_bar() -> tuple[gr.HTML, gr.Button]:
    """The line that tells what is being done and how fast, and the button to end a thought.

    The button stands here and not in the thought, which is drawn anew so often that a click could miss it. The style
    sheet shows it beside a bar that says so: each bar says it again, so no update that is lost can hide it for good.
    """
    with gr.Row(elem_id="live-bar"):
        bar = gr.HTML(elem_id="live-words")
        answer_now = gr.Button("Answer now", size="sm", elem_id="answer-now", scale=0, min_width=60)
    return bar, answer_now


def _bar(grown: GrowingReply) -> str:
    tokens = grown.tokens_written
    words = [_doing(grown)]
    if tokens:
        words.append(f"{tokens:,} {'token' if tokens == 1 else 'tokens'}")
    if speed := grown.speed.tokens_per_s:
        words.append(f"{speed:.1f} tokens/s")
    words.append(f"{grown.seconds:.0f} s")
    kind = "pulse thinks" if grown.thought is not None else "pulse"
    return f'<span class="{kind}"></span>{html.escape(" · ".join(words))}'


def _doing(grown: GrowingReply) -> str:
    last = grown.segments[-1] if grown.segments else None
    if grown.progress is not None or last is None:
        return "Starting"
    if grown.thought is not None:
        return "Thinking"
    if isinstance(last, Call):
        return "Running a tool" if last.call else "Calling a tool"
    return "Writing" if isinstance(last, Words) else "Answering"
