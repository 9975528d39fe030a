"""The instruction that tells a model the shape its answer will be held to.

The grammar alone would give the shape without the model knowing it: it would meet each key only when it has to write
it, would choose among labels it never saw, and what a schema's descriptions say would be lost.
"""

from __future__ import annotations

import json

from playground.grammar import JsonObject, JsonSchema, ResponseFormat

OBJECT_INSTRUCTION = "Answer with one JSON object and nothing else."
SCHEMA_INSTRUCTION = "Answer with JSON of this schema and nothing else:\n"


def shape_instruction(shape: ResponseFormat) -> str | None:
    """What the prompt says of the shape, the schema as it was given. None where the answer is free."""
    match shape:
        case JsonObject():
            return OBJECT_INSTRUCTION
        case JsonSchema(schema):
            return SCHEMA_INSTRUCTION + json.dumps(dict(schema), ensure_ascii=False)
    return None
