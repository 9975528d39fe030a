"""Tool declarations as Gemma 4's template writes them, from any JSON Schema.

The template understands little of JSON Schema and loses or garbles the rest without a word. So each property is first
made flat: one type, perhaps `nullable`, a description that says in words what has no place of its own.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from playground.dialects.dialect import Piece, Plain
from playground.dialects.json_schema import one_level, types
from playground.dialects.native_values import list_pieces, text_pieces, value_pieces
from tools.tool import ToolSpec

MAX_DEPTH = 8
"""Deeper parts of a schema, which recursive ones have without end, are declared as objects without properties."""
_NOTES = {
    "const": "Always",
    "default": "Default:",
    "minimum": "At least",
    "maximum": "At most",
    "exclusiveMinimum": "More than",
    "exclusiveMaximum": "Less than",
    "minLength": "Shortest length:",
    "maxLength": "Longest length:",
    "minItems": "Fewest items:",
    "maxItems": "Most items:",
    "pattern": "Pattern:",
    "format": "Format:",
}


@dataclass(frozen=True)
class Flat:
    """A schema as the template can write it. `type` is in lower case, as in JSON Schema."""

    type: str
    description: str = ""
    enum: tuple[str, ...] = ()
    items: Flat | None = None
    nullable: bool = False
    properties: Mapping[str, Flat] = field(default_factory=dict)
    required: tuple[str, ...] = ()


def declaration_pieces(tool: ToolSpec) -> Iterator[Piece]:
    """`declaration:NAME{…}`, without the tokens around it."""
    yield Plain(f"declaration:{tool.name}{{description:")
    yield from text_pieces(tool.description)
    if tool.parameters:
        flat = flatten({"type": "object", **tool.parameters}, tool.parameters)
        yield Plain(",parameters:{")
        if flat.properties:
            yield Plain("properties:{")
            yield from _properties(flat.properties)
            yield Plain("},")
        if flat.required:
            yield from (*_required(flat.required), Plain(","))
        yield Plain("type:")
        yield from (*text_pieces(flat.type.upper()), Plain("}"))
    yield Plain("}")


def flatten(schema: Any, root: Mapping[str, Any], depth: int = 0) -> Flat:
    """A schema without references, combinations and lists of types. `root` holds what `#/…` references point to."""
    level = one_level(schema, root)
    variants = [one_level(variant, root) for variant in (*level.pop("anyOf", ()), *level.pop("oneOf", ()))]
    solid = [variant for variant in variants if variant.get("type") != "null"]
    if solid:
        level = {**solid[0], **level}
    enum = [value for value in level.get("enum", ()) if value is not None]
    kinds = [kind for kind in types(level) if kind != "null"] or [_type_of(enum)]
    others = [*kinds[1:], *(kind for variant in solid[1:] for kind in types(variant))]
    deep = depth >= MAX_DEPTH
    return Flat(
        type=kinds[0],
        description=_description(level, enum if kinds[0] != "string" else (), others),
        enum=tuple(enum) if kinds[0] == "string" else (),
        items=_items(level, root, depth) if kinds[0] == "array" and not deep else None,
        nullable=level.get("nullable") is True or _takes_null(level, variants),
        properties=_flat_properties(level, root, depth) if kinds[0] == "object" and not deep else {},
        required=tuple(level.get("required", ())) if kinds[0] == "object" and not deep else (),
    )


def _flat_properties(level: Mapping[str, Any], root: Mapping[str, Any], depth: int) -> Mapping[str, Flat]:
    return {name: flatten(inner, root, depth + 1) for name, inner in level.get("properties", {}).items()}


def _items(level: Mapping[str, Any], root: Mapping[str, Any], depth: int) -> Flat | None:
    """What the list holds; of a list with a schema for each place, the first."""
    first = next(iter(level.get("prefixItems", ())), level.get("items"))
    return flatten(first, root, depth + 1) if isinstance(first, Mapping) and first else None


def _takes_null(level: Mapping[str, Any], variants: Iterable[Mapping[str, Any]]) -> bool:
    return "null" in types(level) or None in level.get("enum", ()) or any(v.get("type") == "null" for v in variants)


def _type_of(values: Iterable[object]) -> str:
    """The type of the values that an enum lists; text where there are none or they differ."""
    kinds = {type(value) for value in values}
    if kinds == {bool}:
        return "boolean"
    if kinds == {int}:
        return "integer"
    return "number" if kinds and kinds <= {int, float} else "string"


def _description(level: Mapping[str, Any], enum: Iterable[object], others: Iterable[str]) -> str:
    """The description, and in words what the template has no place for."""
    notes = [f"{words} {_show(level[key])}." for key, words in _NOTES.items() if key in level]
    listed = ", ".join(map(_show, enum))
    also = " or ".join(dict.fromkeys(others))
    notes = [*([f"One of {listed}."] if listed else []), *notes, *([f"Or: {also}."] if also else [])]
    return " ".join([*([level["description"]] if level.get("description") else []), *notes])


def _show(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _properties(properties: Mapping[str, Flat]) -> Iterator[Piece]:
    """`name:{…}` for each, sorted without regard to case."""
    for count, name in enumerate(sorted(properties, key=str.lower)):
        yield Plain(f"{',' if count else ''}{name}:{{")
        yield from _property(properties[name])
        yield Plain("}")


def _property(flat: Flat) -> Iterator[Piece]:
    if flat.description:
        yield from (Plain("description:"), *text_pieces(flat.description), Plain(","))
    if flat.enum:
        yield from (Plain("enum:"), *list_pieces(flat.enum), Plain(","))
    if flat.items is not None:
        yield from (Plain("items:{"), *_item(flat.items), Plain("},"))
    if flat.nullable:
        yield Plain("nullable:true,")
    if flat.type == "object":
        yield from (Plain("properties:{"), *_properties(flat.properties), Plain("},"))
        yield from (*_required(flat.required), Plain(",")) if flat.required else ()
    yield from (Plain("type:"), *text_pieces(flat.type.upper()))


def _item(flat: Flat) -> Iterator[Piece]:
    """What a list holds: the keys in alphabetical order; a list of lists as the template writes any other value."""
    if flat.description:
        yield from (Plain("description:"), *text_pieces(flat.description), Plain(","))
    if flat.enum:
        yield from (Plain("enum:"), *list_pieces(flat.enum), Plain(","))
    if flat.items is not None:
        yield from (Plain("items:"), *value_pieces({"type": flat.items.type}, quoted_keys=True), Plain(","))
    if flat.nullable:
        yield Plain("nullable:true,")
    if flat.properties:
        yield from (Plain("properties:{"), *_properties(flat.properties), Plain("},"))
    if flat.required:
        yield from (*_required(flat.required), Plain(","))
    yield from (Plain("type:"), *text_pieces(flat.type.upper()))


def _required(names: Iterable[str]) -> Iterator[Piece]:
    yield Plain("required:")
    yield from list_pieces(names)
