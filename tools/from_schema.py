"""A tool somebody writes as JSON: checked with readable errors, and run by an HTTP endpoint or by a person.

Takes a bare `{"name", "description", "parameters"}`, OpenAI's `{"type": "function", "function": {…}}` around it, and
Anthropic's `input_schema` in place of `parameters`.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from jsonschema import Draft202012Validator

from tools.safe_fetch import Fetched, Limits, safe_fetch
from tools.text_encoding import decode
from tools.tool import CallContext, Citation, Tool, ToolError, ToolOutput, ToolSpec
from tools.web_address import parse

MAX_DOCUMENT_CHARS = 65_536
MAX_DEPTH = 20
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,63}")
"""What every API and dialect can write as a tool's name."""

_HOLD_SCHEMAS = {"properties", "patternProperties", "$defs", "definitions", "dependentSchemas"}
_ARE_SCHEMAS = {"items", "additionalProperties", "not", "if", "then", "else", "contains", "propertyNames"}
_LIST_SCHEMAS = {"anyOf", "oneOf", "allOf", "prefixItems"}
_KNOWN = sorted(
    _HOLD_SCHEMAS | _ARE_SCHEMAS | _LIST_SCHEMAS
    | {"type", "enum", "const", "required", "description", "title", "default", "examples", "format", "pattern"}
    | {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minLength", "maxLength"}
    | {"minItems", "maxItems", "uniqueItems", "minProperties", "maxProperties", "minContains", "maxContains"}
    | {"$ref", "$schema", "$id", "$comment", "$anchor", "deprecated", "readOnly", "writeOnly", "nullable", "example"}
    | {"dependentRequired", "unevaluatedProperties", "unevaluatedItems", "contentEncoding", "contentMediaType"}
)  # fmt: skip


class SpecError(ValueError):
    """The specification cannot be used; `problems` are sentences, each naming a place and what to change."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__(" ".join(problems))
        self.problems = tuple(problems)


def read_spec(document: str | Mapping[str, Any]) -> ToolSpec:
    """The specification in a JSON text or in an object already read.

    Raises: SpecError with all that is wrong.
    """
    value = _load(document) if isinstance(document, str) else document
    if isinstance(value, Mapping) and isinstance(value.get("function"), Mapping):
        value = value["function"]
    if not isinstance(value, Mapping):
        raise SpecError([f"A tool is a JSON object with name, description and parameters, not {_kind(value)}."])
    parameters = value.get("parameters", value.get("input_schema", {"type": "object", "properties": {}}))
    problems = [*_head_problems(value), *_parameter_problems(parameters)]
    if problems:
        raise SpecError(problems)
    return ToolSpec(value["name"], value.get("description", ""), parameters)


def tool_from_schema(
    spec: ToolSpec,
    endpoint: str | None = None,
    *,
    asks_first: bool,
    allow_private: bool = False,
    timeout_s: float = 30.0,
) -> Tool:
    """A tool that posts its arguments as JSON to `endpoint`; without one, that a person answers.

    `asks_first` must be decided by whoever knows what the endpoint changes.

    Raises: FetchError when the endpoint is no web address.
    """
    if endpoint is None:
        return Tool(spec, None, origin="schema")
    parse(endpoint, any_port=allow_private)
    limits = Limits(max_bytes=1_000_000, timeout_s=timeout_s, allow_private=allow_private)

    def run(arguments: Mapping[str, Any], context: CallContext) -> ToolOutput:
        body = json.dumps(dict(arguments), ensure_ascii=False).encode()
        headers = {"Content-Type": "application/json", "Accept": "application/json, text/plain"}
        answer = safe_fetch(endpoint, limits, body=body, headers=headers, cancel=context.cancelled)
        return _answer(spec.name, answer)

    return Tool(spec, run, timeout_s=timeout_s + 2, asks_first=asks_first, origin="schema")


def _answer(name: str, answer: Fetched) -> ToolOutput:
    text = decode(answer.body, answer.charset).strip()
    if not 200 <= answer.status < 300:
        raise ToolError(f"The endpoint of {name} answered {answer.status}: {text[:300] or 'no text'}")
    return ToolOutput(text or "Done.", citations=(Citation(name, answer.url),), untrusted=True)


def _load(document: str) -> Any:
    if len(document) > MAX_DOCUMENT_CHARS:
        raise SpecError([f"The text has {len(document)} characters; {MAX_DOCUMENT_CHARS} is the most."])
    try:
        return json.loads(document)
    except json.JSONDecodeError as error:
        raise SpecError([f"Line {error.lineno}, column {error.colno}: {error.msg}."]) from error
    except RecursionError as error:
        raise SpecError([f"The text is nested deeper than {MAX_DEPTH}."]) from error


def _head_problems(value: Mapping[str, Any]) -> Iterator[str]:
    name = value.get("name")
    if name is None:
        yield 'There is no "name".'
    elif not isinstance(name, str) or not NAME.fullmatch(name):
        yield (
            f"The name {json.dumps(name, ensure_ascii=False)[:80]} must be 1 to 64 letters, digits, _ or -, "
            "and begin with a letter or _."
        )
    if not isinstance(value.get("description", ""), str):
        yield f"The description must be a text, not {_kind(value['description'])}."


def _parameter_problems(parameters: Any) -> Iterator[str]:
    if not isinstance(parameters, Mapping):
        yield f"parameters must be an object (a JSON Schema), not {_kind(parameters)}."
        return
    if parameters.get("type") != "object":
        yield 'parameters must have "type": "object", with one property for each argument.'
        return
    places = list(_schemas(parameters, "parameters"))
    too_deep = [place for place, _ in places if place.count(".") > 2 * MAX_DEPTH]
    if too_deep:
        yield f"parameters is nested deeper than {MAX_DEPTH}."
        return
    yield from _schema_errors(parameters)
    for place, schema in places:
        yield from _place_problems(place, schema)


def _schema_errors(parameters: Mapping[str, Any]) -> Iterator[str]:
    """What JSON Schema's own schema says, once for each place."""
    meta = Draft202012Validator(Draft202012Validator.META_SCHEMA)
    told = set()
    for error in meta.iter_errors(parameters):
        place = ".".join(["parameters", *(str(step) for step in error.absolute_path)])
        if place in told:
            continue
        told.add(place)
        if error.absolute_path and error.absolute_path[-1] == "type":
            wrong = json.dumps(error.instance, ensure_ascii=False)[:80]
            yield f"{place}: there is no type {wrong}; use string, integer, number, boolean, array or object."
        else:
            yield f"{place}: {error.message[:200]}."


def _place_problems(place: str, schema: Mapping[str, Any]) -> Iterator[str]:
    for keyword in schema:
        # Unknown words are allowed by JSON Schema, so only likely slips of the pen are told.
        near = difflib.get_close_matches(keyword, _KNOWN, n=1, cutoff=0.8)
        if keyword not in _KNOWN and near:
            yield f"{place}: there is no keyword {keyword!r}; did you mean {near[0]!r}?"
    reference = schema.get("$ref")
    if isinstance(reference, str) and not reference.startswith("#"):
        yield f"{place}: $ref {reference!r} leads out of this schema; put the part under $defs and refer to it with #."
    pattern = schema.get("pattern")
    if isinstance(pattern, str):
        try:
            re.compile(pattern)
        except re.error as error:
            yield f"{place}: the pattern {pattern!r} is no regular expression: {error}."
    properties = schema.get("properties")
    required = schema.get("required")
    if isinstance(properties, Mapping) and isinstance(required, list):
        for name in required:
            if isinstance(name, str) and name not in properties:
                yield f"{place}: {name!r} is required but not among the properties."


def _schemas(schema: Any, place: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every schema within a schema, with its place; no deeper than the depth that is refused."""
    if not isinstance(schema, Mapping) or place.count(".") > 2 * MAX_DEPTH + 2:
        return
    yield place, schema
    for keyword, value in schema.items():
        here = f"{place}.{keyword}"
        if keyword in _HOLD_SCHEMAS and isinstance(value, Mapping):
            for name, part in value.items():
                yield from _schemas(part, f"{here}.{name}")
        elif keyword in _ARE_SCHEMAS:
            yield from _schemas(value, here)
        elif keyword in _LIST_SCHEMAS and isinstance(value, list):
            for number, part in enumerate(value):
                yield from _schemas(part, f"{here}.{number}")


def _kind(value: Any) -> str:
    kinds = {dict: "an object", list: "a list", str: "a text", bool: "true or false", type(None): "null"}
    return kinds.get(type(value), "a number")
