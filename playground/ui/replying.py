"""A reply from its first event to its last, on the page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Any

import gradio as gr

from playground.chat.loop import run
from playground.chat.recording import record
from playground.errors import CallerError
from playground.events import Event, Finished, TextDelta
from playground.grammar import Choice, ResponseFormat
from playground.messages import Message, Thinking
from playground.messages import system as system_message
from playground.options import Options
from playground.turn import Signals, Turn
from playground.ui.branches import without
from playground.ui.bubbles import error_bubble, reply_bubbles, token_panel
from playground.ui.inside.look import Fork
from playground.ui.inside.recordings import is_whole, new_id, without_pictures
from playground.ui.running_reply import Asked, RunningReply
from playground.ui.screen import Screen, Updates
from playground.ui.segments import GrowingReply
from playground.ui.services import Services
from playground.ui.transcript import Exchange, note_of
from playground.ui.visits import Visit
from playground.usage_log import Caller


class Replying:
    """Runs the loop for what waits at the end of a visit's conversation, and shows it growing."""

    def __init__(self, services: Services, screen: Screen) -> None:
        self._services = services
        self._screen = screen

    def reply(self, visit: Visit, values: Sequence[Any]) -> Iterator[Updates]:
        """Start the reply that the conversation waits for, and follow it."""
        visit.waiting = False
        signals = Signals()
        asked = Asked(overflow=visit.overflow, shape=self._shape(values))
        model = visit.fork_to.model if visit.fork_to else self._screen.controls.model_of(values)
        events = self._events(visit, values, signals, asked)
        visit.running = self._services.replies.start(visit.reply_id, events, signals, model, asked)
        yield from self.follow(visit)

    def follow(self, visit: Visit) -> Iterator[Updates]:
        """Updates about fifteen times a second, of `Screen.growing` alone, until the reply is over; then `end` is due.

        A tab that was reloaded or lost its connection follows from where the reply is now.
        """
        running, live = visit.running, self._screen.live
        if running is None:
            yield {live.chat: gr.skip()}
            return
        shown = running.look(partial(live.shown, before={}))
        yield {**self._screen.busy(True), **shown}
        for _ in running.watch():
            if visit.running is not running:
                break  # the tab shows another conversation by now
            news = running.look(partial(live.shown, before=shown))
            shown |= news
            yield news or {live.chat: gr.skip()}

    def end(self, visit: Visit, values: Sequence[Any], *, resumed: bool) -> Updates:
        """The reply in full in its conversation, or why there is none. `resumed`: the tab may have missed the end."""
        running, live = visit.running, self._screen.live
        if running is not None and running.ended_at is None:
            return {live.chat: gr.skip()}  # of another conversation, which this tab shows by now
        if running is None:
            painted = self._screen.painted(visit, values) if resumed else {}
            return {**painted, **self._screen.busy(False), **live.cleared()}
        visit.running = None
        return {**self._ended(visit, running, values), **live.cleared()}

    def _shape(self, values: Sequence[Any]) -> ResponseFormat:
        """What the answer is to be. Wishes that cannot be read are the reply's own failure, and told there."""
        with suppress(CallerError):
            return self._screen.controls.read(values).options.response_format
        return None

    def _events(self, visit: Visit, values: Sequence[Any], signals: Signals, asked: Asked) -> Iterator[Event]:
        """The reply to the conversation as it stands now; what is wrong with the wishes is raised by its first step."""
        messages, goes_on = visit.transcript.messages, bool(visit.transcript.exchanges[-1].answer)
        written = visit.transcript.exchanges[-1].written
        approved = frozenset(visit.approved)
        visit.approved.clear()
        fork, visit.fork_to = visit.fork_to, None

        def forked(to: Fork) -> Iterator[Event]:
            """The reply that goes on from a token of another one, with what was asked there."""
            backend = self._services.backend(to.model)
            toolbox = self._services.toolbox(visit, [spec.name for spec in to.turn.tools])
            asked.turn = to.turn
            reply = run(to.turn, backend, toolbox, signals, overflow=asked.overflow)
            yield from self._services.meter.watch(reply, Caller("page"), backend.capabilities.name)

        def events() -> Iterator[Event]:
            if fork is not None:
                yield from forked(fork)
                return
            wishes = self._screen.controls.read(values)
            system = (system_message(wishes.system),) if wishes.system.strip() else ()
            backend = self._services.backend(wishes.model)
            toolbox = self._services.toolbox(visit, wishes.tools if backend.capabilities.tools else ())
            specs = tuple(tool.spec for tool in toolbox.values())
            options = _going_on(wishes.options) if goes_on else wishes.options
            if written is not None:
                turn = Turn((*system, *messages[:-1]), specs, options, written.text)
            else:
                turn = Turn((*system, *messages), specs, options, "" if goes_on else wishes.prefill)
                yield from (TextDelta(turn.prefill),) if turn.prefill else ()
            asked.turn = turn
            reply = run(turn, backend, toolbox, signals, approved=approved, overflow=asked.overflow)
            yield from self._services.meter.watch(reply, Caller("page"), backend.capabilities.name)

        return events()

    def _ended(self, visit: Visit, running: RunningReply, values: Sequence[Any]) -> Updates:
        grown = running.look(lambda grown: grown)
        number = len(visit.transcript.exchanges) - 1
        exchange = visit.transcript.exchanges[number]
        finished = grown.finished
        if finished is None or not (finished.messages or exchange.answer):
            return self._nothing_came(visit, grown, values)
        note = note_of(finished, grown, running.model, exchange.note, _recorded(visit, running.asked, finished))
        answered = replace(exchange, answer=_grown(exchange, finished.messages), note=note, pending=finished.pending)
        visit.transcript = visit.transcript.with_last(answered)
        visit.draft = None
        painted = self._screen.painted(visit, values)
        painted[self._screen.chat] += token_panel(grown.tokens)
        return {**painted, **self._screen.busy(False), self._screen.seed: str(finished.seed)}

    def _nothing_came(self, visit: Visit, grown: GrowingReply, values: Sequence[Any]) -> Updates:
        """No complete message came, so the question goes back to the composer and out of the history.

        What was seen of it stays in view until the next action, with the reason under it.
        """
        number = len(visit.transcript.exchanges) - 1
        exchange = visit.transcript.exchanges[number]
        reason = grown.failed.error.message if grown.failed else "Stopped before the first word."
        before = self._screen.bubbles(visit, is_answered=False)
        shown = reply_bubbles(grown.segments, shaped=grown.shape is not None)
        seen = [*before, *shown, error_bubble(reason, number, can_retry=bool(exchange.answer))]
        composer = gr.update(submit_btn=True, stop_btn=False)
        if not exchange.answer:
            visit.transcript = without(visit.transcript, number)
            composer["value"] = visit.draft or self._screen.to_composer(exchange.question)
        return {
            **self._screen.painted(visit, values),
            self._screen.chat: seen,
            self._screen.composer: composer,
        }


def _recorded(visit: Visit, asked: Asked, finished: Finished) -> str:
    """Give the browser a recording to keep; its id, empty when nothing there could be replayed."""
    if asked.turn is None or not is_whole(finished.card):
        return ""
    run_id = new_id()
    visit.new_runs[run_id] = without_pictures(record(asked.turn, finished, asked.overflow))
    return run_id


def _grown(exchange: Exchange, added: tuple[Message, ...]) -> tuple[Message, ...]:
    """The answer with what was added. A reply that was cut and went on is one message, which keeps its thought."""
    written = exchange.written
    if written is None or not added:
        return (*exchange.answer, *added)
    thoughts = tuple(part for part in written.parts if isinstance(part, Thinking))
    return (*exchange.answer[:-1], replace(added[0], parts=(*thoughts, *added[0].parts)), *added[1:])


def _going_on(options: Options) -> Options:
    """The options of a reply that goes on after the person settled its calls.

    The wish for a call has been met by then; left standing, it would never let the model answer.
    """
    return options if options.tool_choice.mode == "none" else options.model_copy(update={"tool_choice": Choice()})
