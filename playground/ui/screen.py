"""What the chat part of the page shows, as values for its components. Decides nothing, lays nothing out."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import gradio as gr

from playground.messages import Message
from playground.ui.branches import answer_pager, question_pager
from playground.ui.bubbles import (
    Bubble,
    error_bubble,
    foot,
    reply_bubbles,
    silence_bubble,
    trouble_bubble,
    user_bubbles,
)
from playground.ui.controls import Controls
from playground.ui.live import Live
from playground.ui.pending_card import PendingCard
from playground.ui.pictures import PictureFiles
from playground.ui.segments import Words, segments_of
from playground.ui.transcript import Transcript, dump, dump_images
from playground.ui.visits import Visit

Updates = dict[Any, Any]
LOST = "There is no reply to this message: the page was reloaded, or the server ended, while it was being written."


@dataclass
class Screen:
    """The components that actions change, and how each of them shows a visit."""

    chat: gr.Chatbot
    composer: gr.MultimodalTextbox
    notice: gr.HTML
    record: gr.JSON
    ticket: gr.Textbox
    pending: PendingCard
    live: Live
    controls: Controls
    pictures: PictureFiles

    @property
    def outputs(self) -> list[Any]:
        """What an action of the chat may change."""
        own = [self.chat, self.composer, self.notice, self.record, self.ticket, self.seed]
        return [*own, *self.pending.components, *self.live.components]

    @property
    def growing(self) -> list[Any]:
        """What changes while a reply grows. Gradio's page copies all outputs of an event at each of its updates, so the
        conversation, which grows long, is not among them."""
        return [self.composer, *self.live.components]

    @property
    def seed(self) -> gr.components.Component:
        """The side panel's seed, which shows the one that was used."""
        return self.controls.options.widgets["seed"].component

    @property
    def thinking(self) -> gr.components.Component:
        """The side panel's thinking switch, which an example may turn on."""
        return self.controls.options.widgets["thinking"].component

    def painted(self, visit: Visit, values: Sequence[Any]) -> Updates:
        """The whole conversation as it stands, with nothing said above the composer."""
        return {
            self.chat: self.bubbles(visit),
            self.record: self.kept(visit, values),
            self.notice: "",
            self.ticket: visit.id,
            **self.pending.shown(visit),
        }

    def bubbles(self, visit: Visit, *, is_answered: bool = True) -> list[Bubble]:
        """The conversation as Gradio's messages; `is_answered`: no reply to the last question is about to be shown."""
        exchanges = visit.transcript.exchanges
        is_over = is_answered and not visit.waiting and visit.running is None
        going_on = None if is_over else len(exchanges) - 1
        painted = [
            bubble
            for number in range(len(exchanges))
            for bubble in self._exchange(visit.transcript, number, is_over=number != going_on)
        ]
        if exchanges and not exchanges[-1].answer and is_over:
            painted.append(error_bubble(LOST, len(exchanges) - 1, can_retry=True))
        return painted

    def _exchange(self, transcript: Transcript, number: int, *, is_over: bool) -> list[Bubble]:
        """One question and what was answered; its figures stand under it once nothing more is coming."""
        exchange = transcript.exchanges[number]
        urls = [self.pictures.url(image) for image in exchange.question.images]
        bubbles = user_bubbles(exchange.question, number, urls, question_pager(transcript, number))
        note = exchange.note
        waiting = {call.id for call in exchange.pending}
        figures = (note.thought_seconds, note.thought_tokens, note.call_seconds) if note else ()
        segments = segments_of(exchange.answer, *figures)
        bubbles += reply_bubbles(segments, waiting=waiting, shaped=note is not None and note.shaped)
        if is_over and note is not None and not exchange.pending:
            if not segments or not isinstance(segments[-1], Words):
                bubbles.append(silence_bubble())
            elif note.trouble:
                bubbles.append(trouble_bubble(note.trouble))
            can_continue = exchange.was_cut and number + 1 == len(transcript.exchanges)
            bubbles.append(foot(note, number, answer_pager(transcript, number), can_continue=can_continue))
        return bubbles

    def kept(self, visit: Visit, values: Sequence[Any]) -> dict[str, Any]:
        """What the browser is to keep: conversation, side panel, and pictures and recordings that are new to it."""
        images = visit.transcript.images
        new = [image for image in images if image.digest not in visit.kept_pictures]
        visit.kept_pictures.update(image.digest for image in images)
        runs, visit.new_runs = visit.new_runs, {}
        return {
            "id": visit.id,
            "origin": visit.origin,
            "exchanges": dump(visit.transcript),
            "waiting": visit.waiting,
            "overflow": visit.overflow,
            "reply": visit.reply_id if visit.waiting or visit.running is not None else None,
            "settings": self.controls.saved(values),
            "pictures": sorted({image.digest for image in images}),
            "images": dump_images(new),
            "run_ids": visit.transcript.runs,
            "runs": runs,
        }

    def noticed(self, text: str, kind: Literal["problem", "hint"] = "problem", *, buttons: str = "") -> Updates:
        """A line above the composer, with HTML of `buttons` behind it; everything else stays as it is."""
        role = "alert" if kind == "problem" else "status"
        offers = f'<span class="offers">{buttons}</span>' if buttons else ""
        return {self.notice: f'<div class="notice {kind}" role="{role}">{html.escape(text)}{offers}</div>'}

    def lost(self) -> Updates:
        """The server was restarted and does not know this tab any more: the page reloads and brings its chat back."""
        return {self.record: {"lost": True}}

    def to_composer(self, question: Message) -> dict[str, Any]:
        """A question as the composer holds it, to be edited and sent again."""
        return {"text": question.text, "files": [str(self.pictures.path(image)) for image in question.images]}

    def busy(self, running: bool) -> Updates:
        """The composer's button: stop while a reply runs, send else."""
        return {self.composer: gr.update(submit_btn=not running, stop_btn=running)}
