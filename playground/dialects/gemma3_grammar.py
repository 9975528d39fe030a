"""What a Gemma 3 reply may look like: a thought within its budget, then text, calls of declared tools, or JSON.

A reply is a call when it opens with `{"name":`, or with a code fence or a `[` before it and the name of a tool behind
it. The name is asked for there because Gemma fences any JSON it is asked to show, and some of that begins with a name
as well; bare JSON it hardly writes except for calls. From there on the reply can only be a valid call, or a list of
them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from playground.dialects.loosened import held
from playground.dialects.schema_grammar import ANY_SPELLING, GAP, callable_tools, json_rule, moved, shape_rule
from playground.grammar import JsonObject, JsonSchema
from playground.turn import Turn
from tools.arguments import closed
from tools.tool import ToolSpec

THINK_END = "</think>"

_TERMINALS = f"""
ANY: /(?s:.*)/
SPACE: /[ \\t\\r\\n]*/
GAP: /({GAP})?/
FENCE: /```[a-z_]{{0,16}}\\n/
KEY: "{{" GAP "\\"name\\"" GAP ":" GAP
PARAMETERS: GAP "," GAP "\\"parameters\\"" GAP ":" GAP
END: GAP "}}"
TAIL: /\\n?```\\n?|\\n/
OBJECT: SPACE "{{" ANY
BARE_CALL: SPACE "{{" SPACE "\\"name\\"" SPACE ":" ANY
FENCED_CALL: SPACE FENCE SPACE /\\[?/ SPACE "{{" SPACE "\\"name\\"" SPACE ":" SPACE NAME ANY
LISTED_CALL: SPACE "[" SPACE "{{" SPACE "\\"name\\"" SPACE ":" SPACE NAME ANY
TEXT: ANY & ~BARE_CALL & ~FENCED_CALL & ~LISTED_CALL
WORDS: ANY & ~OBJECT & ~FENCED_CALL & ~LISTED_CALL
"""
"""`TEXT` is all that opens no call. `WORDS` is for replies that may not call: a model that wants to is turned away at
its first token, before it has begun what it cannot end."""


def reply_grammar(turn: Turn, *, thinks: bool) -> str | None:
    """The grammar of a reply to the turn, or None where it is free. See `Dialect.grammar`."""
    options = turn.options
    tools = callable_tools(turn)
    must_call = options.tool_choice.mode in ("required", "named")
    if options.response_format is not None and not must_call:
        rules = list(_shaped(tools, options.response_format, parallel=options.parallel_tool_calls))
    elif turn.tools:
        rules = list(_calls(turn.tools, tools, must=must_call, parallel=options.parallel_tool_calls))
    elif thinks:
        rules = ["answer: /(?s:.*)/"]
    else:
        return None
    return (
        _after_thought(rules, options.thinking_budget) if thinks else "\n".join([ANY_SPELLING, "start: answer", *rules])
    )


def _calls(declared: Sequence[ToolSpec], tools: Sequence[ToolSpec], *, must: bool, parallel: bool) -> Iterator[str]:
    """Text that is no call of a declared tool, or calls of `tools`."""
    calls = "(first more* | listed next* LIST_END) TAIL?" if parallel else "first TAIL?"
    yield "answer: " + (calls if must else f"TEXT | {calls}" if tools else "WORDS")
    yield _TERMINALS
    yield "NAME: " + " | ".join(_quoted(tool) for tool in declared)
    if not tools:
        return
    numbers = range(len(tools))
    yield "first: " + " | ".join(f"FIRST_{n} arguments_{n}" for n in numbers)
    if parallel:
        for rule in ("more", "listed", "next"):
            yield f"{rule}: " + " | ".join(f"{rule.upper()}_{n} arguments_{n}" for n in numbers)
        yield 'LIST_END: GAP "]"'
    for n, tool in enumerate(tools):
        yield f"FIRST_{n}: /\\n{{0,2}}/ FENCE? KEY {_quoted(tool)}"
        if parallel:
            yield f"MORE_{n}: /,?\\n/ KEY {_quoted(tool)}"
            yield f'LISTED_{n}: /\\n{{0,2}}/ FENCE? "[" GAP KEY {_quoted(tool)}'
            yield f'NEXT_{n}: "," GAP KEY {_quoted(tool)}'
        rule = json_rule(closed(tool.parameters), f"The tool {tool.name!r}", "tools", strict=tool.strict)
        yield f"arguments_{n}: PARAMETERS {rule} END"


def _quoted(tool: ToolSpec) -> str:
    """The tool's name in JSON, as a string of Lark."""
    return json.dumps(json.dumps(tool.name, ensure_ascii=False), ensure_ascii=False)


def _shaped(tools: Sequence[ToolSpec], shape: JsonObject | JsonSchema, *, parallel: bool) -> Iterator[str]:
    """JSON of a shape, or calls. Both are JSON from their first character, so llguidance can follow both at once."""
    calls = 'call ("\\n" call)* | "[" call (", " call)* "]"' if parallel else "call"
    yield f"answer: shaped | {calls}" if tools else "answer: shaped"
    yield "shaped: " + shape_rule(shape)
    if tools:
        yield "call: " + " | ".join(f"call_{n}" for n in range(len(tools)))
    for n, tool in enumerate(tools):
        yield f"call_{n}: " + _call_rule(tool)


def _call_rule(tool: ToolSpec) -> str:
    def rule(parameters: Mapping[str, Any]) -> str:
        schema = {
            "type": "object",
            "properties": {"name": {"const": tool.name}, "parameters": moved(parameters, "/properties/parameters")},
            "required": ["name", "parameters"],
            "additionalProperties": False,
        }
        return json_rule(schema, f"The tool {tool.name!r}", "tools")

    return held(closed(tool.parameters), tool.strict, rule)


def _after_thought(rules: Sequence[str], budget: int) -> str:
    """A thought of at most `budget` tokens, its end, and the answer.

    The thought is a grammar of its own, as llguidance counts the tokens of a grammar: when they are spent, only what
    follows it can come, the end. Each beginning of the end is a lexeme too, so that a `<` in a thought is no trap.
    """
    parts = [before + THINK_END[:size] for before in ("", "\n") for size in range(len(THINK_END)) if before or size]
    thought = [
        ANY_SPELLING,
        "start: (PLAIN | PART)*",
        "PLAIN: /[^\\n<]+/",
        "PART: " + " | ".join(json.dumps(part) for part in parts),
    ]
    # llguidance lets one token more pass than `max_tokens` says.
    main = [
        ANY_SPELLING,
        "start: thought THINK_END answer",
        f"thought[max_tokens={max(budget - 1, 1)}]: @thought",
        f"THINK_END: /\\n?{THINK_END.replace('/', chr(92) + '/')}\\n{{0,2}}/",
        *rules,
    ]
    grammars = [{"lark_grammar": "\n".join(main)}, {"name": "thought", "lark_grammar": "\n".join(thought)}]
    return json.dumps({"grammars": grammars})
