"""What a Gemma 4 reply may look like: a thought within its budget, text, calls of declared tools, or JSON.

Control tokens are named, and free text can hold none, so a call can only begin with the token for it and is then held
to a declared tool's schema.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from playground.dialects.loosened import held
from playground.dialects.native_grammar import NativeRules
from playground.dialects.schema_grammar import ANY_SPELLING, callable_tools, shape_rule
from playground.turn import Turn
from tools.arguments import closed
from tools.tool import ToolSpec

THOUGHT = "thought\n"
"""The name of the channel for thoughts, as it is written behind `<|channel>`."""


def reply_grammar(turn: Turn, *, in_thought: bool) -> str | None:
    """The grammar of a reply to the turn, or None where it is free. See `Dialect.grammar`.

    `in_thought`: the prompt has opened a thought already.
    """
    options = turn.options
    tools = callable_tools(turn)
    thinking = options.thinking == "on"
    if not tools and not turn.tools and options.response_format is None and not thinking:
        return None
    return "\n".join(_rules(turn, tools, _opening(options.thinking, in_thought)))


def _opening(thinking: str, in_thought: bool) -> str:
    """How a reply begins. Left to itself a model may think, some do so with an empty thought; told not to it cannot."""
    if in_thought:
        return "thought <channel|>"
    return "" if thinking == "off" else "channel?"


def _rules(turn: Turn, tools: Sequence[ToolSpec], thought: str) -> Iterator[str]:
    yield ANY_SPELLING
    options = turn.options
    calls = "call+" if options.parallel_tool_calls else "call"
    must_call = options.tool_choice.mode in ("required", "named")
    answers = [calls] if tools else []
    if not must_call and options.response_format is not None:
        answers.append("shaped")
        yield "shaped: " + shape_rule(options.response_format)
    elif not must_call:
        answers = [f"TEXT? ({calls})?" if tools else "TEXT?"]
    yield f"start: {thought} ({' | '.join(answers)})"
    yield "TEXT: /(?s:.+)/"
    if thought:
        yield f"channel: <|channel> {json.dumps(THOUGHT)} thought <channel|>"
        yield f"thought[max_tokens={options.thinking_budget}]: /(?s:.*)/"
    yield from _calls(tools)


def _calls(tools: Sequence[ToolSpec]) -> Iterator[str]:
    if tools:
        yield "call: <|tool_call> (" + " | ".join(f"call_{n}" for n in range(len(tools))) + ") <tool_call|>"
    for n, tool in enumerate(tools):
        rules = _rules_of(tool, f"a{n}_")
        yield f'call_{n}: "call:{tool.name}" {rules.start}'
        yield from rules.lines


def _rules_of(tool: ToolSpec, prefix: str) -> NativeRules:
    what = f"The tool {tool.name!r}"
    return held(closed(tool.parameters), tool.strict, lambda schema: NativeRules(schema, prefix, what))
