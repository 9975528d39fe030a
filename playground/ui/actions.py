"""What each button of the chat does. Every action ends in values for components; `screen.py` says how they look."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import gradio as gr

from playground.chat.loop import refusal
from playground.errors import CallerError, PlaygroundError
from playground.messages import ToolResult, tool
from playground.ui.branches import asked_instead, chosen, forked, without
from playground.ui.examples import example_of
from playground.ui.inside.look import fork_at
from playground.ui.pending_card import written_arguments
from playground.ui.replying import Replying
from playground.ui.screen import Screen, Updates
from playground.ui.seeing_models import seeing_models
from playground.ui.services import BLIND, Services
from playground.ui.transcript import Exchange, load
from playground.ui.user_tools import load_tools
from playground.ui.visits import Visit


class Actions:
    """Gradio's event functions. `request` names the tab; `values` are the side panel's, in the order of `Controls`."""

    def __init__(self, services: Services, screen: Screen, *, manage_models: bool) -> None:
        """`manage_models`: whether visitors may download models."""
        self._services = services
        self._screen = screen
        self._manage_models = manage_models
        self._replying = Replying(services, screen)

    def accept(self, composer: Mapping[str, Any] | None, ticket: str, request: gr.Request, *values: Any) -> Updates:
        """Take what the composer holds into the conversation, or say why not and leave the composer alone."""
        visit = self._visit(request)
        if visit.is_new and ticket not in {"", visit.id}:
            return self._screen.lost()
        try:
            if visit.running is not None:
                raise CallerError("A reply is being written. Press stop, or wait for it to end.")
            question = self._services.read_composer(composer or {}, visit.transcript.images)
            self._services.check(question, self._screen.controls.read(values).model)
        except PlaygroundError as error:
            return self._screen.noticed(error.message, buttons=self._offers(error))
        if visit.editing is not None:
            visit.settle_nothing()
            visit.transcript = asked_instead(visit.transcript, visit.editing, question)
        else:
            _close_open_ends(visit)
            visit.transcript = visit.transcript.asked(question)
        visit.draft, visit.editing = composer, None
        visit.wait()
        return {**self._screen.painted(visit, values), self._screen.composer: {"text": "", "files": []}}

    def _offers(self, error: PlaygroundError) -> str:
        """Buttons with a way out of the error, where there is one."""
        if error.code != BLIND:
            return ""
        return seeing_models(self._services.catalogue.listings(), can_download=self._manage_models)

    def take_example(self, chosen: gr.SelectData, request: gr.Request, *values: Any) -> Updates:
        """Send one of the empty page's examples, with the switches that it needs.

        A picture goes without tools: small models reach for one whenever it is offered.
        """
        text = str(chosen.value.get("text") or "")
        example = example_of(text)
        files = [str(example.path)] if example and example.path else []
        updates = self.accept({"text": text, "files": files}, "", request, *values)
        if example and example.thinks:
            updates[self._screen.thinking] = "on"
        if example and example.picture:
            updates[self._screen.controls.tools] = []
        return updates

    def reply(self, request: gr.Request, *values: Any) -> Iterator[Updates]:
        """Answer what waits at the end of the conversation, if something does."""
        visit = self._visit(request)
        if visit.waiting:
            yield from self._replying.reply(visit, values)
        else:
            yield {self._screen.live.chat: gr.skip()}

    def end(self, request: gr.Request, *values: Any) -> Updates:
        """Take the reply that is over into the conversation."""
        return self._replying.end(self._visit(request), values, resumed=False)

    def resume(self, request: gr.Request) -> Iterator[Updates]:
        """Follow the reply that was being written when the tab was reloaded or lost its connection."""
        yield from self._replying.follow(self._visit(request))

    def end_resumed(self, ticket: str, request: gr.Request, *values: Any) -> Updates:
        """As `end`; a server that does not know the tab any more says so."""
        visit = self._visit(request)
        if visit.is_new:
            return self._screen.lost() if ticket not in {"", visit.id} else {self._screen.chat: gr.skip()}
        return self._replying.end(visit, values, resumed=True)

    def answer_now(self, request: gr.Request) -> None:
        """End the thought that is being thought; the answer begins."""
        if (running := self._visit(request).running) is not None:
            running.signals.answer_now.set()

    def stop(self, request: gr.Request) -> None:
        """End the reply that is being written; what there is of it stays."""
        self._visit(request).stop()

    def act(self, action: Mapping[str, Any] | None, request: gr.Request, *values: Any) -> Updates:
        """A button under a message."""
        visit = self._visit(request)
        name, number = (action or {}).get("name"), (action or {}).get("number")
        if not isinstance(number, int) or not 0 <= number < len(visit.transcript.exchanges):
            return self._screen.lost() if visit.is_new else self._screen.noticed("That message is gone.")
        if visit.running is not None:
            return self._screen.noticed("A reply is being written. Press stop first.")
        match name:
            case "edit":
                return self._edit(visit, number)
            case "version":
                try:
                    visit.transcript = chosen(visit.transcript, number, (action or {}).get("to", -1))
                except CallerError as error:
                    return self._screen.noticed(error.message)
                visit.settle_nothing()
            case "delete":
                visit.settle_nothing()
                visit.transcript = without(visit.transcript, number)
            case "token":
                try:
                    self._fork_at_token(visit, action or {})
                except CallerError as error:
                    return self._screen.noticed(error.message)
            case "fork":
                visit.fork(forked(visit.transcript, number))
            case "continue" if visit.transcript.exchanges[number].was_cut:
                visit.wait()
            case "regenerate":
                visit.settle_nothing()
                question = visit.transcript.exchanges[number].question
                visit.transcript = asked_instead(visit.transcript, number, question)
                visit.draft = self._screen.to_composer(question)
                visit.wait()
        visit.editing = None
        return self._screen.painted(visit, values)

    def _edit(self, visit: Visit, number: int) -> Updates:
        visit.editing = number
        hint = "Editing an earlier message: what follows it is kept as another version."
        question = visit.transcript.exchanges[number].question
        return {self._screen.composer: self._screen.to_composer(question), **self._screen.noticed(hint, "hint")}

    def _fork_at_token(self, visit: Visit, action: Mapping[str, Any]) -> None:
        """A conversation of its own that goes on with another token.

        Raises: CallerError when there is no such place.
        """
        if visit.look is None:
            raise CallerError("Replay the reply first, so that its tokens are known.")
        fork = fork_at(visit.look, action.get("turn"), action.get("at"), action.get("id"))
        visit.fork(fork.transcript)
        visit.fork_to = fork
        visit.wait()

    def undo(self, request: gr.Request, *values: Any) -> Updates:
        """Take the last question back into the composer and its answer out of the conversation."""
        visit = self._visit(request)
        if visit.running is not None or not visit.transcript.exchanges:
            return self._screen.noticed("Press stop first." if visit.running else "There is nothing to undo.", "hint")
        question = visit.transcript.exchanges[-1].question
        visit.transcript = without(visit.transcript, len(visit.transcript.exchanges) - 1)
        visit.editing, visit.waiting = None, False
        return {**self._screen.painted(visit, values), self._screen.composer: self._screen.to_composer(question)}

    def start_over(self, request: gr.Request, *values: Any) -> Updates:
        """A new chat. The old one stays in the browser."""
        visit = self._visit(request)
        visit.start_over()
        return {**self._screen.painted(visit, values), self._screen.composer: {"text": "", "files": []}}

    def restore(self, kept: Mapping[str, Any] | None, request: gr.Request) -> Updates:
        """Show a conversation that this tab's browser kept: when the page loads, or from the list."""
        visit = self._visit(request)
        visit.start_over()
        kept = kept or {}
        updates: Updates = {}
        visit.tools = load_tools((kept.get("shelf") or {}).get("tools"))
        if conversation := kept.get("conversation"):
            try:
                visit.transcript = load(conversation["exchanges"], conversation["images"])
                visit.id = str(conversation["id"])
                visit.kept_pictures = {image.digest for image in visit.transcript.images} & set(conversation["images"])
                settings, problems = self._screen.controls.sound(conversation.get("settings") or {})
                updates |= self._screen.controls.restored(settings)
                if problems:
                    words = f"Not every setting of this chat could be used: {' '.join(problems[:3])}"
                    updates |= self._screen.noticed(words)
                visit.overflow = "refuse" if conversation.get("overflow") == "refuse" else "drop_oldest"
                visit.reply_id = str(conversation.get("reply") or "")
                visit.running = self._services.replies.find(visit.reply_id)
            except CallerError as error:
                updates |= self._screen.noticed(error.message)
        updates |= self._tools_shown(visit, updates)
        composer = gr.update(submit_btn=True, stop_btn=False)
        if (draft := kept.get("draft")) is not None:  # None: what is being typed stays
            composer["value"] = {"text": str(draft), "files": []}
        return {
            self._screen.composer: composer,
            **self._screen.live.cleared(),
            self._screen.chat: self._screen.bubbles(visit),
            self._screen.ticket: visit.id,
            **self._screen.pending.shown(visit),
            **updates,
        }

    def _tools_shown(self, visit: Visit, updates: Updates) -> Updates:
        """The tools that can be switched on now; what was on stays on where it still exists."""
        boxes = self._screen.controls.tools
        choices = self._services.tool_choices(visit)
        on = updates.get(boxes, list(self._services.tools))
        return {boxes: gr.update(choices=choices, value=[name for _, name in choices if name in on])}

    def answer(self, typed: str, request: gr.Request, *values: Any) -> Updates:
        """The person typed the result of the call that waits."""
        visit = self._visit(request)
        if not typed.strip():
            return self._screen.noticed("Type the result that the model should get, or refuse the call.", "hint")
        if waiting := visit.unsettled:
            visit.answers[waiting[0].id] = ToolResult(waiting[0].id, waiting[0].name, typed)
        return self._settled(visit, values)

    def approve(self, arguments: str, request: gr.Request, *values: Any) -> Updates:
        """The person lets the call that waits run, with these arguments."""
        visit = self._visit(request)
        if waiting := visit.unsettled:
            call = waiting[0]
            if arguments.strip() != written_arguments(call):
                try:
                    changed = replace(call, arguments=self._services.read_arguments(visit, call.name, arguments))
                except CallerError as error:
                    return self._screen.noticed(error.message)
                visit.transcript = visit.transcript.with_call(changed)
            visit.approved.add(call.id)
        return self._settled(visit, values)

    def refuse(self, request: gr.Request, *values: Any) -> Updates:
        """The person does not want the call that waits."""
        visit = self._visit(request)
        if waiting := visit.unsettled:
            visit.answers[waiting[0].id] = refusal(waiting[0])
        return self._settled(visit, values)

    def _settled(self, visit: Visit, values: tuple[Any, ...]) -> Updates:
        """When no call waits any more, the reply goes on."""
        exchanges = visit.transcript.exchanges
        if exchanges and exchanges[-1].pending and not visit.unsettled:
            visit.transcript = visit.transcript.with_last(_closed(exchanges[-1], visit))
            visit.wait()
        return self._screen.painted(visit, values)

    def _visit(self, request: gr.Request) -> Visit:
        return self._services.visits.of(request.session_hash or "")


def _close_open_ends(visit: Visit) -> None:
    """Before a new question: an unanswered question goes, and calls that nobody settled stay without a result."""
    if not visit.transcript.exchanges:
        return
    last = visit.transcript.exchanges[-1]
    if not last.answer:
        visit.transcript = without(visit.transcript, len(visit.transcript.exchanges) - 1)
    elif last.pending:
        visit.transcript = visit.transcript.with_last(_closed(last, visit))
    visit.approved.clear()


def _closed(exchange: Exchange, visit: Visit) -> Exchange:
    """The exchange with the results that the person gave, and nothing pending."""
    results = (tool(*visit.answers.values()),) if visit.answers else ()
    visit.answers.clear()
    return replace(exchange, answer=(*exchange.answer, *results), pending=())
