"""Tool schemas of the kinds that people and libraries write, for tests of both families' grammars."""

from tools.tool import ToolSpec

STRING = {"type": "string", "maxLength": 6}
BY_NAME = {
    "nothing": {"type": "object", "properties": {}},
    "no_properties": {"type": "object"},
    "scalars": {
        "type": "object",
        "properties": {
            "city": {**STRING, "description": "where"},
            "days": {"type": "integer", "minimum": 1, "maximum": 14},
            "share": {"type": "number", "exclusiveMinimum": 0, "maximum": 1},
            "exact": {"type": "boolean"},
        },
        "required": ["days", "city"],
    },
    "enums": {
        "type": "object",
        "properties": {
            "unit": {"type": "string", "enum": ["celsius", 'fahren"heit', "{k}"]},
            "level": {"enum": [1, 2.5, "high", None, True]},
            "kind": {"const": "fixed"},
        },
        "required": ["unit", "level", "kind"],
    },
    "nullable": {
        "type": "object",
        "properties": {
            "a": {"type": ["string", "null"], "maxLength": 3},
            "b": {"anyOf": [{"type": "integer"}, {"type": "null"}], "default": None},
        },
        "required": ["a", "b"],
    },
    "lists": {
        "type": "object",
        "properties": {
            "numbers": {"type": "array", "items": {"type": "integer"}, "minItems": 1, "maxItems": 3},
            "pairs": {
                "type": "array",
                "items": {"type": "array", "prefixItems": [{"type": "boolean"}, STRING], "items": False, "minItems": 2},
                "maxItems": 2,
            },
        },
        "required": ["numbers", "pairs"],
    },
    "nested": {
        "type": "object",
        "properties": {
            "where": {
                "type": "object",
                "properties": {"room": {"type": "integer"}, "house": STRING},
                "required": ["house"],
            }
        },
        "required": ["where"],
    },
    "shared": {
        "type": "object",
        "properties": {
            "first": {"$ref": "#/$defs/Point"},
            "more": {"type": "array", "items": {"$ref": "#/$defs/Point"}},
        },
        "required": ["first"],
        "$defs": {"Point": {"type": "object", "properties": {"x": {"type": "number"}}, "required": ["x"]}},
    },
    "recursive": {
        "type": "object",
        "properties": {"tree": {"$ref": "#/$defs/Node"}},
        "required": ["tree"],
        "$defs": {
            "Node": {
                "type": "object",
                "properties": {
                    "name": STRING,
                    "next": {"anyOf": [{"$ref": "#/$defs/Node"}, {"type": "null"}]},
                },
                "required": ["name", "next"],
            }
        },
    },
    "map": {
        "type": "object",
        "properties": {"tags": {"type": "object", "additionalProperties": {"type": "integer"}}},
        "required": ["tags"],
    },
    "patterns": {
        "type": "object",
        "properties": {
            "code": {"type": "string", "pattern": "^[A-Z]{2}[0-9]{1,3}$"},
            "day": {"type": "string", "format": "date"},
            "secret": {"type": "string", "format": "password", "minLength": 1, "maxLength": 3},
        },
        "required": ["code", "day", "secret"],
    },
    "either": {
        "type": "object",
        "properties": {"value": {"oneOf": [{"type": "integer"}, {"type": "boolean"}]}},
        "required": ["value"],
    },
    "odd_names": {
        "type": "object",
        "properties": {"first-name": STRING, "a.b": {"type": "integer"}, "$x": {"type": "boolean"}},
        "required": ["first-name", "a.b", "$x"],
    },
}
TOOLS = {name: ToolSpec(name, f"Does {name}.", schema) for name, schema in BY_NAME.items()}
ODD_TOOL = ToolSpec("my-server.do_it", "A name with a dash and a dot.", BY_NAME["scalars"])
