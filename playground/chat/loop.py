"""The tool loop: ask the model, run the calls it makes, ask again, until it answers or somebody else must act.

One loop serves the page and every API. It knows messages and events; nothing of tokens, HTTP or Gradio.
"""

from __future__ import annotations

import itertools
import logging
import threading
from collections.abc import Collection, Generator, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from typing import Any

from playground.backends.backend import Backend
from playground.chat.context_window import Overflow, fit
from playground.chat.conversation import unanswered, with_all_results
from playground.chat.tool_runner import ToolRunner, call_key, result_chars
from playground.errors import PlaygroundError, ServerError
from playground.events import Event, Failed, Finished, Reason, ToolFinished, Usage
from playground.grammar import Choice
from playground.messages import Message, ToolCall, ToolResult, tool
from playground.turn import Turn
from tools.tool import Tool, ToolSpec

log = logging.getLogger(__name__)

REFUSED = "The person refused this call. Do not make it again; go on without it."
STOPPED = "the reply was stopped."
CUT_OFF = "the reply reached its longest length (max_tokens) first."
NO_ROUNDS = "no more calls can be made in this reply."


def run(
    turn: Turn,
    backend: Backend,
    toolbox: Mapping[str, Tool],
    cancel: threading.Event,
    *,
    recorded: Mapping[str, ToolResult] | None = None,
    approved: Collection[str] = (),
    overflow: Overflow = "refuse",
    thinking_tokens: Sequence[int | None] = (),
) -> Generator[Event, None, None]:
    """The reply to the turn: the events of each model turn, and one terminal event for all of them.

    `turn.tools` is what the model may call. Those that `toolbox` can run by name are run; a call to another, or to one
    that asks first, ends the reply as pending. It goes on when it is run again with its messages and, for each pending
    call, a `ToolResult` appended (`refusal` makes one), or the call's id in `approved`.

    All rounds share one seed. After `options.rounds` rounds of calls the model is told to answer without any.
    `recorded` (see `recorded_results`) replays results, and no tool runs: a call that is not among them is pending.
    `cancel` ends the reply within a token or a tool's next look at it. `thinking_tokens` are the budgets of the first
    model turns, for a replay: each has its own where a thought was ended by hand.
    """
    reply = _Reply(turn, backend, toolbox, cancel, recorded, approved, overflow, thinking_tokens)
    end = yield from reply.rounds()
    yield end


def refusal(call: ToolCall) -> ToolResult:
    """The result of a call that the person did not allow."""
    return ToolResult(call.id, call.name, REFUSED, is_error=True)


class _Reply:
    """One run of the loop: what has been added to the conversation so far, and what it cost."""

    def __init__(
        self,
        turn: Turn,
        backend: Backend,
        toolbox: Mapping[str, Tool],
        cancel: threading.Event,
        recorded: Mapping[str, ToolResult] | None,
        approved: Collection[str],
        overflow: Overflow,
        thinking_tokens: Sequence[int | None],
    ) -> None:
        self._turn = replace(turn, options=turn.options.with_seed())
        self._backend = backend
        self._toolbox = toolbox
        self._cancel = cancel
        self._approved = approved
        self._overflow = overflow
        self._thinking_tokens = thinking_tokens
        self._runner = ToolRunner(
            turn.tools, toolbox, result_chars(backend.capabilities.context_tokens), recorded=recorded
        )
        self._added: tuple[Message, ...] = ()
        self._usage = Usage()
        self._cards: list[Mapping[str, Any]] = []
        self._dropped = 0

    def rounds(self) -> Generator[Event, None, Finished | Failed]:
        """Model turns and tool calls in alternation; the terminal event is the generator's value."""
        calls = unanswered(self._turn.messages)
        last = self._turn.options.rounds
        for number in itertools.count():
            pending = yield from self._run(calls, is_last=number == last)
            if self._cancel.is_set():
                return (yield from self._ended("cancelled", pending))
            if pending:
                return self._finished("tool_calls", pending=pending)
            end = yield from self._ask(number)
            if isinstance(end, Failed):
                return replace(end, messages=(*self._added, *end.messages))
            self._added += end.messages
            self._usage += end.usage
            self._cards.append(end.card)
            calls = tuple(call for message in end.messages for call in message.calls)
            if not calls or end.reason in {"cancelled", "length"} or number == last:
                return (yield from self._ended(end.reason, calls, end.stop))
        raise AssertionError("the last round returns")

    def _ended(
        self, reason: Reason, calls: Sequence[ToolCall], stop: str | None = None
    ) -> Generator[Event, None, Finished]:
        """The end of the reply, after a result that says why for each call that will not be run."""
        why = {"cancelled": STOPPED, "length": CUT_OFF}.get(reason, NO_ROUNDS)
        yield from self._answer(self._runner.skip(call, why) for call in calls)
        return self._finished("stop" if reason == "tool_calls" else reason, stop=stop)

    def _ask(self, number: int) -> Generator[Event, None, Finished | Failed]:
        """One model turn; its terminal event is the generator's value."""
        try:
            fitted = fit(self._asked(number), self._backend, self._overflow)
            self._dropped = len(fitted.dropped)
            with closing(_closable(self._backend.reply(fitted.turn, self._cancel))) as events:
                for event in events:
                    match event:
                        case Finished() | Failed():
                            return event
                        case Usage():
                            yield self._usage + event
                        case _:
                            yield event
        except PlaygroundError as error:
            return Failed(error)
        except Exception as error:
            log.exception("A backend broke off")
            return Failed(ServerError(f"The model broke off: {error!r}. The server's log says more."))
        return Failed(ServerError("The model's reply ended without saying why. Try again."))

    def _asked(self, number: int) -> Turn:
        """The turn for round `number`: the conversation so far, and what may be called."""
        messages = with_all_results((*self._turn.messages, *self._added))
        options, tools = self._turn.options, self._turn.tools
        choice = options.tool_choice
        if not tools:
            # A template that meets calls or results needs declarations, even when tools are off by now.
            tools = _specs_of_history(messages)
            choice = Choice("none") if tools else choice
        elif number == options.rounds:
            choice = Choice("none")
        elif number and choice.mode in {"required", "named"}:
            # The wish was for a call, and it was made; left standing, it would never let the model answer.
            choice = Choice()
        budgets = self._thinking_tokens
        budget = budgets[number] if number < len(budgets) else options.thinking_tokens
        return Turn(
            messages,
            tools,
            options.model_copy(update={"tool_choice": choice, "thinking_tokens": budget}),
            prefill="" if self._added else self._turn.prefill,
            raw=self._turn.raw,
            begun=() if self._added else self._turn.begun,
        )

    def _run(self, calls: Sequence[ToolCall], *, is_last: bool) -> Generator[Event, None, tuple[ToolCall, ...]]:
        """Run the calls that can be run here, in order; the others are the generator's value."""
        pending = tuple(call for call in calls if self._needs_somebody(call))
        ours = [call for call in calls if call not in pending]
        yield from self._answer(self._one(call, is_last=is_last and call is ours[-1]) for call in ours)
        return pending

    def _one(self, call: ToolCall, *, is_last: bool) -> ToolFinished:
        if self._cancel.is_set():
            return self._runner.skip(call, STOPPED)
        return self._runner.run(call, self._cancel, is_last=is_last)

    def _answer(self, outcomes: Iterator[ToolFinished]) -> Iterator[Event]:
        """Tell each result as it comes, and add all of them to the conversation."""
        results: list[ToolResult] = []
        for outcome in outcomes:
            results.append(outcome.result)
            yield outcome
        if results:
            self._added += (tool(*results),)

    def _needs_somebody(self, call: ToolCall) -> bool:
        """Whether a person or the API's client must act before this declared call has a result."""
        if self._runner.recorded is not None:
            return call_key(call.name, call.arguments) not in self._runner.recorded
        if all(spec.name != call.name for spec in self._turn.tools):
            return False
        found = self._toolbox.get(call.name)
        if found is None or found.run is None:
            return True
        return found.asks_first and call.id not in self._approved

    def _finished(self, reason: Reason, *, stop: str | None = None, pending: tuple[ToolCall, ...] = ()) -> Finished:
        card = {"turns": list(self._cards), "tool_calls": self._runner.records, "dropped_messages": self._dropped}
        seed = self._turn.options.seed
        assert seed is not None
        return Finished(reason, self._added, self._usage, seed, stop=stop, pending=pending, card=card)


def _specs_of_history(messages: Sequence[Message]) -> tuple[ToolSpec, ...]:
    """A minimal declaration for every tool that calls or results in the messages name."""
    names = {
        part.name: None for message in messages for part in message.parts if isinstance(part, ToolCall | ToolResult)
    }
    return tuple(ToolSpec(name, "Not available any more.", {"type": "object", "properties": {}}) for name in names)


def _closable(events: Iterator[Event]) -> Generator[Event, None, None]:
    """The events as a generator: closing it closes the backend's own, so that the model stops."""
    yield from events
