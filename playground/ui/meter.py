"""The context meter: what the next message will cost, before it is sent, and what happens when it does not fit.

It counts only for a model that is loaded, and only once nobody has typed for a moment: the script presses its button.
"""

from __future__ import annotations

import html
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import gradio as gr

from playground.backends.backend import Backend
from playground.chat.context_window import fit
from playground.errors import ContextTooLong, PlaygroundError
from playground.messages import Message, user
from playground.messages import system as system_message
from playground.options import Options
from playground.turn import Turn
from playground.ui.controls import Controls
from playground.ui.quiet import QUIET
from playground.ui.services import Services
from playground.ui.visits import Visit

OVERFLOW = [("Leave out the oldest messages", "drop_oldest"), ("Refuse the message", "refuse")]
OUTLINE_CHARS = 120
NEARLY_FULL = 0.8


@dataclass(frozen=True)
class Measure:
    """Tokens of the next prompt by what they are spent on. `dropped` messages will be left out; `problem` says why
    nothing can be sent."""

    parts: Mapping[str, int]
    context: int
    pictures: int = 0
    dropped: int = 0
    problem: str = ""

    @property
    def total(self) -> int:
        """Tokens of the prompt."""
        return sum(self.parts.values())


def measure(turn: Turn, draft: Message | None, backend: Backend, *, drops: bool) -> Measure:
    """What `turn`, whose last message is the `draft` if there is one, takes of the context.

    Raises: CallerError when it cannot be rendered.
    """
    count = backend.count_tokens(turn)
    looks = Options(image_tokens=turn.options.image_tokens, pan_and_scan=turn.options.pan_and_scan)
    alone = backend.count_tokens(Turn((draft,), options=looks)) if draft else None
    drafted = alone.total - alone.images if alone else 0
    parts = {
        "System prompt": count.system,
        "Tools": count.tools,
        "History": max(0, count.total - count.system - count.tools - count.images - drafted),
        "Pictures": count.images,
        "This message": drafted,
    }
    try:
        dropped = len(fit(turn, backend, "drop_oldest" if drops else "refuse").dropped)
    except ContextTooLong as error:
        return Measure(parts, count.context, alone.images if alone else 0, problem=error.message)
    return Measure(parts, count.context, alone.images if alone else 0, dropped)


def meter_html(measured: Measure) -> str:
    """The meter: a bar with a line, which unfolds to the parts."""
    share = min(1.0, measured.total / measured.context)
    kind = "over" if measured.problem or measured.dropped else "nearly" if share > NEARLY_FULL else ""
    line = f"{measured.total:,} of {measured.context:,} tokens"
    if measured.dropped:
        line += f" · the oldest {measured.dropped} messages will be left out"
    rows = "".join(f"<tr><th>{name}</th><td>{tokens:,}</td></tr>" for name, tokens in measured.parts.items() if tokens)
    if measured.pictures:
        rows += f"<tr><th>of the pictures: attached now</th><td>{measured.pictures:,}</td></tr>"
    problem = f'<p role="alert">{html.escape(measured.problem)}</p>' if measured.problem else ""
    return (
        f'<details class="meter {kind}"><summary title="What the next message takes of the context">'
        f'<span class="meter-bar"><i style="width:{share:.1%}"></i></span>{line}</summary>'
        f"<table>{rows}</table>{problem}</details>"
    )


def outline(visit: Visit) -> str:
    """The questions so far in short, as the start of a summary that the person writes."""
    rows = []
    for exchange in visit.transcript.exchanges:
        words = " ".join(exchange.question.text.split())
        rows.append(f"- {words[:OUTLINE_CHARS]}{'…' if len(words) > OUTLINE_CHARS else ''}")
    return "What we have talked about so far:\n" + "\n".join(rows) + "\n\nGo on from there: "


class Meter:
    """The events of the meter: count, choose what to do when it is full, summarise."""

    def __init__(self, services: Services, controls: Controls) -> None:
        self._services = services
        self._controls = controls

    def count(self, composer: Mapping[str, Any] | None, request: gr.Request, *values: Any) -> str:
        """The meter's HTML for what the composer holds now; nothing while the model is not loaded."""
        visit = self._visit(request)
        try:
            wishes = self._controls.read(values)
            if not self._services.catalogue.listing(wishes.model).loaded:
                return ""
            backend = self._services.backend(wishes.model)
            draft = self._draft(composer or {}, visit)
            system = (system_message(wishes.system),) if wishes.system.strip() else ()
            toolbox = self._services.toolbox(visit, wishes.tools if backend.capabilities.tools else ())
            messages = (*system, *visit.transcript.messages, *((draft,) if draft else ()))
            if len(messages) == len(system):
                messages = (*system, user(""))
            turn = Turn(messages, tuple(tool.spec for tool in toolbox.values()), wishes.options)
            return meter_html(measure(turn, draft, backend, drops=visit.overflow == "drop_oldest"))
        except PlaygroundError:
            return ""  # sending says what is wrong; a meter that nags while somebody types would not help

    def choose(self, overflow: str, request: gr.Request) -> None:
        """What to do in this tab when the context is full."""
        self._visit(request).overflow = "refuse" if overflow == "refuse" else "drop_oldest"

    def summarise(self, request: gr.Request) -> dict[str, Any]:
        """A start of a summary for the composer of a new chat."""
        return {"text": outline(self._visit(request)), "files": []}

    def _draft(self, composer: Mapping[str, Any], visit: Visit) -> Message | None:
        if not (composer.get("text") or "").strip() and not composer.get("files"):
            return None
        return self._services.read_composer(composer, visit.transcript.images)

    def _visit(self, request: gr.Request) -> Visit:
        return self._services.visits.of(request.session_hash or "")


def build_meter() -> gr.HTML:
    """The meter, in the layout that is open now."""
    return gr.HTML(elem_id="meter")


def build_overflow(services: Services, controls: Controls, meter: gr.HTML, composer: gr.MultimodalTextbox) -> None:
    """The choice for a full context, in the layout that is open now, and the meter's events.

    The script presses `count-tokens` a moment after something changed, and `start-summary` presses "New chat" first.
    """
    events = Meter(services, controls)
    with gr.Accordion("When the context is full", open=False, elem_classes=["section"], elem_id="overflow"):
        choice = gr.Radio(OVERFLOW, value="drop_oldest", label="A message that does not fit", elem_id="overflow-choice")
        summary = gr.Button("Start a new chat with a summary", size="sm", elem_id="start-summary")
    choice.input(events.choose, choice, None, queue=False, **QUIET)
    count = gr.Button(visible="hidden", elem_id="count-tokens")
    count.click(
        events.count, [composer, *controls.components], meter, trigger_mode="always_last", concurrency_limit=2, **QUIET
    )
    written = summary.click(events.summarise, None, composer, **QUIET)
    written.then(None, None, None, js="() => { window.playgroundMeter.startOver() }", **QUIET)
