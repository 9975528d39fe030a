"""Gemma 4: turns of `system`, `user` and `model`, with tokens of their own for tools, thoughts and strings.

Source of the layout: the chat template of Gemma 4 E2B and E4B, sha256 0a2c8073c878ab1d…, and Google's page on prompt
formatting (https://ai.google.dev/gemma/docs/core/prompt-formatting-gemma4), read 2026-11.

A conversation is first put into steps, one for each message that the template would see, and the steps are then
written exactly as the template does. The template has traps; they are avoided when the steps are made:

- text beside calls in one message would be written behind the results, and the turn closed before it is answered: text
  and calls become two steps, text first, as the model wrote them;
- a call that was never answered, with more conversation after it, would leave a result open: it gets one that says so;
- schemas the template cannot write are made flat: see `gemma4_declarations.py`.

The shape of an answer is told in the system turn, behind its text: see `answer_shape.py`. The template knows none.
"""

from __future__ import annotations

import hashlib
import inspect
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from playground.dialects import answer_shape, gemma4_declarations, native_values
from playground.dialects.answer_shape import shape_instruction
from playground.dialects.dialect import ImageSlot, ImageTokens, Piece, Plain, Special, merge
from playground.dialects.gemma4_declarations import declaration_pieces
from playground.dialects.gemma4_grammar import THOUGHT, reply_grammar
from playground.dialects.gemma4_reader import Gemma4Reader
from playground.dialects.native_values import field_pieces
from playground.dialects.schema_grammar import refuse_prefill_with_shape
from playground.errors import CallerError
from playground.messages import Image, Message, Text, Thinking, ToolCall, ToolResult
from playground.turn import Turn

NOT_ANSWERED = "The call was not run."
_THOUGHT_IN_TEXT = re.compile(r"<\|channel>.*?(<channel\|>|\Z)", re.DOTALL)

Response: TypeAlias = tuple[str, str | Mapping[str, Any]]
"""A tool's name and its result: a text, or the fields of an object."""


@dataclass(frozen=True)
class Step:
    """A message as the template sees it. `results` answer the calls of the same step."""

    role: Literal["system", "user", "model"]
    content: tuple[Piece, ...] = ()
    thought: str = ""
    calls: tuple[ToolCall, ...] = ()
    results: tuple[Response, ...] = ()


class Gemma4:
    """The dialect of Gemma 4 E2B and E4B."""

    family = "gemma4"
    turn_token = "<|turn>"
    stop_tokens: tuple[str, ...] = ("<turn|>", "<eos>", "<|tool_response>")
    control_tokens: tuple[str, ...] = (
        *("<pad>", "<eos>", "<bos>", "<unk>", "<mask>", "<|turn>", "<turn|>"),
        *("<|image>", "<image|>", "<|image|>", "<|audio>", "<audio|>", "<|audio|>", "<|video|>"),
        *("<|tool>", "<tool|>", "<|tool_call>", "<tool_call|>", "<|tool_response>", "<tool_response|>"),
        *('<|"|>', "<|think|>", "<|channel>", "<channel|>"),
    )
    image_tokens = ImageTokens("<|image>", "<|image|>", "<image|>")

    @property
    def template_hash(self) -> str:
        """SHA-256 of the source of everything that writes prompts: any change of the layout changes it."""
        modules = (sys.modules[__name__], gemma4_declarations, native_values, answer_shape)
        return hashlib.sha256("".join(map(inspect.getsource, modules)).encode()).hexdigest()

    def render(self, turn: Turn) -> tuple[Piece, ...]:
        """See `Dialect.render`.

        Raises: CallerError when there is nothing to answer, or a result answers no call.
        """
        messages = list(turn.messages)
        system = messages.pop(0) if messages and messages[0].role == "system" else None
        if not messages:
            raise CallerError("There is no user message to answer; add one.", code="empty_conversation")
        steps = [step for index in range(len(messages)) for step in _steps(messages, index)]
        thinking = turn.options.thinking == "on"
        return merge((*_preamble(turn, system), *write(steps, thinking=thinking, prefill=turn.prefill)))

    def grammar(self, turn: Turn) -> str | None:
        """See `Dialect.grammar`: free after a prefill, since what stands there already cannot be held to a grammar."""
        if not turn.prefill:
            return reply_grammar(turn, in_thought=_in_thought(turn))
        refuse_prefill_with_shape(turn)
        return None

    def reader(self, turn: Turn) -> Gemma4Reader:
        """See `Dialect.reader`."""
        return Gemma4Reader(turn, in_thought=_in_thought(turn))


def write(steps: Sequence[Step], *, thinking: bool, prefill: str = "") -> Iterator[Piece]:
    """The steps as the template writes them, up to where the model goes on, without thoughts on earlier questions."""
    last_user = max((i for i, step in enumerate(steps) if step.role == "user"), default=-1)
    for index, step in enumerate(steps):
        if step.role != "model" or index == 0 or steps[index - 1].role != "model":
            yield from (Special("<|turn>"), Plain(f"{step.role}\n"))
        if step.thought and index > last_user:
            yield from (Special("<|channel>"), Plain(f"{THOUGHT}{step.thought}\n"), Special("<channel|>"))
        yield from _calls(step)
        yield from step.content
        yield from _end(step, steps[index + 1] if index + 1 < len(steps) else None)
    if not steps[-1].calls:
        yield from (Special("<|turn>"), Plain("model\n"))
    elif steps[-1].results and thinking and not prefill:
        yield from (Special("<|channel>"), Plain(THOUGHT))
    yield Plain(prefill)


def _in_thought(turn: Turn) -> bool:
    """Whether the prompt itself opens a thought: it does when the model goes on after results with thinking on."""
    after_results = bool(turn.messages) and turn.messages[-1].role == "tool"
    return after_results and turn.options.thinking == "on" and not turn.prefill


def _calls(step: Step) -> Iterator[Piece]:
    for call in step.calls:
        yield from (Special("<|tool_call>"), Plain(f"call:{call.name}"), *field_pieces(call.arguments))
        yield Special("<tool_call|>")
    for name, response in step.results:
        fields = {"value": response} if isinstance(response, str) else response
        yield from (Special("<|tool_response>"), Plain(f"response:{name}"), *field_pieces(fields))
        yield Special("<tool_response|>")


def _end(step: Step, following: Step | None) -> Iterator[Piece]:
    """What closes a step: nothing within one model turn."""
    goes_on = step.role == "model" and following is not None and following.role == "model"
    waits = bool(step.results) and following is None and not _has_content(step)
    if step.calls and not step.results:
        yield Special("<|tool_response>")
    elif not goes_on and not waits:
        yield from (Special("<turn|>"), Plain("\n"))


def _has_content(step: Step) -> bool:
    return any(not isinstance(piece, Plain) or piece.text.strip() for piece in step.content)


def _preamble(turn: Turn, system: Message | None) -> Iterator[Piece]:
    """`<bos>` and the first system turn, if there is anything to say in it."""
    yield Special("<bos>")
    thinking = turn.options.thinking == "on"
    shape = shape_instruction(turn.options.response_format)
    if system is None and not turn.tools and not thinking and shape is None:
        return
    yield from (Special("<|turn>"), Plain("system\n"))
    if thinking:
        yield from (Special("<|think|>"), Plain("\n"))
    texts = [part.text.strip() for part in system.parts if isinstance(part, Text)] if system else []
    text = texts[0] if len(texts) == 1 else "".join(f"{text} " for text in texts)
    yield Plain("\n\n".join(part for part in (text, shape) if part))
    for tool in turn.tools:
        yield from (Special("<|tool>"), *declaration_pieces(tool), Special("<tool|>"))
    yield from (Special("<turn|>"), Plain("\n"))


def _steps(messages: Sequence[Message], index: int) -> Iterator[Step]:
    """The steps of one message; of tool messages none, as their results belong to the call before."""
    message = messages[index]
    if message.role == "tool":
        if index == 0 or not (messages[index - 1].calls or messages[index - 1].role == "tool"):
            raise CallerError(
                "A tool's result stands after no call; remove it, or send the call too.", param="messages"
            )
        return
    role: Literal["system", "user", "model"] = "model" if message.role == "assistant" else message.role
    content = tuple(_content(message))
    thought = "\n".join(part.text for part in message.parts if isinstance(part, Thinking))
    if not message.calls:
        yield Step(role, content, thought)
        return
    if content:
        yield Step(role, content, thought)
        thought = ""
    yield Step(role, (), thought, message.calls, _results(messages, index))


def _content(message: Message) -> Iterator[Piece]:
    for part in message.parts:
        match part:
            case Text(text) if message.role == "assistant":
                yield Plain(_THOUGHT_IN_TEXT.sub("", text).strip())
            case Text(text):
                yield Plain(text.strip())
            case Image():
                yield ImageSlot(part)
            case _:
                pass


def _results(messages: Sequence[Message], index: int) -> tuple[Response, ...]:
    """What the tool messages right after the calls answer, in their order; a call is known by its id."""
    names = {call.id: call.name for call in messages[index].calls}
    results: list[Response] = []
    following = index + 1
    while following < len(messages) and messages[following].role == "tool":
        parts = [part for part in messages[following].parts if isinstance(part, ToolResult)]
        results += [(names.get(part.call_id, part.name), part.text) for part in parts]
        following += 1
    if not results and following < len(messages):
        return tuple((call.name, NOT_ANSWERED) for call in messages[index].calls)
    return tuple(results)
