"""The request bodies in OpenAPI. Routes read bodies themselves, so that each API answers errors in its own shape."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel


def body_of(model: type[BaseModel]) -> dict[str, Any]:
    """What a route adds to its description in OpenAPI: the schema of its body, whole, without references outwards."""
    schema = _inlined(model.model_json_schema(ref_template="{model}"))
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


def _inlined(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema with its definitions put where they are used; ours do not refer to themselves."""
    definitions = schema.pop("$defs", {})

    def put(value: Any) -> Any:
        match value:
            case {"$ref": str() as name}:
                return put(definitions[name])
            case dict():
                return {key: put(inner) for key, inner in value.items()}
            case list():
                return [put(inner) for inner in value]
            case _:
                return value

    filled: dict[str, Any] = put(schema)
    return filled
