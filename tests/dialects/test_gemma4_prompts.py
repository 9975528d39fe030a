"""Where our Gemma 4 prompts go beyond the template: schemas it would garble, turns it would break, spelled tokens."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground.dialects.dialect import Plain, Special, spell
from playground.dialects.gemma4 import NOT_ANSWERED, Gemma4
from playground.dialects.gemma4_declarations import declaration_pieces, flatten
from playground.dialects.token_text import TokenText
from playground.errors import CallerError
from playground.grammar import JsonObject, JsonSchema
from playground.messages import Thinking, ToolCall, ToolResult, assistant, system, tool, user
from playground.options import Options
from playground.turn import Turn
from tests.dialects.schemas import TOOLS
from tests.dialects.toy_tokenizer import toy_tokenizer
from tools.tool import ToolSpec

NOW = ToolSpec("now", "The time.", {"type": "object", "properties": {}})
CALL = ToolCall("c1", "now", {})


def prompt(*messages, tools=(), prefill="", **options):
    return spell(Gemma4().render(Turn(messages, tools, Options(**options), prefill)))


@pytest.mark.parametrize(
    ("schema", "written"),
    [
        ({"type": ["string", "null"]}, "a:{nullable:true,type:'STRING'}"),
        ({"anyOf": [{"type": "integer"}, {"type": "null"}], "default": None}, "nullable:true,type:'INTEGER'}"),
        ({"anyOf": [{"type": "integer"}, {"type": "string"}]}, "a:{description:'Or: string.',type:'INTEGER'}"),
        ({"enum": [1, 2]}, "a:{description:'One of 1, 2.',type:'INTEGER'}"),
        ({"enum": ["x", "y", None]}, "a:{enum:['x','y'],nullable:true,type:'STRING'}"),
        ({"const": "x"}, "a:{description:'Always \"x\".',type:'STRING'}"),
        ({"type": "integer", "minimum": 1, "description": "Days."}, "{description:'Days. At least 1.',type:'INTEGER'}"),
        ({"type": "string", "format": "date"}, "a:{description:'Format: \"date\".',type:'STRING'}"),
        ({"$ref": "#/properties/b"}, "a:{type:'STRING'}"),
        ({}, "a:{type:'STRING'}"),
        ({"properties": {"x": {"type": "number"}}}, "a:{properties:{x:{type:'NUMBER'}},type:'OBJECT'}"),
        ({"type": "array", "items": {"enum": ["x"]}}, "a:{items:{enum:['x'],type:'STRING'},type:'ARRAY'}"),
        ({"type": "array"}, "a:{type:'ARRAY'}"),
        (
            {"allOf": [{"properties": {"x": {"type": "number"}}}], "required": ["x"], "description": "D"},
            "a:{description:'D',properties:{x:{type:'NUMBER'}},required:['x'],type:'OBJECT'}",
        ),
    ],
)
def test_schemas_that_the_template_garbles_are_made_flat(schema, written):
    spec = ToolSpec("f", "", {"properties": {"a": schema, "b": {"type": "string"}}})
    assert written in spell(declaration_pieces(spec)).replace('<|"|>', "'")


@pytest.mark.parametrize("spec", TOOLS.values(), ids=TOOLS.keys())
def test_every_declaration_has_balanced_braces_and_types_in_capitals(spec):
    text = spell(declaration_pieces(spec))
    assert text.count("{") == text.count("}")
    assert 'type:<|"|><|"|>' not in text
    assert "None" not in text


def test_a_recursive_schema_is_declared_to_some_depth():
    schema = TOOLS["recursive"].parameters
    flat = flatten(schema, schema)
    depth = 0
    while flat.properties:
        flat = flat.properties.get("tree") or flat.properties["next"]
        depth += 1
    assert 2 < depth < 10


def test_a_call_that_was_never_answered_gets_a_result_that_says_so():
    text = prompt(user("Time?"), assistant(CALL), user("Never mind."))
    assert f'<|tool_response>response:now{{value:<|"|>{NOT_ANSWERED}<|"|>}}<tool_response|>' in text
    assert text.endswith("<turn|>\n<|turn>user\nNever mind.<turn|>\n<|turn>model\n")


def test_a_result_without_a_call_is_refused():
    with pytest.raises(CallerError, match="after no call"):
        prompt(user("Hi"), tool(ToolResult("c1", "now", "12:00")))


def test_a_conversation_with_nothing_to_answer_is_refused():
    with pytest.raises(CallerError, match="no user message"):
        prompt(system("Be brief."))


def test_thoughts_are_kept_while_their_question_is_being_answered_and_then_dropped():
    thought = assistant(Thinking("Look."), "One moment.", CALL)
    answered = tool(ToolResult("c1", "now", "12:00"))
    open_turn = prompt(user("Time?"), thought, answered)
    assert "<|channel>thought\nLook.\n<channel|>One moment.<|tool_call>call:now{}" in open_turn
    closed_turn = prompt(user("Time?"), thought, answered, assistant("Noon."), user("Thanks"))
    assert "Look." not in closed_turn


def test_a_prefill_stands_where_the_model_goes_on():
    assert prompt(user("Hi"), prefill="Well, ").endswith("<|turn>model\nWell, ")
    after = prompt(user("Hi"), assistant(CALL), tool(ToolResult("c1", "now", "1")), thinking="on", prefill="It is ")
    assert after.endswith("<tool_response|>It is ")


def test_the_shape_of_the_answer_is_told_in_the_system_turn():
    told = 'Answer with JSON of this schema and nothing else:\n{"enum": [1]}'
    shape = JsonSchema({"enum": [1]})
    assert prompt(user("Hi"), response_format=shape).startswith(f"<bos><|turn>system\n{told}<turn|>\n<|turn>user\nHi")
    both = prompt(system("Be brief."), user("Hi"), tools=(NOW,), response_format=shape)
    assert both.startswith(f"<bos><|turn>system\nBe brief.\n\n{told}<|tool>")
    assert "Answer with one JSON object" in prompt(user("Hi"), response_format=JsonObject())


def test_the_template_hash_is_stable_within_a_version():
    assert Gemma4().template_hash == Gemma4().template_hash
    assert len(Gemma4().template_hash) == 64


CONTROLS = TokenText(toy_tokenizer(Gemma4.control_tokens), Gemma4.control_tokens)


@given(st.lists(st.sampled_from([*Gemma4.control_tokens, "<|", "|>", "x", " "]), min_size=1, max_size=5).map("".join))
def test_control_tokens_in_anybodys_text_are_text(text):
    """The prompt holds as many control tokens as one with harmless text in the same places."""

    def control_ids(text):
        spec = ToolSpec("f", text, {"properties": {"a": {"type": "string", "description": text, "enum": [text]}}})
        messages = (
            system(text),
            user(text),
            assistant(Thinking(text), ToolCall("c", "f", {"a": text})),
            tool(ToolResult("c", "f", text)),
        )
        pieces = Gemma4().render(Turn(messages, (spec,), Options(thinking="on"), prefill=text))
        assert {type(piece) for piece in pieces} == {Special, Plain}
        ids = CONTROLS.encode(pieces).ids
        return [token for token in ids if CONTROLS.control_of(token) is not None]

    assert control_ids(text) == control_ids("harmless")
