"""JSON Schemas as parts of grammars: which ones can be enforced, and in which spellings of JSON.

llguidance compiles the schemas. Source of what it supports: its `docs/json_schema.md`, version 1.9, read 2026-11.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any

from llguidance import LLMatcher

from playground.dialects.loosened import NAMED, VALUES, held
from playground.errors import CallerError
from playground.grammar import JsonObject, JsonSchema
from playground.turn import Turn
from tools.tool import ToolSpec

GAP = r"[ ]|\n[ ]{0,16}"
"""White space between two parts of JSON: a space, or a new line and its indentation, at most once.

Models write `{"a": 1}`, `{"a":1}` or indented lines; a grammar with free white space lets small ones go on for ever.
"""
ANY_SPELLING = '%llguidance {"no_forcing": true}'
"""Where only one text can follow, llguidance would force its own tokens for it, which need not be those that the model
has learnt for it. With this line the model spells such texts itself."""
FORMATS = frozenset({"date-time", "time", "date", "duration", "email", "hostname", "ipv4", "ipv6", "uuid", "uri"})
"""The string formats that are enforced. Those that the standard does not know (`int32`, `password`) are notes."""
BEYOND_FORMATS = frozenset(
    {"idn-email", "idn-hostname", "uri-reference", "iri", "iri-reference", "uri-template", "json-pointer"}
    | {"relative-json-pointer", "regex"}
)
"""The standard's string formats that no grammar of ours follows."""
_COMBINED = frozenset({"allOf", "anyOf", "oneOf", "$ref"})
_OPEN = _COMBINED | {"additionalProperties", "unevaluatedProperties", "patternProperties"}
_UNIMPLEMENTED = re.compile(r'Unimplemented keys: \["([^"]+)"')


def json_rule(schema: Mapping[str, Any], what: str, param: str, *, strict: bool = True) -> str:
    """The schema as an element of a Lark rule. `what` says in words what it is the schema of; `param` is its field.

    Raises: CallerError naming the keyword that cannot be enforced. Without `strict` such keywords are let go.
    """
    return held(schema, strict, lambda form: _json_rule(form, what, param))


def _json_rule(schema: Mapping[str, Any], what: str, param: str) -> str:
    for name in _formats(schema):
        if name in BEYOND_FORMATS:
            refused = f"{what} uses the JSON Schema keyword 'format' with {name!r}, which a reply cannot be held to; "
            raise CallerError(refused + "remove it.", code="unsupported_schema", param=param)
    text = json.dumps({**_tight(schema, _defs_close(schema)), "x-guidance": {"whitespace_pattern": GAP}})
    problem = _problem(text)
    if problem:
        raise CallerError(f"{what} {problem}", code="unsupported_schema", param=param)
    return f"%json {text}"


def refuse_prefill_with_shape(turn: Turn) -> None:
    """Raises: CallerError when a reply whose start is given is to have a shape as well."""
    if turn.options.response_format is not None:
        raise CallerError("A reply with a prefill cannot have a response format; leave one out.", param="prefill")
    if turn.options.tool_choice.mode in ("required", "named"):
        raise CallerError(
            "A reply with a prefill is text and cannot have to call a tool; leave one out.", param="prefill"
        )


def callable_tools(turn: Turn) -> tuple[ToolSpec, ...]:
    """The tools that a reply to the turn may call.

    Raises: CallerError when it has to call one and there is none.
    """
    choice = turn.options.tool_choice
    match choice.mode:
        case "none":
            return ()
        case "named":
            found = tuple(tool for tool in turn.tools if tool.name == choice.name)
            if not found:
                raise CallerError(f"There is no tool called {choice.name!r} to call; declare it.", param="tool_choice")
            return found
        case "required" if not turn.tools:
            raise CallerError("A tool has to be called, but none is declared; declare one.", param="tool_choice")
        case _:
            return turn.tools


def shape_rule(shape: JsonObject | JsonSchema) -> str:
    """A response format as an element of a Lark rule. Raises: CallerError, as `json_rule` does."""
    if isinstance(shape, JsonObject):
        return json_rule({"type": "object"}, "The response format", "response_format")
    return json_rule(shape.schema, "The response format", "response_format", strict=shape.strict)


def moved(schema: Any, pointer: str) -> Any:
    """The schema with its own `#…` references pointing below `pointer`, for use as a part of a larger one."""
    if isinstance(schema, Mapping):
        ref = schema.get("$ref")
        inner = {key: moved(value, pointer) for key, value in schema.items()}
        return {**inner, "$ref": f"#{pointer}{ref[1:]}"} if isinstance(ref, str) and ref[:1] == "#" else inner
    return [moved(item, pointer) for item in schema] if isinstance(schema, list | tuple) else schema


@lru_cache(maxsize=1024)
def _problem(text: str) -> str | None:
    """Why llguidance refuses a schema, as the rest of a sentence; None when it takes it."""
    message = LLMatcher.validate_grammar(LLMatcher.grammar_from_json_schema(text)).strip()
    if not message or message.startswith("WARNING"):
        return None
    keyword = _UNIMPLEMENTED.search(message)
    if "coerce_one_of" in message:
        return "uses the JSON Schema keyword 'oneOf' for schemas that one value may fit together; use 'anyOf'."
    if keyword:
        return f"uses the JSON Schema keyword {keyword[1]!r}, which a reply cannot be held to; remove it."
    return f"has a JSON Schema that a reply cannot be held to: {_one_line(message)}"


def _one_line(message: str) -> str:
    return " ".join(message.split())[:300]


def _formats(schema: Any) -> Iterator[str]:
    """The formats of all texts in the schema. A property called `format` is none."""
    if not isinstance(schema, Mapping):
        return
    if isinstance(found := schema.get("format"), str):
        yield found
    for key, value in schema.items():
        if key in NAMED and isinstance(value, Mapping):
            inner: Iterable[Any] = value.values()
        elif key in VALUES:
            continue
        else:
            inner = value if isinstance(value, list | tuple) else (value,)
        for one in inner:
            yield from _formats(one)


def _defs_close(schema: Mapping[str, Any]) -> bool:
    """Whether shared definitions may be closed: parts of an `allOf` must let each other's properties through."""
    return '"allOf"' not in json.dumps(schema)


def _tight(schema: Any, defs_close: bool, close: bool = True) -> Any:
    """The schema without formats that are not enforced, and with objects closed to properties they do not list.

    An object that says nothing of other properties allows them all; a model would then invent some.
    """
    if not isinstance(schema, Mapping):
        return schema
    tight = {key: _tight_keyword(key, value, schema, defs_close, close) for key, value in schema.items()}
    if tight.get("format") not in FORMATS:
        tight.pop("format", None)
    if tight.get("uniqueItems") is False:
        del tight["uniqueItems"]
    if close and tight.get("properties") and not tight.keys() & _OPEN:
        tight["additionalProperties"] = False
    return tight


def _tight_keyword(key: str, value: Any, parent: Mapping[str, Any], defs_close: bool, close: bool) -> Any:
    match key, value:
        case (("properties" | "patternProperties"), Mapping()):
            return {name: _tight(inner, defs_close) for name, inner in value.items()}
        case (("$defs" | "definitions"), Mapping()):
            return {name: _tight(inner, defs_close, defs_close) for name, inner in value.items()}
        case (("items" | "additionalProperties"), _):
            return _tight(value, defs_close)
        case "prefixItems", list() | tuple():
            return [_tight(inner, defs_close) for inner in value]
        case (("anyOf" | "oneOf"), list() | tuple()):
            return [_tight(inner, defs_close, close and "properties" not in parent) for inner in value]
        case "allOf", list() | tuple():
            return [_tight(inner, defs_close, close=False) for inner in value]
        case _:
            return value
