"""The schema of the answer: examples to start from, and what is wrong with one as it is typed.

Judged by the very check that a request meets, so a schema that is called right here is refused nowhere.
"""

from __future__ import annotations

import html
import json
from collections.abc import Mapping
from typing import Any

from playground.dialects.schema_grammar import shape_rule
from playground.errors import CallerError
from playground.grammar import JsonSchema

MOST_NAMES = 6
"""Properties that a verdict lists."""
ONE_FIELD = {"type": "object", "properties": {"answer": {"type": "string"}}, "required": ["answer"]}
_TEXTS = {"type": "array", "items": {"type": "string"}}
EXTRACTION = {
    "type": "object",
    "properties": {"names": _TEXTS, "dates": _TEXTS, "numbers": _TEXTS, "summary": {"type": "string"}},
    "required": ["names", "dates", "numbers", "summary"],
}
_LIST = {
    "type": "array",
    "items": {
        "type": "object",
        "properties": {"title": {"type": "string", "maxLength": 80}, "why": {"type": "string"}},
        "required": ["title", "why"],
    },
    "minItems": 1,
    "maxItems": 5,
}
_CLASSES = {
    "type": "object",
    "properties": {
        "label": {"enum": ["praise", "complaint", "question", "other"]},
        "confidence": {"type": "number", "minimum": 0, "maximum": 1},
    },
    "required": ["label", "confidence"],
}
_NESTED = {
    "type": "object",
    "properties": {
        "customer": {
            "type": "object",
            "properties": {"name": {"type": "string"}, "email": {"type": "string", "format": "email"}},
            "required": ["name"],
        },
        "ordered": {"type": "string", "format": "date"},
        "lines": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "item": {"type": "string"},
                    "count": {"type": "integer", "minimum": 1, "maximum": 999},
                    "price": {"type": ["number", "null"]},
                },
                "required": ["item", "count", "price"],
            },
        },
    },
    "required": ["customer", "lines"],
}
_RECURSIVE = {
    "$ref": "#/$defs/node",
    "$defs": {
        "node": {
            "type": "object",
            "properties": {
                "name": {"type": "string"},
                "children": {"type": "array", "items": {"$ref": "#/$defs/node"}, "maxItems": 4},
            },
            "required": ["name", "children"],
        }
    },
}
EXAMPLES: Mapping[str, str] = {
    name: json.dumps(schema, indent=2)
    for name, schema in {
        "One field": ONE_FIELD,
        "Extraction": EXTRACTION,
        "A list": _LIST,
        "Classification": _CLASSES,
        "Nested": _NESTED,
        "Recursive": _RECURSIVE,
    }.items()
}
FIRST_EXAMPLE = next(iter(EXAMPLES.values()))


def read_schema(text: str) -> JsonSchema:
    """The schema as it was typed; whether a reply can be held to it is judged elsewhere.

    Raises: CallerError saying where the text breaks.
    """
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        message = f"Schema of the answer is not JSON: {error.msg} in {place}. Mend it there."
        raise CallerError(message, param="response_format") from error
    except RecursionError as error:
        raise CallerError("Schema of the answer is nested too deeply.", param="response_format") from error
    if not isinstance(value, dict):
        shown = text.strip()[:40]
        message = f"Schema of the answer is {shown!r}; it must be a JSON object, in braces."
        raise CallerError(message, param="response_format")
    return JsonSchema(value)


def judged(text: str) -> str:
    """Whether replies can be held to the text, as HTML: what they will be, or which keyword or place is at fault."""
    try:
        shape = read_schema(text)
        shape_rule(shape)
    except CallerError as error:
        return f'<p class="verdict wrong" role="status">{html.escape(error.message)}</p>'
    return f'<p class="verdict right" role="status">{html.escape(_described(shape.schema))}</p>'


def _described(schema: Mapping[str, Any]) -> str:
    names = list(schema.get("properties", ()))
    if names:
        more = ", …" if len(names) > MOST_NAMES else ""
        return f"Valid: an object with {', '.join(names[:MOST_NAMES])}{more}"
    if isinstance(schema.get("enum"), list):
        return f"Valid: one of {len(schema['enum'])} values"
    kind = schema.get("type")
    words = {"array": "a list", "object": "an object", "string": "a text", "integer": "a whole number"}
    return f"Valid: {words.get(kind, kind)}" if isinstance(kind, str) else "Valid"
