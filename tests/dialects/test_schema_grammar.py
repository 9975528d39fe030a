"""JSON Schemas as parts of grammars: which JSON passes, in which spelling."""

import json

import pytest

from playground.dialects.gemma3 import Gemma3
from playground.dialects.schema_grammar import json_rule, moved
from playground.errors import CallerError
from tests.dialects.grammars import masks

MASKS = masks(Gemma3.control_tokens, Gemma3.stop_tokens)
POINT = {"type": "object", "properties": {"x": {"type": "integer"}, "y": {"type": "integer"}}, "required": ["x"]}


def passes(schema, text):
    return MASKS.rejected(f"start: {json_rule(schema, 'The schema', 'tools')}", text) is None


@pytest.mark.parametrize(
    "spelling",
    [
        '{"x": 1, "y": 2}',
        '{"x":1,"y":2}',
        '{ "x": 1, "y": 2 }',
        '{\n  "x": 1,\n  "y": 2\n}',
        '{\n    "x": 1,\n    "y": 2\n}',
    ],
)
def test_the_usual_spellings_of_json_pass(spelling):
    assert passes(POINT, spelling)


@pytest.mark.parametrize("spelling", ['{"x":  1}', '{"x":\n\n1}', '{"x": 1 \n}', '{"x":\t1}'])
def test_white_space_cannot_go_on(spelling):
    assert not passes(POINT, spelling)


def test_objects_that_list_properties_take_no_others_at_any_depth():
    nested = {"type": "object", "properties": {"at": POINT, "all": {"type": "array", "items": POINT}}}
    assert passes(nested, '{"at": {"x": 1}, "all": [{"x": 2}]}')
    assert not passes(nested, '{"at": {"x": 1, "z": 2}}')
    assert not passes(nested, '{"all": [{"x": 1, "z": 2}]}')
    assert not passes({"$ref": "#/$defs/P", "$defs": {"P": POINT}}, '{"x": 1, "z": 2}')
    assert not passes({"anyOf": [POINT, {"type": "null"}]}, '{"x": 1, "z": 2}')


def test_objects_that_speak_of_others_or_list_none_stay_open():
    assert passes({**POINT, "additionalProperties": True}, '{"x": 1, "z": 2}')
    assert passes({"type": "object"}, '{"z": 2}')


def test_parts_of_an_all_of_let_each_other_through():
    both = {"allOf": [POINT, {"type": "object", "properties": {"z": {"type": "integer"}}, "required": ["z"]}]}
    assert passes(both, '{"x": 1, "z": 2}')
    defined = {"allOf": [{"$ref": "#/$defs/P"}], "properties": {"z": {"type": "integer"}}, "$defs": {"P": POINT}}
    assert passes(defined, '{"x": 1, "z": 2}')


@pytest.mark.parametrize("name", ["regex", "uri-reference", "idn-email"])
def test_a_format_of_the_standard_that_cannot_be_enforced_is_refused_by_name(name):
    schema = {"type": "array", "items": {"properties": {"format": {"type": "string", "format": name}}}}
    with pytest.raises(CallerError, match=f"'format' with '{name}'"):
        json_rule(schema, "The schema", "tools")
    json_rule(schema, "The schema", "tools", strict=False)


def test_formats_that_the_standard_does_not_know_are_notes():
    assert passes({"type": "string", "format": "password"}, '"secret"')
    assert passes({"type": "integer", "format": "int32"}, "5")
    assert not passes({"type": "string", "format": "date"}, '"secret"')


def test_a_schema_can_become_a_part_of_another():
    tree = {"type": "object", "properties": {"next": {"$ref": "#"}}}
    whole = {"type": "object", "properties": {"tree": moved(tree, "/properties/tree")}}
    assert passes(whole, json.dumps({"tree": {"next": {"next": {}}}}))
    assert not passes(whole, json.dumps({"tree": {"next": 5}}))
