"""Gradio's API: `/chat`, `/replay` and `/count_tokens`, stateless, named and documented on the API page.

The history goes in and comes out as OpenAI's messages. Options have the names and ranges of `Options`.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import gradio as gr

from playground.chat.context_window import Overflow
from playground.chat.loop import run
from playground.chat.recording import Recording, changed, read_recording, record, replay, verdict
from playground.errors import CallerError, PlaygroundError
from playground.events import Finished, Progress
from playground.images import read_kept_image
from playground.messages import Message, Text, user
from playground.options import Options, parse_options
from playground.turn import Signals, Turn
from playground.ui.inside.look import TELLING, look_into, write_look
from playground.ui.running_reply import RunningReply
from playground.ui.segments import Call, GrowingReply, Thought, Words
from playground.ui.services import Services
from playground.usage_log import Caller
from playground.wire import openai, openai_reply
from tools.tool import Tool

SPELLED_APART = ("tool_choice", "response_format")
"""Options that are written as OpenAI writes them."""
CHAT = """Answer one message. Nothing is remembered between calls: send the history along.

Streams pairs: the answer's text so far, and the reply as JSON. The last pair holds the whole reply:
`message` (OpenAI's shape), `messages` (what to append to the history), `finish_reason`, `usage`, `seed`, `timings`
and `card`. Of a conversation that is too long, `card.dropped_messages` says how many of the oldest were left out where
`overflow` lets them. With `finish_reason` "tool_calls", run the calls in `message.tool_calls`, append their results to
the history as messages of role "tool", and call again with an empty message. With `recording` on, the last pair also
holds `recording`: one JSON document that `/replay` writes again, here or on another machine.
"""
REPLAY = """Write a recorded reply again and compare. No tool runs: their results come from the recording.

Streams pairs: a sentence ("Identical: …", or the first token that differs and what went in differently), and JSON with
`identical`, `turn`, `token`, and the new reply's `card`. `changes` are options to use instead of the recorded ones.
With `inside` on, it also has `inside`: for each model turn the prompt and the output as the model had them, and its
tokens with probabilities, alternatives, how each was read, and what the grammar left to choose.
"""
COUNT = "Tokens that a request's prompt would take, by what they are spent on, and the model's context."


def add_endpoints(services: Services) -> None:
    """Add the endpoints to the page that is open now."""
    api = GradioApi(services)
    prompt = {
        "message": gr.Textbox("", label="The person's message; empty to go on after tool results", visible=False),
        "files": gr.File(file_count="multiple", label="Pictures and text files of the message", visible=False),
        "image_urls": gr.JSON([], label="Addresses of further pictures: https or data:", visible=False),
        "history": gr.JSON([], label="Earlier messages, as OpenAI writes them", visible=False),
        "system": gr.Textbox("", label="System prompt", visible=False),
        "model": gr.Textbox("", label="Model name; empty for the default", visible=False),
        "tools": gr.JSON([], label="Names of built-in tools that may be called", visible=False),
        "user_tools": gr.JSON([], label="Your own tools, as OpenAI writes them; you run their calls", visible=False),
    }
    recording = {
        "recording": gr.Checkbox(False, label="Add a recording that can be replayed", visible=False),
        "overflow": gr.Textbox(
            "refuse", label="A conversation longer than the context: refuse, or drop_oldest", visible=False
        ),
    }
    options = {name: _option(name) for name in Options.model_fields}
    text = gr.Textbox(label="The answer's text so far", visible=False)
    reply = gr.JSON(label="The reply", visible=False)
    trigger = gr.Button(visible=False)
    trigger.click(
        _named(api.chat, {**prompt, **recording, **options}),
        [*prompt.values(), *recording.values(), *options.values()],
        [text, reply],
        api_name="chat",
        api_description=CHAT,
        concurrency_limit=None,
    )
    replayed = {
        "recording": gr.JSON(None, label="The recording, as `/chat` or the page's download has it", visible=False),
        "model": gr.Textbox("", label="Model name; empty for the recorded one", visible=False),
        "changes": gr.JSON({}, label="Options to use instead of the recorded ones, by name", visible=False),
        "inside": gr.Checkbox(False, label="Tell of every token, too", visible=False),
    }
    trigger.click(
        _named(api.replay, replayed),
        list(replayed.values()),
        [gr.Textbox(label="Whether the reply is the same", visible=False), gr.JSON(label="Comparison", visible=False)],
        api_name="replay",
        api_description=REPLAY,
        concurrency_limit=None,
    )
    trigger.click(
        _named(api.count_tokens, prompt),
        list(prompt.values()),
        gr.JSON(label="Tokens", visible=False),
        api_name="count_tokens",
        api_description=COUNT,
    )


class GradioApi:
    """The endpoints' functions. Errors reach the client with their own words."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def chat(self, **request: Any) -> Iterator[tuple[str, dict[str, Any]]]:
        """See `CHAT`."""
        try:
            turn, toolbox = self._turn(request)
            overflow = _overflow(request["overflow"])
            backend = self._services.backend(request["model"] or None)
        except PlaygroundError as error:
            raise gr.Error(error.message, print_exception=False) from error
        signals = Signals()
        name = backend.capabilities.name
        replied = run(turn, backend, toolbox, signals, overflow=overflow)
        events = self._services.meter.watch(replied, Caller("gradio"), name)
        reply = RunningReply(events, signals, name)
        for _ in _watched(reply):
            yield reply.look(lambda grown: (_text(grown), {"done": False, **_so_far(grown)}))
        grown = reply.look(lambda grown: grown)
        finished = _end_of(grown)
        whole = {"done": True, "model": name, **_whole(finished, grown)}
        if request["recording"]:
            whole["recording"] = record(turn, finished, overflow)
        yield _text(grown), whole

    def replay(
        self, recording: Any, model: str, changes: Mapping[str, Any] | None, inside: bool = False
    ) -> Iterator[tuple[str, Any]]:
        """See `REPLAY`."""
        signals = Signals()
        try:
            read = read_recording(recording, read_kept_image)
            backend = self._services.backend(model or read.model)
            changed_too = {**(changes or {}), **(TELLING if inside else {})}
            events = replay(read, backend, signals, changed_too)
        except PlaygroundError as error:
            raise gr.Error(error.message, print_exception=False) from error
        reply = RunningReply(events, signals, backend.capabilities.name)
        for _ in _watched(reply):
            yield f"Replaying: {reply.look(lambda grown: grown.tokens_written)} tokens so far", {"done": False}
        grown = reply.look(lambda grown: grown)
        finished = _end_of(grown)
        found = verdict(read, finished)
        told = {"done": True, **asdict(found), "card": dict(finished.card)}
        if inside:
            written = Recording(changed(read, changes or {}).turn, read.overflow, finished.card)
            try:
                told["inside"] = write_look(look_into(written, finished.messages, grown.tokens, backend))
            except PlaygroundError as error:
                raise gr.Error(error.message, print_exception=False) from error
        yield found.text, told

    def count_tokens(self, **request: Any) -> dict[str, int]:
        """See `COUNT`."""
        try:
            turn, _ = self._turn(request)
            count = self._services.backend(request["model"] or None).count_tokens(turn)
        except PlaygroundError as error:
            raise gr.Error(error.message, print_exception=False) from error
        return {
            "total": count.total,
            "system": count.system,
            "tools": count.tools,
            "images": count.images,
            "context": count.context,
        }

    def _turn(self, request: Mapping[str, Any]) -> tuple[Turn, dict[str, Tool]]:
        """The request as ours.

        Raises: CallerError naming the field at fault.
        """
        toolbox = self._services.built_in(request["tools"] or ())
        specs = [
            {
                "type": "function",
                "function": {"name": t.spec.name, "description": t.spec.description, "parameters": t.spec.parameters},
            }
            for t in toolbox.values()
        ]
        body = {
            "messages": [*_system(request["system"]), *(request["history"] or ()), {"role": "user", "content": "…"}],
            "tools": [*specs, *(request["user_tools"] or ())] or None,
            **{name: request[name] for name in SPELLED_APART if request.get(name) is not None},
        }
        call = openai.read_chat(body, self._services.read_image_url)
        history = call.turn.messages[:-1]
        options = {name: request[name] for name in Options.model_fields if request.get(name) is not None}
        options |= {name: getattr(call.turn.options, name) for name in SPELLED_APART}
        return Turn(self._asked(history, request), call.turn.tools, parse_options(options)), toolbox

    def _asked(self, history: Sequence[Message], request: Mapping[str, Any]) -> tuple[Message, ...]:
        composer = {"text": request["message"], "files": request["files"] or ()}
        fetched = [self._services.read_image_url(str(url)) for url in request["image_urls"] or ()]
        if not composer["text"].strip() and not composer["files"]:
            if fetched:
                return (*history, user(*fetched))
            if history and history[-1].role == "tool":
                return tuple(history)
            raise CallerError("The message is empty. Send text, files, or a history that ends with tool results.")
        asked = self._services.read_composer(composer, ())
        return (*history, user(*fetched, *asked.parts))


def _overflow(word: str) -> Overflow:
    """What to do with a conversation that is too long.

    Raises: CallerError for a word that means nothing.
    """
    match word:
        case "refuse" | "drop_oldest":
            return word
    raise CallerError(f"overflow is {word!r}; it must be refuse or drop_oldest.", param="overflow")


def _watched(reply: RunningReply) -> Iterator[None]:
    """Looks at the reply, which ends when the client leaves."""
    try:
        yield from reply.watch()
    finally:
        reply.stop()


def _end_of(grown: GrowingReply) -> Finished:
    """How a reply that is over ended.

    Raises: gr.Error in the words of its failure.
    """
    if grown.failed is not None:
        raise gr.Error(grown.failed.error.message, print_exception=False)
    assert grown.finished is not None, "a reply ends with one terminal event"
    return grown.finished


def _system(text: str | None) -> list[dict[str, str]]:
    return [{"role": "system", "content": text}] if text else []


def _text(grown: GrowingReply) -> str:
    return "".join(segment.text for segment in grown.segments if isinstance(segment, Words))


def _so_far(grown: GrowingReply) -> dict[str, Any]:
    """The reply while it grows: its stage, thought and calls."""
    progress = grown.progress
    return {
        "stage": progress.stage if isinstance(progress, Progress) else "writing",
        "thinking": "".join(segment.text for segment in grown.segments if isinstance(segment, Thought)),
        "calls": [_call(segment) for segment in grown.segments if isinstance(segment, Call)],
    }


def _call(call: Call) -> dict[str, Any]:
    return {
        "id": call.id,
        "name": call.name,
        "arguments": dict(call.call.arguments) if call.call else call.arguments,
        "result": call.result.text if call.result else None,
        "is_error": bool(call.result and call.result.is_error),
        "seconds": call.seconds,
    }


def _whole(finished: Finished, grown: GrowingReply) -> dict[str, Any]:
    usage = finished.usage
    return {
        **_so_far(grown),
        "stage": "done",
        "message": openai_reply.write_message(finished),
        "messages": [written for message in finished.messages for written in _history(message)],
        "finish_reason": finished.reason,
        "usage": openai_reply.write_usage(usage),
        "timings": {
            "first_token_s": usage.first_token_s,
            "prefill_s": usage.prefill_s,
            "decode_s": usage.decode_s,
            "tokens_per_second": usage.tokens_per_second,
        },
        "seed": finished.seed,
        "logprobs": [openai_reply.write_logprob(token) for token in grown.tokens] or None,
        "card": dict(finished.card),
    }


def _history(message: Message) -> Iterator[dict[str, Any]]:
    """One message as OpenAI writes it in a history; results are one message each."""
    if message.role == "tool":
        for part in message.parts:
            yield {"role": "tool", "tool_call_id": getattr(part, "call_id", ""), "content": getattr(part, "text", "")}
        return
    written: dict[str, Any] = {
        "role": message.role,
        "content": "".join(p.text for p in message.parts if isinstance(p, Text)),
    }
    if message.calls:
        written["tool_calls"] = [openai_reply.write_call(call) for call in message.calls]
    yield written


def _option(name: str) -> gr.components.Component:
    """The API's parameter for an option. Ranges are checked by `Options`, whose words name them."""
    about = Options.model_fields[name]
    label = about.description or name
    default = about.default
    if isinstance(default, bool):
        return gr.Checkbox(default, label=label, visible=False)
    if isinstance(default, int | float):
        return gr.Number(default, label=label, visible=False)
    if isinstance(default, str):
        return gr.Textbox(default, label=label, visible=False)
    return gr.JSON(None, label=label, visible=False)


def _named(function: Callable[..., Any], parameters: Mapping[str, Any]) -> Callable[..., Any]:
    """The function with these parameters by name: Gradio names the API's parameters after the signature's."""

    def generator(*values: Any) -> Iterator[Any]:
        yield from function(**dict(zip(parameters, values, strict=True)))

    def plain(*values: Any) -> Any:
        return function(**dict(zip(parameters, values, strict=True)))

    named: Callable[..., Any] = generator if inspect.isgeneratorfunction(function) else plain
    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    named.__signature__ = inspect.Signature(  # type: ignore[attr-defined]  # what `inspect.signature` returns
        [inspect.Parameter(name, kind, default=component.value) for name, component in parameters.items()]
    )
    return named
