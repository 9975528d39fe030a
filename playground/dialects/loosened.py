"""Schemas that were declared with `strict: false`: what a reply cannot be held to is let go, step by step."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

from playground.errors import CallerError

BEYOND_GRAMMARS = frozenset(
    (
        *("not", "if", "then", "else", "contains", "minContains", "maxContains", "uniqueItems", "unevaluatedItems"),
        *("propertyNames", "minProperties", "maxProperties", "unevaluatedProperties", "dependentRequired"),
        *("dependentSchemas", "dependencies", "$dynamicRef", "$dynamicAnchor"),
    )
)
"""Keywords that no grammar of ours follows."""
OFTEN_TOO_MUCH = frozenset(("pattern", "patternProperties", "format", "multipleOf"))
"""Keywords that a grammar follows unless their value is too intricate."""
NAMED = frozenset(("properties", "$defs", "definitions", "patternProperties"))
"""Keywords whose value holds schemas by name, and names are no keywords."""
VALUES = frozenset(("const", "enum", "default", "examples"))

T = TypeVar("T")


def held(schema: Mapping[str, Any], strict: bool, make: Callable[[Mapping[str, Any]], T]) -> T:
    """What `make` gives for the schema or, unless `strict`, for the first of its looser forms that it takes.

    Raises: CallerError from `make`, when it takes none.
    """
    refused: CallerError | None = None
    for form in _forms(schema, strict):
        try:
            return make(form)
        except CallerError as error:
            refused = refused or error
    assert refused is not None
    raise refused


def _forms(schema: Mapping[str, Any], strict: bool) -> Iterator[Mapping[str, Any]]:
    yield schema
    if not strict:
        yield _without(schema, BEYOND_GRAMMARS)
        yield _without(schema, BEYOND_GRAMMARS | OFTEN_TOO_MUCH)
        yield {"type": "object"} if schema.get("type") == "object" or "properties" in schema else {}


def _without(schema: Any, keywords: frozenset[str]) -> Any:
    if isinstance(schema, list):
        return [_without(one, keywords) for one in schema]
    if not isinstance(schema, Mapping):
        return schema
    loose: dict[str, Any] = {}
    for key, value in schema.items():
        if key in keywords:
            continue
        name = "anyOf" if key == "oneOf" and "anyOf" not in schema else key
        if key in VALUES:
            loose[name] = value
        elif key in NAMED and isinstance(value, Mapping):
            loose[name] = {inner: _without(one, keywords) for inner, one in value.items()}
        else:
            loose[name] = _without(value, keywords)
    return loose
