"""What a Gemma 4 reply may be, checked without a model: by given replies and by random ones under the masks."""

import pytest

from playground.dialects.dialect import Special
from playground.dialects.gemma4 import Gemma4
from playground.dialects.native_values import QUOTE, field_pieces
from playground.errors import CallerError
from playground.events import CallReady, TextDelta, ThinkingDelta
from playground.grammar import Choice, JsonObject, JsonSchema
from playground.messages import ToolCall, ToolResult, assistant, tool, user
from playground.options import Options
from playground.turn import Turn
from tests.dialects.grammars import masks
from tests.dialects.replies import read
from tests.dialects.schemas import BY_NAME, ODD_TOOL, TOOLS
from tools.arguments import check_arguments
from tools.tool import ToolSpec

MASKS = masks(Gemma4.control_tokens, Gemma4.stop_tokens)
OPEN, CLOSE = Special("<|tool_call>"), Special("<tool_call|>")
CHANNEL, CHANNEL_END = Special("<|channel>"), Special("<channel|>")
CITY = ToolSpec(
    "get_weather",
    "",
    {
        "type": "object",
        "properties": {"city": {"type": "string"}, "days": {"type": "integer", "maximum": 9}},
        "required": ["city"],
    },
)
NOW = ToolSpec("get", "", {"type": "object", "properties": {}})
ROME = (OPEN, "call:get_weather{city:", QUOTE, "Rome", QUOTE, "}", CLOSE)
GET = (OPEN, "call:get{}", CLOSE)
AUTO = (CITY, NOW)


def turn(*tools, messages=(), prefill="", **options):
    return Turn(messages or (user("Hi"),), tools, Options(**options), prefill)


def rejected(pieces, *tools, **options):
    found = Gemma4().grammar(turn(*tools, **options))
    assert found is not None
    return MASKS.rejected(found, *pieces)


def test_a_reply_is_free_without_tools_shape_and_thought():
    assert Gemma4().grammar(turn()) is None


@pytest.mark.parametrize(
    "reply",
    [
        ("Hello",),
        (),
        ROME,
        GET,
        ("Let me check.", *ROME, *GET),
        (CHANNEL, "thought\nHm.\n", CHANNEL_END, "Hi"),
        (CHANNEL, "thought\n", CHANNEL_END, *GET),
        (OPEN, "call:get_weather{days:3,city:", QUOTE, QUOTE, "}", CLOSE),
        (OPEN, "call:get_weather{city:", QUOTE, 'a{":}\n<tool_call|>', QUOTE, ",days:-3}", CLOSE),
    ],
)
def test_text_thoughts_and_valid_calls_pass(reply):
    assert rejected(reply, *AUTO) is None


@pytest.mark.parametrize(
    "reply",
    [
        (OPEN, "call:get_time{}", CLOSE),
        (OPEN, "call:get_weather{}", CLOSE),
        (OPEN, "call:get_weather{days:3}", CLOSE),
        (OPEN, "call:get_weather{city:", QUOTE, "a", QUOTE, ",city:", QUOTE, "b", QUOTE, "}", CLOSE),
        (OPEN, "call:get_weather{city:Rome}", CLOSE),
        (OPEN, "call:get_weather{city:", QUOTE, "a", QUOTE, ",days:10}", CLOSE),
        (OPEN, "call:get_weather{city:", QUOTE, "a", QUOTE, ",other:1}", CLOSE),
        (OPEN, "call:get{city:1}", CLOSE),
        (OPEN, "call:get{}"),
        (*GET, "Done."),
        (CHANNEL, "thought\nHm."),
    ],
)
def test_calls_that_are_not_valid_and_open_ends_do_not_pass(reply):
    assert rejected(reply, *AUTO) is not None


def test_a_call_as_it_is_rendered_in_history_passes():
    arguments = {"days": 3, "city": 'São "Paulo"\n{}'}
    assert (
        rejected((OPEN, "call:get_weather", *spelled(arguments), CLOSE), CITY, tool_choice=Choice("required")) is None
    )


def spelled(arguments):
    return [piece if isinstance(piece, Special) else piece.text for piece in field_pieces(arguments)]


def test_calls_can_be_required_named_forbidden_or_single():
    assert rejected(("Hello",), *AUTO, tool_choice=Choice("required")) == ""
    assert rejected((*ROME, *GET), *AUTO, tool_choice=Choice("required")) is None
    assert rejected(GET, *AUTO, tool_choice=Choice("named", "get_weather")) is not None
    assert rejected(ROME, *AUTO, tool_choice=Choice("named", "get_weather")) is None
    assert rejected(GET, *AUTO, tool_choice=Choice("none")) == ""
    assert rejected(("Hello",), *AUTO, tool_choice=Choice("none")) is None
    assert rejected((*ROME, *GET), *AUTO, parallel_tool_calls=False) is not None
    assert rejected(ROME, *AUTO, parallel_tool_calls=False) is None


def test_json_of_a_shape_or_a_call():
    shape = JsonSchema({"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]})
    assert rejected(('{"a": 1}',), response_format=shape) is None
    assert rejected(('{"a": "x"}',), response_format=shape) is not None
    assert rejected(("Hello",), response_format=JsonObject()) == ""
    assert rejected(GET, NOW, response_format=shape) is None
    assert rejected((CHANNEL, "thought\nHm.", CHANNEL_END, '{"a": 1}'), NOW, response_format=shape) is None


def test_a_thought_is_closed_when_its_budget_is_spent():
    long = "a" * 40
    reply = (CHANNEL, "thought\n" + long, CHANNEL_END, "Hi")
    stopped = rejected(reply, thinking="on", thinking_tokens=20)
    assert stopped == "<|channel>thought\n" + "a" * 20
    assert rejected((CHANNEL, "thought\n" + "a" * 20, CHANNEL_END, long), thinking="on", thinking_tokens=20) is None


AFTER_RESULTS = (
    user("Weather?"),
    assistant(ToolCall("c", "get", {})),
    tool(ToolResult("c", "get", "Sunny")),
)


def test_after_results_with_thinking_on_the_reply_goes_on_within_the_thought():
    options = {"messages": AFTER_RESULTS, "thinking": "on", "thinking_tokens": 10}
    assert rejected(("Hm.\n", CHANNEL_END, "Sunny."), NOW, **options) is None
    assert rejected(("Sunny.",), NOW, **options) == "Sunny."


@pytest.mark.parametrize("spec", [*TOOLS.values(), ODD_TOOL], ids=lambda spec: spec.name)
@pytest.mark.parametrize("thinking", ["off", "on"])
def test_a_random_model_that_must_call_always_makes_valid_calls(spec, thinking):
    asked = turn(
        spec, NOW, tool_choice=Choice("named", spec.name), thinking=thinking, thinking_tokens=5, messages=AFTER_RESULTS
    )
    found = Gemma4().grammar(asked)
    for seed in range(4):
        ids = MASKS.written(found, seed)
        assert ids is not None, "the reply did not end"
        stream = MASKS.text.stream()
        pieces = [piece for token in ids for piece in stream.feed(token)]
        events = read(Gemma4().reader(asked), pieces)
        made = [event.call for event in events if isinstance(event, CallReady)]
        assert made
        assert not [event for event in events if isinstance(event, TextDelta)]
        assert thinking == "on" or not [event for event in events if isinstance(event, ThinkingDelta)]
        for call in made:
            assert call.name == spec.name
            check_arguments(spec, call.arguments)


@pytest.mark.parametrize(
    ("schema", "word"),
    [
        ({"not": {"type": "string"}}, "'not'"),
        ({"type": "array", "uniqueItems": True}, "'uniqueItems'"),
        ({"type": "string", "pattern": "(?=a)b"}, "pattern"),
        ({"$ref": "https://example.com/schema"}, "example.com"),
        ({"$ref": "#/properties/a"}, "leads back to itself"),
        ({"type": "text"}, "'text'"),
        ({"oneOf": [{"type": "string"}, {"type": "string", "maxLength": 2}]}, "'oneOf'"),
        ({"type": "object", "properties": {"a:b": {}}}, "'a:b'"),
        ({"enum": []}, "no value"),
        ({"type": "integer", "allOf": [{"type": "string"}]}, "twice"),
    ],
)
def test_what_cannot_be_enforced_is_refused_by_name(schema, word):
    spec = ToolSpec("f", "", {"type": "object", "properties": {"a": schema}})
    with pytest.raises(CallerError) as error:
        Gemma4().grammar(turn(spec))
    assert word in error.value.message
    assert error.value.param == "tools"


@pytest.mark.parametrize(
    ("pattern", "right", "wrong"),
    [
        ("^[A-Z]{2}$", "AB", "ABC"),
        ("b", "abc", "ac"),
        ("^a/b", "a/bc", "ba/b"),
        ("c$", "abc", "cab"),
        ("^(a|b)$", "b", "ab"),
    ],
)
def test_a_pattern_holds_as_json_schema_means_it(pattern, right, wrong):
    spec = ToolSpec("f", "", {"type": "object", "properties": {"a": {"type": "string", "pattern": pattern}}})
    assert rejected((OPEN, "call:f{a:", QUOTE, right, QUOTE, "}", CLOSE), spec) is None
    assert rejected((OPEN, "call:f{a:", QUOTE, wrong, QUOTE, "}", CLOSE), spec) is not None


def test_all_the_schemas_have_a_grammar_together():
    assert Gemma4().grammar(turn(*TOOLS.values(), ODD_TOOL)) is not None
    assert rejected((OPEN, "call:nothing{}", CLOSE), *TOOLS.values()) is None
    assert len(BY_NAME) == len(TOOLS)


def test_a_prefilled_reply_is_free_text():
    assert Gemma4().grammar(turn(NOW, prefill="Sure")) is None
    with pytest.raises(CallerError, match="prefill"):
        Gemma4().grammar(turn(prefill="{", response_format=JsonObject()))
