"""Two cards say whether a reply was written again, and if not, where and why."""

import json

import pytest

from playground.events import Usage
from playground.grammar import JsonObject, JsonSchema
from playground.messages import ToolCall
from playground.options import Options
from playground.run_card import Setting, compare, make_card, read_options, write_options

SETTING = Setting("embedded", "gemma3", "abc", "layout", "cpu", "float32")


def card(output, prompt=(1, 2, 3), setting=SETTING, **options):
    return make_card(
        setting,
        prompt_ids=prompt,
        images=(),
        options=Options(seed=5, **options),
        grammar=None,
        output_ids=output,
        reason="stop",
        usage=Usage(),
        calls=(ToolCall("c", "f", {"a": 1}),),
    )


def test_equal_outputs_are_identical_whatever_else_was_measured():
    found = compare(card((7, 8)), card((7, 8)))
    assert (found.identical, found.token) == (True, None)
    assert found.text == "Identical: the same 2 tokens."


@pytest.mark.parametrize(
    ("other", "token", "text"),
    [
        ((7, 9), 1, "Token 1 differs: 8 and 9."),
        ((7,), 1, "Token 1 differs: 8 and the end."),
        ((7, 8, 9), 2, "Token 2 differs: the end and 9."),
    ],
)
def test_the_first_token_that_differs_is_named(other, token, text):
    found = compare(card((7, 8)), card(other))
    assert (found.identical, found.token, found.text) == (False, token, text)


def test_what_went_in_differently_is_named_too():
    there = Setting("embedded", "gemma3", "abc", "layout", "cuda:0", "bfloat16")
    found = compare(card((7,)), card((8,), prompt=(1, 5), setting=there, temperature=0.5))
    assert "prompt (from token 1 on), options, device, dtype" in found.text


def test_options_are_recorded_as_used():
    found = card((7,), response_format=JsonObject(), stop=("x",))
    assert found["options"]["response_format"] == {"type": "json_object"}
    assert found["options"]["stop"] == ["x"]
    assert (found["seed"], found["options"]["temperature"]) == (5, 1.0)
    assert found["versions"]["torch"]
    assert found["calls"] == [{"id": "c", "name": "f", "arguments": {"a": 1}}]


@pytest.mark.parametrize("strict", [True, False])
def test_whether_a_schema_is_strict_is_read_back(strict):
    # Without it a replay would refuse a keyword that the reply was let off.
    shape = JsonSchema({"type": "array", "uniqueItems": True}, strict)
    written = json.loads(json.dumps(write_options(Options(response_format=shape))))
    assert read_options(written).response_format == shape
    del written["response_format"]["strict"]  # a card of an earlier version
    assert read_options(written).response_format == JsonSchema(shape.schema)


def test_the_cards_of_a_loop_are_compared_turn_by_turn():
    def loop(*outputs):
        return {"turns": [card(output) for output in outputs], "tool_calls": []}

    assert compare(loop((7,), (8, 9)), loop((7,), (8, 9))).text == "Identical: the same 3 tokens."
    found = compare(loop((7,), (8, 9)), loop((7,), (8, 6)))
    assert (found.identical, found.turn, found.token) == (False, 1, 1)
    assert found.text == "Token 1 of model turn 2 differs: 9 and 6."
    assert compare(loop((7,), (8,)), loop((7,))).turn == 1
