"""Random JSON Schemas of every kind that can be followed, small enough for a model to finish."""

import random

WORDS = ("name", "größe", "日付", "is_open", "first-name", "ж", "n")


def random_schema(seed):
    """An object schema; equal seeds give equal schemas."""
    return _Maker(random.Random(seed)).root()


class _Maker:
    def __init__(self, rng):
        self.rng = rng

    def root(self):
        schema = self.object(2)
        if self.rng.random() < 0.25:
            schema["$defs"] = {"tree": {"type": "object", "properties": {"next": self.tree()}, "required": ["next"]}}
            schema["properties"]["tree"] = {"$ref": "#/$defs/tree"}
            schema["required"] = [*schema["required"], "tree"]
        return schema

    def tree(self):
        return {"anyOf": [{"type": "null"}, {"$ref": "#/$defs/tree"}, {"type": "boolean"}]}

    def any(self, depth):
        kinds = [self.string, self.integer, self.number, self.enum, self.const, self.scalar]
        if depth:
            kinds += [lambda: self.array(depth - 1), lambda: self.object(depth - 1), lambda: self.either(depth - 1)]
        return self.rng.choice(kinds)()

    def object(self, depth):
        names = self.rng.sample(WORDS, self.rng.randint(1, 3))
        properties = {name: self.any(depth) for name in names}
        required = [name for name in names if self.rng.random() < 0.6]
        schema = {"type": "object", "properties": properties, "required": required}
        return schema | ({"additionalProperties": False} if self.rng.random() < 0.5 else {})

    def array(self, depth):
        if self.rng.random() < 0.3:
            items = [self.any(depth) for _ in range(2)]
            return {"type": "array", "prefixItems": items, "items": False, "minItems": self.rng.randint(0, 2)}
        least = self.rng.randint(0, 2)
        return {
            "type": "array",
            "items": self.any(depth),
            "minItems": least,
            "maxItems": least + self.rng.randint(0, 1),
        }

    def either(self, depth):
        return {"anyOf": [self.any(depth), {"type": "null"}]}

    def string(self):
        match self.rng.randrange(4):
            case 0:
                return {
                    "type": "string",
                    "pattern": self.rng.choice(["^[A-Z]{2}[0-9]{2}$", "^(ja|nein)$", "^[à-ü]{1,3}$"]),
                }
            case 1:
                return {"type": "string", "format": self.rng.choice(["date", "time", "ipv4"])}
            case _:
                least = self.rng.randint(0, 2)
                return {"type": "string", "minLength": least, "maxLength": least + self.rng.randint(1, 4)}

    def integer(self):
        low = self.rng.randint(-1000, 1000)
        schema = {"type": "integer", "minimum": low, "maximum": low + self.rng.randint(0, 500)}
        return schema if self.rng.random() < 0.7 else {"type": "integer", "exclusiveMinimum": 0, "maximum": 99}

    def number(self):
        if self.rng.random() < 0.3:
            return {"type": "number", "multipleOf": 0.5, "minimum": 0, "maximum": 10}
        return {
            "type": "number",
            "minimum": self.rng.choice([-1, 0, 0.25]),
            "exclusiveMaximum": self.rng.choice([1, 7.5]),
        }

    def enum(self):
        if self.rng.random() < 0.2:
            return {"enum": [f"choice number {number}" for number in range(500)]}
        return {"enum": self.rng.sample([1, 2.5, "a", "ü", None, True, "日本"], 3)}

    def const(self):
        return {"const": self.rng.choice(["fixed", 7, None, {"a": [1, 2]}])}

    def scalar(self):
        return {"type": self.rng.choice(["boolean", "null", ["boolean", "null"]])}
