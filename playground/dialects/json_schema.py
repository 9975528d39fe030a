"""JSON Schemas on one level: local references followed, `allOf` joined. For the formats that are not JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from playground.errors import CallerError

ANNOTATIONS = frozenset(
    {"title", "description", "default", "examples", "$comment", "deprecated", "readOnly", "writeOnly"}
)
"""Keywords that speak to people: of two, the outer counts."""
JOINED = frozenset({"properties", "required"})


def one_level(schema: Any, root: Mapping[str, Any], seen: tuple[str, ...] = ()) -> dict[str, Any]:
    """The schema without `$ref` and `allOf` of its own; those inside its properties stay. `true` and `{}` are equal.

    Raises: CallerError when a reference leads nowhere or to itself, or two parts contradict each other.
    """
    if not isinstance(schema, Mapping):
        return {"not": {}} if schema is False else {}
    own = {key: value for key, value in schema.items() if key not in ("$ref", "allOf")}
    parts = [one_level(part, root, seen) for part in schema.get("allOf", ())]
    if "$ref" in schema:
        ref = str(schema["$ref"])
        if ref in seen:
            raise CallerError(f"The JSON Schema reference {ref!r} leads back to itself.", param="tools")
        parts.append(one_level(resolved(ref, root), root, (*seen, ref)))
    for part in parts:
        own = _joined(own, part)
    return own


def resolved(ref: str, root: Mapping[str, Any]) -> Any:
    """What a local reference points to.

    Raises: CallerError when it is not local, or there is nothing.
    """
    place: Any = root
    try:
        hash_mark, *steps = ref.split("/")
        if hash_mark != "#":
            raise KeyError(ref)
        for step in steps:
            key = step.replace("~1", "/").replace("~0", "~")
            place = place[int(key)] if isinstance(place, list) else place[key]
    except (KeyError, IndexError, ValueError, TypeError):
        raise CallerError(
            f"The JSON Schema reference {ref!r} points to nothing in the schema.", param="tools"
        ) from None
    return place


def types(schema: Mapping[str, Any]) -> tuple[str, ...]:
    """The types that the schema names or, where it names none, that its keywords speak of; none where it is open."""
    kind = schema.get("type")
    if kind is None:
        kind = "object" if "properties" in schema else "array" if "items" in schema or "prefixItems" in schema else ()
    return (kind,) if isinstance(kind, str) else tuple(kind)


def _joined(one: dict[str, Any], two: Mapping[str, Any]) -> dict[str, Any]:
    """Both schemas at once. `one` stands outside of `two`."""
    for key in one.keys() & two.keys() - ANNOTATIONS - JOINED:
        if one[key] != two[key]:
            text = f"The JSON Schema gives {key!r} twice, as {one[key]!r} and {two[key]!r}; give it once."
            raise CallerError(text, code="unsupported_schema", param="tools")
    joined = {**two, **one}
    if "properties" in one and "properties" in two:
        outer, inner = one["properties"], two["properties"]
        both = {name: {"allOf": [inner[name]], **outer[name]} for name in inner if name in outer}
        joined["properties"] = {**inner, **outer, **both}
    if "required" in one and "required" in two:
        joined["required"] = list(dict.fromkeys([*two["required"], *one["required"]]))
    return joined
