"""The dialog that shows a reply from the inside: its components and what its buttons do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import gradio as gr

from playground.chat.recording import Recording, changed, replay, verdict
from playground.errors import PlaygroundError
from playground.run_card import write_options
from playground.turn import Signals
from playground.ui.answering import Stops
from playground.ui.controls import Controls
from playground.ui.inside import token_view, view
from playground.ui.inside.look import TELLING, look_into
from playground.ui.inside.recordings import read, with_pictures, write_link
from playground.ui.quiet import QUIET
from playground.ui.running_reply import RunningReply
from playground.ui.services import Services

WANTED = "() => [window.playgroundInside.wanted()]"
SHOWN = "() => { window.playgroundInside.shown() }"
CLOSE = "() => { window.playgroundInside.close() }"
SAVE = "(recording) => { window.playgroundInside.save(recording) }"
COPY_LINK = "(link, said) => window.playgroundInside.copyLink(link, said)"
COPIED = (
    "The link is copied. It holds this reply, the chat before it and the settings, {kilobytes} kB in all, and no "
    "server stores it: whoever has the link can read the chat."
)


@dataclass
class InsidePanel:
    """The components and what they do. The dialog's recording is kept for the tab in `document`, pictures included."""

    services: Services
    controls: Controls
    document: gr.State
    facts: gr.HTML
    parts: tuple[gr.HTML, gr.HTML, gr.HTML]
    """Tokens, raw texts and calls, filled by a replay."""
    said: gr.HTML
    with_mine: gr.Checkbox
    stops: Stops = field(default_factory=Stops)

    def open(self, kept: Mapping[str, Any] | None, request: gr.Request) -> dict[Any, Any]:
        """Show the recording that the browser kept."""
        visit = self.services.visits.of(request.session_hash or "")
        visit.look = None
        fresh: dict[Any, Any] = {self.said: "", self.with_mine: False, **dict.fromkeys(self.parts, token_view.WAITS)}
        try:
            document = with_pictures(kept, {image.digest: image for image in visit.transcript.images})
            recording = read(document)
        except PlaygroundError as error:
            return {**fresh, self.document: None, self.facts: "", self.said: view.problem(error.message)}
        return {**fresh, self.document: document, self.facts: view.card(recording)}

    def link(self, document: Any) -> tuple[str, str]:
        """What to say of it once it is copied, and the recording as a link's text; empty when it does not fit one."""
        try:
            packed = write_link(document)
        except PlaygroundError as error:
            return view.problem(error.message), ""
        return view.hint(COPIED.format(kilobytes=max(1, round(len(packed) / 1000)))), packed

    def write_again(
        self, document: Any, with_mine: bool, request: gr.Request, *values: Any
    ) -> Iterator[dict[Any, Any]]:
        """Write the reply again; how far it is, and in the end whether it is the same, and its inside."""
        with self.stops.running(request) as signals:
            yield from self._write_again(document, with_mine, request, signals, values)

    def _write_again(
        self, document: Any, with_mine: bool, request: gr.Request, signals: Signals, values: Any
    ) -> Iterator[dict[Any, Any]]:
        try:
            recording = read(document)
            model, changes = self._changes(recording, values) if with_mine else (recording.model, {})
            backend = self.services.backend(model)
            asked = changed(recording, changes)
            reply = RunningReply(replay(recording, backend, signals, {**changes, **TELLING}), signals, model)
        except PlaygroundError as error:
            yield {self.said: view.problem(error.message)}
            return
        total = sum(len(turn["output_ids"]) for turn in recording.card["turns"])
        try:
            yield {self.said: view.progress(0, total)}
            for _ in reply.watch():
                yield {self.said: view.progress(reply.look(lambda grown: grown.tokens_written), total)}
        finally:
            reply.stop()
        grown = reply.look(lambda grown: grown)
        if grown.failed is not None:
            yield {self.said: view.problem(grown.failed.error.message)}
            return
        assert grown.finished is not None, "a reply ends with one terminal event"
        if grown.finished.reason == "cancelled":
            yield {self.said: view.hint(f"Stopped after {grown.tokens_written:,} tokens.")}
            return
        said = {self.said: view.outcome(verdict(recording, grown.finished))}
        written = Recording(asked.turn, asked.overflow, grown.finished.card)
        try:
            look = look_into(written, grown.finished.messages, grown.tokens, backend)
        except PlaygroundError as error:
            yield {**said, **dict.fromkeys(self.parts, view.problem(error.message))}
            return
        self.services.visits.of(request.session_hash or "").look = look
        shown = (token_view.tokens(look), token_view.raw(look), token_view.calls(look))
        yield {**said, **dict(zip(self.parts, shown, strict=True))}

    def _changes(self, recording: Recording, values: Any) -> tuple[str, dict[str, Any]]:
        """The model and the options that the side panel has now. Without a seed of its own it keeps the recorded one.

        Raises: CallerError naming the option and its range.
        """
        wishes = self.controls.read(values)
        options = wishes.options
        if options.seed is None:
            options = options.model_copy(update={"seed": recording.turn.options.seed})
        return wishes.model, write_options(options)


def build_inside(services: Services, controls: Controls) -> None:
    """The dialog, hidden until the script shows it, in the layout that is open now."""
    with gr.Column(elem_id="inside-shade"), gr.Column(elem_id="inside"):
        with gr.Row(elem_id="inside-top"):
            gr.HTML("<h2>Inside this reply</h2>")
            close = gr.Button("Close", size="sm", elem_id="inside-close", scale=0, min_width=72)
        with gr.Row(elem_id="inside-acts"):
            again = gr.Button("Replay", variant="primary", size="sm", elem_id="inside-replay", scale=0, min_width=84)
            stop = gr.Button("Stop", size="sm", elem_id="inside-stop", scale=0, min_width=64)
            save = gr.Button("Save recording", size="sm", elem_id="inside-save", scale=0, min_width=130)
            link = gr.Button("Copy as link", size="sm", elem_id="inside-link", scale=0, min_width=110)
        with_mine = gr.Checkbox(
            False, label="Replay with the model and options chosen now", elem_id="inside-mine", container=False
        )
        said = gr.HTML(elem_id="inside-said")
        with gr.Tabs():
            with gr.Tab("Run card"):
                facts = gr.HTML(elem_id="inside-facts")
            with gr.Tab("Tokens"):
                tokens = gr.HTML(elem_id="inside-tokens")
            with gr.Tab("Raw"):
                raw = gr.HTML(elem_id="inside-raw")
            with gr.Tab("Tool calls"):
                calls = gr.HTML(elem_id="inside-calls")
    document, picked = gr.State(None), gr.JSON(visible=False)
    whole, packed = gr.JSON(visible=False), gr.Textbox("", visible=False)
    parts = (tokens, raw, calls)
    panel = InsidePanel(services, controls, document, facts, parts, said, with_mine)
    opener = gr.Button(visible="hidden", elem_id="inside-open")
    opened = opener.click(panel.open, picked, [document, facts, *parts, said, with_mine], js=WANTED, **QUIET)
    opened.then(None, None, None, js=SHOWN, **QUIET)
    asked = [document, with_mine, *controls.components]
    again.click(panel.write_again, asked, [said, *parts], concurrency_limit=None, **QUIET)
    stop.click(panel.stops.stop, None, None, queue=False, **QUIET)
    save.click(lambda document: document, document, whole, **QUIET).then(None, whole, None, js=SAVE, **QUIET)
    link.click(panel.link, document, [said, packed], **QUIET).then(None, [packed, said], said, js=COPY_LINK, **QUIET)
    close.click(None, None, None, js=CLOSE, **QUIET)
