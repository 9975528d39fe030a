"""JSON Schemas as grammar rules for Gemma 4's notation of values, which llguidance's own compiler does not write.

Numbers look as they do in JSON, so their limits are left to llguidance. Properties come in any order.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from llguidance import LLMatcher

from playground.dialects.dialect import Piece, Plain, Special
from playground.dialects.json_schema import one_level, types
from playground.dialects.native_values import value_pieces
from playground.errors import CallerError

QUOTE = '<|"|>'
ALL_TYPES = ("string", "number", "boolean", "null", "array", "object")
UNSUPPORTED = (
    *("not", "if", "then", "else", "contains", "minContains", "maxContains", "uniqueItems", "unevaluatedItems"),
    *("patternProperties", "propertyNames", "minProperties", "maxProperties", "unevaluatedProperties"),
    *("dependentRequired", "dependentSchemas", "dependencies", "$dynamicRef"),
)
NUMBERS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf")
FORMATS = {
    "date": r"[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])",
    "time": r"([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]+)?(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])",
    "date-time": r"[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]"
    r"(\.[0-9]+)?(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])",
    "uuid": r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}",
    "email": r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+",
}
"""The string formats that are enforced; others are notes for people, as the standard allows."""
MOST_PROPERTIES = 64
"""llguidance remembers which have come in the bits of one number."""
_BARE_KEY = re.compile(r"[^\s:{}\[\],\"<>]([^:{}\[\],\"<>\n]*[^\s:{}\[\],\"<>])?")


class NativeRules:
    """The rules for one tool's arguments. `prefix` keeps their names apart from other tools'; `what` is for errors."""

    def __init__(self, schema: Mapping[str, Any], prefix: str, what: str) -> None:
        self._root = schema
        self._prefix = prefix
        self._what = what
        self._names: dict[str, str] = {}
        self.lines: list[str] = []
        self.start = self._rule({"type": "object", **schema})

    def _rule(self, schema: Any) -> str:
        """The name of the rule for a schema. Equal schemas share one, so that recursive ones come to an end."""
        key = json.dumps(schema, sort_keys=True)
        if key not in self._names:
            name = self._names[key] = f"{self._prefix}{len(self._names)}"
            self.lines.append(f"{name}: {self._body(one_level(schema, self._root), name)}")
        return self._names[key]

    def _body(self, level: Mapping[str, Any], name: str) -> str:
        self._refuse(level)
        variants = level.get("anyOf", level.get("oneOf"))
        if variants is not None:
            return self._variants(level, variants)
        kinds = types(level)
        if "const" in level or "enum" in level:
            values = [level["const"]] if "const" in level else level["enum"]
            fitting = [value for value in values if not kinds or _is_one_of(value, kinds)]
            return self._either(map(_literal, fitting))
        return self._either(self._of_type(kind, level, f"{name}_{kind}") for kind in kinds or ALL_TYPES)

    def _either(self, choices: Iterable[str]) -> str:
        found = " | ".join(dict.fromkeys(choices))
        if not found:
            raise self._error("leaves no value that would be right; give at least one")
        return found

    def _variants(self, level: Mapping[str, Any], variants: Sequence[Any]) -> str:
        around = {key: value for key, value in level.items() if key not in ("anyOf", "oneOf")}
        if "oneOf" in level and not _disjoint([one_level(variant, self._root) for variant in variants]):
            raise self._error("uses the JSON Schema keyword 'oneOf' for values of one type; use 'anyOf'")
        return self._either(self._rule({**around, "allOf": [variant]} if around else variant) for variant in variants)

    def _of_type(self, kind: str, level: Mapping[str, Any], name: str) -> str:
        match kind:
            case "string":
                return self._string(level, name)
            case "integer" | "number":
                limits = {key: level[key] for key in NUMBERS if key in level}
                return f"%json {json.dumps({'type': kind, **limits})}"
            case "boolean":
                return '("true" | "false")'
            case "null":
                return '"null"'
            case "array":
                return self._array(level)
            case "object":
                return self._object(level, name)
        raise self._error(f"names the type {kind!r}, which JSON Schema does not have")

    def _string(self, level: Mapping[str, Any], name: str) -> str:
        least, most = level.get("minLength", 0), level.get("maxLength", "")
        terminals = [f"/(?s:.{{{least},{most}}})/"]
        if "pattern" in level:
            terminals.append(f"/{self._pattern(str(level['pattern']))}/")
        if level.get("format") in FORMATS:
            terminals.append(f"/{FORMATS[level['format']]}/")
        self.lines.append(f"{name.upper()}: {' & '.join(terminals)}")
        return f"{QUOTE} {name.upper()} {QUOTE}"

    def _pattern(self, pattern: str) -> str:
        """The pattern as one of whole strings: JSON Schema's may match anywhere in them."""
        start, end = pattern.startswith("^"), pattern.endswith("$") and not pattern.endswith("\\$")
        inner = pattern[1 if start else 0 : -1 if end else None]
        whole = f"{'' if start else '(?s:.*)'}({inner}){'' if end else '(?s:.*)'}"
        problem = LLMatcher.validate_grammar(LLMatcher.grammar_from_regex(whole)).strip()
        if problem or ("|" in inner and (start or end) and not inner.startswith("(")):
            raise self._error(f"has the pattern {pattern!r}, which a reply cannot be held to; write it another way")
        return re.sub(r"(?<!\\)/", r"\\/", whole)

    def _array(self, level: Mapping[str, Any]) -> str:
        most = level.get("maxItems")
        items = level.get("items", True)
        if isinstance(items, list):
            level, items = {**level, "prefixItems": items}, level.get("additionalItems", True)
        first = [self._rule(item) for item in level.get("prefixItems", ())][:most]
        least = max(level.get("minItems", 0) - len(first), 0)
        if items is False or (most is not None and most <= len(first)):
            return f'"[" {_separated(first)} "]"'
        item = self._rule(items)
        room = "" if most is None else most - len(first)
        if first:
            return f'"[" {_separated(first)} ("," {item}){{{least},{room}}} "]"'
        more = f'{item} ("," {item}){{{max(least - 1, 0)},{"" if most is None else most - 1}}}'
        return f'"[" {more} "]"' if least else f'"[" ({more})? "]"'

    def _object(self, level: Mapping[str, Any], name: str) -> str:
        properties: dict[str, Any] = dict(level.get("properties", {}))
        others = level.get("additionalProperties", not properties)
        for missing in (key for key in level.get("required", ()) if key not in properties):
            if others is False:
                raise self._error(f"requires {missing!r}, which is no property of it")
            properties[missing] = others
        keys = sorted(properties, key=str.lower)
        if len(keys) > MOST_PROPERTIES:
            raise self._error(f"has {len(keys)} properties in one object; at most {MOST_PROPERTIES} can be followed")
        fields = [self._field(key, properties[key]) for key in keys]
        choices = [f"{field} {name}_more::set_bit({n}) %if bit_clear({n})" for n, field in enumerate(fields)]
        if others is not False:
            choices.append(f"{self._other_key(keys, name)} {self._rule(others)} {name}_more::_")
        required = [n for n, key in enumerate(keys) if key in level.get("required", ())]
        if not choices:
            return '"{}"'
        self.lines.append(f"{name}_any::_: " + "\n  | ".join(choices))
        left = "" if others is not False else f"%if bit_count_lt([0:{len(keys)}], {len(keys)})"
        self.lines.append(f'{name}_more::_: "" {_all_set(required)}\n  | "," {name}_any::_ {left}')
        fields_rule = f"{name}_any::0x0"
        return f'"{{" {fields_rule} "}}"' if required else f'("{{}}" | "{{" {fields_rule} "}}")'

    def _field(self, key: str, schema: Any) -> str:
        if not _BARE_KEY.fullmatch(key):
            raise self._error(f"has a property {key!r}; Gemma 4 cannot write that name, so give it another")
        return f"{json.dumps(key + ':', ensure_ascii=False)} {self._rule(schema)}"

    def _other_key(self, keys: Sequence[str], name: str) -> str:
        declared = "".join(f" & ~{json.dumps(key + ':', ensure_ascii=False)}" for key in keys)
        self.lines.append(f"{name.upper()}_KEY: /[A-Za-z_][A-Za-z0-9_ .\\-]{{0,64}}:/{declared}")
        return f"{name.upper()}_KEY"

    def _refuse(self, level: Mapping[str, Any]) -> None:
        for keyword in UNSUPPORTED:
            if level.get(keyword, False) is not False:
                raise self._error(
                    f"uses the JSON Schema keyword {keyword!r}, which a reply cannot be held to; remove it"
                )

    def _error(self, why: str) -> CallerError:
        return CallerError(f"{self._what} {why}.", code="unsupported_schema", param="tools")


def _literal(value: object) -> str:
    """One value, written out."""
    spelled = [piece.token if isinstance(piece, Special) else _quoted(piece) for piece in value_pieces(value)]
    return " ".join(text for text in spelled if text)


def _quoted(piece: Piece) -> str:
    return json.dumps(piece.text, ensure_ascii=False) if isinstance(piece, Plain) and piece.text else ""


def _separated(rules: Sequence[str]) -> str:
    return ' "," '.join(rules)


def _all_set(bits: Sequence[int]) -> str:
    """The condition that all of these properties have come."""
    condition = "true"
    for bit in bits:
        condition = f"bit_set({bit})" if condition == "true" else f"and({condition}, bit_set({bit}))"
    return f"%if {condition}"


def _is_one_of(value: object, kinds: Sequence[str]) -> bool:
    match value:
        case None:
            return "null" in kinds
        case bool():
            return "boolean" in kinds
        case int():
            return "integer" in kinds or "number" in kinds
        case float():
            return "number" in kinds or ("integer" in kinds and value.is_integer())
        case str():
            return "string" in kinds
        case Mapping():
            return "object" in kinds
        case _:
            return "array" in kinds


def _disjoint(variants: Sequence[Mapping[str, Any]]) -> bool:
    """Whether no value can fit two of the variants, as far as their types tell."""
    kinds = ["number" if kind == "integer" else kind for variant in variants for kind in (types(variant) or ALL_TYPES)]
    return len(set(kinds)) == len(kinds)
