"""Check a call's arguments against the tool's JSON Schema, and explain to the model what is wrong."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

import referencing
import referencing.exceptions
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from tools.tool import ToolError, ToolSpec

SHOWN_ERRORS = 3
SHOWN_CHARS = 60
NO_REMOTE_SCHEMAS: referencing.Registry[Any] = referencing.Registry()
"""jsonschema's own registry downloads a remote `$ref`; this one refuses it."""

_ARTICLES = {"integer": "an integer", "array": "a list", "object": "an object", "null": "null"}


class ArgumentsError(ToolError):
    """The arguments do not fit the tool's schema; the text tells the model what to change."""


def closed(schema: Mapping[str, Any]) -> dict[str, Any]:
    """The schema of an arguments object with names it does not declare forbidden, unless it speaks of them itself.

    JSON Schema allows any further name by default. For a call, a name nobody declared is a slip of the model.
    """
    if schema.keys() & {"additionalProperties", "unevaluatedProperties", "patternProperties", "$ref"}:
        return dict(schema)
    return {**schema, "additionalProperties": False}


def check_arguments(spec: ToolSpec, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments as the tool may use them.

    Two things are mended, and nothing else: a whole number written as 3.0 becomes 3 where an integer is declared,
    and null for an argument that may be left out and cannot be null counts as left out.

    Raises: ArgumentsError with one or two sentences for the model.
    """
    mended = _mended(spec.parameters, arguments)
    validator = Draft202012Validator(closed(spec.parameters), registry=NO_REMOTE_SCHEMAS)
    try:
        errors = sorted(validator.iter_errors(mended), key=lambda error: [str(step) for step in error.absolute_path])
    except referencing.exceptions.Unresolvable as error:
        text = f"{spec.name} was not run: its schema refers to {error.ref!r}, which is not part of it."
        raise ArgumentsError(text) from error
    if errors:
        raise ArgumentsError(_explain(spec, errors))
    return mended


def _mended(schema: Mapping[str, Any], arguments: Mapping[str, Any]) -> dict[str, Any]:
    properties: Mapping[str, Any] = schema.get("properties", {})
    mended = {}
    for name, value in arguments.items():
        kinds = _kinds(properties.get(name))
        if value is None and kinds and "null" not in kinds and name not in schema.get("required", ()):
            continue
        whole = isinstance(value, float) and value.is_integer() and kinds == ("integer",)
        mended[name] = int(value) if whole else value
    return mended


def _kinds(schema: Any) -> tuple[str, ...]:
    """The types a property's schema names; none where it is open."""
    kinds = schema.get("type", ()) if isinstance(schema, Mapping) else ()
    return (kinds,) if isinstance(kinds, str) else tuple(kinds)


def _explain(spec: ToolSpec, errors: list[ValidationError]) -> str:
    said = "; ".join(dict.fromkeys(_one(error) for error in errors[:SHOWN_ERRORS]))
    more = f"; and {len(errors) - SHOWN_ERRORS} more" if len(errors) > SHOWN_ERRORS else ""
    return f"{spec.name} was not run: {said}{more}. {_signature(spec)}"


def _one(error: ValidationError) -> str:
    """One error in words that a small model can act on."""
    path = ".".join(str(step) for step in error.absolute_path)
    prefix = f"in {path}, " if path else ""
    where = f"argument {path}" if path else "the call"
    rule = error.validator_value
    match error.validator:
        case "required":
            missing = [name for name in rule if name not in error.instance]
            return f"{prefix}{_list(missing)} missing"
        case "additionalProperties" if rule is False:
            known = error.schema.get("properties", {})
            return f"{prefix}there is no argument {_list(sorted(error.instance.keys() - known.keys()), 'or')}"
        case "type":
            kinds = [rule] if isinstance(rule, str) else rule
            expected = " or ".join(_ARTICLES.get(kind, f"a {kind}") for kind in kinds)
            return f"{where} is {_show(error.instance)} but must be {expected}"
        case "enum":
            return f"{where} is {_show(error.instance)} but must be one of {', '.join(map(_show, rule))}"
        case "minimum" | "maximum":
            limit = "at least" if error.validator == "minimum" else "at most"
            return f"{where} is {_show(error.instance)} but must be {limit} {_show(rule)}"
        case _:
            return f"{where} is {_show(error.instance)}, which breaks the rule {error.validator}: {_show(rule)}"


def _signature(spec: ToolSpec) -> str:
    """What the tool takes, in a sentence."""
    properties: Mapping[str, Any] = spec.parameters.get("properties", {})
    if not properties:
        return f"{spec.name} takes no arguments."
    required = spec.parameters.get("required", ())
    parts = []
    for name, schema in properties.items():
        kind = " or ".join(_kinds(schema)) or "anything"
        parts.append(f"{name} ({kind}{'' if name in required else ', optional'})")
    return f"{spec.name} takes {', '.join(parts)}."


def _list(names: Iterable[str], word: str = "and") -> str:
    quoted = [repr(name) for name in names]
    verb = "" if word == "or" else " is" if len(quoted) == 1 else " are"
    return (f"{', '.join(quoted[:-1])} {word} {quoted[-1]}" if len(quoted) > 1 else quoted[0]) + verb


def _show(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= SHOWN_CHARS else text[: SHOWN_CHARS - 1] + "…"
