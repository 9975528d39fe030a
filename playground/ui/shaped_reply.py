"""A reply that was to be JSON, as the page shows it: set out line by line, or as it broke off with the reason."""

from __future__ import annotations

import json

import referencing.exceptions
from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError, best_match

from playground.events import Finished
from playground.grammar import JsonSchema, ResponseFormat
from playground.ui.markdown import fenced, pretty_json
from tools.arguments import NO_REMOTE_SCHEMAS

ELSEWHERE = "The server that runs this model does not hold replies to an answer format."


def shown_json(text: str) -> str:
    """The text as a code block, indented once it is whole."""
    try:
        return pretty_json(json.loads(text))
    except (ValueError, RecursionError):
        return fenced(text.strip() or "…", "json")


def trouble(shape: ResponseFormat, finished: Finished) -> str:
    """Why the answer is not what was asked for, and what to do; empty when it is, or when there is none yet."""
    if shape is None or finished.reason == "tool_calls" or not finished.messages:
        return ""
    try:
        value = json.loads(finished.messages[-1].text)
    except (ValueError, RecursionError):
        return _broken(finished)
    if not isinstance(shape, JsonSchema):
        return "" if isinstance(value, dict) else f"The answer is JSON, but no object. {ELSEWHERE}"
    try:
        found = best_match(Draft202012Validator(shape.schema, registry=NO_REMOTE_SCHEMAS).iter_errors(value))
    except (SchemaError, referencing.exceptions.Unresolvable):
        return ""
    if found is None:
        return ""
    place = ".".join(map(str, found.absolute_path)) or "the whole"
    return f"The answer is JSON, but does not fit the schema at {place}: {found.message:.200}. {ELSEWHERE}"


def _broken(finished: Finished) -> str:
    if finished.reason == "length":
        return "The JSON is not whole: the reply reached its longest length. Raise “Longest reply” and answer again."
    if finished.reason == "cancelled":
        return "The JSON is not whole, because the reply was stopped. Answer again to have all of it."
    if finished.stop is not None:
        return f"The JSON is not whole: it ended before the stop text {finished.stop!r}. Remove that and answer again."
    return f"The answer is not JSON. {ELSEWHERE}"
