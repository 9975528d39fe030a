"""Gemma 3: turns of `user` and `model`; tools and thinking are asked for in the prompt.

Source of the layout: the Gemma 3 chat template, sha256 7de1c58e208eda46…, and Google's prompt-structure and
function-calling pages (https://ai.google.dev/gemma/docs), read 2026-11.

Gemma 3 has no token for tools, results or thoughts. Ours are conventions on top of its template:

- tools: Google's JSON style, an instruction and a JSON array of definitions in front of the first user text; a call is
  one JSON object `{"name": …, "parameters": …}`, several calls are an array of such objects;
- results: a user turn with one `<tool_response>` block per result, `{"name": …, "content": …}` in JSON;
- thinking: an instruction in front of the first user text, and a `<think>` tag that is opened for the model;
- the shape of the answer: an instruction in front of the first user text, see `answer_shape.py`.

The embedded model's adapter was trained on exactly these texts: a change here asks for a new adapter.
"""

from __future__ import annotations

import hashlib
import inspect
import json
import sys
from collections.abc import Iterable, Iterator, Sequence

from playground.dialects import answer_shape
from playground.dialects.answer_shape import shape_instruction
from playground.dialects.dialect import ImageSlot, ImageTokens, Piece, Plain, Special, merge
from playground.dialects.gemma3_grammar import reply_grammar
from playground.dialects.gemma3_reader import Gemma3Reader
from playground.dialects.schema_grammar import refuse_prefill_with_shape
from playground.errors import CallerError
from playground.messages import Image, Message, Text, Thinking, ToolCall, ToolResult
from playground.turn import Turn
from tools.tool import ToolSpec

ALTERNATE = "Conversation roles must alternate user/assistant/user/assistant/..."

TOOL_INSTRUCTION = (
    "You have access to functions. If you decide to invoke any of the function(s), you MUST put it in the format of\n"
    '{"name": function name, "parameters": dictionary of argument name and its value}\n\n'
    "You SHOULD NOT include any other text in the response if you call a function\n"
)
THINK_INSTRUCTION = "Think step by step between <think> and </think>, then answer."
THINK_OPEN = "<think>\n"
THINK_CLOSE = "\n</think>\n"


def definitions(tools: Sequence[ToolSpec]) -> str:
    """The tools as Google's page writes them: a JSON array of bare objects."""
    rows = [{"name": tool.name, "description": tool.description, "parameters": tool.parameters} for tool in tools]
    return json.dumps(rows, ensure_ascii=False)


def call_text(call: ToolCall) -> str:
    """A call as the model writes it."""
    return json.dumps({"name": call.name, "parameters": dict(call.arguments)}, ensure_ascii=False)


def result_text(result: ToolResult) -> str:
    """A result as the model reads it. The text cannot close its own block: in JSON a slash may be escaped."""
    content = json.dumps({"name": result.name, "content": result.text}, ensure_ascii=False)
    safe = content.replace("</tool_response", "<\\/tool_response")
    return f"<tool_response>\n{safe}\n</tool_response>"


class Gemma3:
    """The dialect of Gemma 3 text and vision models, the embedded one among them."""

    family = "gemma3"
    turn_token = "<start_of_turn>"
    stop_tokens: tuple[str, ...] = ("<end_of_turn>", "<eos>")
    control_tokens: tuple[str, ...] = (
        "<pad>",
        "<eos>",
        "<bos>",
        "<unk>",
        "<mask>",
        "<start_of_turn>",
        "<end_of_turn>",
        "<start_of_image>",
        "<end_of_image>",
        "<image_soft_token>",
    )
    image_tokens = ImageTokens("<start_of_image>", "<image_soft_token>", "<end_of_image>", before="\n\n", after="\n\n")

    @property
    def template_hash(self) -> str:
        """SHA-256 of the source of everything that writes prompts: any change of the layout changes it."""
        modules = (sys.modules[__name__], answer_shape)
        return hashlib.sha256("".join(map(inspect.getsource, modules)).encode()).hexdigest()

    def render(self, turn: Turn) -> tuple[Piece, ...]:
        """See `Dialect.render`.

        Raises: CallerError when roles do not alternate, there is nothing to answer, or results lack declared tools.
        """
        return merge(self._pieces(turn))

    def grammar(self, turn: Turn) -> str | None:
        """See `Dialect.grammar`: free after a prefill, since what stands there already cannot be held to a grammar."""
        if not turn.prefill:
            return reply_grammar(turn, thinks=thinks(turn))
        refuse_prefill_with_shape(turn)
        return None

    def reader(self, turn: Turn) -> Gemma3Reader:
        """See `Dialect.reader`."""
        return Gemma3Reader(turn, thinks=thinks(turn))

    def _pieces(self, turn: Turn) -> Iterator[Piece]:
        messages = turn.messages
        preamble = _preamble(turn)
        if messages and messages[0].role == "system":
            messages = messages[1:]
        slots = _alternate(messages, has_tools=bool(turn.tools))
        if not slots:
            raise CallerError("There is no user message to answer; add one.", code="empty_conversation")
        last_user = max((i for i, message in enumerate(messages) if message.role == "user"), default=-1)
        yield Special("<bos>")
        for number, (role, group) in enumerate(slots):
            yield Special("<start_of_turn>")
            yield Plain(f"{role}\n")
            if number == 0 and preamble is not None:
                yield Plain(preamble + "\n\n")
            for count, index in enumerate(group):
                if count:
                    yield Plain("\n\n")
                yield from _message(messages[index], thoughts_kept=index > last_user)
            yield Special("<end_of_turn>")
            yield Plain("\n")
        yield Special("<start_of_turn>")
        yield Plain("model\n" + _opening(turn) + turn.prefill)


def thinks(turn: Turn) -> bool:
    """Whether the reply to this turn opens with a thought: only when asked, and not when its start is written."""
    return turn.options.thinking == "on" and not turn.prefill


def _opening(turn: Turn) -> str:
    return THINK_OPEN if thinks(turn) else ""


def _preamble(turn: Turn) -> str | None:
    """What stands in front of the first user text: system text, thinking, tools, the answer's shape. None without."""
    parts: list[str] = []
    if turn.messages and turn.messages[0].role == "system":
        # The template uses part 0 only; `wire/` joins several system texts before they get here.
        parts.append(next((part.text for part in turn.messages[0].parts if isinstance(part, Text)), ""))
    if turn.options.thinking == "on":
        parts.append(THINK_INSTRUCTION)
    if turn.tools:
        parts.append(TOOL_INSTRUCTION + definitions(turn.tools))
    if shape := shape_instruction(turn.options.response_format):
        parts.append(shape)
    return "\n\n".join(parts) if parts else None


def _alternate(messages: Sequence[Message], *, has_tools: bool) -> list[tuple[str, list[int]]]:
    """Messages as alternating turns: (role as written, indices of the messages in that turn).

    Results are a user's turn; a user message right after results shares it, as the template allows no two in a row.
    """
    slots: list[tuple[str, list[int]]] = []
    for index, message in enumerate(messages):
        if message.role == "system" or (message.role == "tool" and not has_tools):
            raise CallerError(ALTERNATE, code="roles_must_alternate")
        role = "model" if message.role == "assistant" else "user"
        expected = "model" if len(slots) % 2 else "user"
        if role == expected:
            slots.append((role, [index]))
        elif role == "user" and any(messages[i].role == "tool" for i in slots[-1][1]):
            slots[-1][1].append(index)
        else:
            raise CallerError(ALTERNATE, code="roles_must_alternate")
    return slots


def _message(message: Message, *, thoughts_kept: bool) -> Iterator[Piece]:
    """One message's parts. Thoughts are kept only within the turn that is still being answered."""
    if message.role == "tool":
        yield Plain("\n".join(result_text(part) for part in message.parts if isinstance(part, ToolResult)))
        return
    for part in message.parts:
        match part:
            case Text(text):
                yield Plain(text.strip())
            case Image():
                yield ImageSlot(part)
            case Thinking(text) if thoughts_kept:
                yield Plain(THINK_OPEN + text.strip() + THINK_CLOSE)
            case _:
                pass
    yield Plain(_calls(message.calls, after_text=bool(message.text.strip())))


def _calls(calls: Iterable[ToolCall], *, after_text: bool) -> str:
    texts = [call_text(call) for call in calls]
    text = "[" + ", ".join(texts) + "]" if len(texts) > 1 else "".join(texts)
    return "\n" + text if text and after_text else text
