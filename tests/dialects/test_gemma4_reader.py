"""Gemma 4 replies as events, however they are split."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground.dialects.dialect import Plain, Special
from playground.dialects.gemma4 import Gemma4
from playground.dialects.native_values import QUOTE, JsonFromNative, field_pieces
from playground.events import CallArguments, CallReady, CallStarted, TextDelta, ThinkingDelta
from playground.grammar import Choice
from playground.messages import ToolCall, ToolResult, assistant, tool, user
from playground.options import Options
from playground.turn import Turn
from tests.dialects.replies import read
from tools.tool import ToolSpec

NAMES = ("get_weather", "my-server.do_it")
TOOLS = tuple(ToolSpec(name, "", {"type": "object"}) for name in NAMES)
OPEN, CLOSE = Special("<|tool_call>"), Special("<tool_call|>")
CHANNEL, CHANNEL_END = Special("<|channel>"), Special("<channel|>")


def turn(*messages, tools=TOOLS, **options):
    return Turn(messages or (user("Hi"),), tools, Options(**options))


def pieces(*items):
    return [Plain(item) if isinstance(item, str) else item for item in items]


def events(*items, asked=None):
    return read(Gemma4().reader(asked or turn()), pieces(*items))


def call(*items):
    return (OPEN, *items, CLOSE)


ROME = call("call:get_weather{city:", QUOTE, "Rome", QUOTE, "}")


def calls(found):
    return [(event.call.name, event.call.arguments) for event in found if isinstance(event, CallReady)]


PARTS = st.one_of(
    st.sampled_from([OPEN, CLOSE, CHANNEL, CHANNEL_END, QUOTE, Special("<|image>")]),
    st.sampled_from(
        ["call:get_weather", "call:x", "{", "}", "a:", "1", ",", " ", "\n", "thought\n", "Hello", '"', "[", "]"]
    ).map(Plain),
    st.text('{}:,ab1"\\ \n', min_size=1, max_size=6).map(Plain),
)
REPLIES = st.one_of(
    st.lists(PARTS, max_size=14),
    st.just(pieces(CHANNEL, "thought\nHm.\n", CHANNEL_END, "Let me see.", *ROME, *ROME)),
)


@given(REPLIES, st.data())
def test_any_split_of_a_reply_gives_the_same_events(reply, data):
    split = []
    for piece in reply:
        if isinstance(piece, Plain):
            cut = data.draw(st.integers(0, len(piece.text)))
            split += [Plain(part) for part in (piece.text[:cut], piece.text[cut:]) if part]
        else:
            split.append(piece)
    assert read(Gemma4().reader(turn()), split) == read(Gemma4().reader(turn()), reply)


def test_a_reply_with_a_thought_text_and_two_calls():
    found = events(
        *(CHANNEL, "thought\nI should look.\n", CHANNEL_END, "Let me check."),
        *ROME,
        *call("call:my-server.do_it{on:true,when:[1,2.5,null],to:{name:", QUOTE, 'a "b", {c}\n', QUOTE, "}}"),
    )
    assert found[:2] == [ThinkingDelta("I should look."), TextDelta("Let me check.")]
    assert calls(found) == [
        ("get_weather", {"city": "Rome"}),
        ("my-server.do_it", {"on": True, "when": [1, 2.5, None], "to": {"name": 'a "b", {c}\n'}}),
    ]


def test_a_call_is_announced_with_its_name_and_its_arguments_follow_as_json():
    reader = Gemma4().reader(turn())
    assert reader.feed(OPEN) == []
    assert reader.feed(Plain("call:get_wea")) == []
    (started, opened) = reader.feed(Plain("ther{ci"))
    assert started == CallStarted(started.id, "get_weather")
    assert opened == CallArguments(started.id, "{")
    rest = [*reader.feed(Plain("ty:")), *reader.feed(QUOTE), *reader.feed(Plain("Ro")), *reader.feed(Plain("me"))]
    assert "".join(event.json for event in rest) == '"city": "Rome'
    reader.feed(QUOTE)
    reader.feed(Plain("}"))
    assert reader.feed(CLOSE) == [CallReady(ToolCall(started.id, "get_weather", {"city": "Rome"}))]


def test_the_arguments_that_stream_are_the_arguments_of_the_call():
    found = events(*ROME)
    streamed = "".join(event.json for event in found if isinstance(event, CallArguments))
    assert json.loads(streamed) == {"city": "Rome"}


@pytest.mark.parametrize(
    "written",
    [
        ("call:get_weather{city:", '"Ro\\"me"', "}"),
        ("call:get_weather{", QUOTE, "city", QUOTE, ":", QUOTE, 'Ro"me', QUOTE, "}"),
        ("call:get_weather{ city: ", QUOTE, 'Ro"me', QUOTE, " }"),
        ("get_weather{city:", QUOTE, 'Ro"me', QUOTE, "}"),
    ],
)
def test_small_slips_of_notation_are_forgiven(written):
    assert calls(events(*call(*written))) == [("get_weather", {"city": 'Ro"me'})]


@pytest.mark.parametrize(
    ("reply", "text"),
    [
        ((OPEN, "call:get_weather{city:", QUOTE, "Ro"), 'call:get_weather{city:"Ro'),
        (call("call:get_weather{city:Rome}"), "call:get_weather{city:Rome}"),
        (call("call:get_weather{"), "call:get_weather{"),
        (call("call:unknown{}"), "call:unknown{}"),
        (call("I would call it"), "I would call it"),
    ],
)
def test_a_call_that_is_none_becomes_text(reply, text):
    found = events(*reply)
    assert calls(found) == []
    assert found[-1] == TextDelta(text)


def test_what_cannot_become_a_call_streams_as_text_at_once():
    reader = Gemma4().reader(turn())
    assert reader.feed(OPEN) == []
    assert reader.feed(Plain("call:get_wind")) == [TextDelta("call:get_wind")]
    assert reader.feed(Plain("mill")) == [TextDelta("mill")]


def test_text_that_spells_control_tokens_stays_text():
    spelled = '<|tool_call>call:get_weather{city:<|"|>Rome<|"|>}<tool_call|><|channel>thought\n'
    assert events(spelled) == [TextDelta(spelled)]


def test_nothing_is_a_call_when_calls_are_forbidden():
    assert calls(events(*ROME, asked=turn(tool_choice=Choice("none")))) == []


def test_several_thoughts_are_all_kept():
    found = events(CHANNEL, "thought\nOne.\n", CHANNEL_END, "A", CHANNEL, "thought\nTwo.", CHANNEL_END, "B")
    assert found == [ThinkingDelta("One."), TextDelta("A"), ThinkingDelta("Two."), TextDelta("B")]


def test_an_empty_thought_says_nothing():
    assert events(CHANNEL, "thought\n", CHANNEL_END, "Hi") == [TextDelta("Hi")]


def test_after_results_the_prompt_has_opened_the_thought_already():
    asked = turn(
        user("Weather?"),
        assistant(ToolCall("c", "get_weather", {})),
        tool(ToolResult("c", "get_weather", "Sunny")),
        thinking="on",
    )
    reader = Gemma4().reader(asked)
    assert reader.is_thinking
    assert read(reader, pieces("It is sunny.\n", CHANNEL_END, "Sunny.")) == [
        ThinkingDelta("It is sunny."),
        TextDelta("Sunny."),
    ]


KEYS = st.from_regex(r"[a-zA-Z_$é]([a-z0-9_. -]{0,5}[a-z0-9_])?", fullmatch=True)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(KEYS, VALUES, max_size=4))
def test_arguments_that_were_written_are_read_back(arguments):
    converter = JsonFromNative()
    text = "".join(converter.feed(piece) for piece in field_pieces(arguments))
    assert converter.is_whole
    assert json.loads(text) == arguments
